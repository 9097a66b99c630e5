/** The MSR-load and MSR-store lists of VM entry and exit: 16 bytes an entry, index and value (SDM 3C 24.7.2, 26.4, 27.4). */
import type { Cpu } from '../cpu';
import { GuestFault } from '../fault';
import { readMsr, writeMsr } from '../system/msr';

const ENTRY = 16;
/**
 * Not allowed in a list (SDM 3C 26.4): FS and GS base, which travel with the segments, and the microcode's
 * IA32_BIOS_UPDT_TRIG and IA32_BIOS_SIGN_ID.
 */
const FORBIDDEN = new Set([0xc0000100, 0xc0000101, 0x79, 0x8b]);

/** Loads a list; gives the number, from 1, of the entry that could not be loaded. */
export function loadMsrs(cpu: Cpu, address: number, count: number): number | undefined {
  for (let i = 0; i < count; i++) {
    const at = address + ENTRY * i;
    const index = cpu.memory.read(at, 4);
    const reserved = cpu.memory.read(at + 4, 4);
    const value = (BigInt(cpu.memory.read(at + 12, 4)) << 32n) | BigInt(cpu.memory.read(at + 8, 4));
    if (reserved !== 0 || FORBIDDEN.has(index) || index >>> 8 === 8) return i + 1;
    try {
      writeMsr(cpu, index, value);
    } catch (thrown) {
      if (!(thrown instanceof GuestFault)) throw thrown;
      return i + 1;
    }
  }
  return undefined;
}

/** Stores the MSRs that a list names; false if one could not be read. */
export function storeMsrs(cpu: Cpu, address: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const at = address + ENTRY * i;
    try {
      const index = cpu.memory.read(at, 4);
      if (cpu.memory.read(at + 4, 4) !== 0 || index >>> 8 === 8) return false;
      const value = readMsr(cpu, index);
      cpu.memory.write(at + 8, 4, Number(value & 0xffffffffn));
      cpu.memory.write(at + 12, 4, Number(value >> 32n));
    } catch (thrown) {
      if (!(thrown instanceof GuestFault)) throw thrown;
      return false;
    }
  }
  return true;
}
