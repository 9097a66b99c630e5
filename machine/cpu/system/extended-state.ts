/** FXSAVE, FXRSTOR, XSAVE, XRSTOR, XSETBV, XGETBV (SDM 1 10.5, chapter 13). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import {
  checkAlignment,
  checkWrite,
  linearAddress,
  memoryOperand,
  ownContext,
  read,
  read64,
  write,
  write64,
} from './access';
import { Cr0, Cr4, requirePrivilege } from './control';
import { PKRU_OFFSET, profileOf, supportedXcr0, xsaveSize } from './cpuid';
import { hex } from './segments';

/** Bits of MXCSR that may be set; also the MXCSR_MASK field. */
const MXCSR_MASK = 0xffff;
/** Offsets in the legacy region (SDM 1 table 10-2). */
const Area = {
  control: 0,
  status: 2,
  tag: 4,
  opcode: 6,
  instruction: 8,
  data: 16,
  mxcsr: 24,
  mxcsrMask: 28,
  st: 32,
  xmm: 160,
  bytes: 512,
  header: 512,
} as const;
/** State components (SDM 1 13.1). */
const X87 = 1;
const SSE = 2;
const AVX = 4;
const PKRU = 0x200;

function checkAvailable(cpu: Cpu, alignment: number, linear: number): void {
  const cr0 = cpu.state.u32[State.cr0 >>> 2];
  if ((cr0 & Cr0.TS) !== 0) raise(Vector.NM, undefined, 'CR0.TS is set');
  // with alignment checks on #AC may come first (SDM 2A FXSAVE): processors look at doublewords
  checkAlignment(linear, 4, ownContext(cpu));
  if ((linear & (alignment - 1)) !== 0) raise(Vector.GP, 0, `the area is not aligned to ${alignment} bytes`);
}

/** The abridged tag: one bit a physical register, set where it is not empty (SDM 1 10.5.1). */
function abridgedTag(tag: number): number {
  let result = 0;
  for (let i = 0; i < 8; i++) if (((tag >>> (2 * i)) & 3) !== 3) result |= 1 << i;
  return result;
}

/** The full tag of a register that is not empty: 0 valid, 1 zero, 2 special. */
function tagOf(cpu: Cpu, physical: number): number {
  const at = (State.x87 + 16 * physical) >>> 2;
  const { u32 } = cpu.state;
  const exponent = u32[at + 2] & 0x7fff;
  const empty = (u32[at] | u32[at + 1]) === 0;
  if (exponent === 0) return empty ? 1 : 2;
  return exponent === 0x7fff || u32[at + 1] >>> 31 === 0 ? 2 : 0;
}

function fullTag(cpu: Cpu, abridged: number): number {
  let tag = 0;
  for (let i = 0; i < 8; i++) tag |= (((abridged >>> i) & 1) !== 0 ? tagOf(cpu, i) : 3) << (2 * i);
  return tag;
}

function isWide(instruction: Decoded): boolean {
  return instruction.form.mnemonic.endsWith('64');
}

/** Number of XMM registers that the mode has. */
function xmmCount(cpu: Cpu): number {
  return cpu.state.codeBits === 64 ? 16 : 8;
}

function saveX87(cpu: Cpu, at: number, wide: boolean): void {
  const { state } = cpu;
  write(cpu, at + Area.control, 2, state.get32(State.fpuControl));
  write(cpu, at + Area.status, 2, state.get32(State.fpuStatus));
  write(cpu, at + Area.tag, 2, abridgedTag(state.get32(State.fpuTag)));
  write(cpu, at + Area.opcode, 2, state.get32(State.fpuOpcode) & 0x7ff);
  for (const [offset, slot] of [
    [Area.instruction, State.fpuInstruction],
    [Area.data, State.fpuData],
  ]) {
    write(cpu, at + offset, 4, state.get32(slot));
    // FCS and FDS are deprecated: saved as zero (CPUID 7 EBX[13] would say so)
    write(cpu, at + offset + 4, 4, wide ? state.get32(slot + 4) : 0);
  }
  const top = (state.get32(State.fpuStatus) >>> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const from = State.x87 + 16 * ((top + i) & 7);
    write(cpu, at + Area.st + 16 * i, 4, state.get32(from));
    write(cpu, at + Area.st + 16 * i + 4, 4, state.get32(from + 4));
    write(cpu, at + Area.st + 16 * i + 8, 4, state.get32(from + 8) & 0xffff);
    write(cpu, at + Area.st + 16 * i + 12, 4, 0);
  }
}

function restoreX87(cpu: Cpu, at: number, wide: boolean): void {
  const { state } = cpu;
  const status = read(cpu, at + Area.status, 2);
  state.set32(State.fpuControl, (read(cpu, at + Area.control, 2) & 0x1f3f) | 0x40);
  state.set32(State.fpuStatus, status);
  state.set32(State.fpuOpcode, read(cpu, at + Area.opcode, 2) & 0x7ff);
  for (const [offset, slot] of [
    [Area.instruction, State.fpuInstruction],
    [Area.data, State.fpuData],
  ]) {
    state.set32(slot, read(cpu, at + offset, 4));
    state.set32(slot + 4, wide ? read(cpu, at + offset + 4, 4) : 0);
  }
  const top = (status >>> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const to = State.x87 + 16 * ((top + i) & 7);
    state.set32(to, read(cpu, at + Area.st + 16 * i, 4));
    state.set32(to + 4, read(cpu, at + Area.st + 16 * i + 4, 4));
    state.set32(to + 8, read(cpu, at + Area.st + 16 * i + 8, 2));
    state.set32(to + 12, 0);
  }
  state.set32(State.fpuTag, fullTag(cpu, read(cpu, at + Area.tag, 1)));
}

/** x87 as FNINIT leaves it, and the registers zero (SDM 1 13.6). */
function initializeX87(cpu: Cpu): void {
  const { state } = cpu;
  state.set32(State.fpuControl, 0x37f);
  state.set32(State.fpuStatus, 0);
  state.set32(State.fpuTag, 0xffff);
  state.set32(State.fpuOpcode, 0);
  state.set64(State.fpuInstruction, 0n);
  state.set64(State.fpuData, 0n);
  state.u8.fill(0, State.x87, State.x87 + 128);
}

function saveXmm(cpu: Cpu, at: number): void {
  const words = 4 * xmmCount(cpu);
  for (let i = 0; i < words; i++) write(cpu, at + Area.xmm + 4 * i, 4, cpu.state.get32(State.xmm + 4 * i));
}

function restoreXmm(cpu: Cpu, at: number): void {
  const words = 4 * xmmCount(cpu);
  for (let i = 0; i < words; i++) cpu.state.set32(State.xmm + 4 * i, read(cpu, at + Area.xmm + 4 * i, 4));
}

function saveMxcsr(cpu: Cpu, at: number): void {
  write(cpu, at + Area.mxcsr, 4, cpu.state.get32(State.mxcsr));
  write(cpu, at + Area.mxcsrMask, 4, MXCSR_MASK);
}

function readMxcsr(cpu: Cpu, at: number): number {
  const mxcsr = read(cpu, at + Area.mxcsr, 4);
  if ((mxcsr & ~MXCSR_MASK) !== 0) raise(Vector.GP, 0, 'MXCSR has a reserved bit set');
  return mxcsr;
}

/** FXSAVE, FXSAVE64. */
export function saveLegacy(cpu: Cpu, instruction: Decoded): void {
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), Area.bytes, true);
  checkLegacy(cpu, linear);
  checkWrite(cpu, linear, Area.bytes);
  saveX87(cpu, linear, isWide(instruction));
  saveMxcsr(cpu, linear);
  saveXmm(cpu, linear);
}

/** FXRSTOR, FXRSTOR64. */
export function restoreLegacy(cpu: Cpu, instruction: Decoded): void {
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), Area.bytes, false);
  checkLegacy(cpu, linear);
  read(cpu, linear + Area.bytes - 1, 1);
  const mxcsr = readMxcsr(cpu, linear);
  restoreX87(cpu, linear, isWide(instruction));
  restoreXmm(cpu, linear);
  cpu.state.set32(State.mxcsr, mxcsr);
}

function checkLegacy(cpu: Cpu, linear: number): void {
  if ((cpu.state.u32[State.cr0 >>> 2] & Cr0.EM) !== 0) raise(Vector.NM, undefined, 'CR0.EM is set');
  checkAvailable(cpu, 16, linear);
}

/** The components that the instruction is for: EDX:EAX and XCR0. */
function requested(cpu: Cpu): number {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.OSXSAVE) === 0) raise(Vector.UD, undefined, 'CR4.OSXSAVE is clear');
  return state.gpr32(0) & state.u32[State.xcr0 >>> 2];
}

/** XSAVE, XSAVE64: every component counts as in use (XINUSE), PKRU where it is not zero. */
export function saveExtended(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const mask = requested(cpu);
  const bytes = xsaveSize(mask);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), bytes, true);
  checkAvailable(cpu, 64, linear);
  checkWrite(cpu, linear, bytes);
  const inUse = X87 | SSE | (state.u32[State.pkru >>> 2] !== 0 ? PKRU : 0);
  const header = read(cpu, linear + Area.header, 4);
  if ((mask & X87) !== 0) saveX87(cpu, linear, isWide(instruction));
  if ((mask & (SSE | AVX)) !== 0) saveMxcsr(cpu, linear);
  if ((mask & SSE) !== 0) saveXmm(cpu, linear);
  if ((mask & PKRU & inUse) !== 0) write64(cpu, linear + PKRU_OFFSET, BigInt(state.u32[State.pkru >>> 2]));
  write(cpu, linear + Area.header, 4, (header & ~mask) | (mask & inUse));
}

/** XRSTOR, XRSTOR64, standard form. */
export function restoreExtended(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const mask = requested(cpu);
  const bytes = xsaveSize(mask);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), bytes, false);
  checkAvailable(cpu, 64, linear);
  read(cpu, linear + bytes - 1, 1);
  const present = read64(cpu, linear + Area.header);
  // SDM 1 13.8.1: bits outside XCR0, a compacted form or a header that is not zero behind XSTATE_BV
  const allowed = BigInt(supportedXcr0(profileOf(cpu)) & state.u32[State.xcr0 >>> 2]);
  if ((present & ~allowed) !== 0n) raise(Vector.GP, 0, 'XSTATE_BV has a bit that XCR0 has not');
  if (read64(cpu, linear + Area.header + 8) !== 0n || read64(cpu, linear + Area.header + 16) !== 0n) {
    raise(Vector.GP, 0, 'the XSAVE header has a bit set that must be zero');
  }
  const from = Number(present & 0xffffffffn);
  const mxcsr = (mask & (SSE | AVX)) !== 0 ? readMxcsr(cpu, linear) : undefined;
  const pkru = (mask & from & PKRU) !== 0 ? read(cpu, linear + PKRU_OFFSET, 4) : 0;
  if ((mask & X87) !== 0) {
    if ((from & X87) !== 0) restoreX87(cpu, linear, isWide(instruction));
    else initializeX87(cpu);
  }
  if ((mask & SSE) !== 0) {
    if ((from & SSE) !== 0) restoreXmm(cpu, linear);
    else state.u8.fill(0, State.xmm, State.xmm + 16 * xmmCount(cpu));
  }
  if (mxcsr !== undefined) state.set32(State.mxcsr, mxcsr);
  if ((mask & PKRU) !== 0 && state.u32[State.pkru >>> 2] !== pkru) {
    state.set64(State.pkru, BigInt(pkru));
    cpu.mmu.updateContext();
  }
}

/** XSETBV. */
export function setExtendedControl(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.OSXSAVE) === 0) raise(Vector.UD, undefined, 'CR4.OSXSAVE is clear');
  requirePrivilege(cpu, 'XSETBV');
  cpu.intercepts?.instruction('xsetbv', instruction);
  const value = state.gpr32(0);
  if (
    state.gpr32(1) !== 0 ||
    state.gpr32(2) !== 0 ||
    (value & ~supportedXcr0(profileOf(cpu))) !== 0 ||
    (value & 1) === 0
  ) {
    raise(Vector.GP, 0, `XCR0 cannot be ${hex(value)}`);
  }
  state.set64(State.xcr0, BigInt(value));
}

/** XGETBV. */
export function getExtendedControl(cpu: Cpu): void {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.OSXSAVE) === 0) raise(Vector.UD, undefined, 'CR4.OSXSAVE is clear');
  if (state.gpr32(1) !== 0) raise(Vector.GP, 0, 'XGETBV knows XCR0 only');
  state.setGpr32(0, state.u32[State.xcr0 >>> 2]);
  state.setGpr32(2, 0);
}
