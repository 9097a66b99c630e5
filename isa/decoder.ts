/**
 * Bytes to instruction, as a current Intel processor reads them. The dispatch is made from the table at the first use. The CPU and the disassembler both decode here.
 */
import type { Decoded, DecodedOperand, RegisterFile } from './decoded';
import { type Candidate, Dispatch } from './dispatch';
import type { KindInfo } from './operand-kinds';
import { forms } from './table';

/** Why there is no instruction, where the reason is not the opcode. */
export interface DecodeFailure {
  /** `truncated`: the bytes end before the instruction does. `too-long`: it has more than 15 bytes, which is #GP(0). */
  kind: 'truncated' | 'too-long';
}

/** An instruction, a failure of length, or `undefined`: the bytes are #UD. */
export type DecodeResult = Decoded | DecodeFailure | undefined;

const truncated: DecodeFailure = { kind: 'truncated' };
const tooLong: DecodeFailure = { kind: 'too-long' };

/** Tells an instruction from a failure. */
export function isDecoded(result: DecodeResult): result is Decoded {
  return result !== undefined && !('kind' in result);
}

const dispatches: (Dispatch | undefined)[] = [];

function dispatchOf(bits: 16 | 32 | 64): Dispatch {
  const at = bits >> 5;
  dispatches[at] ??= new Dispatch(forms, bits);
  return dispatches[at];
}

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

const letterM = 77;
const letterR = 82;
const letterV = 86;
const letterO = 79;
const letterI = 73;
const letter4 = 52;

/** CR0, CR2, CR3, CR4 and CR8 exist. */
const controlRegisters = 0b1_0001_1101;

/**
 * Reads the instruction at `offset` of `bytes`.
 * @param bits code size: CS.D or CS.L
 * @returns the instruction; `undefined` where a processor raises #UD for the encoding itself (opcode, LOCK, VEX prefixes,
 * no such register); a failure of length. That a feature is absent, or the privilege, is not looked at.
 */
export function decode(bytes: Uint8Array, offset: number, bits: 16 | 32 | 64): DecodeResult {
  return new Reader(bytes, offset, bits).read();
}

/** The state of one decoding. Bytes past the end read as zero; `finish` then finds that they were not there. */
class Reader {
  private position: number;
  private lock = false;
  private repeat: 0 | 0xf2 | 0xf3 = 0;
  private segment: -1 | 0 | 1 | 2 | 3 | 4 | 5 = -1;
  private has66 = false;
  private has67 = false;
  private rex = 0;
  private w = 0;
  /** REX or VEX register extensions, each 0 or 8. */
  private r = 0;
  private x = 0;
  private b = 0;
  private vex: 2 | 3 | undefined;
  private vvvv = 0;
  private vectorLength = 0;
  private opcode = 0;
  private modrm = 0;
  private addressSize: 16 | 32 | 64 = 32;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly offset: number,
    private readonly bits: 16 | 32 | 64,
  ) {
    this.position = offset;
  }

  private next(): number {
    const byte = this.bytes[this.position++];
    return byte === undefined ? 0 : byte;
  }

  /** What a length of too many bytes means, `undefined` where the length is fine. */
  private lengthFailure(): DecodeFailure | undefined {
    const length = this.position - this.offset;
    if (length > 15 && this.bytes.length - this.offset >= 15) return tooLong;
    return this.position > this.bytes.length ? truncated : undefined;
  }

  read(): DecodeResult {
    const opcode = this.readPrefixes();
    if (opcode < 0) return this.lengthFailure() ?? tooLong;
    this.addressSize = this.bits === 64 ? (this.has67 ? 32 : 64) : (this.bits === 16) === this.has67 ? 32 : 16;
    const key = this.readOpcode(opcode);
    this.opcode = key & 0xff;
    const node = key < 0 ? null : dispatchOf(this.bits).node(key);
    if (node === null) return this.lengthFailure();
    let list: Candidate[] | undefined;
    if (node.modrm) {
      this.modrm = this.next();
      list = node.lists[(this.modrm >= 0xc0 ? 8 : 0) + ((this.modrm >> 3) & 7)];
    } else {
      list = node.lists[0];
    }
    const candidate = list === undefined ? undefined : this.choose(list, key >= 1024);
    if (candidate === undefined) return this.lengthFailure();
    return this.finish(candidate, node.modrm);
  }

  /** Reads prefixes; returns the byte after them, -1 if there are 15 or more. */
  private readPrefixes(): number {
    for (let count = 0; count < 15; count++) {
      const byte = this.next();
      switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e: {
          // 64-bit mode ignores these four, so that an FS or GS before them holds (SDM 2A 2.1.1).
          const segment = ((byte >> 3) & 3) as 0 | 1 | 2 | 3;
          if (this.bits !== 64 || this.segment < 4) this.segment = segment;
          this.rex = 0;
          break;
        }
        case 0x64:
        case 0x65:
          this.segment = byte === 0x64 ? 4 : 5;
          this.rex = 0;
          break;
        case 0x66:
          this.has66 = true;
          this.rex = 0;
          break;
        case 0x67:
          this.has67 = true;
          this.rex = 0;
          break;
        case 0xf0:
          this.lock = true;
          this.rex = 0;
          break;
        case 0xf2:
        case 0xf3:
          this.repeat = byte;
          this.rex = 0;
          break;
        default:
          if (this.bits === 64 && (byte & 0xf0) === 0x40) {
            // Only a REX directly before the opcode counts.
            this.rex = byte;
            break;
          }
          if (this.rex !== 0) {
            this.w = (this.rex >> 3) & 1;
            this.r = (this.rex & 4) << 1;
            this.x = (this.rex & 2) << 2;
            this.b = (this.rex & 1) << 3;
          }
          return byte;
      }
    }
    return -1;
  }

  /** Reads escapes, VEX and the opcode byte: the key of the dispatch, -1 for #UD. */
  private readOpcode(first: number): number {
    if (first === 0x0f) {
      const second = this.next();
      if (second === 0x38) return 0x200 | this.next();
      if (second === 0x3a) return 0x300 | this.next();
      return 0x100 | second;
    }
    if (first === 0xc4 || first === 0xc5) {
      if (this.bits === 64 || this.bytes[this.position] >= 0xc0) return this.readVex(first);
    }
    return first;
  }

  private readVex(first: number): number {
    if (this.lock || this.repeat !== 0 || this.has66 || this.rex !== 0) return -1;
    this.vex = first === 0xc4 ? 3 : 2;
    let payload = this.next();
    let map = 1;
    this.r = payload & 0x80 ? 0 : 8;
    if (first === 0xc4) {
      this.x = payload & 0x40 ? 0 : 8;
      this.b = payload & 0x20 ? 0 : 8;
      map = payload & 0x1f;
      if (map < 1 || map > 3) return -1;
      payload = this.next();
      this.w = payload >> 7;
    }
    this.vvvv = ~(payload >> 3) & 15;
    this.vectorLength = (payload >> 2) & 1;
    switch (payload & 3) {
      case 1:
        this.has66 = true;
        break;
      case 2:
        this.repeat = 0xf3;
        break;
      case 3:
        this.repeat = 0xf2;
        break;
    }
    if (this.bits !== 64) this.b = 0;
    return 1024 | (map << 8) | this.next();
  }

  /** The first candidate that prefixes and sizes allow. */
  private choose(list: Candidate[], vex: boolean): Candidate | undefined {
    const size = this.operandSize(false);
    const size64 = this.operandSize(true);
    for (let i = 0; i < list.length; i++) {
      const candidate = list[i];
      if (candidate.mandatory !== -1) {
        if (candidate.mandatory === -2) {
          if (this.repeat !== 0) continue;
        } else if (candidate.mandatory === 0x66) {
          if (!this.has66 || this.repeat !== 0) continue;
        } else if (candidate.mandatory === 0) {
          if (this.has66 || this.repeat !== 0) continue;
        } else if (this.repeat !== candidate.mandatory) continue;
      }
      if (candidate.fixedModrm >= 0 && candidate.fixedModrm !== this.modrm) continue;
      if (candidate.operandSize !== 0 && candidate.operandSize !== (candidate.defaultSize64 ? size64 : size)) continue;
      if (candidate.addressSize !== 0 && candidate.addressSize !== this.addressSize) continue;
      if (candidate.w >= 0 && candidate.w !== this.w) continue;
      if (vex) {
        if (candidate.l >= 0 && candidate.l !== this.vectorLength) continue;
        if (!candidate.usesVvvv && this.vvvv !== 0) continue;
      } else if (candidate.notRexB && this.b !== 0) continue;
      return candidate;
    }
    return undefined;
  }

  private operandSize(default64: boolean): 16 | 32 | 64 {
    if (this.bits === 64) return this.w ? 64 : this.has66 ? 16 : default64 ? 64 : 32;
    return (this.bits === 16) === this.has66 ? 32 : 16;
  }

  /** The effective operand size that a form sees. */
  private effectiveSize(candidate: Candidate): 16 | 32 | 64 {
    const { opcode } = candidate.form;
    if (opcode.operandSize !== 0) return opcode.operandSize;
    if (opcode.defaultSize64 && this.bits === 64) return 64;
    if (opcode.w >= 0) return this.w ? 64 : 32;
    if (opcode.mandatory === 0x66) return this.w ? 64 : this.bits === 16 ? 16 : 32;
    return this.operandSize(false);
  }

  private finish(candidate: Candidate, hasModrm: boolean): DecodeResult {
    const { form, operands: kinds, letters, immediates } = candidate;
    const size = this.effectiveSize(candidate);
    const operands: DecodedOperand[] = new Array(kinds.length);
    let memory = false;
    // ModRM's bytes come before the immediates, wherever its operand stands.
    for (let i = 0; i < kinds.length; i++) {
      if (letters[i] !== letterM) continue;
      // A gather without SIB byte is #UD (SDM 2A 2.3.12).
      if (kinds[i].vsib && (this.addressSize === 16 || (this.modrm & 7) !== 4)) return this.lengthFailure();
      const operand = this.readModrmOperand(kinds[i], form.opcode.map === 1 && isMovSpecial(form.opcode.byte));
      operands[i] = operand;
      memory = operand.kind === 'memory';
    }
    if (hasModrm && !memory && this.modrm < 0xc0 && !letters.includes(letterM) && candidate.fixedModrm < 0) {
      this.readMemory(undefined, 0);
    }
    let immediate = 0;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i];
      switch (letters[i]) {
        case letterM:
          break;
        case letterR: {
          const index = ((this.modrm >> 3) & 7) | this.r;
          const operand = this.registerOperand(kind, index, i === 0);
          if (operand === undefined) return this.lengthFailure();
          operands[i] = operand;
          break;
        }
        case letterO: {
          const index = (this.opcode & 7) | this.b;
          operands[i] = this.registerOperand(kind, index, false)!;
          break;
        }
        case letterV:
          // There are eight registers outside 64-bit mode, and the highest bit is ignored.
          operands[i] = registers.get(kind.file!)![this.bits === 64 ? this.vvvv : this.vvvv & 7];
          break;
        case letter4: {
          const index = this.next() >> 4;
          operands[i] = registers.get(kind.file!)![this.bits === 64 ? index : index & 7];
          break;
        }
        case letterI:
          operands[i] = this.readImmediate(kind, immediates[immediate++], size);
          break;
        default:
          operands[i] = kind.constant!;
      }
    }
    const failure = this.lengthFailure();
    if (failure) return failure;
    if (this.lock && !(form.lock && memory)) return undefined;
    return {
      form,
      length: this.position - this.offset,
      prefixes: {
        lock: this.lock,
        repeat: this.repeat,
        segment: this.segment,
        operandSize: this.has66,
        addressSize: this.has67,
        rex: this.rex,
        vex: this.vex,
      },
      operandSize: size,
      addressSize: this.addressSize,
      operands,
    };
  }

  /** The register `index` of a kind's file; `undefined` where there is none. */
  private registerOperand(kind: KindInfo, index: number, destination: boolean): DecodedOperand | undefined {
    const file = kind.file!;
    switch (file) {
      case 'gpr8':
        if (this.rex === 0 && index >= 4 && index < 8) return highBytes[index - 4];
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

  private readModrmOperand(kind: KindInfo, alwaysRegister: boolean): DecodedOperand {
    if (this.modrm >= 0xc0 || alwaysRegister) return this.registerOperand(kind, (this.modrm & 7) | this.b, false)!;
    return this.readMemory(kind.vsib, kind.size);
  }

  private readMemory(vsib: 'xmm' | 'ymm' | undefined, size: number): DecodedOperand {
    const mod = this.modrm >> 6;
    const rm = this.modrm & 7;
    let base: number;
    let index = -1;
    let scale: 1 | 2 | 4 | 8 = 1;
    let displacement = 0;
    let displacementBytes = mod === 1 ? 1 : 0;
    let stack: boolean;
    if (this.addressSize === 16) {
      base = base16[rm];
      index = index16[rm];
      if (mod === 0 && rm === 6) {
        base = -1;
        displacementBytes = 2;
      } else if (mod === 2) displacementBytes = 2;
      stack = base === 5;
    } else {
      let wide = mod === 2;
      base = rm | this.b;
      if (rm === 4) {
        const sib = this.next();
        scale = (1 << (sib >> 6)) as 1 | 2 | 4 | 8;
        index = ((sib >> 3) & 7) | this.x;
        if (index === 4 && vsib === undefined) {
          index = -1;
          scale = 1;
        }
        base = (sib & 7) | this.b;
        if ((sib & 7) === 5 && mod === 0) {
          base = -1;
          wide = true;
        }
      } else if (rm === 5 && mod === 0) {
        base = this.bits === 64 ? 16 : -1;
        wide = true;
      }
      if (wide) displacementBytes = 4;
      stack = base === 4 || base === 5;
    }
    if (displacementBytes === 1) displacement = this.signed8();
    else if (displacementBytes === 2) displacement = this.signed16();
    else if (displacementBytes === 4) displacement = this.signed32();
    return {
      kind: 'memory',
      segment: this.segmentOr(stack ? 2 : 3),
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
  private segmentOr(standard: number): number {
    if (this.segment < 0 || (this.bits === 64 && this.segment < 4)) return standard;
    return this.segment;
  }

  private readImmediate(kind: KindInfo, format: string, operandSize: number): DecodedOperand {
    switch (kind.class) {
      case 'relative': {
        const displacement = format === 'cb' ? this.signed8() : format === 'cw' ? this.signed16() : this.signed32();
        return { kind: 'relative', displacement, size: kind.size };
      }
      case 'offset':
        return this.readOffset(kind.size);
      case 'far': {
        const offset = kind.size === 16 ? this.signed16() & 0xffff : this.signed32() >>> 0;
        return { kind: 'far', selector: this.signed16() & 0xffff, offset, size: kind.size as 16 | 32 };
      }
      default:
        return this.readNumber(kind, format, operandSize);
    }
  }

  private readNumber(kind: KindInfo, format: string, operandSize: number): DecodedOperand {
    let low: number;
    let high = 0;
    switch (format) {
      case 'ib':
        low = kind.signed ? this.signed8() : this.next();
        break;
      case 'iw':
        low = this.signed16() & 0xffff;
        break;
      case 'id':
        low = this.signed32();
        break;
      default:
        low = this.signed32();
        high = this.signed32();
    }
    if (kind.signed) high = low >> 31;
    return { kind: 'immediate', low, high, size: kind.signed ? operandSize : kind.size };
  }

  private readOffset(size: number): DecodedOperand {
    let displacement: number;
    let displacementHigh: number;
    if (this.addressSize === 16) {
      displacement = this.signed16();
      displacementHigh = displacement >> 31;
    } else {
      displacement = this.signed32();
      displacementHigh = this.addressSize === 64 ? this.signed32() : displacement >> 31;
    }
    return {
      kind: 'memory',
      segment: this.segmentOr(3),
      base: -1,
      index: -1,
      scale: 1,
      displacement,
      displacementHigh,
      size,
      displacementBytes: this.addressSize >> 3,
    };
  }

  private signed8(): number {
    return (this.next() << 24) >> 24;
  }

  private signed16(): number {
    const low = this.next();
    return ((low | (this.next() << 8)) << 16) >> 16;
  }

  private signed32(): number {
    const a = this.next();
    const b = this.next();
    const c = this.next();
    return a | (b << 8) | (c << 16) | (this.next() << 24);
  }
}

/** `0F 20` to `0F 26`: MOV of control, debug and test registers, whose ModRM.mod does not matter. */
function isMovSpecial(opcode: number): boolean {
  return opcode >= 0x20 && opcode <= 0x26;
}
