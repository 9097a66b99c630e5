import type { PhysicalMemory } from '../../memory';
import type { Intercepts } from '../vmx/intercepts';
import { FETCH, PHYSICAL_ADDRESS_BITS, Right, WRITE } from './paging';

const TWO_32 = 4294967296;
/** Bits 51:MAXPHYADDR of an entry, in its upper half. */
const RESERVED_HIGH = 0xfffff & ~((1 << (PHYSICAL_ADDRESS_BITS - 32)) - 1);

/** IA32_VMX_EPT_VPID_CAP bit 0: execute-only translations are supported. */
export const EPT_EXECUTE_ONLY = true;

/** One entry that a walk read, for inspectors. */
export interface TableEntry {
  /** 5 to 1; a PAE page-directory-pointer entry is level 3. */
  level: number;
  /** Where the entry stands: physical (of the dimension walked) in bytes. */
  address: number;
  /** The same as host-physical; differs under EPT. */
  hostAddress: number;
  value: bigint;
  /** What is wrong with it, empty if it was followed. */
  problem: string;
}

/** Walks the EPT (SDM 3C 28.3): guest-physical to host-physical. */
export class EptWalk {
  /** Who makes the VM exit; set with entry into non-root operation. */
  intercepts: Pick<Intercepts, 'eptViolation' | 'eptMisconfiguration'> | undefined;
  /** After {@link translate}: {@link Right} bits EptWrite, EptExecute, EptDirty of the translation. */
  rights = 0;
  /** Exits report the guest-linear address as valid; false while PDPTEs are loaded. */
  linearValid = true;

  /** Gives a guest-physical page a frame, so that the walk succeeds when it is tried again; false if it cannot. */
  back: ((address: number) => boolean) | undefined;

  constructor(private readonly memory: PhysicalMemory) {}

  /**
   * With EPT accessed and dirty flags enabled, an access to a guest paging-structure entry counts as a write.
   * @param eptp the EPT pointer
   * @param address guest-physical, in bytes
   * @param access AccessKind bits: read, write, fetch
   * @param linear halves of the linear address being translated
   * @param final the access is to the translation of a linear address, not to a paging-structure entry
   * @returns host-physical address
   */
  translate(eptp: number, address: number, access: number, low: number, high: number, final: boolean): number {
    const dirtyFlags = (eptp & 0x40) !== 0;
    if (dirtyFlags && !final) access = 3;
    const { memory } = this;
    const pageHigh = Math.floor(address / TWO_32);
    const pageLow = address >>> 0;
    let table = Math.floor(eptp / 4096) * 4096;
    let allowed = 7;
    if (pageHigh >= 1 << 16) this.violation(address, access, 0, low, high, final, 'the address exceeds 48 bits');
    for (let level = 4; ; level--) {
      let index: number;
      if (level === 4) index = (pageHigh >>> 7) & 511;
      else if (level === 3) index = ((pageLow >>> 30) | (pageHigh << 2)) & 511;
      else index = (pageLow >>> (12 + 9 * (level - 1))) & 511;
      const at = table + 8 * index;
      const entryLow = memory.read(at, 4);
      const entryHigh = memory.read(at + 4, 4);
      const bits = entryLow & 7;
      allowed &= bits;
      if (bits === 0) {
        if (this.back?.(address)) return this.translate(eptp, address, access, low, high, final);
        this.violation(address, access, 0, low, high, final, entryText(level, at, entryLow, entryHigh, 'not present'));
      }
      const leaf = level === 1 || (level < 4 && (entryLow & 0x80) !== 0);
      const problem = misconfiguration(level, leaf, entryLow, entryHigh);
      if (problem !== '') this.misconfigured(address, entryText(level, at, entryLow, entryHigh, problem));
      // SDM 3C 28.3.3.2: a write needs bit 1, a fetch bit 2, a read bit 0 in every entry
      const needed = access === FETCH ? 4 : (access & WRITE) !== 0 ? 2 : 1;
      if ((bits & needed) === 0) {
        const what = needed === 4 ? 'no execution' : needed === 2 ? 'no write' : 'no read';
        this.violation(
          address,
          access,
          this.fullRights(eptp, address),
          low,
          high,
          final,
          entryText(level, at, entryLow, entryHigh, `allows ${what}`),
        );
      }
      if (dirtyFlags) {
        const flags = leaf && (access & WRITE) !== 0 ? 0x300 : 0x100;
        if ((entryLow & flags) !== flags) memory.write(at, 4, entryLow | flags);
      }
      const next = (entryHigh & 0xfffff) * TWO_32 + ((entryLow & 0xfffff000) >>> 0);
      if (leaf) {
        this.rights = 0;
        if ((allowed & 2) !== 0) this.rights |= Right.EptWrite;
        if ((allowed & 4) !== 0) this.rights |= Right.EptExecute;
        if (!dirtyFlags || (access & WRITE) !== 0 || (entryLow & 0x200) !== 0) this.rights |= Right.EptDirty;
        const size = level === 1 ? 4096 : level === 2 ? 0x200000 : 0x40000000;
        return next - (next % size) + (address % size);
      }
      table = next;
    }
  }

  /**
   * The entries that map a guest-physical address, without side effects; the last one is the leaf or the one that
   * stopped the walk. `physical` is the host-physical address, undefined if there is none.
   */
  inspect(eptp: number, address: number): { entries: TableEntry[]; physical: number | undefined; rights: number } {
    const entries: TableEntry[] = [];
    let table = Math.floor(eptp / 4096) * 4096;
    let rights = 7;
    for (let level = 4; level >= 1; level--) {
      const index = Math.floor(address / 2 ** (12 + 9 * (level - 1))) % 512;
      const at = table + 8 * index;
      const low = this.memory.read(at, 4);
      const high = this.memory.read(at + 4, 4);
      const value = (BigInt(high) << 32n) | BigInt(low);
      rights &= low & 7;
      const leaf = level === 1 || (level < 4 && (low & 0x80) !== 0);
      const problem = (low & 7) === 0 ? 'not present' : misconfiguration(level, leaf, low, high);
      entries.push({ level, address: at, hostAddress: at, value, problem });
      if (problem !== '') return { entries, physical: undefined, rights };
      const next = (high & 0xfffff) * TWO_32 + ((low & 0xfffff000) >>> 0);
      if (leaf) {
        const size = level === 1 ? 4096 : level === 2 ? 0x200000 : 0x40000000;
        return { entries, physical: next - (next % size) + (address % size), rights };
      }
      table = next;
    }
    return { entries, physical: undefined, rights };
  }

  /** Bits 2:0 of all entries that translate the address, as the exit qualification reports them (SDM 3C table 27-7). */
  private fullRights(eptp: number, address: number): number {
    const { physical, rights } = this.inspect(eptp, address);
    return physical === undefined ? 0 : rights;
  }

  private violation(
    address: number,
    access: number,
    rights: number,
    low: number,
    high: number,
    final: boolean,
    cause: string,
  ): never {
    const kind = access === FETCH ? 4 : access === 3 ? 3 : (access & WRITE) !== 0 ? 2 : 1;
    // bit 7: the guest linear address is valid; bit 8: the access was to its translation
    const qualification =
      kind | (rights << 3) | (this.linearValid ? 0x80 : 0) | (final && this.linearValid ? 0x100 : 0);
    const linear = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    if (this.intercepts === undefined) throw new Error(`EPT violation outside VMX non-root operation: ${cause}`);
    return this.intercepts.eptViolation(address, qualification, this.linearValid ? linear : undefined, cause);
  }

  private misconfigured(address: number, cause: string): never {
    if (this.intercepts === undefined) throw new Error(`EPT misconfiguration outside VMX non-root operation: ${cause}`);
    return this.intercepts.eptMisconfiguration(address, cause);
  }
}

/** What makes an entry a misconfiguration (SDM 3C 28.3.3.1), empty if it is none. */
export function misconfiguration(level: number, leaf: boolean, low: number, high: number): string {
  const bits = low & 7;
  if ((bits & 3) === 2) return 'writable but not readable';
  if (bits === 4 && !EPT_EXECUTE_ONLY) return 'execute-only is not supported';
  if ((high & RESERVED_HIGH) !== 0) return 'a physical-address bit beyond MAXPHYADDR is set';
  if (!leaf) return (low & (level === 4 ? 0xf8 : 0x78)) !== 0 ? 'a reserved bit of 7:3 is set' : '';
  const type = (low >>> 3) & 7;
  if (type === 2 || type === 3 || type === 7) return `memory type ${type} is reserved`;
  if (level === 3 && (low & 0x3ffff000) !== 0) return 'a reserved bit of 29:12 is set';
  if (level === 2 && (low & 0x001ff000) !== 0) return 'a reserved bit of 20:12 is set';
  return '';
}

function entryText(level: number, at: number, low: number, high: number, what: string): string {
  const value = ((BigInt(high) << 32n) | BigInt(low)).toString(16);
  const name = level === 4 ? 'PML4E' : level === 3 ? 'PDPTE' : level === 2 ? 'PDE' : 'PTE';
  return `EPT ${name} at 0x${at.toString(16)} = 0x${value}: ${what}`;
}
