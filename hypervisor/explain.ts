import type { TripleFault } from '../machine/cpu/system/exceptions';
import { autopsyOf, autopsyText, type FaultAutopsy } from './autopsy';

/** A triple fault as a stop tells it: in words, and as data. `prefix` stands before the words. */
export function explainTripleFault(
  fault: TripleFault | undefined,
  prefix = '',
): { kind: 'triple-fault'; explanation: string; autopsy: FaultAutopsy } {
  const autopsy = fault ? autopsyOf(fault) : { faults: [] };
  return { kind: 'triple-fault', explanation: prefix + autopsyText(autopsy), autopsy };
}
