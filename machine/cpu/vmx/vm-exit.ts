/**
 * A VM exit in the making: thrown by whatever part of the CPU found that the VMCS asks for one, before the instruction
 * changed anything, and caught by the run loop, which hands it to the VMX unit to save state and leave non-root mode.
 */
export class VmExit {
  /** Basic exit reason (SDM 3D appendix C). */
  reason = 0;
  /** Exit qualification (SDM 3C 28.2.1). */
  qualification = 0n;
  /** Guest-linear address field, where the reason defines it. */
  guestLinear: bigint | undefined;
  /** Guest-physical address field, in bytes. */
  guestPhysical: number | undefined;
  /** VM-exit instruction length, 0 where not defined. */
  instructionLength = 0;
  /** VM-exit instruction information (SDM 3C 28.2.5). */
  instructionInformation = 0;
  /** VM-exit interruption information and error code (exceptions, external interrupts, NMI). */
  interruptionInformation = 0;
  interruptionErrorCode = 0;
  /** IDT-vectoring information and error code: the event in whose delivery this exit happened; 0 if none. */
  vectoringInformation = 0;
  vectoringErrorCode = 0;
  /** Which control bit, bitmap bit or entry asked for it, with its value: for the exit record. */
  cause = '';
  /** Trap-like: the instruction has retired. */
  retired = false;
}
