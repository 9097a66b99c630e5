/** VM-exit instruction information: the operands of the instruction that exited (SDM 3C 27.2.5, tables 27-9 to 27-16). */
import { type BitLayout, extract, field, flag } from '../bit-fields';
import { type ExitReasonName, exitReasonOf } from './exit-reasons';

const registers = Object.fromEntries(
  ['RAX', 'RCX', 'RDX', 'RBX', 'RSP', 'RBP', 'RSI', 'RDI', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15'].map(
    (name, number) => [number, name],
  ),
);
const segments = { 0: 'ES', 1: 'CS', 2: 'SS', 3: 'DS', 4: 'FS', 5: 'GS' };
const addressSizes = { 0: '16-bit', 1: '32-bit', 2: '64-bit' };

/** The parts that an operand in memory has in every layout. */
const memoryOperand: BitLayout = [
  field(0, 1, 'scaling', 'Factor of the index.', { 0: '1', 1: '2', 2: '4', 3: '8' }),
  field(7, 9, 'address size', 'Address size.', addressSizes),
  field(15, 17, 'segment', 'Segment register.', segments),
  field(18, 21, 'index', 'Index register.', registers),
  flag(22, 'no index', 'There is no index register.'),
  field(23, 26, 'base', 'Base register.', registers),
  flag(27, 'no base', 'There is no base register.'),
];

const registerOrMemory: BitLayout = [
  field(3, 6, 'register 1', 'Register operand, where the operand is one.', registers),
  field(10, 10, 'operand', 'What the operand is.', { 0: 'memory', 1: 'register' }),
];

const ordered = (layout: BitLayout): BitLayout => [...layout].sort((a, b) => a.bit - b.bit);

/** INS and OUTS (table 27-9). */
export const stringIoInformation: BitLayout = [
  field(7, 9, 'address size', 'Address size.', addressSizes),
  field(15, 17, 'segment', 'Segment register (OUTS only).', segments),
];

/** INVEPT, INVPCID, INVVPID (table 27-10). */
export const invalidateInformation: BitLayout = ordered([
  ...memoryOperand,
  field(28, 31, 'register 2', 'Register with the type of invalidation.', registers),
]);

/** LIDT, LGDT, SIDT, SGDT (table 27-11). */
export const descriptorTableInformation: BitLayout = ordered([
  ...memoryOperand,
  field(11, 11, 'operand size', 'Operand size outside 64-bit mode.', { 0: '16-bit', 1: '32-bit' }),
  field(28, 29, 'instruction', 'Which one.', { 0: 'SGDT', 1: 'SIDT', 2: 'LGDT', 3: 'LIDT' }),
]);

/** LLDT, LTR, SLDT, STR (table 27-12). */
export const taskTableInformation: BitLayout = ordered([
  ...memoryOperand,
  ...registerOrMemory,
  field(28, 29, 'instruction', 'Which one.', { 0: 'SLDT', 1: 'STR', 2: 'LLDT', 3: 'LTR' }),
]);

/** RDRAND, RDSEED, TPAUSE, UMWAIT (table 27-13). */
export const randomInformation: BitLayout = [
  field(3, 6, 'register', 'Destination register.', registers),
  field(11, 12, 'operand size', 'Operand size.', { 0: '16-bit', 1: '32-bit', 2: '64-bit' }),
];

/** VMCLEAR, VMPTRLD, VMPTRST, VMXON, XRSTORS, XSAVES (table 27-14). */
export const pointerInformation: BitLayout = ordered(memoryOperand);

/** VMREAD and VMWRITE (table 27-15). */
export const vmreadInformation: BitLayout = ordered([
  ...memoryOperand,
  ...registerOrMemory,
  field(28, 31, 'register 2', 'Register with the encoding of the field.', registers),
]);

/** LOADIWKEY (table 27-16). */
export const loadiwkeyInformation: BitLayout = [
  field(3, 6, 'register 1', 'First XMM register.'),
  field(28, 31, 'register 2', 'Second XMM register.'),
];

const layouts: Partial<Record<ExitReasonName, BitLayout>> = {
  IO_INSTRUCTION: stringIoInformation,
  INVEPT: invalidateInformation,
  INVPCID: invalidateInformation,
  INVVPID: invalidateInformation,
  GDTR_IDTR_ACCESS: descriptorTableInformation,
  LDTR_TR_ACCESS: taskTableInformation,
  RDRAND: randomInformation,
  RDSEED: randomInformation,
  TPAUSE: randomInformation,
  UMWAIT: randomInformation,
  VMCLEAR: pointerInformation,
  VMPTRLD: pointerInformation,
  VMPTRST: pointerInformation,
  VMXON: pointerInformation,
  XSAVES: pointerInformation,
  XRSTORS: pointerInformation,
  VMREAD: vmreadInformation,
  VMWRITE: vmreadInformation,
  LOADIWKEY: loadiwkeyInformation,
};

/** Layout for an exit reason (bits 15:0 count); undefined where the field has no meaning. */
export function instructionInformationLayout(exitReason: number): BitLayout | undefined {
  const row = exitReasonOf(exitReason);
  return row && layouts[row.name];
}

/** The operands in words: `LIDT [DS: RBX]`, `register RAX`; empty where the field has no meaning. */
export function describeInstructionInformation(exitReason: number, information: number): string {
  const layout = instructionInformationLayout(exitReason);
  if (layout === undefined) return '';
  const value = BigInt(information >>> 0);
  const text = (name: string) => {
    const found = layout.find((f) => f.name === name);
    if (found === undefined) return undefined;
    const bits = Number(extract(found, value));
    return found.values?.find((v) => v.value === bits)?.name ?? `${bits}`;
  };
  const parts: string[] = [];
  const instruction = text('instruction');
  if (instruction !== undefined) parts.push(instruction);
  if (text('operand') === 'register') {
    parts.push(`register ${text('register 1')}`);
  } else if (layout.some((f) => f.name === 'base')) {
    const terms: string[] = [];
    if (text('no base') === '0') terms.push(text('base')!);
    if (text('no index') === '0') terms.push(`${text('index')}*${text('scaling')}`);
    parts.push(`[${text('segment')}: ${terms.join(' + ') || 'displacement'}] (${text('address size')} address)`);
  } else if (layout === stringIoInformation) {
    parts.push(`segment ${text('segment')} (${text('address size')} address)`);
  } else if (layout === randomInformation) {
    parts.push(`register ${text('register')} (${text('operand size')})`);
  } else {
    parts.push(`XMM${text('register 1')}`);
  }
  const second = text('register 2');
  if (second !== undefined) parts.push(layout === loadiwkeyInformation ? `XMM${second}` : `register ${second}`);
  return parts.join(', ');
}
