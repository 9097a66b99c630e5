/**
 * The shape of the instruction table: what stands in a row, and nothing about any particular instruction.
 *
 * An {@link Instruction} is what a manual page describes: one mnemonic, its meaning, privilege, flags and
 * virtualization behaviour. A {@link Form} is one encoding of it. Forms are static in operand size: what the manual
 * writes as one line for 16, 32 and 64 bits is three forms here, so that encoder, decoder and semantics never guess.
 */

/** Sizes in bits of the modes a form exists in; a bit set. */
export const Mode = { Bits16: 1, Bits32: 2, Bits64: 4, All: 7, Legacy: 3 } as const;

/** Arithmetic flags and the system flags an instruction may touch: the bit positions of EFLAGS (SDM 1 3.4.3). */
export const Flag = {
  CF: 1 << 0,
  PF: 1 << 2,
  AF: 1 << 4,
  ZF: 1 << 6,
  SF: 1 << 7,
  TF: 1 << 8,
  IF: 1 << 9,
  DF: 1 << 10,
  OF: 1 << 11,
  IOPL: 3 << 12,
  NT: 1 << 14,
  RF: 1 << 16,
  VM: 1 << 17,
  AC: 1 << 18,
  VIF: 1 << 19,
  VIP: 1 << 20,
  ID: 1 << 21,
} as const;

/**
 * What an operand may be, in the manual's notation. `rm32` is a register or memory of 32 bits, `m` memory of any
 * size (LEA, INVLPG), `m16:32` a far pointer in memory, `simm8` a byte sign-extended to the operand size, `rel8` a
 * branch displacement, `moffs32` a bare offset of a 32-bit datum, `ptr16:32` an immediate far pointer, `vm32x`
 * 32-bit elements in memory at addresses that the indexes in an XMM register give (`y`: a YMM register). Names of registers
 * (`al`, `dx`, `cs`, `st0`, `xmm0`) and the constants `1` and `3` stand for themselves.
 */
export type OperandKind =
  | 'r8'
  | 'r16'
  | 'r32'
  | 'r64'
  | 'rm8'
  | 'rm16'
  | 'rm32'
  | 'rm64'
  | 'm'
  | 'm8'
  | 'm16'
  | 'm32'
  | 'm64'
  | 'm80'
  | 'm128'
  | 'm256'
  | 'm512'
  | 'm16:16'
  | 'm16:32'
  | 'm16:64'
  | 'm16&32'
  | 'm16&64'
  | 'imm8'
  | 'imm16'
  | 'imm32'
  | 'imm64'
  | 'simm8'
  | 'simm32'
  | 'rel8'
  | 'rel16'
  | 'rel32'
  | 'moffs8'
  | 'moffs16'
  | 'moffs32'
  | 'moffs64'
  | 'ptr16:16'
  | 'ptr16:32'
  | 'sreg'
  | 'creg'
  | 'dreg'
  | 'treg'
  | 'al'
  | 'ax'
  | 'eax'
  | 'rax'
  | 'cl'
  | 'cx'
  | 'ecx'
  | 'rcx'
  | 'dx'
  | 'edx'
  | 'rdx'
  | 'rbx'
  | 'ebx'
  | 'es'
  | 'cs'
  | 'ss'
  | 'ds'
  | 'fs'
  | 'gs'
  | '1'
  | '3'
  | 'st0'
  | 'sti'
  | 'mm'
  | 'mmm32'
  | 'mmm64'
  | 'mmm128'
  | 'xmm'
  | 'xmmm8'
  | 'xmmm16'
  | 'xmmm32'
  | 'xmmm64'
  | 'xmmm128'
  | 'xmm0'
  | 'ymm'
  | 'ymmm256'
  | 'r32m8'
  | 'r32m16'
  | 'r64m8'
  | 'r64m16'
  | 'vm32x'
  | 'vm64x'
  | 'vm32y'
  | 'vm64y';

/**
 * Where each operand stands in the encoding, one letter an operand, as in the manual's "Op/En" column:
 * `M` ModRM.rm, `R` ModRM.reg, `V` VEX.vvvv, `O` the low three opcode bits, `I` immediate (also rel, moffs, ptr),
 * `4` the register in bits 7:4 of the immediate byte (is4), `-` implied by the opcode.
 */
export type OperandEncoding = string;

/** The bytes of a form: what the encoder writes and the decoder matches. */
export interface Opcode {
  space: 'legacy' | 'vex' | 'evex';
  /** Opcode map: 0 one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A. */
  map: 0 | 1 | 2 | 3;
  /** The opcode byte; where `plusRegister`, its lowest of eight. */
  byte: number;
  /** A second fixed byte, as in `0F 01 C1` (the ModRM of a form without operands) or `D9 E8`; -1 if none. */
  fixedModrm: number;
  /**
   * Mandatory prefix: 0 none is allowed or needed, 0x66, 0xF2, 0xF3. `-1` says that any of them is no part of the opcode, `-2`
   * that F2 and F3 are not allowed (RDRAND).
   */
  mandatory: -2 | -1 | 0 | 0x66 | 0xf2 | 0xf3;
  /** Operand size that selects this form (16, 32, 64), 0 where it does not matter. 64 is REX.W unless `defaultSize64`. */
  operandSize: 0 | 16 | 32 | 64;
  /** Address size that selects this form (JCXZ, LOOP, string forms where written), 0 where it does not matter. */
  addressSize: 0 | 16 | 32 | 64;
  /** In 64-bit mode the operand size is 64 without REX.W (PUSH, CALL near) or fixed at 64. */
  defaultSize64: boolean;
  /** REX.W or VEX.W demanded: 0, 1, or -1 ignored. */
  w: -1 | 0 | 1;
  /** VEX.L: 0 = 128, 1 = 256, -1 ignored. */
  l: -1 | 0 | 1;
  /** ModRM.reg as part of the opcode (`/0`..`/7`), 8 for `/r`, -1 without ModRM. */
  digit: -1 | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** ModRM.rm as part of the opcode with mod = 3 (`D8 C0+i` has none: it is an operand), -1 if none. */
  plusRegister: boolean;
  /** A fixed byte after all others, as the condition of CMPEQPS; -1 if none. Only forms that the assembler alone knows have one. */
  suffix: number;
  /** The bytes after ModRM, SIB and displacement, in order. */
  immediates: ('ib' | 'iw' | 'id' | 'iq' | 'cb' | 'cw' | 'cd' | 'ow' | 'cp16' | 'cp32' | 'is4')[];
}

/** One encoding of an instruction. */
export interface Form {
  /** Index in the table: stable within one build, the number of its interpreter handler too. */
  id: number;
  instruction: Instruction;
  mnemonic: string;
  operands: readonly OperandKind[];
  operandEncoding: OperandEncoding;
  opcode: Opcode;
  /** {@link Mode} bits. */
  modes: number;
  /** CPUID feature, by the name in isa/features. */
  feature: string;
  /** LOCK may be used with a memory destination. */
  lock: boolean;
  /** Which of REP / REPE / REPNE have a meaning. */
  repeat: 'none' | 'rep' | 'repe';
  /** Never chosen by the assembler: another form gives the same and is preferred; the decoder still knows it. */
  decodeOnly: boolean;
  /** Known to the assembler only (a synonym whose bytes decode to another form). */
  encodeOnly: boolean;
  /** The assembler writes 9B (WAIT) before it: FINIT is WAIT and FNINIT. */
  wait: boolean;
  /** Only where the operand is written with TO: `fadd to st1` is `fadd st1, st0`. */
  to: boolean;
  /** NASM lets the second operand be left out where it is the first: `vaddps xmm1, xmm2` is `vaddps xmm1, xmm1, xmm2`. */
  optionalSecond: boolean;
  /** The manual's own notation of the encoding, for hover and documentation. */
  notation: string;
}

/** Popek and Goldberg's classes, as concepts.md defines them; `hole`: sensitive but not privileged on classic x86. */
export type PopekGoldberg = 'innocuous' | 'privileged' | 'hole';

/**
 * How VMX non-root mode treats it: never exits, always exits, or exits as controls or VMCS fields say (their names from
 * isa/vmx, divided by `, ` where there are several).
 */
export type VmxBehaviour = 'none' | 'always' | { control: string };

/** What a manual page says of a mnemonic. */
export interface Instruction {
  mnemonic: string;
  /** One sentence, ours, for a reader who knows assembly but not this instruction. */
  summary: string;
  /** Highest CPL at which it runs: 3 everyone, 0 the kernel only, `'iopl'` CPL <= IOPL (I/O, CLI, STI). */
  privilege: 0 | 3 | 'iopl';
  flagsRead: number;
  flagsWritten: number;
  flagsUndefined: number;
  /** Exceptions beside those any fetch or memory access raises: '#DE', '#GP(0)', '#UD', ... */
  exceptions: readonly string[];
  popekGoldberg: PopekGoldberg;
  vmx: VmxBehaviour;
  forms: readonly Form[];
}
