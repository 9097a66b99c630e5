/** Cases from the table: every form over its operands, and every mnemonic over shapes that no form has. */
import type { Form } from '../../../isa/form';
import type { Bits } from './addresses';
import type { Case } from './compare';
import { type Operand, operandsFor, shapes } from './operands';

/** A usual operand of each position beside the one that is varied. */
function usual(lists: readonly Operand[][]): Operand[] {
  return lists.map((list) => list[Math.min(1, list.length - 1)]);
}

/**
 * One form: each operand over all its values with the others as usual, then pairs.
 * @param all every address and register too; else a handful
 */
export function casesOfForm(form: Form, bits: Bits, all: boolean): Case[] {
  const { mnemonic } = form;
  const lists = form.operands.map((kind) => operandsFor(kind, bits, all));
  if (lists.length === 0) return [{ mnemonic, operands: [] }];
  const middle = usual(lists);
  const result: Case[] = [];
  lists.forEach((list, at) => {
    for (const operand of list)
      result.push({ mnemonic, operands: middle.map((other, i) => (i === at ? operand : other)) });
  });
  // Pairs that stride through both lists, so that extensions of two registers meet.
  for (let first = 0; first < lists.length; first++) {
    for (let second = first + 1; second < lists.length; second++) {
      const a = lists[first];
      const b = lists[second];
      for (let k = 0; k < Math.min(24, a.length * b.length); k++) {
        const operands = [...middle];
        operands[first] = a[(k * 5) % a.length];
        operands[second] = b[(k * 7 + 2) % b.length];
        result.push({ mnemonic, operands });
      }
    }
  }
  return result;
}

/** One mnemonic with operands of every shape, right or wrong; `step` thins out the combinations of three. */
export function casesOfShapes(mnemonic: string, counts: ReadonlySet<number>, bits: Bits, step: number): Case[] {
  const all = shapes(bits);
  const result: Case[] = [];
  if (counts.has(0) || counts.has(1)) result.push({ mnemonic, operands: [] });
  if (counts.has(1) || counts.has(0)) for (const a of all) result.push({ mnemonic, operands: [a] });
  if (counts.has(2)) for (const a of all) for (const b of all) result.push({ mnemonic, operands: [a, b] });
  if (counts.has(3)) {
    let k = 0;
    for (const a of all)
      for (const b of all) for (const c of all) if (k++ % step === 0) result.push({ mnemonic, operands: [a, b, c] });
  }
  return result;
}

const prefixLists: readonly (readonly string[])[] = [
  ['lock'],
  ['rep'],
  ['repe'],
  ['repne'],
  ['o16'],
  ['o32'],
  ['o64'],
  ['a16'],
  ['a32'],
  ['a64'],
  ['es'],
  ['cs'],
  ['ss'],
  ['ds'],
  ['fs'],
  ['gs'],
  ['bnd'],
  ['wait'],
  ['lock', 'fs'],
  ['rep', 'o16', 'a32'],
  ['xacquire', 'lock'],
  ['xrelease'],
  ['{rex}'],
  ['{vex3}'],
  ['{vex}'],
  ['{vex2}'],
];

/** One form with its usual operands under every prefix. */
export function casesOfPrefixes(form: Form, bits: Bits): Case[] {
  const lists = form.operands.map((kind) => operandsFor(kind, bits, false));
  const operands = usual(lists);
  const inMemory = lists.map((list) => list.find((operand) => operand.text.includes('[')));
  const result: Case[] = [];
  for (const prefixes of prefixLists) {
    result.push({ mnemonic: form.mnemonic, operands, prefixes });
    const at = inMemory.findIndex((operand) => operand !== undefined);
    if (at >= 0)
      result.push({
        mnemonic: form.mnemonic,
        operands: operands.map((other, i) => (i === at ? inMemory[at]! : other)),
        prefixes,
      });
  }
  return result;
}
