/** What firmware leaves in memory for a program that is started without running the BIOS's self test. */
import type { GuestMemory } from '../memory-view';
import { placeAcpi } from './acpi-tables';
import { BIOS_BASE, BIOS_SIZE, biosImage } from './bios/bios-image';
import { ByteBuilder } from './file-view';
import { EBDA_BASE } from './memory-map';
import { placeMpTable } from './mp-table';

/** Read-only memory of the PC: the owner of memory drops writes there. */
export const ROM_RANGE = { base: BIOS_BASE, size: BIOS_SIZE } as const;

const TEXT_MEMORY = 0xb8000;
const TEXT_CELLS = 80 * 25;

/** What a program may want to know of the firmware's tables. */
export interface Firmware {
  /** The ACPI root pointer: its bytes and physical address. */
  acpi: { rsdp: Uint8Array; address: number };
}

/** BIOS ROM, ACPI and MultiProcessor tables: what a machine needs that starts at its reset vector. */
export function placeFirmware(memory: GuestMemory, cpus: number): Firmware {
  memory.write(BIOS_BASE, biosImage());
  const acpi = placeAcpi(memory, cpus);
  placeMpTable(memory, Math.ceil(acpi.next / 16) * 16, cpus);
  return { acpi };
}

/** Offset in the ROM of the table of handlers: plain return, vectors 08h.., vectors 70h.., NMI, font. */
const ROM_TABLE = 0x10;
const ROM_SEGMENT = BIOS_BASE >> 4;
const VECTORS = 256;
/** Vectors from here to 70h, and from 78h on, are free: 0. */
const FIRST_FREE_VECTOR = 0x78;
const FIXED_DISK_VECTORS = [0x41, 0x46];
const FONT_VECTOR = 0x43;
const FIXED_DISK_TABLES = 0x20;

/** The interrupt vectors as the self test sets them: bios/post.asm, init_vectors. */
function vectors(rom: Uint8Array): Uint8Array {
  const view = new DataView(rom.buffer, rom.byteOffset, rom.length);
  const [plain, from08, from70, nmi, font] = [0, 2, 4, 6, 8].map((offset) => view.getUint16(ROM_TABLE + offset, true));
  const out = new ByteBuilder();
  for (let vector = 0; vector < VECTORS; vector++) {
    if (vector >= 0x08 && vector < 0x20) out.u16(view.getUint16(from08 + 2 * (vector - 0x08), true)).u16(ROM_SEGMENT);
    else if (vector >= 0x70 && vector < 0x78)
      out.u16(view.getUint16(from70 + 2 * (vector - 0x70), true)).u16(ROM_SEGMENT);
    else if (vector === 0x02) out.u16(nmi).u16(ROM_SEGMENT);
    else if (vector === FONT_VECTOR) out.u16(font).u16(ROM_SEGMENT);
    else if (FIXED_DISK_VECTORS.includes(vector)) {
      out.u16(FIXED_DISK_TABLES + 16 * FIXED_DISK_VECTORS.indexOf(vector)).u16(EBDA_BASE >> 4);
    } else if (vector < FIRST_FREE_VECTOR) out.u16(plain).u16(ROM_SEGMENT);
    else out.u32(0);
  }
  return out.bytes();
}

/**
 * What the self test leaves in low memory, for a program that is started without it and may yet call the BIOS from real
 * mode or look at its data: interrupt vectors, BIOS data areas, a clear text screen. The time of day (40:6C) stays 0, and
 * so do the tables of fixed disks.
 */
export function placeBiosData(memory: GuestMemory): void {
  memory.write(0, vectors(memory.read(BIOS_BASE, BIOS_SIZE)));
  const data = new Uint8Array(0x100);
  const view = new DataView(data.buffer);
  const word = (offset: number, value: number) => view.setUint16(offset, value, true);
  word(0x00, 0x3f8);
  word(0x02, 0x2f8);
  word(0x0e, EBDA_BASE >> 4);
  word(0x10, 0x0426); // equipment: coprocessor, 80x25 colour, two serial ports
  word(0x13, EBDA_BASE / 1024);
  for (const offset of [0x1a, 0x1c, 0x80]) word(offset, 0x1e); // keyboard buffer
  word(0x82, 0x3e);
  data[0x49] = 3; // video mode
  word(0x4a, 80);
  word(0x4c, 0x1000);
  word(0x60, 0x0607);
  word(0x63, 0x3d4);
  word(0x65, 0x3029);
  view.setUint32(0x7c, 0x01010101, true); // serial time-outs
  data[0x84] = 24;
  word(0x85, 16);
  data[0x87] = 0x60;
  word(0x88, 0x11f9);
  data[0x96] = 0x10; // enhanced keyboard
  memory.write(0x400, data);
  memory.write(EBDA_BASE, Uint8Array.of(1));
  memory.write(EBDA_BASE + 0x60, Uint8Array.of(0xff));
  const blank = new Uint8Array(TEXT_CELLS * 2);
  for (let i = 0; i < TEXT_CELLS; i++) blank.set([0x20, 0x07], 2 * i);
  memory.write(TEXT_MEMORY, blank);
}
