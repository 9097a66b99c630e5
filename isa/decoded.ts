import type { Form } from './form';

/** Prefixes in front of an instruction, as found. */
export interface Prefixes {
  lock: boolean;
  /** The last of F2/F3, 0 if none (also set where it is a mandatory prefix). */
  repeat: 0 | 0xf2 | 0xf3;
  /** Segment override: index in ES CS SS DS FS GS, -1 none. */
  segment: -1 | 0 | 1 | 2 | 3 | 4 | 5;
  operandSize: boolean;
  addressSize: boolean;
  /** The REX byte, 0 if none. */
  rex: number;
  /** Bytes of the VEX prefix, absent where there is none. */
  vex?: 2 | 3;
}

/** Register files an operand can name. `gpr8` 0..15 are AL..R15B with REX order; AH CH DH BH are `gpr8high` 0..3. */
export type RegisterFile =
  | 'gpr8'
  | 'gpr8high'
  | 'gpr16'
  | 'gpr32'
  | 'gpr64'
  | 'segment'
  | 'control'
  | 'debug'
  | 'test'
  | 'st'
  | 'mm'
  | 'xmm'
  | 'ymm';

export type DecodedOperand =
  | { kind: 'register'; file: RegisterFile; index: number }
  | {
      kind: 'memory';
      /** Index in ES CS SS DS FS GS: the override or the default for the base register. */
      segment: number;
      /** GPR number, -1 none, 16 RIP. */
      base: number;
      index: number;
      scale: 1 | 2 | 4 | 8;
      /** Signed; for moffs64 the low half. */
      displacement: number;
      /** Upper 32 bits: sign of `displacement`, or the upper half of moffs64. */
      displacementHigh: number;
      /** Bits of the datum, 0 where it has none (LEA, INVLPG). */
      size: number;
      /** Bytes that the displacement takes in the encoding; only text depends on it. */
      displacementBytes?: number;
    }
  /** An immediate as it enters the operation: sign- or zero-extended to 64 bits, two int32. */
  | { kind: 'immediate'; low: number; high: number; size: number }
  /** A branch target relative to the next instruction. */
  | { kind: 'relative'; displacement: number; size: number }
  | { kind: 'far'; selector: number; offset: number; size: 16 | 32 };

/** One instruction read from bytes. */
export interface Decoded {
  form: Form;
  /** Bytes, 1 to 15. */
  length: number;
  prefixes: Prefixes;
  /** Effective sizes in bits. */
  operandSize: 16 | 32 | 64;
  addressSize: 16 | 32 | 64;
  operands: DecodedOperand[];
}
