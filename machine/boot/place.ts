/** Puts parts of programs into guest memory, and refuses what does not fit. */
import type { GuestMemory } from '../memory-view';
import type { ElfFile } from './elf';
import { type LoadError, loadError } from './load-error';
import { EBDA_BASE, HIGH_MEMORY, isLoadable } from './memory-map';

const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * Writes `bytes` and zeros after them, `size` in all, at a physical address. `what` names the part for the message.
 */
export function place(
  memory: GuestMemory,
  address: number,
  bytes: Uint8Array,
  size: number,
  what: string,
): LoadError | undefined {
  if (!isLoadable(address, size, memory.size)) {
    return loadError(
      `${what} wants ${size} bytes at ${hex(address)}, which is not free RAM: free is ${hex(0x500)}..${hex(EBDA_BASE)} ` +
        `and ${hex(HIGH_MEMORY)}..${hex(memory.size)}; give the machine more memory or link to another address`,
    );
  }
  memory.write(address, bytes);
  if (size > bytes.length) memory.write(address + bytes.length, new Uint8Array(size - bytes.length));
  return undefined;
}

/** Loads all segments at their physical addresses. */
export function placeSegments(memory: GuestMemory, elf: ElfFile, file: Uint8Array, name: string): LoadError | undefined {
  for (const [i, segment] of elf.segments.entries()) {
    const bytes = file.subarray(segment.offset, segment.offset + segment.fileSize);
    const error = place(memory, segment.physical, bytes, segment.memorySize, `${name}: segment ${i}`);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** End of the highest loaded segment, rounded up to a page. */
export function endOfSegments(elf: ElfFile): number {
  const end = Math.max(...elf.segments.map((segment) => segment.physical + segment.memorySize));
  return Math.ceil(end / 4096) * 4096;
}
