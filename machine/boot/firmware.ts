/** What firmware leaves in memory for a program that is started without running the BIOS's self test. */
import type { GuestMemory } from '../memory-view';
import { placeAcpi } from './acpi-tables';
import { BIOS_BASE, BIOS_SIZE, biosImage } from './bios/bios-image';
import { EBDA_BASE } from './memory-map';
import { placeMpTable } from './mp-table';

/** Read-only memory of the PC: the owner of memory drops writes there. */
export const ROM_RANGE = { base: BIOS_BASE, size: BIOS_SIZE } as const;

const BDA = 0x400;
const BDA_COM1 = BDA + 0x00;
const BDA_EBDA_SEGMENT = BDA + 0x0e;
const BDA_EQUIPMENT = BDA + 0x10;
const BDA_BASE_KIB = BDA + 0x13;
const BDA_VIDEO_MODE = BDA + 0x49;
const BDA_COLUMNS = BDA + 0x4a;
const BDA_CRTC = BDA + 0x63;
const BDA_ROWS = BDA + 0x84;

const TEXT_MEMORY = 0xb8000;
const TEXT_CELLS = 80 * 25;

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

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

/**
 * BIOS data that kernels look at without calling the BIOS (extended BIOS data area, memory size, serial ports, video),
 * and a clear text screen.
 */
export function placeBiosData(memory: GuestMemory): void {
  memory.write(BDA_COM1, Uint8Array.of(0xf8, 0x03, 0xf8, 0x02));
  memory.write(BDA_EBDA_SEGMENT, u16(EBDA_BASE >> 4));
  memory.write(BDA_EQUIPMENT, u16(0x0426));
  memory.write(BDA_BASE_KIB, u16(EBDA_BASE / 1024));
  memory.write(BDA_VIDEO_MODE, Uint8Array.of(3));
  memory.write(BDA_COLUMNS, u16(80));
  memory.write(BDA_CRTC, u16(0x3d4));
  memory.write(BDA_ROWS, Uint8Array.of(24, 16));
  memory.write(EBDA_BASE, Uint8Array.of(1));
  const blank = new Uint8Array(TEXT_CELLS * 2);
  for (let i = 0; i < TEXT_CELLS; i++) blank.set([0x20, 0x07], 2 * i);
  memory.write(TEXT_MEMORY, blank);
}
