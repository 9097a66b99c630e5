/**
 * The modelled cost of a VM exit, in cycles of the guest's clock. It is reported beside the run and never slows the guest's
 * time. Figures are of the order that measurements of current Intel processors report: about a thousand cycles for the way
 * out and back in, and what the VMM's handler does on top.
 */
import type { ExitReasonName } from '../../isa/vmx/exit-reasons';

/** Exit and entry, with saving and loading the guest's registers. */
export const ROUND_TRIP = 1100;

const handling: Readonly<Partial<Record<ExitReasonName, number>>> = {
  CPUID: 150,
  HLT: 300,
  IO_INSTRUCTION: 900,
  RDMSR: 200,
  WRMSR: 300,
  CR_ACCESS: 350,
  EPT_VIOLATION: 1400,
  EXCEPTION_OR_NMI: 400,
  EXTERNAL_INTERRUPT: 500,
  INTERRUPT_WINDOW: 250,
};

/** Cycles of one exit of that reason, handling included. */
export function costOf(reason: string): number {
  return ROUND_TRIP + (handling[reason as ExitReasonName] ?? 250);
}
