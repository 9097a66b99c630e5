/** What paging structures say, in one form for all paging modes (SDM 3A chapter 4). */

/** MAXPHYADDR: bits of a physical address, as CPUID 80000008H reports it. */
export const PHYSICAL_ADDRESS_BITS = 40;

/** The paging modes (SDM 3A 4.1.1). */
export const PagingMode = { None: 0, Bits32: 1, Pae: 2, Level4: 3, Level5: 4 } as const;

/** What an access does. `System` accesses are supervisor-mode whatever the CPL: descriptor tables, TSS (SDM 3A 4.6). */
export const AccessKind = { Read: 0, Write: 1, Fetch: 2, SystemRead: 4, SystemWrite: 5 } as const;
export type AccessKind = (typeof AccessKind)[keyof typeof AccessKind];

/** Bit 0 of an {@link AccessKind}. */
export const WRITE = 1;
/** Bit 1 of an {@link AccessKind}. */
export const FETCH = 2;
/** Bit 2 of an {@link AccessKind}. */
export const SYSTEM = 4;

/** What a translation allows, gathered over all levels; kept in the TLB. */
export const Right = {
  /** R/W is 1 at every level. */
  Write: 1 << 0,
  /** U/S is 1 at every level: a user-mode address. */
  User: 1 << 1,
  /** XD is 1 at some level. */
  NoExecute: 1 << 2,
  /** The dirty flag of the leaf is set. */
  Dirty: 1 << 3,
  /** The G flag of the leaf, and CR4.PGE. */
  Global: 1 << 4,
  /** Writes allowed by EPT (or no EPT). */
  EptWrite: 1 << 5,
  /** Fetches allowed by EPT (or no EPT). */
  EptExecute: 1 << 6,
  /** The EPT dirty flag is set, or not in use. */
  EptDirty: 1 << 7,
  /** Protection key, four bits. */
  keyShift: 8,
  /** Size of the guest page: 0 4K, 1 2M, 2 4M, 3 1G. */
  sizeShift: 12,
} as const;

/** What identity mapping (paging off, no EPT) allows. */
export const ALL_RIGHTS = Right.Write | Right.User | Right.Dirty | Right.EptWrite | Right.EptExecute | Right.EptDirty;

/** Page-fault error code (SDM 3A 4.7). */
export const PageFaultError = {
  Present: 1 << 0,
  Write: 1 << 1,
  User: 1 << 2,
  Reserved: 1 << 3,
  Fetch: 1 << 4,
  Key: 1 << 5,
} as const;

/** The control-register bits that decide about paging, as the walker and the TLB read them. */
export interface PagingControls {
  mode: number;
  /** CR0.WP. */
  writeProtect: boolean;
  /** EFER.NXE. */
  noExecute: boolean;
  /** CR4.SMEP. */
  smep: boolean;
  /** CR4.SMAP. */
  smap: boolean;
  /** CR4.PSE. */
  pageSizeExtensions: boolean;
  /** CR4.PGE. */
  globalPages: boolean;
  /** CR4.PKE, with EFER.LMA. */
  protectionKeys: boolean;
  pkru: number;
  /** EPT pointer in force, 0 if EPT is off. */
  eptp: number;
  /** The A20 gate is closed: bit 20 of physical addresses is 0. The VMM's guests have a gate of their own. */
  a20Masked: boolean;
}

/** A physical address as it gets past the A20 gate (IBM PC/AT Technical Reference, "keyboard controller output port"). */
export function throughA20(controls: PagingControls, address: number): number {
  return controls.a20Masked && controls.eptp === 0 && (address & 0x100000) !== 0 ? address - 0x100000 : address;
}

/** The protection-key rights deny a data access (SDM 3A 4.6.2); `user` is that of the access. */
export function keyDenies(controls: PagingControls, rights: number, write: boolean, user: boolean): boolean {
  if (!controls.protectionKeys || (rights & Right.User) === 0) return false;
  const bits = controls.pkru >>> (2 * ((rights >>> Right.keyShift) & 15));
  return (bits & 1) !== 0 || (write && (bits & 2) !== 0 && (controls.writeProtect || user));
}

/**
 * The paging structures allow an access (SDM 3A 4.6.1); EPT and the dirty flags are not looked at.
 * @param smap supervisor-mode data accesses to user-mode addresses are forbidden just now
 */
export function allows(
  controls: PagingControls,
  rights: number,
  access: number,
  user: boolean,
  smap: boolean,
): boolean {
  if (controls.mode === PagingMode.None) return true;
  const userPage = (rights & Right.User) !== 0;
  if (user && !userPage) return false;
  if ((access & FETCH) !== 0) {
    return (rights & Right.NoExecute) === 0 && (user || !userPage || !controls.smep);
  }
  if (!user && userPage && smap) return false;
  const write = (access & WRITE) !== 0;
  if (write && (rights & Right.Write) === 0 && (user || controls.writeProtect)) return false;
  return !keyDenies(controls, rights, write, user);
}
