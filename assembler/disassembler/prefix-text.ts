/** Prefixes that an instruction's own text does not imply. */
import type { Decoded } from '../../isa/decoded';
import { kindInfo } from '../../isa/operand-kinds';
import { registerName } from '../../isa/registers';
import { modeOf } from '../encoder/match';
import { templatesFor } from '../encoder/templates';

/** The prefixes in front of the mnemonic, each with a space after it. */
export function prefixText(decoded: Decoded, bits: 16 | 32 | 64): string {
  const { prefixes, form, operands } = decoded;
  let text = hintText(decoded);
  text += repeatText(decoded);
  if (prefixes.lock) text += 'lock ';
  if (prefixes.segment >= 0 && !operands.some((operand) => operand.kind === 'memory'))
    text += `${registerName('segment', prefixes.segment)} `;
  if (prefixes.operandSize && form.opcode.space === 'legacy' && !impliesOperandSize(decoded, bits))
    text += bits === 16 ? 'o32 ' : 'o16 ';
  else if (prefixes.rex & 8 && !impliesRexW(decoded)) text += 'o64 ';
  if (prefixes.addressSize && !impliesAddressSize(decoded, bits)) text += `a${decoded.addressSize} `;
  return text;
}

/** `{vex3}` and `{rex}` */
function hintText(decoded: Decoded): string {
  const { prefixes, form, operands } = decoded;
  if (prefixes.vex === 3) {
    const { opcode } = form;
    const extended = operands.some((operand, i) => {
      const letter = form.operandEncoding[i];
      if (operand.kind === 'register') return letter === 'M' && operand.index >= 8;
      return operand.kind === 'memory' && ((operand.base >= 8 && operand.base < 16) || operand.index >= 8);
    });
    return opcode.map === 1 && opcode.w !== 1 && !extended ? '{vex3} ' : '';
  }
  const byteRegister = operands.some(
    (operand) => operand.kind === 'register' && operand.file === 'gpr8' && operand.index >= 4,
  );
  return prefixes.rex === 0x40 && !byteRegister ? '{rex} ' : '';
}

function repeatText(decoded: Decoded): string {
  const { prefixes, form } = decoded;
  const { repeat } = prefixes;
  if (repeat === 0 || form.opcode.mandatory > 0 || form.opcode.space !== 'legacy') return '';
  if (prefixes.lock) return repeat === 0xf2 ? 'xacquire ' : 'xrelease ';
  if (repeat === 0xf3) return form.repeat === 'repe' ? 'repe ' : 'rep ';
  return takesBnd(decoded) ? 'bnd ' : 'repne ';
}

/** Near branches but the short JMP. */
function takesBnd(decoded: Decoded): boolean {
  const { mnemonic, operands, opcode } = decoded.form;
  if (opcode.byte === 0xeb || operands.some((kind) => kind.startsWith('m16:') || kind.startsWith('ptr'))) return false;
  return /^(jmp|call|ret|j(?!e?r?cxz)[a-z]+)$/.test(mnemonic);
}

/** Stores of a selector to memory: always a word, whatever the operand size. */
function storesSelector(decoded: Decoded): boolean {
  const { mnemonic, operands } = decoded.form;
  if (decoded.operands[0]?.kind !== 'memory') return false;
  return operands[1] === 'sreg' || mnemonic === 'sldt' || mnemonic === 'str' || mnemonic === 'smsw';
}

/** Does the text already ask for 0x66? */
function impliesOperandSize(decoded: Decoded, bits: 16 | 32 | 64): boolean {
  const { form, operandSize } = decoded;
  const { opcode } = form;
  if (opcode.mandatory === 0x66) return true;
  if (storesSelector(decoded)) return false;
  if (opcode.operandSize !== 16 && opcode.operandSize !== 32) return false;
  if (operandSize === bits || (bits === 64 && operandSize === 32)) return false;
  const templates = templatesFor(form.mnemonic)?.[form.operands.length];
  const template = templates?.find((other) => other.form === form);
  if (template === undefined) return true;
  // The operands' written sizes tell it, or the mnemonic alone.
  return (template.defaultModes & modeOf(bits)) !== 0 || template.tellers !== 0;
}

function impliesRexW(decoded: Decoded): boolean {
  const { form } = decoded;
  const { opcode } = form;
  if (storesSelector(decoded)) return false;
  // RETF has three sizes and no operand that tells which.
  if (form.mnemonic === 'retf') return false;
  return opcode.w === 1 || (opcode.operandSize === 64 && !opcode.defaultSize64);
}

function impliesAddressSize(decoded: Decoded, bits: 16 | 32 | 64): boolean {
  const { form, operands } = decoded;
  if (operands.some((operand) => operand.kind === 'memory')) return true;
  if (form.opcode.addressSize === 0) return false;
  const templates = templatesFor(form.mnemonic)?.[form.operands.length];
  const template = templates?.find((other) => other.form === form);
  return template === undefined || (template.defaultModes & modeOf(bits)) !== 0 || isSizedByRegister(decoded);
}

/** UMONITOR AX: the register has the address size. */
function isSizedByRegister(decoded: Decoded): boolean {
  return decoded.form.operands.some((kind) => kindInfo(kind).class === 'register');
}
