import type { DebugProtocol } from '@vscode/debugprotocol';
import type { ExitRecord } from '../hypervisor/exit-record';
import { endingOf } from './exit-status';
import type { Guest } from './guest';
import { hex } from './inspect/addresses';
import type { Breakpoints } from './requests/breakpoints';
import type { Halt } from './run-control/execution';

/** What a `stopped` event says beside the thread: every stop explains itself. */
export type Explanation = Pick<
  DebugProtocol.StoppedEvent['body'],
  'reason' | 'description' | 'text' | 'hitBreakpointIds'
>;

/** A VM exit in a sentence or three: where, what it says, why it happened, what the VMM did. */
export function explainExit(exit: ExitRecord, guest: Guest): string {
  const parts = [`${exit.instruction || exit.reason} at ${guest.describe(exit.rip)}`];
  if (exit.qualificationText !== '') parts.push(exit.qualificationText);
  if (exit.guestLinear !== undefined) parts.push(`guest-linear address ${hex(exit.guestLinear)}`);
  if (exit.guestPhysical !== undefined) parts.push(`guest-physical address ${hex(exit.guestPhysical)}`);
  parts.push(`cause: ${exit.cause}`, `the VMM: ${exit.action}`);
  return parts.join('\n');
}

/** Why the guest stands still, in the protocol's words and in a person's. */
export function explain(halt: Halt, guest: Guest, breakpoints: Breakpoints): Explanation {
  const count = guest.target.instructions;
  switch (halt.kind) {
    case 'step':
      return { reason: 'step' };
    case 'pause':
      return { reason: 'pause' };
    case 'goto':
      return { reason: 'goto', description: `At instruction ${count}` };
    case 'cancelled':
      return { reason: 'pause', description: 'Paused: the replay was cancelled, nothing has changed' };
    case 'history-start':
      return { reason: 'entry', description: `At the beginning of the recorded history, instruction ${count}` };
    case 'breakpoint': {
      const { ids, instruction } = breakpoints.hit(halt.address);
      return { reason: instruction ? 'instruction breakpoint' : 'breakpoint', hitBreakpointIds: ids };
    }
    case 'watchpoint':
      return { reason: 'data breakpoint', description: `${halt.access} of ${hex(halt.address)}` };
    case 'exit':
      return {
        reason: 'exception',
        description: `VM exit: ${halt.record.reason}`,
        text: explainExit(halt.record, guest),
      };
    case 'triple-fault':
      return { reason: 'exception', description: 'Triple fault', text: halt.explanation };
    case 'entry-failure':
      return { reason: 'exception', description: 'VM-entry failure', text: halt.explanation };
    case 'ended': {
      const text = endingOf(halt)!.text;
      return { reason: 'pause', description: 'The guest has ended', text };
    }
  }
}
