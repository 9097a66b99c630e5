/** What one operand of a form demands of the way it is written. */
import type { Form } from '../../isa/form';
import type { KindInfo } from '../../isa/operand-kinds';
import { registerName } from '../../isa/registers';
import { Class, registerByName } from './operand-class';
import {
  immediateSizeOf,
  isSizedByMnemonic,
  memoryAsQword,
  memoryNotSizedByRegister,
  memoryWithAnySize,
  memoryWithoutSize,
  strictByteImmediate,
} from './peculiarities';
import { Distance, type OperandTemplate, sizeBit } from './template';

/** Every size passes. */
const anySize = 0xffff;

const simpleClasses: Partial<Record<string, number>> = {
  segment: Class.Segment,
  control: Class.Control,
  debug: Class.Debug,
  test: Class.Test,
  st: Class.St,
  mm: Class.Mm,
  xmm: Class.Xmm,
  ymm: Class.Ymm,
};

const rmClasses: Partial<Record<string, number>> = {
  mm: Class.MmOrMemory,
  xmm: Class.XmmOrMemory,
  ymm: Class.YmmOrMemory,
};

const generalSizes: Record<string, number> = { gpr8: 8, gpr16: 16, gpr32: 32, gpr64: 64 };

/** An operand that demands nothing but these. */
export function operandTemplate(changes: Partial<OperandTemplate>): OperandTemplate {
  return {
    class: 0,
    register: undefined,
    size: 0,
    registerSize: 0,
    unsized: false,
    allowed: 0,
    sizedByRegister: false,
    distances: Distance.None,
    ...changes,
  };
}

const accumulators = new Set(['al', 'ax', 'eax', 'rax']);

/** Does a register tell the size of the memory operand? */
function hasSizingRegister(form: Form, kinds: readonly KindInfo[], memory: KindInfo): boolean {
  if (isSizedByMnemonic(form)) return true;
  if (memoryNotSizedByRegister.has(form.mnemonic)) return false;
  return kinds.some(
    (info) =>
      info !== memory &&
      info.size === memory.size &&
      (info.class === 'register' || (info.class === 'implied' && accumulators.has(info.kind))),
  );
}

/** PUSH and IMUL of 64 bits take their 32-bit immediate written as either. */
function alsoDword(mnemonic: string, info: KindInfo): number {
  return info.kind === 'simm32' && (mnemonic === 'push' || mnemonic === 'imul') ? sizeBit(32) : 0;
}

/** What a kind asks for, as most instructions do. */
export function plainOperand(form: Form, info: KindInfo, kinds: readonly KindInfo[], size: number): OperandTemplate {
  switch (info.class) {
    case 'register':
      return info.file!.startsWith('gpr')
        ? operandTemplate({ class: Class.Register, registerSize: info.size })
        : operandTemplate({ class: simpleClasses[info.file!]! });
    case 'rm':
      return operandTemplate({
        class: info.file!.startsWith('gpr') ? Class.RegisterOrMemory : rmClasses[info.file!]!,
        size: info.size,
        registerSize: generalSizes[info.file!] ?? 0,
        sizedByRegister: hasSizingRegister(form, kinds, info),
      });
    case 'memory':
      if (info.vsib)
        return operandTemplate({
          class: info.vsib === 'xmm' ? Class.XmmIndexed : Class.YmmIndexed,
          size: info.size,
        });
      if (info.size === 0 || info.kind.includes('&') || memoryWithoutSize.has(form.mnemonic))
        return operandTemplate({ class: Class.Memory, allowed: memoryWithAnySize.has(form.mnemonic) ? anySize : 0 });
      return operandTemplate({
        class: Class.Memory,
        size: memoryAsQword.has(form.mnemonic) ? 64 : info.size,
        sizedByRegister: hasSizingRegister(form, kinds, info),
      });
    case 'immediate':
      if (form.mnemonic === 'enter') return operandTemplate({ class: Class.Immediate });
      if (info.size === 8 && !info.signed && immediateSizeOf(form) !== 8)
        return operandTemplate({ class: Class.Immediate, allowed: sizeBit(immediateSizeOf(form)) });
      if (strictByteImmediate.has(form.mnemonic) && info.size === 8)
        return operandTemplate({ class: Class.Immediate, size: 8, unsized: true });
      return operandTemplate({
        class: Class.Immediate,
        allowed: sizeBit(info.signed ? size : info.size) | alsoDword(form.mnemonic, info),
      });
    case 'relative':
      return operandTemplate({ class: Class.Immediate, allowed: sizeBit(size) });
    case 'offset':
      return operandTemplate({ class: Class.Offset, allowed: sizeBit(info.size) });
    case 'far':
      return operandTemplate({ class: Class.FarPointer, allowed: sizeBit(info.size) });
    case 'implied': {
      const { constant } = info;
      if (constant?.kind !== 'register') return operandTemplate({ class: Class.Unity, allowed: sizeBit(8) });
      const register = registerByName(registerName(constant.file, constant.index));
      return operandTemplate({ class: register.class, register });
    }
  }
}
