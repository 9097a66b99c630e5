import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../machine';
import { GuestFault } from '../fault';
import { State, Tlb } from '../layout';
import { VmExit } from '../vmx/vm-exit';
import type { Mmu } from './mmu';
import { AccessKind } from './paging';
import { updateDerived } from './segments';

// Tables stand at fixed places: PML4 0x10000, PDPT 0x11000, PD 0x12000, PT 0x13000; EPT the same at 0x20000. Expectations
// are from SDM 3A chapter 4 and 3C chapter 28.
const PML4 = 0x10000;
const PDPT = 0x11000;
const PD = 0x12000;
const PT = 0x13000;
const EPT = 0x20000;

let machine: Machine;
let mmu: Mmu;

function put(address: number, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  machine.memory.writeBytes(address, bytes);
}

function get(address: number): bigint {
  return machine.memory.view.getBigUint64(address, true);
}

/** Level 4 paging on, at level 0. Linear 0..2 MiB is mapped one to one by 4-KByte pages. */
function enablePaging(): void {
  const { state } = machine.processor;
  put(PML4, BigInt(PDPT) | 7n);
  put(PDPT, BigInt(PD) | 7n);
  put(PD, BigInt(PT) | 7n);
  for (let page = 0; page < 512; page++) put(PT + 8 * page, BigInt(page * 4096) | 7n);
  state.setNumber(State.cr0, 0x80010001);
  state.setNumber(State.cr3, PML4);
  state.setNumber(State.cr4, 0x20);
  state.setNumber(State.efer, 0xd00);
  mmu.updateContext();
}

/** Code of 64 bits, so that addresses are taken whole. */
function enable64Bit(): void {
  const { state } = machine.processor;
  state.set32(State.segments + 32 + 4, 0xa09b);
  updateDerived(machine.processor);
}

/** Guest-physical 0..2 MiB one to one under EPT, by 4-KByte pages. */
function enableEpt(pointer = EPT | 0x1e): void {
  put(EPT, BigInt(EPT + 0x1000) | 7n);
  put(EPT + 0x1000, BigInt(EPT + 0x2000) | 7n);
  put(EPT + 0x2000, BigInt(EPT + 0x3000) | 7n);
  for (let page = 0; page < 512; page++) put(EPT + 0x3000 + 8 * page, BigInt(page * 4096) | 0x37n);
  const { state } = machine.processor;
  state.set32(State.nonRoot, 1);
  state.setNumber(State.eptp, pointer);
  mmu.intercepts = {
    eptViolation(guestPhysical, qualification, guestLinear, cause) {
      throw Object.assign(new VmExit(), {
        reason: 48,
        guestPhysical,
        qualification: BigInt(qualification),
        guestLinear,
        cause,
      });
    },
    eptMisconfiguration(guestPhysical, cause) {
      throw Object.assign(new VmExit(), { reason: 49, guestPhysical, cause });
    },
  };
  mmu.updateContext();
}

function thrown(body: () => void): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

const read = (linear: number): number =>
  mmu.translate(linear | 0, Math.floor(linear / 2 ** 32), AccessKind.Read, false);
const write = (linear: number): number =>
  mmu.translate(linear | 0, Math.floor(linear / 2 ** 32), AccessKind.Write, false);

beforeEach(() => {
  machine = new Machine({ memory: 4 << 20, tier1: 'off' });
  mmu = machine.processor.mmu;
});

describe('the data TLB in linear memory', () => {
  const entry = (linear: number): number => (Tlb.base + ((linear >>> 12) & (Tlb.entries - 1)) * Tlb.entrySize) >>> 2;
  const tag = (linear: number, offset: number): boolean => {
    const { state } = machine.processor;
    return state.i32[entry(linear) + (offset >>> 2)] === ((linear & ~0xfff) | state.get32(State.tlbContext));
  };

  it('gets no write tag from a read of a clean page, and one from a write, which sets the dirty flag', () => {
    enablePaging();
    machine.memory.snapshot();
    mmu.fill(0x5000, 0, false);
    expect([tag(0x5000, Tlb.readTag), tag(0x5000, Tlb.writeTag)]).toEqual([true, false]);
    expect(get(PT + 8 * 5) & 0x60n).toBe(0x20n);
    mmu.fill(0x5000, 0, true);
    expect([tag(0x5000, Tlb.readTag), tag(0x5000, Tlb.writeTag)]).toEqual([true, true]);
    expect(get(PT + 8 * 5) & 0x60n).toBe(0x60n);
    expect(machine.memory.dirty[5]).toBe(1);
  });

  it('gives an address in linear memory where the byte stands', () => {
    enablePaging();
    machine.memory.bytes[0x5123] = 0x77;
    put(PT + 8 * 9, 0x5000n | 7n);
    expect(machine.processor.state.u8[mmu.fill(0x9123, 0, false)]).toBe(0x77);
  });

  it('refuses ROM for writing and MMIO altogether, and says where they are', () => {
    enablePaging();
    put(PT + 8 * 9, 0xfee00000n | 7n);
    expect([mmu.fill(0x9010, 0, false), mmu.physical]).toEqual([-1, 0xfee00010]);
    expect(mmu.fill(0xf0000, 0, false)).toBeGreaterThan(0);
    expect([mmu.fill(0xf0010, 0, true), mmu.physical]).toEqual([-1, 0xf0010]);
  });

  it('keeps stale translations through dropTags, save and load', () => {
    enablePaging();
    expect(read(0x5000)).toBe(0x5000);
    put(PT + 8 * 5, 0x6000n | 7n);
    mmu.dropTags();
    expect(read(0x5000)).toBe(0x5000);
    const saved = mmu.save();
    mmu.flushNonGlobal();
    expect(read(0x5000)).toBe(0x6000);
    mmu.load(saved);
    expect(read(0x5000)).toBe(0x5000);
  });

  it('starts over when contexts run out', () => {
    enablePaging();
    for (let i = 0; i < 2000; i++) {
      put(PT + 8 * 5, BigInt(0x6000 + 0x1000 * (i % 2)) | 7n);
      mmu.flushNonGlobal();
      expect(read(0x5000)).toBe(0x6000 + 0x1000 * (i % 2));
    }
  });

  it('is listed for inspectors', () => {
    enablePaging();
    mmu.fill(0x5000, 0, true);
    const [found] = mmu.tlbEntries('data');
    expect(found).toMatchObject({ linear: 0x5000n, physical: 0x5000, pageSize: 4096, writable: true, dirty: true });
  });
});

describe('5-level paging', () => {
  it('walks PML5, PML4, PDPT, PD, PT', () => {
    enablePaging();
    enable64Bit();
    const { state } = machine.processor;
    put(0x14000 + 8 * 1, BigInt(PML4) | 7n);
    state.setNumber(State.cr3, 0x14000);
    state.setNumber(State.cr4, 0x1020);
    mmu.updateContext();
    expect(read(2 ** 48 + 0x5123)).toBe(0x5123);
    expect(mmu.isCanonical(0, 0x10000)).toBe(true);
    expect(mmu.isCanonical(0, 0x1000000)).toBe(false);
    expect(mmu.walk(0x5123, 0x10000).entries.map((e) => e.level)).toEqual([5, 4, 3, 2, 1]);
  });
});

describe('EPT', () => {
  it('translates table addresses and the final address, and sets only guest flags without EPT flags', () => {
    enablePaging();
    enableEpt();
    put(EPT + 0x3000 + 8 * 5, 0x55000n | 0x37n);
    expect(write(0x5123)).toBe(0x55123);
    expect(get(PT + 8 * 5) & 0x60n).toBe(0x60n);
    expect(get(EPT + 0x3000 + 8 * 5)).toBe(0x55000n | 0x37n);
  });

  it('sets accessed and dirty flags where the EPT pointer asks for them; guest tables count as written', () => {
    enablePaging();
    enableEpt(EPT | 0x5e);
    read(0x5000);
    expect(get(EPT + 0x3000 + 8 * 5) & 0x300n).toBe(0x100n);
    expect(get(EPT + 0x3000 + 8 * (PT >> 12)) & 0x300n).toBe(0x300n);
    write(0x5000);
    expect(get(EPT + 0x3000 + 8 * 5) & 0x300n).toBe(0x300n);
  });

  it('exits on a page that is not there, with the address and the kind of access', () => {
    enablePaging();
    enableEpt();
    put(EPT + 0x3000 + 8 * 5, 0n);
    // write, linear address valid, access to the translation itself; no rights in the entries
    expect(thrown(() => write(0x5123))).toMatchObject({
      reason: 48,
      guestPhysical: 0x5123,
      guestLinear: 0x5123n,
      qualification: 0x182n,
    });
  });

  it('reports the rights of the entries where they do not allow the access', () => {
    enablePaging();
    enableEpt();
    put(EPT + 0x3000 + 8 * 5, 0x5000n | 0x35n);
    expect(read(0x5000)).toBe(0x5000);
    expect(thrown(() => write(0x5000))).toMatchObject({ reason: 48, qualification: 0x1aan });
    put(EPT + 0x3000 + 8 * 6, 0x6000n | 0x33n);
    expect(thrown(() => mmu.translateFetch(0x6000, 0))).toMatchObject({ reason: 48, qualification: 0x19cn });
  });

  it('tells an access to a table from one to the translation', () => {
    enablePaging();
    enableEpt();
    put(EPT + 0x3000 + 8 * (PT >> 12), 0n);
    expect(thrown(() => read(0x5000))).toMatchObject({ guestPhysical: PT + 8 * 5, qualification: 0x81n });
  });

  it('exits on bits that are no valid combination', () => {
    enablePaging();
    enableEpt();
    const leaf = EPT + 0x3000 + 8 * 5;
    for (const bits of [0x32n, 0x36n, 0x17n, 0x1fn, 0x3fn]) {
      put(leaf, 0x5000n | bits);
      expect(thrown(() => read(0x5000))).toMatchObject({ reason: 49, guestPhysical: 0x5000 });
    }
    put(leaf, 0x5000n | 0x37n | (1n << 45n));
    expect(thrown(() => read(0x5000))).toMatchObject({ reason: 49 });
    put(leaf, 0x5000n | 0x37n);
    put(EPT + 0x2000, BigInt(EPT + 0x3000) | 0xfn);
    expect(thrown(() => read(0x5000))).toMatchObject({ reason: 49 });
  });

  it('maps 2-MByte and 1-GByte pages', () => {
    enablePaging();
    enableEpt();
    put(EPT + 0x2000, 0xb7n);
    expect(read(0x5123)).toBe(0x5123);
    mmu.invalidateEpt(2, 0);
    put(EPT + 0x1000, 0xb7n);
    expect(read(0x6123)).toBe(0x6123);
  });

  it('lets #PF of the guest come before the violation of the page', () => {
    enablePaging();
    enableEpt();
    put(PT + 8 * 5, 0n);
    expect(thrown(() => read(0x5000))).toBeInstanceOf(GuestFault);
  });

  it('translates with paging off', () => {
    enableEpt();
    put(EPT + 0x3000 + 8 * 5, 0x55000n | 0x37n);
    expect(read(0x5123)).toBe(0x55123);
  });

  it('keeps combined translations until INVEPT', () => {
    enablePaging();
    enableEpt();
    expect(read(0x5000)).toBe(0x5000);
    put(EPT + 0x3000 + 8 * 5, 0x55000n | 0x37n);
    expect(read(0x5000)).toBe(0x5000);
    mmu.invalidateEpt(1, 0x999000);
    expect(read(0x5000)).toBe(0x5000);
    mmu.invalidateEpt(1, EPT | 0x1e);
    expect(read(0x5000)).toBe(0x55000);
  });

  it('keeps VPIDs apart, until INVVPID', () => {
    const { state } = machine.processor;
    enablePaging();
    enableEpt();
    state.setNumber(State.vpid, 1);
    mmu.updateContext();
    expect(read(0x5000)).toBe(0x5000);
    put(PT + 8 * 5, 0x6000n | 7n);
    state.setNumber(State.vpid, 2);
    mmu.updateContext();
    expect(read(0x5000)).toBe(0x6000);
    state.setNumber(State.vpid, 1);
    mmu.updateContext();
    expect(read(0x5000)).toBe(0x5000);
    mmu.invalidateVpid(0, 1, 0x5000, 0);
    expect(read(0x5000)).toBe(0x6000);
    put(PT + 8 * 5, 0x7000n | 7n);
    mmu.invalidateVpid(1, 2, 0, 0);
    expect(read(0x5000)).toBe(0x6000);
    mmu.invalidateVpid(1, 1, 0, 0);
    expect(read(0x5000)).toBe(0x7000);
  });

  it('is shown in both dimensions by walk, without flags being set', () => {
    enablePaging();
    enableEpt();
    const view = mmu.walk(0x5123, 0);
    expect(view.entries.map((e) => [e.level, e.address])).toEqual([
      [4, PML4],
      [3, PDPT],
      [2, PD],
      [1, PT + 8 * 5],
    ]);
    expect(view.entries[0].ept.map((e) => e.level)).toEqual([4, 3, 2, 1]);
    expect([view.guestPhysical, view.physical, view.pageSize]).toEqual([0x5123, 0x5123, 4096]);
    expect(mmu.probe(0x5123, 0)).toBe(0x5123);
    expect(get(PT + 8 * 5)).toBe(0x5000n | 7n);
  });
});
