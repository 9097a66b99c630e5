/**
 * RDMSR and WRMSR that exit: what the VMM keeps from the guest, EFER, whose LMA bit VM entry depends on, and what belongs to the
 * vCPU's virtual local APIC.
 */
import { State } from '../../machine/cpu/layout';
import type { LocalApic } from '../../machine/devices/local-apic';
import { apicMsrs, REFUSED, readApicMsr, writeApicMsr } from '../../machine/devices/local-apic-msrs';
import type { VCpu } from './vcpu';

const EFER = 0xc0000080;
const FEATURE_CONTROL = 0x3a;
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

const SCE = 1n;
const LME = 0x100n;
const LMA = 0x400n;
const NXE = 0x800n;

/** MSRs that the VMM's bitmaps make exit, both ways; those outside the bitmaps' ranges exit always. */
export const interceptedMsrs: readonly number[] = [
  EFER,
  FEATURE_CONTROL,
  ...Array.from({ length: 0x12 }, (_, i) => 0x480 + i),
  ...apicMsrs,
];

function refuse(vcpu: VCpu, index: number): string {
  vcpu.injectGeneralProtection();
  return `injected #GP(0): the virtual CPU has no MSR ${hex(index)}`;
}

const tscOffset = (vcpu: VCpu): bigint => vcpu.processor.state.get64(State.tscOffset);

export function handleRdmsr(vcpu: VCpu, apic: LocalApic): string {
  const index = vcpu.gpr32(1);
  const virtual = readApicMsr(apic, index, tscOffset(vcpu));
  let value: bigint;
  if (virtual === REFUSED) return refuse(vcpu, index);
  if (virtual !== undefined) value = virtual;
  else if (index === EFER) value = vcpu.vmcs.read('guestIa32Efer');
  else if (index === FEATURE_CONTROL)
    value = 1n; // locked, no VMX
  else return refuse(vcpu, index);
  vcpu.setGpr32(0, Number(value & 0xffffffffn));
  vcpu.setGpr32(2, Number(value >> 32n));
  vcpu.skipInstruction();
  return `gave MSR ${hex(index)} as ${hex(value)}`;
}

export function handleWrmsr(vcpu: VCpu, apic: LocalApic): string {
  const index = vcpu.gpr32(1);
  const value = (BigInt(vcpu.gpr32(2)) << 32n) | BigInt(vcpu.gpr32(0));
  const done = writeApicMsr(apic, index, value, tscOffset(vcpu));
  if (done === 'done') {
    vcpu.skipInstruction();
    return `set MSR ${hex(index)} of the virtual local APIC to ${hex(value)}`;
  }
  if (done === REFUSED || index !== EFER) return refuse(vcpu, index);
  const { vmcs } = vcpu;
  const old = vmcs.read('guestIa32Efer');
  const paging = (vmcs.read('guestCr0') & 0x80000000n) !== 0n;
  // LMA is read-only: writes of it are ignored; LME cannot change under paging (SDM 3A 9.8.5)
  if ((value & ~(SCE | LME | LMA | NXE)) !== 0n || (paging && ((value ^ old) & LME) !== 0n)) {
    vcpu.injectGeneralProtection();
    return `injected #GP(0): ${hex(value)} cannot be written to EFER now`;
  }
  vmcs.write('guestIa32Efer', (value & ~LMA) | (old & LMA));
  vcpu.skipInstruction();
  return `set EFER to ${hex((value & ~LMA) | (old & LMA))}`;
}
