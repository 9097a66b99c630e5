/** Which of several sizes is meant where nothing that is written tells it: RET, LOOP, PUSH 5. */
import { Mode } from '../../isa/form';
import { Class } from './operand-class';
import { sizeOfForm, type Template } from './template';

/** Finds forms that nothing but operand or address size tells apart, and says in which mode each is meant. */
export function markDefaults(templates: readonly Template[]): void {
  const groups = new Map<string, Template[]>();
  for (const template of templates) {
    const { form } = template;
    const shapes = template.operands.map((operand) => {
      const { register, registerSize, size, distances } = operand;
      const kind = operand.class === Class.SignedByteWord ? Class.SignedByteDword : operand.class;
      return `${kind}.${register?.name ?? ''}.${registerSize}.${size}.${distances}`;
    });
    const key = `${form.opcode.map}/${form.opcode.byte}/${form.opcode.digit}/${template.shortJump}/${template.jumpOverJump}/${shapes.join()}`;
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
