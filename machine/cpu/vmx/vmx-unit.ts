/** VMX operation: the VMX instructions, VM entry and VM exit (SDM 3C chapters 24 to 28, 30). */
import type { Decoded } from '../../../isa/decoded';
import { ExitControl, PinBasedControl } from '../../../isa/vmx/controls';
import { ExitReason } from '../../../isa/vmx/exit-reasons';
import { vmcsFieldOf } from '../../../isa/vmx/fields';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import type { Processor } from '../processor';
import { linearAddress, memoryOperand, read64, readOperand64, write64, writeOperand64 } from '../system/access';
import { type CpuEvent, EventType } from '../system/event';
import { deliverDebug, type FaultLink, injectEvent, TripleFault } from '../system/exceptions';
import { PHYSICAL_ADDRESS_BITS } from '../system/paging';
import { boundaryExit, type ExternalInterrupt, savesResumeFlag } from './boundary-exits';
import { CR0_FIXED0, CR4_FIXED0, vmxCapabilityMsrs } from './capability-msrs';
import { checkEntry, type FailedCheck } from './entry-checks';
import { isEptPointer } from './entry-checks-controls';
import { loadGuest, loadHost, loadHostPdptes, saveGuest } from './guest-state';
import { InterceptUnit } from './intercept-unit';
import { loadMsrs, storeMsrs } from './msr-areas';
import type { VmExit } from './vm-exit';
import { NO_VMCS, VMCS_REVISION, Vmcs } from './vmcs';

/** Interruption type of a pending MTF VM exit (SDM 3C table 24-15). */
const OTHER_EVENT = 7;
const VM = 0x20000;
const LMA = 0x400;
/** DR6 bits that pending debug exceptions have in common with it: B0 to B3 and BS. */
const DEBUG_STATUS = 0x400f;
/** Pending debug exceptions that are due: a breakpoint was enabled, or single step. */
const DEBUG_DUE = 0x5000;

const RF = 0x10000;

/** Intercept units that are kept. */
const MOST_UNITS = 64;

/** VMX-abort indicators (SDM 3C 27.7). */
const AbortIndicator = { GuestMsrs: 1, HostPdptes: 2, HostMsrs: 4 } as const;

/** What a VM exit looked like, for whoever watches: kept until the next one. */
export interface ExitDetails {
  cause: string;
  /** HPA of the instruction at guest RIP; -1 where its page was not being executed (a fetch that exited). */
  codeAddress: number;
  /** Entry failures: the check that failed. */
  failed: FailedCheck | undefined;
}

/** Outcome of VMLAUNCH and VMRESUME. */
export type EntryResult =
  | { kind: 'entered' }
  | { kind: 'fail-invalid' }
  | { kind: 'fail-valid'; error: number; failed: FailedCheck | undefined }
  /** Failed after the host state was committed: a VM exit with reason 33 or 34 was made. */
  | { kind: 'exited'; failed: FailedCheck | undefined };

export class VmxUnit {
  readonly capabilities: ReadonlyMap<number, bigint>;
  #intercepts: InterceptUnit | undefined;
  /** By address of the VMCS. */
  readonly #units = new Map<number, InterceptUnit>();
  /** After a VM exit or failed entry: why, in words. */
  details: ExitDetails = { cause: '', codeAddress: -1, failed: undefined };
  /** After a triple-fault exit: the faults. */
  tripleFault: TripleFault | undefined;
  /**
   * Who is the VMM. `undefined`: software running on this CPU, which goes on at host RIP. Otherwise called after every exit
   * with the host state loaded; true leaves the run loop.
   */
  owner: ((vmcs: Vmcs) => boolean) | undefined;
  constructor(readonly processor: Processor) {
    this.capabilities = vmxCapabilityMsrs();
    processor.executeVmx = (_cpu, instruction) => this.execute(instruction);
    processor.takeVmExit = (exit) => this.exit(exit);
    const { readPlatformMsr } = processor;
    processor.readPlatformMsr = (index) => this.capabilities.get(index) ?? readPlatformMsr(index);
  }

  // ---------------------------------------------------------------- state

  /** Time at which the VMX-preemption timer runs out, in ticks; undefined while it is off. */
  get #preemptionDeadline(): number | undefined {
    const held = this.#state.getNumber(State.preemptionDeadline);
    return held === 0 ? undefined : held - 1;
  }

  set #preemptionDeadline(at: number | undefined) {
    this.#state.setNumber(State.preemptionDeadline, at === undefined ? 0 : at + 1);
  }

  get #state() {
    return this.processor.state;
  }

  get inOperation(): boolean {
    return this.#state.get32(State.vmxOn) !== 0;
  }

  get inNonRoot(): boolean {
    return this.#state.get32(State.nonRoot) !== 0;
  }

  /** The current VMCS, undefined if there is none. */
  get current(): Vmcs | undefined {
    const state = this.#state;
    if (state.get32(State.currentVmcs) === 0xffffffff) return undefined;
    const address = state.getNumber(State.currentVmcs);
    if (this.#currentVmcs?.address !== address) this.#currentVmcs = new Vmcs(this.processor.memory, address);
    return this.#currentVmcs;
  }

  #currentVmcs: Vmcs | undefined;

  /** The processor's copies of what VM entry read: to be called after a snapshot was restored. */
  reload(): void {
    this.#setIntercepts(this.inNonRoot ? this.current : undefined);
  }

  #setIntercepts(vmcs: Vmcs | undefined): void {
    if (vmcs) this.#intercepts = this.#interceptsFor(vmcs);
    else this.#intercepts = undefined;
    this.processor.intercepts = this.#intercepts;
  }

  /** The units of VMCSs are kept: most entries are to one of a few. */
  #interceptsFor(vmcs: Vmcs): InterceptUnit {
    const known = this.#units.get(vmcs.address);
    if (known) {
      known.refresh();
      return known;
    }
    const made = new InterceptUnit(this.processor, vmcs);
    made.onTripleFault = (fault) => {
      this.tripleFault = fault;
    };
    if (this.#units.size >= MOST_UNITS) this.#units.clear();
    this.#units.set(vmcs.address, made);
    return made;
  }

  // ---------------------------------------------------------------- instructions

  /** The VMX instructions, by mnemonic (SDM 3C chapter 30). */
  execute(instruction: Decoded): void {
    const { mnemonic } = instruction.form;
    const state = this.#state;
    const name = mnemonic.toUpperCase();
    // VMCALL of a guest exits from any mode and level
    if (mnemonic === 'vmcall' && this.inNonRoot) this.processor.intercepts?.instruction(mnemonic, instruction);
    if (mnemonic !== 'vmxon' && !this.inOperation) raise(Vector.UD, undefined, `${name} outside VMX operation`);
    if ((state.get32(State.cr0) & 1) === 0) raise(Vector.UD, undefined, `${name} in real mode`);
    if ((state.rflags & VM) !== 0) raise(Vector.UD, undefined, `${name} in virtual-8086 mode`);
    if ((state.get32(State.efer) & LMA) !== 0 && state.codeBits !== 64)
      raise(Vector.UD, undefined, `${name} in compatibility mode`);
    if (this.inNonRoot) {
      this.processor.intercepts?.instruction(mnemonic, instruction);
      raise(Vector.UD, undefined, `${name} in non-root mode`);
    }
    if (mnemonic === 'vmxon') {
      this.#vmxon(instruction);
      return;
    }
    if (state.cpl !== 0) raise(Vector.GP, 0, `${name} needs CPL 0`);
    switch (mnemonic) {
      case 'vmxoff':
        state.set32(State.vmxOn, 0);
        state.set64(State.currentVmcs, NO_VMCS);
        this.#succeed();
        return;
      case 'vmclear':
        this.#vmclear(this.#pointerOperand(instruction));
        return;
      case 'vmptrld':
        this.#vmptrld(this.#pointerOperand(instruction));
        return;
      case 'vmptrst':
        write64(
          this.processor,
          linearAddress(this.processor, instruction, memoryOperand(instruction, 0), 8, true),
          state.get64(State.currentVmcs),
        );
        this.#succeed();
        return;
      case 'vmread':
        this.#vmread(instruction);
        return;
      case 'vmwrite':
        this.#vmwrite(instruction);
        return;
      case 'vmlaunch':
      case 'vmresume':
        this.#enterByInstruction(mnemonic === 'vmlaunch');
        return;
      case 'invept':
      case 'invvpid':
        this.#invalidate(mnemonic, instruction);
        return;
      case 'vmcall':
        this.#fail(1); // no dual-monitor treatment
        return;
      default:
        raise(Vector.UD, undefined, `${mnemonic.toUpperCase()} is not offered by this processor`);
    }
  }

  #pointerOperand(instruction: Decoded): bigint {
    return read64(this.processor, linearAddress(this.processor, instruction, memoryOperand(instruction, 0), 8, false));
  }

  #isRegion(address: bigint): boolean {
    return (
      (address & 0xfffn) === 0n &&
      address >> BigInt(PHYSICAL_ADDRESS_BITS) === 0n &&
      Number(address) + 4096 <= this.processor.memory.size
    );
  }

  /** VMsucceed: all six flags clear. */
  #succeed(): void {
    this.#state.setArithmeticFlags(0);
  }

  #failInvalid(): void {
    this.#state.setArithmeticFlags(1);
  }

  /** VMfail: with a current VMCS, ZF and an error number in it; else CF. */
  #fail(error: number): void {
    const vmcs = this.current;
    if (!vmcs) {
      this.#failInvalid();
      return;
    }
    vmcs.write32('vmInstructionError', error);
    this.#state.setArithmeticFlags(0x40);
  }

  #vmxon(instruction: Decoded): void {
    const state = this.#state;
    if ((state.get64(State.cr4) & BigInt(CR4_FIXED0)) === 0n) raise(Vector.UD, undefined, 'VMXON needs CR4.VMXE');
    if (state.cpl !== 0) raise(Vector.GP, 0, 'VMXON needs CPL 0');
    if (this.inOperation) {
      this.#fail(15);
      return;
    }
    if ((Number(state.get64(State.cr0)) & CR0_FIXED0) >>> 0 !== CR0_FIXED0)
      raise(Vector.GP, 0, 'VMXON needs CR0.PE, NE and PG');
    if ((state.get64(State.featureControl) & 5n) !== 5n)
      raise(Vector.GP, 0, 'VMXON needs IA32_FEATURE_CONTROL bits 0 and 2');
    const pointer = this.#pointerOperand(instruction);
    if (!this.#isRegion(pointer) || this.processor.memory.read(Number(pointer), 4) !== VMCS_REVISION) {
      this.#failInvalid();
      return;
    }
    this.enable(pointer);
    this.#succeed();
  }

  /** Enters VMX operation with a VMXON region; what VMXON does once its checks passed. */
  enable(pointer: bigint): void {
    this.#state.set64(State.vmxonPointer, pointer);
    this.#state.set64(State.currentVmcs, NO_VMCS);
    this.#state.set32(State.vmxOn, 1);
  }

  #vmclear(pointer: bigint): void {
    if (!this.#isRegion(pointer)) this.#fail(2);
    else if (pointer === this.#state.get64(State.vmxonPointer)) this.#fail(3);
    else {
      new Vmcs(this.processor.memory, Number(pointer)).launched = false;
      if (pointer === this.#state.get64(State.currentVmcs)) this.#state.set64(State.currentVmcs, NO_VMCS);
      this.#succeed();
    }
  }

  #vmptrld(pointer: bigint): void {
    if (!this.#isRegion(pointer)) this.#fail(9);
    else if (pointer === this.#state.get64(State.vmxonPointer)) this.#fail(10);
    else if (new Vmcs(this.processor.memory, Number(pointer)).revision !== VMCS_REVISION) this.#fail(11);
    else {
      this.makeCurrent(Number(pointer));
      this.#succeed();
    }
  }

  /** Makes the VMCS at a physical address current. */
  makeCurrent(address: number): Vmcs {
    this.#state.set64(State.currentVmcs, BigInt(address));
    return new Vmcs(this.processor.memory, address);
  }

  #vmread(instruction: Decoded): void {
    const vmcs = this.current;
    if (!vmcs) {
      this.#failInvalid();
      return;
    }
    const encoding = Number(BigInt.asUintN(64, readOperand64(this.processor, instruction, 1)));
    const field = vmcsFieldOf(encoding);
    if (!field) {
      this.#fail(12);
      return;
    }
    const value = vmcs.readEncoding(field.encoding);
    writeOperand64(this.processor, instruction, 0, encoding & 1 ? value >> 32n : value);
    this.#succeed();
  }

  #vmwrite(instruction: Decoded): void {
    const vmcs = this.current;
    if (!vmcs) {
      this.#failInvalid();
      return;
    }
    const encoding = Number(BigInt.asUintN(64, readOperand64(this.processor, instruction, 0)));
    const value = BigInt.asUintN(64, readOperand64(this.processor, instruction, 1));
    const field = vmcsFieldOf(encoding);
    if (!field) {
      this.#fail(12);
      return;
    }
    if (encoding & 1) {
      const low = vmcs.readEncoding(field.encoding) & 0xffffffffn;
      vmcs.writeEncoding(field.encoding, ((value & 0xffffffffn) << 32n) | low);
    } else vmcs.writeEncoding(field.encoding, value);
    this.#succeed();
  }

  #invalidate(mnemonic: 'invept' | 'invvpid', instruction: Decoded): void {
    const { processor } = this;
    const type = Number(BigInt.asUintN(64, readOperand64(processor, instruction, 0)));
    const at = linearAddress(processor, instruction, memoryOperand(instruction, 1), 16, false);
    const first = read64(processor, at);
    const second = read64(processor, at + 8);
    if (mnemonic === 'invept') {
      const valid = second === 0n && (type === 2 || (type === 1 && isEptPointer(first)));
      if (!valid) {
        this.#fail(28);
        return;
      }
      processor.mmu.invalidateEpt(type, Number(first));
    } else {
      const vpid = Number(first & 0xffffn);
      const low = Number(BigInt.asIntN(32, second));
      const high = Number(BigInt.asIntN(32, second >> 32n));
      const allowed = type <= 3 && first >> 16n === 0n && (type === 2 || vpid !== 0);
      if (!allowed || (type === 0 && !processor.mmu.isCanonical(low, high))) {
        this.#fail(28);
        return;
      }
      processor.mmu.invalidateVpid(type, vpid, low, high);
    }
    this.#succeed();
  }

  #enterByInstruction(launch: boolean): void {
    const result = this.enter(launch);
    if (result.kind === 'fail-invalid') this.#failInvalid();
    else if (result.kind === 'fail-valid') this.#fail(result.error);
    else if (result.kind === 'entered') {
      this.#state.ripAssigned = true;
      // timer, windows and the monitor trap flag are looked at before the guest's first instruction
      this.processor.endSlice();
    }
  }

  // ---------------------------------------------------------------- VM entry

  /**
   * VMLAUNCH or VMRESUME on the current VMCS (SDM 3C chapter 26).
   * @param unchecked the VMM vouches that since its last entry only fields changed that no check looks at
   */
  enter(launch: boolean, unchecked = false): EntryResult {
    const { processor } = this;
    const state = this.#state;
    const vmcs = this.current;
    if (!vmcs) return { kind: 'fail-invalid' };
    if ((state.get32(State.interruptibility) & 2) !== 0) return { kind: 'fail-valid', error: 26, failed: undefined };
    if (launch && vmcs.launched) return { kind: 'fail-valid', error: 4, failed: undefined };
    if (!launch && !vmcs.launched) return { kind: 'fail-valid', error: 5, failed: undefined };
    const failed = unchecked ? undefined : checkEntry(processor, vmcs);
    if (failed && failed.group !== 'guest' && failed.group !== 'msr-loading') {
      this.details = { cause: failed.message, codeAddress: -1, failed };
      return { kind: 'fail-valid', error: failed.group === 'host' ? 8 : 7, failed };
    }
    if (failed)
      return this.#entryFailure(vmcs, ExitReason.EntryFailureGuestState, BigInt(failed.qualification), failed);
    this.#setIntercepts(vmcs);
    const intercepts = this.#intercepts!;
    state.set32(State.nonRoot, 1);
    state.setNumber(State.eptp, intercepts.hasSecondary('enable EPT') ? vmcs.readNumber('eptPointer') : 0);
    const vpid = intercepts.hasSecondary('enable VPID') ? vmcs.read32('virtualProcessorIdentifier') & 0xffff : 0;
    state.set32(State.vpid, vpid);
    if (vpid === 0) processor.mmu.flushVpidZero();
    loadGuest(processor, vmcs);
    const bad = loadMsrs(processor, vmcs.readNumber('entryMsrLoadAddress'), vmcs.read32('entryMsrLoadCount'));
    if (bad !== undefined) return this.#entryFailure(vmcs, ExitReason.EntryFailureMsrLoading, BigInt(bad), undefined);
    if (launch) vmcs.launched = true;
    this.#startPreemptionTimer(vmcs);
    if (!this.#inject(vmcs)) this.#deliverPendingDebug(vmcs);
    // a guest in HLT executes nothing; blocking by STI and MOV SS ends after one instruction
    if (state.get32(State.activity) !== 0 || (state.get32(State.interruptibility) & 3) !== 0) processor.endSlice();
    return { kind: 'entered' };
  }

  /** A VM exit with bit 31 of the reason set; nothing of the guest was run (SDM 3C 26.8). */
  #entryFailure(vmcs: Vmcs, reason: number, qualification: bigint, failed: FailedCheck | undefined): EntryResult {
    vmcs.write32('exitReason', (reason | 0x80000000) >>> 0);
    vmcs.write('exitQualification', qualification);
    this.details = {
      cause: failed?.message ?? 'an entry of the VM-entry MSR-load list could not be loaded',
      codeAddress: -1,
      failed,
    };
    this.#leave(vmcs);
    return { kind: 'exited', failed };
  }

  /** Pending debug exceptions are delivered after the entry, unless MOV SS still blocks them (SDM 3C 26.7.3). */
  #deliverPendingDebug(vmcs: Vmcs): void {
    const pending = vmcs.read32('guestPendingDebugExceptions');
    if ((pending & DEBUG_DUE) === 0 || (this.#state.get32(State.interruptibility) & 2) !== 0) return;
    const { processor } = this;
    this.#state.set32(State.activity, 0);
    try {
      deliverDebug(processor, pending & DEBUG_STATUS);
    } catch (thrown) {
      processor.handle(thrown);
    }
  }

  /** Event injection (SDM 3C 26.6); false if there was none. */
  #inject(vmcs: Vmcs): boolean {
    const information = vmcs.read32('entryInterruptionInformation');
    if ((information & 0x80000000) === 0) return false;
    vmcs.write32('entryInterruptionInformation', information & 0x7fffffff);
    const type = (information >>> 8) & 7;
    if (type === OTHER_EVENT) {
      // a pending MTF exit: before the guest's first instruction (SDM 3C 26.6.2)
      this.exit(
        this.#intercepts!.make(ExitReason.MonitorTrapFlag, 'VM entry injected a pending monitor-trap-flag exit'),
      );
      return true;
    }
    const length = type >= EventType.SoftwareInterrupt ? vmcs.read32('entryInstructionLength') : 0;
    const { processor } = this;
    this.#state.set32(State.activity, 0);
    const event: CpuEvent = {
      vector: information & 0xff,
      type,
      errorCode: information & 0x800 ? vmcs.read32('entryExceptionErrorCode') : undefined,
      returnRip: this.#state.rip + length,
      resume: false,
      length,
      injected: true,
      addressLow: this.#state.get32(State.cr2),
      addressHigh: this.#state.get32(State.cr2 + 4),
      debugStatus: 0,
    };
    try {
      injectEvent(processor, event);
    } catch (thrown) {
      processor.handle(thrown);
    }
    return true;
  }

  #startPreemptionTimer(vmcs: Vmcs): void {
    this.#state.setNumber(State.preemptionDeadline, 0);
    if ((vmcs.read32('pinBasedControls') & PinBasedControl['activate VMX-preemption timer']) === 0) return;
    // IA32_VMX_MISC[4:0] = 0: it counts down with every TSC tick
    this.#preemptionDeadline = this.processor.clock.now() + vmcs.read32('vmxPreemptionTimerValue');
  }

  // ---------------------------------------------------------------- VM exit

  /** Runs what a VMM does in its guest's stead: task switches in it do not exit. */
  emulateTaskSwitch<T>(body: () => T): T {
    const unit = this.#interceptsFor(this.current!);
    unit.taskSwitchExits = false;
    try {
      return body();
    } finally {
      unit.taskSwitchExits = true;
    }
  }

  /** Takes an exit: guest state saved, host state loaded. True = the run loop is to be left (the owner wants it). */
  exit(exit: VmExit): boolean {
    const vmcs = this.current!;
    const { processor } = this;
    vmcs.write32('exitReason', exit.reason);
    vmcs.write('exitQualification', BigInt.asUintN(64, exit.qualification));
    vmcs.write('guestLinearAddress', exit.guestLinear ?? 0n);
    vmcs.writeNumber('guestPhysicalAddress', exit.guestPhysical ?? 0);
    vmcs.write32('exitInstructionLength', exit.instructionLength);
    vmcs.write32('exitInstructionInformation', exit.instructionInformation);
    vmcs.write32('exitInterruptionInformation', exit.interruptionInformation);
    vmcs.write32('exitInterruptionErrorCode', exit.interruptionErrorCode);
    vmcs.write32('idtVectoringInformation', exit.vectoringInformation);
    vmcs.write32('idtVectoringErrorCode', exit.vectoringErrorCode);
    vmcs.write32('entryInterruptionInformation', vmcs.read32('entryInterruptionInformation') & 0x7fffffff);
    this.details.cause = exit.cause;
    this.details.codeAddress = processor.codeAddress;
    this.details.failed = undefined;
    saveGuest(processor, vmcs);
    if (savesResumeFlag(this.#state, exit)) vmcs.write32('guestRflags', vmcs.read32('guestRflags') | RF);
    if (
      this.#preemptionDeadline !== undefined &&
      vmcs.read32('exitControls') & ExitControl['save VMX-preemption timer value']
    ) {
      vmcs.write32('vmxPreemptionTimerValue', Math.max(0, this.#preemptionDeadline - processor.clock.now()));
    }
    if (!storeMsrs(processor, vmcs.readNumber('exitMsrStoreAddress'), vmcs.read32('exitMsrStoreCount')))
      return this.#abort(vmcs, AbortIndicator.GuestMsrs, 'an entry of the VM-exit MSR-store list could not be stored');
    return this.#leave(vmcs);
  }

  #leave(vmcs: Vmcs): boolean {
    const { processor } = this;
    const state = this.#state;
    this.#preemptionDeadline = undefined;
    state.set32(State.iteration, 0); // RF says it now
    const vpid = state.get32(State.vpid);
    state.set32(State.nonRoot, 0);
    state.setNumber(State.eptp, 0);
    this.#setIntercepts(undefined);
    loadHost(processor, vmcs);
    if (vpid === 0) processor.mmu.flushVpidZero();
    if (!loadHostPdptes(processor))
      return this.#abort(vmcs, AbortIndicator.HostPdptes, 'a host PDPTE has a reserved bit set');
    const bad = loadMsrs(processor, vmcs.readNumber('exitMsrLoadAddress'), vmcs.read32('exitMsrLoadCount'));
    if (bad !== undefined)
      return this.#abort(
        vmcs,
        AbortIndicator.HostMsrs,
        `entry ${bad} of the VM-exit MSR-load list could not be loaded`,
      );
    if (this.owner) return this.owner(vmcs);
    processor.endSlice();
    return false;
  }

  /** VMX abort: the indicator goes into the VMCS region, the processor into shutdown (SDM 3C 27.7). */
  #abort(vmcs: Vmcs, indicator: number, detail: string): boolean {
    vmcs.abort = indicator;
    const { state } = this.processor;
    state.set32(State.nonRoot, 0);
    this.#setIntercepts(undefined);
    const link: FaultLink = {
      vector: Vector.DF,
      errorCode: undefined,
      address: undefined,
      codeSelector: state.selector(1),
      rip: state.rip,
      code: undefined,
      detail: `VMX abort ${indicator}: ${detail}; the processor shuts down`,
      delivery: undefined,
    };
    return this.processor.tripleFault(new TripleFault([link]));
  }

  /**
   * Events between instructions in non-root mode: preemption timer, interrupt window, NMI window (SDM 3C 25.5, 25.2).
   * True if an exit was made.
   */
  betweenInstructions(externalInterrupt: ExternalInterrupt | undefined): boolean {
    const intercepts = this.#intercepts;
    if (!intercepts) return false;
    const exit = boundaryExit(this.#state, intercepts, this.untilPreemption <= 0, externalInterrupt);
    if (!exit) return false;
    this.exit(exit);
    return true;
  }

  /** In non-root mode: makes the exit of an event that came from outside. */
  exitFor(reason: number, cause: string, interruptionInformation = 0): void {
    const exit = this.#intercepts!.make(reason, cause);
    exit.interruptionInformation = interruptionInformation;
    this.exit(exit);
    // SDM 3C 27.5.5: an NMI that exits blocks NMIs
    if (interruptionInformation !== 0) {
      this.#state.set32(State.interruptibility, this.#state.get32(State.interruptibility) | 8);
    }
  }

  /** In non-root mode with "NMI exiting". */
  get exitsOnNmi(): boolean {
    return this.#intercepts?.hasPin('NMI exiting') ?? false;
  }

  /** In non-root mode with "external-interrupt exiting": interrupts are the VMM's, never the guest's. */
  get interruptsExit(): boolean {
    return this.#intercepts?.hasPin('external-interrupt exiting') ?? false;
  }

  /** The monitor trap flag is on: an exit is due after each instruction. */
  get monitorTrap(): boolean {
    return this.#intercepts?.hasPrimary('monitor trap flag') ?? false;
  }

  /** Makes the exit of the monitor trap flag, after an instruction. */
  trapMonitor(): boolean {
    return this.exit(this.#intercepts!.make(ExitReason.MonitorTrapFlag, 'primary control "monitor trap flag" is 1'));
  }

  /** Instructions that may run before the preemption timer must be looked at. */
  get untilPreemption(): number {
    return this.#preemptionDeadline === undefined
      ? Number.POSITIVE_INFINITY
      : this.#preemptionDeadline - this.processor.clock.now();
  }
}
