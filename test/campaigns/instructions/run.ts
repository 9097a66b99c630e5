/** One part of the instruction campaign: cases in batches, compared with nasm and taken round. */
import { allForms } from '../../../isa/table';
import type { Bits } from './addresses';
import { casesOfForm, casesOfPrefixes, casesOfShapes } from './cases';
import { type Case, type Comparison, compare, type Difference, type Options } from './compare';
import { isAnother } from './explained';
import { roundTrip } from './round-trip';

export type Part = 'forms' | 'shapes' | 'prefixes';

export interface Plan {
  part: Part;
  bits: Bits;
  /** Every register and address; else a handful. */
  all: boolean;
  /** Mnemonics to take; all if absent. */
  only?: RegExp;
  /** Take one case of so many. */
  step?: number;
  options?: Options;
  /** Decode what was made and assemble the text again. */
  roundTrip?: boolean;
}

export interface Totals {
  cases: number;
  refused: number;
  panics: number;
  later: number;
  otherWords: number;
  differences: Difference[];
  decoded: number;
  failures: string[];
  lengths: string[];
  /** Bytes that are no instruction, by the manual's reason, with how many. */
  undecodable: Map<string, number>;
}

function casesOf(plan: Plan): Case[] {
  const wanted = allForms().filter((form) => !form.decodeOnly && (plan.only?.test(form.mnemonic) ?? true));
  if (plan.part === 'forms') return wanted.flatMap((form) => casesOfForm(form, plan.bits, plan.all));
  if (plan.part === 'prefixes') return wanted.flatMap((form) => casesOfPrefixes(form, plan.bits));
  const counts = new Map<string, Set<number>>();
  for (const form of wanted) {
    // A prefix to NASM's parser: `wait ds` is two prefixes without an instruction.
    if (form.mnemonic === 'wait') continue;
    const known = counts.get(form.mnemonic);
    if (known) known.add(form.operands.length);
    else counts.set(form.mnemonic, new Set([form.operands.length]));
  }
  return [...counts].flatMap(([mnemonic, own]) => casesOfShapes(mnemonic, own, plan.bits, 97));
}

/** Runs a plan. */
export function run(plan: Plan): Totals {
  const totals: Totals = {
    cases: 0,
    refused: 0,
    panics: 0,
    later: 0,
    otherWords: 0,
    differences: [],
    decoded: 0,
    failures: [],
    lengths: [],
    undecodable: new Map(),
  };
  const step = plan.step ?? 1;
  const cases = casesOf(plan).filter((_, i) => i % step === 0);
  const accepted: Comparison['accepted'] = [];
  for (let start = 0; start < cases.length; start += 10_000) {
    const result = compare(cases.slice(start, start + 10_000), plan.bits, plan.options);
    totals.cases += result.cases;
    totals.refused += result.refused;
    totals.panics += result.panics;
    totals.later += result.later;
    totals.otherWords += result.otherWords.length;
    totals.differences.push(...result.differences);
    if (plan.roundTrip) for (const one of result.accepted) accepted.push(one);
  }
  if (plan.roundTrip) {
    const round = roundTrip(accepted, plan.bits);
    totals.decoded = round.instructions;
    totals.failures = round.failures.filter((failure) => !isAnother(failure));
    totals.lengths = round.lengths.filter((length) => !isAnother(length));
    totals.undecodable = round.undecodable;
  }
  return totals;
}
