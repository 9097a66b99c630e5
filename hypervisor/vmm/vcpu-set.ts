import { PrimaryControl } from '../../isa/vmx/controls';
import { Activity, State } from '../../machine/cpu/layout';
import { initRegisters, resetRegisters } from '../../machine/cpu/reset';
import { updateDerived } from '../../machine/cpu/system/segments';
import { loadGuest, saveGuest } from '../../machine/cpu/vmx/guest-state';
import { CpuPins, type Pins } from '../../machine/cpu-pins';
import { CpuScheduler, PAUSE_TICKS } from '../../machine/cpu-scheduler';
import type { LocalApic } from '../../machine/devices/local-apic';
import type { Machine } from '../../machine/machine';
import type { Platform } from '../../machine/platform';
import { CR0_FORCED, CR4_FORCED, guestViewOfCr0 } from './control-registers';
import type { VCpu } from './vcpu';

/** Blocking of NMIs: by MOV SS, by an NMI. */
const NMI_HELD = 2 | 8;
const CACHING = 0x60000000n;

/** What a snapshot keeps of the vCPUs: what neither the processor nor memory holds. */
export interface VCpuSetState {
  readonly registers: readonly Uint8Array[];
  readonly waiting: readonly boolean[];
  readonly retired: readonly number[];
  readonly since: number;
  readonly pins: readonly Pins[];
  readonly loaded: number;
  readonly next: number;
  readonly turnEnd: number;
}

/**
 * The vCPUs of a guest on the one processor, each with a VMCS, a VPID and a virtual local APIC of its own. Turns change as they do among
 * the CPUs of the bare machine, at the same instructions: the VMM lets itself be interrupted there, as by a timer of its own.
 */
export class VCpuSet {
  readonly scheduler: CpuScheduler;
  readonly #pins: CpuPins;
  /** The vCPU whose registers are in the processor, and whose VMCS is current. */
  #loaded = 0;
  #since = 0;

  constructor(
    readonly all: readonly VCpu[],
    private readonly machine: Machine,
    private readonly platform: Platform,
  ) {
    this.scheduler = new CpuScheduler(all.length, (cpu) => this.#runnable(cpu));
    machine.lookAt = this.scheduler.turnEnd;
    const { processor } = machine;
    const { localApics } = platform.pc;
    localApics.forEach((apic) => {
      apic.onChange = () => processor.endSlice();
    });
    this.#pins = new CpuPins(
      localApics,
      (cpu) => all[cpu].waiting,
      () => processor.endSlice(),
    );
  }

  get count(): number {
    return this.all.length;
  }

  /** Index of the vCPU that has the processor. */
  get loaded(): number {
    return this.#loaded;
  }

  get current(): VCpu {
    return this.all[this.#loaded];
  }

  apic(cpu = this.#loaded): LocalApic {
    return this.platform.pc.localApics[cpu];
  }

  /** Instructions that one vCPU retired. */
  retired(cpu: number): number {
    return this.all[cpu].retired + (cpu === this.#loaded ? this.machine.retired - this.#since : 0);
  }

  // ---------------------------------------------------------------- what the processor is interrupted for

  /** Why the VMM interrupts its processor now, in non-root mode; undefined if the guest is to go on. */
  attention(): string | undefined {
    if (this.#pins.resetsArrived) return 'a vCPU was sent INIT or a start-up IPI';
    const next = this.#next();
    if (next !== this.#loaded) return `it is vCPU ${next}'s turn`;
    if (this.current.waiting) return undefined;
    if (this.count > 1 && !this.current.exitsOnPause && this.scheduler.contended)
      return 'another vCPU could run now, so PAUSE is to exit';
    if (this.#nmiDue(next)) return 'an NMI has arrived for the vCPU';
    if (!this.apic().pending()) return undefined;
    const controls = this.current.vmcs.read32('primaryProcessorBasedControls');
    return controls & PrimaryControl['interrupt-window exiting'] ? undefined : 'a virtual device wants attention';
  }

  #next(): number {
    const { scheduler, machine } = this;
    const next = scheduler.next(machine.retired);
    machine.lookAt = scheduler.turnEnd;
    return next;
  }

  /** PAUSE exited: the turn is over, unless no other vCPU could run; then PAUSE need not exit. Says what was done. */
  pause(): string {
    if (this.scheduler.pause()) {
      this.machine.processor.endSlice();
      return 'the vCPU waits for another one: its turn is over';
    }
    this.machine.clock.onPass(PAUSE_TICKS);
    this.current.exitsOnPause = false;
    return 'no other vCPU could run: PAUSE exits no more';
  }

  /** In root mode: does the resets that arrived and gives the processor to the vCPU whose turn it is. Says what was done. */
  schedule(): string {
    const done: string[] = [];
    if (this.#pins.resetsArrived) {
      this.#pins.takeResets(
        (cpu) => {
          this.#init(cpu);
          done.push(`vCPU ${cpu} is as after INIT`);
          return true;
        },
        (cpu, vector) => {
          this.all[cpu].start(vector);
          done.push(`vCPU ${cpu} starts at ${(vector * 4096).toString(16)}h`);
        },
      );
    }
    const next = this.#next();
    if (next !== this.#loaded) {
      this.#switchTo(next);
      done.push(`vCPU ${next} has its turn`);
    }
    if (this.count > 1 && this.scheduler.contended) this.current.exitsOnPause = true;
    return done.map((text) => `${text}; `).join('');
  }

  #switchTo(cpu: number): void {
    const { machine } = this;
    const { state } = machine.processor;
    const before = this.current;
    before.registers.keep(state);
    before.retired += machine.retired - this.#since;
    this.#since = machine.retired;
    this.#loaded = cpu;
    this.platform.selectCpu(cpu);
    this.current.registers.load(state);
    machine.vmx.makeCurrent(this.current.vmcs.address);
  }

  /** Injects an NMI that is due, at the next entry; false if there is none. In root mode. */
  injectNmi(): boolean {
    const vcpu = this.current;
    if (vcpu.waiting || !this.#nmiDue(this.#loaded) || vcpu.injects) return false;
    this.#pins.of(this.#loaded).nmi = false;
    vcpu.injectNmi();
    return true;
  }

  // ---------------------------------------------------------------- who can run

  /** Live in non-root mode for the vCPU that has the processor, else from its VMCS. */
  #read(cpu: number, offset: number, field: 'guestActivityState' | 'guestInterruptibilityState'): number {
    const { vmx, processor } = this.machine;
    return cpu === this.#loaded && vmx.inNonRoot ? processor.state.get32(offset) : this.all[cpu].vmcs.read32(field);
  }

  #interruptsOn(cpu: number): boolean {
    const { vmx, processor } = this.machine;
    if (cpu === this.#loaded && vmx.inNonRoot) return (processor.state.get32(State.systemFlags) & 0x200) !== 0;
    return this.all[cpu].interruptsOn;
  }

  #nmiDue(cpu: number): boolean {
    if (!this.#pins.of(cpu).nmi) return false;
    return (this.#read(cpu, State.interruptibility, 'guestInterruptibilityState') & NMI_HELD) === 0;
  }

  #runnable(cpu: number): boolean {
    if (this.all[cpu].waiting) return false;
    if (this.#read(cpu, State.activity, 'guestActivityState') === Activity.Active) return true;
    return this.#nmiDue(cpu) || (this.apic(cpu).pending() && this.#interruptsOn(cpu));
  }

  /** Some vCPU runs, or sleeps with interrupts on: the guest is not over. */
  get alive(): boolean {
    return this.all.some((vcpu, cpu) => this.#runnable(cpu) || (!vcpu.waiting && this.#interruptsOn(cpu)));
  }

  // ---------------------------------------------------------------- INIT and reset, in root mode

  /** Makes all vCPUs as after power-on. */
  reset(): void {
    this.#pins.reset();
    this.all.forEach((vcpu, cpu) => {
      this.#impose(vcpu, resetRegisters);
      vcpu.waiting = cpu > 0;
    });
    if (this.#loaded !== 0) this.#switchTo(0);
    this.scheduler.reset(this.machine.retired);
    this.machine.lookAt = this.scheduler.turnEnd;
  }

  #init(cpu: number): void {
    const vcpu = this.all[cpu];
    this.#pins.of(cpu).nmi = false;
    this.apic(cpu).init();
    const caching = guestViewOfCr0(vcpu.vmcs) & CACHING;
    this.#impose(vcpu, (processor) => {
      processor.state.set64(State.cr0, caching);
      initRegisters(processor);
    });
    vcpu.waiting = cpu > 0;
    // nothing runs while it waits
    if (vcpu.waiting) vcpu.vmcs.write32('guestActivityState', Activity.Halted);
  }

  /** Lets `change` set up a vCPU's registers in the processor, and takes them from there into its VMCS and its place. */
  #impose(vcpu: VCpu, change: (processor: Machine['processor']) => void): void {
    const { processor } = this.machine;
    const { state } = processor;
    const isLoaded = vcpu === this.current;
    const root = state.u8.slice(State.first, State.end);
    if (!isLoaded) vcpu.registers.load(state);
    change(processor);
    saveGuest(processor, vcpu.vmcs);
    vcpu.registers.keep(state);
    const cr0 = state.get64(State.cr0);
    state.u8.set(root, State.first);
    if (isLoaded) vcpu.registers.load(state);
    processor.mmu.updateContext();
    updateDerived(processor);
    vcpu.setControlRegisters(cr0, CR0_FORCED, CR4_FORCED);
  }

  // ---------------------------------------------------------------- for inspection, and snapshots

  /** Looks at a vCPU with its registers in the processor, in non-root mode. The guest cannot see it. */
  with<T>(cpu: number, body: () => T): T {
    if (cpu === this.#loaded) return body();
    const { processor } = this.machine;
    const { state } = processor;
    const vcpu = this.all[cpu];
    const present = state.u8.slice(State.first, State.end);
    vcpu.registers.load(state);
    state.set32(State.nonRoot, 1);
    state.set32(State.vpid, vcpu.vmcs.read32('virtualProcessorIdentifier'));
    state.setNumber(State.eptp, vcpu.vmcs.readNumber('eptPointer'));
    loadGuest(processor, vcpu.vmcs);
    try {
      return body();
    } finally {
      saveGuest(processor, vcpu.vmcs);
      vcpu.registers.keep(state);
      state.u8.set(present, State.first);
      state.set32(State.codeTable, 0);
      processor.mmu.updateContext();
    }
  }

  save(): VCpuSetState {
    return {
      registers: this.all.map((vcpu) => vcpu.registers.bytes.slice()),
      waiting: this.all.map((vcpu) => vcpu.waiting),
      retired: this.all.map((vcpu) => vcpu.retired),
      since: this.#since,
      pins: this.#pins.save(),
      loaded: this.#loaded,
      next: this.scheduler.current,
      turnEnd: this.scheduler.turnEnd,
    };
  }

  load(saved: VCpuSetState): void {
    this.all.forEach((vcpu, cpu) => {
      vcpu.registers.bytes.set(saved.registers[cpu]);
      vcpu.waiting = saved.waiting[cpu];
      vcpu.retired = saved.retired[cpu];
    });
    this.#since = saved.since;
    this.#pins.load(saved.pins);
    this.#loaded = saved.loaded;
    this.platform.selectCpu(saved.loaded);
    this.scheduler.current = saved.next;
    this.scheduler.turnEnd = saved.turnEnd;
    this.machine.lookAt = saved.turnEnd;
  }
}
