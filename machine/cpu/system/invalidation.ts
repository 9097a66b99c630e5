/** INVLPG and INVPCID (SDM 2A, 3A 4.10.4.1). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { read } from './access';
import { Cr4 } from './control';
import { hasFeature } from './cpuid';
import { isProtected, isVirtual8086 } from './segments';

/** INVLPG. */
export function invalidatePage(cpu: Cpu, instruction: Decoded, linear: number): void {
  cpu.intercepts?.instruction('invlpg', instruction, linear);
  const high = Math.floor(linear / 4294967296) | 0;
  if (cpu.state.codeBits === 64 && !cpu.mmu.isCanonical(linear | 0, high)) return;
  cpu.mmu.flushPage(linear | 0, high);
}

/** INVPCID. */
export function invalidatePcid(cpu: Cpu, instruction: Decoded, type: bigint, linear: number): void {
  const { state } = cpu;
  if (!hasFeature(cpu, 'INVPCID')) raise(Vector.UD, undefined, 'INVPCID is not enumerated');
  if (isProtected(state) && (state.cpl !== 0 || isVirtual8086(state))) raise(Vector.GP, 0, 'INVPCID needs CPL 0');
  cpu.intercepts?.instruction('invpcid', instruction, linear);
  const pcidLow = read(cpu, linear, 4);
  const pcidHigh = read(cpu, linear + 4, 4);
  const low = read(cpu, linear + 8, 4) | 0;
  const high = read(cpu, linear + 12, 4) | 0;
  if (type > 3n) raise(Vector.GP, 0, `there is no INVPCID type ${type}`);
  if (pcidHigh !== 0 || pcidLow >>> 12 !== 0) raise(Vector.GP, 0, 'INVPCID: descriptor bits 63:12 must be zero');
  if (type < 2n && pcidLow !== 0 && (state.u32[State.cr4 >>> 2] & Cr4.PCIDE) === 0) {
    raise(Vector.GP, 0, 'INVPCID of a PCID other than 0 needs CR4.PCIDE');
  }
  if (type === 0n && !cpu.mmu.isCanonical(low, high)) raise(Vector.GP, 0, 'INVPCID: the address is not canonical');
  cpu.mmu.invalidatePcid(Number(type), pcidLow, low, high);
}
