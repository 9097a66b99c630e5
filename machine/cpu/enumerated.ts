/**
 * What an instruction is to a processor whose CPUID does not have its feature: #UD, or the older instruction that its bytes
 * were before (SDM 2A to 2D, the notes on TZCNT, LZCNT, WBNOINVD, ENDBR, PREFETCHWT1).
 */
import { cpuidFeature } from '../../isa/cpuid';
import type { Decoded } from '../../isa/decoded';
import type { Form } from '../../isa/form';
import { allForms } from '../../isa/table';
import type { CpuProfile } from './system/cpuid';

/** Mnemonics by what they are without their feature. Hints do nothing either way. */
const older: Readonly<Record<string, string>> = { tzcnt: 'bsf', lzcnt: 'bsr', wbnoinvd: 'wbinvd' };
const hints = /^(endbr(32|64)|rdssp[dq]|prefetch.*|cldemote|pause)$/;

/** Whether a profile has the form's feature. Features that CPUID has no bit for are as old as the processor's line. */
export function isEnumerated(form: Form, features: ReadonlySet<string>): boolean {
  // VMX instructions find out for themselves: a VMM may offer the feature to its guest
  return features.has(form.feature) || form.feature === 'VMX' || cpuidFeature(form.feature) === undefined;
}

/** Stands for a form that is not there: no handler and no semantics are found for it. */
export const ABSENT = -1;

const substitutes = new Map<Form, Form>();

function substituteOf(form: Form): Form {
  let substitute = substitutes.get(form);
  if (substitute === undefined) {
    const mnemonic = older[form.mnemonic];
    substitute =
      allForms().find((it) => it.mnemonic === mnemonic && it.operands.join() === form.operands.join()) ??
      (hints.test(form.mnemonic) ? form : (Object.create(form, { id: { value: ABSENT } }) as Form));
    substitutes.set(form, substitute);
  }
  return substitute;
}

/** The instruction as a processor of this profile takes it. */
export function asEnumerated(decoded: Decoded, { features }: CpuProfile): Decoded {
  if (isEnumerated(decoded.form, features)) return decoded;
  const form = substituteOf(decoded.form);
  return form === decoded.form ? decoded : { ...decoded, form };
}
