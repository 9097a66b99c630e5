import type { PendingDiagnostic } from '../diagnostics';
import type { Assembly } from './assembly';
import type { ProgramSymbol } from './symbol';

/** The number of the first macro call among lines that are read again, until it is known how many there are. */
export const provisionalNumber = 1_000_000_000;

/** Macro calls of the lines that are read again. */
export interface CallNumbers {
  /** The number of the first. */
  first: number;
  /** How many there were, and how many there are. */
  before: number;
  now: number;
}

/**
 * Labels of macros have the number of their call in their names (`..@12.loop`): gives those of calls behind the lines that
 * were read again, and of the calls in them, the numbers that reading all would give. Gives what was said with the numbers
 * put right; undefined where a number stands where it cannot be found.
 */
export function renumberMacroLabels(
  assembly: Assembly,
  { first, before, now }: CallNumbers,
  kept: readonly PendingDiagnostic[],
  said: readonly PendingDiagnostic[],
): readonly PendingDiagnostic[] | undefined {
  const delta = now - before;
  if (before === 0 && now === 0) return said;
  const { table } = assembly.symbols;
  const renamed: { symbol: ProgramSymbol; name: string }[] = [];
  for (const [name, symbol] of table) {
    const number = callNumber(name);
    if (number < first) continue;
    if (number >= provisionalNumber)
      renamed.push({ symbol, name: withNumber(name, number - provisionalNumber + first) });
    else if (number >= first + before) {
      if (delta !== 0) renamed.push({ symbol, name: withNumber(name, number + delta) });
    } else if (symbol.references.length > 0 || symbol.definition) {
      // Somebody else uses a label of a call that is read again.
      return undefined;
    } else table.delete(name);
  }
  if (delta !== 0) {
    if (kept.some(({ message }) => message.includes('..@'))) return undefined;
    const { singleLineMacros } = assembly.preprocessor;
    if (singleLineMacros.some(({ body }) => body.some(({ text }) => text.startsWith('..@')))) return undefined;
  }
  for (const { symbol } of renamed) table.delete(symbol.name);
  for (const { symbol, name } of renamed) {
    symbol.name = name;
    table.set(name, symbol);
  }
  return said.map((one) => ({
    ...one,
    message: one.message.replace(/\.\.@(\d{10})(?=\.)/g, (_, n) => `..@${Number(n) - provisionalNumber + first}`),
  }));
}

/** The number of the macro call that a label belongs to; -1 for other names. */
function callNumber(name: string): number {
  if (name.charCodeAt(2) !== 64 || !name.startsWith('..@')) return -1;
  const number = Number.parseInt(name.slice(3), 10);
  return Number.isNaN(number) ? -1 : number;
}

function withNumber(name: string, number: number): string {
  return `..@${number}${name.slice(name.indexOf('.', 3))}`;
}
