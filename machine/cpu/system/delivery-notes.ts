/** What the delivery of an event looked at on its way, for the autopsy of faults: kept until the next delivery begins. */
import type { Descriptor } from './segments';

/** Bytes of memory that were read: a linear address, and what stood there as a number of so many bytes. */
export interface ReadEntry {
  readonly address: number;
  readonly bytes: number;
  readonly value: bigint;
}

/** A stack of the task-state segment: `ESP0 and SS0`, `RSP0`, `IST3`. */
export interface StackEntry extends ReadEntry {
  readonly name: string;
}

/** A descriptor that a gate named: of the handler's code segment, or of a task. */
export interface TargetEntry extends ReadEntry {
  readonly selector: number;
}

const gate = { read: false, address: 0, bytes: 0, low: 0, high: 0, upper: 0 };
const target = { read: false, selector: 0, address: 0, low: 0, high: 0 };
const stack = { read: false, name: '', address: 0, bytes: 0, low: 0, high: 0 };

const word = (low: number, high = 0, upper = 0): bigint =>
  (BigInt(upper >>> 0) << 64n) | (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** A delivery begins. */
export function lookAnew(): void {
  gate.read = false;
  target.read = false;
  stack.read = false;
}

/** The entry of the IVT or IDT was read. */
export function noteGate(address: number, bytes: number, low: number, high: number, upper: number): void {
  gate.read = true;
  gate.address = address;
  gate.bytes = bytes;
  gate.low = low;
  gate.high = high;
  gate.upper = upper;
}

/** The descriptor that the gate names was read. */
export function noteTarget({ selector, address, low, high }: Descriptor): void {
  target.read = true;
  target.selector = selector;
  target.address = address;
  target.low = low;
  target.high = high;
}

/** A stack was read from the task-state segment. */
export function noteStack(name: string, address: number, bytes: number, low: number, high: number): void {
  stack.read = true;
  stack.name = name;
  stack.address = address;
  stack.bytes = bytes;
  stack.low = low;
  stack.high = high;
}

/** What the present delivery has looked at so far. */
export function lookedAt(): { idtEntry?: ReadEntry; target?: TargetEntry; stack?: StackEntry } {
  return {
    ...(gate.read && {
      idtEntry: { address: gate.address, bytes: gate.bytes, value: word(gate.low, gate.high, gate.upper) },
    }),
    ...(target.read && {
      target: { selector: target.selector, address: target.address, bytes: 8, value: word(target.low, target.high) },
    }),
    ...(stack.read && {
      stack: { name: stack.name, address: stack.address, bytes: stack.bytes, value: word(stack.low, stack.high) },
    }),
  };
}
