/** VM-entry checks of the guest-state area (SDM 3C 26.3.1). */
import type { VmEntryCheckId } from '../../../isa/vmx/entry-checks';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import { Access } from '../cpu-state';
import { PHYSICAL_ADDRESS_BITS } from '../system/paging';
import { CR0_FIXED0 } from './capability-msrs';
import type { CheckContext, Predicate } from './entry-check-context';
import { isCr4, isEfer, isPat } from './entry-checks-host';
import { guestSegments } from './guest-state';
import { VMCS_REVISION } from './vmcs';

const PG = 0x80000000;
const PE = 1;
const PAE = 0x20;
const PCIDE = 0x20000;
const LMA = 0x400n;
const LME = 0x100n;
const VM = 0x20000;
const IF = 0x200;
const TF = 0x100;
const BTF = 2;
/** Pending debug exceptions: single step. */
const BS = 0x4000;
const [ES, CS, SS, DS, FS, GS, LDTR, TR] = [0, 1, 2, 3, 4, 5, 6, 7];
const CODE_AND_DATA = [CS, SS, DS, ES, FS, GS];
const DATA = [DS, ES, FS, GS];
const ALL_ONES = 0xffffffffffffffffn;

const access = (c: CheckContext, segment: number): number => c.read32(guestSegments[segment].access);
const selector = (c: CheckContext, segment: number): number => c.read32(guestSegments[segment].selector);
const limit = (c: CheckContext, segment: number): number => c.read32(guestSegments[segment].limit);
const base = (c: CheckContext, segment: number): bigint => c.read(guestSegments[segment].base);
const type = (c: CheckContext, segment: number): number => access(c, segment) & 15;
const dpl = (c: CheckContext, segment: number): number => (access(c, segment) >>> 5) & 3;
const usable = (c: CheckContext, segment: number): boolean => (access(c, segment) & Access.unusable) === 0;
const virtual8086 = (c: CheckContext): boolean => (c.read32('guestRflags') & VM) !== 0;
const ia32e = (c: CheckContext): boolean => c.entry('IA-32e mode guest');
const in64Bit = (c: CheckContext): boolean => ia32e(c) && (access(c, CS) & Access.long) !== 0;
const unrestricted = (c: CheckContext): boolean => c.secondary('unrestricted guest');

/** Segments that the checks of real descriptors apply to: CS, and the others if usable; none in virtual-8086 mode. */
const described = (c: CheckContext): number[] =>
  virtual8086(c) ? [] : CODE_AND_DATA.filter((segment) => segment === CS || usable(c, segment));

const RESERVED_ACCESS = 0xfffe0f00;
const granularityFits = (c: CheckContext, segment: number): boolean => {
  const bytes = limit(c, segment);
  const granular = (access(c, segment) & Access.granularity) !== 0;
  if ((bytes & 0xfff) !== 0xfff && granular) return false;
  return bytes >>> 20 === 0 || granular;
};
const canonical =
  (key: VmcsFieldKey): Predicate =>
  (c) =>
    c.isCanonical(c.read(key));
const lowHalf = (c: CheckContext, segment: number): boolean => !usable(c, segment) || base(c, segment) >> 32n === 0n;

const injects = (c: CheckContext, kind: number): boolean => {
  const information = c.read32('entryInterruptionInformation');
  return (information & 0x80000000) !== 0 && ((information >>> 8) & 7) === kind;
};
const injectsAny = (c: CheckContext): boolean => (c.read32('entryInterruptionInformation') & 0x80000000) !== 0;
/** External interrupt, NMI, #DB, #MC, or the monitor trap flag (SDM 3C 26.3.1.5). */
const wakesFromHlt = (c: CheckContext): boolean => {
  const vector = c.read32('entryInterruptionInformation') & 0xff;
  return injects(c, 0) || injects(c, 2) || (injects(c, 3) && (vector === 1 || vector === 18)) || injects(c, 7);
};
const blocking = (c: CheckContext): number => c.read32('guestInterruptibilityState');

/** Reserved bits of a present PDPTE (SDM 3A 4.4.1). */
const RESERVED_PDPTE = 0x1e6n | (ALL_ONES & ~((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n));
/** The PDPTEs that the entry loads: the guest-state area's with EPT, those in memory at CR3 without. */
const pdptes = (c: CheckContext): bigint[] => {
  if (c.secondary('enable EPT'))
    return (['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3'] as const).map((key) => c.read(key));
  const table = c.read32('guestCr3') & ~31;
  return [0, 8, 16, 24].map((offset) => {
    const at = (table >>> 0) + offset;
    return (BigInt(c.cpu.memory.read(at + 4, 4)) << 32n) | BigInt(c.cpu.memory.read(at, 4));
  });
};

const controlRegisters: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  'guest-cr0-fixed': (c) => {
    const fixed = unrestricted(c) ? CR0_FIXED0 & ~(PE | PG) : CR0_FIXED0;
    return (c.read32('guestCr0') & fixed) >>> 0 === fixed >>> 0 && c.read('guestCr0') >> 32n === 0n;
  },
  'guest-cr0-pg-needs-pe': (c) => (c.read32('guestCr0') & PG) === 0 || (c.read32('guestCr0') & PE) !== 0,
  'guest-cr4-fixed': (c) => isCr4(c.read('guestCr4')),
  'guest-debugctl-reserved': (c) => !c.entry('load debug controls') || (c.read('guestIa32Debugctl') & ~3n) === 0n,
  'guest-ia32e-needs-paging': (c) => !ia32e(c) || (c.read32('guestCr0') & PG) !== 0,
  'guest-ia32e-needs-pae': (c) => !ia32e(c) || (c.read32('guestCr4') & PAE) !== 0,
  'guest-pcide-needs-ia32e': (c) => ia32e(c) || (c.read32('guestCr4') & PCIDE) === 0,
  'guest-cr3-width': (c) => c.read('guestCr3') >> BigInt(PHYSICAL_ADDRESS_BITS) === 0n,
  'guest-dr7-high': (c) => !c.entry('load debug controls') || c.read('guestDr7') >> 32n === 0n,
  'guest-sysenter-esp-canonical': canonical('guestIa32SysenterEsp'),
  'guest-sysenter-eip-canonical': canonical('guestIa32SysenterEip'),
  'guest-pat': (c) => !c.entry('load IA32_PAT') || isPat(c.read('guestIa32Pat')),
  'guest-efer-reserved': (c) => !c.entry('load IA32_EFER') || isEfer(c.read('guestIa32Efer')),
  'guest-efer-lma': (c) => !c.entry('load IA32_EFER') || ((c.read('guestIa32Efer') & LMA) !== 0n) === ia32e(c),
  'guest-efer-lme': (c) => {
    if (!c.entry('load IA32_EFER') || (c.read32('guestCr0') & PG) === 0) return true;
    const efer = c.read('guestIa32Efer');
    return ((efer & LME) !== 0n) === ((efer & LMA) !== 0n);
  },
};

const segmentRegisters: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  'tr-selector-ti': (c) => (selector(c, TR) & 4) === 0,
  'ldtr-selector-ti': (c) => !usable(c, LDTR) || (selector(c, LDTR) & 4) === 0,
  'ss-rpl-equals-cs-rpl': (c) => virtual8086(c) || unrestricted(c) || (selector(c, SS) & 3) === (selector(c, CS) & 3),
  'v86-base': (c) => !virtual8086(c) || CODE_AND_DATA.every((s) => base(c, s) === BigInt(selector(c, s)) * 16n),
  'tr-base-canonical': canonical('guestTrBase'),
  'fs-base-canonical': canonical('guestFsBase'),
  'gs-base-canonical': canonical('guestGsBase'),
  'ldtr-base-canonical': (c) => !usable(c, LDTR) || c.isCanonical(base(c, LDTR)),
  'cs-base-high': (c) => base(c, CS) >> 32n === 0n,
  'ss-base-high': (c) => lowHalf(c, SS),
  'ds-base-high': (c) => lowHalf(c, DS),
  'es-base-high': (c) => lowHalf(c, ES),
  'v86-limit': (c) => !virtual8086(c) || CODE_AND_DATA.every((s) => limit(c, s) === 0xffff),
  'v86-access-rights': (c) => !virtual8086(c) || CODE_AND_DATA.every((s) => access(c, s) === 0xf3),
  'cs-type': (c) => virtual8086(c) || [9, 11, 13, 15].includes(type(c, CS)) || (unrestricted(c) && type(c, CS) === 3),
  'ss-type': (c) => virtual8086(c) || !usable(c, SS) || [3, 7].includes(type(c, SS)),
  'data-segment-type': (c) =>
    described(c)
      .filter((s) => DATA.includes(s))
      .every((s) => (type(c, s) & 1) !== 0 && ((type(c, s) & 8) === 0 || (type(c, s) & 2) !== 0)),
  'segment-s': (c) => described(c).every((s) => (access(c, s) & Access.system) !== 0),
  'cs-dpl': (c) => {
    if (virtual8086(c)) return true;
    const level = dpl(c, CS);
    if (type(c, CS) === 3) return level === 0;
    return type(c, CS) < 12 ? level === dpl(c, SS) : level <= dpl(c, SS);
  },
  'ss-dpl-equals-rpl': (c) => virtual8086(c) || unrestricted(c) || dpl(c, SS) === (selector(c, SS) & 3),
  'ss-dpl-zero': (c) => virtual8086(c) || (type(c, CS) !== 3 && (c.read32('guestCr0') & PE) !== 0) || dpl(c, SS) === 0,
  'data-segment-dpl': (c) =>
    unrestricted(c) ||
    described(c)
      .filter((s) => DATA.includes(s) && type(c, s) < 12)
      .every((s) => dpl(c, s) >= (selector(c, s) & 3)),
  'segment-present': (c) => described(c).every((s) => (access(c, s) & Access.present) !== 0),
  'segment-reserved': (c) => described(c).every((s) => (access(c, s) & RESERVED_ACCESS) === 0),
  'cs-l-and-d': (c) => !in64Bit(c) || (access(c, CS) & Access.big) === 0,
  'segment-granularity': (c) => described(c).every((s) => granularityFits(c, s)),
  'tr-type': (c) => type(c, TR) === 11 || (!ia32e(c) && type(c, TR) === 3),
  'tr-s': (c) => (access(c, TR) & Access.system) === 0,
  'tr-present': (c) => (access(c, TR) & Access.present) !== 0,
  'tr-reserved': (c) => (access(c, TR) & RESERVED_ACCESS) === 0,
  'tr-granularity': (c) => granularityFits(c, TR),
  'tr-usable': (c) => usable(c, TR),
  'ldtr-type': (c) => !usable(c, LDTR) || type(c, LDTR) === 2,
  'ldtr-s': (c) => !usable(c, LDTR) || (access(c, LDTR) & Access.system) === 0,
  'ldtr-present': (c) => !usable(c, LDTR) || (access(c, LDTR) & Access.present) !== 0,
  'ldtr-reserved': (c) => !usable(c, LDTR) || (access(c, LDTR) & RESERVED_ACCESS) === 0,
  'ldtr-granularity': (c) => !usable(c, LDTR) || granularityFits(c, LDTR),
  'gdtr-base-canonical': canonical('guestGdtrBase'),
  'idtr-base-canonical': canonical('guestIdtrBase'),
  'gdtr-limit': (c) => c.read32('guestGdtrLimit') >>> 16 === 0,
  'idtr-limit': (c) => c.read32('guestIdtrLimit') >>> 16 === 0,
};

const nonRegister: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  'rip-high': (c) => in64Bit(c) || c.read('guestRip') >> 32n === 0n,
  // bits 63:48 only: an instruction that ends at the canonical boundary leaves such a RIP, and the fetch raises #GP
  'rip-canonical': (c) => !in64Bit(c) || [0n, -1n].includes(BigInt.asIntN(64, c.read('guestRip')) >> 48n),
  'rflags-reserved': (c) => (c.read('guestRflags') & ~0x3f7fd5n) === 2n,
  'rflags-vm': (c) => !virtual8086(c) || (!ia32e(c) && (c.read32('guestCr0') & PE) !== 0),
  'rflags-if-for-interrupt': (c) => !injects(c, 0) || (c.read32('guestRflags') & IF) !== 0,
  'activity-state-supported': (c) => c.read32('guestActivityState') <= 1,
  'activity-hlt-needs-cpl-0': (c) => c.read32('guestActivityState') !== 1 || dpl(c, SS) === 0,
  'activity-active-when-blocking': (c) => (blocking(c) & 3) === 0 || c.read32('guestActivityState') === 0,
  'activity-and-injection': (c) => c.read32('guestActivityState') !== 1 || !injectsAny(c) || wakesFromHlt(c),
  'interruptibility-reserved': (c) => blocking(c) >>> 5 === 0,
  'interruptibility-sti-and-mov-ss': (c) => (blocking(c) & 3) !== 3,
  'interruptibility-sti-needs-if': (c) => (blocking(c) & 1) === 0 || (c.read32('guestRflags') & IF) !== 0,
  'interruptibility-for-interrupt': (c) => !injects(c, 0) || (blocking(c) & 3) === 0,
  'interruptibility-mov-ss-for-nmi': (c) => !injects(c, 2) || (blocking(c) & 2) === 0,
  'interruptibility-sti-for-nmi': (c) => !injects(c, 2) || (blocking(c) & 1) === 0,
  'interruptibility-smi-outside-smm': (c) => (blocking(c) & 4) === 0,
  'interruptibility-nmi-for-nmi': (c) => !c.pin('virtual NMIs') || !injects(c, 2) || (blocking(c) & 8) === 0,
  'interruptibility-enclave': (c) => (blocking(c) & 16) === 0,
  'pending-debug-reserved': (c) => (c.read('guestPendingDebugExceptions') & ~0x15_00fn) === 0n,
  'pending-debug-bs': (c) => {
    if ((blocking(c) & 3) === 0 && c.read32('guestActivityState') !== 1) return true;
    const steps = (c.read32('guestRflags') & TF) !== 0 && (c.read32('guestIa32Debugctl') & BTF) === 0;
    return ((c.read32('guestPendingDebugExceptions') & BS) !== 0) === steps;
  },
  // this processor has no restricted transactional memory
  'pending-debug-rtm': (c) => (c.read32('guestPendingDebugExceptions') & 0x10000) === 0,
  'link-pointer-address': (c) =>
    c.read('vmcsLinkPointer') === ALL_ONES || c.isPhysical(c.read('vmcsLinkPointer'), 4096n),
  'link-pointer-revision': (c) => {
    const pointer = c.read('vmcsLinkPointer');
    return pointer === ALL_ONES || c.cpu.memory.read(Number(pointer), 4) === VMCS_REVISION;
  },
  'link-pointer-not-current': (c) => c.read('vmcsLinkPointer') !== BigInt(c.vmcs.address),
  'pdpte-reserved': (c) => {
    const pae = (c.read32('guestCr0') & PG) !== 0 && (c.read32('guestCr4') & PAE) !== 0 && !ia32e(c);
    if (!pae) return true;
    return pdptes(c).every((entry) => (entry & 1n) === 0n || (entry & RESERVED_PDPTE) === 0n);
  },
};

export const guestPredicates: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  ...controlRegisters,
  ...segmentRegisters,
  ...nonRegister,
};
