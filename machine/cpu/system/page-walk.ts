import { PageKind, type PhysicalMemory } from '../../memory';
import type { CpuState } from '../cpu-state';
import { type GuestFault, pageFault } from '../fault';
import { State } from '../layout';
import type { EptWalk } from './ept-walk';
import {
  ALL_RIGHTS,
  allows,
  FETCH,
  keyDenies,
  PageFaultError,
  type PagingControls,
  PagingMode,
  PHYSICAL_ADDRESS_BITS,
  Right,
  throughA20,
  WRITE,
} from './paging';

const TWO_32 = 4294967296;
/** Bits 51:MAXPHYADDR of an entry, in its upper half; PAE reserves 62:52 too (SDM 3A 4.4.2). */
const RESERVED_HIGH = 0xfffff & ~((1 << (PHYSICAL_ADDRESS_BITS - 32)) - 1);
const RESERVED_HIGH_PAE = 0x7fffffff & ~((1 << (PHYSICAL_ADDRESS_BITS - 32)) - 1);

const ACCESSED = 0x20;
const DIRTY = 0x40;
const PAGE_SIZE_FLAG = 0x80;
const GLOBAL = 0x100;

const names = ['', 'PTE', 'PDE', 'PDPTE', 'PML4E', 'PML5E'];
const notPresent = names.map((name) => `${name} is not present`);
const reserved = names.map((name) => `${name} has a reserved bit set`);

/**
 * Walks the guest's paging structures in memory (SDM 3A 4.3 to 4.5). Sets accessed and dirty flags; under EPT every
 * guest-physical address, those of the entries included, goes through the EPT walk.
 */
export class PageWalk {
  /** Results of {@link walk}: host-physical address of the 4 KiB page, and what it allows ({@link Right}). */
  frame = 0;
  rights = 0;
  /** The #PF that {@link walk} found: it is not thrown, because that costs more than all the rest. */
  pageFault: GuestFault | undefined;
  /** Results of {@link walk}: guest-physical address of the 4 KiB page. */
  guestFrame = 0;

  constructor(
    private readonly state: CpuState,
    private readonly memory: PhysicalMemory,
    private readonly ept: EptWalk,
    private readonly controls: PagingControls,
    private readonly pageHasCode: (physicalPageNumber: number) => boolean,
  ) {}

  /**
   * @param low,high halves of the linear address
   * @param access AccessKind bits
   * @param user the access is a user-mode access
   * @param smap supervisor-mode data accesses to user-mode addresses are forbidden just now
   * @returns false where it ends in {@link pageFault}
   */
  walk(low: number, high: number, access: number, user: boolean, smap: boolean): boolean {
    const { mode } = this.controls;
    if (mode === PagingMode.Bits32) return this.walk32(low, high, access, user, smap);
    if (mode !== PagingMode.None) return this.walk64(low, high, access, user, smap);
    return this.finish((low & 0xfffff000) >>> 0, ALL_RIGHTS, low, high, access);
  }

  private walk64(low: number, high: number, access: number, user: boolean, smap: boolean): boolean {
    const { controls, memory, state } = this;
    const pae = controls.mode === PagingMode.Pae;
    let level: number = controls.mode === PagingMode.Level5 ? 5 : 4;
    let table: number;
    if (pae) {
      const slot = (State.pdpte + 8 * (low >>> 30)) >>> 2;
      const pdpte = state.u32[slot];
      if ((pdpte & 1) === 0) return this.fault(0, access, user, low, high, notPresent[3]);
      table = (state.u32[slot + 1] & 0xfffff) * TWO_32 + ((pdpte & 0xfffff000) >>> 0);
      level = 2;
    } else {
      const slot = State.cr3 >>> 2;
      table = (state.u32[slot + 1] & 0xfffff) * TWO_32 + ((state.u32[slot] & 0xfffff000) >>> 0);
    }
    const reservedHigh = (pae ? RESERVED_HIGH_PAE : RESERVED_HIGH) | (controls.noExecute ? 0 : 0x80000000);
    let rights = Right.Write | Right.User;
    for (; ; level--) {
      let index: number;
      if (level === 1) index = (low >>> 12) & 511;
      else if (level === 2) index = (low >>> 21) & 511;
      else if (level === 3) index = ((low >>> 30) | (high << 2)) & 511;
      else if (level === 4) index = (high >>> 7) & 511;
      else index = (high >>> 16) & 511;
      const guestAt = table + 8 * index;
      const at =
        controls.eptp === 0
          ? throughA20(controls, guestAt)
          : this.ept.translate(controls.eptp, guestAt, 0, low, high, false);
      const entryLow = memory.read(at, 4);
      const entryHigh = memory.read(at + 4, 4);
      if ((entryLow & 1) === 0) return this.fault(0, access, user, low, high, notPresent[level]);
      const leaf = level === 1 || (level <= 3 && (entryLow & PAGE_SIZE_FLAG) !== 0);
      if (
        (entryHigh & reservedHigh) !== 0 ||
        (level >= 4 && (entryLow & PAGE_SIZE_FLAG) !== 0) ||
        (leaf && level === 2 && (entryLow & 0x001fe000) !== 0) ||
        (leaf && level === 3 && (entryLow & 0x3fffe000) !== 0)
      ) {
        return this.fault(PageFaultError.Present | PageFaultError.Reserved, access, user, low, high, reserved[level]);
      }
      if ((entryLow & 2) === 0) rights &= ~Right.Write;
      if ((entryLow & 4) === 0) rights &= ~Right.User;
      if (entryHigh >>> 31 !== 0) rights |= Right.NoExecute;
      const base = (entryHigh & 0xfffff) * TWO_32 + ((entryLow & 0xfffff000) >>> 0);
      if (!leaf) {
        if ((entryLow & ACCESSED) === 0) this.setFlags(guestAt, at, entryLow | ACCESSED, low, high);
        table = base;
        continue;
      }
      if (controls.protectionKeys) rights |= ((entryHigh >>> 27) & 15) << Right.keyShift;
      if (controls.globalPages && (entryLow & GLOBAL) !== 0) rights |= Right.Global;
      if (!allows(controls, rights, access, user, smap)) return this.denied(rights, access, user, low, high);
      rights |= this.leafFlags(guestAt, at, entryLow, access, low, high);
      let frame = base;
      if (level === 2) {
        rights |= 1 << Right.sizeShift;
        frame = base - (base & 0x1fffff) + (low & 0x1ff000);
      } else if (level === 3) {
        rights |= 3 << Right.sizeShift;
        frame = base - (base & 0x3fffffff) + (low & 0x3ffff000);
      }
      return this.finish(frame, rights | Right.EptWrite | Right.EptExecute | Right.EptDirty, low, high, access);
    }
  }

  private walk32(low: number, high: number, access: number, user: boolean, smap: boolean): boolean {
    const { controls, memory, state } = this;
    let table = (state.u32[State.cr3 >>> 2] & 0xfffff000) >>> 0;
    let rights = Right.Write | Right.User;
    for (let level = 2; ; level--) {
      const guestAt = table + 4 * (level === 2 ? low >>> 22 : (low >>> 12) & 1023);
      const at =
        controls.eptp === 0
          ? throughA20(controls, guestAt)
          : this.ept.translate(controls.eptp, guestAt, 0, low, high, false);
      const entry = memory.read(at, 4);
      if ((entry & 1) === 0) return this.fault(0, access, user, low, high, notPresent[level]);
      const large = level === 2 && controls.pageSizeExtensions && (entry & PAGE_SIZE_FLAG) !== 0;
      // SDM 3A table 4-4: bit 21 is reserved, bits 20:13 are address bits 39:32 (PSE-36, MAXPHYADDR 40)
      if (large && (entry & 0x00200000) !== 0) {
        return this.fault(PageFaultError.Present | PageFaultError.Reserved, access, user, low, high, reserved[2]);
      }
      if ((entry & 2) === 0) rights &= ~Right.Write;
      if ((entry & 4) === 0) rights &= ~Right.User;
      if (level === 2 && !large) {
        if ((entry & ACCESSED) === 0) this.setFlags(guestAt, at, entry | ACCESSED, low, high);
        table = (entry & 0xfffff000) >>> 0;
        continue;
      }
      if (controls.globalPages && (entry & GLOBAL) !== 0) rights |= Right.Global;
      if (!allows(controls, rights, access, user, smap)) return this.denied(rights, access, user, low, high);
      rights |= this.leafFlags(guestAt, at, entry, access, low, high);
      let frame = (entry & 0xfffff000) >>> 0;
      if (large) {
        rights |= 2 << Right.sizeShift;
        frame = ((entry & 0xffc00000) >>> 0) + ((entry >>> 13) & 0xff) * TWO_32 + (low & 0x3ff000);
      }
      return this.finish(frame, rights | Right.EptWrite | Right.EptExecute | Right.EptDirty, low, high, access);
    }
  }

  /** Sets the accessed and, for a write, the dirty flag of a leaf; returns Right.Dirty if that is set now. */
  private leafFlags(guestAt: number, at: number, entry: number, access: number, low: number, high: number): number {
    const flags = (access & WRITE) !== 0 ? ACCESSED | DIRTY : ACCESSED;
    if ((entry & flags) !== flags) this.setFlags(guestAt, at, entry | flags, low, high);
    return ((entry | flags) & DIRTY) !== 0 ? Right.Dirty : 0;
  }

  private setFlags(guestAt: number, at: number, entry: number, low: number, high: number): void {
    // the write to the guest's table needs EPT's leave as well
    const { eptp } = this.controls;
    if (eptp !== 0) at = this.ept.translate(eptp, guestAt, WRITE, low, high, false);
    this.store(at, entry);
  }

  /** Writes an entry; the way over PhysicalMemory.write only where it has to be told. */
  private store(at: number, entry: number): void {
    const { memory } = this;
    const page = Math.floor(at / 4096);
    if (page < memory.kinds.length && memory.kinds[page] === PageKind.Ram && !this.pageHasCode(page)) {
      memory.dirty[page] = 1;
      memory.view.setUint32(at, entry, true);
    } else memory.write(at, 4, entry);
  }

  private finish(guestFrame: number, rights: number, low: number, high: number, access: number): boolean {
    this.guestFrame = guestFrame;
    const { eptp } = this.controls;
    if (eptp === 0) {
      this.frame = guestFrame;
      this.rights = rights;
      return true;
    }
    const at = this.ept.translate(eptp, guestFrame + (low & 0xfff), access & (WRITE | FETCH), low, high, true);
    this.frame = at - (at & 0xfff);
    this.rights = (rights & ~(Right.EptWrite | Right.EptExecute | Right.EptDirty)) | this.ept.rights;
    return true;
  }

  private denied(rights: number, access: number, user: boolean, low: number, high: number): false {
    let error: number = PageFaultError.Present;
    let why: string;
    if ((access & FETCH) !== 0) {
      if ((rights & Right.NoExecute) !== 0) why = 'fetch from a no-execute page';
      else why = user ? 'user fetch from a supervisor page' : 'supervisor fetch from a user page (SMEP)';
    } else {
      const write = (access & WRITE) !== 0;
      if (user && (rights & Right.User) === 0) why = 'user access to a supervisor page';
      else if (write && (rights & Right.Write) === 0 && (user || this.controls.writeProtect))
        why = 'write to a read-only page';
      else why = 'supervisor access to a user page (SMAP)';
      if (keyDenies(this.controls, rights, write, user)) {
        error |= PageFaultError.Key;
        why = 'the protection key denies the access';
      }
    }
    return this.fault(error, access, user, low, high, why);
  }

  private fault(error: number, access: number, user: boolean, low: number, high: number, detail: string): false {
    if ((access & WRITE) !== 0) error |= PageFaultError.Write;
    if (user) error |= PageFaultError.User;
    // SDM 3A 4.7: the I/D flag is defined only where fetches can be told apart
    if ((access & FETCH) !== 0) {
      const { mode, noExecute, smep } = this.controls;
      if (smep || (noExecute && mode !== PagingMode.Bits32)) error |= PageFaultError.Fetch;
    }
    this.pageFault = pageFault(error, low, high, detail);
    return false;
  }
}
