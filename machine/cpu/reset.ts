import type { Cpu } from './cpu';
import { Activity, Segment, State } from './layout';
import { setSegment, updateDerived } from './system/segments';

/** Present, accessed, writable data; DPL 0. */
const DATA = 0x93;
/** The same for code that may be read. */
const CODE = 0x9b;

/** What INIT leaves alone (SDM 3A table 9-1): TSC, MTRRs and other MSRs, XCR0, x87 and SSE state; and the engine's own. */
const KEPT_BY_INIT: readonly (readonly [first: number, end: number])[] = [
  [State.xcr0, State.xcr0 + 8],
  [State.star, State.pkru],
  [State.mtrrDefType, State.cpl],
  [State.heatThreshold, State.heatThreshold + 4],
  [State.remaining, State.remaining + 4],
  [State.cut, State.cut + 4],
  [State.xmm, State.end],
];

/** Puts the CPU into its state after INIT: as after reset, but for what INIT keeps. */
export function initCpu(cpu: Cpu): void {
  initRegisters(cpu);
  cpu.mmu.reset();
  updateDerived(cpu);
}

/** What INIT does to the registers alone. */
export function initRegisters(cpu: Cpu): void {
  const { state } = cpu;
  const caching = state.get32(State.cr0) & 0x60000000;
  const kept = KEPT_BY_INIT.map(([first, end]) => state.u8.slice(first, end));
  resetRegisters(cpu);
  KEPT_BY_INIT.forEach(([first], i) => {
    state.u8.set(kept[i], first);
  });
  state.set32(State.cr0, 0x10 | caching);
}

/** A start-up IPI: execution begins at vector * 100h : 0 (SDM 3A 8.4.3). The CPU waited for it. */
export function startCpu(cpu: Cpu, vector: number): void {
  const { state } = cpu;
  state.set32(State.activity, Activity.Active);
  setSegment(state, Segment.CS, vector << 8, CODE, vector << 12, 0xffff);
  updateDerived(cpu);
  state.rip = 0;
}

/** Puts the CPU into its state after power-up or RESET (SDM 3A table 9-1), except that CS lies at F0000h, where the ROM is. */
export function resetCpu(cpu: Cpu): void {
  resetRegisters(cpu);
  cpu.mmu.reset();
  updateDerived(cpu);
}

/** What a reset does to the registers alone. */
export function resetRegisters(cpu: Cpu): void {
  const { state } = cpu;
  state.u8.fill(0, State.first, State.end);
  state.rflags = 2;
  state.setNumber(State.cr0, 0x60000010);
  state.setGpr32(2, 0x000b06a0 & 0xfffff); // family, model, stepping of the profile
  state.setNumber(State.dr + 8 * 4, 0xffff0ff0);
  state.setNumber(State.dr + 8 * 5, 0x400);
  state.setNumber(State.xcr0, 1);
  state.set64(State.pat, 0x0007040600070406n);
  state.setNumber(State.apicBase, 0xfee00900);
  state.setNumber(State.miscEnable, 1);
  state.set32(State.mxcsr, 0x1f80);
  state.set32(State.fpuControl, 0x40);
  state.set32(State.fpuTag, 0x5555);
  state.set64(State.currentVmcs, 0xffffffffffffffffn);
  state.set32(State.heatThreshold, 0x100);
  for (const segment of [Segment.ES, Segment.SS, Segment.DS, Segment.FS, Segment.GS])
    setSegment(state, segment, 0, DATA, 0, 0xffff);
  setSegment(state, Segment.CS, 0xf000, CODE, 0xf0000, 0xffff);
  setSegment(state, Segment.LDTR, 0, 0x82, 0, 0xffff);
  setSegment(state, Segment.TR, 0, 0x8b, 0, 0xffff);
  state.set32(State.gdtrLimit, 0xffff);
  state.set32(State.idtrLimit, 0xffff);
  state.set32(State.codeBits, 16);
  state.rip = 0xfff0;
}
