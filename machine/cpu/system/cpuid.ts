/** What the processor says of itself (SDM 2A CPUID): profiles as data, and the leaves made from them. */
import { cpuidFeature } from '../../../isa/cpuid';
import { TICKS_PER_SECOND } from '../../clock';
import type { Cpu } from '../cpu';
import { State } from '../layout';
import { PHYSICAL_ADDRESS_BITS } from './paging';

/** What a guest finds. */
export interface CpuProfile {
  /** Twelve characters. */
  vendor: string;
  /** At most 47 characters. */
  brand: string;
  family: number;
  model: number;
  stepping: number;
  /** Names in isa/cpuid of the features that are present. */
  features: ReadonlySet<string>;
}

/** Features of the default profile, in the order of the leaves: isa/cpuid has their bits. */
const baseline = `
  SSE3 SSSE3 CMPXCHG16B PCID SSE4.1 SSE4.2 x2APIC MOVBE POPCNT TSC-Deadline XSAVE RDRAND
  FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE-36 CLFSH MMX FXSR SSE SSE2
  FSGSBASE IA32_TSC_ADJUST SMEP ERMS INVPCID RDSEED SMAP UMIP PKU RDPID
  LAHF64 PREFETCHW SYSCALL NX Page1GB RDTSCP LM`
  .trim()
  .split(/\s+/);

/** The profile that a CPU has unless told otherwise; with VMX where the machine is configured so. */
export function defaultProfile(options: { vmx?: boolean; without?: string[]; and?: string[] } = {}): CpuProfile {
  const present = new Set([...baseline, ...(options.and ?? [])]);
  if (options.vmx) present.add('VMX');
  for (const name of options.without ?? []) present.delete(name);
  return {
    vendor: 'GenuineIntel',
    brand: 'Ringside virtual CPU',
    family: 6,
    model: 0x5e,
    stepping: 3,
    features: present,
  };
}

const fallback = defaultProfile({ vmx: true });

/** The profile of a CPU. */
export function profileOf(cpu: Pick<Cpu, 'profile'>): CpuProfile {
  return cpu.profile ?? fallback;
}

export function hasFeature(cpu: Cpu, name: string): boolean {
  return profileOf(cpu).features.has(name);
}

export interface CpuidResult {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}

function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (at + i < text.length ? text.charCodeAt(at + i) & 0xff : 0) << (8 * i);
  return value >>> 0;
}

function flagsOf(profile: CpuProfile, leaf: number, result: CpuidResult): CpuidResult {
  for (const name of profile.features) {
    const place = cpuidFeature(name);
    if (place?.leaf === leaf) result[place.register] = (result[place.register] | (1 << place.bit)) >>> 0;
  }
  return result;
}

/** Bytes of the XSAVE area's components: 0 x87, 1 SSE (both in the legacy area), 9 PKRU. */
export const PKRU_OFFSET = 0xa80;

/** XCR0 bits that may be set. */
export function supportedXcr0(profile: CpuProfile): number {
  return profile.features.has('XSAVE') ? 3 | (profile.features.has('PKU') ? 0x200 : 0) : 0;
}

/** Bytes that XSAVE writes for the components of a mask. */
export function xsaveSize(mask: number): number {
  return (mask & 0x200) !== 0 ? PKRU_OFFSET + 8 : 576;
}

const MAX_BASIC = 0x16;
const MAX_EXTENDED = 0x80000008;

/** What CPUID depends on. */
export type CpuidSource = Pick<Cpu, 'state' | 'profile' | 'readPlatformMsr' | 'apicId' | 'cpuCount'>;

/** CPUID for leaf `eax` and subleaf `ecx`, as the CPU stands (OSXSAVE, OSPKE, APIC id, SYSCALL follow its state). */
export function cpuid(cpu: CpuidSource, leaf: number, subleaf: number): CpuidResult {
  const profile = profileOf(cpu);
  const { state } = cpu;
  const none = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  const cr4 = state.u32[State.cr4 >>> 2];
  if (leaf > MAX_BASIC && leaf < 0x40000000) leaf = MAX_BASIC;
  switch (leaf) {
    case 0:
      return {
        eax: MAX_BASIC,
        ebx: word(profile.vendor, 0),
        edx: word(profile.vendor, 4),
        ecx: word(profile.vendor, 8),
      };
    case 1: {
      const { family, model, stepping } = profile;
      const signature = ((model >>> 4) << 16) | (family << 8) | ((model & 15) << 4) | stepping;
      const addressable = 1 << coreBits(cpu);
      const result = flagsOf(profile, 1, { eax: signature, ebx: (addressable << 16) | (8 << 8), ecx: 0, edx: 0 });
      if (addressable > 1) result.edx |= 1 << 28;
      if (profile.features.has('XSAVE') && (cr4 & 0x40000) !== 0) result.ecx |= 1 << 27;
      const apicBase = cpu.readPlatformMsr(0x1b) ?? state.get64(State.apicBase);
      if ((apicBase & 0x800n) === 0n) result.edx &= ~(1 << 9);
      result.ebx = (result.ebx | ((cpu.apicId ?? 0) << 24)) >>> 0;
      return { ...result, ecx: result.ecx >>> 0, edx: result.edx >>> 0 };
    }
    case 2:
      // descriptor FFH: caches are described by leaf 4
      return { eax: 0x00ff01, ebx: 0, ecx: 0, edx: 0 };
    case 4:
      return cacheLeaf(subleaf, 1 << coreBits(cpu));
    case 7: {
      if (subleaf !== 0) return none;
      const result = flagsOf(profile, 7, none);
      if (profile.features.has('PKU') && (cr4 & 0x400000) !== 0) result.ecx |= 1 << 4;
      return result;
    }
    case 0xb:
      // one thread a core, all CPUs cores of one package
      return {
        eax: subleaf === 1 ? coreBits(cpu) : 0,
        ebx: subleaf === 0 ? 1 : subleaf === 1 ? (cpu.cpuCount ?? 1) : 0,
        ecx: subleaf | (subleaf === 0 ? 0x100 : subleaf === 1 ? 0x200 : 0),
        edx: cpu.apicId ?? 0,
      };
    case 0xd:
      return xsaveLeaf(cpu, profile, subleaf);
    case 0x15:
      // TSC = crystal * EBX / EAX
      return { eax: 1, ebx: 1, ecx: TICKS_PER_SECOND, edx: 0 };
    case 0x16:
      return { eax: TICKS_PER_SECOND / 1e6, ebx: TICKS_PER_SECOND / 1e6, ecx: 100, edx: 0 };
    case 0x80000000:
      return { ...none, eax: MAX_EXTENDED };
    case 0x80000001: {
      const result = flagsOf(profile, 0x80000001, none);
      // Intel: SYSCALL is reported in 64-bit mode only
      if (state.codeBits !== 64) result.edx &= ~(1 << 11);
      return { ...result, edx: result.edx >>> 0 };
    }
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = 16 * (leaf - 0x80000002);
      const text = profile.brand;
      return { eax: word(text, at), ebx: word(text, at + 4), ecx: word(text, at + 8), edx: word(text, at + 12) };
    }
    case 0x80000006:
      return { ...none, ecx: 0x01006040 };
    case 0x80000007:
      // invariant TSC
      return { ...none, edx: 1 << 8 };
    case 0x80000008:
      return { ...none, eax: PHYSICAL_ADDRESS_BITS | ((profile.features.has('LA57') ? 57 : 48) << 8) };
    default:
      return none;
  }
}

/** Bits of an APIC ID that say which core of the package it is. */
function coreBits(cpu: CpuidSource): number {
  return Math.ceil(Math.log2(cpu.cpuCount ?? 1));
}

/** Deterministic cache parameters: 32K L1 data and code, 256K L2, each a core's own (SDM 2A CPUID leaf 4). */
function cacheLeaf(subleaf: number, cores: number): CpuidResult {
  const leaf = (type: number, level: number, ways: number, sets: number): CpuidResult => ({
    eax: (type | (level << 5) | (1 << 8) | ((cores - 1) << 26)) >>> 0,
    ebx: (63 | ((ways - 1) << 22)) >>> 0,
    ecx: sets - 1,
    edx: 0,
  });
  if (subleaf === 0) return leaf(1, 1, 8, 64);
  if (subleaf === 1) return leaf(2, 1, 8, 64);
  if (subleaf === 2) return leaf(3, 2, 4, 1024);
  return { eax: 0, ebx: 0, ecx: 0, edx: 0 };
}

function xsaveLeaf(cpu: CpuidSource, profile: CpuProfile, subleaf: number): CpuidResult {
  const none = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  const supported = supportedXcr0(profile);
  if (supported === 0) return none;
  if (subleaf === 0) {
    return { eax: supported, ebx: xsaveSize(cpu.state.u32[State.xcr0 >>> 2]), ecx: xsaveSize(supported), edx: 0 };
  }
  if (subleaf === 9 && (supported & 0x200) !== 0) return { ...none, eax: 8, ebx: PKRU_OFFSET };
  return none;
}
