/**
 * Forms as the encoder matches them. A form of the table becomes one or more templates: the same bytes, with different
 * demands on how the operands are written (`add rax, 5` and `add rax, byte 5` reach one form by two templates). They stand
 * in the order in which NASM tries them.
 */
import { type Form, Mode } from '../../isa/form';
import { type KindInfo, kindInfo } from '../../isa/operand-kinds';
import { registerName } from '../../isa/registers';
import { instructions } from '../../isa/table';
import { Class, type ClassedRegister, registerByName } from './operand-class';
import {
  immediateSizeOf,
  isSizedByMnemonic,
  memoryAsQword,
  memoryNotSizedByRegister,
  memoryWithAnySize,
  memoryWithoutSize,
  neverHasW,
  strictByteImmediate,
  takesBnd,
  type Warning,
  warningOfObsolete,
} from './peculiarities';

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

/** Every size passes. */
const anySize = 0xffff;

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

function operandTemplate(changes: Partial<OperandTemplate>): OperandTemplate {
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

/** The operand size that a form's immediates and unsized operands have, 0 if it has none. */
export function sizeOfForm(form: Form): number {
  const { opcode } = form;
  if (opcode.operandSize) return opcode.operandSize;
  if (opcode.defaultSize64 && form.modes === Mode.Bits64) return 64;
  if (opcode.w === 1) return 64;
  return opcode.w === 0 ? 32 : 0;
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
function plainOperand(form: Form, info: KindInfo, kinds: readonly KindInfo[], size: number): OperandTemplate {
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

/** Mnemonics in which an immediate's written size tells that of memory: `add [x], dword 5`. */
const sizesByImmediate = new Set(['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'mov']);

/** Makes the templates of one mnemonic. */
class Compiler {
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
    const push = (changes: Partial<OperandTemplate>, shortJump = false): void => {
      this.templates.push({ ...base, shortJump, operands: [{ ...target, ...changes }, ...rest] });
    };
    const conditional = this.mnemonic[0] === 'j' && this.mnemonic !== 'jmp' && this.mnemonic !== 'jmpe';
    if (form.operands[0] !== 'rel8') {
      push({ distances: Distance.None, allowed: conditional ? 0 : sizeBit(size) });
      if (this.mnemonic !== 'jmpe') push({ distances: Distance.Near, allowed: sizeBit(size) });
    } else if (this.mnemonic === 'jmp' || (conditional && !this.mnemonic.endsWith('cxz'))) {
      push({ distances: Distance.Short, allowed: 0 });
      push({ distances: Distance.None, allowed: 0 }, true);
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

/** Finds forms that nothing but operand or address size tells apart, and says in which mode each is meant. */
function markDefaults(templates: readonly Template[]): void {
  const groups = new Map<string, Template[]>();
  for (const template of templates) {
    const { form } = template;
    const shapes = template.operands.map((operand) => {
      const { register, registerSize, size, distances } = operand;
      const kind = operand.class === Class.SignedByteWord ? Class.SignedByteDword : operand.class;
      return `${kind}.${register?.name ?? ''}.${registerSize}.${size}.${distances}`;
    });
    const key = `${form.opcode.map}/${form.opcode.byte}/${form.opcode.digit}/${template.shortJump}/${shapes.join()}`;
    const group = groups.get(key);
    if (group) group.push(template);
    else groups.set(key, [template]);
  }
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    let tellers = 0;
    group[0].operands.forEach((operand, i) => {
      if (group.some((other) => other.operands[i].allowed !== operand.allowed)) tellers |= 1 << i;
    });
    for (const template of group) {
      template.defaultModes = 0;
      template.tellers = tellers;
    }
    for (const mode of [Mode.Bits16, Mode.Bits32, Mode.Bits64]) {
      const meant = defaultOf(
        group.filter((template) => template.form.modes & mode),
        mode,
      );
      for (const template of meant) template.defaultModes |= mode;
    }
  }
}

/** Those of a group that the mode's own sizes select. */
function defaultOf(group: readonly Template[], mode: number): Template[] {
  const bits = mode === Mode.Bits16 ? 16 : mode === Mode.Bits32 ? 32 : 64;
  const wide = bits === 64 && group.some(({ form }) => form.opcode.defaultSize64);
  const far = bits === 64 && group.some(({ form }) => form.operands[0] === 'm16:64' && form.mnemonic !== 'lss');
  const size = bits === 64 && !wide && !far ? 32 : bits;
  const byAddress = group.some(({ form }) => form.opcode.addressSize !== group[0].form.opcode.addressSize);
  return group.filter(({ form }) => {
    const own = sizeOfForm(form);
    return (own === 0 || own === size || form.opcode.w === 0) && (!byAddress || form.opcode.addressSize === bits);
  });
}

const compiled = new Map<string, TemplateSet | undefined>();

/** Templates of a mnemonic in lower case, by number of operands; `undefined` if there is no such instruction. */
export function templatesFor(mnemonic: string): TemplateSet | undefined {
  const known = compiled.get(mnemonic);
  if (known !== undefined) return known;
  const own = instructions.get(mnemonic)?.forms;
  if (own === undefined) return undefined;
  const made = new Compiler(mnemonic).compile(own);
  compiled.set(mnemonic, made);
  return made;
}
