/**
 * From a parsed instruction to bytes, as NASM 2.16 chooses them. Where a field cannot be known yet (another section, an
 * external symbol) the bytes hold zero and a fixup says what belongs there.
 */
import { hasLaterForms, laterExtension } from '../../isa/later-extensions';
import { cpuLevelOf } from './cpu-levels';
import { emit } from './emit';
import { Encoding, Refusal } from './encoding';
import { hintFor } from './hints';
import type {
  EncodeContext,
  Encoded,
  EncodeError,
  Fixup,
  MemoryOperand,
  ParsedInstruction,
  ParsedOperand,
} from './instruction';
import { Match } from './match';
import { classify, registerByName } from './operand-class';
import { isElision, segmentByte, sortPrefixes } from './prefix-slots';
import { findByShape } from './shape';
import type { Template } from './template';
import { templatesFor } from './templates';

/** Tells an error from a result. */
export function isEncodeError(result: Encoded | EncodeError): result is EncodeError {
  return 'message' in result;
}

/** Is there an instruction of that name (lower case), here or, of the extensions that come later, in NASM? */
export function isMnemonic(name: string): boolean {
  return templatesFor(name) !== undefined || laterExtension(name) !== undefined;
}

/** Shared by all results without any: nobody adds to a result. */
const noFixups: Fixup[] = [];
const noWarnings: Encoded['warnings'] = [];

/** Encodes one instruction. */
export function encode(instruction: ParsedInstruction, context: EncodeContext): Encoded | EncodeError {
  const set = templatesFor(instruction.mnemonic);
  if (set === undefined) return { message: unknownMessage(instruction.mnemonic), range: instruction.range };
  const encoding = new Encoding(instruction, context);
  try {
    takePrefixes(encoding);
    const template = chooseTemplate(encoding, set[instruction.operands.length]);
    const writer = emit(encoding, template);
    if (template.warning !== undefined) warnOfObsolete(encoding, template);
    return {
      bytes: writer.bytes(),
      fixups: writer.fixups ?? noFixups,
      warnings: encoding.warnings ?? noWarnings,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const hint = hintFor(instruction, error.message);
    return { message: error.message, range: instruction.range, ...(hint === undefined ? {} : { hint }) };
  }
}

/** What the processor of the CPU directive still has is obsolete but valid. */
function warnOfObsolete(encoding: Encoding, { form, warning }: Template): void {
  const { code, message } = warning!;
  const { cpu } = encoding.context;
  if (code === 'obsolete-removed' && cpu !== undefined && cpuLevelOf(form, 0) >= cpu)
    encoding.warn('obsolete-valid', 'instruction obsolete but valid on the target CPU');
  else encoding.warn(code, message);
}

function unknownMessage(mnemonic: string): string {
  const extension = laterExtension(mnemonic);
  if (extension === undefined) return 'parser: instruction expected';
  return `instruction \`${mnemonic}' (${extension}) is not supported yet`;
}

// --- prefixes and address size ---------------------------------------------------------------------------------------

function takePrefixes(encoding: Encoding): void {
  const { instruction, context } = encoding;
  if (instruction.prefixes.length > 0) {
    const { slots, redundant, conflicting } = sortPrefixes(instruction.prefixes);
    if (conflicting) throw new Refusal('instruction has conflicting prefixes');
    if (redundant) encoding.warn('other', 'instruction has redundant prefixes');
    encoding.slots = slots;
  }
  const { operands } = instruction;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (operand.kind !== 'memory') continue;
    if (operand.segment !== undefined) takeSegment(encoding, operand.segment);
    if (operand.addressSize) takeAddressSize(encoding, operand.addressSize);
  }
  chooseAddressSize(encoding);
  const { segment } = encoding.slots;
  if (context.bits === 64 && segment !== '' && segmentByte(segment) < 0x40)
    encoding.warn('prefix-seg', `${segment} segment base generated, but will be ignored in 64-bit mode`);
}

function takeSegment(encoding: Encoding, segment: string): void {
  if (encoding.slots.segment !== '') throw new Refusal('instruction has conflicting segment overrides');
  encoding.slots = { ...encoding.slots, segment };
}

function takeAddressSize(encoding: Encoding, size: number): void {
  const addressSize = `a${size}`;
  const { slots } = encoding;
  if (slots.addressSize !== '' && slots.addressSize !== addressSize)
    throw new Refusal('instruction has conflicting prefixes');
  encoding.slots = { ...slots, addressSize };
}

/** The address size that all memory operands and prefixes allow; the mode's own if it is among them. */
function chooseAddressSize(encoding: Encoding): void {
  const { bits } = encoding.context;
  const { operands } = encoding.instruction;
  const { addressSize } = encoding.slots;
  let valid = bits === 64 ? 64 | 32 : 32 | 16;
  if (addressSize === 'asp') valid &= bits === 32 ? 16 : 32;
  else if (addressSize !== '') valid &= Number(addressSize.slice(1));
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (operand.kind === 'memory') valid &= addressSizesOf(operand, bits);
  }
  if (valid & bits) return;
  const other = bits === 32 ? 16 : 32;
  if ((valid & other) === 0) throw new Refusal('impossible combination of address sizes');
  encoding.addressSize = other;
  if (addressSize === '') encoding.slots = { ...encoding.slots, addressSize: `a${other}` };
}

/** Address sizes that a memory operand allows, as a bit set of the sizes themselves. */
function addressSizesOf(operand: MemoryOperand, bits: number): number {
  const { base, index, displacementSize } = operand;
  if (base === undefined && index === undefined) {
    if (bits === 64) return displacementSize === 16 ? 16 : -1;
    return displacementSize > 8 ? displacementSize : -1;
  }
  return (base === undefined ? -1 : sizesOf(base)) & (index === undefined ? -1 : sizesOf(index));
}

function sizesOf(name: string): number {
  const { file, size } = registerByName(name);
  // What can stand in no address says nothing about its size.
  return size > 8 && file.startsWith('gpr') ? size : -1;
}

// --- choice of the template ------------------------------------------------------------------------------------------

function chooseTemplate(encoding: Encoding, templates: readonly Template[] | undefined): Template {
  const { instruction, context, addressSize } = encoding;
  if (templates === undefined) throw new Refusal(invalidCombination(instruction.mnemonic));
  const { bits, defaultRel } = context;
  const parsed = instruction.mnemonic === 'lea' ? instruction.operands.map(asAddress) : instruction.operands;
  encoding.operands = parsed.map((operand) =>
    classify(operand, bits, addressSize, defaultRel, context.optimization > 0),
  );
  const { template, outcome } = findByShape({
    templates,
    operands: encoding.operands,
    bits,
    encodingHint: instruction.encodingHint,
    cpu: context.cpu,
    elided: isElision(encoding.slots.repeat),
    optimizing: context.optimization > 1,
    reachesShort: (candidate) => reachesShort(encoding, candidate),
  });
  if (template === undefined) throw new Refusal(messageOf(outcome, encoding));
  return template;
}

function messageOf(outcome: number, { context, instruction }: Encoding): string {
  switch (outcome) {
    case Match.SizeMissing:
      return 'operation size not specified';
    case Match.SizeMismatch:
      return 'mismatch in operand sizes';
    case Match.BadCpu:
      return 'no instruction for this cpu level';
    case Match.BadMode:
      return `instruction not supported in ${context.bits}-bit mode`;
    case Match.Encoding:
      return `instruction not encodable with {${instruction.encodingHint}} prefix`;
    default:
      return invalidCombination(instruction.mnemonic);
  }
}

function invalidCombination(mnemonic: string): string {
  const message = 'invalid combination of opcode and operands';
  return hasLaterForms(mnemonic) ? `${message}; AVX-512 forms of \`${mnemonic}' are not supported yet` : message;
}

/** Is the target in reach of the two-byte jump? Nothing known means yes, as in NASM's first pass. */
function reachesShort(encoding: Encoding, template: Template): boolean {
  const { context } = encoding;
  // -O1 never shortens; -O0 only conditional jumps: so NASM has it.
  if (context.optimization === 1) return false;
  if (context.optimization === 0 && template.form.mnemonic === 'jmp') return false;
  const target = encoding.operands[0].parsed;
  if (target.kind !== 'immediate' || target.strict) return false;
  const { value } = target;
  if (value.forward) return true;
  if (value.base !== context.address.base || value.segment) return false;
  const length = encoding.prefixLength(template) + 2;
  const distance = value.offset - context.address.offset - BigInt(length);
  return distance >= -128n && distance <= 127n;
}

/** NASM takes `lea eax, x` as `lea eax, [x]`. */
function asAddress(operand: ParsedOperand, position: number): ParsedOperand {
  if (operand.kind !== 'immediate' || position === 0) return operand;
  return {
    kind: 'memory',
    size: operand.size,
    scale: 1,
    displacement: operand.value,
    absolute: true,
    displacementSize: 0,
    addressSize: 0,
    nosplit: false,
    strict: operand.strict,
    far: false,
    near: false,
    range: operand.range,
  };
}
