/**
 * The MSRs that belong to a local APIC (SDM 4, table 2-2): IA32_APIC_BASE, IA32_TSC_DEADLINE and x2APIC's 800h..8FFh. One place
 * for the bare CPU's RDMSR and WRMSR, and for a VMM's virtual ones.
 */
import type { LocalApic } from './local-apic';

const APIC_BASE = 0x1b;
const TSC_DEADLINE = 0x6e0;
const X2APIC_FIRST = 0x800;
const X2APIC_LAST = 0x8ff;

/** All of them, for who intercepts them. */
export const apicMsrs: readonly number[] = [
  APIC_BASE,
  TSC_DEADLINE,
  ...Array.from({ length: X2APIC_LAST - X2APIC_FIRST + 1 }, (_, i) => X2APIC_FIRST + i),
];

/** The access is #GP(0). */
export const REFUSED = 'refused';

const isX2apic = (index: number): boolean => index >= X2APIC_FIRST && index <= X2APIC_LAST;

/**
 * RDMSR.
 * @param tscOffset what the CPU's TSC is ahead of the clock
 * @returns undefined where the MSR is none of the local APIC's
 */
export function readApicMsr(apic: LocalApic, index: number, tscOffset: bigint): bigint | typeof REFUSED | undefined {
  if (index === APIC_BASE) return BigInt(apic.base);
  if (index === TSC_DEADLINE) {
    return apic.deadline === 0 ? 0n : BigInt.asUintN(64, BigInt(apic.deadline) + tscOffset);
  }
  return isX2apic(index) ? (apic.readMsr(index) ?? REFUSED) : undefined;
}

/** WRMSR: `done` and `refused`; undefined where the MSR is none of the local APIC's. */
export function writeApicMsr(
  apic: LocalApic,
  index: number,
  value: bigint,
  tscOffset: bigint,
): 'done' | typeof REFUSED | undefined {
  if (index === APIC_BASE) {
    const reserved = (value & 0x2ffn) !== 0n || value >> 36n !== 0n;
    return !reserved && apic.setBase(Number(value)) ? 'done' : REFUSED;
  }
  if (index === TSC_DEADLINE) {
    // a time that is past fires at once
    const tick = value === 0n ? 0 : Math.max(1, Number(BigInt.asIntN(64, value - tscOffset)));
    apic.setDeadline(tick);
    return 'done';
  }
  if (!isX2apic(index)) return undefined;
  return apic.writeMsr(index, value) ? 'done' : REFUSED;
}
