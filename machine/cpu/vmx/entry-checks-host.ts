/** VM-entry checks of the host-state area (SDM 3C 26.2.2 to 26.2.4). */
import type { VmEntryCheckId } from '../../../isa/vmx/entry-checks';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import { State } from '../layout';
import { PHYSICAL_ADDRESS_BITS } from '../system/paging';
import { CR0_FIXED0, CR4_FIXED0, CR4_FIXED1 } from './capability-msrs';
import type { CheckContext, Predicate } from './entry-check-context';

const EFER_BITS = 0xd01n;
const LMA = 0x400n;
const LME = 0x100n;
const PAE = 0x20n;
const PCIDE = 0x20000n;
const memoryTypes = new Set([0n, 1n, 4n, 5n, 6n, 7n]);

/** Every byte of a PAT value is a memory type that PAT allows. */
export function isPat(value: bigint): boolean {
  for (let i = 0n; i < 64n; i += 8n) if (!memoryTypes.has((value >> i) & 0xffn)) return false;
  return true;
}

/** No reserved bit of EFER is set. */
export const isEfer = (value: bigint): boolean => (value & ~EFER_BITS) === 0n;

/** VMXE is set, and no bit that the processor does not have. */
export const isCr4 = (value: bigint): boolean =>
  (value & BigInt(CR4_FIXED0)) !== 0n && (value & ~BigInt(CR4_FIXED1)) === 0n;

const canonical =
  (key: VmcsFieldKey): Predicate =>
  (c) =>
    c.isCanonical(c.read(key));

const wide = (c: CheckContext): boolean => c.exit('host address-space size');
const inIa32e = (c: CheckContext): boolean => (c.cpu.state.get64(State.efer) & LMA) !== 0n;
const selectors = [
  'hostCsSelector',
  'hostSsSelector',
  'hostDsSelector',
  'hostEsSelector',
  'hostFsSelector',
  'hostGsSelector',
  'hostTrSelector',
] as const;

export const hostPredicates: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  'host-cr0-fixed': (c) => (c.read32('hostCr0') & CR0_FIXED0) >>> 0 === CR0_FIXED0 && c.read('hostCr0') >> 32n === 0n,
  'host-cr4-fixed': (c) => isCr4(c.read('hostCr4')),
  'host-cr3-width': (c) => c.read('hostCr3') >> BigInt(PHYSICAL_ADDRESS_BITS) === 0n,
  'host-sysenter-esp-canonical': canonical('hostIa32SysenterEsp'),
  'host-sysenter-eip-canonical': canonical('hostIa32SysenterEip'),
  'host-pat': (c) => !c.exit('load IA32_PAT') || isPat(c.read('hostIa32Pat')),
  'host-efer-reserved': (c) => !c.exit('load IA32_EFER') || isEfer(c.read('hostIa32Efer')),
  'host-efer-lma-lme': (c) => {
    if (!c.exit('load IA32_EFER')) return true;
    const efer = c.read('hostIa32Efer');
    return ((efer & LMA) !== 0n) === wide(c) && ((efer & LME) !== 0n) === wide(c);
  },
  'host-selectors-rpl-ti': (c) => selectors.every((key) => (c.read32(key) & 7) === 0),
  'host-cs-not-null': (c) => c.read32('hostCsSelector') !== 0,
  'host-tr-not-null': (c) => c.read32('hostTrSelector') !== 0,
  'host-ss-not-null': (c) => wide(c) || c.read32('hostSsSelector') !== 0,
  'host-fs-base-canonical': canonical('hostFsBase'),
  'host-gs-base-canonical': canonical('hostGsBase'),
  'host-gdtr-base-canonical': canonical('hostGdtrBase'),
  'host-idtr-base-canonical': canonical('hostIdtrBase'),
  'host-tr-base-canonical': canonical('hostTrBase'),
  'address-space-outside-ia32e': (c) => inIa32e(c) || (!c.entry('IA-32e mode guest') && !wide(c)),
  'address-space-in-ia32e': (c) => !inIa32e(c) || wide(c),
  'host-32-bit-no-ia32e-guest': (c) => wide(c) || !c.entry('IA-32e mode guest'),
  'host-32-bit-no-pcide': (c) => wide(c) || (c.read('hostCr4') & PCIDE) === 0n,
  'host-32-bit-rip': (c) => wide(c) || c.read('hostRip') >> 32n === 0n,
  'host-64-bit-pae': (c) => !wide(c) || (c.read('hostCr4') & PAE) !== 0n,
  'host-64-bit-rip-canonical': (c) => !wide(c) || c.isCanonical(c.read('hostRip')),
};
