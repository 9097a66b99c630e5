/**
 * The four planes of a VGA's memory as the CPU sees them unchained (PS/2 Hardware Interface Technical Reference, "Video Subsystem":
 * sequencer and graphics controller): one address at A0000h stands for a byte in each plane. They answer while neither chain-4 nor odd/even
 * addressing is on; text and mode 13h, which are chained, lie in plain memory. What was in that is not in the planes, and the other way
 * round.
 */
import type { AccessSize, MemoryDevice } from './device';

export const PLANES_BASE = 0xa0000;
export const PLANES_SIZE = 0x10000;

const MAP_MASK = 2;
const MEMORY_MODE = 4;
const SEQUENTIAL = 0x04;
const CHAIN4 = 0x08;

const SET_RESET = 0;
const ENABLE_SET_RESET = 1;
const COLOUR_COMPARE = 2;
const DATA_ROTATE = 3;
const READ_MAP_SELECT = 4;
const MODE = 5;
const MISCELLANEOUS = 6;
const COLOUR_DONT_CARE = 7;
const BIT_MASK = 8;

const READ_MODE_1 = 0x08;

/** Registers by index. */
export interface PlaneRegisters {
  readonly sequencer: Uint8Array;
  readonly graphics: Uint8Array;
}

/** A bit of each of four planes as bytes of all ones or zeros. */
const spread = (bits: number): number[] => [0, 1, 2, 3].map((plane) => ((bits >> plane) & 1 ? 0xff : 0));

export class VgaPlanes implements MemoryDevice {
  readonly name = 'vga-planes';
  /** Byte `plane * 64 KiB + offset`. */
  readonly bytes = new Uint8Array(4 * PLANES_SIZE);
  /** What the last read found in each plane. */
  #latches = [0, 0, 0, 0];

  constructor(private readonly registers: () => PlaneRegisters) {}

  /** They answer at A0000h now. */
  get mapped(): boolean {
    const { sequencer, graphics } = this.registers();
    const unchained = (sequencer[MEMORY_MODE] & (SEQUENTIAL | CHAIN4)) === SEQUENTIAL;
    // memory map: A0000h, 128 or 64 KiB; or B0000h, B8000h
    return unchained && ((graphics[MISCELLANEOUS] >> 2) & 3) <= 1;
  }

  get regions(): { base: number; size: number }[] {
    return this.mapped ? [{ base: PLANES_BASE, size: PLANES_SIZE }] : [];
  }

  readMemory(address: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#read((address + i) % PLANES_SIZE) << (8 * i);
    return value >>> 0;
  }

  writeMemory(address: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.#write((address + i) % PLANES_SIZE, (value >>> (8 * i)) & 0xff);
  }

  #read(offset: number): number {
    const { graphics } = this.registers();
    for (let plane = 0; plane < 4; plane++) this.#latches[plane] = this.bytes[plane * PLANES_SIZE + offset];
    if ((graphics[MODE] & READ_MODE_1) === 0) return this.#latches[graphics[READ_MAP_SELECT] & 3];
    // read mode 1: a 1 for each pixel that has the colour to compare with, in the planes that count
    const colour = spread(graphics[COLOUR_COMPARE]);
    const care = spread(graphics[COLOUR_DONT_CARE]);
    let differing = 0;
    for (let plane = 0; plane < 4; plane++) differing |= (this.#latches[plane] ^ colour[plane]) & care[plane];
    return ~differing & 0xff;
  }

  #write(offset: number, value: number): void {
    const { sequencer, graphics } = this.registers();
    const data = this.#data(graphics, value);
    const mapMask = sequencer[MAP_MASK];
    for (let plane = 0; plane < 4; plane++)
      if (mapMask & (1 << plane)) this.bytes[plane * PLANES_SIZE + offset] = data[plane];
  }

  /** What a write puts into each plane. */
  #data(graphics: Uint8Array, value: number): readonly number[] {
    const mode = graphics[MODE] & 3;
    if (mode === 1) return this.#latches;
    const count = graphics[DATA_ROTATE] & 7;
    const rotated = ((value >> count) | (value << (8 - count))) & 0xff;
    const set = spread(graphics[SET_RESET]);
    let source: number[];
    let mask = graphics[BIT_MASK];
    if (mode === 0) {
      const enabled = graphics[ENABLE_SET_RESET];
      source = set.map((each, plane) => (enabled & (1 << plane) ? each : rotated));
    } else if (mode === 2) source = spread(value);
    else {
      source = set;
      mask &= rotated;
    }
    return source.map((each, plane) => {
      const latch = this.#latches[plane];
      return (combine((graphics[DATA_ROTATE] >> 3) & 3, each, latch) & mask) | (latch & ~mask);
    });
  }

  reset(): void {
    this.#latches = [0, 0, 0, 0];
    this.bytes.fill(0);
  }

  save(): unknown {
    return { latches: [...this.#latches], bytes: this.bytes.slice() };
  }

  load(state: unknown): void {
    const { latches, bytes } = state as { latches: number[]; bytes: Uint8Array };
    this.#latches = [...latches];
    this.bytes.set(bytes);
  }
}

/** Logical function of the data rotate register: none, AND, OR, XOR with the latch. */
function combine(operation: number, value: number, latch: number): number {
  if (operation === 1) return value & latch;
  if (operation === 2) return value | latch;
  return operation === 3 ? value ^ latch : value;
}
