/**
 * The virtual interrupt flag: virtual-8086 mode extensions (CR4.VME, SDM 3B 20.3) and protected-mode virtual interrupts (CR4.PVI,
 * SDM 3B 20.4). With IOPL below 3 it stands in for IF, and INT n of virtual-8086 mode may go to the 8086 program itself.
 */
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Segment, State } from '../layout';
import { read } from './access';
import { Cr4 } from './control';
import { isVirtual8086, loadVirtual8086, segmentChanged } from './segments';
import { setStackPointer, stackPointer, writeStack } from './stack';

const TF = 0x100;
const IF = 0x200;
const IOPL = 0x3000;
const RF = 0x10000;
const VIF = 0x80000;
const VIP = 0x100000;
/** What 16-bit POPF and IRET load beside VIF: CF PF AF ZF SF TF DF OF NT. */
const LOADED = 0x4dd5;

/** VIF stands in for IF: IOPL is below 3, and VME in virtual-8086 mode or PVI at level 3 of protected mode is on. */
export function hasVirtualInterruptFlag(cpu: Cpu): boolean {
  const { u32 } = cpu.state;
  const cr4 = u32[State.cr4 >>> 2];
  if ((cr4 & (Cr4.VME | Cr4.PVI)) === 0 || (u32[State.systemFlags >>> 2] & IOPL) === IOPL) return false;
  if (isVirtual8086(cpu.state)) return (cr4 & Cr4.VME) !== 0;
  return (cr4 & Cr4.PVI) !== 0 && cpu.state.cpl === 3 && (u32[State.cr0 >>> 2] & 1) !== 0;
}

/** CLI and STI: VIF; STI while VIP says that an interrupt waits is #GP(0). */
export function setVirtualInterruptFlag(cpu: Cpu, on: boolean): void {
  const { u32 } = cpu.state;
  const at = State.systemFlags >>> 2;
  if (!on) u32[at] &= ~VIF;
  else if ((u32[at] & VIP) !== 0) raise(Vector.GP, 0, 'STI sets VIF while VIP is set');
  else u32[at] |= VIF;
}

/** FLAGS as the 8086 program sees them, in PUSHF and INT n: VIF in the place of IF, IOPL 3 (SDM 3B 20.3.3.5). */
export function virtualFlags(cpu: Cpu): number {
  const flags = cpu.state.rflags;
  return (flags & ~IF & 0xffff) | IOPL | ((flags & VIF) !== 0 ? IF : 0);
}

/** #GP(0) where 16-bit POPF or IRET must leave these FLAGS to the monitor: TF is set, or IF while an interrupt waits. */
export function checkVirtualFlags(cpu: Cpu, flags: number): void {
  if ((flags & TF) !== 0) raise(Vector.GP, 0, 'FLAGS with TF set are for the virtual-8086 monitor');
  if ((flags & IF) !== 0 && (cpu.state.u32[State.systemFlags >>> 2] & VIP) !== 0)
    raise(Vector.GP, 0, 'FLAGS with IF set are for the virtual-8086 monitor while VIP is set');
}

/** Loads FLAGS as 16-bit POPF and IRET do: VIF from the place of IF; IF and IOPL stay. */
export function loadVirtualFlags(cpu: Cpu, flags: number): void {
  const { state } = cpu;
  const loaded = (flags & LOADED) | ((flags & IF) !== 0 ? VIF : 0);
  state.rflags = (state.rflags & ~(LOADED | VIF)) | loaded | 2;
}

/** Both VIF and VIP are set at the start of an instruction where VIF is recognized: #GP(0) comes before it (SDM 3B 20.3.2). */
export function virtualInterruptDue(cpu: Cpu): boolean {
  return (cpu.state.u32[State.systemFlags >>> 2] & (VIF | VIP)) === (VIF | VIP) && hasVirtualInterruptFlag(cpu);
}

/**
 * INT n of virtual-8086 mode with VME: goes to the 8086 program's handler, by the table at linear address 0, if the bit of its vector
 * in the interrupt redirection bitmap, the 32 bytes below the I/O permission bitmap, is clear (SDM 3B 20.3.3).
 * @param next IP of the instruction that follows
 * @returns whether it did
 */
export function redirectInterrupt(cpu: Cpu, vector: number, next: number): boolean {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.VME) === 0) return false;
  const system = cpu.mmu.systemContext;
  const base = state.segmentBase(Segment.TR);
  const limit = state.segmentLimit(Segment.TR);
  const beyond = 'the interrupt redirection bitmap lies beyond the TSS limit';
  if ((state.access(Segment.TR) & 8) === 0 || limit < 103) raise(Vector.GP, 0, beyond);
  const at = read(cpu, base + 102, 2, system) - 32 + (vector >>> 3);
  if (at < 0 || at > limit) raise(Vector.GP, 0, beyond);
  if ((read(cpu, base + at, 1, system) & (1 << (vector & 7))) !== 0) return false;

  const virtual = hasVirtualInterruptFlag(cpu);
  const entry = read(cpu, 4 * vector, 4, system);
  writeStack(cpu, -2, 2, virtual ? virtualFlags(cpu) : state.rflags & 0xffff);
  writeStack(cpu, -4, 2, state.selector(Segment.CS));
  writeStack(cpu, -6, 2, next & 0xffff);
  setStackPointer(cpu, stackPointer(cpu) - 6);
  state.u32[State.systemFlags >>> 2] &= ~(TF | RF | (virtual ? VIF : IF));
  loadVirtual8086(state, Segment.CS, entry >>> 16);
  segmentChanged(cpu, Segment.CS);
  state.rip = entry & 0xffff;
  state.delivered++;
  return true;
}
