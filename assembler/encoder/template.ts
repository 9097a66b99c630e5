/**
 * Forms as the encoder matches them. A form of the table becomes one or more templates: the same bytes, with different
 * demands on how the operands are written (`add rax, 5` and `add rax, byte 5` reach one form by two templates). They stand
 * in the order in which NASM tries them.
 */
import { type Form, Mode } from '../../isa/form';
import type { KindInfo } from '../../isa/operand-kinds';
import type { ClassedRegister } from './operand-class';
import type { Warning } from './peculiarities';

/** Sizes in bits as a bit set. */
export function sizeBit(size: number): number {
  switch (size) {
    case 8:
      return 1;
    case 16:
      return 2;
    case 32:
      return 4;
    case 64:
      return 8;
    case 80:
      return 16;
    case 128:
      return 32;
    case 256:
      return 64;
    case 512:
      return 128;
    default:
      return 0;
  }
}

/** How a branch target may be written. */
export const Distance = { None: 1, Short: 2, Near: 4, Far: 8, NotFar: 7 } as const;

/** One operand of a template. */
export interface OperandTemplate {
  /** The {@link Class} bit that the operand must have. */
  class: number;
  /** Exactly this register. */
  register: ClassedRegister | undefined;
  /** Bits that memory or a number must have; 0 where {@link allowed} decides. */
  size: number;
  /** Bits that a register must have; 0 any. */
  registerSize: number;
  /** With a `size`: passes without one written, too. */
  unsized: boolean;
  /** Without a `size`: written sizes that pass, as {@link sizeBit}s; one must not be written to pass. */
  allowed: number;
  /** Memory whose size a register tells: without a written size it passes, a wrong size is a mismatch. */
  sizedByRegister: boolean;
  /** {@link Distance}s that pass, for branch targets and memory. */
  distances: number;
}

export interface Template {
  form: Form;
  /** Of the form, computed once. */
  kinds: readonly KindInfo[];
  encoding: string;
  wait: boolean;
  /** Near branches, which BND can stand before. */
  bindable: boolean;
  /** VIA's instructions have their F3 as a REP prefix. */
  repeatsByItself: boolean;
  /** What NASM warns of, `undefined` if nothing. */
  warning: Warning | undefined;
  operands: readonly OperandTemplate[];
  /** Taken only if the target is near enough for a byte: `jmp x`. */
  shortJump: boolean;
  /** A conditional jump that reaches everything on processors without one (before the 386): its opposite over a JMP. */
  jumpOverJump: boolean;
  /** Not taken with XACQUIRE or XRELEASE: stores of the accumulator to a bare offset. */
  notElided: boolean;
  /** The second operand of the form is the first too: `vaddps xmm1, xmm2`. */
  doubled: boolean;
  /** {@link Mode} bits in which it is meant where nothing tells the operand or address size (RET, LOOP, PUSH 5). */
  defaultModes: number;
  /** Bit set of the operands whose written size tells it after all. */
  tellers: number;
  /** Never taken because a size was guessed. */
  exact: boolean;
  /** XCHG EAX, EAX clears the upper half of RAX in 64-bit mode and so is not 90 there. */
  notItself64: boolean;
  /** `o64` gives no REX.W: MOV of a 64-bit register with the opcode of the 32-bit one. */
  neverW: boolean;
  /** NASM takes it at -O2 and above only. */
  optimized: boolean;
}

/** Templates of one mnemonic by number of operands. */
export type TemplateSet = readonly (readonly Template[] | undefined)[];

/** The operand size that a form's immediates and unsized operands have, 0 if it has none. */
export function sizeOfForm(form: Form): number {
  const { opcode } = form;
  if (opcode.operandSize) return opcode.operandSize;
  if (opcode.defaultSize64 && form.modes === Mode.Bits64) return 64;
  if (opcode.w === 1) return 64;
  return opcode.w === 0 ? 32 : 0;
}
