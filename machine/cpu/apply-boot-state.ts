import type { BootState } from '../boot/boot-state';
import type { Cpu } from './cpu';
import { Segment, State } from './layout';
import { setSegment, updateDerived } from './system/segments';

/** Loads the registers that a boot protocol asks for into a CPU that was just reset. */
export function applyBootState(cpu: Cpu, boot: BootState): void {
  const { state } = cpu;
  boot.gpr.forEach((value, i) => {
    state.setGpr64(i, value);
  });
  state.rflags = Number(boot.rflags);
  const { es, cs, ss, ds, fs, gs, ldtr, tr } = boot.segments;
  [es, cs, ss, ds, fs, gs, ldtr, tr].forEach((segment, i) => {
    setSegment(state, (Segment.ES + i) as number, segment.selector, segment.access, segment.base, segment.limit);
  });
  state.setNumber(State.gdtrBase, boot.gdtr.base);
  state.set32(State.gdtrLimit, boot.gdtr.limit);
  state.setNumber(State.idtrBase, boot.idtr.base);
  state.set32(State.idtrLimit, boot.idtr.limit);
  state.setNumber(State.cr0, boot.cr0);
  state.setNumber(State.cr3, boot.cr3);
  state.setNumber(State.cr4, boot.cr4);
  state.setNumber(State.efer, boot.efer);
  cpu.mmu.flushAll();
  cpu.mmu.updateContext();
  updateDerived(cpu);
  state.rip = Number(BigInt.asIntN(64, boot.rip));
}
