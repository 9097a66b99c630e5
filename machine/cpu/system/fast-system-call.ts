/** SYSCALL, SYSRET, SYSENTER, SYSEXIT (SDM 2B, 3A 5.8.7, 5.8.8). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment, State } from '../layout';
import { isCanonical } from './access';
import { codeSegmentChanged, isLongMode, isProtected, setSegment } from './segments';

const IF = 0x200;
const RF = 0x10000;
const VM = 0x20000;
/** Access rights of a flat code or data segment: accessed, S, P, G; the DPL is added. */
const CODE = 0x809b;
const DATA = 0xc093;
const LONG = 0x2000;
const BIG = 0x4000;
const R11 = 11;

function flat(cpu: Cpu, cs: number, ss: number, dpl: number, long: boolean): void {
  const { state } = cpu;
  setSegment(state, Segment.CS, cs, CODE | (dpl << 5) | (long ? LONG : BIG), 0, 0xffffffff);
  setSegment(state, Segment.SS, ss, DATA | (dpl << 5), 0, 0xffffffff);
}

function checkSyscall(cpu: Cpu): void {
  const { state } = cpu;
  if (state.codeBits !== 64 || (state.u32[State.efer >>> 2] & 1) === 0) {
    raise(Vector.UD, undefined, 'SYSCALL and SYSRET need 64-bit mode and EFER.SCE');
  }
}

export function systemCall(cpu: Cpu, instruction: Decoded): void {
  checkSyscall(cpu);
  const { state } = cpu;
  const { u32 } = state;
  const flags = state.rflags & ~RF;
  state.setGprNumber(1, state.rip + instruction.length);
  state.setGpr32(R11, flags);
  state.rflags = flags & ~u32[State.sfmask >>> 2];
  const cs = u32[(State.star >>> 2) + 1] & 0xfffc;
  flat(cpu, cs, (cs + 8) & 0xffff, 0, true);
  codeSegmentChanged(cpu);
  state.rip = state.getNumber(State.lstar);
}

export function systemReturn(cpu: Cpu, instruction: Decoded): void {
  checkSyscall(cpu);
  const { state } = cpu;
  if (state.cpl !== 0) raise(Vector.GP, 0, 'SYSRET needs CPL 0');
  const wide = instruction.operandSize === 64;
  const target = wide ? state.gprNumber(1) : state.gpr32(1);
  if (wide && !isCanonical(cpu, target)) raise(Vector.GP, 0, 'RCX is not canonical');
  const base = state.u32[(State.star >>> 2) + 1] >>> 16;
  state.rflags = (state.gpr32(R11) & 0x3c7fd7) | 2;
  flat(cpu, ((base + (wide ? 16 : 0)) & 0xffff) | 3, ((base + 8) & 0xffff) | 3, 3, wide);
  codeSegmentChanged(cpu);
  state.rip = target;
  if ((state.u32[State.systemFlags >>> 2] & (IF | 0x100)) !== 0) cpu.endSlice();
}

export function systemEnter(cpu: Cpu): void {
  const { state } = cpu;
  const cs = state.u32[State.sysenterCs >>> 2] & 0xfffc;
  if (!isProtected(state) || cs === 0) raise(Vector.GP, 0, 'SYSENTER needs protected mode and IA32_SYSENTER_CS');
  state.u32[State.systemFlags >>> 2] &= ~(VM | IF | RF);
  const long = isLongMode(state);
  flat(cpu, cs, (cs + 8) & 0xffff, 0, long);
  codeSegmentChanged(cpu);
  if (long) {
    state.setGprNumber(Gpr.RSP, state.getNumber(State.sysenterEsp));
    state.rip = state.getNumber(State.sysenterEip);
  } else {
    state.setGpr32(Gpr.RSP, state.u32[State.sysenterEsp >>> 2]);
    state.rip = state.u32[State.sysenterEip >>> 2];
  }
}

export function systemExit(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const base = state.u32[State.sysenterCs >>> 2] & 0xfffc;
  if (!isProtected(state) || base === 0 || state.cpl !== 0)
    raise(Vector.GP, 0, 'SYSEXIT needs CPL 0 and IA32_SYSENTER_CS');
  const wide = instruction.operandSize === 64;
  if (wide && !isLongMode(state)) raise(Vector.UD, undefined, 'SYSEXIT to 64-bit mode outside IA-32e mode');
  const target = wide ? state.gprNumber(2) : state.gpr32(2);
  const pointer = wide ? state.gprNumber(1) : state.gpr32(1);
  if (wide && !(isCanonical(cpu, target) && isCanonical(cpu, pointer))) {
    raise(Vector.GP, 0, 'RCX or RDX is not canonical');
  }
  const cs = (base + (wide ? 32 : 16)) | 3;
  flat(cpu, cs & 0xffff, (cs + 8) & 0xffff, 3, wide);
  codeSegmentChanged(cpu);
  if (wide) state.setGprNumber(Gpr.RSP, pointer);
  else state.setGpr32(Gpr.RSP, pointer);
  state.rip = target;
}
