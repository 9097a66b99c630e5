/** The EPT pointer and the entries of the extended page tables (SDM 3C 24.6.11, 28.3.2, tables 28-1 to 28-7). */
import { type BitLayout, field, flag } from '../bit-fields';
import { memoryTypeNames } from '../paging';

/** Masks of EPT entries. */
export const EptEntry = {
  READ: 1 << 0,
  WRITE: 1 << 1,
  EXECUTE: 1 << 2,
  /** Bits 5:3 of a leaf: memory type. */
  MEMORY_TYPE: 7 << 3,
  IGNORE_PAT: 1 << 6,
  /** Leaf at the PDPTE or PDE level. */
  LARGE: 1 << 7,
  ACCESSED: 1 << 8,
  DIRTY: 1 << 9,
  USER_EXECUTE: 1 << 10,
} as const;

/** EPT pointer. */
export const eptPointerLayout: BitLayout = [
  field(0, 2, 'memory type', 'Memory type of the tables themselves.', memoryTypeNames),
  field(3, 5, 'page-walk length minus 1', 'Levels minus 1: 3 for four levels, 4 for five.'),
  flag(6, 'accessed and dirty flags', 'The walk sets accessed and dirty flags.'),
  flag(7, 'supervisor shadow stack', 'Bit 60 of leaves marks supervisor shadow-stack pages.'),
  field(12, 51, 'table', 'Host-physical page number of the top table.'),
];

const rights: BitLayout = [
  flag(0, 'R', 'Reads are allowed.'),
  flag(1, 'W', 'Writes are allowed.'),
  flag(2, 'X', 'Instruction fetches are allowed (of supervisor-mode code under mode-based execute control).'),
];

const leafCommon: BitLayout = [
  field(3, 5, 'memory type', 'Memory type of the page.', memoryTypeNames),
  flag(6, 'ignore PAT', 'The guest’s PAT does not count.'),
];

const leafHigh: BitLayout = [
  flag(57, 'verify guest paging', 'A translation must have used only entries marked for paging.'),
  flag(58, 'paging-write access', 'Walks may write accessed and dirty flags here although W is 0.'),
  flag(60, 'supervisor shadow stack', 'Supervisor shadow-stack page.'),
  flag(63, 'suppress #VE', 'A violation here exits instead of raising #VE.'),
];

/** Entry that refers to another table. */
export const eptTableEntryLayout: BitLayout = [
  ...rights,
  field(7, 7, 'large page', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
  flag(8, 'accessed', 'The entry was used.'),
  flag(10, 'XU', 'Fetches of user-mode code are allowed.'),
  field(12, 51, 'table', 'Host-physical page number of the table.'),
];

/** Entry that maps 4 KByte. */
export const ept4KLayout: BitLayout = [
  ...rights,
  ...leafCommon,
  flag(8, 'accessed', 'The page was accessed.'),
  flag(9, 'dirty', 'The page was written.'),
  flag(10, 'XU', 'Fetches of user-mode code are allowed.'),
  field(12, 51, 'page', 'Host-physical page number.'),
  flag(61, 'sub-page permissions', 'Writes are allowed to 128-byte parts by the sub-page permission table.'),
  ...leafHigh,
];

function largeLayout(shift: number): BitLayout {
  return [
    ...rights,
    ...leafCommon,
    field(7, 7, 'large page', 'What the entry refers to.', { 0: 'table', 1: 'page' }),
    flag(8, 'accessed', 'The page was accessed.'),
    flag(9, 'dirty', 'The page was written.'),
    flag(10, 'XU', 'Fetches of user-mode code are allowed.'),
    field(shift, 51, 'page', `Host-physical address bits 51:${shift}.`),
    ...leafHigh,
  ];
}

/** Entry that maps 2 MByte. */
export const ept2MLayout: BitLayout = largeLayout(21);
/** Entry that maps 1 GByte. */
export const ept1GLayout: BitLayout = largeLayout(30);

/** Layout of an entry of a level (5 PML5E to 1 PTE), by its bit 7. */
export function eptEntryLayout(level: 1 | 2 | 3 | 4 | 5, entry: bigint): BitLayout {
  if (level === 1) return ept4KLayout;
  const large = (entry & BigInt(EptEntry.LARGE)) !== 0n;
  if (level === 2 && large) return ept2MLayout;
  if (level === 3 && large) return ept1GLayout;
  return eptTableEntryLayout;
}

/** Why an entry is misconfigured, in words; undefined where it is not (SDM 3C 28.3.3.1). */
export function eptMisconfiguration(
  level: 1 | 2 | 3 | 4 | 5,
  entry: bigint,
  options: { executeOnly: boolean; physicalWidth: number; modeBasedExecute: boolean },
): string | undefined {
  const read = (entry & 1n) !== 0n;
  const write = (entry & 2n) !== 0n;
  const execute = (entry & 4n) !== 0n || (options.modeBasedExecute && (entry & 0x400n) !== 0n);
  if (!read && !write && !execute) return undefined;
  if (write && !read) return 'writes are allowed but reads are not';
  if (execute && !read && !options.executeOnly) return 'execute-only pages are not supported';
  const addressBits = (1n << 52n) - 1n;
  if ((entry & addressBits) >> BigInt(options.physicalWidth) !== 0n)
    return 'the address is beyond the physical-address width';
  const large = (entry & 0x80n) !== 0n;
  const leaf = level === 1 || ((level === 2 || level === 3) && large);
  if (!leaf) {
    const reserved = level >= 4 ? 0xf8n : 0x78n;
    return entry & reserved ? 'reserved bits of a table entry are set' : undefined;
  }
  const type = Number((entry >> 3n) & 7n);
  if (type === 2 || type === 3 || type === 7) return `memory type ${type} is reserved`;
  const lowest = level === 1 ? 12 : level === 2 ? 21 : 30;
  const below = ((1n << BigInt(lowest)) - 1n) & ~0xfffn;
  return entry & below ? 'address bits below the page size are set' : undefined;
}
