/**
 * A guest that can be run, stopped and looked into, whatever runs it: the bare machine or a VMM. The debug adapter and
 * the command line see only this. Everything here is deterministic: `run` to the same instruction count gives the same state.
 */

import type { RaisedException } from '../machine/machine';
import type { FaultAutopsy } from './autopsy';
import type { ExitRecord, ExitSummary } from './exit-record';
import type { LoggedInput } from './input-log';

export type VirtualizationMethod =
  | 'none'
  | 'ept'
  | 'shadow'
  | 'trap-and-emulate'
  | 'binary-translation'
  | 'paravirtual';

/** Why `run` came back. Every kind says enough to explain itself to a person. */
export type Stop =
  /** The limit was reached: nothing happened. */
  | { kind: 'limit' }
  /** About to execute the instruction at a breakpoint's linear address. */
  | { kind: 'breakpoint'; address: bigint }
  /** A watchpoint was hit by the instruction just executed, or by the delivery of an event. `instruction`: where RIP stood then. */
  | { kind: 'watchpoint'; address: bigint; access: 'read' | 'write'; instruction: bigint }
  /** In front of the delivery of an exception: RIP is at the instruction that raised it, and nothing was changed. */
  | ({ kind: 'exception' } & RaisedException)
  /** A VM exit of a reason in `breakOnExits` was handled; the record is the last of the log. */
  | { kind: 'exit'; record: ExitRecord }
  /** The guest ended: port 0xF4 (value written), power-off, or halt with interrupts off. Nothing runs after it. */
  | { kind: 'ended'; reason: 'debug-exit' | 'power-off' | 'halted'; value: number }
  /** Triple fault, before the reset that hardware would do. */
  | { kind: 'triple-fault'; explanation: string; autopsy?: FaultAutopsy }
  /** A VM entry failed its checks. */
  | { kind: 'entry-failure'; explanation: string }
  /** The guest waits in HLT with interrupts on and no alarm is pending: only outside input can wake it. */
  | { kind: 'idle' };

/** A stretch of guest-linear memory that is watched. */
export interface Watchpoint {
  readonly address: bigint;
  /** Bytes, at least 1. */
  readonly length: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** General registers and what is shown with them, at an instruction boundary. All 64-bit values. */
export interface Registers {
  /** RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
  gpr: bigint[];
  rip: bigint;
  rflags: bigint;
  /** ES CS SS DS FS GS LDTR TR. */
  segments: { name: string; selector: number; base: bigint; limit: number; access: number }[];
  cr0: bigint;
  cr2: bigint;
  cr3: bigint;
  cr4: bigint;
  cr8: bigint;
  efer: bigint;
  gdtr: { base: bigint; limit: number };
  idtr: { base: bigint; limit: number };
  /** Debug registers DR0-3, DR6, DR7. */
  dr: bigint[];
  cpl: number;
  /** Bits of the code segment in force. */
  codeBits: 16 | 32 | 64;
  /** `real`, `protected`, `virtual-8086`, `compatibility`, `long`. */
  mode: string;
  halted: boolean;
}

/** Everything of a guest at one instant; opaque. Memory pages are shared between snapshots until written. */
export interface Snapshot {
  readonly instructions: number;
  /** Bytes of memory that no earlier snapshot holds: what keeping this one costs, for whoever bounds a history. */
  readonly bytes?: number;
}

/** One entry of a VMCS as read from its region in memory. */
export interface VmcsFieldValue {
  name: string;
  encoding: number;
  value: bigint;
}

export interface Target {
  readonly method: VirtualizationMethod;
  /** Number of vCPUs. */
  readonly cpus: number;
  /** Guest instructions retired since power-on (all vCPUs). */
  readonly instructions: number;
  /** The CPU that executes next, unless its turn ends just here: whose instruction stopped the run. */
  readonly currentCpu: number;
  /** Instructions that one CPU retired since power-on. */
  instructionsOf(cpu: number): number;
  /** Bytes of guest-physical RAM. */
  readonly memorySize: number;

  /**
   * Runs until `instructions` (absolute count) have retired, or something stops it first. A guest that only faults, each
   * delivery leading to the next, retires nothing: then `limit` comes early, again and again. Synchronous; callers give
   * limits of some 100,000 and yield to their event loop in between. The instruction at the current address runs
   * even if a breakpoint stands there (that is how one continues from it).
   * @param turnOf with several CPUs: also comes back, with `limit`, when this one is about to execute after another one did
   */
  run(instructions: number, turnOf?: number): Stop;

  /** Linear addresses (GVA) before whose instruction `run` stops. They never change what the guest computes. */
  setBreakpoints(addresses: readonly bigint[]): void;
  /** Names of exit reasons (isa/vmx) after whose handling `run` stops; ignored by `none`. */
  setBreakOnExits(reasons: readonly string[]): void;
  /**
   * Linear memory after whose accesses `run` stops, as a data breakpoint of the processor does; there may be any number, of any
   * length. They never change what the guest computes.
   */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void;
  /**
   * Vectors (0 to 31) of exceptions in front of whose delivery `run` stops, once each; the next `run` delivers it. After
   * {@link restore} it stops there again. They never change what the guest computes.
   */
  setBreakOnExceptions(vectors: readonly number[]): void;

  /** `cpu` counts from 0; without it {@link currentCpu} is meant, here and below. */
  registers(cpu?: number): Registers;
  /** Sets one register by its lower-case name (`rax`, `rip`, `rflags`); false if there is none of that name. */
  writeRegister(name: string, value: bigint, cpu?: number): boolean;
  /** Reads guest-virtual memory without side effects; stops early at the first unmapped byte. */
  readVirtual(address: bigint, length: number, cpu?: number): Uint8Array;
  writeVirtual(address: bigint, bytes: Uint8Array, cpu?: number): number;
  /** GVA -> GPA by the guest's own tables, no accessed bits set; undefined where not mapped. */
  translate(address: bigint, cpu?: number): number | undefined;
  readPhysical(address: number, length: number): Uint8Array;
  writePhysical(address: number, bytes: Uint8Array): void;

  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;

  /** Input typed on the serial line, logged with the current time. */
  serialInput(bytes: Uint8Array): void;
  /**
   * A key of the PC keyboard goes down or up, named as by `KeyboardEvent.code`; logged with the current time. False if there is
   * no such key or the keyboard's buffer is full.
   */
  keyInput(code: string, down: boolean): boolean;
  /**
   * The mouse moved, in counts to the right and away from the user and clicks of the wheel towards the user; `buttons` are held down:
   * 1 left, 2 right, 4 middle. Logged with the current time.
   */
  mouseInput(x: number, y: number, wheel: number, buttons: number): void;
  /** What came in from outside, oldest first. After restore: until that instant. */
  readonly inputs: readonly LoggedInput[];
  /** Bytes the guest printed on COM1 since power-on (after restore: until that instant). */
  readonly serialOutput: string;
  /** The text screen, 80x25, lines without trailing blanks. */
  screen(): string[];

  /** The most recent VM exits (some ten thousand), oldest first; empty for `none`. After restore: until that instant. */
  readonly exits: readonly ExitRecord[];
  /** VM exits so far: one more than the serial number of the last. */
  readonly exitTotal: number;
  exitCounts(): Record<string, number>;
  /** By reason: how many, their modelled cost in cycles, and the first of them. */
  exitSummary(): ExitSummary[];
  /** Modelled cost of all exits, in cycles. */
  readonly cost: number;
  /** The current VMCS, undefined where there is none. */
  vmcs(cpu?: number): VmcsFieldValue[] | undefined;

  /** Hash over registers and guest memory, hex: equal states give equal hashes. */
  hash(): string;
  /** Instructions, translations, TLB figures: for status displays and tests. */
  statistics(): Record<string, number>;
}
