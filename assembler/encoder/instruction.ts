/** An instruction as parsed, before it has bytes: what the parser hands to the encoder. */
import type { SourceRange } from '../api';

/** A value whose address part may only be known at link time. */
export interface Value {
  /** The absolute part, wrapped to 64 bits, signed. */
  offset: bigint;
  /** Section or external symbol it is relative to; `undefined` for a pure number. */
  base?: SegmentBase;
  /** `wrt` / `seg` and the like are resolved before; this only says that the number stands for that base's segment. */
  segment?: boolean;
  /**
   * The value depends on something not yet defined in this pass. The encoder takes the narrowest form that could do, as NASM
   * in its first pass (short jump, sign-extended byte; for a displacement the wide one): later passes only make it longer.
   */
  forward: boolean;
}

/** What an address is relative to: a section of this program or an external symbol. */
export interface SegmentBase {
  name: string;
  external: boolean;
  /** The address of its first byte where the output format fixes it (`bin`), else `undefined`. */
  address?: bigint;
}

export type RegisterName = string;

export interface MemoryOperand {
  kind: 'memory';
  /** Bits written before the bracket (`byte` 8 … `zword` 512), 0 none. */
  size: number;
  segment?: RegisterName;
  base?: RegisterName;
  index?: RegisterName;
  /** 1 where no scale was written. */
  scale: number;
  displacement: Value;
  /** No register at all: a bare address. */
  absolute: boolean;
  /** `rel` / `abs` as written; undefined lets `default rel` decide. */
  relative?: boolean;
  /** Displacement size forced inside the bracket (`[byte x]`), 0 none. */
  displacementSize: 0 | 8 | 16 | 32 | 64;
  /** Address size forced inside the bracket (`[a32 x]`), 0 none. */
  addressSize: 0 | 16 | 32 | 64;
  nosplit: boolean;
  /**
   * `base` and `index` stand as the writer arranged them: of two registers the first is the base (`[ebx+eax]`), unless it
   * was written with `*1` (`[eax*1+ebx]` has base EBX). `index`: a lone register was written with `*1` and stays an index.
   * `summed`: `[eax+eax]`, given as index EAX with scale 2.
   */
  hint?: 'base' | 'index' | 'summed';
  strict: boolean;
  far: boolean;
  near: boolean;
  range: SourceRange;
}

export type ParsedOperand =
  | {
      kind: 'register';
      name: RegisterName;
      size: number;
      /** Written with TO: `fadd to st1`. */
      to?: boolean;
      range: SourceRange;
    }
  | MemoryOperand
  | {
      kind: 'immediate';
      value: Value;
      /** Bits written before it, 0 none. */
      size: number;
      strict: boolean;
      /** `short`, `near`, `far` as written. */
      distance?: 'short' | 'near' | 'far';
      range: SourceRange;
    }
  | { kind: 'far'; segment: Value; offset: Value; size: number; range: SourceRange };

export interface ParsedInstruction {
  /** Lower case. */
  mnemonic: string;
  operands: ParsedOperand[];
  /** As written, in order: `lock rep repe repne o16 o32 o64 a16 a32 a64 es cs ss ds fs gs bnd xacquire xrelease wait`. */
  prefixes: string[];
  /** `{vex} {vex2} {vex3} {evex} {rex}`, empty if none. */
  encodingHint: '' | 'rex' | 'vex' | 'vex2' | 'vex3' | 'evex';
  range: SourceRange;
}

/** A part of the bytes that the output format must fill or relocate. */
export interface Fixup {
  /** Byte offset in the instruction. */
  offset: number;
  /** Bytes: 1, 2, 4, 8. */
  size: number;
  value: Value;
  /** Relative to the end of the instruction (branch, RIP-relative). */
  relative: boolean;
  /** How a 4-byte absolute field is extended when used, for overflow checks and R_X86_64_32 / 32S. */
  signed: boolean;
}

export interface EncodeContext {
  bits: 16 | 32 | 64;
  /** Address of the instruction, as Value (section-relative where not known). */
  address: Value;
  defaultRel: boolean;
  /** `bnd` default, `default` directives as they come. */
  defaultBnd: boolean;
  /** NASM's -O: 0, 1, or Infinity for -Ox. */
  optimization: number;
  /** The level of the CPU directive (cpu-levels.ts), from 1 up; undefined allows all. */
  cpu?: number;
}

export interface Encoded {
  /** Fixup fields hold the value where it is known, else zero. */
  bytes: Uint8Array;
  fixups: Fixup[];
  /** Warnings in NASM's words with their class. */
  warnings: { code: string; message: string; range?: SourceRange }[];
}

export interface EncodeError {
  /** NASM's wording: `invalid combination of opcode and operands`, `operation size not specified`, ... */
  message: string;
  range: SourceRange;
  suggestion?: string;
  hint?: string;
}

/** encode(instruction, context): Encoded | EncodeError — in encode.ts */
export type Encode = (instruction: ParsedInstruction, context: EncodeContext) => Encoded | EncodeError;
