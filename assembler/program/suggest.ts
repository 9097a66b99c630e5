import type { MultiLineMacro } from '../preprocessor/multi-line-macro';
import { instructionNames, registerNames } from '../source/keywords';
import type { ProgramSymbol } from './symbol';
import type { Symbols } from './symbols';

/** Number of edits (insert, delete, replace, swap of neighbours) between two words, or `most + 1` where more. */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** The one candidate that is clearly the nearest to a word. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const most = word.length < 4 ? 1 : 2;
  let best: string | undefined;
  let distance = most + 1;
  let rivals = 0;
  for (const candidate of candidates) {
    const d = editDistance(word, candidate, most);
    if (d < distance) {
      best = candidate;
      distance = d;
      rivals = 0;
    } else if (d === distance) rivals++;
  }
  return distance <= most && rivals === 0 ? best : undefined;
}

let namesByLength: string[][] | undefined;

/** An instruction or pseudo-instruction that a word may have meant. */
export function suggestInstruction(word: string): string | undefined {
  if (!namesByLength) {
    namesByLength = [];
    for (const name of instructionNames()) {
      namesByLength[name.length] ??= [];
      namesByLength[name.length]!.push(name);
    }
  }
  // Others are too far away by their length alone.
  const { length } = word;
  return nearest(word.toLowerCase(), namesByLength.slice(Math.max(0, length - 2), length + 3).flat());
}

/** A macro of the program that a word may have meant, where no instruction is nearer. */
export function suggestMacro(
  word: string,
  macros: readonly MultiLineMacro[],
  instruction: string | undefined,
): string | undefined {
  const own = macros.filter((macro) => !macro.definition.line.builtin).map((macro) => macro.name);
  const macro = nearest(word, new Set(own));
  if (macro === undefined || instruction === undefined) return macro;
  return editDistance(word, macro, 2) <= editDistance(word.toLowerCase(), instruction, 2) ? macro : undefined;
}

/** What is said beside an error. */
export interface Advice {
  /** What was meant, most likely. */
  suggestion?: string | undefined;
  hint?: string | undefined;
}

/** What an undefined symbol may have meant: another one, a register, or a label that only a macro has. */
export function adviseOnSymbol(symbol: ProgramSymbol, symbols: Symbols, macros: readonly MultiLineMacro[]): Advice {
  const suggestion = suggestSymbol(symbol, symbols) ?? suggestRegister(symbol.name);
  return { suggestion, hint: suggestion === undefined ? labelInMacro(symbol.name, symbols, macros) : undefined };
}

/** A symbol that an undefined one may have meant. */
function suggestSymbol(symbol: ProgramSymbol, symbols: Symbols): string | undefined {
  const { name } = symbol;
  const local = name.lastIndexOf('.');
  // A local label of another function is more likely than a misspelled one.
  const names: string[] = [];
  for (const other of symbols.table.values()) {
    // Symbols of a section that nothing names any more are left over from before an edit.
    const present = other.definition !== undefined || other.uses > 0;
    if (other.defined && present && !other.name.startsWith('..@')) names.push(other.name);
  }
  const differentCase = names.find((other) => other.toLowerCase() === name.toLowerCase());
  if (differentCase) return differentCase;
  if (local > 0) {
    const elsewhere = names.filter((other) => other.endsWith(name.slice(local)));
    if (elsewhere.length === 1) return elsewhere[0];
  }
  return nearest(name, names);
}

/** `ebxx`, `rxa`: short names of variables are near to some register, too, so that only a slip of the keys counts. */
function suggestRegister(name: string): string | undefined {
  const word = name.toLowerCase();
  const near = registerNames().filter(
    (register) => register[0] === word[0] && editDistance(word, register, 1) === 1 && !isShorthand(word, register),
  );
  return near.length === 1 ? near[0] : near.find((register) => word.startsWith(register));
}

/** A name of two letters counts as a register's only where one of them was hit twice. */
function isShorthand(word: string, register: string): boolean {
  return register.length < 3 && word !== register + register[1] && word !== register[0] + register;
}

/** Where a label is that stands in a macro's body alone: local to each call, or of a macro that nobody calls. */
function labelInMacro(name: string, symbols: Symbols, macros: readonly MultiLineMacro[]): string | undefined {
  const told = (macro: string): string => `label \`${name}' is defined only inside macro \`${macro}'`;
  for (const other of symbols.table.values()) {
    const { definedInMacro } = other;
    if (definedInMacro !== undefined && other.name.startsWith('..@') && other.name.replace(/^\.\.@\d+\./, '') === name)
      return told(definedInMacro);
  }
  for (const macro of macros) {
    if (macro.definition.line.builtin) continue;
    for (const { tokens } of macro.body) {
      const first = tokens[0]?.text;
      if ((first === name || first === `%%${name}`) && tokens[1]?.text === ':') return told(macro.name);
    }
  }
  return undefined;
}
