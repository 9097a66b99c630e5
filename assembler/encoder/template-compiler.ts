/** Forms of one mnemonic to templates, in the order in which NASM tries them. */
import { type Form, Mode } from '../../isa/form';
import { type KindInfo, kindInfo } from '../../isa/operand-kinds';
import { markDefaults } from './default-sizes';
import { Class } from './operand-class';
import { operandTemplate, plainOperand } from './operand-template';
import { neverHasW, takesBnd, warningOfObsolete } from './peculiarities';
import { Distance, type OperandTemplate, sizeBit, sizeOfForm, type Template, type TemplateSet } from './template';

/** Mnemonics in which an immediate's written size tells that of memory: `add [x], dword 5`. */
const sizesByImmediate = new Set(['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'mov']);

/** Makes the templates of one mnemonic. */
export class TemplateCompiler {
  /** Those that come after every form's own. */
  private readonly late: Template[] = [];
  private readonly templates: Template[] = [];

  constructor(private readonly mnemonic: string) {}

  compile(own: readonly Form[]): TemplateSet {
    for (const form of own) if (!form.decodeOnly) this.addForm(form);
    const all = [...this.templates, ...this.late];
    markDefaults(all);
    const result: Template[][] = [];
    const put = (template: Template): void => {
      const count = template.operands.length;
      result[count] ??= [];
      result[count].push(template);
    };
    for (const template of all) {
      put(template);
      if (template.form.optionalSecond)
        put({ ...template, operands: template.operands.filter((_, i) => i !== 1), doubled: true });
    }
    return result;
  }

  private addForm(form: Form): void {
    const kinds = form.operands.map(kindInfo);
    const size = sizeOfForm(form);
    const operands = kinds.map((info) => plainOperand(form, info, kinds, size));
    const base: Template = {
      form,
      kinds,
      encoding: form.operandEncoding,
      wait: form.wait,
      bindable: takesBnd(form),
      repeatsByItself: form.feature === 'PADLOCK' && form.opcode.mandatory === 0xf3,
      warning: warningOfObsolete(form),
      operands,
      shortJump: false,
      jumpOverJump: false,
      notElided: form.operands[0]?.startsWith('moffs') === true,
      doubled: false,
      defaultModes: Mode.All,
      tellers: 0,
      exact: false,
      notItself64: this.mnemonic === 'xchg' && size === 32 && form.opcode.plusRegister,
      neverW: neverHasW(form),
      optimized: this.mnemonic === 'mov' && form.encodeOnly && form.operands.join() === 'r64,sreg',
    };
    const first = kinds[0]?.class;
    if (first === 'relative') this.addBranch(base, size);
    else if (this.mnemonic === 'jmp' || this.mnemonic === 'call') this.addIndirectBranch(base, size);
    else if (this.mnemonic === 'mov' && form.operands[1]?.includes('imm')) this.addMoveImmediate(base);
    else if (form.operands.includes('simm8')) this.addSignedByte(base, size);
    else {
      this.templates.push(base);
      this.addSizedByImmediate(base, kinds);
    }
  }

  /** `add [x], dword 5` comes after all else. */
  private addSizedByImmediate(base: Template, kinds: readonly KindInfo[]): void {
    if (kinds.length !== 2 || kinds[1].class !== 'immediate' || kinds[0].class !== 'rm') return;
    if (!sizesByImmediate.has(this.mnemonic)) return;
    // In 64-bit mode the immediate has 32 bits and so does not tell.
    if (kinds[1].signed) return;
    const { size } = kinds[0];
    const memory = operandTemplate({ class: Class.Memory, allowed: sizeBit(size) });
    this.late.push({ ...base, operands: [memory, { ...base.operands[1], size, allowed: 0 }] });
  }

  /** `simm8`: written as `byte`, or a number that fits. */
  private addSignedByte(base: Template, size: number): void {
    const at = base.form.operands.indexOf('simm8');
    const replaced = (operand: OperandTemplate): OperandTemplate[] =>
      base.operands.map((other, i) => (i === at ? operand : other));
    const fits = size === 16 ? Class.SignedByteWord : Class.SignedByteDword;
    // A 64-bit push has a 32-bit immediate and can be written as either.
    const allowed = sizeBit(size) | (this.mnemonic === 'push' && size === 64 ? sizeBit(32) : 0);
    this.templates.push(
      { ...base, operands: replaced(operandTemplate({ class: Class.Immediate, size: 8 })) },
      { ...base, operands: replaced(operandTemplate({ class: fits, allowed })) },
    );
    if (sizesByImmediate.has(this.mnemonic) && size !== 64) {
      const memory = operandTemplate({ class: Class.Memory, allowed: sizeBit(size) });
      this.late.push({ ...base, operands: [memory, operandTemplate({ class: fits, size })] });
    }
  }

  private addBranch(base: Template, size: number): void {
    const { form } = base;
    const [target, ...rest] = base.operands;
    const push = (changes: Partial<OperandTemplate>, shortJump = false, jumpOverJump = false): void => {
      this.templates.push({ ...base, shortJump, jumpOverJump, operands: [{ ...target, ...changes }, ...rest] });
    };
    const conditional = this.mnemonic[0] === 'j' && this.mnemonic !== 'jmp' && this.mnemonic !== 'jmpe';
    if (form.operands[0] !== 'rel8') {
      push({ distances: Distance.None, allowed: conditional ? 0 : sizeBit(size) });
      if (this.mnemonic !== 'jmpe') push({ distances: Distance.Near, allowed: sizeBit(size) });
    } else if (this.mnemonic === 'jmp' || (conditional && !this.mnemonic.endsWith('cxz'))) {
      push({ distances: Distance.Short, allowed: 0 });
      push({ distances: Distance.None, allowed: 0 }, true);
      if (conditional) push({ distances: Distance.None, allowed: 0 }, false, true);
    } else {
      push({ allowed: 0 });
    }
  }

  /** JMP and CALL through memory or a register, and far ones. */
  private addIndirectBranch(base: Template, size: number): void {
    const [target] = base.operands;
    if (target.class === Class.Memory) {
      this.templates.push({
        ...base,
        operands: [{ ...target, size: 0, allowed: sizeBit(size), distances: Distance.Far }],
      });
    } else if (target.class === Class.FarPointer) {
      this.templates.push(base, {
        ...base,
        operands: [{ ...target, class: Class.Immediate, distances: Distance.Far }],
      });
    } else {
      const memory = { ...target, class: Class.Memory, size: 0, registerSize: 0, allowed: sizeBit(size) };
      this.templates.push(
        { ...base, operands: [{ ...memory, distances: Distance.None | Distance.Near }] },
        { ...base, operands: [{ ...target, class: Class.Register, distances: Distance.None | Distance.Near }] },
      );
    }
  }

  /** MOV of an immediate: in 64-bit mode the shortest of three encodings, by what the number fits. */
  private addMoveImmediate(base: Template): void {
    const { form } = base;
    const [destination, source] = base.operands;
    const kinds = form.operands.join();
    const push = (operands: OperandTemplate[], optimized = false): void => {
      this.templates.push({ ...base, operands, optimized });
    };
    if (kinds === 'r64,imm32') {
      const unsigned = { ...source, class: Class.UnsignedDword, allowed: sizeBit(64) };
      push([destination, unsigned], true);
    } else if (kinds === 'rm64,simm32') {
      push([destination, operandTemplate({ class: Class.SignedDword, allowed: sizeBit(64) })], true);
      push([destination, operandTemplate({ class: Class.Immediate, size: 32 })]);
      this.late.push({ ...base, operands: [{ ...destination, class: Class.Memory }, source] });
    } else {
      push([...base.operands]);
      this.addSizedByImmediate(base, base.kinds);
    }
  }
}
