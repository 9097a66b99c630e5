import type { DebugProtocol } from '@vscode/debugprotocol';
import type { FaultAutopsy } from '../hypervisor/autopsy';
import type { ExitRecord } from '../hypervisor/exit-record';
import { exceptionName, exceptionOf } from '../isa/exceptions';
import { endingOf } from './exit-status';
import type { Guest } from './guest';
import { hex, instructionPointer } from './inspect/addresses';
import { errorCodeBits, errorCodeText } from './inspect/error-code';
import type { DecodedBit } from './protocol';
import type { Breakpoints } from './requests/breakpoints';
import type { Halt } from './run-control/execution';

/** What a `stopped` event says beside the thread: every stop explains itself. */
export type Explanation = Pick<
  DebugProtocol.StoppedEvent['body'],
  'reason' | 'description' | 'text' | 'hitBreakpointIds'
> & {
  /** An exception; of a triple fault all, each the cause of the next. */
  readonly details?: DebugProtocol.ExceptionDetails;
};

/** The faults of an autopsy as the protocol nests them: the last one outermost, with the one it came of inside. */
function exceptionDetails({ faults }: FaultAutopsy): DebugProtocol.ExceptionDetails | undefined {
  let inner: DebugProtocol.ExceptionDetails | undefined;
  for (const fault of faults) {
    const { name, role, cause, instruction, errorCode, errorText, cr2, cs, rip, delivery } = fault;
    const lines = [
      `at ${cs}:${rip}${instruction ? ` ${instruction.text} (${instruction.bytes})` : ''}`,
      ...(cr2 === undefined ? [] : [`CR2 ${cr2}`]),
      ...(delivery
        ? [
            `IDTR base ${delivery.idtr.base}, limit ${delivery.idtr.limit}`,
            `IDT entry at ${delivery.idtEntry.address}: ${delivery.idtEntry.value ?? ''} ${delivery.idtEntry.text}`,
            ...(delivery.target ? [`descriptor ${delivery.target.selector}: ${delivery.target.value}`] : []),
            ...(delivery.stack ? [`TSS: ${delivery.stack.name} = ${delivery.stack.text}`] : []),
            `its delivery failed: ${delivery.failure}`,
          ]
        : []),
    ];
    inner = {
      typeName: errorCode === undefined ? name : `${name} (${errorCode}: ${errorText})`,
      fullTypeName: `${role} fault: ${name}`,
      message: cause,
      stackTrace: lines.join('\n'),
      ...(inner && { innerException: [inner] }),
    };
  }
  return inner;
}

/** A VM exit in a sentence or three: where, what it says, why it happened, what the VMM did. */
export function explainExit(exit: ExitRecord, guest: Guest): string {
  const parts = [`${exit.instruction || exit.reason} at ${guest.describe(exit.rip)}`];
  if (exit.qualificationText !== '') parts.push(exit.qualificationText);
  if (exit.guestLinear !== undefined) parts.push(`guest-linear address ${hex(exit.guestLinear)}`);
  if (exit.guestPhysical !== undefined) parts.push(`guest-physical address ${hex(exit.guestPhysical)}`);
  parts.push(`cause: ${exit.cause}`, `the VMM: ${exit.action}`);
  return parts.join('\n');
}

/** An access to what is watched: what was accessed, by which instruction, and what stands there now. */
function explainAccess(
  { address, access, instruction, ahead }: Extract<Halt, { kind: 'watchpoint' }>,
  guest: Guest,
): Pick<Explanation, 'description' | 'text'> {
  const cpu = guest.target.currentCpu;
  const what = guest.describe(address);
  const code = guest.disassembleAt(instruction, cpu);
  const bytes = [...guest.target.readVirtual(address, 8, cpu)].map((byte) => byte.toString(16).padStart(2, '0'));
  const lines = [
    ahead ? `the next instruction will ${access} ${what}` : `${access} of ${what}`,
    `by ${code} at ${guest.describe(instruction)}${ahead ? '' : ', or by the delivery of an interrupt or exception there'}`,
    `${ahead ? 'before it' : 'now'} there is ${bytes.join(' ')}`,
  ];
  return { description: `${ahead ? 'In front of the' : 'After the'} ${access} of ${what}`, text: lines.join('\n') };
}

/** Of a value that has a name, that is all there is to say. */
function bitLine({ name, text, summary }: DecodedBit): string {
  return `${name} = ${text}${/^(0x)?[0-9a-f]+$/.test(text) ? `: ${summary}` : ''}`;
}

/** An exception that is about to be delivered, in words and as the protocol has it. */
function explainException(halt: Extract<Halt, { kind: 'exception' }>, guest: Guest): Explanation {
  const { vector, errorCode, address, detail, after } = halt;
  const cpu = guest.target.currentCpu;
  const registers = guest.registers(cpu);
  const name = exceptionName(vector);
  const { name: fullName = name } = exceptionOf(vector) ?? {};
  const code = errorCode === undefined ? undefined : errorCodeText(vector, errorCode);
  const lines = [
    `${guest.currentInstruction(cpu)} at ${guest.describe(instructionPointer(registers))}`,
    ...(code === undefined ? [] : [`error code ${hex(errorCode!)}: ${code}`]),
    ...(address === undefined ? [] : [`address ${guest.describe(address)}, which CR2 will hold`]),
    ...after.map((each) => `in the delivery of ${exceptionName(each.vector)}${each.detail && `: ${each.detail}`}`),
    ...(detail ? [`cause: ${detail}`] : []),
    'the handler has not been called yet: nothing is pushed, no register has changed',
  ];
  const bits = errorCodeBits(vector, errorCode).map(bitLine);
  return {
    reason: 'exception',
    description: fullName === name ? name : `${fullName} (${name})`,
    text: lines.join('\n'),
    details: {
      typeName: code === undefined ? name : `${name} (${hex(errorCode!)}: ${code})`,
      fullTypeName: fullName,
      message: detail || exceptionOf(vector)?.summary || name,
      ...(bits.length > 0 && { stackTrace: bits.join('\n') }),
    },
  };
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
      return {
        reason: 'data breakpoint',
        ...explainAccess(halt, guest),
        hitBreakpointIds: breakpoints.dataHit(halt),
      };
    case 'exception':
      return explainException(halt, guest);
    case 'exit':
      return {
        reason: 'exception',
        description: `VM exit: ${halt.record.reason}`,
        text: explainExit(halt.record, guest),
      };
    case 'triple-fault':
      return {
        reason: 'exception',
        description: 'Triple fault',
        text: halt.explanation,
        details: halt.autopsy && exceptionDetails(halt.autopsy),
      };
    case 'entry-failure':
      return { reason: 'exception', description: 'VM-entry failure', text: halt.explanation };
    case 'ended': {
      const text = endingOf(halt)!.text;
      return { reason: 'pause', description: 'The guest has ended', text };
    }
  }
}
