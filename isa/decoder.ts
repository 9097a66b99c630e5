/**
 * Bytes to instruction, as a current Intel processor reads them. The dispatch is made from the table at the first use. The CPU
 * and the disassembler both decode here. Start with {@link decode}; its steps are in decoding/.
 */
import type { Decoded, DecodedOperand } from './decoded';
import { type Candidate, Dispatch } from './decoding/dispatch';
import { type DecodeFailure, Encoding, tooLong } from './decoding/encoding';
import {
  is4Operand,
  isMovSpecial,
  readImmediate,
  readMemory,
  readModrmOperand,
  registerOperand,
  vvvvOperand,
} from './decoding/operands';
import { readOpcode, readPrefixes } from './decoding/prefixes';
import { allForms } from './table';

/** An instruction, a failure of length, or `undefined`: the bytes are #UD. */
export type DecodeResult = Decoded | DecodeFailure | undefined;

/** Tells an instruction from a failure. */
export function isDecoded(result: DecodeResult): result is Decoded {
  return result !== undefined && !('kind' in result);
}

const dispatches: (Dispatch | undefined)[] = [];

function dispatchOf(bits: 16 | 32 | 64): Dispatch {
  const at = bits >> 5;
  dispatches[at] ??= new Dispatch(allForms(), bits);
  return dispatches[at];
}

const letterM = 77;
const letterR = 82;
const letterV = 86;
const letterO = 79;
const letterI = 73;
const letter4 = 52;

/**
 * Reads the instruction at `offset` of `bytes`.
 * @param bits code size: CS.D or CS.L
 * @returns the instruction; `undefined` where a processor raises #UD for the encoding itself (opcode, LOCK, VEX prefixes,
 * no such register); a failure of length. That a feature is absent, or the privilege, is not looked at.
 */
export function decode(bytes: Uint8Array, offset: number, bits: 16 | 32 | 64): DecodeResult {
  return read(new Encoding(bytes, offset, bits));
}

/** Finds the form, then reads its operands. */
function read(encoding: Encoding): DecodeResult {
  const opcode = readPrefixes(encoding);
  if (opcode < 0) return encoding.lengthFailure() ?? tooLong;
  encoding.addressSize =
    encoding.bits === 64 ? (encoding.has67 ? 32 : 64) : (encoding.bits === 16) === encoding.has67 ? 32 : 16;
  const key = readOpcode(encoding, opcode);
  encoding.opcode = key & 0xff;
  const node = key < 0 ? null : dispatchOf(encoding.bits).node(key);
  if (node === null) return encoding.lengthFailure();
  let list: Candidate[] | undefined;
  if (node.modrm) {
    encoding.modrm = encoding.next();
    list = node.lists[(encoding.modrm >= 0xc0 ? 8 : 0) + ((encoding.modrm >> 3) & 7)];
  } else {
    list = node.lists[0];
  }
  const candidate = list === undefined ? undefined : choose(encoding, list, key >= 1024);
  if (candidate === undefined) return encoding.lengthFailure();
  return finish(encoding, candidate, node.modrm);
}

/** The first candidate that prefixes and sizes allow. */
function choose(encoding: Encoding, list: Candidate[], vex: boolean): Candidate | undefined {
  const size = operandSize(encoding, false);
  const size64 = operandSize(encoding, true);
  for (let i = 0; i < list.length; i++) {
    const candidate = list[i];
    if (candidate.mandatory !== -1) {
      if (candidate.mandatory === -2) {
        if (encoding.repeat !== 0) continue;
      } else if (candidate.mandatory === 0x66) {
        if (!encoding.has66 || encoding.repeat !== 0) continue;
      } else if (candidate.mandatory === 0) {
        if (encoding.has66 || encoding.repeat !== 0) continue;
      } else if (encoding.repeat !== candidate.mandatory) continue;
    }
    if (candidate.fixedModrm >= 0 && candidate.fixedModrm !== encoding.modrm) continue;
    if (candidate.operandSize !== 0 && candidate.operandSize !== (candidate.defaultSize64 ? size64 : size)) continue;
    if (candidate.addressSize !== 0 && candidate.addressSize !== encoding.addressSize) continue;
    if (candidate.w >= 0 && candidate.w !== encoding.w) continue;
    if (vex) {
      if (candidate.l >= 0 && candidate.l !== encoding.vectorLength) continue;
      if (!candidate.usesVvvv && encoding.vvvv !== 0) continue;
    } else if (candidate.notRexB && encoding.b !== 0) continue;
    return candidate;
  }
  return undefined;
}

function operandSize(encoding: Encoding, default64: boolean): 16 | 32 | 64 {
  if (encoding.bits === 64) return encoding.w ? 64 : encoding.has66 ? 16 : default64 ? 64 : 32;
  return (encoding.bits === 16) === encoding.has66 ? 32 : 16;
}

/** The effective operand size that a form sees. */
function effectiveSize(encoding: Encoding, candidate: Candidate): 16 | 32 | 64 {
  const { opcode } = candidate.form;
  if (opcode.operandSize !== 0) return opcode.operandSize;
  if (opcode.defaultSize64 && encoding.bits === 64) return 64;
  if (opcode.w >= 0) return encoding.w ? 64 : 32;
  if (opcode.mandatory === 0x66) return encoding.w ? 64 : encoding.bits === 16 ? 16 : 32;
  return operandSize(encoding, false);
}

function finish(encoding: Encoding, candidate: Candidate, hasModrm: boolean): DecodeResult {
  const { form, operands: kinds, letters, immediates } = candidate;
  const size = effectiveSize(encoding, candidate);
  const operands: DecodedOperand[] = new Array(kinds.length);
  let memory = false;
  // ModRM's bytes come before the immediates, wherever its operand stands.
  for (let i = 0; i < kinds.length; i++) {
    if (letters[i] !== letterM) continue;
    // A gather without SIB byte is #UD (SDM 2A 2.3.12).
    if (kinds[i].vsib && (encoding.addressSize === 16 || (encoding.modrm & 7) !== 4)) return encoding.lengthFailure();
    const operand = readModrmOperand(encoding, kinds[i], form.opcode.map === 1 && isMovSpecial(form.opcode.byte));
    operands[i] = operand;
    memory = operand.kind === 'memory';
  }
  if (hasModrm && !memory && encoding.modrm < 0xc0 && !letters.includes(letterM) && candidate.fixedModrm < 0) {
    readMemory(encoding, undefined, 0);
  }
  let immediate = 0;
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i];
    switch (letters[i]) {
      case letterM:
        break;
      case letterR: {
        const index = ((encoding.modrm >> 3) & 7) | encoding.r;
        const operand = registerOperand(encoding, kind, index, i === 0);
        if (operand === undefined) return encoding.lengthFailure();
        operands[i] = operand;
        break;
      }
      case letterO: {
        const index = (encoding.opcode & 7) | encoding.b;
        operands[i] = registerOperand(encoding, kind, index, false)!;
        break;
      }
      case letterV:
        operands[i] = vvvvOperand(encoding, kind);
        break;
      case letter4:
        operands[i] = is4Operand(encoding, kind);
        break;
      case letterI:
        operands[i] = readImmediate(encoding, kind, immediates[immediate++], size);
        break;
      default:
        operands[i] = kind.constant!;
    }
  }
  const failure = encoding.lengthFailure();
  if (failure) return failure;
  if (encoding.lock && !(form.lock && memory)) return undefined;
  return {
    form,
    length: encoding.length,
    prefixes: {
      lock: encoding.lock,
      repeat: encoding.repeat,
      segment: encoding.segment,
      operandSize: encoding.has66,
      addressSize: encoding.has67,
      rex: encoding.rex,
      vex: encoding.vex,
    },
    operandSize: size,
    addressSize: encoding.addressSize,
    operands,
  };
}
