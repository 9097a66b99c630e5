import { BIOS_BASE, biosImage } from './boot/bios/bios-image';
import { Clock } from './clock';
import { CodeCache } from './cpu/code-cache';
import { type GuestFault, raise, Vector } from './cpu/fault';
import { Leave, State } from './cpu/layout';
import { CODE_RECORDS, CODE_TABLES, Processor } from './cpu/processor';
import type { CpuEvent } from './cpu/system/event';
import {
  deliverDebug,
  deliverFault,
  deliverHeld,
  deliverInterrupt,
  ExceptionStop,
  type FaultLink,
  type HeldEvent,
  type TripleFault,
} from './cpu/system/exceptions';
import type { MmuState } from './cpu/system/mmu';
import { virtualInterruptDue } from './cpu/system/virtual-interrupts';
import { Translator } from './cpu/translator/translator';
import { VmxUnit } from './cpu/vmx/vmx-unit';
import { CpuSet, type CpuSetState } from './cpu-set';
import { PLANES_BASE, PLANES_SIZE } from './devices/vga-planes';
import { PageKind, PhysicalMemory } from './memory';
import type { MemorySnapshot } from './memory-snapshot';
import type { GuestMemory } from './memory-view';
import { createPc, type PcOptions, type Platform, type PlatformState } from './platform';

const CODE_BASE = 0x40000;
/** Longest stretch between two looks at the world, in instructions. */
const SLICE = 100_000;
/** Exceptions in a row without an instruction that retires, after which whoever runs the machine gets control for once. */
const MOST_WITHOUT_RETIRING = 20_000;
/** Resume flag of RFLAGS. */
const RF = 0x10000;
/**
 * Heat at which code is translated. Making a region costs what interpreting some 100,000 instructions does; most code of
 * a kernel that boots runs a few hundred times.
 */
const HOT = 2500;

export interface MachineOptions extends Omit<PcOptions, 'memory'> {
  /** Bytes of RAM, a multiple of 64 KiB, at least 1 MiB. */
  memory: number;
  /** `on`: hot code is translated; `always`: at its first repetition; `off`: all is interpreted. */
  tier1: 'on' | 'off' | 'always';
}

/** Why {@link Machine.run} came back. */
export type MachineStop =
  | { kind: 'limit' }
  | { kind: 'breakpoint' }
  | { kind: 'ended'; reason: 'debug-exit' | 'power-off' | 'halted'; value: number }
  /** A CPU went into shutdown. */
  | { kind: 'triple-fault'; fault: TripleFault; cpu: number }
  /** Halted with interrupts on, and no alarm is set. */
  | { kind: 'idle' }
  /** A VM exit was taken and its owner wants the machine to stop. */
  | { kind: 'vm-exit' }
  /** What {@link Processor.setWatchpoints} asked for was accessed. Unsigned linear addresses. */
  | { kind: 'watchpoint'; address: bigint; access: 'read' | 'write'; instruction: bigint }
  /** In front of the delivery of an exception: the CPU stands at the instruction that raised it, and nothing was changed. */
  | ({ kind: 'exception' } & RaisedException);

/** An exception that is about to be delivered. */
export interface RaisedException {
  readonly vector: number;
  readonly errorCode?: number;
  /** #PF: the linear address that CR2 will hold. */
  readonly address?: bigint;
  /** The check that raised it; empty where nobody said. */
  readonly detail: string;
  /** The faults whose delivery failed before it, the first one first. */
  readonly after: readonly { readonly vector: number; readonly detail: string }[];
}

/** Everything of a machine at one instant. */
export interface MachineSnapshot {
  readonly retired: number;
  readonly idle: number;
  readonly cpus: CpuSetState;
  readonly mmu: MmuState;
  readonly memory: MemorySnapshot;
  readonly platform: PlatformState;
  readonly ended: MachineStop | undefined;
  readonly held: HeldEvent | undefined;
}

/**
 * The bare machine: CPUs, memory, clock and devices. Between slices it does what hardware does between instructions: alarms,
 * interrupts, halts, single-step traps, turns of several CPUs. Deterministic: what happens depends on the instruction count alone.
 */
export class Machine {
  readonly memory: PhysicalMemory;
  readonly clock = new Clock();
  readonly processor: Processor;
  readonly platform: Platform;
  readonly cpus: CpuSet;
  readonly translator: Translator;
  /** Ticks that passed besides the instructions: in HLT, and while I/O ports answered. */
  idle = 0;
  readonly vmx: VmxUnit;
  /** An interrupt for the VMM while a guest runs: by default what the interrupt controller has. */
  externalInterrupt: () => { vector: number; cause: string } | undefined = () => this.#pendingInterrupt();
  /** Count of retired instructions at which a slice ends, so that {@link externalInterrupt} is asked: a VMM's own timer. */
  lookAt = Number.POSITIVE_INFINITY;
  /** Which CPU, or vCPU of a VMM, executes. */
  turn: () => number = () => this.cpus.current;
  /** Ends the turn of the CPU, or vCPU, that executes; false if no other could run. */
  endTurn: () => boolean = () => this.cpus.scheduler.pause();
  /** Called once at the end of the present slice, then forgotten. */
  afterSlice: (() => void) | undefined;
  /** Something outside the instruction stream wants control back (a VM exit's owner). */
  yielded: MachineStop | undefined;
  /** Vectors of exceptions to stop at, a bit each. */
  #exceptionStops = 0;
  /** Where it stopped in front of exceptions last, and in front of which: those are delivered when the machine goes on. */
  #stoppedAt = '';
  readonly #stoppedFor = new Set<string>();
  #ended: MachineStop | undefined;
  #resetWanted = false;
  /** The CPU only faults, and others wait. */
  #turnOver = false;

  constructor(readonly options: MachineOptions) {
    const arena = CodeCache.bytes(CODE_TABLES, CODE_RECORDS);
    const ramBase = Math.ceil((CODE_BASE + arena) / 65536) * 65536;
    const linear = new WebAssembly.Memory({ initial: (ramBase + options.memory) / 65536 });
    this.memory = new PhysicalMemory(linear.buffer, ramBase, options.memory);
    const cpus = options.cpus ?? 1;
    this.processor = new Processor(linear, this.memory, this.clock, CODE_BASE, cpus);
    this.translator = new Translator(this.processor);
    if (options.tier1 !== 'off') this.processor.translator = this.translator;
    const { processor } = this;
    this.clock.setSource(() => processor.retired + this.idle);
    this.clock.onReschedule = () => processor.endSlice();
    this.clock.onPass = (ticks) => this.#pass(ticks);
    this.vmx = new VmxUnit(processor);
    this.platform = createPc(this.clock, { ...options, memory: guestMemory(this.memory) });
    this.memory.mmio = this.platform;
    processor.ports = this.platform;
    this.cpus = new CpuSet(processor, this.platform, this.vmx, cpus, (body) => this.guarded(body));
    processor.floatingPointError = (pending) => this.platform.pc.coprocessorError.signal(pending);
    processor.deliverFault = (fault) => this.#deliverFault(fault);
    processor.tripleFault = (fault) => this.#tripleFault(fault);
    processor.onStuck = (exceptions) => {
      if (this.endTurn()) this.#turnOver = true;
      else if (exceptions % MOST_WITHOUT_RETIRING === 0) this.yielded ??= { kind: 'limit' };
    };
    processor.stop = () =>
      this.#ended !== undefined || this.yielded !== undefined || this.#resetWanted || this.#turnOver;
    this.platform.onDebugExit = (value) => this.end({ kind: 'ended', reason: 'debug-exit', value });
    this.platform.onPowerOff = () => this.end({ kind: 'ended', reason: 'power-off', value: 0 });
    this.platform.onA20 = (open) => processor.mmu.setA20(open);
    this.platform.onPlanes = (mapped) =>
      this.memory.setKind(PLANES_BASE, PLANES_SIZE, mapped ? PageKind.Mmio : PageKind.Ram);
    this.platform.onReset = () => {
      this.#resetWanted = true;
      processor.endSlice();
    };
    this.memory.writeBytes(BIOS_BASE, biosImage());
    this.memory.setKind(BIOS_BASE, 0x10000, PageKind.Rom);
    this.reset();
  }

  /** An instruction takes longer than its tick: alarms come so much sooner. What is done between slices takes no time. */
  #pass(ticks: number): void {
    const { processor, clock } = this;
    if (!processor.running) return;
    this.idle += ticks;
    const left = Math.min(clock.next() - clock.now(), this.vmx.untilPreemption);
    if (left <= 0) processor.endSlice();
    else if (left < SLICE) processor.shortenSlice(left);
  }

  /** Stops the machine for good. */
  end(stop: MachineStop): void {
    this.#ended ??= stop;
    this.processor.endSlice();
  }

  /** CPUs and devices as after power-on; memory stays. */
  reset(): void {
    this.#resetWanted = false;
    this.cpus.reset(this.#heatThreshold);
    this.platform.reset();
  }

  get #heatThreshold(): number {
    const { tier1 } = this.options;
    return tier1 === 'off' ? 0x10000 : tier1 === 'always' ? 1 : HOT;
  }

  get retired(): number {
    return this.processor.retired;
  }

  /** Whether a maskable interrupt can be taken now. */
  get interruptible(): boolean {
    const { state } = this.processor;
    return (state.get32(State.systemFlags) & 0x200) !== 0 && (state.get32(State.interruptibility) & 3) === 0;
  }

  /**
   * Runs until `instructions` have retired since power-on, or something happens. Says `limit` early where the guest only faults
   * and nothing retires, so that whoever runs it keeps control.
   * @param skip pass over a breakpoint on the first instruction
   * @param turnOf come back as at the limit when it becomes this CPU's turn
   */
  run(instructions: number, skip: boolean, turnOf = -1): MachineStop {
    const { processor, clock, cpus } = this;
    // only the instruction at the present address is passed over, not one that an interrupt leads to first
    let first = skip;
    const start = processor.state.linearIp;
    const starting = this.turn();
    this.#deliverHeld();
    for (;;) {
      this.#turnOver = false;
      clock.fireDue(clock.now());
      if (this.#resetWanted) this.reset();
      if (this.#ended) return this.#ended;
      if (this.yielded) {
        const stop = this.yielded;
        this.yielded = undefined;
        return stop;
      }
      const watched = this.#takeHit();
      if (watched) return watched;
      cpus.schedule();
      if (this.#takeDebugTrap()) continue;
      if (cpus.takeNmi()) continue;
      if (this.vmx.inNonRoot && this.vmx.betweenInstructions(this.externalInterrupt())) continue;
      if (this.#takeInterrupt()) continue;
      if (virtualInterruptDue(processor)) {
        this.guarded(() => raise(Vector.GP, 0, 'VIF and VIP are both set'));
        continue;
      }
      if (processor.state.get32(State.activity) !== 0) {
        const waiting = this.#halted();
        if (waiting) return waiting;
        continue;
      }
      if (processor.retired >= instructions || (turnOf >= 0 && starting !== turnOf && this.turn() === turnOf))
        return { kind: 'limit' };
      const room = Math.min(
        instructions - processor.retired,
        clock.next() - clock.now(),
        this.vmx.untilPreemption,
        cpus.untilTurn,
        this.lookAt - processor.retired,
        SLICE,
      );
      const leave = this.#slice(room, first && processor.state.linearIp === start && this.turn() === starting);
      first = false;
      if (leave === Leave.Breakpoint) return { kind: 'breakpoint' };
    }
  }

  /** The watchpoint that was hit, told once. */
  #takeHit(): MachineStop | undefined {
    const { debug } = this.processor;
    const { hit } = debug;
    if (hit === undefined) return undefined;
    debug.hit = undefined;
    const access = hit.write ? 'write' : 'read';
    return { kind: 'watchpoint', address: unsigned(hit.address), access, instruction: unsigned(hit.instruction) };
  }

  /**
   * Vectors of exceptions in front of whose delivery to stop (0 to 31). The guest cannot see it: what raised one raises it again
   * when the machine goes on.
   */
  setExceptionStops(vectors: readonly number[]): void {
    this.#exceptionStops = vectors.reduce((bits, vector) => bits | (1 << vector), 0);
    this.processor.onException =
      vectors.length === 0 ? undefined : (event, detail, chain) => this.#raised(event, detail, chain);
  }

  #raised(event: CpuEvent, detail: string, chain: readonly FaultLink[]): void {
    const { vector, errorCode, addressLow, addressHigh } = event;
    if ((this.#exceptionStops & (1 << vector)) === 0) return;
    const { processor } = this;
    const { state } = processor;
    const place = [processor.retired, this.turn(), state.delivered, state.linearIp].join();
    if (place !== this.#stoppedAt) this.#stoppedFor.clear();
    this.#stoppedAt = place;
    const which = `${vector} after ${chain.length}`;
    if (this.#stoppedFor.has(which)) return;
    this.#stoppedFor.add(which);
    const linear = (BigInt(addressHigh >>> 0) << 32n) | BigInt(addressLow >>> 0);
    this.yielded = {
      kind: 'exception',
      vector,
      ...(errorCode !== undefined && { errorCode }),
      ...(vector === Vector.PF && { address: linear }),
      detail,
      after: chain.map((link) => ({ vector: link.vector, detail: link.detail })),
    };
    throw new ExceptionStop();
  }

  #deliverHeld(): void {
    const { processor } = this;
    const { held } = processor;
    if (held === undefined) return;
    processor.held = undefined;
    this.guarded(() => deliverHeld(processor, held));
  }

  #pendingInterrupt(): { vector: number; cause: string } | undefined {
    const { interrupts } = this.processor;
    if (!interrupts.pending()) return undefined;
    return { vector: 0, cause: 'pin-based control "external-interrupt exiting" is 1 and INTR is asserted' };
  }

  /** True if an interrupt was taken. */
  #takeInterrupt(): boolean {
    const { processor } = this;
    if (!processor.interrupts.pending() || !this.interruptible || this.vmx.interruptsExit) return false;
    processor.state.set32(State.activity, 0);
    this.guarded(() => deliverInterrupt(processor, processor.interrupts.acknowledge()));
    return true;
  }

  /** Delivers something outside the instruction stream; faults on the way are delivered in turn. */
  guarded(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.processor.handle(thrown);
    }
  }

  /** No CPU can run: lets time jump to the next alarm. */
  #halted(): MachineStop | undefined {
    const { clock } = this;
    const next = this.cpus.wakesAt();
    if (next === undefined) {
      this.end({ kind: 'ended', reason: 'halted', value: 0 });
      return undefined;
    }
    if (next === Number.POSITIVE_INFINITY) return { kind: 'idle' };
    this.idle += Math.max(0, next - clock.now());
    return undefined;
  }

  /** Delivers a debug trap that is due, before interrupts (SDM 3A table 6-2); true if there was one. */
  #takeDebugTrap(): boolean {
    const { processor } = this;
    const { debug } = processor;
    const status = debug.takeDue();
    if (status === 0) return false;
    processor.state.set32(State.activity, 0);
    this.guarded(() => deliverDebug(processor, status));
    debug.settle(false);
    return true;
  }

  /** Instruction breakpoints look at RF, and a guest hypervisor finds it in the VMCS. */
  get #resumeFlagCounts(): boolean {
    return this.processor.debug.mayDiffer || (this.vmx.inNonRoot && this.vmx.owner === undefined);
  }

  #slice(count: number, skip: boolean): number {
    const { processor } = this;
    const { state } = processor;
    const shadow = state.get32(State.interruptibility) & 3;
    const flags = state.get32(State.systemFlags);
    const trap = (flags & 0x100) !== 0;
    const resume = (flags & RF) !== 0;
    const watched = resume && this.#resumeFlagCounts;
    // for one instruction, in which nothing looks at it: it can as well be clear (SDM 3B 17.3.1.1)
    if (resume && !watched) state.set32(State.systemFlags, flags & ~RF);
    const monitorTrap = this.vmx.monitorTrap;
    const before = processor.retired;
    const { delivered } = state;
    const leave = processor.slice(shadow !== 0 || trap || watched || monitorTrap ? 1 : Math.max(count, 1), skip);
    const { afterSlice } = this;
    this.afterSlice = undefined;
    afterSlice?.();
    // SDM 3C 25.5.2: after an instruction, or the delivery of an event that came instead of one
    const trapsMonitor = monitorTrap && (processor.retired !== before || state.delivered !== delivered);
    if (processor.retired === before) {
      if (resume && state.delivered === delivered) state.set32(State.systemFlags, state.get32(State.systemFlags) | RF);
      processor.debug.settle(false);
      if (trapsMonitor && this.vmx.monitorTrap) this.vmx.trapMonitor();
      return leave;
    }
    if (watched && state.delivered === delivered && !state.betweenIterations)
      state.set32(State.systemFlags, state.get32(State.systemFlags) & ~RF);
    const { interruptibility } = State;
    if (shadow !== 0 && (state.get32(interruptibility) & 3) === shadow) {
      state.set32(interruptibility, state.get32(interruptibility) & ~3);
    }
    // a trap is held off by MOV SS (SDM 3A 6.8.3), and lost by INT n and faults
    processor.debug.settle(trap && state.delivered === delivered);
    this.#takeDebugTrap();
    if (trapsMonitor && this.vmx.monitorTrap) this.vmx.trapMonitor();
    return leave;
  }

  #deliverFault(fault: GuestFault): boolean {
    deliverFault(this.processor, fault);
    return this.#ended !== undefined || this.vmx.monitorTrap;
  }

  #tripleFault(fault: TripleFault): boolean {
    this.end({ kind: 'triple-fault', fault, cpu: this.cpus.current });
    return true;
  }

  snapshot(): MachineSnapshot {
    const { processor } = this;
    return {
      retired: processor.retired,
      idle: this.idle,
      cpus: this.cpus.save(),
      mmu: processor.mmu.save(),
      memory: this.memory.snapshot(),
      platform: this.platform.save(),
      ended: this.#ended,
      held: processor.held,
    };
  }

  restore(snapshot: MachineSnapshot): void {
    const { processor } = this;
    processor.retiredBefore = snapshot.retired;
    this.idle = snapshot.idle;
    this.#ended = snapshot.ended;
    this.yielded = undefined;
    this.#resetWanted = false;
    this.#stoppedAt = '';
    processor.held = snapshot.held;
    processor.debug.hit = undefined;
    this.memory.restore(snapshot.memory);
    this.cpus.load(snapshot.cpus, this.#heatThreshold);
    processor.mmu.load(snapshot.mmu);
    this.platform.load(snapshot.platform);
  }
}

const unsigned = (linear: number): bigint => BigInt.asUintN(64, BigInt(linear));

/** The devices' view of physical memory. */
export function guestMemory(memory: PhysicalMemory): GuestMemory {
  const read = (address: number, size: 1 | 2 | 4): number => {
    let value = 0;
    for (let i = size - 1; i >= 0; i--)
      value = value * 256 + (address + i < memory.size ? memory.bytes[address + i] : 0xff);
    return value;
  };
  return {
    size: memory.size,
    readU8: (address) => read(address, 1),
    readU16: (address) => read(address, 2),
    readU32: (address) => read(address, 4),
    read: (address, length) => memory.readBytes(address, length),
    write: (address, bytes) => memory.writeBytes(address, bytes),
  };
}
