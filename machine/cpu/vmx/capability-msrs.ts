/** The VMX capability MSRs: which controls this processor has (SDM 3D appendix A). Values follow from the list below. */
import { type ControlWord, controlsOf, controlWords, type VmxControl } from '../../../isa/vmx/controls';
import { VMCS_REVISION, VMCS_SIZE } from './vmcs';

/** Controls that the processor implements, by the manual's names. Those not listed must be 0. */
const implemented: Readonly<Partial<Record<ControlWord, readonly string[]>>> = {
  'pin-based': ['external-interrupt exiting', 'NMI exiting', 'virtual NMIs', 'activate VMX-preemption timer'],
  primary: [
    'interrupt-window exiting',
    'use TSC offsetting',
    'HLT exiting',
    'INVLPG exiting',
    'MWAIT exiting',
    'RDPMC exiting',
    'RDTSC exiting',
    'CR3-load exiting',
    'CR3-store exiting',
    'CR8-load exiting',
    'CR8-store exiting',
    'NMI-window exiting',
    'MOV-DR exiting',
    'unconditional I/O exiting',
    'use I/O bitmaps',
    'monitor trap flag',
    'use MSR bitmaps',
    'MONITOR exiting',
    'PAUSE exiting',
    'activate secondary controls',
  ],
  secondary: [
    'enable EPT',
    'descriptor-table exiting',
    'enable RDTSCP',
    'enable VPID',
    'WBINVD exiting',
    'unrestricted guest',
    'RDRAND exiting',
    'enable INVPCID',
    'RDSEED exiting',
    'enable XSAVES/XRSTORS',
  ],
  exit: [
    'save debug controls',
    'host address-space size',
    'acknowledge interrupt on exit',
    'save IA32_PAT',
    'load IA32_PAT',
    'save IA32_EFER',
    'load IA32_EFER',
    'save VMX-preemption timer value',
  ],
  entry: ['load debug controls', 'IA-32e mode guest', 'load IA32_PAT', 'load IA32_EFER'],
};

const bitOf = (control: VmxControl): number => (1 << control.bit) >>> 0;

/** Bits of a control word that may be 1. */
export function allowedOnes(word: ControlWord): number {
  const names = implemented[word] ?? [];
  let bits = 0;
  for (const control of controlsOf(word)) if (names.includes(control.name)) bits |= bitOf(control);
  const info = controlWords.find((w) => w.word === word);
  return (bits | (info?.default1 ?? 0)) >>> 0;
}

/** Bits of a control word that must be 1, by the TRUE capability MSRs: the default1 bits that control nothing here. */
export function requiredOnes(word: ControlWord): number {
  const info = controlWords.find((w) => w.word === word);
  let bits = info?.default1 ?? 0;
  for (const control of controlsOf(word)) bits &= ~bitOf(control);
  return bits >>> 0;
}

const capability = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Bits of CR0 and CR4 that VMX operation fixes (SDM 3D A.7, A.8). */
export const CR0_FIXED0 = 0x80000021;
export const CR0_FIXED1 = 0xffffffff;
export const CR4_FIXED0 = 0x2000;
/** CR4 bits that may be 1: VME to UMIP, VMXE, FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP, PKE. */
export const CR4_FIXED1 = 0x00772fff;

/** IA32_VMX_EPT_VPID_CAP: execute-only, 4-level walks, UC and WB, 2M and 1G pages, INVEPT and INVVPID with all types, A/D. */
export const EPT_VPID_CAP = 0x00000f01_06334141n;

/** Values by MSR index. */
export function vmxCapabilityMsrs(): ReadonlyMap<number, bigint> {
  const msrs = new Map<number, bigint>();
  // revision, region size, write-back, INS/OUTS information, TRUE controls
  msrs.set(0x480, BigInt(VMCS_REVISION) | (BigInt(VMCS_SIZE) << 32n) | (6n << 50n) | (1n << 54n) | (1n << 55n));
  for (const info of controlWords) {
    const ones = allowedOnes(info.word);
    if (info.word === 'secondary') msrs.set(info.capabilityMsr, capability(0, ones));
    else if (info.trueCapabilityMsr !== 0) {
      msrs.set(info.capabilityMsr, capability(info.default1, ones));
      msrs.set(info.trueCapabilityMsr, capability(requiredOnes(info.word), ones));
    }
  }
  // preemption timer counts at the TSC's rate; HLT state; 4 CR3 targets; VMWRITE to any field
  msrs.set(0x485, 0n | (1n << 5n) | (1n << 6n) | (4n << 16n) | (1n << 29n));
  msrs.set(0x486, BigInt(CR0_FIXED0));
  msrs.set(0x487, BigInt(CR0_FIXED1));
  msrs.set(0x488, BigInt(CR4_FIXED0));
  msrs.set(0x489, BigInt(CR4_FIXED1));
  msrs.set(0x48a, 0x2en);
  msrs.set(0x48c, EPT_VPID_CAP);
  return msrs;
}
