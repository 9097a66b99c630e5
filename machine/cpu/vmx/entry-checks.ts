/** The checks of VM entry: one predicate for each row of isa/vmx/entry-checks (SDM 3C 26.2, 26.3). */
import { type VmEntryCheck, type VmEntryCheckId, vmEntryChecks } from '../../../isa/vmx/entry-checks';
import type { Cpu } from '../cpu';
import { CheckContext, type Predicate } from './entry-check-context';
import { controlPredicates } from './entry-checks-controls';
import { guestPredicates } from './entry-checks-guest';
import { hostPredicates } from './entry-checks-host';
import type { Vmcs } from './vmcs';

/** A check that failed: the row, and the values that made it fail, for a person. */
export interface FailedCheck extends VmEntryCheck<VmEntryCheckId> {
  /** Section, what must hold, and the fields with their values. */
  message: string;
}

/** Every row's predicate: true if the check passes. Rows of features that the processor lacks are covered by the reserved bits. */
const predicates: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  ...controlPredicates,
  ...hostPredicates,
  ...guestPredicates,
};

const ordered = vmEntryChecks.filter((check) => predicates[check.id] !== undefined);

/** Makes all checks in the manual's order; the first that fails. */
export function checkEntry(cpu: Cpu, vmcs: Vmcs): FailedCheck | undefined {
  const context = new CheckContext(cpu, vmcs);
  const failed = ordered.find((check) => !predicates[check.id]!(context));
  return failed && describe(failed, vmcs);
}

/** All checks that fail, in the manual's order: the processor stops at the first, a person wants the rest too. */
export function failedChecks(cpu: Cpu, vmcs: Vmcs): FailedCheck[] {
  const context = new CheckContext(cpu, vmcs);
  return ordered.filter((check) => !predicates[check.id]!(context)).map((check) => describe(check, vmcs));
}

/** Rows of the table that have a predicate here. */
export const checkedRows: readonly VmEntryCheckId[] = ordered.map((check) => check.id);

function describe(check: VmEntryCheck<VmEntryCheckId>, vmcs: Vmcs): FailedCheck {
  const values = check.fields.map((key) => `${key} = 0x${vmcs.read(key).toString(16)}`).join(', ');
  return { ...check, message: `SDM 3C ${check.section}: ${check.summary} (${values})` };
}
