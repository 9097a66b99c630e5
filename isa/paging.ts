/** Entries of the paging structures (SDM 3A 4.3 to 4.5, tables 4-4 to 4-20). Physical page numbers are bits 51:12. */
import { type BitLayout, field, flag } from './bit-fields';

/** Masks of paging entries; those above bit 31 as bigint in {@link EXECUTE_DISABLE}. */
export const PageEntry = {
  P: 1 << 0,
  RW: 1 << 1,
  US: 1 << 2,
  PWT: 1 << 3,
  PCD: 1 << 4,
  A: 1 << 5,
  D: 1 << 6,
  PS: 1 << 7,
  /** PAT of a 4-KByte page's entry. */
  PAT: 1 << 7,
  G: 1 << 8,
  /** PAT of a large page's entry. */
  LARGE_PAT: 1 << 12,
} as const;

/** XD: no instruction fetches, where EFER.NXE is 1. */
export const EXECUTE_DISABLE = 1n << 63n;

const common: BitLayout = [
  flag(0, 'P', 'Present.'),
  flag(1, 'R/W', 'Writes are allowed.'),
  flag(2, 'U/S', 'User-mode accesses are allowed.'),
  flag(3, 'PWT', 'Write-through.'),
  flag(4, 'PCD', 'Not cached.'),
  flag(5, 'A', 'Accessed.'),
];
const leaf: BitLayout = [flag(6, 'D', 'Dirty: written.')];
const long: BitLayout = [flag(11, 'R', 'Restart of hypervisor-managed translation.')];
const high: BitLayout = [
  field(59, 62, 'protection key', 'Protection key, where CR4.PKE or CR4.PKS is 1.'),
  flag(63, 'XD', 'No instruction fetches.'),
];

/** Entry of any level that refers to another table (PML5E, PML4E, PDPTE, PDE). */
export const tableEntryLayout: BitLayout = [
  ...common,
  field(7, 7, 'PS', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  ...long,
  field(12, 51, 'table', 'Physical page number of the table.'),
  flag(63, 'XD', 'No instruction fetches.'),
];

/** PTE: maps 4 KByte. */
export const page4KLayout: BitLayout = [
  ...common,
  ...leaf,
  flag(7, 'PAT', 'Third bit of the memory type’s index.'),
  flag(8, 'G', 'Global: survives loads of CR3.'),
  ...long,
  field(12, 51, 'page', 'Physical page number.'),
  ...high,
];

/** PDE with PS = 1: maps 2 MByte. */
export const page2MLayout: BitLayout = [
  ...common,
  ...leaf,
  field(7, 7, 'PS', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  flag(8, 'G', 'Global: survives loads of CR3.'),
  ...long,
  flag(12, 'PAT', 'Third bit of the memory type’s index.'),
  field(21, 51, 'page', 'Physical address in units of 2 MByte.'),
  ...high,
];

/** PDPTE with PS = 1: maps 1 GByte. */
export const page1GLayout: BitLayout = [
  ...common,
  ...leaf,
  field(7, 7, 'PS', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  flag(8, 'G', 'Global: survives loads of CR3.'),
  ...long,
  flag(12, 'PAT', 'Third bit of the memory type’s index.'),
  field(30, 51, 'page', 'Physical address in units of 1 GByte.'),
  ...high,
];

/** PDPTE of PAE paging: four of them, loaded with CR3. */
export const paePdpteLayout: BitLayout = [
  flag(0, 'P', 'Present.'),
  flag(3, 'PWT', 'Write-through.'),
  flag(4, 'PCD', 'Not cached.'),
  field(12, 51, 'table', 'Physical page number of the page directory.'),
];

/** 32-bit PDE that refers to a page table. */
export const pde32Layout: BitLayout = [
  ...common,
  field(7, 7, 'PS', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  field(12, 31, 'table', 'Physical page number of the page table.'),
];

/** 32-bit PTE: maps 4 KByte. */
export const pte32Layout: BitLayout = [
  ...common,
  ...leaf,
  flag(7, 'PAT', 'Third bit of the memory type’s index.'),
  flag(8, 'G', 'Global: survives loads of CR3.'),
  field(12, 31, 'page', 'Physical page number.'),
];

/** 32-bit PDE with PS = 1: maps 4 MByte. */
export const page4MLayout: BitLayout = [
  ...common,
  ...leaf,
  field(7, 7, 'PS', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  flag(8, 'G', 'Global: survives loads of CR3.'),
  flag(12, 'PAT', 'Third bit of the memory type’s index.'),
  field(13, 20, 'page 39:32', 'Physical address bits 39:32 (PSE-36).'),
  field(22, 31, 'page 31:22', 'Physical address bits 31:22.'),
];

/** Level of a paging-structure entry: 5 PML5E to 1 PTE. */
export type PagingLevel = 1 | 2 | 3 | 4 | 5;

/** The manual's name for entries of a level under 4-level, 5-level and PAE paging. */
export const entryNames: Readonly<Record<PagingLevel, string>> = {
  5: 'PML5E',
  4: 'PML4E',
  3: 'PDPTE',
  2: 'PDE',
  1: 'PTE',
};

/** Layout of a 64-bit entry of a level, by its PS bit. */
export function pagingEntryLayout(level: PagingLevel, entry: bigint): BitLayout {
  if (level === 1) return page4KLayout;
  const large = (entry & BigInt(PageEntry.PS)) !== 0n;
  if (level === 2 && large) return page2MLayout;
  if (level === 3 && large) return page1GLayout;
  return tableEntryLayout;
}

/** Memory types by their number (SDM 3A table 11-2, 11-10); 2 and 3 are reserved, 7 is UC- in the PAT only. */
export const memoryTypeNames: Readonly<Record<number, string>> = {
  0: 'UC',
  1: 'WC',
  4: 'WT',
  5: 'WP',
  6: 'WB',
  7: 'UC-',
};
