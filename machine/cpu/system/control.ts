/** Control and debug registers, and the mode changes they make (SDM 3A 2.5, 9.8; 2B MOV). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { raise, Vector } from '../fault';
import { Segment, State } from '../layout';
import { linearAddress, read, writeOperand64 } from './access';
import { hasFeature, profileOf } from './cpuid';
import { PHYSICAL_ADDRESS_BITS } from './paging';
import { hex, isLongMode, updateDerived } from './segments';

export const Cr0 = {
  PE: 1 << 0,
  MP: 1 << 1,
  EM: 1 << 2,
  TS: 1 << 3,
  ET: 1 << 4,
  NE: 1 << 5,
  WP: 1 << 16,
  AM: 1 << 18,
  NW: 1 << 29,
  CD: 1 << 30,
  PG: 0x80000000,
} as const;

export const Cr4 = {
  VME: 1 << 0,
  PVI: 1 << 1,
  TSD: 1 << 2,
  DE: 1 << 3,
  PSE: 1 << 4,
  PAE: 1 << 5,
  MCE: 1 << 6,
  PGE: 1 << 7,
  PCE: 1 << 8,
  OSFXSR: 1 << 9,
  OSXMMEXCPT: 1 << 10,
  UMIP: 1 << 11,
  LA57: 1 << 12,
  VMXE: 1 << 13,
  FSGSBASE: 1 << 16,
  PCIDE: 1 << 17,
  OSXSAVE: 1 << 18,
  SMEP: 1 << 20,
  SMAP: 1 << 21,
  PKE: 1 << 22,
} as const;

export const Efer = { SCE: 1 << 0, LME: 1 << 8, LMA: 1 << 10, NXE: 1 << 11 } as const;

/** Bits of CR0 that have a meaning; others read as zero. */
const CR0_BITS = 0xe005003f;

export function requirePrivilege(cpu: Cpu, what: string): void {
  if (cpu.state.cpl !== 0) raise(Vector.GP, 0, `${what} needs CPL 0`);
}

/** CR4 bits that this CPU lets software set. */
function supportedCr4(cpu: Cpu): number {
  let bits = Cr4.TSD | Cr4.DE | Cr4.PSE | Cr4.PAE | Cr4.MCE | Cr4.PGE | Cr4.PCE | Cr4.OSFXSR | Cr4.OSXMMEXCPT;
  const { features } = profileOf(cpu);
  if (features.has('VME')) bits |= Cr4.VME | Cr4.PVI;
  if (features.has('UMIP')) bits |= Cr4.UMIP;
  if (features.has('LA57')) bits |= Cr4.LA57;
  if (features.has('VMX')) bits |= Cr4.VMXE;
  if (features.has('FSGSBASE')) bits |= Cr4.FSGSBASE;
  if (features.has('PCID')) bits |= Cr4.PCIDE;
  if (features.has('XSAVE')) bits |= Cr4.OSXSAVE;
  if (features.has('SMEP')) bits |= Cr4.SMEP;
  if (features.has('SMAP')) bits |= Cr4.SMAP;
  if (features.has('PKU')) bits |= Cr4.PKE;
  return bits;
}

/**
 * Reads the four PDPTEs that CR3 points to into the PDPTE registers; #GP(0) where a present one has reserved bits set
 * (SDM 3A 4.4.1). Nothing is changed if it raises.
 */
export function loadPdptes(cpu: Cpu, cr3Low: number): void {
  const { state } = cpu;
  const words = new Uint32Array(8);
  for (let i = 0; i < 4; i++) {
    const at = cpu.mmu.hostAddress(((cr3Low & 0xffffffe0) >>> 0) + 8 * i);
    const low = cpu.memory.read(at, 4);
    const high = cpu.memory.read(at + 4, 4);
    if ((low & 1) !== 0 && ((low & 0x1e6) !== 0 || high >>> (PHYSICAL_ADDRESS_BITS - 32) !== 0)) {
      raise(Vector.GP, 0, `PDPTE ${i} has a reserved bit set`);
    }
    words[2 * i] = low;
    words[2 * i + 1] = high;
  }
  state.u32.set(words, State.pdpte >>> 2);
}

function usesPae(cr0: number, cr4: number, efer: number): boolean {
  return (cr0 & Cr0.PG) !== 0 && (cr4 & Cr4.PAE) !== 0 && (efer & Efer.LMA) === 0;
}

/** Loads CR0 with all its checks and consequences. `value` is 64 bits. */
export function writeCr0(cpu: Cpu, value: bigint): void {
  const { state } = cpu;
  const { u32 } = state;
  if (value >> 32n !== 0n) raise(Vector.GP, 0, 'CR0: bits 63:32 must be zero');
  const old = u32[State.cr0 >>> 2];
  const next = ((Number(value) & CR0_BITS) | Cr0.ET) >>> 0;
  const cr4 = u32[State.cr4 >>> 2];
  let efer = u32[State.efer >>> 2];
  if ((next & Cr0.PG) !== 0 && (next & Cr0.PE) === 0) raise(Vector.GP, 0, 'CR0: PG without PE');
  if ((next & Cr0.NW) !== 0 && (next & Cr0.CD) === 0) raise(Vector.GP, 0, 'CR0: NW without CD');
  if (u32[State.vmxOn >>> 2] !== 0) {
    const fixed = u32[State.nonRoot >>> 2] !== 0 ? Cr0.NE : Cr0.PE | Cr0.NE | Cr0.PG;
    if ((next & fixed) >>> 0 !== fixed >>> 0) raise(Vector.GP, 0, 'CR0: a bit that VMX operation fixes to 1 is clear');
  }
  const changed = old ^ next;
  if ((changed & Cr0.PG) !== 0) {
    if ((next & Cr0.PG) !== 0) {
      if ((efer & Efer.LME) !== 0) {
        if ((cr4 & Cr4.PAE) === 0) raise(Vector.GP, 0, 'CR0: PG with EFER.LME needs CR4.PAE');
        const cs = state.access(Segment.CS);
        if ((cs & Access.long) !== 0) raise(Vector.GP, 0, 'CR0: PG with EFER.LME while CS.L is set');
        efer |= Efer.LMA;
      }
    } else {
      if (state.codeBits === 64) raise(Vector.GP, 0, 'CR0: PG cannot be cleared in 64-bit mode');
      if ((cr4 & Cr4.PCIDE) !== 0) raise(Vector.GP, 0, 'CR0: PG cannot be cleared while CR4.PCIDE is set');
      efer &= ~Efer.LMA;
    }
  }
  if (usesPae(next, cr4, efer) && (changed & (Cr0.PG | Cr0.CD | Cr0.NW)) !== 0) loadPdptes(cpu, u32[State.cr3 >>> 2]);
  u32[State.cr0 >>> 2] = next;
  u32[State.efer >>> 2] = efer;
  controlsChanged(cpu, (changed & Cr0.PG) !== 0, (changed & (Cr0.PE | Cr0.PG)) !== 0);
}

/** Contexts, and what hangs on the mode, after CR0, CR4 or EFER changed. */
function controlsChanged(cpu: Cpu, flush: boolean, mode: boolean): void {
  if (flush) cpu.mmu.flushAll();
  cpu.mmu.updateContext();
  if (mode) updateDerived(cpu);
  cpu.endSlice();
}

/** Loads CR3; flushes non-global translations unless bit 63 says otherwise (CR4.PCIDE). */
export function writeCr3(cpu: Cpu, low: number, high: number): void {
  const { state, mmu } = cpu;
  const { u32 } = state;
  const cr4 = u32[State.cr4 >>> 2];
  const long = isLongMode(state);
  const pcid = (cr4 & Cr4.PCIDE) !== 0;
  const keep = pcid && high < 0;
  if (long) {
    if (pcid) high &= 0x7fffffff;
    if (high >>> (PHYSICAL_ADDRESS_BITS - 32) !== 0) raise(Vector.GP, 0, 'CR3: a bit beyond MAXPHYADDR is set');
  } else if (usesPae(u32[State.cr0 >>> 2], cr4, u32[State.efer >>> 2])) loadPdptes(cpu, low);
  u32[State.cr3 >>> 2] = low;
  u32[(State.cr3 >>> 2) + 1] = high;
  if (pcid) mmu.updateContext();
  if (!keep) mmu.flushNonGlobal();
}

export function writeCr4(cpu: Cpu, value: bigint): void {
  const { state } = cpu;
  const { u32 } = state;
  const next = Number(value & 0xffffffffn);
  if (value >> 32n !== 0n || (next & ~supportedCr4(cpu)) !== 0) {
    raise(Vector.GP, 0, `CR4: a reserved bit is set in ${hex(next)}`);
  }
  const old = u32[State.cr4 >>> 2];
  const cr0 = u32[State.cr0 >>> 2];
  const efer = u32[State.efer >>> 2];
  const changed = old ^ next;
  const long = isLongMode(state);
  if (long && (next & Cr4.PAE) === 0) raise(Vector.GP, 0, 'CR4: PAE cannot be cleared in IA-32e mode');
  if (long && (changed & Cr4.LA57) !== 0) raise(Vector.GP, 0, 'CR4: LA57 cannot be changed in IA-32e mode');
  if ((changed & next & Cr4.PCIDE) !== 0 && (!long || (u32[State.cr3 >>> 2] & 0xfff) !== 0)) {
    raise(Vector.GP, 0, 'CR4: PCIDE needs IA-32e mode and CR3[11:0] = 0');
  }
  if (u32[State.vmxOn >>> 2] !== 0 && (next & Cr4.VMXE) === 0) {
    raise(Vector.GP, 0, 'CR4: VMXE cannot be cleared in VMX operation');
  }
  const pdpteBits = Cr4.PAE | Cr4.PGE | Cr4.PSE | Cr4.SMEP;
  if (usesPae(cr0, next, efer) && (changed & pdpteBits) !== 0) loadPdptes(cpu, u32[State.cr3 >>> 2]);
  u32[State.cr4 >>> 2] = next;
  // SDM 3A 4.10.4.1
  const all = (changed & (Cr4.PGE | Cr4.PAE | Cr4.PSE | Cr4.LA57)) !== 0 || (changed & old & Cr4.PCIDE) !== 0;
  if (!all && (changed & next & Cr4.SMEP) !== 0) cpu.mmu.flushNonGlobal();
  controlsChanged(cpu, all, false);
}

function writeCr8(cpu: Cpu, value: bigint): void {
  if (value > 15n) raise(Vector.GP, 0, 'CR8: bits 63:4 must be zero');
  if (cpu.localApic !== undefined) cpu.localApic.taskPriority = Number(value);
  cpu.state.set64(State.cr8, value);
  cpu.endSlice();
}

const slots: Readonly<Record<number, number>> = {
  0: State.cr0,
  2: State.cr2,
  3: State.cr3,
  4: State.cr4,
  8: State.cr8,
};

function checkControlRegister(cpu: Cpu, index: number): void {
  if (slots[index] === undefined) raise(Vector.UD, undefined, `there is no CR${index}`);
  requirePrivilege(cpu, 'MOV with a control register');
}

/** MOV to a control register. */
export function moveToControl(cpu: Cpu, instruction: Decoded, index: number, gpr: number): void {
  const { state } = cpu;
  checkControlRegister(cpu, index);
  if (index === 3 && cpu.intercepts === undefined) {
    // the frequent one: no bigint
    const at = (State.gpr + 8 * gpr) >>> 2;
    writeCr3(cpu, state.i32[at], state.codeBits === 64 ? state.i32[at + 1] : 0);
    return;
  }
  let value = state.codeBits === 64 ? state.gpr64(gpr) : BigInt(state.gpr32(gpr));
  if (cpu.intercepts !== undefined && index !== 2) value = cpu.intercepts.writeControl(index, value, gpr, instruction);
  if (index === 0) writeCr0(cpu, value);
  else if (index === 2) state.set64(State.cr2, value);
  else if (index === 3) writeCr3(cpu, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  else if (index === 4) writeCr4(cpu, value);
  else writeCr8(cpu, value);
}

/** MOV from a control register. */
export function moveFromControl(cpu: Cpu, instruction: Decoded, index: number, gpr: number): void {
  const { state } = cpu;
  checkControlRegister(cpu, index);
  let value = state.get64(slots[index]);
  if (index === 8 && cpu.localApic !== undefined) value = BigInt(cpu.localApic.taskPriority);
  if (cpu.intercepts !== undefined && index !== 2) value = cpu.intercepts.readControl(index, value, gpr, instruction);
  if (state.codeBits === 64) state.setGpr64(gpr, value);
  else state.setGpr32(gpr, Number(value & 0xffffffffn));
}

/** CLTS. */
export function clearTaskSwitched(cpu: Cpu, instruction: Decoded): void {
  requirePrivilege(cpu, 'CLTS');
  if (cpu.intercepts !== undefined && !cpu.intercepts.clts(instruction)) return;
  cpu.state.u32[State.cr0 >>> 2] &= ~Cr0.TS;
  cpu.endSlice();
}

/** LMSW: PE can be set, not cleared; PE MP EM TS only. */
export function loadMachineStatus(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  requirePrivilege(cpu, 'LMSW');
  const operand = instruction.operands[0];
  let linear: number | undefined;
  let source: number;
  if (operand.kind === 'memory') {
    linear = linearAddress(cpu, instruction, operand, 2, false);
    source = read(cpu, linear, 2);
  } else source = operand.kind === 'register' ? state.gpr16(operand.index) : 0;
  if (cpu.intercepts !== undefined) source = cpu.intercepts.lmsw(source, linear, instruction);
  const cr0 = state.u32[State.cr0 >>> 2];
  writeCr0(cpu, BigInt(((cr0 & ~0xe) | (source & 0xf)) >>> 0));
}

/** SMSW: CR0[15:0] to memory, the operand size of CR0 to a register. */
export function storeMachineStatus(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  checkUserModePrevention(cpu);
  let value = state.get64(State.cr0);
  if (cpu.intercepts !== undefined) value = cpu.intercepts.readControl(0, value, -1, instruction);
  const operand = instruction.operands[0];
  if (operand.kind === 'memory') value &= 0xffffn;
  writeOperand64(cpu, instruction, 0, value);
}

/** UMIP: SGDT SIDT SLDT SMSW STR raise #GP(0) above level 0. */
export function checkUserModePrevention(cpu: Cpu): void {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.UMIP) !== 0 && state.cpl !== 0)
    raise(Vector.GP, 0, 'CR4.UMIP forbids it above level 0');
}

/** EFER as WRMSR loads it; LMA is read-only. */
export function writeEfer(cpu: Cpu, value: bigint): void {
  const { state } = cpu;
  let allowed = Efer.LMA;
  if (hasFeature(cpu, 'SYSCALL')) allowed |= Efer.SCE;
  if (hasFeature(cpu, 'LM')) allowed |= Efer.LME;
  if (hasFeature(cpu, 'NX')) allowed |= Efer.NXE;
  const next = Number(value & 0xffffffffn);
  if (value >> 32n !== 0n || (next & ~allowed) !== 0)
    raise(Vector.GP, 0, `IA32_EFER: a reserved bit is set in ${hex(next)}`);
  const old = state.u32[State.efer >>> 2];
  if (((old ^ next) & Efer.LME) !== 0 && (state.u32[State.cr0 >>> 2] & Cr0.PG) !== 0) {
    raise(Vector.GP, 0, 'IA32_EFER: LME cannot be changed while paging is on');
  }
  state.u32[State.efer >>> 2] = (next & ~Efer.LMA) | (old & Efer.LMA);
  controlsChanged(cpu, false, false);
}
