import { instructionNames } from '../source/keywords';
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

/** A symbol that an undefined one may have meant. */
export function suggestSymbol(symbol: ProgramSymbol, symbols: Symbols): string | undefined {
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
