/**
 * Memory operands: from base, index, scale and displacement to ModRM, SIB and displacement bytes, with NASM's choices where
 * several encodings mean the same (SDM 2A 2.1.5).
 */
import type { MemoryOperand, Value } from './instruction';
import { type ClassedRegister, isRipRelative, registerByName } from './operand-class';

export interface EffectiveAddress {
  mod: 0 | 1 | 2;
  rm: number;
  /** The SIB byte, -1 if none. */
  sib: number;
  /** Bytes of displacement: 0, 1, 2, 4. */
  displacementBytes: 0 | 1 | 2 | 4;
  /** REX.X and REX.B. */
  rex: number;
  /** The displacement counts from the end of the instruction. */
  ripRelative: boolean;
  warning: string;
}

export interface AddressContext {
  bits: 16 | 32 | 64;
  /** Of the instruction, in bits. */
  addressSize: 16 | 32 | 64;
  defaultRel: boolean;
}

/** ModRM.rm by the registers of 16-bit addressing: `base` or `base+index`. */
const rm16: Record<string, number> = {
  'bx+si': 0,
  'bx+di': 1,
  'bp+si': 2,
  'bp+di': 3,
  si: 4,
  di: 5,
  bp: 6,
  bx: 7,
};

/** Encodes a memory operand; `undefined` if there is no encoding. */
export function encodeAddress(operand: MemoryOperand, context: AddressContext): EffectiveAddress | undefined {
  if (operand.absolute || (operand.base === undefined && operand.index === undefined))
    return encodeBare(operand, context);
  const base = operand.base === undefined ? undefined : registerByName(operand.base);
  const index = operand.index === undefined ? undefined : registerByName(operand.index);
  if (isVector(base) || isVector(index)) return encodeVector(operand, base, index, context);
  const size = (base ?? index)!.size;
  if (size === 16) return encode16(operand, context);
  return encode32(operand, base, index, context);
}

function isVector(register: ClassedRegister | undefined): boolean {
  return register !== undefined && (register.file === 'xmm' || register.file === 'ymm');
}

function isGeneral(register: ClassedRegister | undefined): boolean {
  return register === undefined || register.file === 'gpr32' || register.file === 'gpr64';
}

function encodeBare(operand: MemoryOperand, context: AddressContext): EffectiveAddress {
  const { bits, addressSize } = context;
  const wide = addressSize !== 16;
  let relative = isRipRelative(operand, bits, context.defaultRel);
  let warning = '';
  if (relative && operand.displacement.base === undefined) {
    // A symbol that is not known yet has no section, so that NASM's first pass counts a SIB byte here: whether a jump over
    // this instruction stays near may hang on it.
    if (!operand.displacement.forward) warning = 'absolute address can not be RIP-relative';
    relative = false;
  }
  if (operand.displacementSize === 8 || (operand.displacementSize === 16 && wide)) {
    warning = 'displacement size ignored on absolute address';
  }
  if (bits === 64 && !relative) {
    // ModRM 05 means RIP there, so that a bare address needs SIB without base and index.
    return { mod: 0, rm: 4, sib: 0x25, displacementBytes: 4, rex: 0, ripRelative: false, warning };
  }
  return {
    mod: 0,
    rm: wide ? 5 : 6,
    sib: -1,
    displacementBytes: wide ? 4 : 2,
    rex: 0,
    ripRelative: bits === 64,
    warning,
  };
}

/** 0, 1 or 2: no displacement, one byte, or the full width. */
function displacementMod(operand: MemoryOperand, value: bigint, needsOne: boolean): 0 | 1 | 2 {
  const { displacement, displacementSize } = operand;
  const known = isPlainNumber(displacement);
  if (known && value === 0n && !needsOne && displacementSize === 0) return 0;
  if (displacementSize === 8) return 1;
  return known && value >= -128n && value <= 127n && displacementSize === 0 ? 1 : 2;
}

function isPlainNumber(value: Value): boolean {
  return value.base === undefined && !value.segment && !value.forward;
}

function encode16(operand: MemoryOperand, context: AddressContext): EffectiveAddress | undefined {
  if (context.addressSize !== 16) return undefined;
  if (operand.displacementSize === 32 || operand.displacementSize === 64) return undefined;
  let { base, index } = operand;
  if (index !== undefined && operand.scale !== 1) return undefined;
  if (base === undefined || base === 'si' || base === 'di')
    [base, index] = [index ?? base, index === undefined ? undefined : base];
  const rm = rm16[index === undefined ? base! : `${base}+${index}`];
  if (rm === undefined) return undefined;
  const value = BigInt.asIntN(16, operand.displacement.offset);
  const mod = displacementMod(operand, value, rm === 6);
  return {
    mod,
    rm,
    sib: -1,
    displacementBytes: mod,
    rex: 0,
    ripRelative: false,
    warning: '',
  };
}

/** Are all registers general and of the address size? */
function checkRegisters(
  base: ClassedRegister | undefined,
  index: ClassedRegister | undefined,
  operand: MemoryOperand,
  context: AddressContext,
): boolean {
  if (base !== undefined && (!isGeneral(base) || base.size !== context.addressSize)) return false;
  if (index !== undefined && (!isGeneral(index) || index.size !== context.addressSize)) return false;
  const { displacementSize } = operand;
  return displacementSize !== 16 && (displacementSize !== 64 || context.addressSize === 64);
}

function encode32(
  operand: MemoryOperand,
  base: ClassedRegister | undefined,
  index: ClassedRegister | undefined,
  context: AddressContext,
): EffectiveAddress | undefined {
  if (!checkRegisters(base, index, operand, context)) return undefined;
  let { scale } = operand;
  const { nosplit, hint } = operand;
  const stack = (register: ClassedRegister | undefined): boolean => register !== undefined && register.index === 4;
  if (index === undefined) scale = 1;
  if (base === undefined && index !== undefined) {
    if (scale === 1 && !(nosplit && hint === 'index' && (index.index & 7) !== 4)) {
      // A lone register is shorter as base.
      [base, index] = [index, undefined];
    } else if (
      (scale === 2 && !stack(index) && (!nosplit || hint === 'summed')) ||
      scale === 3 ||
      scale === 5 ||
      scale === 9
    ) {
      // [eax*3] is [eax+eax*2]; [eax*2] is one byte of displacement shorter as [eax+eax].
      base = index;
      scale--;
    }
  }
  // ESP can only be a base.
  if (scale === 1 && stack(index)) [base, index] = [index, base];
  if (stack(index)) return undefined;
  if (index !== undefined && scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8) return undefined;
  const rex = (index !== undefined && index.index >= 8 ? 2 : 0) | (base !== undefined && base.index >= 8 ? 1 : 0);
  const low = base === undefined ? 5 : base.index & 7;
  const value = BigInt.asIntN(32, operand.displacement.offset);
  const mod = base === undefined ? 0 : displacementMod(operand, value, low === 5);
  const displacementBytes = base === undefined || mod === 2 ? 4 : mod;
  if (index === undefined && low !== 4) {
    return { mod, rm: low, sib: -1, displacementBytes, rex, ripRelative: false, warning: '' };
  }
  const sib = sibByte(index === undefined ? 4 : index.index & 7, low, scale);
  return { mod, rm: 4, sib, displacementBytes, rex, ripRelative: false, warning: '' };
}

function sibByte(index: number, base: number, scale: number): number {
  const factor = scale === 1 ? 0 : scale === 2 ? 1 : scale === 4 ? 2 : 3;
  return (factor << 6) | (index << 3) | base;
}

/** VSIB: a vector as index, a general register or none as base (SDM 2A 2.3.12). */
function encodeVector(
  operand: MemoryOperand,
  first: ClassedRegister | undefined,
  second: ClassedRegister | undefined,
  context: AddressContext,
): EffectiveAddress | undefined {
  let base = first;
  let index = second;
  let { scale } = operand;
  if (index === undefined || isVector(base)) {
    // The vector is the index, wherever it was written.
    if (index !== undefined && scale !== 1) return undefined;
    [base, index] = [index, base];
    scale = 1;
  }
  if (isVector(base)) return undefined;
  if (!checkRegisters(base, undefined, operand, context)) return undefined;
  if (context.addressSize === 16) return undefined;
  if (scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8) return undefined;
  const rex = (index!.index >= 8 ? 2 : 0) | (base !== undefined && base.index >= 8 ? 1 : 0);
  const low = base === undefined ? 5 : base.index & 7;
  const value = BigInt.asIntN(32, operand.displacement.offset);
  const mod = base === undefined ? 0 : displacementMod(operand, value, low === 5);
  return {
    mod,
    rm: 4,
    sib: sibByte(index!.index & 7, low, scale),
    displacementBytes: base === undefined || mod === 2 ? 4 : mod,
    rex,
    ripRelative: false,
    warning: '',
  };
}
