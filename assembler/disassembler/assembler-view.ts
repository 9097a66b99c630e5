/** What the assembler would make of text: which template stands for a form, and what it wants said of sizes. */
import type { Decoded } from '../../isa/decoded';
import type { Form } from '../../isa/form';
import type { OperandTemplate, Template } from '../encoder/template';
import { templatesFor } from '../encoder/templates';

function templatesOf(form: Form): readonly Template[] {
  return templatesFor(form.mnemonic)?.[form.operands.length] ?? [];
}

/** The template of the form, or of another with the same bytes where the assembler knows only that. */
export function templateOf(form: Form): Template | undefined {
  const templates = templatesOf(form);
  return (
    templates.find((template) => template.form === form) ?? templates.find(({ form: other }) => isAlike(form, other))
  );
}

function isAlike(a: Form, b: Form): boolean {
  const x = a.opcode;
  const y = b.opcode;
  return (
    x.space === y.space &&
    x.map === y.map &&
    x.byte === y.byte &&
    x.mandatory === y.mandatory &&
    x.digit === y.digit &&
    x.l === y.l &&
    x.w === y.w &&
    x.operandSize === y.operandSize
  );
}

/** What the assembler asks of the memory operand at `position`. */
export function memoryTemplate(form: Form, position: number): OperandTemplate | undefined {
  return templateOf(form)?.operands[position];
}

/** Is a size needed there, because forms of several sizes share the other operands? */
export function needsSize(form: Form, position: number): boolean {
  const own = templateOf(form);
  const sizes = new Set<number>();
  for (const template of templatesOf(form)) {
    const same = template.operands.every((operand, i) => {
      const mine = own?.operands[i];
      if (mine === undefined || i === position) return true;
      return (operand.class & mine.class) !== 0 && operand.registerSize === mine.registerSize;
    });
    if (same) sizes.add(template.operands[position].size);
  }
  return sizes.size > 1;
}

/** MOVQ of an MMX register and memory has two encodings; the one with REX.W NASM writes as MOVD of a qword. */
export function isMovdQword(decoded: Decoded): boolean {
  const { form, operands } = decoded;
  const { byte, map, w, space } = form.opcode;
  if (form.mnemonic !== 'movq' || space !== 'legacy' || map !== 1 || w !== 1) return false;
  return (byte === 0x6e || byte === 0x7e) && operands.some((operand) => operand.kind === 'memory');
}
