import type { Decoded } from '../../isa/decoded';
import type { Clock } from '../clock';
import type { AccessSize, InterruptController } from '../devices/device';
import type { PhysicalMemory } from '../memory';
import type { CpuState } from './cpu-state';
import type { CpuProfile } from './system/cpuid';
import type { DebugUnit } from './system/debug-unit';
import type { CpuEvent } from './system/event';
import type { FaultLink } from './system/exceptions';
import type { Mmu } from './system/mmu';
import type { Intercepts } from './vmx/intercepts';

/** The CPU's view of the platform's ports. */
export interface PortBus {
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
}

/**
 * An instruction in TypeScript: rare or heavy ones. It finds RIP at itself. It may throw GuestFault or VmExit as long as
 * nothing was changed. If it assigns `cpu.state.rip`, execution goes on there; otherwise at the next instruction. A repeated
 * string instruction does one iteration and assigns RIP to itself while iterations remain.
 */
export type InstructionHelper = (cpu: Cpu, instruction: Decoded) => void;

/** What the parts of the CPU in TypeScript share. Plain data: no behaviour that belongs to a part stands here. */
export interface Cpu {
  readonly state: CpuState;
  readonly memory: PhysicalMemory;
  readonly mmu: Mmu;
  /** Breakpoints of the debug registers; absent where a part is tried alone. */
  readonly debug?: DebugUnit;
  readonly clock: Clock;
  /** What CPUID says and which features exist; the default profile with VMX if absent. */
  readonly profile?: CpuProfile;
  /** Holds CR8, the upper half of the task priority, where there is one. */
  localApic?: { taskPriority: number } | undefined;
  /** Initial local APIC id, 0 if absent. */
  readonly apicId?: number;
  /** CPUs of the machine, each a core of the one package; 1 if absent. */
  readonly cpuCount?: number;
  /** PAUSE: this CPU waits, for another one or for time to pass. */
  readonly spinHint?: (() => void) | undefined;
  ports: PortBus;
  interrupts: InterruptController;
  /** In VMX non-root mode: who decides about exits. */
  intercepts: Intercepts | undefined;
  /**
   * Asked before an exception is delivered, each of a chain in turn; throws ExceptionStop where whoever debugs the machine from
   * outside wants it to stop there.
   */
  onException?: ((event: CpuEvent, detail: string, chain: readonly FaultLink[]) => void) | undefined;
  /** The VMX unit: executes VMXON..VMRESUME and the like. */
  executeVmx: InstructionHelper | undefined;
  /** MSR reads and writes that the devices own (local APIC); `undefined` if the index is none of theirs. */
  readPlatformMsr: (index: number) => bigint | undefined;
  writePlatformMsr: (index: number, value: bigint) => boolean;
  /**
   * FERR#: an unmasked x87 error met the next x87 instruction while CR0.NE is clear (the PC turns it into IRQ 13), or is gone.
   * @returns IGNNE#: the instruction goes on in spite of the error
   */
  floatingPointError?: (pending: boolean) => boolean;
  /**
   * Ends the slice after the present instruction, so that the run loop looks at interrupts, shadows, traps and alarms.
   * Whatever may unmask or raise something calls it: STI, POPF, MOV SS, port writes, LAPIC writes, TF set.
   */
  endSlice(): void;
  /** Drops decoded code and translations of everything (mode keys changed wholesale, tests). */
  flushCode(): void;
}
