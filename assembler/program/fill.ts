/** What `%use smartalign` fills with: no-operations of one or more bytes, as many at a time as processors like. */

/** Fillers by length, from one byte on; the last is used until less is left. */
type Fillers = readonly (readonly number[])[];

export interface FillMode {
  /** More than this many bytes are jumped over; -1 never. */
  jumpThreshold: number;
  bits16: Fillers;
  bits32: Fillers;
  bits64: Fillers;
}

const one: Fillers = [[0x90]];
/** NOP with operand-size prefixes. */
const prefixed: Fillers = [[0x90], [0x66, 0x90], [0x66, 0x66, 0x90], [0x66, 0x66, 0x66, 0x90]];
/** The multi-byte NOP of the P6 (0F 1F /0) with growing addresses. */
const long: Fillers = [
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0],
  [0x0f, 0x1f, 0x44, 0, 0],
  [0x66, 0x0f, 0x1f, 0x44, 0, 0],
  [0x0f, 0x1f, 0x80, 0, 0, 0, 0],
  [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
];

export const fillModes: Readonly<Record<string, FillMode>> = {
  nop: { jumpThreshold: 16, bits16: one, bits32: one, bits64: one },
  generic: {
    jumpThreshold: 8,
    // MOV SI,SI and LEA SI/DI,[SI/DI+0] in one or two.
    bits16: [
      [0x90],
      [0x89, 0xf6],
      [0x8d, 0x74, 0],
      [0x8d, 0xb4, 0, 0],
      [0x8d, 0xb4, 0, 0, 0x90],
      [0x8d, 0xb4, 0, 0, 0x89, 0xff],
      [0x8d, 0xb4, 0, 0, 0x8d, 0x7d, 0],
      [0x8d, 0xb4, 0, 0, 0x8d, 0xbd, 0, 0],
    ],
    // MOV ESI,ESI and LEA ESI,[ESI+0].
    bits32: [
      [0x90],
      [0x89, 0xf6],
      [0x8d, 0x76, 0],
      [0x8d, 0x74, 0x26, 0],
      [0x90, 0x8d, 0x74, 0x26, 0],
      [0x8d, 0xb6, 0, 0, 0, 0],
      [0x8d, 0xb4, 0x26, 0, 0, 0, 0],
    ],
    bits64: prefixed,
  },
  k8: { jumpThreshold: 16, bits16: prefixed, bits32: prefixed, bits64: prefixed },
  k7: {
    jumpThreshold: 16,
    bits16: prefixed,
    // MOV EAX,EAX and LEA EAX,[EAX+0].
    bits32: [
      [0x90],
      [0x8b, 0xc0],
      [0x8d, 0x04, 0x20],
      [0x8d, 0x44, 0x20, 0],
      [0x8d, 0x44, 0x20, 0, 0x90],
      [0x8d, 0x80, 0, 0, 0, 0],
      [0x8d, 0x04, 0x05, 0, 0, 0, 0],
    ],
    bits64: prefixed,
  },
  p6: { jumpThreshold: 16, bits16: long.slice(0, 4), bits32: long, bits64: long },
};

/** The fillers of K7 code in 16-bit mode: as many as the mode before had. */
function after(group: number): Fillers {
  return [...prefixed, ...fillModes.generic!.bits16.slice(4)].slice(0, group);
}

/** `generic`; `k7_4`: K7 after a mode with 4 fillers in 16-bit mode, which NASM leaves at that. */
export function fillModeNamed(name: string): FillMode | undefined {
  const [base, group] = name.toLowerCase().split('_');
  const mode = fillModes[base ?? ''];
  return mode && group ? { ...mode, bits16: after(Number(group)) } : mode;
}

/** A filler, and how often it stands there. */
export interface FillPart {
  bytes: readonly number[];
  count: number;
}

/** What fills `size` bytes. */
export function fillParts(size: number, mode: FillMode, jumpThreshold: number, bits: 16 | 32 | 64): FillPart[] {
  if (size <= 0) return [];
  if (jumpThreshold !== -1 && size > jumpThreshold) {
    const jump = jumpOver(size, bits);
    return size > jump.length
      ? [
          { bytes: jump, count: 1 },
          { bytes: [0x90], count: size - jump.length },
        ]
      : [{ bytes: jump, count: 1 }];
  }
  const fillers = bits === 16 ? mode.bits16 : bits === 32 ? mode.bits32 : mode.bits64;
  const parts: FillPart[] = [];
  const whole = Math.floor(size / fillers.length);
  if (whole > 0) parts.push({ bytes: fillers[fillers.length - 1]!, count: whole });
  const rest = size % fillers.length;
  if (rest > 0) parts.push({ bytes: fillers[rest - 1]!, count: 1 });
  return parts;
}

/** A jump to the end of `size` bytes that it begins. */
function jumpOver(size: number, bits: 16 | 32 | 64): number[] {
  if (size - 2 <= 127) return [0xeb, size - 2];
  const length = bits === 16 ? 3 : 5;
  const distance = size - length;
  const bytes = [0xe9];
  for (let i = 0; i < length - 1; i++) bytes.push((distance >> (8 * i)) & 255);
  return bytes;
}
