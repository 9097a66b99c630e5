/**
 * The disk port of Ringside's own BIOS: a paravirtual controller at ports 0B00h..0B3Fh, all registers 32 bits. The BIOS
 * writes drive, address, count and buffer, then a command; the sectors are copied to or from guest-physical memory
 * before the OUT instruction ends, and the status is read back. No interrupt, no data sheet: this comment is it.
 *
 *   0B00h  W command: 1 read, 2 write    R status: 0, or the error code of INT 13h
 *          3 begins El Torito emulation: the CD-ROM from the sector address on is the drive whose number is in the
 *          count register, of the media type in the buffer register (1 1.2 MB, 2 1.44 MB, 3 2.88 MB, 4 hard disk), with
 *          sectors of 512 bytes; 4 ends it
 *   0B04h  RW BIOS drive number: 00h diskette, 80h.. hard disks, E0h CD-ROM
 *   0B08h  RW sector address, low half   0B0Ch  RW high half
 *   0B10h  RW sectors to copy
 *   0B14h  RW physical address of the buffer
 *   0B18h  R sectors copied by the last command
 *   0B20h  R sectors of the selected drive, low half; 0 if there is no such drive
 *   0B24h  R high half
 *   0B28h  R its cylinders  0B2Ch  R heads  0B30h  R sectors per track  0B34h  R bytes per sector
 *   0B1Ch  R where the BIOS goes after its self test instead of reading a boot sector: CS:IP as a far pointer, 0 nowhere
 *   0B38h  R number of hard disks        0B3Ch  R boot order: one drive number a byte, first lowest, FFh none
 */
import type { GuestMemory } from '../memory-view';
import type { AccessSize, PortDevice } from './device';
import type { DiskImage, Geometry } from './disk-image';

export const BIOS_DISK = 0x0b00;
const COMMAND_STATUS = 0x00;
const DRIVE = 0x04;
const ADDRESS_LOW = 0x08;
const ADDRESS_HIGH = 0x0c;
const COUNT = 0x10;
const BUFFER = 0x14;
const COPIED = 0x18;
const ENTRY = 0x1c;
const SECTORS_LOW = 0x20;
const SECTORS_HIGH = 0x24;
const CYLINDERS = 0x28;
const HEADS = 0x2c;
const SECTORS_PER_TRACK = 0x30;
const BYTES_PER_SECTOR = 0x34;
const HARD_DISKS = 0x38;
const BOOT_ORDER = 0x3c;

const READ = 1;
const WRITE = 2;
const BEGIN_EMULATION = 3;
const END_EMULATION = 4;

/** Sectors per track of the emulated diskettes, by El Torito media type; all have 80 cylinders and 2 heads. */
const EMULATED_SECTORS: Readonly<Record<number, number>> = { 1: 15, 2: 18, 3: 36 };
const HARD_DISK_EMULATION = 4;
const CDROM_DRIVE = 0xe0;
/** Head and sector of the end of the first partition in a master boot record. */
const PARTITION_END = 0x1be + 5;

// INT 13h status codes
const OK = 0x00;
const BAD_COMMAND = 0x01;
const WRITE_PROTECTED = 0x03;
const SECTOR_NOT_FOUND = 0x04;
const NOT_READY = 0x80;

/** More than this in one command would stall the host: 16 MiB. */
const MOST_SECTORS = 32_768;

const TWO_32 = 4294967296;

/** A drive as INT 13h sees it. */
interface Medium {
  sectors: number;
  sectorSize: number;
  geometry: Geometry;
  read(lba: number, count: number): Uint8Array;
  /** Absent where nothing can be written. */
  write?(lba: number, bytes: Uint8Array): void;
}

interface Emulation {
  drive: number;
  /** First sector of the image on the CD. */
  start: number;
  type: number;
}

/** The image of an El Torito boot entry on a CD, as a disk of 512-byte sectors. */
function emulated(cd: DiskImage, { start, type }: Emulation): Medium {
  const read = (lba: number, count: number): Uint8Array => {
    const first = Math.floor(lba / 4);
    const blocks = cd.read(start + first, Math.ceil((lba + count) / 4) - first);
    return blocks.subarray((lba % 4) * 512, (lba % 4) * 512 + count * 512);
  };
  const limit = Math.max(0, cd.sectors - start) * 4;
  if (type !== HARD_DISK_EMULATION) {
    const geometry = { cylinders: 80, heads: 2, sectors: EMULATED_SECTORS[type] };
    return { sectors: 160 * geometry.sectors, sectorSize: 512, geometry, read };
  }
  const mbr = read(0, 1);
  const heads = mbr[PARTITION_END] + 1;
  const sectors = mbr[PARTITION_END + 1] & 0x3f || 1;
  const cylinders = Math.min(1024, Math.ceil(limit / (heads * sectors)));
  return { sectors: limit, sectorSize: 512, geometry: { cylinders, heads, sectors }, read };
}

export class BiosDisk implements PortDevice {
  readonly name = 'biosdisk';
  readonly ports = [{ first: BIOS_DISK, last: BIOS_DISK + 0x3f }];
  readonly widePorts = true;
  #registers = new Uint32Array(8);
  #status = OK;
  #emulation: Emulation | undefined;

  /**
   * `drives` by BIOS drive number; `bootOrder` lists at most four of them. `realModeEntry` is the physical address of a
   * program that is in memory already: the BIOS starts it instead of a boot sector.
   */
  constructor(
    private readonly memory: GuestMemory,
    private readonly drives: ReadonlyMap<number, DiskImage>,
    private readonly bootOrder: readonly number[],
    private readonly realModeEntry?: number,
  ) {}

  #register(offset: number): number {
    return this.#registers[offset >> 2];
  }

  #drive(): Medium | undefined {
    const number = this.#register(DRIVE);
    const cd = this.drives.get(CDROM_DRIVE);
    if (cd !== undefined && this.#emulation?.drive === number) return emulated(cd, this.#emulation);
    const drive = this.drives.get(number);
    if (drive === undefined) return undefined;
    const { sectors, sectorSize, geometry } = drive;
    const medium = { sectors, sectorSize, geometry, read: (lba: number, count: number) => drive.read(lba, count) };
    return sectorSize === 512 ? { ...medium, write: (lba, bytes) => drive.write(lba, bytes) } : medium;
  }

  #beginEmulation(): number {
    const type = this.#register(BUFFER);
    if (!this.drives.has(CDROM_DRIVE)) return NOT_READY;
    if (EMULATED_SECTORS[type] === undefined && type !== HARD_DISK_EMULATION) return BAD_COMMAND;
    this.#emulation = { drive: this.#register(COUNT), start: this.#register(ADDRESS_LOW), type };
    return OK;
  }

  readPort(port: number, _size: AccessSize): number {
    const offset = port - BIOS_DISK;
    const drive = this.#drive();
    switch (offset) {
      case COMMAND_STATUS:
        return this.#status;
      case SECTORS_LOW:
        return (drive?.sectors ?? 0) % TWO_32;
      case SECTORS_HIGH:
        return Math.floor((drive?.sectors ?? 0) / TWO_32);
      case CYLINDERS:
        return drive?.geometry.cylinders ?? 0;
      case HEADS:
        return drive?.geometry.heads ?? 0;
      case SECTORS_PER_TRACK:
        return drive?.geometry.sectors ?? 0;
      case BYTES_PER_SECTOR:
        return drive?.sectorSize ?? 0;
      case ENTRY: {
        const entry = this.realModeEntry ?? 0;
        return entry < 0x10000 ? entry : (entry << 12) >>> 0;
      }
      case HARD_DISKS:
        return [...this.drives.keys()].filter((number) => number >= 0x80 && number < 0xe0).length;
      case BOOT_ORDER:
        return [0, 1, 2, 3].reduce((all, i) => all | ((this.bootOrder[i] ?? 0xff) << (8 * i)), 0) >>> 0;
      default:
        return offset <= COPIED && offset % 4 === 0 ? this.#register(offset) : 0xffffffff;
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const offset = port - BIOS_DISK;
    if (offset === COMMAND_STATUS) this.#status = this.#command(value);
    else if (offset < COPIED && offset % 4 === 0) this.#registers[offset >> 2] = value;
  }

  #command(command: number): number {
    this.#registers[COPIED >> 2] = 0;
    if (command === BEGIN_EMULATION) return this.#beginEmulation();
    if (command === END_EMULATION) {
      this.#emulation = undefined;
      return OK;
    }
    const drive = this.#drive();
    if (drive === undefined) return NOT_READY;
    const lba = this.#register(ADDRESS_HIGH) * TWO_32 + this.#register(ADDRESS_LOW);
    const count = this.#register(COUNT);
    if (count > MOST_SECTORS || lba + count > drive.sectors) return SECTOR_NOT_FOUND;
    const buffer = this.#register(BUFFER);
    if (command === READ) this.memory.write(buffer, drive.read(lba, count));
    else if (command === WRITE) {
      if (drive.write === undefined) return WRITE_PROTECTED;
      drive.write(lba, this.memory.read(buffer, count * drive.sectorSize));
    } else return BAD_COMMAND;
    this.#registers[COPIED >> 2] = count;
    return OK;
  }

  reset(): void {
    this.#registers.fill(0);
    this.#status = OK;
    this.#emulation = undefined;
  }

  save(): unknown {
    return { registers: this.#registers.slice(), status: this.#status, emulation: this.#emulation ?? null };
  }

  load(state: unknown): void {
    const saved = state as { registers: Uint32Array; status: number; emulation: Emulation | null };
    this.#registers = saved.registers.slice();
    this.#status = saved.status;
    this.#emulation = saved.emulation ?? undefined;
  }
}
