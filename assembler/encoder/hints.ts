import type { ParsedInstruction, ParsedOperand } from './instruction';
import { registerByName } from './operand-class';

/** What a refused instruction lacks, in a few words; undefined where the message says enough. */
export function hintFor({ mnemonic, operands }: ParsedInstruction, message: string): string | undefined {
  if (message.startsWith('invalid combination')) return hintOfCombination(mnemonic, operands);
  if (message === 'mismatch in operand sizes') return hintOfSizes(mnemonic, operands);
  if (message === 'operation size not specified')
    return 'say how much is meant: `byte`, `word`, `dword` or `qword` before the operand';
  return undefined;
}

const shifts: ReadonlySet<string> = new Set(['rcl', 'rcr', 'rol', 'ror', 'sal', 'sar', 'shl', 'shr']);

/** Their operands differ in size by nature. */
const ofTwoSizes: ReadonlySet<string> = new Set([...shifts, 'movzx', 'movsx', 'movsxd', 'in', 'out', 'crc32']);

function hintOfCombination(mnemonic: string, operands: readonly ParsedOperand[]): string | undefined {
  const [first, second] = operands;
  if (!first || !second) return undefined;
  if (mnemonic === 'mov') {
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const file = fileOf(one);
      if (file === 'control' || file === 'debug') {
        if (fileOf(other) !== 'general') return `${file} registers take a register`;
        return `${file} registers take a register of the mode's full width`;
      }
    }
    if (fileOf(first) === 'segment' && second.kind === 'immediate')
      return 'segment registers take a register or memory, not a number';
    if (fileOf(first) === 'segment' && fileOf(second) === 'segment')
      return 'segment registers take a general register or memory, not each other';
  }
  if (first.kind === 'memory' && second.kind === 'memory' && !mnemonic.startsWith('movs'))
    return 'one of the operands has to be a register: no instruction takes two in memory';
  if (mnemonic === 'lea' && second.kind === 'register') return 'the second operand is an address: `[...]`';
  const bothGeneral = fileOf(first) === 'general' && fileOf(second) === 'general';
  if (bothGeneral && operands.length === 2 && !ofTwoSizes.has(mnemonic)) return hintOfSizes(mnemonic, operands);
  if (shifts.has(mnemonic) && second.kind === 'register') return 'a shift counts by a number or by `cl`';
  if (first.kind === 'immediate' && mnemonic !== 'out' && mnemonic !== 'enter')
    return 'the first operand is where the result goes: a register or memory';
  return undefined;
}

function hintOfSizes(mnemonic: string, [first, second]: readonly ParsedOperand[]): string | undefined {
  const to = first && sizeOf(first);
  const from = second && sizeOf(second);
  if (!to || !from || to === from) return undefined;
  const widths = `the operands have ${to} and ${from} bits`;
  if (mnemonic !== 'mov' || fileOf(first) !== 'general' || from > to) return widths;
  if (from === 32)
    return `${widths}: a \`mov\` to the lower half clears the upper one, \`movsxd\` fills it with the sign`;
  return `${widths}: did you mean \`movzx\` or \`movsx\`?`;
}

function fileOf(operand: ParsedOperand): string | undefined {
  if (operand.kind !== 'register') return undefined;
  const { file } = registerByName(operand.name);
  return file.startsWith('gpr') ? 'general' : file;
}

function sizeOf(operand: ParsedOperand): number {
  return operand.size;
}
