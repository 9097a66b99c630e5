/** A guest's own page tables as its VMM reads them: in software, guest-physical. */
import type { Vmcs } from '../../machine/cpu/vmx/vmcs';
import type { VmMemory } from './vm-memory';

const PRESENT = 1n;
const LARGE = 0x80n;
const FRAME = 0x000ffffffffff000n;

/** The guest's registers that decide how it pages. */
export interface GuestPaging {
  guestCr0: bigint;
  guestCr3: bigint;
  guestCr4: bigint;
  guestIa32Efer: bigint;
}

/** The same out of a VMCS. */
export const pagingOf = (vmcs: Vmcs): GuestPaging => ({
  guestCr0: vmcs.read('guestCr0'),
  guestCr3: vmcs.read('guestCr3'),
  guestCr4: vmcs.read('guestCr4'),
  guestIa32Efer: vmcs.read('guestIa32Efer'),
});

/** Where a guest-linear address leads, or the error code of the page fault that the access would raise. */
export type GuestTranslation = { guestPhysical: number } | { errorCode: number };

/**
 * Translates a guest-linear address for an access.
 * @param user the access is a user-mode one
 * @param marks set accessed and dirty bits, as the processor would if the access were its own
 */
export function walkGuest(
  paging: GuestPaging,
  memory: VmMemory,
  linear: bigint,
  write: boolean,
  user: boolean,
  marks = false,
): GuestTranslation {
  const { guestCr0: cr0, guestCr3: cr3, guestCr4: cr4, guestIa32Efer: efer } = paging;
  if ((cr0 & 0x80000000n) === 0n) return { guestPhysical: Number(linear & 0xffffffffn) };
  const base = (write ? 2 : 0) | (user ? 4 : 0);
  const protect = (cr0 & 0x10000n) !== 0n;
  let writable = true;
  let userAllowed = true;
  /** Guest-physical addresses of the entries on the way; the last is the leaf. */
  const entries: number[] = [];
  const step = (entry: bigint, at: number): boolean => {
    if ((entry & PRESENT) === 0n) return false;
    entries.push(at);
    writable &&= (entry & 2n) !== 0n;
    userAllowed &&= (entry & 4n) !== 0n;
    return true;
  };
  const finish = (frame: bigint, mask: bigint): GuestTranslation => {
    const denied = (user && !userAllowed) || (write && !writable && (user || protect));
    if (denied) return { errorCode: base | 1 };
    if (marks) markAccess(memory, entries, write);
    return { guestPhysical: Number((frame & ~mask) | (linear & mask)) };
  };
  if ((cr4 & 0x20n) === 0n) {
    const directoryAt = Number(cr3 & 0xfffff000n) + 4 * Number((linear >> 22n) & 0x3ffn);
    const directory = BigInt(memory.readU32(directoryAt));
    if (!step(directory, directoryAt)) return { errorCode: base };
    if ((directory & LARGE) !== 0n && (cr4 & 0x10n) !== 0n) {
      return finish((directory & 0xffc00000n) | (((directory >> 13n) & 0xffn) << 32n), 0x3fffffn);
    }
    const entryAt = Number(directory & 0xfffff000n) + 4 * Number((linear >> 12n) & 0x3ffn);
    const entry = BigInt(memory.readU32(entryAt));
    return step(entry, entryAt) ? finish(entry & 0xfffff000n, 0xfffn) : { errorCode: base };
  }
  const long = (efer & 0x400n) !== 0n;
  let table = cr3 & (long ? FRAME : 0xffffffe0n);
  for (let shift = long ? ((cr4 & 0x1000n) !== 0n ? 48n : 39n) : 30n; ; shift -= 9n) {
    const top = !long && shift === 30n;
    const index = Number((linear >> shift) & (top ? 3n : 0x1ffn));
    const at = Number(table) + 8 * index;
    const entry = memory.readU64(at);
    if (top ? (entry & PRESENT) === 0n : !step(entry, at)) return { errorCode: base };
    if (shift === 12n || (!top && shift <= 30n && (entry & LARGE) !== 0n))
      return finish(entry & FRAME, (1n << shift) - 1n);
    table = entry & FRAME;
  }
}

const ACCESSED = 0x20;
const DIRTY = 0x40;

/** Sets the accessed bit of every entry, and the dirty bit of the leaf for a write: all in the entries' low byte. */
function markAccess(memory: VmMemory, entries: readonly number[], write: boolean): void {
  entries.forEach((at, i) => {
    const old = memory.readU8(at);
    const bits = ACCESSED | (write && i === entries.length - 1 ? DIRTY : 0);
    if ((old & bits) !== bits) memory.write(at, Uint8Array.of(old | bits));
  });
}
