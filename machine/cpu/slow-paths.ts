/**
 * What emitted code calls where its fast path does not apply: TLB misses, page-crossing accesses, MMIO, writes to pages with
 * code, segment limits. Faults and VM exits are noted for the run loop; State.fault tells the emitted code to stop.
 */
import type { AccessSize } from '../devices/device';
import type { Cpu } from './cpu';
import { raiseNonCanonical } from './fault';
import { State } from './layout';
import { UNALIGNED } from './slow-bytes';
import { checkAlignment, checkWrite, read, segmentAddress, uncheckedContext, write } from './system/access';

const TWO_32 = 4294967296;

export class SlowPaths {
  constructor(
    readonly cpu: Cpu,
    /** Notes what was thrown: a GuestFault or VmExit. Anything else is a bug and goes on up. */
    readonly note: (thrown: unknown) => void,
  ) {}

  /** Loads `bytes` (1, 2, 4, 8): the low 32 bits are returned, the high ones stand in State.slowHigh. */
  load(low: number, high: number, bytes: number): number {
    try {
      return this.#load(low, high, bytes);
    } catch (thrown) {
      this.note(thrown);
      return 0;
    }
  }

  /** 64-bit mode: the first and the last byte have canonical addresses. */
  #checkCanonical(low: number, high: number, bytes: number): void {
    const { mmu, state } = this.cpu;
    if (state.codeBits !== 64) return;
    const last = (low >>> 0) + bytes - 1 >= TWO_32 ? high + 1 : high;
    if (!mmu.isCanonical(low, high) || !mmu.isCanonical(low, last | 0)) {
      raiseNonCanonical(low, high);
    }
  }

  /** Tells the debug unit of an access that was done. */
  #watch(low: number, high: number, bytes: number, write: boolean): void {
    const { mmu, state } = this.cpu;
    mmu.debug!.note(state.codeBits === 64 ? high * TWO_32 + (low >>> 0) : low >>> 0, bytes, write);
  }

  #load(low: number, high: number, bytesAndKind: number): number {
    const { cpu } = this;
    const bytes = bytesAndKind & ~UNALIGNED;
    const checked = bytes === bytesAndKind;
    this.#checkCanonical(low, high, bytes);
    const context = cpu.state.u32[State.tlbContext >>> 2];
    if (checked) checkAlignment(low, bytes, context);
    const { mmu } = cpu;
    if ((low & 0xfff) + bytes <= 4096) {
      const at = mmu.tryFill(low, high, false);
      if (at === -2) {
        this.note(mmu.pageFault);
        return 0;
      }
      if (mmu.debug?.watching === true) this.#watch(low, high, bytes, false);
      if (at >= 0) {
        if (bytes === 8) cpu.state.u32[State.slowHigh >>> 2] = mmu.view.getUint32(at + 4, true);
        if (bytes >= 4) return mmu.view.getUint32(at, true);
        return bytes === 2 ? mmu.view.getUint16(at, true) : cpu.state.u8[at];
      }
      const { physical } = mmu;
      if (bytes < 8) return cpu.memory.read(physical, bytes as AccessSize);
      const value = cpu.memory.read(physical, 4);
      cpu.state.u32[State.slowHigh >>> 2] = cpu.memory.read(physical + 4, 4);
      return value;
    }
    const linear = high * TWO_32 + (low >>> 0);
    // what crosses a page is not aligned: it got here as that does not matter
    const unchecked = uncheckedContext(cpu);
    if (bytes < 8) return read(cpu, linear, bytes as AccessSize, unchecked);
    const value = read(cpu, linear, 4, unchecked);
    cpu.state.u32[State.slowHigh >>> 2] = read(cpu, linear + 4, 4, unchecked);
    return value;
  }

  /** Proves that the bytes may be written, then loads them. */
  loadForModify(low: number, high: number, bytesAndKind: number): number {
    try {
      const bytes = bytesAndKind & ~UNALIGNED;
      this.#checkCanonical(low, high, bytes);
      if (bytes === bytesAndKind) checkAlignment(low, bytes, this.cpu.state.u32[State.tlbContext >>> 2]);
      if ((low & 0xfff) + bytes <= 4096) {
        if (this.cpu.mmu.tryFill(low, high, true) === -2) {
          this.note(this.cpu.mmu.pageFault);
          return 0;
        }
      } else checkWrite(this.cpu, high * TWO_32 + (low >>> 0), bytes);
      return this.#load(low, high, bytesAndKind);
    } catch (thrown) {
      this.note(thrown);
      return 0;
    }
  }

  store(low: number, high: number, bytes: number, valueLow: number, valueHigh: number): void {
    try {
      this.#store(low, high, bytes, valueLow, valueHigh);
    } catch (thrown) {
      this.note(thrown);
    }
  }

  #store(low: number, high: number, bytesAndKind: number, valueLow: number, valueHigh: number): void {
    const { cpu } = this;
    const bytes = bytesAndKind & ~UNALIGNED;
    this.#checkCanonical(low, high, bytes);
    const context = cpu.state.u32[State.tlbContext >>> 2];
    if (bytes === bytesAndKind) checkAlignment(low, bytes, context);
    const { mmu } = cpu;
    if ((low & 0xfff) + bytes <= 4096) {
      const at = mmu.tryFill(low, high, true);
      if (at === -2) {
        this.note(mmu.pageFault);
        return;
      }
      if (mmu.debug?.watching === true) this.#watch(low, high, bytes, true);
      if (at >= 0) {
        if (mmu.hasCode) cpu.memory.onForeignWrite(at - cpu.memory.ramBase, bytes);
        if (bytes === 8) mmu.view.setUint32(at + 4, valueHigh, true);
        if (bytes >= 4) mmu.view.setUint32(at, valueLow, true);
        else if (bytes === 2) mmu.view.setUint16(at, valueLow, true);
        else cpu.state.u8[at] = valueLow;
        return;
      }
      const { physical } = mmu;
      cpu.memory.write(physical, Math.min(bytes, 4) as AccessSize, truncate(valueLow, bytes));
      if (bytes === 8) cpu.memory.write(physical + 4, 4, valueHigh >>> 0);
      return;
    }
    const linear = high * TWO_32 + (low >>> 0);
    checkWrite(cpu, linear, bytes);
    const unchecked = uncheckedContext(cpu);
    if (bytes < 8) {
      write(cpu, linear, bytes as AccessSize, truncate(valueLow, bytes), unchecked);
      return;
    }
    write(cpu, linear, 4, valueLow >>> 0, unchecked);
    write(cpu, linear + 4, 4, valueHigh >>> 0, unchecked);
  }

  /** The full check of an access that did not pass the quick limit comparison. */
  checkSegment(slot: number, low: number, high: number, bytes: number, isWrite: number): void {
    try {
      const offset = high * TWO_32 + (low >>> 0);
      segmentAddress(this.cpu, (slot - State.segmentBase) >>> 3, offset, bytes, isWrite !== 0);
    } catch (thrown) {
      this.note(thrown);
    }
  }
}

const truncate = (value: number, bytes: number): number =>
  bytes === 1 ? value & 0xff : bytes === 2 ? value & 0xffff : value >>> 0;
