import { PrimaryControl } from '../../isa/vmx/controls';
import { Vector } from '../../machine/cpu/fault';
import { Activity, State } from '../../machine/cpu/layout';
import type { Processor } from '../../machine/cpu/processor';
import { EventType } from '../../machine/cpu/system/event';
import { PHYSICAL_ADDRESS_BITS } from '../../machine/cpu/system/paging';
import type { Vmcs } from '../../machine/cpu/vmx/vmcs';
import { VCpuRegisters } from './vcpu-registers';
import type { VmMemory } from './vm-memory';

const RF = 0x10000;
/** Reserved bits of a PDPTE of PAE paging (SDM 3A table 4-8), with those beyond MAXPHYADDR. */
const PDPTE_RESERVED = 0x1e6n | (0xffffffffffffffffn << BigInt(PHYSICAL_ADDRESS_BITS));

/** A vCPU as its VMM's exit handlers see it after an exit: fields of the VMCS, and the registers that it does not hold. */
export class VCpu {
  /** Instructions retired after the last software interrupt that was counted here. */
  #counted = -1;

  /** Its registers outside the VMCS, while another vCPU has the processor. */
  readonly registers = new VCpuRegisters();
  /** It waits for a start-up IPI. */
  waiting = false;
  /** Instructions that it retired up to its present turn. */
  retired = 0;

  constructor(
    readonly processor: Processor,
    readonly vmcs: Vmcs,
    readonly memory: VmMemory,
    /** Its number, and initial APIC ID. */
    readonly index = 0,
    /** vCPUs of the guest. */
    readonly count = 1,
  ) {}

  /** Low 32 bits of a general register other than RSP (which stands in the VMCS), unsigned. */
  gpr32(index: number): number {
    return index === 4 ? this.vmcs.read32('guestRsp') : this.processor.state.gpr32(index);
  }

  gpr64(index: number): bigint {
    return index === 4 ? this.vmcs.read('guestRsp') : this.processor.state.gpr64(index);
  }

  setGpr64(index: number, value: bigint): void {
    if (index === 4) this.vmcs.write('guestRsp', value);
    else this.processor.state.setGpr64(index, value);
  }

  /** Writes 32 bits and clears the upper half. */
  setGpr32(index: number, value: number): void {
    this.setGpr64(index, BigInt(value >>> 0));
  }

  /** The exit was of an instruction that the VMM has done in the guest's stead: RIP goes on, one more has retired. */
  skipInstruction(): void {
    const { vmcs } = this;
    const next = vmcs.readNumber('guestRip') + vmcs.read32('exitInstructionLength');
    if (this.in64BitCode) vmcs.writeNumber('guestRip', next);
    else {
      const wide = (vmcs.read32('guestCsAccessRights') & 0x4000) !== 0 || vmcs.read32('guestCsLimit') > 0xffff;
      vmcs.write32('guestRip', wide ? next >>> 0 : next & 0xffff);
    }
    vmcs.write32('guestRflags', vmcs.read32('guestRflags') & ~RF);
    // blocking by STI and MOV SS lasts one instruction
    vmcs.write32('guestInterruptibilityState', vmcs.read32('guestInterruptibilityState') & ~3);
    this.processor.countRetired();
  }

  /** An iteration of a repeated string instruction was done, and it is not the last: interrupts push RF as 1 (SDM 3B 17.3.1.1). */
  countIteration(): void {
    this.vmcs.write32('guestRflags', this.vmcs.read32('guestRflags') | RF);
    this.processor.countRetired();
  }

  /** An access to ports that the VMM did in the guest's stead meets the guest's I/O breakpoints (SDM 3B 17.2.4: with CR4.DE). */
  notePortAccess(port: number, bytes: number): void {
    this.processor.debug.noteIo(port, bytes, (this.vmcs.read32('guestCr4') & 8) !== 0);
  }

  /** So does its access to memory, and the watchpoints of whoever debugs the guest. */
  noteMemoryAccess(linear: bigint, bytes: number, write: boolean): void {
    const { debug } = this.processor;
    if (!debug.watching) return;
    const instruction = this.vmcs.readNumber('guestCsBase') + this.vmcs.readNumber('guestRip');
    debug.note(Number(BigInt.asIntN(64, linear)), bytes, write, instruction);
  }

  /** The guest runs 64-bit code: EFER.LMA and CS.L. */
  get in64BitCode(): boolean {
    const { vmcs } = this;
    return (vmcs.read32('guestIa32Efer') & 0x400) !== 0 && (vmcs.read32('guestCsAccessRights') & 0x2000) !== 0;
  }

  get interruptsOn(): boolean {
    return (this.vmcs.read32('guestRflags') & 0x200) !== 0;
  }

  /** Whether an interrupt could be injected at the next entry. */
  get interruptible(): boolean {
    const pending = (this.vmcs.read32('entryInterruptionInformation') & 0x80000000) !== 0;
    return this.interruptsOn && (this.vmcs.read32('guestInterruptibilityState') & 3) === 0 && !pending;
  }

  /** The guest's current privilege level: DPL of SS. */
  get cpl(): number {
    return (this.vmcs.read32('guestSsAccessRights') >>> 5) & 3;
  }

  /** "PAUSE exiting": wanted while another vCPU could run, which then gets its turn. */
  get exitsOnPause(): boolean {
    return (this.vmcs.read32('primaryProcessorBasedControls') & PrimaryControl['PAUSE exiting']) !== 0;
  }

  set exitsOnPause(exits: boolean) {
    const others = this.vmcs.read32('primaryProcessorBasedControls') & ~PrimaryControl['PAUSE exiting'];
    this.vmcs.write32('primaryProcessorBasedControls', others | (exits ? PrimaryControl['PAUSE exiting'] : 0));
  }

  /** An event is injected at the next entry. */
  get injects(): boolean {
    return (this.vmcs.read32('entryInterruptionInformation') & 0x80000000) !== 0;
  }

  injectNmi(): void {
    this.vmcs.write32('entryInterruptionInformation', (0x80000000 | (EventType.Nmi << 8) | 2) >>> 0);
    this.vmcs.write32('guestActivityState', Activity.Active);
  }

  /** A start-up IPI, which it waited for (SDM 3A 8.4.3). */
  start(vector: number): void {
    const { vmcs } = this;
    vmcs.write32('guestCsSelector', vector << 8);
    vmcs.writeNumber('guestCsBase', vector << 12);
    vmcs.writeNumber('guestRip', 0);
    vmcs.write32('guestActivityState', Activity.Active);
    this.waiting = false;
  }

  /** After a reset: CR0 and CR4 as the guest sees them, with what VMX demands; nothing is injected or waited for. */
  setControlRegisters(cr0: bigint, forced0: bigint, forced4: bigint): void {
    const { vmcs } = this;
    vmcs.write('cr0ReadShadow', cr0);
    vmcs.write('cr4ReadShadow', 0n);
    vmcs.write('guestCr0', cr0 | forced0);
    vmcs.write('guestCr4', forced4);
    vmcs.write32('entryInterruptionInformation', 0);
    const controls = vmcs.read32('primaryProcessorBasedControls');
    vmcs.write32('primaryProcessorBasedControls', controls & ~PrimaryControl['interrupt-window exiting']);
    this.flushTlb();
  }

  injectInterrupt(vector: number): void {
    this.vmcs.write32('entryInterruptionInformation', (0x80000000 | (EventType.ExternalInterrupt << 8) | vector) >>> 0);
  }

  /** Injects a fault at the next entry: RF is set in the flags that it pushes (SDM 3A 6.8.3). */
  injectException(vector: number, errorCode?: number): void {
    this.vmcs.write32('guestRflags', this.vmcs.read32('guestRflags') | RF);
    const information =
      0x80000000 | (EventType.HardwareException << 8) | vector | (errorCode !== undefined ? 0x800 : 0);
    this.vmcs.write32('entryInterruptionInformation', information >>> 0);
    this.vmcs.write32('entryExceptionErrorCode', errorCode ?? 0);
  }

  injectGeneralProtection(): void {
    this.injectException(Vector.GP, 0);
  }

  /** CR2 is not in the VMCS: the VMM sets it before it injects a page fault. */
  setCr2(address: bigint): void {
    this.processor.state.set64(State.cr2, address);
  }

  /**
   * PAE paging begins: the four PDPTEs are read from the guest's memory into the VMCS (SDM 3C 25.6). False, with nothing changed,
   * where one that is present has a reserved bit set.
   */
  loadPdptes(): boolean {
    const base = Number(this.vmcs.read('guestCr3') & 0xffffffe0n);
    const entries = [0, 8, 16, 24].map((offset) => this.memory.readU64(base + offset));
    if (entries.some((entry) => (entry & 1n) !== 0n && (entry & PDPTE_RESERVED) !== 0n)) return false;
    (['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3'] as const).forEach((key, i) => {
      this.vmcs.write(key, entries[i]);
    });
    return true;
  }

  /** INVVPID, single context: the guest's translations go, as they would with its own change of CR0.PG. */
  flushTlb(): void {
    this.processor.mmu.invalidateVpid(1, this.vmcs.read32('virtualProcessorIdentifier'), 0, 0);
  }

  /** An event whose delivery the exit cut short is delivered again at the next entry (SDM 3C 27.2.4). */
  reinjectVectored(): boolean {
    const { vmcs } = this;
    const information = vmcs.read32('idtVectoringInformation');
    if ((information & 0x80000000) === 0) return false;
    vmcs.write32('entryInterruptionInformation', (information & ~0x1000) >>> 0);
    // INT n and its like are done by the injection: they count once, however often it exits
    if (((information >>> 8) & 7) >= EventType.SoftwareInterrupt && this.#counted !== this.processor.retired) {
      this.processor.countRetired();
      this.#counted = this.processor.retired;
    }
    vmcs.write32('entryExceptionErrorCode', vmcs.read32('idtVectoringErrorCode'));
    vmcs.write32('entryInstructionLength', vmcs.read32('exitInstructionLength'));
    return true;
  }
}
