/** Bytes of one port or MMIO access. */
export type AccessSize = 1 | 2 | 4;

/**
 * A device of the PC: one class a file, named for its data sheet, with register offsets and bits as constants at the top.
 * It gets what it needs in its constructor: the {@link Clock} for time, an {@link InterruptLine} to raise. A device never
 * knows whether the bare machine or a VMM owns it: both plug it into a {@link Platform}.
 */
export interface Device {
  /** Short fixed name, the key of its saved state: `pic`, `uart0`. */
  readonly name: string;
  /** Power-on or reset state. */
  reset(): void;
  /** Everything {@link load} needs, as plain JSON-like data (numbers, strings, arrays, Uint8Array); no references kept. */
  save(): unknown;
  /** Back to a saved state. The clock's alarms were cleared before: ask for the pending one again. */
  load(state: unknown): void;
}

/** A device that answers ports; addresses are absolute port numbers. Wide accesses are split by the platform unless {@link widePorts}. */
export interface PortDevice extends Device {
  /** Inclusive ranges. */
  readonly ports: readonly { first: number; last: number }[];
  /** It takes 2- and 4-byte accesses whole if all their ports are its own; else the platform splits them into bytes. */
  readonly widePorts?: boolean;
  /** Value read, zero-extended; a port with nothing behind reads all ones. */
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
}

/** A device that answers memory accesses outside RAM; addresses are physical, of the machine it is plugged into. */
export interface MemoryDevice extends Device {
  readonly regions: readonly { base: number; size: number }[];
  readMemory(address: number, size: AccessSize): number;
  writeMemory(address: number, size: AccessSize, value: number): void;
}

/** One wire into an interrupt controller. Level: stays as set until set otherwise. */
export interface InterruptLine {
  set(level: boolean): void;
}

/** What the CPU asks of the interrupt controller. */
export interface InterruptController {
  /** INTR is asserted. */
  pending(): boolean;
  /** The INTA cycle: gives the vector, and the controller takes note. */
  acknowledge(): number;
  /** Called whenever INTR may have changed. */
  onChange: () => void;
}
