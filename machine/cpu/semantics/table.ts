import type { Form } from '../../../isa/form';
import { arithmetic } from './arithmetic';
import { bits } from './bits';
import { checksum } from './checksum';
import { controlFlow } from './control-flow';
import { decimal } from './decimal';
import { moves } from './moves';
import { multiplyDivide } from './multiply-divide';
import type { Semantics } from './semantics';
import { shifts } from './shifts';
import { packed } from './simd-integer';
import { vectorMoves } from './simd-moves';
import { packedSelections } from './simd-selections';
import { stack } from './stack';
import { strings } from './strings';

const semantics: Readonly<Record<string, Semantics>> = {
  ...arithmetic,
  ...bits,
  ...checksum,
  ...controlFlow,
  ...decimal,
  ...moves,
  ...multiplyDivide,
  ...shifts,
  ...stack,
};

/** MMX and SSE without floating-point arithmetic, which is in TypeScript for the exactness of its flags. */
const vectors: Readonly<Record<string, Semantics>> = { ...packed, ...packedSelections, ...vectorMoves };

/** Operands that make an instruction a system or far one, whose meaning is a TypeScript helper. */
const systemOperands = new Set(['sreg', 'creg', 'dreg', 'treg', 'es', 'cs', 'ss', 'ds', 'fs', 'gs']);

/** The emitter of a form, or undefined where its meaning is a TypeScript helper. */
export function semanticsOf(form: Form): Semantics | undefined {
  // a form of a feature that CPUID does not have: enumerated.ts
  if (form.id < 0) return undefined;
  // the string MOVSD and CMPSD have no operands, those of SSE2 do
  if (form.operands.length === 0 && Object.hasOwn(strings, form.mnemonic)) return strings[form.mnemonic];
  if (form.opcode.space !== 'legacy') return undefined;
  if (Object.hasOwn(vectors, form.mnemonic)) return vectors[form.mnemonic];
  if (form.operands.some((kind) => systemOperands.has(kind) || kind.includes(':') || /^[xy]?mm/.test(kind)))
    return undefined;
  return Object.hasOwn(semantics, form.mnemonic) ? semantics[form.mnemonic] : undefined;
}

/** String instructions: REP makes variants of them. */
export const isString = (form: Form): boolean => form.operands.length === 0 && Object.hasOwn(strings, form.mnemonic);
