/** Operands: registers, memory by ModRM and SIB, immediates (SDM 2A 2.1.3 to 2.1.5, 2.2.1). */
import type { DecodedOperand, RegisterFile } from '../decoded';
import type { KindInfo } from '../operand-kinds';
import type { Encoding } from './encoding';

/** Register operands are shared: nobody changes them. */
const registers = new Map<RegisterFile, readonly DecodedOperand[]>();
for (const file of [
  'gpr8',
  'gpr8high',
  'gpr16',
  'gpr32',
  'gpr64',
  'segment',
  'control',
  'debug',
  'test',
  'st',
  'mm',
  'xmm',
  'ymm',
] as const) {
  registers.set(
    file,
    Array.from({ length: 16 }, (_, index): DecodedOperand => ({ kind: 'register', file, index })),
  );
}
const highBytes = registers.get('gpr8high')!;

/** Base and index of 16-bit addressing by ModRM.rm (SDM 2A table 2-1). */
const base16 = [3, 3, 5, 5, 6, 7, 5, 3];
const index16 = [6, 7, 6, 7, -1, -1, -1, -1];

/** CR0, CR2, CR3, CR4 and CR8 exist. */
const controlRegisters = 0b1_0001_1101;

/** The register `index` of a kind's file; `undefined` where there is none. */
export function registerOperand(
  encoding: Encoding,
  kind: KindInfo,
  index: number,
  destination: boolean,
): DecodedOperand | undefined {
  const file = kind.file!;
  switch (file) {
    case 'gpr8':
      if (encoding.rex === 0 && index >= 4 && index < 8) return highBytes[index - 4];
      break;
    case 'segment':
      // REX.R is ignored; there are six, and CS cannot be loaded.
      index &= 7;
      if (index > 5 || (destination && index === 1)) return undefined;
      break;
    case 'control':
      if (((controlRegisters >> index) & 1) === 0) return undefined;
      break;
    case 'debug':
      if (index > 7) return undefined;
      break;
    case 'test':
    case 'mm':
    case 'st':
      index &= 7;
      break;
  }
  return registers.get(file)![index];
}

export function readModrmOperand(encoding: Encoding, kind: KindInfo, alwaysRegister: boolean): DecodedOperand {
  if (encoding.modrm >= 0xc0 || alwaysRegister)
    return registerOperand(encoding, kind, (encoding.modrm & 7) | encoding.b, false)!;
  return readMemory(encoding, kind.vsib, kind.size);
}

/** The register that VEX.vvvv names. */
export function vvvvOperand(encoding: Encoding, kind: KindInfo): DecodedOperand {
  // There are eight registers outside 64-bit mode, and the highest bit is ignored.
  return registers.get(kind.file!)![encoding.bits === 64 ? encoding.vvvv : encoding.vvvv & 7];
}

/** The register in bits 7:4 of an immediate byte. */
export function is4Operand(encoding: Encoding, kind: KindInfo): DecodedOperand {
  const index = encoding.next() >> 4;
  return registers.get(kind.file!)![encoding.bits === 64 ? index : index & 7];
}

export function readMemory(encoding: Encoding, vsib: 'xmm' | 'ymm' | undefined, size: number): DecodedOperand {
  const mod = encoding.modrm >> 6;
  const rm = encoding.modrm & 7;
  let base: number;
  let index = -1;
  let scale: 1 | 2 | 4 | 8 = 1;
  let displacement = 0;
  let displacementBytes = mod === 1 ? 1 : 0;
  let stack: boolean;
  if (encoding.addressSize === 16) {
    base = base16[rm];
    index = index16[rm];
    if (mod === 0 && rm === 6) {
      base = -1;
      displacementBytes = 2;
    } else if (mod === 2) displacementBytes = 2;
    stack = base === 5;
  } else {
    let wide = mod === 2;
    base = rm | encoding.b;
    if (rm === 4) {
      const sib = encoding.next();
      scale = (1 << (sib >> 6)) as 1 | 2 | 4 | 8;
      index = ((sib >> 3) & 7) | encoding.x;
      if (index === 4 && vsib === undefined) {
        index = -1;
        scale = 1;
      }
      base = (sib & 7) | encoding.b;
      if ((sib & 7) === 5 && mod === 0) {
        base = -1;
        wide = true;
      }
    } else if (rm === 5 && mod === 0) {
      base = encoding.bits === 64 ? 16 : -1;
      wide = true;
    }
    if (wide) displacementBytes = 4;
    stack = base === 4 || base === 5;
  }
  if (displacementBytes === 1) displacement = encoding.signed8();
  else if (displacementBytes === 2) displacement = encoding.signed16();
  else if (displacementBytes === 4) displacement = encoding.signed32();
  return {
    kind: 'memory',
    segment: segmentOr(encoding, stack ? 2 : 3),
    base,
    index,
    scale,
    displacement,
    displacementHigh: displacement >> 31,
    size,
    displacementBytes,
  };
}

/** The segment override where it has an effect, else the default. */
function segmentOr(encoding: Encoding, standard: number): number {
  if (encoding.segment < 0 || (encoding.bits === 64 && encoding.segment < 4)) return standard;
  return encoding.segment;
}

export function readImmediate(encoding: Encoding, kind: KindInfo, format: string, operandSize: number): DecodedOperand {
  switch (kind.class) {
    case 'relative': {
      const displacement =
        format === 'cb' ? encoding.signed8() : format === 'cw' ? encoding.signed16() : encoding.signed32();
      return { kind: 'relative', displacement, size: kind.size };
    }
    case 'offset':
      return readOffset(encoding, kind.size);
    case 'far': {
      const offset = kind.size === 16 ? encoding.signed16() & 0xffff : encoding.signed32() >>> 0;
      return { kind: 'far', selector: encoding.signed16() & 0xffff, offset, size: kind.size as 16 | 32 };
    }
    default:
      return readNumber(encoding, kind, format, operandSize);
  }
}

function readNumber(encoding: Encoding, kind: KindInfo, format: string, operandSize: number): DecodedOperand {
  let low: number;
  let high = 0;
  switch (format) {
    case 'ib':
      low = kind.signed ? encoding.signed8() : encoding.next();
      break;
    case 'iw':
      low = encoding.signed16() & 0xffff;
      break;
    case 'id':
      low = encoding.signed32();
      break;
    default:
      low = encoding.signed32();
      high = encoding.signed32();
  }
  if (kind.signed) high = low >> 31;
  return { kind: 'immediate', low, high, size: kind.signed ? operandSize : kind.size };
}

function readOffset(encoding: Encoding, size: number): DecodedOperand {
  let displacement: number;
  let displacementHigh: number;
  if (encoding.addressSize === 16) {
    displacement = encoding.signed16();
    displacementHigh = displacement >> 31;
  } else {
    displacement = encoding.signed32();
    displacementHigh = encoding.addressSize === 64 ? encoding.signed32() : displacement >> 31;
  }
  return {
    kind: 'memory',
    segment: segmentOr(encoding, 3),
    base: -1,
    index: -1,
    scale: 1,
    displacement,
    displacementHigh,
    size,
    displacementBytes: encoding.addressSize >> 3,
  };
}

/** `0F 20` to `0F 26`: MOV of control, debug and test registers, whose ModRM.mod does not matter. */
export function isMovSpecial(opcode: number): boolean {
  return opcode >= 0x20 && opcode <= 0x26;
}
