/**
 * Guest-physical memory as devices, loaders and screen readers see it: plain bytes, no side effects of devices.
 * The machine and the VMM each implement it over their own storage; an implementation drops what the CPU translated
 * from bytes that are written here (DMA into code).
 */
export interface GuestMemory {
  /** Bytes of RAM from address 0; the PC's hole at 0xA0000..0xFFFFF is backed too (video memory and ROM live there). */
  readonly size: number;
  /** Bytes behind them that are the display's frame buffer; absent: none. */
  readonly frameBuffer?: number;
  /** One byte; 0xFF where no RAM is. */
  readU8(address: number): number;
  /** Little-endian, any alignment; bytes outside RAM read as 0xFF. */
  readU16(address: number): number;
  readU32(address: number): number;
  /** A copy of `length` bytes; bytes outside RAM read as 0xFF. */
  read(address: number, length: number): Uint8Array;
  /** Writes bytes; what falls outside RAM is lost, as on a bus with nothing behind it. */
  write(address: number, bytes: Uint8Array): void;
}

/** The first `size` bytes of a memory; behind them is the frame buffer. */
export class LimitedMemory implements GuestMemory {
  constructor(
    private readonly memory: GuestMemory,
    readonly size: number,
  ) {}

  get frameBuffer(): number {
    return this.memory.size - this.size;
  }

  readU8(address: number): number {
    return address < this.size ? this.memory.readU8(address) : 0xff;
  }

  readU16(address: number): number {
    return this.readU8(address) | (this.readU8(address + 1) << 8);
  }

  readU32(address: number): number {
    return (this.readU16(address) | (this.readU16(address + 2) << 16)) >>> 0;
  }

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    const inside = Math.min(length, this.size - address);
    if (inside > 0) out.set(this.memory.read(address, inside));
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    if (address < this.size) this.memory.write(address, bytes.subarray(0, this.size - address));
  }
}

/** Guest memory in an ordinary array: for tests and tools. */
export class ArrayMemory implements GuestMemory {
  readonly bytes: Uint8Array;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(size);
  }

  readU8(address: number): number {
    return address >= 0 && address < this.size ? this.bytes[address] : 0xff;
  }

  readU16(address: number): number {
    return this.readU8(address) | (this.readU8(address + 1) << 8);
  }

  readU32(address: number): number {
    return (this.readU16(address) | (this.readU16(address + 2) << 16)) >>> 0;
  }

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    if (address < this.size) out.set(this.bytes.subarray(address, Math.min(this.size, address + length)));
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    if (address >= this.size) return;
    this.bytes.set(bytes.subarray(0, this.size - address), address);
  }
}

/** Little-endian bytes of a 32-bit value, for writing descriptors and counters into guest memory. */
export function bytes32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
}
