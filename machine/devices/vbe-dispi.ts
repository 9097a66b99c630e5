/**
 * Bochs VBE display interface (Bochs sources' documentation "VBE DISPI", version B0C5h): index at port 1CEh, data at
 * 1CFh. The frame buffer is memory of the machine that programs are told nothing of: guests write it at full speed.
 * Index 0Bh is an addition for our BIOS: the frame buffer's physical address in units of 64 KiB.
 */
import type { GuestMemory } from '../memory-view';
import type { AccessSize, PortDevice } from './device';

export const DISPI_INDEX = 0x1ce;
export const DISPI_DATA = 0x1cf;

const ID = 0;
const XRES = 1;
const YRES = 2;
const BPP = 3;
const ENABLE = 4;
const BANK = 5;
const VIRT_WIDTH = 6;
const VIRT_HEIGHT = 7;
const X_OFFSET = 8;
const Y_OFFSET = 9;
const MEMORY_64K = 0x0a;
const BASE_64K = 0x0b;
const REGISTERS = 12;

const ID_OLDEST = 0xb0c0;
const ID_NEWEST = 0xb0c5;
const ENABLED = 0x01;
const GET_CAPABILITIES = 0x02;
const NO_CLEAR = 0x80;
const MOST_WIDTH = 2560;
const MOST_HEIGHT = 1600;

/** What is displayed. */
export interface LinearDisplay {
  width: number;
  height: number;
  /** 8, 15, 16, 24 or 32. */
  bitsPerPixel: number;
  /** Physical address of the first displayed pixel, and bytes from line to line. */
  address: number;
  pitch: number;
}

export class VbeDispi implements PortDevice {
  readonly name = 'vbe';
  /** The data register is a word at an odd port, and so reaches into 1D0h. */
  readonly ports = [{ first: DISPI_INDEX, last: DISPI_DATA + 1 }];
  readonly widePorts = true;
  #index = 0;
  #registers = new Uint16Array(REGISTERS);

  /** `base` and `size` of the frame buffer, multiples of 64 KiB; size 0 is a card that can do text only. */
  constructor(
    private readonly memory: GuestMemory,
    private readonly base: number,
    private readonly size: number,
  ) {
    this.reset();
  }

  get enabled(): boolean {
    return (this.#registers[ENABLE] & ENABLED) !== 0;
  }

  #bytesPerPixel(): number {
    return Math.ceil(this.#registers[BPP] / 8);
  }

  #pitch(): number {
    return this.#registers[VIRT_WIDTH] * this.#bytesPerPixel();
  }

  /** The picture, undefined while the interface is off. */
  display(): LinearDisplay | undefined {
    if (!this.enabled) return undefined;
    const r = this.#registers;
    const offset = r[Y_OFFSET] * this.#pitch() + r[X_OFFSET] * this.#bytesPerPixel();
    return { width: r[XRES], height: r[YRES], bitsPerPixel: r[BPP], address: this.base + offset, pitch: this.#pitch() };
  }

  readPort(port: number, _size: AccessSize): number {
    if (port === DISPI_INDEX) return this.#index;
    const r = this.#registers;
    if (r[ENABLE] & GET_CAPABILITIES) {
      if (this.#index === XRES) return MOST_WIDTH;
      if (this.#index === YRES) return MOST_HEIGHT;
      if (this.#index === BPP) return 32;
    }
    switch (this.#index) {
      case VIRT_HEIGHT:
        return this.enabled ? Math.min(0xffff, Math.floor(this.size / this.#pitch())) : r[VIRT_HEIGHT];
      case MEMORY_64K:
        return this.size / 0x10000;
      case BASE_64K:
        return this.base / 0x10000;
      default:
        return r[this.#index] ?? 0;
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === DISPI_INDEX) {
      this.#index = value;
      return;
    }
    const r = this.#registers;
    switch (this.#index) {
      case ID:
        if (value >= ID_OLDEST && value <= ID_NEWEST) r[ID] = value;
        break;
      case XRES:
      case YRES:
      case BPP:
        if (!this.enabled) r[this.#index] = value;
        break;
      case ENABLE:
        this.#enable(value);
        break;
      case VIRT_WIDTH: {
        const least = r[XRES];
        const most = Math.floor(this.size / Math.max(1, r[YRES] * this.#bytesPerPixel()));
        r[VIRT_WIDTH] = Math.max(least, Math.min(most, value));
        break;
      }
      case X_OFFSET:
      case Y_OFFSET:
      case BANK: // there is no banked window: kept, without effect
        r[this.#index] = value;
        break;
    }
  }

  #enable(value: number): void {
    const r = this.#registers;
    const possible =
      [8, 15, 16, 24, 32].includes(r[BPP]) &&
      r[XRES] > 0 &&
      r[YRES] > 0 &&
      r[XRES] <= MOST_WIDTH &&
      r[YRES] <= MOST_HEIGHT &&
      r[XRES] * r[YRES] * this.#bytesPerPixel() <= this.size;
    if (value & ENABLED && !this.enabled) {
      if (!possible) return;
      r[VIRT_WIDTH] = r[XRES];
      r[X_OFFSET] = 0;
      r[Y_OFFSET] = 0;
      if ((value & NO_CLEAR) === 0) this.memory.write(this.base, new Uint8Array(this.size));
    }
    r[ENABLE] = value;
  }

  reset(): void {
    this.#index = 0;
    this.#registers.fill(0);
    this.#registers[ID] = ID_NEWEST;
  }

  save(): unknown {
    return { index: this.#index, registers: this.#registers.slice() };
  }

  load(state: unknown): void {
    const { index, registers } = state as { index: number; registers: Uint16Array };
    this.#index = index;
    this.#registers = registers.slice();
  }
}
