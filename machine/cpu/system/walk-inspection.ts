import type { PhysicalMemory } from '../../memory';
import type { CpuState } from '../cpu-state';
import { State } from '../layout';
import type { EptWalk, TableEntry } from './ept-walk';
import { type PagingControls, PagingMode } from './paging';

/** What a walk read. */
export interface WalkView {
  /** Entries of the guest's tables, from the root down; the last is the leaf or the one that stopped the walk. */
  entries: (TableEntry & {
    /** Under EPT: the EPT entries that translated `address`. */
    ept: TableEntry[];
  })[];
  /** Guest-physical address, undefined if the walk stopped. */
  guestPhysical: number | undefined;
  /** Under EPT: the EPT entries that translated `guestPhysical`. */
  ept: TableEntry[];
  /** Host-physical address, undefined if either dimension stopped. */
  physical: number | undefined;
  /** Bytes of the guest's page, 0 with paging off. */
  pageSize: number;
}

/** The walk for a linear address by the tables as they are: no flags set, no faults, no rights checked. */
export function inspectWalk(
  state: CpuState,
  memory: PhysicalMemory,
  controls: PagingControls,
  ept: EptWalk,
  low: number,
  high: number,
): WalkView {
  const view: WalkView = { entries: [], guestPhysical: undefined, ept: [], physical: undefined, pageSize: 0 };
  const toHost = (address: number): { entries: TableEntry[]; physical: number | undefined } =>
    controls.eptp === 0 ? { entries: [], physical: address } : ept.inspect(controls.eptp, address);
  const finish = (guestPhysical: number): WalkView => {
    view.guestPhysical = guestPhysical;
    const host = toHost(guestPhysical);
    view.ept = host.entries;
    view.physical = host.physical;
    return view;
  };
  const { mode } = controls;
  if (mode === PagingMode.None) return finish(low >>> 0);

  const linear = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const wide = mode !== PagingMode.Bits32;
  const entrySize = wide ? 8 : 4;
  let level = mode === PagingMode.Level5 ? 5 : mode === PagingMode.Level4 ? 4 : mode === PagingMode.Pae ? 3 : 2;
  const cr3 = state.get64(State.cr3);
  let table = Number(wide ? cr3 & 0xffffffffff000n : cr3 & 0xfffff000n);
  if (mode === PagingMode.Pae) table = Number(cr3 & 0xffffffe0n);
  for (; level >= 1; level--) {
    const bits = wide ? 9 : 10;
    const shift = BigInt(12 + bits * (level - 1));
    let index = Number((linear >> shift) & ((1n << BigInt(bits)) - 1n));
    if (mode === PagingMode.Pae && level === 3) index = low >>> 30;
    const address = table + entrySize * index;
    const host = toHost(address);
    if (host.physical === undefined) {
      view.entries.push({
        level,
        address,
        hostAddress: -1,
        value: 0n,
        problem: 'not mapped by EPT',
        ept: host.entries,
      });
      return view;
    }
    let value = BigInt(memory.read(host.physical, 4));
    if (wide) value |= BigInt(memory.read(host.physical + 4, 4)) << 32n;
    // SDM 3A 4.4.1: with PAE paging the processor uses its PDPTE registers, not memory
    if (mode === PagingMode.Pae && level === 3) value = state.get64(State.pdpte + 8 * index);
    const problem = (value & 1n) === 0n ? 'not present' : '';
    view.entries.push({ level, address, hostAddress: host.physical, value, problem, ept: host.entries });
    if (problem !== '') return view;
    const large = (value & 0x80n) !== 0n;
    const canBeLarge = wide
      ? level === 2 || (level === 3 && mode !== PagingMode.Pae)
      : level === 2 && controls.pageSizeExtensions;
    if (level === 1 || (large && canBeLarge)) {
      const size = 1n << shift;
      let base = value & 0xffffffffff000n & ~(size - 1n);
      if (!wide && level === 2) base = (value & 0xffc00000n) | (((value >> 13n) & 0xffn) << 32n);
      view.pageSize = Number(size);
      return finish(Number(base | (linear & (size - 1n))));
    }
    table = Number(value & 0xffffffffff000n);
  }
  return view;
}

/** Host-physical address by the tables as they are. */
export function probe(
  state: CpuState,
  memory: PhysicalMemory,
  controls: PagingControls,
  ept: EptWalk,
  low: number,
  high: number,
): number | undefined {
  return inspectWalk(state, memory, controls, ept, low, high).physical;
}
