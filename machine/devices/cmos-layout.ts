/** CMOS RAM as a set-up program leaves it on an AT: IBM PC/AT Technical Reference, "Real-time clock/CMOS RAM". */

export const CMOS_DISKETTE = 0x10;
export const CMOS_FIXED_DISK = 0x12;
export const CMOS_EQUIPMENT = 0x14;
export const CMOS_BASE_KIB = 0x15;
export const CMOS_EXTENDED_KIB = 0x17;
export const CMOS_CHECKSUM = 0x2e;
export const CMOS_EXTENDED_KIB_POST = 0x30;
/** KiB/64 above 16 MiB, by which firmware for emulators passes memory of up to 4 GiB. */
export const CMOS_ABOVE_16M = 0x34;

const DISKETTE_TYPES: Readonly<Record<number, number>> = { 360: 1, 1200: 2, 720: 3, 1440: 4, 2880: 5 };
const FIXED_DISK_TYPE_47 = 0xf0;

export interface CmosOptions {
  /** Bytes of RAM. */
  memory: number;
  /** Capacity in KiB of the diskette in drive A, 0 if there is no drive. */
  disketteKib: number;
  hardDisk: boolean;
}

/** Bytes of the CMOS RAM by address. */
export function cmosLayout(options: CmosOptions): Map<number, number> {
  const ram = new Map<number, number>();
  const word = (address: number, value: number) => {
    ram.set(address, value & 0xff);
    ram.set(address + 1, (value >> 8) & 0xff);
  };
  const extendedKib = Math.max(0, Math.min(0xffff, Math.floor(options.memory / 1024) - 1024));
  const diskette = options.disketteKib > 0 ? (DISKETTE_TYPES[options.disketteKib] ?? 4) : 0;
  ram.set(CMOS_DISKETTE, diskette << 4);
  ram.set(CMOS_FIXED_DISK, options.hardDisk ? FIXED_DISK_TYPE_47 : 0);
  // coprocessor present, 80-column colour, number of diskette drives less one, diskette present
  ram.set(CMOS_EQUIPMENT, 0x06 | (diskette !== 0 ? 0x01 : 0));
  word(CMOS_BASE_KIB, 640);
  word(CMOS_EXTENDED_KIB, extendedKib);
  word(CMOS_EXTENDED_KIB_POST, extendedKib);
  word(CMOS_ABOVE_16M, Math.max(0, Math.min(0xffff, Math.floor((options.memory - 0x1000000) / 0x10000))));
  let sum = 0;
  for (let address = 0x10; address <= 0x2d; address++) sum += ram.get(address) ?? 0;
  ram.set(CMOS_CHECKSUM, (sum >> 8) & 0xff);
  ram.set(CMOS_CHECKSUM + 1, sum & 0xff);
  return ram;
}
