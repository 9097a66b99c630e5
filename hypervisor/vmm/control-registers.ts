/**
 * Accesses to CR0 and CR4 that exit because the VMM owns a bit that the guest changes (SDM 3C 24.6.6, 25.3), and to CR8, which is
 * the virtual local APIC's.
 */
import { CR0_FIXED0, CR4_FIXED0 } from '../../machine/cpu/vmx/capability-msrs';
import type { Vmcs } from '../../machine/cpu/vmx/vmcs';
import type { LocalApic } from '../../machine/devices/local-apic';
import type { VCpu } from './vcpu';

const PE = 1n;
const TS = 8n;
const ET = 0x10n;
const NE = 0x20n;
const NW = 0x20000000n;
const CD = 0x40000000n;
const PG = 0x80000000n;
const PAE = 0x20n;
const LME = 0x100n;
const LMA = 0x400n;
const IA32E_GUEST = 0x200;
/** Bits of CR0 that have a meaning. */
const CR0_BITS = 0xe005003fn;

/** CR0 bits that the VMM owns: what changes the guest's mode or caching, and what VMX fixes. */
export const CR0_MASK = PE | NE | NW | CD | PG;
/** CR4 bits that the VMM owns. */
export const CR4_MASK = BigInt(CR4_FIXED0);
/** What VMX demands of CR0 in an unrestricted guest: PE and PG may be clear. */
export const CR0_FORCED = BigInt(CR0_FIXED0) & ~(PE | PG);
/** What VMX demands of CR4. */
export const CR4_FORCED = BigInt(CR4_FIXED0);

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** CR0 as the guest reads it. */
export function guestViewOfCr0(vmcs: Vmcs): bigint {
  const mask = vmcs.read('cr0GuestHostMask');
  return (vmcs.read('guestCr0') & ~mask) | (vmcs.read('cr0ReadShadow') & mask);
}

/** CR4 as the guest reads it. */
export function guestViewOfCr4(vmcs: Vmcs): bigint {
  const mask = vmcs.read('cr4GuestHostMask');
  return (vmcs.read('guestCr4') & ~mask) | (vmcs.read('cr4ReadShadow') & mask);
}

export function handleControlRegister(vcpu: VCpu, apic: LocalApic): string {
  const { vmcs } = vcpu;
  const qualification = vmcs.read32('exitQualification');
  const register = qualification & 15;
  const access = (qualification >>> 4) & 3;
  const gpr = (qualification >>> 8) & 15;
  const value = vcpu.gpr64(gpr);
  if (register === 8 && access <= 1) return access === 0 ? writeCr8(vcpu, apic, value) : readCr8(vcpu, apic, gpr);
  if (access === 0 && register === 0) return writeCr0(vcpu, narrow(vcpu, value));
  if (access === 0 && register === 4) return writeCr4(vcpu, narrow(vcpu, value));
  if (access === 2) return writeCr0(vcpu, guestViewOfCr0(vmcs) & ~TS);
  if (access === 3) {
    const source = BigInt(qualification >>> 16) & 15n;
    const old = guestViewOfCr0(vmcs);
    return writeCr0(vcpu, (old & ~0xen) | source | (old & PE));
  }
  throw new Error(`a CR access exit of CR${register}, type ${access}, which the VMM did not ask for`);
}

function writeCr8(vcpu: VCpu, apic: LocalApic, value: bigint): string {
  if (value > 15n) return refuse(vcpu, 'CR8[63:4] must be 0');
  apic.taskPriority = Number(value);
  vcpu.skipInstruction();
  return `set the virtual local APIC's task priority to ${hex(value)}`;
}

function readCr8(vcpu: VCpu, apic: LocalApic, gpr: number): string {
  vcpu.setGpr64(gpr, BigInt(apic.taskPriority));
  vcpu.skipInstruction();
  return "gave the virtual local APIC's task priority";
}

/** Outside 64-bit code MOV to CR takes 32 bits. */
function narrow(vcpu: VCpu, value: bigint): bigint {
  const long =
    (vcpu.vmcs.read('guestIa32Efer') & LMA) !== 0n && (vcpu.vmcs.read32('guestCsAccessRights') & 0x2000) !== 0;
  return long ? value : value & 0xffffffffn;
}

function refuse(vcpu: VCpu, why: string): string {
  vcpu.injectGeneralProtection();
  return `injected #GP(0): ${why}`;
}

function writeCr0(vcpu: VCpu, written: bigint): string {
  const { vmcs } = vcpu;
  if (written >> 32n !== 0n) return refuse(vcpu, 'CR0[63:32] must be 0');
  const value = (written & CR0_BITS) | ET;
  if ((value & PG) !== 0n && (value & PE) === 0n) return refuse(vcpu, 'CR0.PG needs CR0.PE');
  if ((value & NW) !== 0n && (value & CD) === 0n) return refuse(vcpu, 'CR0.NW needs CR0.CD');
  const efer = vmcs.read('guestIa32Efer');
  const wasPaging = (guestViewOfCr0(vmcs) & PG) !== 0n;
  const paging = (value & PG) !== 0n;
  let note = '';
  if (paging && !wasPaging && (efer & LME) !== 0n) {
    if ((vmcs.read('guestCr4') & PAE) === 0n) return refuse(vcpu, 'paging with EFER.LME needs CR4.PAE');
    if (vmcs.read32('guestCsAccessRights') & 0x2000)
      return refuse(vcpu, 'CS.L is set while paging is turned on with EFER.LME');
    setIa32e(vmcs, true);
    note = '; the guest enters IA-32e mode';
  } else if (!paging && wasPaging) {
    if ((efer & LMA) !== 0n && vmcs.read32('guestCsAccessRights') & 0x2000)
      return refuse(vcpu, 'CR0.PG cannot be cleared in 64-bit mode');
    if ((vmcs.read('guestCr4') & 0x20000n) !== 0n)
      return refuse(vcpu, 'CR0.PG cannot be cleared while CR4.PCIDE is set');
    if ((efer & LMA) !== 0n) {
      setIa32e(vmcs, false);
      note = '; the guest leaves IA-32e mode';
    }
  }
  const pae = paging && (vmcs.read('guestIa32Efer') & LMA) === 0n && (vmcs.read('guestCr4') & PAE) !== 0n;
  if (pae && !vcpu.loadPdptes()) return refuse(vcpu, 'a PDPTE has a reserved bit set');
  vmcs.write('guestCr0', value | CR0_FORCED);
  vmcs.write('cr0ReadShadow', value);
  if (wasPaging !== paging) vcpu.flushTlb();
  vcpu.skipInstruction();
  return `set CR0 to ${hex(value)}${note}`;
}

function setIa32e(vmcs: Vmcs, on: boolean): void {
  const efer = vmcs.read('guestIa32Efer');
  vmcs.write('guestIa32Efer', on ? efer | LMA : efer & ~LMA);
  const controls = vmcs.read32('entryControls');
  vmcs.write32('entryControls', on ? controls | IA32E_GUEST : controls & ~IA32E_GUEST);
}

/** The guest touched a CR4 bit that VMX needs: there is no VMX in the guest. */
function writeCr4(vcpu: VCpu, value: bigint): string {
  return refuse(vcpu, `CR4 ${hex(value)}: the virtual CPU has no VMX`);
}
