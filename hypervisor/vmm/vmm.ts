import { EntryControl, ExitControl, PinBasedControl, PrimaryControl, SecondaryControl } from '../../isa/vmx/controls';
import { exitReasonName, exitReasonNamed } from '../../isa/vmx/exit-reasons';
import type { BootState } from '../../machine/boot/boot-state';
import { ROM_RANGE } from '../../machine/boot/firmware';
import { applyBootState } from '../../machine/cpu/apply-boot-state';
import { hideErrorSummary, updateSummary } from '../../machine/cpu/fpu/x87-state';
import { Segment, State } from '../../machine/cpu/layout';
import { defaultProfile } from '../../machine/cpu/system/cpuid';
import { setSegment, updateDerived } from '../../machine/cpu/system/segments';
import { switchTask, TaskSwitchSource } from '../../machine/cpu/system/task-switch';
import { requiredOnes } from '../../machine/cpu/vmx/capability-msrs';
import { saveGuest } from '../../machine/cpu/vmx/guest-state';
import { VMCS_REVISION, type Vmcs } from '../../machine/cpu/vmx/vmcs';
import type { LocalApic } from '../../machine/devices/local-apic';
import { PLANES_BASE, PLANES_SIZE } from '../../machine/devices/vga-planes';
import type { Machine } from '../../machine/machine';
import { createPc, type PcOptions, type Platform, type PlatformState } from '../../machine/platform';
import type { ExitRecord } from '../exit-record';
import { explainTripleFault } from '../explain';
import { halves } from '../processor-view';
import { CR0_MASK, CR4_MASK } from './control-registers';
import { Ept, EptRights } from './ept';
import { exitHandlers, UnsupportedExit, type Vm } from './exit-handlers';
import { ExitLog } from './exit-log';
import { HostFrames } from './host-frames';
import { interceptedMsrs } from './msrs';
import { VCpu } from './vcpu';
import { VCpuSet } from './vcpu-set';
import { VmMemory } from './vm-memory';

const MEBIBYTE = 1024 * 1024;
/** Where the VMM's own memory begins in the host: below lies the PC's. */
const HOST_START = MEBIBYTE;
const FIRST_VPID = 1;
/** Vector that the host's interrupts come with. */
const HOST_VECTOR = 0xf0;
/** Exceptions that the VMM looks at before the guest gets them: #UD, #MF, #AC, #MC. */
const EXCEPTION_BITMAP = (1 << 6) | (1 << 16) | (1 << 17) | (1 << 18);
const TRIPLE_FAULT = 'TRIPLE_FAULT';

/**
 * Host-physical addresses from here on stand for the virtual devices' guest-physical ones: how the VMM's instruction
 * emulator reaches them. The guest's EPT leads here only while an instruction is emulated.
 */
const DEVICE_WINDOW = 2 ** 38;

/** Bytes of host memory for a guest of that size: its frames, EPT tables, and the VMM's own pages. */
export function hostMemoryFor(guest: number): number {
  const tables = Math.ceil(guest / (2 * MEBIBYTE)) * 4096;
  return Math.ceil((HOST_START + guest + tables + 2 * MEBIBYTE) / 65536) * 65536;
}

/** Why the VM stopped for good. */
export type VmEnd = ReturnType<typeof explainTripleFault> | { kind: 'entry-failure'; explanation: string };

/**
 * The VMM: root-mode software that happens to be written in TypeScript. It keeps its VMCS, EPT, bitmaps and the guest's
 * frames in the host machine's memory, enters the guest, and handles its exits. It runs whenever the CPU is in root mode.
 */
export class Vmm implements Vm {
  readonly memory: VmMemory;
  readonly platform: Platform;
  readonly frames: HostFrames;
  readonly ept: Ept;
  readonly vcpus: VCpuSet;
  readonly log = new ExitLog();
  /** Bytes at the end of {@link memory} that are the display's frame buffer. */
  readonly videoMemory: number;
  end: VmEnd | undefined;
  #resetWanted = false;
  /** Exit reasons after whose handling the machine is to stop. */
  breakOn: ReadonlySet<string> = new Set();
  /** The exit that {@link breakOn} stopped at, for the target to take. */
  stoppedAt: ExitRecord | undefined;

  constructor(
    readonly machine: Machine,
    guestMemory: number,
    devices: Omit<PcOptions, 'memory'>,
  ) {
    const { memory, processor, vmx } = machine;
    this.videoMemory = devices.videoMemory ?? 0;
    processor.profile = defaultProfile({ vmx: true });
    this.frames = new HostFrames(memory, HOST_START);
    const vmxon = this.#page(VMCS_REVISION);
    this.ept = new Ept(memory, this.frames);
    this.memory = new VmMemory(memory, this.frames, this.ept, guestMemory);
    this.memory.setRom(ROM_RANGE.base, ROM_RANGE.size);
    this.platform = createPc(machine.clock, { ...devices, memory: this.memory });
    this.#openWindow();
    this.platform.onDebugExit = (value) => machine.end({ kind: 'ended', reason: 'debug-exit', value });
    this.platform.onPowerOff = () => machine.end({ kind: 'ended', reason: 'power-off', value: 0 });
    this.platform.onA20 = (open) => {
      this.memory.setA20(open);
      processor.mmu.invalidateEpt(2, 0);
    };
    this.platform.onPlanes = (mapped) => {
      this.memory.setDevice(PLANES_BASE, PLANES_SIZE, mapped);
      this.memory.unmap(PLANES_BASE, PLANES_SIZE);
      processor.mmu.invalidateEpt(2, 0);
    };
    this.platform.onReset = () => {
      this.#resetWanted = true;
      processor.endSlice();
    };
    // the VMM has no use for NMIs of its own: "NMI exiting" is 0, and the guest's go straight through its IDT
    const [hostApic] = machine.platform.pc.localApics;
    const [guestApic] = this.platform.pc.localApics;
    guestApic.pins = { ...guestApic.pins, nmi: () => hostApic.pins.nmi() };
    // so does the pin that says that an x87 error is gone; that one has come exits as #MF
    processor.floatingPointError = (pending) => this.platform.pc.coprocessorError.signal(pending);
    // the host's own devices stay silent: the VMM has no drivers for them
    machine.platform.writePort(0x21, 1, 0xff);
    machine.platform.writePort(0xa1, 1, 0xff);
    this.#enterRootMode();
    vmx.enable(BigInt(vmxon));
    const bitmaps = this.#makeBitmaps();
    const count = this.platform.pc.localApics.length;
    const all = Array.from({ length: count }, (_, index) => {
      const vmcs = vmx.makeCurrent(this.#page(VMCS_REVISION));
      this.#setUpControls(vmcs, bitmaps, index, count);
      this.#setUpHost(vmcs);
      return new VCpu(processor, vmcs, this.memory, index, count);
    });
    this.vcpus = new VCpuSet(all, machine, this.platform);
    vmx.makeCurrent(all[0].vmcs.address);
    vmx.owner = () => this.#onExit();
    machine.externalInterrupt = () => this.#kick();
    machine.turn = () => this.vcpus.loaded;
    machine.endTurn = () => this.vcpus.scheduler.pause();
    this.vcpus.reset();
  }

  /** The vCPU that has the processor. */
  get vcpu(): VCpu {
    return this.vcpus.current;
  }

  /** Accesses of an emulated instruction: devices, or ROM, whose writes are dropped. */
  #openWindow(): void {
    const { memory } = this.machine;
    const host = memory.mmio;
    memory.mmio = {
      readMemory: (address, size) => {
        if (address < DEVICE_WINDOW) return host.readMemory(address, size);
        const at = address - DEVICE_WINDOW;
        if (this.memory.isDevice(at)) return this.platform.readMemory(at, size);
        return size === 4 ? this.memory.readU32(at) : size === 2 ? this.memory.readU16(at) : this.memory.readU8(at);
      },
      writeMemory: (address, size, value) => {
        if (address < DEVICE_WINDOW) host.writeMemory(address, size, value);
        else if (this.memory.isDevice(address - DEVICE_WINDOW))
          this.platform.writeMemory(address - DEVICE_WINDOW, size, value);
      },
    };
  }

  /** Emulates the guest's next instruction with the page of that address leading to the virtual device. */
  emulateAccess(guestPhysical: number): void {
    const { processor } = this.machine;
    const page = Math.floor(guestPhysical / 4096) * 4096;
    const { vmcs } = this.vcpu;
    const linear = vmcs.read('guestLinearAddress');
    this.ept.map(page, DEVICE_WINDOW + page, EptRights.All);
    processor.stepOnce();
    this.#afterStep(() => {
      if (!this.memory.isDevice(page)) this.memory.populate(page);
      else this.ept.unmap(page);
      const [low, high] = halves(linear);
      processor.mmu.invalidateVpid(0, vmcs.read32('virtualProcessorIdentifier'), low, high);
    });
  }

  /** Lets the guest's next instruction run without the summary of x87 errors, which waiting instructions look at. */
  emulateIgnoringError(): void {
    const { processor } = this.machine;
    hideErrorSummary(processor);
    processor.stepOnce();
    this.#afterStep(() => updateSummary(processor));
  }

  /** What is to be done after an emulated instruction; it may want several things. */
  #afterStep(body: () => void): void {
    const { machine } = this;
    const { afterSlice } = machine;
    machine.afterSlice = () => {
      afterSlice?.();
      body();
    };
  }

  /** Back to an earlier state of the virtual devices; the EPT in host memory was restored with it. */
  loadPlatform(state: PlatformState): void {
    const { onA20, onPlanes } = this.platform;
    this.platform.onA20 = () => {};
    this.platform.onPlanes = (mapped) => this.memory.setDevice(PLANES_BASE, PLANES_SIZE, mapped);
    this.platform.load(state);
    this.platform.onA20 = onA20;
    this.platform.onPlanes = onPlanes;
    this.memory.a20Masked = !this.platform.a20;
  }

  /** Noted by the handler of a task switch: done after the guest was entered. */
  #taskSwitch: { selector: number; source: number } | undefined;

  emulateTaskSwitch(selector: number, source: number): void {
    this.#taskSwitch = { selector, source };
  }

  /**
   * Enters the guest and does the task switch that exited, with the processor's own code: the semantics stand once. Pages of the
   * guest's memory that have no frame yet get one on the way, as they would by exits of their own. True leaves the run loop.
   */
  #enterSwitchingTasks(selector: number, source: number): boolean {
    const { machine, vcpu } = this;
    const { processor } = machine;
    const length = vcpu.vmcs.read32('exitInstructionLength');
    processor.mmu.backEpt = (guestPhysical) => {
      if (guestPhysical >= this.memory.size) return false;
      this.memory.populate(guestPhysical);
      return true;
    };
    try {
      return machine.vmx.emulateTaskSwitch(() => {
        this.#enter(false, true);
        if (source === TaskSwitchSource.Gate || !machine.vmx.inNonRoot) return false;
        try {
          const { rip } = processor.state;
          const target = source === TaskSwitchSource.Iret ? -1 : selector;
          switchTask(processor, target, source, rip + length, length, 0, undefined, false);
          processor.countRetired();
          return false;
        } catch (thrown) {
          return processor.handle(thrown);
        }
      });
    } finally {
      processor.mmu.backEpt = undefined;
    }
  }

  #page(revision = 0): number {
    const frame = this.frames.allocate();
    if (revision !== 0) this.machine.memory.write(frame, 4, revision);
    return frame;
  }

  /** The host CPU as a 64-bit hypervisor has it: long mode, the first GiBs mapped one to one, VMX on. */
  #enterRootMode(): void {
    const { processor, memory } = this.machine;
    const { state } = processor;
    const pml4 = this.#page();
    const pdpt = this.#page();
    memory.write(pml4, 4, pdpt | 3);
    for (let i = 0; i < 4; i++) {
      const entry = BigInt(i) * 0x40000000n + 0x83n;
      memory.write(pdpt + 8 * i, 4, Number(entry & 0xffffffffn));
      memory.write(pdpt + 8 * i + 4, 4, Number(entry >> 32n));
    }
    state.setNumber(State.cr3, pml4);
    state.setNumber(State.cr4, 0x2020 | 0x600);
    state.setNumber(State.efer, 0xd00);
    state.setNumber(State.cr0, 0x80010033);
    state.setNumber(State.featureControl, 5);
    setSegment(state, Segment.CS, 0x08, 0xa09b, 0, 0xffffffff);
    for (const segment of [Segment.SS, Segment.DS, Segment.ES, Segment.FS, Segment.GS]) {
      setSegment(state, segment, 0x10, 0xc093, 0, 0xffffffff);
    }
    setSegment(state, Segment.TR, 0x18, 0x8b, 0, 0x67);
    processor.mmu.flushAll();
    processor.mmu.updateContext();
    updateDerived(processor);
    state.rip = HOST_START;
  }

  /** I/O and MSR bitmaps, which the vCPUs share. */
  #makeBitmaps(): { io: number[]; msrs: number } {
    const io = [this.#page(), this.#page()];
    const { memory } = this.machine;
    for (const page of io) memory.writeBytes(page, new Uint8Array(4096).fill(0xff));
    const msrs = this.#page();
    for (const index of interceptedMsrs) {
      const bit = index & 0x1fff;
      const area = msrs + (index >= 0xc0000000 ? 1024 : 0) + (bit >> 3);
      for (const at of [area, area + 2048]) memory.write(at, 1, memory.read(at, 1) | (1 << (bit & 7)));
    }
    return { io, msrs };
  }

  #setUpControls(vmcs: Vmcs, { io, msrs }: { io: number[]; msrs: number }, index: number, count: number): void {
    vmcs.write32('pinBasedControls', requiredOnes('pin-based') | PinBasedControl['external-interrupt exiting']);
    vmcs.write32(
      'primaryProcessorBasedControls',
      requiredOnes('primary') |
        PrimaryControl['HLT exiting'] |
        PrimaryControl['CR8-load exiting'] |
        PrimaryControl['CR8-store exiting'] |
        // a vCPU that waits for another one gives up its turn
        (count > 1 ? PrimaryControl['PAUSE exiting'] : 0) |
        PrimaryControl['use I/O bitmaps'] |
        PrimaryControl['use MSR bitmaps'] |
        PrimaryControl['activate secondary controls'],
    );
    vmcs.write32(
      'secondaryProcessorBasedControls',
      SecondaryControl['enable EPT'] |
        SecondaryControl['enable VPID'] |
        SecondaryControl['unrestricted guest'] |
        SecondaryControl['enable RDTSCP'] |
        SecondaryControl['enable INVPCID'],
    );
    vmcs.write32(
      'exitControls',
      requiredOnes('exit') |
        ExitControl['save debug controls'] |
        ExitControl['host address-space size'] |
        ExitControl['acknowledge interrupt on exit'] |
        ExitControl['save IA32_PAT'] |
        ExitControl['load IA32_PAT'] |
        ExitControl['save IA32_EFER'] |
        ExitControl['load IA32_EFER'],
    );
    vmcs.write32(
      'entryControls',
      requiredOnes('entry') |
        EntryControl['load debug controls'] |
        EntryControl['load IA32_PAT'] |
        EntryControl['load IA32_EFER'],
    );
    vmcs.write('ioBitmapAAddress', BigInt(io[0]));
    vmcs.write('ioBitmapBAddress', BigInt(io[1]));
    vmcs.write('msrBitmapAddress', BigInt(msrs));
    vmcs.write('eptPointer', this.ept.pointer);
    vmcs.write32('virtualProcessorIdentifier', FIRST_VPID + index);
    vmcs.write32('exceptionBitmap', EXCEPTION_BITMAP);
    vmcs.write('cr0GuestHostMask', CR0_MASK);
    vmcs.write('cr4GuestHostMask', CR4_MASK);
    vmcs.write('vmcsLinkPointer', 0xffffffffffffffffn);
  }

  #setUpHost(vmcs: Vmcs): void {
    const { state } = this.machine.processor;
    vmcs.write('hostCr0', state.get64(State.cr0));
    vmcs.write('hostCr3', state.get64(State.cr3));
    vmcs.write('hostCr4', state.get64(State.cr4));
    vmcs.write('hostIa32Efer', state.get64(State.efer));
    vmcs.write('hostIa32Pat', state.get64(State.pat));
    vmcs.write32('hostCsSelector', 0x08);
    for (const key of [
      'hostSsSelector',
      'hostDsSelector',
      'hostEsSelector',
      'hostFsSelector',
      'hostGsSelector',
    ] as const) {
      vmcs.write32(key, 0x10);
    }
    vmcs.write32('hostTrSelector', 0x18);
    vmcs.write('hostRip', BigInt(HOST_START));
    vmcs.write('hostRsp', BigInt(HOST_START));
  }

  /** Loads the vCPU's first state into the VMCS and makes the first VM entry. The CPU is in non-root mode afterwards. */
  start(boot: BootState): void {
    const { machine, vcpu } = this;
    const { processor } = machine;
    const host = processor.state.u8.slice(State.first, State.end);
    applyBootState(processor, boot);
    saveGuest(processor, vcpu.vmcs);
    const gpr = boot.gpr;
    processor.state.u8.set(host, State.first);
    gpr.forEach((value, i) => {
      if (i !== 4) processor.state.setGpr64(i, value);
    });
    processor.mmu.updateContext();
    updateDerived(processor);
    const { vmcs } = vcpu;
    vmcs.write('cr0ReadShadow', BigInt(boot.cr0));
    vmcs.write('cr4ReadShadow', BigInt(boot.cr4));
    vmcs.write('guestCr0', BigInt(boot.cr0) | 0x20n);
    vmcs.write('guestCr4', BigInt(boot.cr4) | CR4_MASK);
    vmcs.write('guestDr7', 0x400n);
    vmcs.write('guestIa32Pat', 0x0007040600070406n);
    this.#enter(true);
  }

  get localApic(): LocalApic {
    return this.vcpus.apic();
  }

  /** The guest's reset line: vCPUs and devices as after power-on, memory as it is. In root mode. */
  #resetGuest(): void {
    this.#resetWanted = false;
    this.vcpus.reset();
    this.platform.reset();
  }

  // ---------------------------------------------------------------- running

  /** The VMM interrupts its processor where a vCPU is to be given something, or another one the processor. */
  #kick(): { vector: number; cause: string } | undefined {
    const why = this.vcpus.attention();
    if (why === undefined) return undefined;
    return {
      vector: HOST_VECTOR,
      cause: `pin-based control "external-interrupt exiting" is 1; the VMM interrupts its processor because ${why}`,
    };
  }

  /** After every exit, in root mode. True leaves the machine's run loop. */
  #onExit(): boolean {
    const { machine, vcpu } = this;
    const { vmcs } = vcpu;
    const reasonCode = vmcs.read32('exitReason');
    const reason = exitReasonName(reasonCode);
    const record = this.#note(reason, reasonCode);
    if (reasonCode & 0x80000000) return this.#stop({ kind: 'entry-failure', explanation: machine.vmx.details.cause });
    try {
      if (reason === TRIPLE_FAULT) {
        record.action = 'stopped the VM before the reset that hardware would do';
        const fault = machine.vmx.tripleFault;
        // the registers that are shown from now on are the guest's
        this.#enter(false, true);
        return this.#stop(explainTripleFault(fault, this.vcpus.count > 1 ? `CPU ${vcpu.index}: ` : ''));
      }
      const row = exitReasonNamed(reason);
      const handler = row && exitHandlers[row.name];
      if (!handler) throw new UnsupportedExit(`this VMM does not handle ${reason} exits yet`);
      record.action = handler(vcpu, this);
    } catch (thrown) {
      if (!(thrown instanceof UnsupportedExit)) throw thrown;
      record.action = thrown.message;
      this.#enter(false, true);
      return this.#stop({
        kind: 'entry-failure',
        explanation: `${reason} at ${record.rip.toString(16)}: ${thrown.message}`,
      });
    }
    if (this.#resetWanted) {
      this.#resetGuest();
      record.action += '; the guest asked for a reset: vCPUs and virtual devices are as after power-on';
    }
    if (this.breakOn.has(reason)) {
      this.stoppedAt = record;
      machine.yielded = { kind: 'vm-exit' };
    }
    const taskSwitch = this.#taskSwitch;
    this.#taskSwitch = undefined;
    if (taskSwitch) {
      const leave = this.#enterSwitchingTasks(taskSwitch.selector, taskSwitch.source);
      return leave || machine.yielded !== undefined;
    }
    const { launched } = this.vcpu.vmcs;
    this.#enter(!launched, launched);
    return machine.yielded !== undefined;
  }

  #stop(end: VmEnd): true {
    this.end = end;
    this.machine.yielded = { kind: 'vm-exit' };
    return true;
  }

  /** @param unchecked since the last entry the handlers changed only what they keep consistent themselves */
  #enter(launch: boolean, unchecked = false): void {
    const result = this.machine.vmx.enter(launch, unchecked);
    if (result.kind === 'entered') return;
    const why =
      result.kind === 'fail-invalid'
        ? 'there is no current VMCS'
        : (result.failed?.message ?? `VM-instruction error ${'error' in result ? result.error : ''}`);
    this.#stop({ kind: 'entry-failure', explanation: why });
  }

  /** In root mode: what has to be done for other vCPUs, and whose turn it is. Says what was done. */
  schedule(): string {
    return this.vcpus.schedule();
  }

  halted(): void {
    this.machine.end({ kind: 'ended', reason: 'halted', value: 0 });
  }

  #note(reason: string, reasonCode: number): ExitRecord & { action: string } {
    const { machine, vcpu } = this;
    const { vmcs } = vcpu;
    const hasPhysical = reason === 'EPT_VIOLATION' || reason === 'EPT_MISCONFIGURATION';
    return this.log.add({
      cpu: vcpu.index,
      reasonCode,
      instructions: machine.retired,
      qualification: vmcs.read('exitQualification'),
      rip: vmcs.readNumber('guestRip'),
      code: this.#readCode(vmcs),
      guestLinear: vmcs.read('guestLinearAddress'),
      guestPhysical: hasPhysical ? vmcs.readNumber('guestPhysicalAddress') : undefined,
      interruptionVector: vmcs.read32('exitInterruptionInformation') & 0xff,
      cause: machine.vmx.details.cause,
    });
  }

  /** The bytes at guest RIP, up to the end of their page. */
  #readCode(vmcs: Vmcs): { bytes: Uint8Array; bits: 16 | 32 | 64 } | undefined {
    const at = this.machine.vmx.details.codeAddress;
    if (at < 0) return undefined;
    const bits = this.vcpu.in64BitCode ? 64 : vmcs.read32('guestCsAccessRights') & 0x4000 ? 32 : 16;
    return { bytes: this.machine.memory.readBytes(at, Math.min(15, 4096 - (at % 4096))), bits };
  }
}
