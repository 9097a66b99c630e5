/** The register stack, status and tags of the x87, and who may use it (SDM 1 8.1). */
import type { Cpu } from '../cpu';
import { raise, Vector, waitForInterrupt } from '../fault';
import { State } from '../layout';
import { Cr0 } from '../system/control';

/** Status word (SDM 1 8.1.3). */
export const Status = {
  IE: 1 << 0,
  DE: 1 << 1,
  ZE: 1 << 2,
  OE: 1 << 3,
  UE: 1 << 4,
  PE: 1 << 5,
  SF: 1 << 6,
  ES: 1 << 7,
  C0: 1 << 8,
  C1: 1 << 9,
  C2: 1 << 10,
  topShift: 11,
  C3: 1 << 14,
  busy: 1 << 15,
  exceptions: 0x3f,
  conditions: 0x4700,
} as const;

/** Bits of the control word that exist; bit 6 reads as one. */
const CONTROL_BITS = 0x1f3f;
const CONTROL_ONE = 0x40;

const EMPTY = 3;

/** #NM while CR0.EM or CR0.TS is set. */
export function requireX87(cpu: Cpu): void {
  const cr0 = cpu.state.u32[State.cr0 >>> 2];
  if ((cr0 & (Cr0.EM | Cr0.TS)) !== 0) raise(Vector.NM, undefined, 'CR0.EM or CR0.TS is set');
}

/** What every waiting x87 instruction does first: #NM, then the error of an earlier instruction. */
export function requireWaiting(cpu: Cpu): void {
  requireX87(cpu);
  raisePending(cpu);
}

/**
 * #MF where an unmasked error is pending and CR0.NE is set. With CR0.NE clear the processor asserts FERR# instead, which
 * the platform turns into IRQ 13, and waits for an interrupt unless IGNNE# is asserted (SDM 1 D.2.1).
 */
export function raisePending(cpu: Cpu): void {
  const { state } = cpu;
  if ((state.u32[State.fpuStatus >>> 2] & Status.ES) === 0) return;
  if ((state.u32[State.cr0 >>> 2] & Cr0.NE) === 0) {
    if (cpu.floatingPointError?.(true) === false) throw waitForInterrupt;
    return;
  }
  raise(Vector.MF, undefined, `an unmasked x87 error is pending, status ${statusText(cpu)}`);
}

const statusText = (cpu: Cpu): string => `${cpu.state.get32(State.fpuStatus).toString(16)}h`;

export const control = (cpu: Cpu): number => cpu.state.u32[State.fpuControl >>> 2];
export const status = (cpu: Cpu): number => cpu.state.u32[State.fpuStatus >>> 2];
export const top = (cpu: Cpu): number => (cpu.state.u32[State.fpuStatus >>> 2] >>> Status.topShift) & 7;

/** Sets ES and B as masks and error bits say. */
export function updateSummary(cpu: Cpu): void {
  const { u32 } = cpu.state;
  const word = u32[State.fpuStatus >>> 2];
  const pending = word & ~u32[State.fpuControl >>> 2] & Status.exceptions;
  if (pending === 0) cpu.floatingPointError?.(false);
  u32[State.fpuStatus >>> 2] =
    pending !== 0 ? word | Status.ES | Status.busy : word & ~(Status.ES | Status.busy) & 0xffff;
}

/** Clears ES and B while error bits stay: {@link updateSummary} sets them again. */
export function hideErrorSummary(cpu: Cpu): void {
  cpu.state.u32[State.fpuStatus >>> 2] &= ~(Status.ES | Status.busy);
}

export function setControl(cpu: Cpu, value: number): void {
  cpu.state.u32[State.fpuControl >>> 2] = (value & CONTROL_BITS) | CONTROL_ONE;
  updateSummary(cpu);
}

export function setStatus(cpu: Cpu, value: number): void {
  cpu.state.u32[State.fpuStatus >>> 2] = value & 0xffff;
  updateSummary(cpu);
}

export function setTop(cpu: Cpu, value: number): void {
  const { u32 } = cpu.state;
  u32[State.fpuStatus >>> 2] = (u32[State.fpuStatus >>> 2] & ~0x3800) | ((value & 7) << Status.topShift);
}

/** Sets C0..C3 among `mask` to `value`. */
export function setConditions(cpu: Cpu, value: number, mask: number = Status.conditions): void {
  const { u32 } = cpu.state;
  u32[State.fpuStatus >>> 2] = (u32[State.fpuStatus >>> 2] & ~mask) | value;
}

/** The physical number of ST(i). */
export const physical = (cpu: Cpu, i: number): number => (top(cpu) + i) & 7;

export function isEmpty(cpu: Cpu, i: number): boolean {
  return ((cpu.state.u32[State.fpuTag >>> 2] >>> (2 * physical(cpu, i))) & 3) === EMPTY;
}

/** The full tag of what a physical register holds: 0 valid, 1 zero, 2 special (SDM 1 8.1.7). */
export function contentTag(cpu: Cpu, register: number): number {
  const { u32 } = cpu.state;
  const at = (State.x87 + 16 * register) >>> 2;
  const exponent = u32[at + 2] & 0x7fff;
  if (exponent === 0) return (u32[at] | u32[at + 1]) === 0 ? 1 : 2;
  return exponent === 0x7fff || u32[at + 1] >>> 31 === 0 ? 2 : 0;
}

function setTag(cpu: Cpu, register: number, tag: number): void {
  const { u32 } = cpu.state;
  u32[State.fpuTag >>> 2] = (u32[State.fpuTag >>> 2] & ~(3 << (2 * register))) | (tag << (2 * register));
}

/** Remembers where the instruction stands, for handlers and FNSTENV. */
export function noteInstruction(cpu: Cpu): void {
  cpu.state.setNumber(State.fpuInstruction, cpu.state.rip);
}

/** Marks ST(i) as empty; its bits stay. */
export function free(cpu: Cpu, i: number): void {
  setTag(cpu, physical(cpu, i), EMPTY);
}

export function pop(cpu: Cpu): void {
  free(cpu, 0);
  setTop(cpu, top(cpu) + 1);
}

/** The tag word as FNSTENV stores it: computed from the contents, as only emptiness is kept by the processor. */
export function fullTags(cpu: Cpu): number {
  const kept = cpu.state.u32[State.fpuTag >>> 2];
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    tags |= (((kept >>> (2 * i)) & 3) === EMPTY ? EMPTY : contentTag(cpu, i)) << (2 * i);
  }
  return tags;
}

/** Takes a tag word: a register is empty or has the tag of its contents. */
export function setTags(cpu: Cpu, tags: number): void {
  cpu.state.u32[State.fpuTag >>> 2] = tags & 0xffff;
  cpu.state.u32[State.fpuTag >>> 2] = fullTags(cpu);
}

/** Significand of ST(i): bits 63:0. */
export function significand(cpu: Cpu, i: number): bigint {
  return cpu.state.u64[(State.x87 + 16 * physical(cpu, i)) >>> 3];
}

/** Sign and exponent of ST(i): bits 79:64. */
export function signExponent(cpu: Cpu, i: number): number {
  return cpu.state.u16[(State.x87 + 16 * physical(cpu, i) + 8) >>> 1];
}

/** Writes ST(i) and its tag. */
export function setRegister(cpu: Cpu, i: number, high: number, low: bigint): void {
  const register = physical(cpu, i);
  const { u64, u16 } = cpu.state;
  const at = State.x87 + 16 * register;
  u64[at >>> 3] = low;
  u16[(at + 8) >>> 1] = high;
  setTag(cpu, register, contentTag(cpu, register));
}

/** FNINIT (SDM 2A FINIT): registers keep their bits. */
export function initialize(cpu: Cpu): void {
  const { state } = cpu;
  state.set32(State.fpuControl, 0x37f);
  state.set32(State.fpuStatus, 0);
  state.set32(State.fpuTag, 0xffff);
  state.set32(State.fpuOpcode, 0);
  state.set64(State.fpuInstruction, 0n);
  state.set64(State.fpuData, 0n);
  cpu.floatingPointError?.(false);
}
