/** What the VMM does about each VM exit: one handler an exit reason. Each says in words what it did. */
import type { ExitReasonName } from '../../isa/vmx/exit-reasons';
import { Vector } from '../../machine/cpu/fault';
import { Activity, State } from '../../machine/cpu/layout';
import { cpuid, defaultProfile, supportedXcr0 } from '../../machine/cpu/system/cpuid';
import type { LocalApic } from '../../machine/devices/local-apic';
import { REFUSED, readApicMsr } from '../../machine/devices/local-apic-msrs';
import type { Platform } from '../../machine/platform';
import { guestViewOfCr0, handleControlRegister } from './control-registers';
import { handleCoprocessorError } from './coprocessor-error';
import { pagingOf, walkGuest } from './guest-walk';
import { handleRdmsr, handleWrmsr } from './msrs';
import type { VCpu } from './vcpu';
import type { VCpuSet } from './vcpu-set';
import type { VmMemory } from './vm-memory';

/** What handlers work on. */
export interface Vm {
  readonly memory: VmMemory;
  /** The guest's virtual hardware. */
  readonly platform: Platform;
  /** The virtual local APIC of the vCPU that exited. */
  readonly localApic: LocalApic;
  readonly vcpus: VCpuSet;
  /** Gives other vCPUs what arrived for them, and the processor to the one whose turn it is; says what was done. */
  schedule(): string;
  /** The guest is over: halted with interrupts off. */
  halted(): void;
  /** The next instruction accesses a virtual device, or ROM, at this guest-physical address: it is emulated. */
  emulateAccess(guestPhysical: number): void;
  /** The next instruction is an x87 one that goes on in spite of the pending error: it is emulated. */
  emulateIgnoringError(): void;
  /**
   * The guest is entered with the task switch that exited done in its stead.
   * @param selector of the new TSS
   * @param source as in the exit qualification: 0 CALL, 1 IRET, 2 JMP, 3 task gate in the IDT
   */
  emulateTaskSwitch(selector: number, source: number): void;
}

/** Handles an exit; gives what was done, in words. `undefined`: the guest cannot go on, and the text says why. */
export type ExitHandler = (vcpu: VCpu, vm: Vm) => string;

/** The VMM cannot go on with this guest. */
export class UnsupportedExit {
  constructor(readonly message: string) {}
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** What the guest's CPUID says: this processor without VMX, as the VMM runs one level of guests. */
const virtualCpu = defaultProfile();

function handleCpuid(vcpu: VCpu, vm: Vm): string {
  const { state } = vcpu.processor;
  const leaf = vcpu.gpr32(0);
  const subleaf = vcpu.gpr32(1);
  // leaves that depend on CR4 and on 64-bit mode must see the guest's
  const hostCr4 = state.get64(State.cr4);
  const hostBits = state.get32(State.codeBits);
  state.set32(State.codeBits, vcpu.in64BitCode ? 64 : 32);
  state.set64(State.cr4, vcpu.vmcs.read('guestCr4'));
  const source = {
    state,
    profile: virtualCpu,
    apicId: vcpu.index,
    cpuCount: vcpu.count,
    readPlatformMsr: (index: number) => {
      const value = readApicMsr(vm.localApic, index, 0n);
      return value === REFUSED ? undefined : value;
    },
  };
  const { eax, ebx, ecx, edx } = cpuid(source, leaf, subleaf);
  state.set64(State.cr4, hostCr4);
  state.set32(State.codeBits, hostBits);
  vcpu.setGpr32(0, eax);
  vcpu.setGpr32(3, ebx);
  vcpu.setGpr32(1, ecx);
  vcpu.setGpr32(2, edx);
  vcpu.skipInstruction();
  return `gave leaf ${hex(leaf)} of the virtual CPU`;
}

function handleHlt(vcpu: VCpu, vm: Vm): string {
  vcpu.skipInstruction();
  vcpu.vmcs.write32('guestActivityState', Activity.Halted);
  if (!vm.vcpus.alive) {
    vm.halted();
    return 'ended the run: the guest halted with interrupts off';
  }
  return vcpu.interruptsOn
    ? 'let the vCPU sleep until an interrupt'
    : 'let the vCPU sleep; only an NMI or INIT wakes it';
}

function handleIo(vcpu: VCpu, vm: Vm): string {
  const qualification = vcpu.vmcs.read32('exitQualification');
  const size = ((qualification & 7) + 1) as 1 | 2 | 4;
  const input = (qualification & 8) !== 0;
  const port = qualification >>> 16;
  if (qualification & 16) return handleStringIo(vcpu, vm, port, size, input);
  vcpu.notePortAccess(port, size);
  if (input) {
    const value = vm.platform.readPort(port, size) >>> 0;
    const old = vcpu.gpr64(0);
    if (size === 4) vcpu.setGpr32(0, value);
    else {
      const mask = size === 1 ? 0xffn : 0xffffn;
      vcpu.setGpr64(0, (old & ~mask) | (BigInt(value) & mask));
    }
    vcpu.skipInstruction();
    return `read ${hex(value)} from the virtual device at port ${hex(port)}`;
  }
  const value = size === 4 ? vcpu.gpr32(0) : vcpu.gpr32(0) & (size === 1 ? 0xff : 0xffff);
  // at the time at which the bare machine would: before the instruction counts as retired
  vm.platform.writePort(port, size, value);
  vcpu.skipInstruction();
  return `wrote ${hex(value)} to the virtual device at port ${hex(port)}`;
}

/** INS and OUTS: one iteration; the guest comes again for the next. */
function handleStringIo(vcpu: VCpu, vm: Vm, port: number, size: 1 | 2 | 4, input: boolean): string {
  const { vmcs } = vcpu;
  const repeat = (vmcs.read32('exitQualification') & 32) !== 0;
  const addressBits = [16, 32, 64][(vmcs.read32('exitInstructionInformation') >>> 7) & 7] ?? 64;
  const mask = (1n << BigInt(addressBits)) - 1n;
  const count = vcpu.gpr64(1) & mask;
  if (repeat && count === 0n) {
    vcpu.skipInstruction();
    return 'nothing to repeat';
  }
  const linear = vmcs.read('guestLinearAddress');
  const pages: number[] = [];
  for (let i = 0; i < size; i++) {
    const found = walkGuest(pagingOf(vmcs), vm.memory, linear + BigInt(i), input, vcpu.cpl === 3, true);
    if ('errorCode' in found) {
      vcpu.setCr2(linear + BigInt(i));
      vcpu.injectException(Vector.PF, found.errorCode);
      return 'injected a page fault for the string operand';
    }
    pages.push(found.guestPhysical);
  }
  vcpu.notePortAccess(port, size);
  vcpu.noteMemoryAccess(linear, size, input);
  let value = 0;
  if (input) {
    value = vm.platform.readPort(port, size) >>> 0;
    pages.forEach((at, i) => {
      const byte = (value >>> (8 * i)) & 0xff;
      if (vm.memory.isDevice(at)) vm.platform.writeMemory(at, 1, byte);
      else vm.memory.write(at, Uint8Array.of(byte));
    });
  } else {
    pages.forEach((at, i) => {
      value |= (vm.memory.isDevice(at) ? vm.platform.readMemory(at, 1) : vm.memory.readU8(at)) << (8 * i);
    });
    vm.platform.writePort(port, size, value >>> 0);
  }
  const step = (vmcs.read32('guestRflags') & 0x400) !== 0 ? -BigInt(size) : BigInt(size);
  const keep = addressBits === 16 ? ~mask : 0n;
  const advance = (register: number, by: bigint): void => {
    const old = vcpu.gpr64(register);
    vcpu.setGpr64(register, BigInt.asUintN(64, ((old + by) & mask) | (old & keep)));
  };
  advance(input ? 7 : 6, step);
  if (repeat) advance(1, -1n);
  if (repeat && count > 1n) vcpu.countIteration();
  else vcpu.skipInstruction();
  return `${input ? 'read' : 'wrote'} ${hex(value >>> 0)} ${input ? 'from' : 'to'} the virtual device at port ${hex(port)}`;
}

function handleEptViolation(vcpu: VCpu, vm: Vm): string {
  const address = Number(vcpu.vmcs.read('guestPhysicalAddress'));
  vcpu.reinjectVectored();
  const isMemory = !vm.memory.isDevice(address);
  const writes = (vcpu.vmcs.read32('exitQualification') & 2) !== 0;
  if (!isMemory || (writes && vm.memory.isRom(address))) {
    vm.emulateAccess(address);
    return isMemory
      ? `dropped the write to ROM at guest-physical address ${hex(address)}`
      : `did the ${writes ? 'write' : 'read'} on the virtual device at guest-physical address ${hex(address)}`;
  }
  const host = vm.memory.populate(address);
  const page = (value: number): string => hex(Math.floor(value / 4096) * 4096);
  return `mapped guest-physical page ${page(address)} to host frame ${page(host)}`;
}

/** Exceptions in the bitmap are the guest's own: it gets them back. #MF stands in for FERR# too. */
function handleException(vcpu: VCpu, vm: Vm): string {
  const { vmcs } = vcpu;
  const information = vmcs.read32('exitInterruptionInformation');
  const vector = information & 0xff;
  if (vector === Vector.MF && (guestViewOfCr0(vmcs) & 0x20n) === 0n) return handleCoprocessorError(vcpu, vm);
  if (vector === Vector.PF) vcpu.setCr2(vmcs.read('exitQualification'));
  vcpu.injectException(vector, information & 0x800 ? vmcs.read32('exitInterruptionErrorCode') : undefined);
  return `gave the exception (vector ${vector}) back to the guest`;
}

/** The host's timer or a device kicked the vCPU out: does the guest have an interrupt to take? */
function handleExternalInterrupt(vcpu: VCpu, vm: Vm): string {
  vcpu.reinjectVectored();
  const done = vm.schedule();
  if (!vm.vcpus.alive) {
    vm.halted();
    return `${done}ended the run: no vCPU runs, and none is to be woken`;
  }
  const { current } = vm.vcpus;
  if (vm.vcpus.injectNmi()) return `${done}injected an NMI`;
  return done + (current.waiting ? 'the vCPU waits for a start-up IPI' : offerInterrupt(current, vm));
}

function handlePause(vcpu: VCpu, vm: Vm): string {
  // at the time at which the bare machine would: before the instruction counts as retired
  const done = vm.vcpus.pause();
  vcpu.skipInstruction();
  return done;
}

const INTERRUPT_WINDOW = 4;

/** Injects the virtual interrupt controller's interrupt, or waits for the guest to be able to take it. */
export function offerInterrupt(vcpu: VCpu, vm: Vm): string {
  const { vmcs } = vcpu;
  const controls = vmcs.read32('primaryProcessorBasedControls');
  const interrupts = vm.localApic;
  if (!interrupts.pending()) {
    vmcs.write32('primaryProcessorBasedControls', controls & ~INTERRUPT_WINDOW);
    return 'nothing is pending for the guest';
  }
  if (!vcpu.interruptible) {
    vmcs.write32('primaryProcessorBasedControls', controls | INTERRUPT_WINDOW);
    return 'an interrupt is pending and the guest cannot take it yet: asked for an interrupt-window exit';
  }
  vmcs.write32('primaryProcessorBasedControls', controls & ~INTERRUPT_WINDOW);
  const vector = interrupts.acknowledge();
  vcpu.injectInterrupt(vector);
  vmcs.write32('guestActivityState', 0);
  return `injected interrupt vector ${hex(vector)}`;
}

function refuseWithUndefinedOpcode(vcpu: VCpu): string {
  vcpu.injectException(Vector.UD);
  return 'injected #UD: the virtual CPU does not have this instruction';
}

const taskSwitchSources = ['CALL', 'IRET', 'JMP', 'a task gate in the IDT'] as const;

/** A task switch exits always (SDM 3C 25.2): the VMM does what the processor would have done. */
function handleTaskSwitch(vcpu: VCpu, vm: Vm): string {
  const qualification = vcpu.vmcs.read32('exitQualification');
  const selector = qualification & 0xffff;
  const source = qualification >>> 30;
  // through a gate: the event is delivered again, and the delivery switches
  vcpu.reinjectVectored();
  vm.emulateTaskSwitch(selector, source);
  return `switched tasks in the guest's stead: to the TSS ${hex(selector)}, by ${taskSwitchSources[source]}`;
}

function skip(vcpu: VCpu): string {
  vcpu.skipInstruction();
  return 'nothing to do: the caches are not modelled';
}

function handleXsetbv(vcpu: VCpu): string {
  const value = (vcpu.gpr64(2) << 32n) | BigInt(vcpu.gpr32(0));
  const supported = BigInt(supportedXcr0(virtualCpu));
  if (vcpu.gpr32(1) !== 0 || (value & 1n) === 0n || (value & ~supported) !== 0n || vcpu.cpl !== 0) {
    vcpu.injectGeneralProtection();
    return 'injected #GP(0): not an XCR0 value of the virtual CPU';
  }
  vcpu.processor.state.set64(State.xcr0, value);
  vcpu.skipInstruction();
  return `set XCR0 to ${hex(value)}`;
}

/** Handlers by exit reason. Reasons that the VMM's controls never let happen are absent. */
export const exitHandlers: Readonly<Partial<Record<ExitReasonName, ExitHandler>>> = {
  EXCEPTION_OR_NMI: handleException,
  EXTERNAL_INTERRUPT: handleExternalInterrupt,
  INTERRUPT_WINDOW: offerInterrupt,
  CPUID: handleCpuid,
  HLT: handleHlt,
  PAUSE: handlePause,
  INVD: skip,
  WBINVD: skip,
  IO_INSTRUCTION: handleIo,
  RDMSR: (vcpu, vm) => handleRdmsr(vcpu, vm.localApic),
  WRMSR: (vcpu, vm) => handleWrmsr(vcpu, vm.localApic),
  CR_ACCESS: (vcpu, vm) => handleControlRegister(vcpu, vm.localApic),
  TASK_SWITCH: handleTaskSwitch,
  EPT_VIOLATION: handleEptViolation,
  XSETBV: handleXsetbv,
  GETSEC: refuseWithUndefinedOpcode,
  INVEPT: refuseWithUndefinedOpcode,
  INVVPID: refuseWithUndefinedOpcode,
  VMCALL: refuseWithUndefinedOpcode,
  VMCLEAR: refuseWithUndefinedOpcode,
  VMLAUNCH: refuseWithUndefinedOpcode,
  VMPTRLD: refuseWithUndefinedOpcode,
  VMPTRST: refuseWithUndefinedOpcode,
  VMREAD: refuseWithUndefinedOpcode,
  VMRESUME: refuseWithUndefinedOpcode,
  VMWRITE: refuseWithUndefinedOpcode,
  VMXOFF: refuseWithUndefinedOpcode,
  VMXON: refuseWithUndefinedOpcode,
};
