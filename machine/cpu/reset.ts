import type { Cpu } from './cpu';
import { Segment, State } from './layout';
import { setSegment, updateDerived } from './system/segments';

/** Present, accessed, writable data; DPL 0. */
const DATA = 0x93;
/** The same for code that may be read. */
const CODE = 0x9b;

/** Puts the CPU into its state after power-up or RESET (SDM 3A table 9-1), except that CS lies at F0000h, where the ROM is. */
export function resetCpu(cpu: Cpu): void {
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
  cpu.mmu.reset();
  updateDerived(cpu);
  state.rip = 0xfff0;
}
