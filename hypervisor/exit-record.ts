/** All exits of one reason. */
export interface ExitSummary {
  reason: string;
  count: number;
  /** Modelled cycles. */
  cost: number;
  /** Why the first of them happened. */
  firstCause: string;
}

/** One VM exit as the tool tells it. */
export interface ExitRecord {
  /** From 0, in order. */
  serial: number;
  /** Guest instructions retired before it. */
  instructions: number;
  cpu: number;
  method: string;
  /** Name of the basic exit reason, from isa/vmx: `CPUID`, `EPT_VIOLATION`. */
  reason: string;
  reasonCode: number;
  /** The 64-bit exit qualification and what it says, in words. */
  qualification: bigint;
  qualificationText: string;
  /** Guest RIP at the exit and the instruction there. */
  rip: bigint;
  instruction: string;
  guestLinear?: bigint;
  guestPhysical?: number;
  /** Which control bit, bitmap bit or table entry made it exit, with its value. */
  cause: string;
  /** What the VMM did about it. */
  action: string;
  /** Modelled cycles. */
  cost: number;
}
