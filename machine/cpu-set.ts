import { ExitReason } from '../isa/vmx/exit-reasons';
import { raise, Vector } from './cpu/fault';
import { Activity, State } from './cpu/layout';
import type { Processor } from './cpu/processor';
import { initCpu, resetCpu, startCpu } from './cpu/reset';
import { EventType } from './cpu/system/event';
import { deliverNmi } from './cpu/system/exceptions';
import { Vmcs } from './cpu/vmx/vmcs';
import type { VmxUnit } from './cpu/vmx/vmx-unit';
import { CpuPins, type Pins } from './cpu-pins';
import { CpuScheduler, PAUSE_TICKS } from './cpu-scheduler';
import { REFUSED, readApicMsr, writeApicMsr } from './devices/local-apic-msrs';
import type { Platform } from './platform';

const INTERRUPT_FLAG = 0x200;
const NMI = 2;
/** Interruptibility: blocking by MOV SS, by NMI. */
const NMI_HELD = 2 | 8;
const EXTERNAL_INTERRUPT_EXITING = 1;
const NMI_EXITING = 8;

/** Everything of the CPUs that stands not in memory, the MMU or devices. */
export interface CpuSetState {
  /** {@link State.first} to {@link State.end} of each CPU. */
  readonly banks: readonly Uint8Array[];
  /** Instructions retired by each. */
  readonly retired: readonly number[];
  readonly pins: readonly Pins[];
  readonly current: number;
  readonly turnEnd: number;
}

/**
 * The CPUs of a machine. The WebAssembly code knows one state, at fixed addresses: that of the CPU whose turn it is. The others'
 * states are kept here, 2 KiB each, and change places with it. All share decoded code and translations, as these are by physical page.
 */
export class CpuSet {
  readonly scheduler: CpuScheduler;
  readonly #banks: Uint8Array[];
  readonly #retired: number[];
  /** Count of all at which the present CPU's turn began. */
  #since = 0;
  readonly #pins: CpuPins;

  constructor(
    readonly processor: Processor,
    readonly platform: Platform,
    readonly vmx: VmxUnit,
    readonly count: number,
    /** Delivers an event; what is raised on the way is delivered in turn. */
    private readonly guarded: (body: () => void) => void,
  ) {
    this.scheduler = new CpuScheduler(count, (cpu) => this.#runnable(cpu));
    this.#banks = Array.from({ length: count }, () => new Uint8Array(State.end - State.first));
    this.#retired = new Array(count).fill(0);
    this.#pins = new CpuPins(
      platform.pc.localApics,
      (cpu) => this.peek(cpu, State.activity) === Activity.WaitForSipi,
      () => processor.endSlice(),
    );
    processor.spinHint = () => {
      if (this.scheduler.pause()) processor.endSlice();
      else processor.clock.onPass(PAUSE_TICKS);
    };
    this.#wire();
  }

  /** The CPU whose state is in the engine now. */
  get current(): number {
    return this.processor.apicId;
  }

  /** Instructions that one CPU has retired. */
  retired(cpu: number): number {
    return this.#retired[cpu] + (cpu === this.current ? this.processor.retired - this.#since : 0);
  }

  // ---------------------------------------------------------------- local APICs

  #wire(): void {
    const { processor, platform } = this;
    platform.pc.localApics.forEach((apic, cpu) => {
      apic.onChange = () => {
        if (cpu === this.current) processor.endSlice();
      };
    });
    const { readPlatformMsr, writePlatformMsr } = processor;
    const tscOffset = (): bigint => processor.state.get64(State.tscOffset);
    processor.readPlatformMsr = (index) => {
      const value = readApicMsr(this.#apic, index, tscOffset());
      if (value === REFUSED)
        raise(Vector.GP, 0, 'RDMSR: the local APIC has no such register, or is not in x2APIC mode');
      return value ?? readPlatformMsr(index);
    };
    processor.writePlatformMsr = (index, value) => {
      const done = writeApicMsr(this.#apic, index, value, tscOffset());
      if (done === REFUSED) raise(Vector.GP, 0, 'WRMSR: the local APIC does not take this value now');
      return done !== undefined || writePlatformMsr(index, value);
    };
    this.#connect(0);
  }

  get #apic() {
    return this.platform.pc.localApics[this.current];
  }

  #connect(cpu: number): void {
    const { processor, platform } = this;
    const apic = platform.pc.localApics[cpu];
    processor.apicId = cpu;
    processor.interrupts = apic;
    processor.localApic = apic;
    platform.selectCpu(cpu);
  }

  // ---------------------------------------------------------------- turns

  /** u32 of a CPU's state. */
  peek(cpu: number, offset: number): number {
    if (cpu === this.current) return this.processor.state.get32(offset);
    const bank = this.#banks[cpu];
    const at = offset - State.first;
    return (bank[at] | (bank[at + 1] << 8) | (bank[at + 2] << 16) | (bank[at + 3] << 24)) >>> 0;
  }

  /** Puts a CPU's state into the engine; between slices only. */
  select(cpu: number): void {
    const { processor } = this;
    const { state } = processor;
    const before = this.current;
    if (cpu === before) return;
    this.#retired[before] += processor.retired - this.#since;
    this.#since = processor.retired;
    this.#banks[before].set(state.u8.subarray(State.first, State.end));
    this.#load(cpu);
  }

  #load(cpu: number): void {
    const { processor } = this;
    const { state } = processor;
    state.u8.set(this.#banks[cpu], State.first);
    state.set32(State.codeTable, 0);
    this.#connect(cpu);
    processor.mmu.selectCpu(cpu);
    this.vmx.reload();
  }

  /** Does something with another CPU's state in the engine. The guest cannot see it. */
  with<T>(cpu: number, body: () => T): T {
    const before = this.current;
    this.select(cpu);
    try {
      return body();
    } finally {
      this.select(before);
    }
  }

  /** At an instruction boundary: INIT and start-up IPIs that arrived, then whose turn it is. */
  schedule(): void {
    if (this.#pins.resetsArrived) this.#takeResets();
    if (this.count === 1) return;
    this.select(this.scheduler.next(this.processor.retired));
  }

  /** Instructions until somebody else may have a turn. */
  get untilTurn(): number {
    return this.scheduler.turnEnd - this.processor.retired;
  }

  #takeResets(): void {
    this.#pins.takeResets(
      (cpu) => this.with(cpu, () => this.#takeInit()),
      (cpu, vector) => this.with(cpu, () => startCpu(this.processor, vector)),
    );
  }

  /** INIT of the selected CPU; false where it is blocked. */
  #takeInit(): boolean {
    const { processor, vmx } = this;
    if (vmx.inNonRoot) {
      vmx.exitFor(ExitReason.InitSignal, 'an INIT arrived; it exits always');
      return true;
    }
    if (vmx.inOperation) return false; // SDM 3C 23.8: blocked in VMX root operation
    this.#pins.of(this.current).nmi = false;
    this.#apic.init();
    initCpu(processor);
    if (this.current !== 0) processor.state.set32(State.activity, Activity.WaitForSipi);
    return true;
  }

  // ---------------------------------------------------------------- events

  /** It executes instructions, or something that it can take now ends its halt. */
  #runnable(cpu: number): boolean {
    const activity = this.peek(cpu, State.activity);
    if (activity === Activity.Active) return true;
    if (activity !== Activity.Halted) return false;
    if (this.#nmiDue(cpu)) return true;
    const asks = this.platform.pc.localApics[cpu].pending();
    if (this.peek(cpu, State.nonRoot) === 0) return asks && this.#interruptsOn(cpu);
    if (this.#deadline(cpu) <= this.processor.clock.now()) return true;
    return asks && (this.#interruptsOn(cpu) || (this.#pinControls(cpu) & EXTERNAL_INTERRUPT_EXITING) !== 0);
  }

  #interruptsOn(cpu: number): boolean {
    return (this.peek(cpu, State.systemFlags) & INTERRUPT_FLAG) !== 0;
  }

  #pinControls(cpu: number): number {
    return new Vmcs(this.processor.memory, this.peek(cpu, State.currentVmcs)).read32('pinBasedControls');
  }

  /** Tick at which a CPU's VMX-preemption timer runs out. */
  #deadline(cpu: number): number {
    const low = this.peek(cpu, State.preemptionDeadline);
    const held = this.peek(cpu, State.preemptionDeadline + 4) * 4294967296 + low;
    return held === 0 ? Number.POSITIVE_INFINITY : held - 1;
  }

  #nmiDue(cpu: number): boolean {
    if (!this.#pins.of(cpu).nmi) return false;
    if (this.peek(cpu, State.nonRoot) !== 0 && (this.#pinControls(cpu) & NMI_EXITING) !== 0) return true;
    return (this.peek(cpu, State.interruptibility) & NMI_HELD) === 0;
  }

  /** Takes an NMI that is due at the present CPU; true if there was one. */
  takeNmi(): boolean {
    const cpu = this.current;
    if (!this.#pins.of(cpu).nmi || !this.#nmiDue(cpu)) return false;
    this.#pins.of(cpu).nmi = false;
    const { processor, vmx } = this;
    if (vmx.inNonRoot && vmx.exitsOnNmi) {
      vmx.exitFor(
        ExitReason.ExceptionOrNmi,
        'pin-based control "NMI exiting" is 1 and an NMI arrived',
        (0x80000000 | (EventType.Nmi << 8) | NMI) >>> 0,
      );
      return true;
    }
    processor.state.set32(State.activity, Activity.Active);
    this.guarded(() => deliverNmi(processor));
    return true;
  }

  /**
   * While no CPU can run: the tick at which one may be able to; Infinity if only the world outside can wake one, undefined if
   * nothing can.
   */
  wakesAt(): number | undefined {
    let at: number | undefined;
    for (let cpu = 0; cpu < this.count; cpu++) {
      if (this.peek(cpu, State.activity) !== Activity.Halted) continue;
      const nonRoot = this.peek(cpu, State.nonRoot) !== 0;
      if (!nonRoot && !this.#interruptsOn(cpu)) continue;
      at = Math.min(at ?? this.processor.clock.next(), nonRoot ? this.#deadline(cpu) : Number.POSITIVE_INFINITY);
    }
    return at;
  }

  // ---------------------------------------------------------------- state

  /** The reset line: the first CPU starts, the others wait for a start-up IPI. */
  reset(heatThreshold: number): void {
    const { processor } = this;
    this.#pins.reset();
    for (let cpu = this.count - 1; cpu >= 0; cpu--) {
      this.select(cpu);
      resetCpu(processor);
      processor.state.set32(State.heatThreshold, heatThreshold);
      if (cpu > 0) processor.state.set32(State.activity, Activity.WaitForSipi);
    }
    this.vmx.reload();
    this.scheduler.reset(processor.retired);
  }

  save(): CpuSetState {
    const { state } = this.processor;
    this.#banks[this.current].set(state.u8.subarray(State.first, State.end));
    return {
      banks: this.#banks.map((bank) => bank.slice()),
      retired: this.#banks.map((_, cpu) => this.retired(cpu)),
      pins: this.#pins.save(),
      current: this.current,
      turnEnd: this.scheduler.turnEnd,
    };
  }

  /** The processor's count and memory stand at that state already. */
  load(saved: CpuSetState, heatThreshold: number): void {
    this.#banks.forEach((bank, cpu) => {
      bank.set(saved.banks[cpu]);
      new DataView(bank.buffer).setUint32(State.heatThreshold - State.first, heatThreshold, true);
    });
    saved.retired.forEach((count, cpu) => {
      this.#retired[cpu] = count;
    });
    this.#since = this.processor.retired;
    this.#pins.load(saved.pins);
    this.scheduler.current = saved.current;
    this.scheduler.turnEnd = saved.turnEnd;
    this.#load(saved.current);
  }
}
