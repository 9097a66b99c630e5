import type { Decoded } from '../../../isa/decoded';
import type { TripleFault } from '../system/exceptions';

/**
 * What the CPU's system instructions ask in VMX non-root mode before they act. Each method returns normally where the
 * VMCS lets the instruction run, or throws a VmExit. Present on the CPU only in non-root mode; `undefined` elsewhere.
 */
export interface Intercepts {
  /** IRET ends the blocking of (virtual) NMIs; absent: yes. No where "NMI exiting" is 1 and "virtual NMIs" is 0. */
  readonly iretUnblocksNmi?: boolean;
  /**
   * An instruction that exits always or by one control bit: CPUID HLT INVD GETSEC XSETBV RDTSC RDTSCP RDPMC PAUSE MWAIT
   * MONITOR INVLPG INVPCID WBINVD RDRAND RDSEED RSM XSAVES XRSTORS VMCALL and the other VMX instructions (lower case mnemonic).
   * @param linear the operand's linear address where there is one (INVLPG)
   */
  instruction(mnemonic: string, instruction: Decoded, linear?: number): void;
  /** LGDT LIDT SGDT SIDT (46), LLDT LTR SLDT STR (47). */
  descriptorTable(mnemonic: string, instruction: Decoded, linear?: number): void;
  /**
   * IN OUT INS OUTS.
   * @param size bytes
   * @param linear linear address of the string operand
   */
  io(port: number, size: 1 | 2 | 4, input: boolean, instruction: Decoded, linear?: number): void;
  /** RDMSR, WRMSR. */
  msr(index: number, write: boolean, instruction: Decoded): void;
  /** MOV to CR0/CR3/CR4/CR8: exits, or gives the value to load after masking as the guest/host masks say. */
  writeControl(register: number, value: bigint, gpr: number, instruction: Decoded): bigint;
  /** MOV from CR0/CR3/CR4/CR8, SMSW: exits, or gives the value that the guest sees (read shadows). */
  readControl(register: number, value: bigint, gpr: number, instruction: Decoded): bigint;
  clts(instruction: Decoded): boolean;
  /** LMSW: the source, and the linear address of a memory operand; returns the value to load. */
  lmsw(source: number, linear: number | undefined, instruction: Decoded): number;
  debugRegister(register: number, write: boolean, gpr: number, instruction: Decoded): void;
  /** An exception about to be delivered; `cr2` for #PF, linear. Throws if the exception bitmap says so. */
  exception(vector: number, errorCode: number | undefined, cr2: bigint, softwareLength: number): void;
  taskSwitch(selector: number, source: 'call' | 'iret' | 'jmp' | 'gate', instructionLength: number): void;
  /** Shutdown, with the faults that led to it: exits always. */
  tripleFault(fault: TripleFault): void;
  /** What RDTSC adds (TSC offsetting), in ticks. */
  tscOffset(): bigint;
  /** EPT violation or misconfiguration: throws. */
  eptViolation(guestPhysical: number, qualification: number, guestLinear: bigint | undefined, cause: string): never;
  eptMisconfiguration(guestPhysical: number, cause: string): never;
}
