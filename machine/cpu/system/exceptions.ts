/** Events on their way to a handler: intercepts, CR2 and DR6, double and triple faults (SDM 3A chapter 6). */
import type { Cpu } from '../cpu';
import { GuestFault, Vector } from '../fault';
import { Segment, State } from '../layout';
import { VmExit } from '../vmx/vm-exit';
import { wentThroughStack } from './canonical';
import { lookedAt, type ReadEntry, type StackEntry, type TargetEntry } from './delivery-notes';
import { type CpuEvent, EventType, interruptionInformation } from './event';
import { dispatch } from './interrupt-delivery';

/** One fault of the chain that ended in shutdown, or #DF between the second and the third. */
export interface FaultLink {
  readonly vector: number;
  readonly errorCode: number | undefined;
  /** Linear address, for #PF. */
  readonly address: bigint | undefined;
  /** CS and the offset of the instruction it belongs to. */
  readonly codeSelector: number;
  readonly rip: number;
  /** The instruction: its linear address, the size of its code segment, and as many of its bytes as can be read. */
  readonly code: { readonly linear: number; readonly bits: 16 | 32 | 64; readonly bytes: Uint8Array } | undefined;
  /** What the processor found wrong, as the raising check said; empty where nobody said. */
  readonly detail: string;
  /** What its delivery went by; `undefined` if it was not tried. */
  readonly delivery: FaultDelivery | undefined;
}

/** How far the delivery of a fault came. */
export interface FaultDelivery {
  /** IDTR as it stood. */
  readonly idtBase: number;
  readonly idtLimit: number;
  /** The entry of the IDT (IVT in real-address mode), if it was read. */
  readonly idtEntry?: ReadEntry;
  /** The descriptor that the gate names, if it was read. */
  readonly target?: TargetEntry;
  /** The stack out of the task-state segment, if one was asked for and read. */
  readonly stack?: StackEntry;
  /** The check that failed: the detail of the next fault. */
  readonly failure: string;
}

/**
 * The processor went into shutdown: a fault while a double fault was being delivered. Thrown. The chain holds the first fault,
 * perhaps some benign ones that came of it, the second, #DF, and the third.
 */
export class TripleFault {
  constructor(readonly chain: readonly FaultLink[]) {}
}

/**
 * The machine stops in front of the delivery of an exception, for whoever debugs it from outside. Thrown by {@link Cpu.onException};
 * nothing was changed, so that the instruction raises the exception again when the machine goes on.
 */
export class ExceptionStop {
  /** What no instruction would raise again, as an interrupt or an injected event: to be delivered when the machine goes on. */
  held: HeldEvent | undefined;
}

/** An event whose delivery was put off, with how far it had come: see {@link deliver}. */
export interface HeldEvent {
  readonly event: CpuEvent;
  readonly detail: string;
  readonly vectoring: Vectoring;
  readonly chain: readonly FaultLink[] | undefined;
}

/** The event in whose delivery another one was raised: IDT-vectoring information, error code and instruction length (SDM 3C 24.9.3). */
interface Vectoring {
  readonly information: number;
  readonly errorCode: number;
  readonly length: number;
}

/** Classes of the double-fault rules (SDM 3A table 6-4): 0 benign, 1 contributory, 2 page fault. */
function faultClass(vector: number): 0 | 1 | 2 {
  if (vector === Vector.PF || vector === Vector.VE) return 2;
  if (vector === Vector.DE || (vector >= Vector.TS && vector <= Vector.GP) || vector === Vector.CP) return 1;
  return 0;
}

function newEvent(): CpuEvent {
  return {
    vector: 0,
    type: 0,
    errorCode: undefined,
    returnRip: 0,
    resume: false,
    length: 0,
    injected: false,
    addressLow: 0,
    addressHigh: 0,
    debugStatus: 0,
  };
}

const NO_LINKS: readonly FaultLink[] = [];

/** An exception, not an interrupt or INT n. */
const isException = (type: number): boolean =>
  type >= EventType.HardwareException && type !== EventType.SoftwareInterrupt;

const current = newEvent();
const software = newEvent();

function fill(event: CpuEvent, vector: number, type: number, returnRip: number): CpuEvent {
  event.vector = vector;
  event.type = type;
  event.errorCode = undefined;
  event.returnRip = returnRip;
  event.resume = false;
  event.length = 0;
  event.injected = false;
  event.debugStatus = 0;
  return event;
}

function fillFault(cpu: Cpu, event: CpuEvent, fault: GuestFault): CpuEvent {
  fill(event, fault.vector, EventType.HardwareException, cpu.state.rip);
  event.errorCode = fault.errorCode;
  event.resume = fault.setsResume;
  event.addressLow = fault.addressLow;
  event.addressHigh = fault.addressHigh;
  event.debugStatus = fault.debugStatus;
  return event;
}

/** Delivers a fault raised by the instruction at RIP. Throws VmExit or {@link TripleFault}. */
export function deliverFault(cpu: Cpu, fault: GuestFault): void {
  if (fault.nonCanonical && wentThroughStack(cpu, fault.addressHigh * 4294967296 + (fault.addressLow >>> 0))) {
    fault.vector = Vector.SS;
  }
  const vectoring = fault.vectoring;
  const length = fault.vectoringLength;
  const { detail, unblockedNmi, committed } = fault;
  deliver(cpu, fillFault(cpu, current, fault), detail, vectoring, length, unblockedNmi, committed);
}

/** Delivers a maskable interrupt at an instruction boundary; the run loop has checked IF and shadows. */
export function deliverInterrupt(cpu: Cpu, vector: number): void {
  deliverOnce(cpu, betweenInstructions(cpu, vector, EventType.ExternalInterrupt));
}

/** RF is set in the flags that it pushes where a repeated string instruction has iterations to go (SDM 3B 17.3.1.1). */
function betweenInstructions({ state }: Cpu, vector: number, type: number): CpuEvent {
  fill(current, vector, type, state.rip);
  current.resume = state.betweenIterations;
  return current;
}

/** Delivers an NMI at an instruction boundary; blocks further ones until IRET. */
export function deliverNmi(cpu: Cpu): void {
  deliverOnce(cpu, betweenInstructions(cpu, Vector.NMI, EventType.Nmi));
}

/**
 * Delivers #DB at an instruction boundary: single step, data and I/O breakpoints, task switch (traps), or an instruction
 * breakpoint (a fault that leaves RF as it is).
 * @param debugStatus bits to set in DR6
 */
export function deliverDebug(cpu: Cpu, debugStatus: number): void {
  betweenInstructions(cpu, Vector.DB, EventType.HardwareException);
  current.debugStatus = debugStatus;
  deliverOnce(cpu, current);
}

/**
 * INT n, INT3, INTO, INT1: called by the instruction. What the delivery raises is the instruction's fault: thrown, with
 * RIP still at the instruction.
 */
export function deliverSoftware(cpu: Cpu, vector: number, type: number, length: number): void {
  fill(software, vector, type, cpu.state.rip + length);
  software.length = length;
  deliver(cpu, software);
}

/** Delivers an event that VM entry injects (SDM 3C 26.6.1). */
export function injectEvent(cpu: Cpu, event: CpuEvent): void {
  Object.assign(current, event);
  current.injected = true;
  deliverOnce(cpu, current, 'VM entry injected it');
}

/** Delivers what was held by an {@link ExceptionStop}. */
export function deliverHeld(cpu: Cpu, held: HeldEvent): void {
  Object.assign(current, held.event);
  const { information, errorCode, length } = held.vectoring;
  deliver(cpu, current, held.detail, information, length, false, true, errorCode, held.chain && [...held.chain]);
}

/** Delivers an event that came between instructions: none would raise it again. */
function deliverOnce(cpu: Cpu, event: CpuEvent, detail = ''): void {
  deliver(cpu, event, detail, 0, 0, false, true);
}

/**
 * Delivers an event and, by the double-fault rules, what comes of it.
 * @param detail what the first fault was found on
 * @param committed no instruction raises the event again
 * @param vectoring IDT-vectoring information of the software interrupt in whose delivery the event was raised
 */
function deliver(
  cpu: Cpu,
  event: CpuEvent,
  detail = '',
  vectoring = 0,
  vectoringLength = 0,
  unblockedNmi = false,
  committed = false,
  vectoringError = 0,
  chain?: FaultLink[],
): void {
  const { state } = cpu;
  for (;;) {
    let dispatched = false;
    if (cpu.onException !== undefined && isException(event.type)) {
      try {
        cpu.onException(event, detail, chain ?? NO_LINKS);
      } catch (stop) {
        if (committed && stop instanceof ExceptionStop) {
          const put = { information: vectoring, errorCode: vectoringError, length: vectoringLength };
          stop.held = { event: { ...event }, detail, vectoring: put, chain: chain && [...chain] };
        }
        throw stop;
      }
    }
    try {
      if (isException(event.type) && !event.injected) prepareException(cpu, event);
      dispatched = true;
      dispatch(cpu, event);
    } catch (error) {
      if (dispatched) {
        // SDM 3C 28.2.4: what is raised from here on is raised during the delivery of this event
        vectoring = interruptionInformation(event);
        vectoringError = event.errorCode ?? 0;
        vectoringLength = event.length;
      }
      if (error instanceof VmExit) {
        if (vectoring !== 0 && error.vectoringInformation === 0) {
          error.vectoringInformation = vectoring;
          error.vectoringErrorCode = vectoringError;
          if (vectoringLength !== 0) error.instructionLength = vectoringLength;
        }
        if (unblockedNmi && !dispatched && chain === undefined) error.interruptionInformation |= 0x1000;
        throw error;
      }
      if (!(error instanceof GuestFault)) throw error;
      committed ||= error.committed;
      if (event === software) {
        error.vectoring = vectoring;
        error.vectoringLength = vectoringLength;
        throw error;
      }
      chain ??= [];
      chain.push(link(cpu, event, detail, error.detail));
      detail = error.detail;
      if (event.vector === Vector.DF && event.type === EventType.HardwareException) {
        chain.push(faultOf(cpu, error));
        shutdown(cpu, chain);
      }
      const first = event.type === EventType.HardwareException ? faultClass(event.vector) : 0;
      const second = faultClass(error.vector);
      const double = (first === 1 && second === 1) || (first === 2 && second !== 0);
      if (double) {
        chain.push(faultOf(cpu, error));
        if (error.vector === Vector.PF) setCr2(cpu, error.addressLow, error.addressHigh);
        fill(event, Vector.DF, EventType.HardwareException, state.rip);
        event.errorCode = 0;
        event.resume = true;
        vectoring = 0;
        vectoringLength = 0;
        detail = 'a second fault while the first was being delivered';
      } else fillFault(cpu, event, error);
      continue;
    }
    state.delivered++;
    state.i32[State.iteration >>> 2] = 0;
    // blocking by STI and MOV SS ends with the delivery; an NMI blocks NMIs (SDM 3A 6.7.1, 6.8.3)
    const shadow = State.interruptibility >>> 2;
    state.u32[shadow] &= ~3;
    if (event.type === EventType.Nmi) state.u32[shadow] |= 8;
    return;
  }
}

/** Asks the exception bitmap, then sets CR2, DR6 and DR7. */
function prepareException(cpu: Cpu, event: CpuEvent): void {
  const { intercepts, state } = cpu;
  if (intercepts !== undefined) {
    let information = 0n;
    if (event.vector === Vector.PF) {
      information = (BigInt(event.addressHigh >>> 0) << 32n) | BigInt(event.addressLow >>> 0);
    } else if (event.vector === Vector.DB) information = BigInt(event.debugStatus);
    intercepts.exception(event.vector, event.errorCode, information, event.length);
  }
  if (event.vector === Vector.PF) setCr2(cpu, event.addressLow, event.addressHigh);
  if (event.vector === Vector.DB && event.type === EventType.HardwareException) {
    const dr6 = (State.dr + 8 * 4) >>> 2;
    const dr7 = (State.dr + 8 * 5) >>> 2;
    // SDM 3B 17.2.3: "certain debug exceptions may clear bits 0-3"; nothing else is cleared
    state.u32[dr6] = (state.u32[dr6] & ~15) | event.debugStatus;
    state.u32[dr7] &= ~0x2000;
  }
}

function setCr2(cpu: Cpu, low: number, high: number): void {
  const { i32 } = cpu.state;
  i32[State.cr2 >>> 2] = low;
  i32[(State.cr2 >>> 2) + 1] = high;
}

/** A fault, or #DF, whose delivery failed. */
function link(cpu: Cpu, event: CpuEvent, detail: string, failure: string): FaultLink {
  const { state } = cpu;
  const page = event.vector === Vector.PF && event.type === EventType.HardwareException;
  return {
    vector: event.vector,
    errorCode: event.errorCode,
    address: page ? state.get64(State.cr2) : undefined,
    ...place(cpu),
    detail,
    delivery: {
      idtBase: state.getNumber(State.idtrBase),
      idtLimit: state.u32[State.idtrLimit >>> 2] & 0xffff,
      ...lookedAt(),
      failure,
    },
  };
}

/** A fault that was not delivered: the second, which made a double fault, or the third. */
function faultOf(cpu: Cpu, fault: GuestFault): FaultLink {
  const address = (BigInt(fault.addressHigh >>> 0) << 32n) | BigInt(fault.addressLow >>> 0);
  return {
    vector: fault.vector,
    errorCode: fault.errorCode,
    address: fault.vector === Vector.PF ? address : undefined,
    ...place(cpu),
    detail: fault.detail,
    delivery: undefined,
  };
}

/** The instruction in hand. */
function place(cpu: Cpu): Pick<FaultLink, 'codeSelector' | 'rip' | 'code'> {
  const { state, mmu, memory } = cpu;
  const linear = state.linearIp;
  const bytes: number[] = [];
  for (let i = 0; i < 15; i++) {
    const physical = mmu.probe((linear + i) | 0, Math.floor((linear + i) / 4294967296) | 0);
    if (physical === undefined) break;
    bytes.push(memory.read(physical, 1));
  }
  const code = bytes.length > 0 ? { linear, bits: state.codeBits, bytes: Uint8Array.from(bytes) } : undefined;
  return { codeSelector: state.selector(Segment.CS), rip: state.rip, code };
}

function shutdown(cpu: Cpu, chain: FaultLink[]): never {
  const fault = new TripleFault(chain);
  cpu.intercepts?.tripleFault(fault);
  throw fault;
}
