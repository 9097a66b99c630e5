/** The memory map that firmware reports: INT 15h AX=E820h, boot_params, Multiboot. bios/system.asm has the same table. */

import type { GuestMemory } from '../memory-view';

export const MemoryType = { ram: 1, reserved: 2 } as const;

export interface MemoryRange {
  base: number;
  size: number;
  /** {@link MemoryType}, the type codes of INT 15h AX=E820h. */
  type: number;
}

/** End of the interrupt vectors and BIOS data. */
export const LOWEST_FREE = 0x500;
/** Extended BIOS data area: 1 KiB below 640 KiB. */
export const EBDA_BASE = 0x9fc00;
/** ACPI tables and the BIOS. */
export const FIRMWARE_BASE = 0xe0000;
export const HIGH_MEMORY = 0x100000;

/**
 * Ranges of a PC with that memory, ascending. The frame buffer behind the RAM belongs to no PCI function whose registers would
 * tell of it, so it is reserved (ACPI 6.4, 15.2: memory of baseboard devices).
 */
export function memoryMap({ size, frameBuffer = 0 }: Pick<GuestMemory, 'size' | 'frameBuffer'>): MemoryRange[] {
  const ranges: MemoryRange[] = [
    { base: 0, size: EBDA_BASE, type: MemoryType.ram },
    { base: EBDA_BASE, size: 0xa0000 - EBDA_BASE, type: MemoryType.reserved },
    { base: FIRMWARE_BASE, size: HIGH_MEMORY - FIRMWARE_BASE, type: MemoryType.reserved },
    { base: HIGH_MEMORY, size: Math.max(0, size - HIGH_MEMORY), type: MemoryType.ram },
  ];
  if (frameBuffer > 0) ranges.push({ base: size, size: frameBuffer, type: MemoryType.reserved });
  return ranges;
}

/** KiB from 0 and from 1 MiB, as Multiboot's mem_lower and mem_upper. */
export function lowerAndUpperKib(size: number): { lower: number; upper: number } {
  return { lower: EBDA_BASE / 1024, upper: Math.max(0, size - HIGH_MEMORY) / 1024 };
}

/** Where a program may be put: in RAM, clear of vectors, BIOS data, video memory and firmware. */
export function isLoadable(base: number, size: number, memory: number): boolean {
  return (base >= LOWEST_FREE && base + size <= EBDA_BASE) || (base >= HIGH_MEMORY && base + size <= memory);
}
