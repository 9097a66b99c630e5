import type { FaultAutopsy } from '../hypervisor/autopsy';
import type { Stop } from '../hypervisor/target';

/** How a guest came to its end, as the command line's exit status and in words. */
export interface Ending {
  readonly status: number;
  /** `debug-exit`, `power-off`, `halted`, `triple-fault`, `entry-failure`, `instruction-limit`, `idle`. */
  readonly reason: string;
  readonly text: string;
  /** A triple fault: its faults as data. */
  readonly autopsy?: FaultAutopsy;
}

/** Exit statuses that no guest gives by itself; a guest's own, through port F4, are odd. */
export const ExitStatus = { Ok: 0, BadInput: 2, TripleFault: 101, InstructionLimit: 102, EntryFailure: 103 } as const;

/** What a stop after which nothing runs means; `undefined` for the others. */
export function endingOf(stop: Stop): Ending | undefined {
  switch (stop.kind) {
    case 'ended': {
      if (stop.reason === 'debug-exit') {
        // As QEMU's isa-debug-exit; the status of a process has 8 bits.
        const status = ((stop.value << 1) | 1) & 0xff;
        const text = `the guest wrote 0x${stop.value.toString(16)} to port 0xF4: exit status ${status}`;
        return { status, reason: stop.reason, text };
      }
      const text = stop.reason === 'halted' ? 'the guest halted with interrupts off' : 'the guest switched itself off';
      return { status: ExitStatus.Ok, reason: stop.reason, text };
    }
    case 'triple-fault':
      return {
        status: ExitStatus.TripleFault,
        reason: stop.kind,
        text: `triple fault: ${stop.explanation}`,
        ...(stop.autopsy && { autopsy: stop.autopsy }),
      };
    case 'entry-failure':
      return { status: ExitStatus.EntryFailure, reason: stop.kind, text: `VM-entry failure: ${stop.explanation}` };
    default:
      return undefined;
  }
}
