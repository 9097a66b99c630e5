import type { PhysicalMemory } from '../../machine/memory';
import type { GuestMemory } from '../../machine/memory-view';
import { type Ept, EptRights } from './ept';
import type { HostFrames } from './host-frames';

const PAGE = 4096;
const NONE = -1;
/** Bit 20 of an address, in a page number. */
const A20_PAGE = 0x100;

/**
 * A guest's physical memory as its VMM keeps it: each page stands in some host frame, or nowhere yet (then it reads as
 * zero). The VMM, its devices and the inspectors read and write here by guest-physical address; the CPU goes through the EPT.
 */
export class VmMemory implements GuestMemory {
  /** HPA by guest page number, NONE where no frame was given yet. */
  readonly frames: Float64Array;
  /** A copy of {@link frames} that some snapshot has; undefined where frames were given since. */
  #saved: Float64Array | undefined;
  /** The guest's A20 gate is closed: guest-physical pages with bit 20 show those without it. */
  a20Masked = false;
  /** First and last guest page of ROM: mapped without write access. */
  #rom = { first: 0, end: 0 };
  /** First and last guest page that a device has taken over. */
  #device = { first: 0, end: 0 };

  constructor(
    readonly host: PhysicalMemory,
    readonly hostFrames: HostFrames,
    readonly ept: Ept,
    /** Bytes, a multiple of 4096. */
    readonly size: number,
  ) {
    this.frames = new Float64Array(size / PAGE).fill(NONE);
  }

  /** Declares a range of guest-physical addresses read-only for the guest. */
  setRom(base: number, size: number): void {
    this.#rom = { first: base / PAGE, end: (base + size) / PAGE };
  }

  /**
   * Declares a range to be a device's, or memory again. The caller takes the mappings away ({@link unmap}) if they are not as they
   * should be.
   */
  setDevice(base: number, size: number, device: boolean): void {
    this.#device = device ? { first: base / PAGE, end: (base + size) / PAGE } : { first: 0, end: 0 };
  }

  /** Takes the mappings of a range away. The caller flushes what the CPU holds of the EPT. */
  unmap(base: number, size: number): void {
    for (let page = base; page < base + size; page += PAGE)
      if (this.translate(page) !== undefined) this.ept.unmap(page);
  }

  /** Accesses there go to a device: it lies outside the memory, or in a range of {@link setDevice}. */
  isDevice(guestPhysical: number): boolean {
    const page = Math.floor(guestPhysical / PAGE);
    return guestPhysical >= this.size || (page >= this.#device.first && page < this.#device.end);
  }

  isRom(guestPhysical: number): boolean {
    const page = Math.floor(guestPhysical / PAGE);
    return page >= this.#rom.first && page < this.#rom.end;
  }

  /** HPA of a guest-physical address, undefined where it has no frame yet or is no RAM. */
  translate(guestPhysical: number): number | undefined {
    const frame = this.frames[Math.floor(guestPhysical / PAGE)];
    return frame === undefined || frame === NONE ? undefined : frame + (guestPhysical % PAGE);
  }

  /** Gives a page a frame if it has none, and maps it in the EPT. */
  populate(guestPhysical: number): number {
    const page = Math.floor(guestPhysical / PAGE);
    const backing = this.a20Masked ? page & ~A20_PAGE : page;
    this.#giveFrame(backing);
    const rights = this.isRom(backing * PAGE) ? EptRights.ReadExecute : EptRights.All;
    this.ept.map(page * PAGE, this.frames[backing], rights);
    return this.frames[backing] + (guestPhysical % PAGE);
  }

  /**
   * The guest's A20 gate was opened or closed: pages with bit 20 lose their mappings, and get those of the pages without it
   * when they are next touched. The caller flushes what the CPU holds of the EPT.
   */
  setA20(open: boolean): void {
    this.a20Masked = !open;
    for (let page = A20_PAGE; page < this.frames.length; page++) {
      const mapped = this.frames[page] !== NONE || this.frames[page & ~A20_PAGE] !== NONE;
      if ((page & A20_PAGE) !== 0 && mapped) this.ept.unmap(page * PAGE);
    }
  }

  #frameFor(guestPhysical: number): number {
    const page = Math.floor(guestPhysical / PAGE);
    this.#giveFrame(page);
    return this.frames[page] + (guestPhysical % PAGE);
  }

  #giveFrame(page: number): void {
    if (this.frames[page] !== NONE) return;
    this.frames[page] = this.hostFrames.allocate();
    this.#saved = undefined;
  }

  /** Bytes that {@link save} would be the first to hold. */
  get unsavedBytes(): number {
    return this.#saved ? 0 : this.frames.byteLength;
  }

  /** Which frames the pages have; not to be changed. */
  save(): Float64Array {
    this.#saved ??= this.frames.slice();
    return this.#saved;
  }

  load(saved: Float64Array): void {
    if (saved !== this.#saved) this.frames.set(saved);
    this.#saved = saved;
  }

  readU8(address: number): number {
    const at = this.translate(address);
    if (at !== undefined) return this.host.bytes[at];
    return address < this.size ? 0 : 0xff;
  }

  readU16(address: number): number {
    return this.readU8(address) | (this.readU8(address + 1) << 8);
  }

  readU32(address: number): number {
    return (this.readU16(address) | (this.readU16(address + 2) << 16)) >>> 0;
  }

  /** 64 bits as bigint. */
  readU64(address: number): bigint {
    return (BigInt(this.readU32(address + 4)) << 32n) | BigInt(this.readU32(address));
  }

  read(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const run = Math.min(length - done, PAGE - ((address + done) % PAGE));
      const at = this.translate(address + done);
      if (at !== undefined) out.set(this.host.bytes.subarray(at, at + run), done);
      else if (address + done >= this.size) out.fill(0xff, done, done + run);
      done += run;
    }
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const run = Math.min(bytes.length - done, PAGE - ((address + done) % PAGE));
      if (address + done < this.size)
        this.host.writeBytes(this.#frameFor(address + done), bytes.subarray(done, done + run));
      done += run;
    }
  }
}
