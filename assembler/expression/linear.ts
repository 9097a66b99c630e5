import type { Section } from '../program/section';
import type { Keyword } from '../source/keywords';
import { add, type Integer, multiply } from './integer';

/** What a term of a sum multiplies: a register, or the base of a section. */
export type TermBase = Keyword | Section;

export interface Term {
  readonly base: TermBase;
  readonly coefficient: number;
}

/** A value that is more than a number: a sum of a number, registers and section bases, or not known yet. */
export class Linear {
  constructor(
    readonly number: Integer,
    readonly terms: readonly Term[],
    /** How often symbols that are not defined yet are in the sum: the difference of two of them counts as known, as in NASM. */
    readonly unknowns: number,
    /** `wrt`: a section or special symbol, or a paragraph number. */
    readonly wrt: Section | Integer | undefined = undefined,
    /** There is a number in the sum, if only 0: NASM's hints for base and index depend on it. */
    readonly numbered = true,
  ) {}

  /** The number and the sections mean nothing. */
  get unknown(): boolean {
    return this.unknowns !== 0;
  }
}

export type Result = Integer | Linear;

export const unknownResult = new Linear(0, [], 1, undefined, false);

export function isRegister(base: TermBase): base is Keyword {
  return !('offset' in base);
}

export function isScalar(r: Result): r is Integer {
  return typeof r !== 'object';
}

/** Unknown, and no register in it. */
export function isJustUnknown(r: Result): boolean {
  return typeof r === 'object' && r.unknown && !r.terms.some((term) => isRegister(term.base));
}

function make(number: Integer, terms: readonly Term[], unknowns: number, numbered: boolean): Result {
  return terms.length || unknowns ? new Linear(number, terms, unknowns, undefined, numbered) : number;
}

/** `a + sign * b`. `summed` is told where both have a number or the same register or section in them, and it stays. */
export function addResults(a: Result, b: Result, sign: 1 | -1, summed?: () => void): Result {
  if (typeof a !== 'object' && typeof b !== 'object') {
    const sum = add(a, sign === 1 ? b : multiply(b, -1));
    if (sum !== 0) summed?.();
    return sum;
  }
  if (typeof b !== 'object') return addNumber(a as Linear, sign === 1 ? b : multiply(b, -1), summed);
  if (typeof a !== 'object' && sign === 1) return addNumber(b, a, summed);
  const left = typeof a === 'object' ? a : new Linear(a, [], 0);
  const right = b;
  const unknowns = left.unknowns + sign * right.unknowns;
  const terms: Term[] = [...left.terms];
  for (const { base, coefficient } of right.terms) {
    const k = terms.findIndex((term) => term.base === base);
    if (k < 0) terms.push({ base, coefficient: coefficient * sign });
    else {
      const sum = terms[k]!.coefficient + coefficient * sign;
      if (sum === 0) terms.splice(k, 1);
      else {
        terms[k] = { base, coefficient: sum };
        summed?.();
      }
    }
  }
  const number = add(left.number, sign === 1 ? right.number : multiply(right.number, -1));
  if (left.numbered && right.numbered && number !== 0) summed?.();
  return make(number, terms, unknowns, left.numbered || right.numbered);
}

function addNumber(a: Linear, b: Integer, summed: (() => void) | undefined): Result {
  const number = add(a.number, b);
  if (a.numbered && number !== 0) summed?.();
  return make(number, a.terms, a.unknowns, true);
}

export function scale(a: Result, factor: Integer): Result {
  if (typeof a !== 'object') return multiply(a, factor);
  const terms = a.terms
    .map(({ base, coefficient }) => ({ base, coefficient: Number(multiply(coefficient, factor)) }))
    .filter((term) => term.coefficient !== 0);
  return make(multiply(a.number, factor), terms, Number(multiply(a.unknowns, factor)), a.numbered);
}
