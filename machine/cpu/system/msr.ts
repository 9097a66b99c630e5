/** Model-specific registers: one table of what RDMSR gives and WRMSR does (SDM 4 chapter 2). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Segment, SegmentField, State } from '../layout';
import { requirePrivilege, writeEfer } from './control';
import { hasFeature } from './cpuid';
import { PHYSICAL_ADDRESS_BITS } from './paging';
import { hex, segmentChanged } from './segments';

/** One MSR. `write` absent: read-only. Both may raise #GP(0). */
interface MsrBehaviour {
  read(cpu: Cpu): bigint;
  write?(cpu: Cpu, value: bigint): void;
  /** CPUID feature without which it does not exist. */
  feature?: string;
}

function reserved(what: string): never {
  return raise(Vector.GP, 0, `WRMSR: a reserved bit is set in ${what}`);
}

/** A register of the state whose writable bits are `mask`. */
function plain(offset: number, mask = 0xffffffffffffffffn, feature?: string): MsrBehaviour {
  return {
    feature,
    read: (cpu) => cpu.state.get64(offset),
    write: (cpu, value) => {
      if ((value & ~mask) !== 0n) reserved(hex(offset));
      cpu.state.set64(offset, value);
    },
  };
}

function checkCanonical(cpu: Cpu, value: bigint): void {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  if (!cpu.mmu.isCanonical(low, high)) raise(Vector.GP, 0, 'WRMSR: the address is not canonical');
}

/** A linear address. */
function address(offset: number, feature?: string): MsrBehaviour {
  return {
    feature,
    read: (cpu) => cpu.state.get64(offset),
    write: (cpu, value) => {
      checkCanonical(cpu, value);
      cpu.state.set64(offset, value);
    },
  };
}

function segmentBase(segment: number): MsrBehaviour {
  const offset = State.segments + SegmentField.size * segment + SegmentField.base;
  return {
    feature: 'LM',
    read: (cpu) => cpu.state.get64(offset),
    write: (cpu, value) => {
      checkCanonical(cpu, value);
      cpu.state.set64(offset, value);
      segmentChanged(cpu, segment);
    },
  };
}

const constant = (value: bigint, feature?: string): MsrBehaviour => ({ feature, read: () => value });

/** Reads a constant, takes any write. */
const ignored = (value = 0n): MsrBehaviour => ({ read: () => value, write: () => {} });

/** A memory type that PAT and MTRRs may name; PAT also has UC- (7). */
function isMemoryType(type: number, pat: boolean): boolean {
  return type === 0 || type === 1 || (type >= 4 && type <= 6) || (pat && type === 7);
}

function memoryTypes(offset: number, pat: boolean): MsrBehaviour {
  return {
    read: (cpu) => cpu.state.get64(offset),
    write: (cpu, value) => {
      for (let i = 0n; i < 64n; i += 8n) {
        if (!isMemoryType(Number((value >> i) & 0xffn), pat)) reserved('a memory type');
      }
      cpu.state.set64(offset, value);
    },
  };
}

const PHYSICAL = (1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n;
const TWO_64 = (1n << 64n) - 1n;

/** TSC as RDTSC gives it to the running code: ticks, the offset of WRMSR, and in non-root mode the VMCS's. */
export function timeStampCounter(cpu: Cpu): bigint {
  const root = BigInt(Math.floor(cpu.clock.now())) + cpu.state.get64(State.tscOffset);
  return BigInt.asUintN(64, cpu.intercepts === undefined ? root : root + cpu.intercepts.tscOffset());
}

function writeTsc(cpu: Cpu, value: bigint): void {
  const { state } = cpu;
  const delta = value - BigInt(Math.floor(cpu.clock.now())) - state.get64(State.tscOffset);
  state.set64(State.tscOffset, BigInt.asUintN(64, state.get64(State.tscOffset) + delta));
}

const table = new Map<number, MsrBehaviour>([
  // TSC_ADJUST follows every change of the TSC, so that both are one offset
  [0x10, { read: timeStampCounter, write: writeTsc }],
  [0x17, constant(0n)],
  [
    0x1b,
    {
      read: (cpu) => cpu.state.get64(State.apicBase),
      write: (cpu, value) => {
        if ((value & ~(PHYSICAL & ~0xfffn) & ~0x900n) !== 0n) reserved('IA32_APIC_BASE');
        cpu.state.set64(State.apicBase, value);
      },
    },
  ],
  [
    0x3a,
    {
      read: (cpu) => cpu.state.get64(State.featureControl),
      write: (cpu, value) => {
        if ((cpu.state.u32[State.featureControl >>> 2] & 1) !== 0)
          raise(Vector.GP, 0, 'IA32_FEATURE_CONTROL is locked');
        if ((value & ~5n) !== 0n) reserved('IA32_FEATURE_CONTROL');
        cpu.state.set64(State.featureControl, value);
      },
    },
  ],
  [0x3b, plain(State.tscOffset, TWO_64, 'IA32_TSC_ADJUST')],
  [0x79, { read: () => raise(Vector.GP, 0, 'IA32_BIOS_UPDT_TRIG is write-only'), write: () => {} }],
  [0x8b, ignored()],
  // eight variable ranges, fixed ranges, WC
  [0xfe, constant(0x508n, 'MTRR')],
  [0x174, plain(State.sysenterCs, 0xffffffffn, 'SEP')],
  [0x175, address(State.sysenterEsp, 'SEP')],
  [0x176, address(State.sysenterEip, 'SEP')],
  [0x179, constant(0n, 'MCA')],
  [
    0x17a,
    { read: () => 0n, write: (_cpu, value) => void (value !== 0n && reserved('IA32_MCG_STATUS')), feature: 'MCA' },
  ],
  [0x1a0, plain(State.miscEnable)],
  [0x1d9, plain(State.debugctl, 0x3n)],
  [0x277, memoryTypes(State.pat, true)],
  [
    0x2ff,
    {
      read: (cpu) => cpu.state.get64(State.mtrrDefType),
      write: (cpu, value) => {
        if ((value & ~0xcffn) !== 0n || !isMemoryType(Number(value & 0xffn), false)) reserved('IA32_MTRR_DEF_TYPE');
        cpu.state.set64(State.mtrrDefType, value);
      },
    },
  ],
  [0xc0000080, { read: (cpu) => cpu.state.get64(State.efer), write: writeEfer, feature: 'NX' }],
  [0xc0000081, plain(State.star, TWO_64, 'LM')],
  [0xc0000082, address(State.lstar, 'LM')],
  [0xc0000083, address(State.cstar, 'LM')],
  [0xc0000084, plain(State.sfmask, 0xffffffffn, 'LM')],
  [0xc0000100, segmentBase(Segment.FS)],
  [0xc0000101, segmentBase(Segment.GS)],
  [0xc0000102, address(State.kernelGsBase, 'LM')],
  [0xc0000103, plain(State.tscAux, 0xffffffffn, 'RDTSCP')],
]);

for (let i = 0; i < 8; i++) {
  const at = State.mtrrVariable + 16 * i;
  table.set(0x200 + 2 * i, {
    read: (cpu) => cpu.state.get64(at),
    write: (cpu, value) => {
      if ((value & ~(PHYSICAL & ~0xf00n)) !== 0n || !isMemoryType(Number(value & 0xffn), false))
        reserved('an MTRR base');
      cpu.state.set64(at, value);
    },
  });
  table.set(0x201 + 2 * i, plain(at + 8, PHYSICAL & ~0x7ffn));
}

const fixedRanges = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
fixedRanges.forEach((index, i) => {
  table.set(index, memoryTypes(State.mtrrFixed + 8 * i, false));
});

function unknown(index: number): never {
  return raise(Vector.GP, 0, `there is no MSR ${hex(index)}`);
}

/** The value of an MSR as RDMSR gives it, intercepts and privilege aside; #GP(0) if there is none. */
export function readMsr(cpu: Cpu, index: number): bigint {
  const platform = cpu.readPlatformMsr(index);
  if (platform !== undefined) return platform;
  const msr = table.get(index);
  if (msr === undefined || (msr.feature !== undefined && !hasFeature(cpu, msr.feature))) unknown(index);
  return msr.read(cpu);
}

/** Writes an MSR as WRMSR does, intercepts and privilege aside; #GP(0) where the value is not allowed. */
export function writeMsr(cpu: Cpu, index: number, value: bigint): void {
  if (cpu.writePlatformMsr(index, value)) return;
  const msr = table.get(index);
  if (msr === undefined || (msr.feature !== undefined && !hasFeature(cpu, msr.feature))) unknown(index);
  if (msr.write === undefined) raise(Vector.GP, 0, `MSR ${hex(index)} is read-only`);
  msr.write(cpu, value);
}

/** Indices of all MSRs of the table (the platform's are not among them). */
export function msrIndices(): number[] {
  return [...table.keys()];
}

/** RDMSR. */
export function readMsrInstruction(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  requirePrivilege(cpu, 'RDMSR');
  const index = state.gpr32(1);
  cpu.intercepts?.msr(index, false, instruction);
  const value = readMsr(cpu, index);
  state.setGpr32(0, Number(value & 0xffffffffn));
  state.setGpr32(2, Number((value >> 32n) & 0xffffffffn));
}

/** WRMSR. */
export function writeMsrInstruction(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  requirePrivilege(cpu, 'WRMSR');
  const index = state.gpr32(1);
  cpu.intercepts?.msr(index, true, instruction);
  writeMsr(cpu, index, (BigInt(state.gpr32(2)) << 32n) | BigInt(state.gpr32(0)));
  cpu.endSlice();
}
