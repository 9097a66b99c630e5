/**
 * The medium of a drive: the bytes of an image, never changed, under the blocks that the guest wrote. What was written
 * is saved with the machine's state, so that disks go back in time with it.
 */
import type { Device } from './device';

/** Unit of copy on write, bytes. */
const BLOCK = 4096;

/** Cylinders, heads, sectors per track: the units of INT 13h and ATA CHS addresses. */
export interface Geometry {
  cylinders: number;
  heads: number;
  sectors: number;
}

interface DiskState {
  /** Block number and its bytes; a block's bytes are never changed, only replaced. */
  written: [number, Uint8Array][];
}

export class DiskImage implements Device {
  #written = new Map<number, Uint8Array>();

  /**
   * @param image the medium's bytes; a partial last sector reads as if filled with zeros
   * @param capacity bytes of the medium, if more than the image has
   */
  constructor(
    readonly name: string,
    private readonly image: Uint8Array,
    readonly sectorSize: number,
    readonly geometry: Geometry,
    private readonly capacity: number = image.length,
  ) {}

  /** Whole sectors on the medium. */
  get sectors(): number {
    return Math.ceil(Math.max(this.capacity, this.image.length) / this.sectorSize);
  }

  /** A copy of `count` sectors from `lba`; beyond the end zeros. */
  read(lba: number, count: number): Uint8Array {
    const out = new Uint8Array(count * this.sectorSize);
    const start = lba * this.sectorSize;
    out.set(this.image.subarray(start, start + out.length));
    if (this.#written.size === 0) return out;
    for (let block = Math.floor(start / BLOCK); block * BLOCK < start + out.length; block++) {
      const bytes = this.#written.get(block);
      if (bytes === undefined) continue;
      const at = block * BLOCK - start;
      if (at >= 0) out.set(bytes.subarray(0, Math.min(BLOCK, out.length - at)), at);
      else out.set(bytes.subarray(-at, Math.min(BLOCK, out.length - at)), 0);
    }
    return out;
  }

  /** Writes whole sectors from `lba`. */
  write(lba: number, bytes: Uint8Array): void {
    const start = lba * this.sectorSize;
    for (let done = 0; done < bytes.length; ) {
      const block = Math.floor((start + done) / BLOCK);
      const offset = (start + done) % BLOCK;
      const length = Math.min(BLOCK - offset, bytes.length - done);
      const fresh = new Uint8Array(BLOCK);
      fresh.set(this.#written.get(block) ?? this.image.subarray(block * BLOCK, (block + 1) * BLOCK));
      fresh.set(bytes.subarray(done, done + length), offset);
      this.#written.set(block, fresh);
      done += length;
    }
  }

  reset(): void {}

  save(): DiskState {
    return { written: [...this.#written] };
  }

  load(state: unknown): void {
    this.#written = new Map((state as DiskState).written);
  }
}

/** Diskette formats by KiB: ECMA and IBM formats that INT 13h AH=08h knows. */
const DISKETTES: readonly (readonly [number, Geometry])[] = [
  [360, { cylinders: 40, heads: 2, sectors: 9 }],
  [720, { cylinders: 80, heads: 2, sectors: 9 }],
  [1200, { cylinders: 80, heads: 2, sectors: 15 }],
  [1440, { cylinders: 80, heads: 2, sectors: 18 }],
  [2880, { cylinders: 80, heads: 2, sectors: 36 }],
];

/** Bytes of the largest diskette. */
export const LARGEST_DISKETTE = 2880 * 1024;

/** A diskette in drive A: of the format whose size the image has exactly, else 1.44 MB if it fits, else 2.88 MB. */
export function diskette(image: Uint8Array): DiskImage {
  const exact = DISKETTES.find(([kib]) => kib * 1024 === image.length);
  const [kib, geometry] = exact ?? DISKETTES[image.length <= 1440 * 1024 ? 3 : 4];
  return new DiskImage('floppy', image, 512, geometry, kib * 1024);
}

/** KiB of a diskette's format. */
export function disketteKib(disk: DiskImage): number {
  return (disk.geometry.cylinders * disk.geometry.heads * disk.geometry.sectors) / 2;
}

const PARTITION_TABLE = 0x1be;

/**
 * Heads and sectors by which the partition table was made: the end of a partition falls on the end of a cylinder.
 * Undefined if there is no table or its entries disagree.
 */
function geometryOfPartitions(image: Uint8Array): { heads: number; sectors: number } | undefined {
  if (image.length < 512 || image[510] !== 0x55 || image[511] !== 0xaa) return undefined;
  let found: { heads: number; sectors: number } | undefined;
  for (let i = 0; i < 4; i++) {
    const entry = PARTITION_TABLE + 16 * i;
    if (image[entry + 4] === 0 || (image[entry] & 0x7f) !== 0) continue;
    const heads = image[entry + 5] + 1;
    const sectors = image[entry + 6] & 0x3f;
    if (sectors === 0 || heads > 255) return undefined;
    if (found !== undefined && (found.heads !== heads || found.sectors !== sectors)) return undefined;
    found = { heads, sectors };
  }
  return found;
}

/** A hard disk; its geometry is that of its partition table, else 16 or 255 heads of 63 sectors. */
export function hardDisk(name: string, image: Uint8Array): DiskImage {
  const total = Math.ceil(image.length / 512);
  const { heads, sectors } = geometryOfPartitions(image) ?? {
    heads: total <= 1024 * 16 * 63 ? 16 : 255,
    sectors: 63,
  };
  // The last cylinder may be partial: every sector can be reached by CHS as far as 1024 cylinders go.
  const cylinders = Math.max(1, Math.min(1024, Math.ceil(total / (heads * sectors))));
  return new DiskImage(name, image, 512, { cylinders, heads, sectors });
}

/** A CD-ROM: 2048-byte sectors. */
export function cdrom(image: Uint8Array): DiskImage {
  return new DiskImage('cdrom', image, 2048, { cylinders: 1, heads: 1, sectors: 1 });
}
