/** Operands for the instruction campaigns: each as NASM text and as the parser would give it. */
import type { MemoryOperand, ParsedOperand, SegmentBase, Value } from '../../../assembler/encoder/instruction';
import type { OperandKind } from '../../../isa/form';
import { kindInfo } from '../../../isa/operand-kinds';
import { registerNamed, registerNames } from '../../../isa/registers';

/** An operand in both shapes. */
export interface Operand {
  text: string;
  /** Made when the address of the instruction is known: `$` occurs in some. */
  parsed: (here: bigint) => ParsedOperand;
}

export type Bits = 16 | 32 | 64;

const range = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/** The one section of a `bin` program with `org 0`. */
export const section: SegmentBase = { name: '.text', external: false, address: 0n };

export function number(offset: bigint): Value {
  return { offset: BigInt.asIntN(64, offset), forward: false };
}

function inSection(offset: bigint): Value {
  return { offset, base: section, forward: false };
}

export const sizeWords: Record<number, string> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  64: 'qword',
  80: 'tword',
  128: 'oword',
  256: 'yword',
  512: 'zword',
};

export function register(name: string): Operand {
  const size = registerNamed(name)!.size;
  return { text: name, parsed: () => ({ kind: 'register', name, size, range }) };
}

/** An immediate, `size` bits written before it. */
export function immediate(value: bigint, size = 0, strict = false): Operand {
  const words = `${strict ? 'strict ' : ''}${size ? `${sizeWords[size]} ` : ''}`;
  const text = value < 0n ? `-0x${(-value).toString(16)}` : value < 10n ? `${value}` : `0x${value.toString(16)}`;
  return {
    text: words + text,
    parsed: () => ({ kind: 'immediate', value: number(value), size, strict, range }),
  };
}

/** A branch target at a distance from the beginning of the instruction. */
export function target(distance: bigint, words = ''): Operand {
  const size = words.includes('qword') ? 64 : words.includes('dword') ? 32 : words.includes('word') ? 16 : 0;
  const distanceWord = words.includes('short') ? 'short' : words.includes('near') ? 'near' : undefined;
  return {
    text: `${words ? `${words} ` : ''}$${distance < 0n ? '-' : '+'}${distance < 0n ? -distance : distance}`,
    parsed: (here) => ({
      kind: 'immediate',
      value: inSection(here + distance),
      size,
      strict: words.includes('strict'),
      distance: distanceWord,
      range,
    }),
  };
}

/** A far pointer. */
export function farPointer(segment: bigint, offset: bigint, size = 0): Operand {
  return {
    text: `${size ? `${sizeWords[size]} ` : ''}${segment}:${offset}`,
    parsed: () => ({ kind: 'far', segment: number(segment), offset: number(offset), size, range }),
  };
}

/** Parts of a memory operand that are not as usual. */
export interface Address {
  base?: string;
  index?: string;
  scale?: number;
  displacement?: bigint;
  /** The displacement counts from `$`. */
  here?: boolean;
  segment?: string;
  relative?: boolean;
  displacementSize?: MemoryOperand['displacementSize'];
  addressSize?: MemoryOperand['addressSize'];
  nosplit?: boolean;
  hint?: MemoryOperand['hint'];
  /** `[eax+eax]` rather than `[eax*2]`. */
  summed?: boolean;
}

/** A memory operand. */
export function memory(address: Address, size = 0, words = ''): Operand {
  const { base, index, displacement = 0n } = address;
  const scale = address.scale ?? 1;
  let inside = '';
  if (address.segment) inside += `${address.segment}:`;
  if (address.addressSize) inside += `a${address.addressSize} `;
  if (address.relative !== undefined) inside += address.relative ? 'rel ' : 'abs ';
  if (address.nosplit) inside += 'nosplit ';
  if (address.displacementSize) inside += `${sizeWords[address.displacementSize]} `;
  const terms: string[] = [];
  if (base) terms.push(base);
  if (index && address.summed) terms.push(index, index);
  else if (index) terms.push(scale === 1 && address.hint !== 'index' ? index : `${index}*${scale}`);
  inside += terms.join('+');
  if (address.here) inside += '$';
  const bare = terms.length === 0 && !address.here;
  if (displacement !== 0n || bare) {
    const magnitude = displacement < 0n ? -displacement : displacement;
    inside += `${displacement < 0n ? '-' : bare ? '' : '+'}0x${magnitude.toString(16)}`;
  }
  const text = `${words ? `${words} ` : ''}${size ? `${sizeWords[size]} ` : ''}[${inside}]`;
  return {
    text,
    parsed: (at) => ({
      kind: 'memory',
      size,
      segment: address.segment,
      base,
      index,
      scale: address.summed ? 2 : scale,
      displacement: address.here ? inSection(at + displacement) : number(displacement),
      absolute: !base && !index,
      relative: address.relative,
      displacementSize: address.displacementSize ?? 0,
      addressSize: address.addressSize ?? 0,
      nosplit: address.nosplit ?? false,
      hint: address.summed ? 'summed' : address.hint,
      strict: false,
      far: words.includes('far'),
      near: words.includes('near'),
      range,
    }),
  };
}

/** Addresses that reach every path of the encoder, by code size. */
export function addresses(bits: Bits): Address[] {
  const result: Address[] = [];
  const displacements = [0n, 1n, -1n, 127n, 128n, -128n, -129n];
  if (bits !== 64) {
    for (const base of ['bx', 'bp', 'si', 'di'])
      for (const displacement of displacements) result.push({ base, displacement });
    for (const base of ['bx', 'bp'])
      for (const index of ['si', 'di']) result.push({ base, index }, { base: index, index: base, displacement: 5n });
    result.push(
      { base: 'bx', displacement: 0x7fffn },
      { base: 'bx', displacement: 0xffffn },
      { base: 'bx', displacement: -0x8000n },
    );
    result.push({ base: 'bp', displacementSize: 16 }, { base: 'si', displacementSize: 8, displacement: 5n });
    result.push({ base: 'si', index: 'di' }, { base: 'ax' }, { base: 'bx', index: 'si', scale: 2 });
    result.push({ displacement: 0x1234n, addressSize: 16 }, { displacement: 0x1234n, displacementSize: 16 });
  }
  const wide = bits === 64 ? 'r' : 'e';
  const names = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'].map((name) => wide + name);
  if (bits === 64) names.push('r8', 'r12', 'r13', 'r15');
  for (const base of names) for (const displacement of displacements) result.push({ base, displacement });
  for (const base of [0x7fffffffn, -0x80000000n, 0x12345678n]) result.push({ base: names[3], displacement: base });
  result.push({ base: names[3], displacement: 0x80000000n }, { base: names[3], displacement: 0xffffff80n });
  for (const base of [names[0], names[4], names[5], ...(bits === 64 ? ['r12', 'r13'] : [])]) {
    for (const index of [names[0], names[5], names[7], ...(bits === 64 ? ['r8', 'r12', 'r13'] : [])]) {
      for (const scale of [1, 2, 4, 8]) {
        // The same register twice would be a sum: that is tried below.
        if (base !== index) result.push({ base, index, scale, displacement: scale === 2 ? 5n : 0n });
      }
    }
  }
  for (const index of [names[0], names[5], ...(bits === 64 ? ['r12', 'r13'] : [])]) {
    for (const scale of [1, 2, 3, 4, 5, 8, 9]) {
      result.push({ index, scale, hint: 'index' }, { index, scale, hint: 'index', nosplit: true, displacement: 5n });
    }
    result.push({ index, summed: true }, { index, summed: true, nosplit: true });
  }
  result.push(
    { base: names[0], index: names[4] },
    { index: names[4], scale: 2 },
    { index: names[4], scale: 1, hint: 'index' },
  );
  result.push({ base: names[5], index: names[4] }, { base: names[0], index: names[5], hint: 'index' });
  result.push({ base: names[1], displacementSize: 8 }, { base: names[1], displacementSize: 32 });
  result.push({ base: names[1], displacementSize: 16 }, { base: names[5], displacementSize: 32, displacement: 1n });
  result.push({ index: names[1], scale: 4, displacementSize: 8, displacement: 1n });
  const other = bits === 64 ? 'e' : 'r';
  result.push({ base: `${other}ax` }, { base: `${other}bx`, index: `${other}si`, scale: 4, displacement: 1n });
  if (bits === 64)
    result.push(
      { base: 'r8d' },
      { base: 'esp', index: 'r9d', scale: 8 },
      { base: 'rax', index: 'ebx' },
      { base: 'bx' },
    );
  for (const displacement of [0n, 5n, -5n, 0x7fffn, 0xffffn, 0x10000n, 0x7fffffffn, 0xffffffffn])
    result.push({ displacement });
  result.push({ displacement: 0x1234n, addressSize: 32 }, { displacement: 0x1234n, displacementSize: 32 });
  result.push({ displacement: 5n, displacementSize: 8 }, { displacement: 0x1234n, displacementSize: 64 });
  result.push({ here: true }, { here: true, displacement: 100n }, { here: true, displacement: -100n });
  result.push({ here: true, relative: true, displacement: 10n }, { here: true, relative: false, displacement: 10n });
  result.push({ displacement: 5n, relative: true }, { displacement: 5n, relative: false });
  for (const segment of ['es', 'cs', 'ss', 'ds', 'fs', 'gs'])
    result.push({ base: names[5], segment }, { displacement: 5n, segment });
  return result;
}

/** A few addresses, for where the address is not what is tried. */
export function fewAddresses(bits: Bits): Address[] {
  if (bits === 16)
    return [
      { base: 'bx' },
      { base: 'bp', index: 'si', displacement: 300n },
      { displacement: 0x1234n },
      { base: 'eax', displacement: 5n },
    ];
  if (bits === 32)
    return [
      { base: 'ebx' },
      { base: 'ebp', index: 'esi', scale: 4, displacement: 300n },
      { displacement: 0x1234n },
      { base: 'bx', displacement: 5n },
    ];
  return [
    { base: 'rbx' },
    { base: 'r13', index: 'r14', scale: 4, displacement: 300n },
    { displacement: 0x1234n },
    { here: true, relative: true, displacement: 64n },
    { base: 'ebx' },
  ];
}

/** Immediates at the edges of every width. */
export const boundaryValues: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  5n,
  127n,
  128n,
  -127n,
  -128n,
  -129n,
  255n,
  256n,
  -255n,
  -256n,
  0x7fffn,
  0x8000n,
  0xff7fn,
  0xff80n,
  0xffffn,
  0x10000n,
  -0x8000n,
  -0x8001n,
  0x7fffffffn,
  0x80000000n,
  0xffffff7fn,
  0xffffff80n,
  0xffffffffn,
  0x100000000n,
  -0x80000000n,
  -0x80000001n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffff80n,
  0xffffffffffffffffn,
];

function registersOf(file: keyof typeof registerNames, bits: Bits): Operand[] {
  const names = registerNames[file];
  const chosen = bits === 64 ? names : names.slice(0, 8);
  const extra = bits === 64 ? [] : names.slice(8, 9);
  return [...chosen, ...extra].map(register);
}

/** Everything worth trying for an operand of that kind. `all`: every address too. */
export function operandsFor(kind: OperandKind, bits: Bits, all: boolean): Operand[] {
  const info = kindInfo(kind);
  const places = all ? addresses(bits) : fewAddresses(bits);
  const inMemory = (size: number): Operand[] => [
    ...places.map((address) => memory(address, size)),
    ...[0, 8, 16, 32, 64, 80, 128, 256].filter((other) => other !== size).map((other) => memory(places[0], other)),
  ];
  switch (info.class) {
    case 'register':
      return info.file === 'gpr8'
        ? [...registersOf('gpr8', bits), ...registersOf('gpr8high', bits)]
        : registersOf(info.file!, bits);
    case 'rm': {
      const own =
        info.file === 'gpr8'
          ? [...registersOf('gpr8', bits), ...registersOf('gpr8high', bits)]
          : registersOf(info.file!, bits);
      return [...own, ...inMemory(info.size)];
    }
    case 'memory': {
      if (info.vsib) {
        const vectors = bits === 64 ? [`${info.vsib}1`, `${info.vsib}9`] : [`${info.vsib}1`];
        const base = bits === 64 ? 'rax' : 'eax';
        return vectors.flatMap((index) => [
          memory({ base, index, scale: 4, displacement: 5n }, info.size),
          memory({ index, scale: 8 }, info.size),
          memory({ base, index }),
          memory({ index }),
        ]);
      }
      const far = kind.startsWith('m16:') ? [0, 16, 32, 64].map((size) => memory(places[0], size, 'far')) : [];
      return [...inMemory(kind.includes('16:') || kind.includes('&') ? 0 : info.size), ...far];
    }
    case 'immediate': {
      const values = boundaryValues.map((value) => immediate(value));
      const sized = [8, 16, 32, 64].flatMap((size) => [5n, -1n, 500n, 0x12345n].map((value) => immediate(value, size)));
      const strict = [8, 16, 32, 64].flatMap((size) => [5n, 500n].map((value) => immediate(value, size, true)));
      return [...values, ...sized, ...strict, immediate(5n, 0, true), here()];
    }
    case 'relative':
      return [
        '',
        'short',
        'near',
        'strict near',
        'strict short',
        'word',
        'dword',
        'qword',
        'strict',
        'near dword',
        'strict word',
        'strict dword',
      ].flatMap((words) =>
        [0n, 2n, -126n, -125n, -127n, 129n, 130n, 131n, 132n, 133n, 1000n, -1000n].map((distance) =>
          target(distance, words),
        ),
      );
    case 'offset':
      return [
        ...inMemory(info.size),
        memory({ displacement: 0x1234n, displacementSize: 64 }),
        memory({ displacement: 0x123456789abcdef0n, displacementSize: 64 }, info.size),
      ];
    case 'far':
      return [
        farPointer(5n, 6n),
        farPointer(0xffffn, 0x1234n),
        farPointer(5n, 6n, 16),
        farPointer(5n, 6n, 32),
        farPointer(1n, 0x12345678n),
      ];
    case 'implied':
      return info.constant?.kind === 'immediate'
        ? [immediate(info.constant.kind === 'immediate' ? BigInt(info.constant.low) : 0n)]
        : [register(kind === 'st0' ? 'st0' : kind)];
  }
}

/** `$` as a number: an address in this section. */
function here(): Operand {
  return { text: '$', parsed: (at) => ({ kind: 'immediate', value: inSection(at), size: 0, strict: false, range }) };
}

/** One of each kind of operand, to try every combination that no form has. */
export function shapes(bits: Bits): Operand[] {
  const places = fewAddresses(bits);
  return [
    ...[
      'al',
      'cl',
      'dl',
      'ax',
      'cx',
      'dx',
      'eax',
      'ecx',
      'ebx',
      'rax',
      'rdx',
      'r9',
      'ds',
      'fs',
      'cr0',
      'dr7',
      'st0',
      'st1',
      'mm1',
      'xmm0',
      'xmm1',
      'ymm2',
    ].map(register),
    ...[0, 8, 16, 32, 64, 80, 128, 256].map((size) => memory(places[0], size)),
    memory(places[2], 0),
    immediate(1n),
    immediate(5n),
    immediate(500n),
    immediate(5n, 8),
    immediate(5n, 16),
    immediate(5n, 32),
    immediate(5n, 64),
  ];
}
