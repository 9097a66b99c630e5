/** What exits in non-root mode: the VMCS's controls and bitmaps against what the guest does (SDM 3C 26.1). */
import type { Decoded, DecodedOperand } from '../../../isa/decoded';
import { PinBasedControl, PrimaryControl, SecondaryControl } from '../../../isa/vmx/controls';
import { ExitReason } from '../../../isa/vmx/exit-reasons';
import type { PhysicalMemory } from '../../memory';
import type { Cpu } from '../cpu';
import { Segment, State } from '../layout';
import type { TripleFault } from '../system/exceptions';
import type { Intercepts } from './intercepts';
import { VmExit } from './vm-exit';
import type { Vmcs } from './vmcs';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const sizeCode = { 16: 0, 32: 1, 64: 2 } as const;

/** Exits that a primary or secondary control decides: reason and control. */
const byPrimary: Readonly<Record<string, readonly [number, keyof typeof PrimaryControl]>> = {
  hlt: [ExitReason.Hlt, 'HLT exiting'],
  invlpg: [ExitReason.Invlpg, 'INVLPG exiting'],
  mwait: [ExitReason.Mwait, 'MWAIT exiting'],
  monitor: [ExitReason.Monitor, 'MONITOR exiting'],
  rdpmc: [ExitReason.Rdpmc, 'RDPMC exiting'],
  rdtsc: [ExitReason.Rdtsc, 'RDTSC exiting'],
  rdtscp: [ExitReason.Rdtscp, 'RDTSC exiting'],
  pause: [ExitReason.Pause, 'PAUSE exiting'],
};
const bySecondary: Readonly<Record<string, readonly [number, keyof typeof SecondaryControl]>> = {
  wbinvd: [ExitReason.Wbinvd, 'WBINVD exiting'],
  rdrand: [ExitReason.Rdrand, 'RDRAND exiting'],
  rdseed: [ExitReason.Rdseed, 'RDSEED exiting'],
};
const always: Readonly<Record<string, number>> = {
  cpuid: ExitReason.Cpuid,
  getsec: ExitReason.Getsec,
  invd: ExitReason.Invd,
  xsetbv: ExitReason.Xsetbv,
  invept: ExitReason.Invept,
  invvpid: ExitReason.Invvpid,
  vmcall: ExitReason.Vmcall,
  vmclear: ExitReason.Vmclear,
  vmlaunch: ExitReason.Vmlaunch,
  vmptrld: ExitReason.Vmptrld,
  vmptrst: ExitReason.Vmptrst,
  vmread: ExitReason.Vmread,
  vmresume: ExitReason.Vmresume,
  vmwrite: ExitReason.Vmwrite,
  vmxoff: ExitReason.Vmxoff,
  vmxon: ExitReason.Vmxon,
};

/** Base "register" of RIP-relative addresses. */
const RIP_BASE = 16;

/** Causes by port: the same ports exit again and again. */
const ioCauses = new Map<number, string>();

/** The VMX unit's answers to {@link Intercepts}, from the current VMCS. */
export class InterceptUnit implements Intercepts {
  readonly #exit = new VmExit();
  readonly #memory: PhysicalMemory;
  /** Control words as VM entry read them; the processor keeps them until the exit. */
  pin = 0;
  /** Told of the faults behind a triple-fault exit, which the VMCS has no room for. */
  onTripleFault: (fault: TripleFault) => void = () => {};
  primary = 0;
  secondary = 0;
  /** False while the VMM does a task switch in the guest's stead. */
  taskSwitchExits = true;
  #exceptionBitmap = 0;

  constructor(
    readonly cpu: Cpu,
    readonly vmcs: Vmcs,
  ) {
    this.#memory = cpu.memory;
    this.refresh();
  }

  /** Reads the control words anew: what VM entry does. */
  refresh(): void {
    const { vmcs } = this;
    this.pin = vmcs.read32('pinBasedControls');
    this.primary = vmcs.read32('primaryProcessorBasedControls');
    const hasSecondary = (this.primary & PrimaryControl['activate secondary controls']) !== 0;
    this.secondary = hasSecondary ? vmcs.read32('secondaryProcessorBasedControls') : 0;
    this.#exceptionBitmap = vmcs.read32('exceptionBitmap');
  }

  /** A fresh exit object; thrown by the caller. */
  make(reason: number, cause: string, instruction?: Decoded): VmExit {
    const exit = this.#exit;
    exit.reason = reason;
    exit.qualification = 0n;
    exit.guestLinear = undefined;
    exit.guestPhysical = undefined;
    exit.instructionLength = instruction?.length ?? 0;
    exit.instructionInformation = 0;
    exit.interruptionInformation = 0;
    exit.interruptionErrorCode = 0;
    exit.vectoringInformation = 0;
    exit.vectoringErrorCode = 0;
    exit.cause = cause;
    exit.retired = false;
    return exit;
  }

  hasPrimary(name: keyof typeof PrimaryControl): boolean {
    return (this.primary & PrimaryControl[name]) !== 0;
  }

  hasPin(name: keyof typeof PinBasedControl): boolean {
    return (this.pin & PinBasedControl[name]) !== 0;
  }

  hasSecondary(name: keyof typeof SecondaryControl): boolean {
    return (this.secondary & SecondaryControl[name]) !== 0;
  }

  instruction(mnemonic: string, instruction: Decoded, linear?: number): void {
    const primary = byPrimary[mnemonic];
    const secondary = bySecondary[mnemonic];
    let exit: VmExit;
    if (primary) {
      if ((this.primary & PrimaryControl[primary[1]]) === 0) return;
      exit = this.make(primary[0], `primary control "${primary[1]}" is 1`, instruction);
    } else if (secondary) {
      if ((this.secondary & SecondaryControl[secondary[1]]) === 0) return;
      exit = this.make(secondary[0], `secondary control "${secondary[1]}" is 1`, instruction);
    } else if (mnemonic === 'invpcid') {
      if (!this.hasSecondary('enable INVPCID') || !this.hasPrimary('INVLPG exiting')) return;
      exit = this.make(ExitReason.Invpcid, 'primary control "INVLPG exiting" is 1', instruction);
    } else {
      const reason = always[mnemonic];
      if (reason === undefined) return;
      exit = this.make(reason, `${mnemonic.toUpperCase()} exits always in non-root mode`, instruction);
    }
    if (mnemonic === 'invlpg') exit.qualification = BigInt.asUintN(64, BigInt(linear ?? 0));
    else exit.qualification = this.#displacement(instruction);
    exit.instructionInformation = operandInformation(instruction);
    throw exit;
  }

  /** Exit qualification of an instruction with a memory operand: its displacement; RIP-relative, with RIP (SDM 3C 28.2.1). */
  #displacement(instruction: Decoded): bigint {
    const memory = instruction.operands.find((o) => o.kind === 'memory');
    if (memory?.kind !== 'memory') return 0n;
    const displacement = (BigInt(memory.displacementHigh >>> 0) << 32n) | BigInt(memory.displacement >>> 0);
    const next = memory.base === RIP_BASE ? BigInt(this.cpu.state.rip + instruction.length) : 0n;
    return BigInt.asUintN(64, displacement + next);
  }

  descriptorTable(mnemonic: string, instruction: Decoded): void {
    if (!this.hasSecondary('descriptor-table exiting')) return;
    const tables = ['sgdt', 'sidt', 'lgdt', 'lidt'].indexOf(mnemonic);
    const reason = tables >= 0 ? ExitReason.GdtrIdtrAccess : ExitReason.LdtrTrAccess;
    const which = tables >= 0 ? tables : ['sldt', 'str', 'lldt', 'ltr'].indexOf(mnemonic);
    const exit = this.make(reason, 'secondary control "descriptor-table exiting" is 1', instruction);
    exit.qualification = this.#displacement(instruction);
    exit.instructionInformation = (operandInformation(instruction) & 0x0fffffff) | (which << 28);
    throw exit;
  }

  io(port: number, size: 1 | 2 | 4, input: boolean, instruction: Decoded, linear?: number): void {
    let cause: string;
    if (this.hasPrimary('use I/O bitmaps')) {
      const hit = this.#ioBitmapBit(port, size);
      if (hit === undefined) return;
      cause = hit;
    } else if (this.hasPrimary('unconditional I/O exiting')) cause = 'primary control "unconditional I/O exiting" is 1';
    else return;
    const exit = this.make(ExitReason.IoInstruction, cause, instruction);
    const string = linear !== undefined;
    const immediate = instruction.operands.some((o) => o.kind === 'immediate');
    const bits =
      (size - 1) |
      (input ? 8 : 0) |
      (string ? 16 : 0) |
      (instruction.prefixes.repeat !== 0 && string ? 32 : 0) |
      (immediate ? 64 : 0) |
      (port << 16);
    exit.qualification = BigInt(bits >>> 0);
    if (string) {
      exit.guestLinear = BigInt.asUintN(64, BigInt(linear));
      const segment = instruction.prefixes.segment >= 0 && !input ? instruction.prefixes.segment : Segment.DS;
      exit.instructionInformation = (sizeCode[instruction.addressSize] << 7) | (segment << 15);
    }
    throw exit;
  }

  /** The bitmap bit of a port of the access that is 1, in words; undefined if all are 0. Accesses that wrap always exit. */
  #ioBitmapBit(port: number, size: number): string | undefined {
    if (port + size > 0x10000) return `the access wraps past port 0xffff`;
    for (let p = port; p < port + size; p++) {
      const which = p < 0x8000 ? 'A' : 'B';
      const base = Number(this.vmcs.read(which === 'A' ? 'ioBitmapAAddress' : 'ioBitmapBAddress'));
      const bit = p & 0x7fff;
      const byte = this.#memory.read(base + (bit >> 3), 1);
      if ((byte & (1 << (bit & 7))) === 0) continue;
      let cause = ioCauses.get(p);
      if (cause === undefined) {
        cause = `I/O bitmap ${which}: bit ${hex(bit)} (port ${hex(p)}) is 1`;
        ioCauses.set(p, cause);
      }
      return cause;
    }
    return undefined;
  }

  msr(index: number, write: boolean, instruction: Decoded): void {
    const exit = (cause: string): never => {
      throw this.make(write ? ExitReason.Wrmsr : ExitReason.Rdmsr, cause, instruction);
    };
    if (!this.hasPrimary('use MSR bitmaps'))
      exit('primary control "use MSR bitmaps" is 0: every RDMSR and WRMSR exits');
    const low = index < 0x2000;
    const high = index >= 0xc0000000 && index < 0xc0002000;
    if (!low && !high) exit(`MSR ${hex(index)} lies outside the MSR bitmaps: it exits always`);
    const bit = index & 0x1fff;
    const area = (write ? 2048 : 0) + (high ? 1024 : 0);
    const byte = this.#memory.read(Number(this.vmcs.read('msrBitmapAddress')) + area + (bit >> 3), 1);
    if (byte & (1 << (bit & 7)))
      exit(
        `${write ? 'write' : 'read'} bitmap for ${high ? 'high' : 'low'} MSRs: bit ${hex(bit)} (MSR ${hex(index)}) is 1`,
      );
  }

  writeControl(register: number, value: bigint, gpr: number, instruction: Decoded): bigint {
    if (register === 0 || register === 4) {
      const mask = this.vmcs.read(register === 0 ? 'cr0GuestHostMask' : 'cr4GuestHostMask');
      const shadow = this.vmcs.read(register === 0 ? 'cr0ReadShadow' : 'cr4ReadShadow');
      const differs = mask & (value ^ shadow);
      if (differs !== 0n) {
        throw this.#controlExit(
          register,
          0,
          gpr,
          instruction,
          `CR${register} guest/host mask has ${hex(differs)}, where the value differs from the read shadow`,
        );
      }
      const real = this.cpu.state.get64(register === 0 ? State.cr0 : State.cr4);
      return (value & ~mask) | (real & mask);
    }
    if (register === 3 && this.hasPrimary('CR3-load exiting')) {
      const count = this.vmcs.read32('cr3TargetCount');
      const targets = (['cr3TargetValue0', 'cr3TargetValue1', 'cr3TargetValue2', 'cr3TargetValue3'] as const).slice(
        0,
        count,
      );
      if (!targets.some((key) => this.vmcs.read(key) === value)) {
        throw this.#controlExit(
          3,
          0,
          gpr,
          instruction,
          'primary control "CR3-load exiting" is 1 and the value is no CR3-target value',
        );
      }
    }
    if (register === 8 && this.hasPrimary('CR8-load exiting')) {
      throw this.#controlExit(8, 0, gpr, instruction, 'primary control "CR8-load exiting" is 1');
    }
    return value;
  }

  readControl(register: number, value: bigint, gpr: number, instruction: Decoded): bigint {
    if (register === 0 || register === 4) {
      const mask = this.vmcs.read(register === 0 ? 'cr0GuestHostMask' : 'cr4GuestHostMask');
      const shadow = this.vmcs.read(register === 0 ? 'cr0ReadShadow' : 'cr4ReadShadow');
      return (value & ~mask) | (shadow & mask);
    }
    if (register === 3 && this.hasPrimary('CR3-store exiting')) {
      throw this.#controlExit(3, 1, gpr, instruction, 'primary control "CR3-store exiting" is 1');
    }
    if (register === 8 && this.hasPrimary('CR8-store exiting')) {
      throw this.#controlExit(8, 1, gpr, instruction, 'primary control "CR8-store exiting" is 1');
    }
    return value;
  }

  /** @param access 0 MOV to CR, 1 MOV from CR, 2 CLTS, 3 LMSW */
  #controlExit(register: number, access: number, gpr: number, instruction: Decoded, cause: string): VmExit {
    const exit = this.make(ExitReason.CrAccess, cause, instruction);
    exit.qualification = BigInt(register | (access << 4) | (Math.max(gpr, 0) << 8));
    return exit;
  }

  clts(instruction: Decoded): boolean {
    const mask = this.vmcs.read('cr0GuestHostMask');
    const shadow = this.vmcs.read('cr0ReadShadow');
    if ((mask & 8n) === 0n) return true;
    if ((shadow & 8n) !== 0n)
      throw this.#controlExit(0, 2, 0, instruction, 'CR0.TS is owned by the host and 1 in the read shadow');
    return false;
  }

  lmsw(source: number, linear: number | undefined, instruction: Decoded): number {
    const mask = Number(this.vmcs.read('cr0GuestHostMask') & 15n);
    const shadow = Number(this.vmcs.read('cr0ReadShadow') & 15n);
    // PE can only be set by LMSW (SDM 3C 26.1.3)
    const differs = mask & (source ^ shadow) & (0xe | (source & 1));
    if (differs !== 0) {
      const exit = this.#controlExit(
        0,
        3,
        0,
        instruction,
        `CR0 guest/host mask has ${hex(differs)}, where LMSW differs from the read shadow`,
      );
      exit.qualification |= BigInt((linear !== undefined ? 64 : 0) | 0) | (BigInt(source & 0xffff) << 16n);
      if (linear !== undefined) exit.guestLinear = BigInt.asUintN(64, BigInt(linear));
      throw exit;
    }
    const real = Number(this.cpu.state.get64(State.cr0) & 15n);
    return (source & ~mask) | (real & mask);
  }

  debugRegister(register: number, write: boolean, gpr: number, instruction: Decoded): void {
    if (!this.hasPrimary('MOV-DR exiting')) return;
    const exit = this.make(ExitReason.MovDr, 'primary control "MOV-DR exiting" is 1', instruction);
    exit.qualification = BigInt(register | (write ? 0 : 16) | (gpr << 8));
    throw exit;
  }

  exception(vector: number, errorCode: number | undefined, information: bigint, softwareLength: number): void {
    const bit = (this.#exceptionBitmap >>> vector) & 1;
    let exits = bit === 1;
    let cause = `exception bitmap: bit ${vector} is 1`;
    if (vector === 14) {
      const mask = this.vmcs.read32('pageFaultErrorCodeMask');
      const match = this.vmcs.read32('pageFaultErrorCodeMatch');
      const equal = ((errorCode ?? 0) & mask) >>> 0 === match;
      exits = equal === (bit === 1);
      if (exits)
        cause = `exception bitmap: bit 14 is ${bit}, and the error code ${equal ? 'matches' : 'does not match'} mask ${hex(mask)}, match ${hex(match)}`;
    }
    if (!exits) return;
    const exit = this.make(ExitReason.ExceptionOrNmi, cause);
    const software = vector === 3 || vector === 4;
    exit.qualification = vector === 14 || vector === 1 ? information : 0n;
    exit.interruptionInformation =
      (0x80000000 | vector | ((software ? 6 : 3) << 8) | (errorCode !== undefined ? 0x800 : 0)) >>> 0;
    exit.interruptionErrorCode = errorCode ?? 0;
    exit.instructionLength = softwareLength;
    throw exit;
  }

  taskSwitch(selector: number, source: 'call' | 'iret' | 'jmp' | 'gate', instructionLength: number): void {
    if (!this.taskSwitchExits) return;
    const exit = this.make(ExitReason.TaskSwitch, 'a task switch exits always in non-root mode');
    exit.qualification = BigInt(selector | (['call', 'iret', 'jmp', 'gate'].indexOf(source) << 30)) & 0xffffffffn;
    exit.instructionLength = instructionLength;
    throw exit;
  }

  tripleFault(fault: TripleFault): void {
    this.onTripleFault(fault);
    throw this.make(ExitReason.TripleFault, 'a triple fault exits always in non-root mode');
  }

  tscOffset(): bigint {
    return this.hasPrimary('use TSC offsetting') ? BigInt.asIntN(64, this.vmcs.read('tscOffset')) : 0n;
  }

  eptViolation(guestPhysical: number, qualification: number, guestLinear: bigint | undefined, cause: string): never {
    const exit = this.make(ExitReason.EptViolation, cause);
    exit.qualification = BigInt(qualification);
    exit.guestLinear = guestLinear === undefined ? undefined : BigInt.asUintN(64, guestLinear);
    exit.guestPhysical = guestPhysical;
    throw exit;
  }

  eptMisconfiguration(guestPhysical: number, cause: string): never {
    const exit = this.make(ExitReason.EptMisconfiguration, cause);
    exit.guestPhysical = guestPhysical;
    throw exit;
  }
}

/** The operand part of the VM-exit instruction information (SDM 3C tables 27-10 to 27-15). */
export function operandInformation(instruction: Decoded): number {
  let bits = 0;
  const memory = instruction.operands.find(
    (o): o is Extract<DecodedOperand, { kind: 'memory' }> => o.kind === 'memory',
  );
  const registers = instruction.operands.filter(
    (o): o is Extract<DecodedOperand, { kind: 'register' }> => o.kind === 'register',
  );
  if (memory) {
    bits |= sizeCode[instruction.addressSize] << 7;
    bits |= Math.log2(memory.scale) | (memory.segment << 15);
    bits |= memory.index < 0 ? 1 << 22 : memory.index << 18;
    bits |= memory.base < 0 || memory.base === RIP_BASE ? 1 << 27 : memory.base << 23;
    if (registers[0]) bits |= registers[0].index << 28;
  } else {
    bits |= 1 << 10;
    if (registers[0]) bits |= registers[0].index << 3;
    if (registers[1]) bits |= registers[1].index << 28;
  }
  return bits >>> 0;
}
