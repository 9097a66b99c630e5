/** Exception vectors (SDM 3A table 6-1). */
export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
  VE: 20,
  CP: 21,
} as const;

/**
 * An exception of the guest, thrown by TypeScript parts of the CPU before anything architectural was changed and caught
 * where they are called from. One object is reused: throwing costs no stack trace.
 */
export class GuestFault {
  vector = 0;
  /** `undefined` where the exception pushes none. */
  errorCode: number | undefined;
  /** What the exception was found on, for the autopsy: `selector 0x28 is beyond the GDT limit 0x17`. */
  detail = '';
  /** Halves of the linear address, for page faults: what delivery puts into CR2. */
  addressLow = 0;
  addressHigh = 0;
  /** #GP for a non-canonical data address ({@link addressLow}): delivery finds out whether it went through SS. */
  nonCanonical = false;
  /** Bits that delivery sets in DR6, for debug exceptions. */
  debugStatus = 0;
  /** RF is set in the pushed flags: every fault but the instruction breakpoint (SDM 3B 17.3.1.1). */
  setsResume = true;
  /** It came in a new task, behind the commit of the task switch: no instruction raises it again. */
  committed = false;
  /** IRET raised it after it had ended the blocking of NMIs (SDM 3C 28.2.3, bit 12). */
  unblockedNmi = false;
  /**
   * The software interrupt or exception whose delivery raised this one, in the format of the IDT-vectoring information
   * field (SDM 3C 24.9.3), 0 if none.
   */
  vectoring = 0;
  /** Length in bytes of the instruction of {@link vectoring}. */
  vectoringLength = 0;

  with(vector: number, errorCode: number | undefined, detail: string): this {
    this.vector = vector;
    this.errorCode = errorCode;
    this.detail = detail;
    this.debugStatus = 0;
    this.setsResume = true;
    this.nonCanonical = false;
    this.unblockedNmi = false;
    this.committed = false;
    this.vectoring = 0;
    return this;
  }
}

/**
 * Thrown by an instruction that is not done yet and waits for an interrupt in front of itself: an x87 instruction behind an
 * error that FERR# has reported.
 */
export const waitForInterrupt = Symbol('wait for interrupt');

const shared = new GuestFault();

/** Raises exception `vector` in the guest. Never returns. */
export function raise(vector: number, errorCode?: number, detail = ''): never {
  throw shared.with(vector, errorCode, detail);
}

/** #PF for a linear address given as halves; to be thrown or noted before the next fault is made. */
export function pageFault(errorCode: number, low: number, high: number, detail: string): GuestFault {
  shared.addressLow = low;
  shared.addressHigh = high;
  return shared.with(Vector.PF, errorCode, detail);
}

/** Raises #DB as a fault with these bits for DR6. Never returns. */
export function raiseDebugFault(debugStatus: number, detail: string): never {
  shared.with(Vector.DB, undefined, detail);
  shared.debugStatus = debugStatus;
  throw shared;
}

/** Raises #GP(0) or #SS(0) for a data access of the present instruction to a non-canonical address, given as halves. */
export function raiseNonCanonical(low: number, high: number): never {
  shared.with(Vector.GP, 0, 'the address is not canonical');
  shared.nonCanonical = true;
  shared.addressLow = low;
  shared.addressHigh = high;
  throw shared;
}
