import type { VmEntryCheckId } from '../../../isa/vmx/entry-checks';
import type { Predicate } from './entry-check-context';

export const hostPredicates: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {};
