/** One instruction on its way to bytes: what was asked, what prefixes and sizes were found, what has to be warned of. */
import type { Form } from '../../isa/form';
import type { EncodeContext, Encoded, ParsedInstruction } from './instruction';
import type { ClassedOperand } from './operand-class';
import { noPrefixes, type PrefixSlots, repeatByte } from './prefix-slots';
import type { Template } from './template';

/** NASM's error, as an exception inside the encoder only. No Error: sources with thousands of mistakes need no stack traces. */
export class Refusal {
  constructor(readonly message: string) {}
}

export class Encoding {
  slots: PrefixSlots = noPrefixes;
  /** Bits. */
  addressSize: 16 | 32 | 64;
  operands: readonly ClassedOperand[] = [];
  warnings: Encoded['warnings'] | undefined;

  constructor(
    readonly instruction: ParsedInstruction,
    readonly context: EncodeContext,
  ) {
    this.addressSize = context.bits;
  }

  warn(code: string, message: string): void {
    this.warnings ??= [];
    this.warnings.push({ code, message, range: this.instruction.range });
  }

  /** 0x66 where the form or a written prefix asks for it. */
  needsOperandSizeByte(form: Form): boolean {
    const { bits } = this.context;
    switch (this.slots.operandSize) {
      case 'o16':
        return bits !== 16;
      case 'o32':
        return bits === 16;
      case 'osp':
        return true;
      case 'o64':
        return false;
    }
    const operandSize = this.operandSizeOf(form);
    return operandSize === 16 ? bits !== 16 : operandSize === 32 && bits === 16;
  }

  /** Bits; MOV to a segment register has none unless NASM does not optimize. */
  operandSizeOf(form: Form): number {
    const { operandSize } = form.opcode;
    if (operandSize !== 0 || this.context.optimization > 1) return operandSize;
    if (form.mnemonic !== 'mov' || form.operands[0] !== 'sreg') return 0;
    return this.operands[1].register?.size ?? 0;
  }

  /** 0x67 where a memory operand or a written prefix asks for it. */
  needsAddressSizeByte(): boolean {
    const { bits } = this.context;
    switch (this.slots.addressSize) {
      case 'a16':
        return bits !== 16;
      case 'a32':
        return bits !== 32;
      case 'asp':
        return true;
    }
    return false;
  }

  /** 0x67 for the form's own address size (JECXZ), beside what was written. */
  needsFormsAddressSizeByte(form: Form): boolean {
    const { bits } = this.context;
    const { addressSize } = form.opcode;
    if (addressSize === 0 || addressSize === 64 || addressSize === bits) return false;
    return this.slots.addressSize !== `a${addressSize}`;
  }

  /** Bytes of prefixes before a short jump. */
  prefixLength(template: Template): number {
    const { slots, context } = this;
    const { form } = template;
    let length = slots.wait ? 1 : 0;
    if (repeatByte(slots.repeat) !== 0 && !(slots.repeat === 'bnd' && form.opcode.byte === 0xeb)) length++;
    if (slots.lock) length++;
    if (slots.segment !== '') length++;
    if (this.needsOperandSizeByte(form)) length++;
    if (this.needsAddressSizeByte()) length++;
    if (this.needsFormsAddressSizeByte(form)) length++;
    if (slots.operandSize === 'o64' && context.bits === 64) length++;
    return length;
  }
}
