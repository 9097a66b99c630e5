/** Interruption types (SDM 3C table 24-15), also used for what the CPU itself delivers. */
export const EventType = {
  ExternalInterrupt: 0,
  Nmi: 2,
  HardwareException: 3,
  /** INT n. */
  SoftwareInterrupt: 4,
  /** INT1. */
  PrivilegedSoftwareException: 5,
  /** INT3, INTO. */
  SoftwareException: 6,
} as const;

/** An interrupt or exception to be delivered through the IDT. */
export interface CpuEvent {
  vector: number;
  /** {@link EventType}. */
  type: number;
  /** `undefined` where it pushes none. */
  errorCode: number | undefined;
  /** Offset in CS that the handler returns to. */
  returnRip: number;
  /** RF is set in the pushed flags. */
  resume: boolean;
  /** Length in bytes of INT n, INT3, INTO, INT1. */
  length: number;
  /** Injected by VM entry: the exception bitmap does not apply to it (SDM 3C 26.6.1). */
  injected: boolean;
  /** #PF: halves of the linear address for CR2. */
  addressLow: number;
  addressHigh: number;
  /** #DB: bits for DR6. */
  debugStatus: number;
}

/** INT n, INT3 or INTO: gate privilege is checked and EXT is clear in error codes (SDM 3A 6.12.1.3, 6.13). */
export function isSoftware(type: number): boolean {
  return type === EventType.SoftwareInterrupt || type === EventType.SoftwareException;
}

/** Interruption information of an event (SDM 3C table 24-15). */
export function interruptionInformation(event: CpuEvent): number {
  return (0x80000000 | (event.errorCode !== undefined ? 0x800 : 0) | (event.type << 8) | event.vector) >>> 0;
}
