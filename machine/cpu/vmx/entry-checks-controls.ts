/** VM-entry checks of the VMX controls (SDM 3C 26.2.1). Rows of controls that the processor lacks fail as reserved bits do. */
import type { VmEntryCheckId } from '../../../isa/vmx/entry-checks';
import { PHYSICAL_ADDRESS_BITS } from '../system/paging';
import { allowedOnes, requiredOnes } from './capability-msrs';
import type { CheckContext, Predicate } from './entry-check-context';

const PAGE = 4096n;

/** A control word has its fixed ones, and no bit that the processor does not have. */
const within = (value: number, word: Parameters<typeof allowedOnes>[0]): boolean => {
  const ones = requiredOnes(word);
  return (value & ones) >>> 0 === ones && (value & ~allowedOnes(word)) === 0;
};

const injected = (c: CheckContext): boolean => (c.read32('entryInterruptionInformation') & 0x80000000) !== 0;
const injectionType = (c: CheckContext): number => (c.read32('entryInterruptionInformation') >>> 8) & 7;
const injectionVector = (c: CheckContext): number => c.read32('entryInterruptionInformation') & 0xff;
/** Hardware exceptions that push an error code (SDM 3C 26.2.1.3). */
const pushesErrorCode = new Set([8, 10, 11, 12, 13, 14, 17]);

/** An MSR list: nothing to check if it is empty. */
const list = (c: CheckContext, address: bigint, count: number): boolean =>
  count === 0 || (c.isPhysical(address, 16n) && c.isPhysical(address + 16n * BigInt(count) - 1n, 1n));

/** Memory type, walk length and reserved bits of an EPT pointer are what VM entry allows (SDM 3C 26.2.1.1). */
export const isEptPointer = (value: bigint): boolean =>
  eptMemoryType(value) && eptWalkLength(value) && (value & 0x80n) === 0n && eptReserved(value);
const eptMemoryType = (value: bigint): boolean => (value & 7n) === 0n || (value & 7n) === 6n;
const eptWalkLength = (value: bigint): boolean => ((value >> 3n) & 7n) === 3n;
const eptReserved = (value: bigint): boolean =>
  (value & 0xf00n) === 0n && value >> BigInt(PHYSICAL_ADDRESS_BITS) === 0n;

export const controlPredicates: Readonly<Partial<Record<VmEntryCheckId, Predicate>>> = {
  'pin-based-reserved': (c) => within(c.read32('pinBasedControls'), 'pin-based'),
  'primary-reserved': (c) => within(c.read32('primaryProcessorBasedControls'), 'primary'),
  'secondary-reserved': (c) =>
    !c.primary('activate secondary controls') ||
    (c.read32('secondaryProcessorBasedControls') & ~allowedOnes('secondary')) === 0,
  'cr3-target-count': (c) => c.read32('cr3TargetCount') <= 4,
  'io-bitmap-a-address': (c) => !c.primary('use I/O bitmaps') || c.isPhysical(c.read('ioBitmapAAddress'), PAGE),
  'io-bitmap-b-address': (c) => !c.primary('use I/O bitmaps') || c.isPhysical(c.read('ioBitmapBAddress'), PAGE),
  'msr-bitmap-address': (c) => !c.primary('use MSR bitmaps') || c.isPhysical(c.read('msrBitmapAddress'), PAGE),
  'virtual-nmis-need-nmi-exiting': (c) => c.pin('NMI exiting') || !c.pin('virtual NMIs'),
  'nmi-window-needs-virtual-nmis': (c) => c.pin('virtual NMIs') || !c.primary('NMI-window exiting'),
  'vpid-not-zero': (c) => !c.secondary('enable VPID') || c.read32('virtualProcessorIdentifier') !== 0,
  'eptp-memory-type': (c) => !c.secondary('enable EPT') || eptMemoryType(c.read('eptPointer')),
  'eptp-walk-length': (c) => !c.secondary('enable EPT') || eptWalkLength(c.read('eptPointer')),
  'eptp-supervisor-shadow-stack': (c) => !c.secondary('enable EPT') || (c.read('eptPointer') & 0x80n) === 0n,
  'eptp-reserved': (c) => !c.secondary('enable EPT') || eptReserved(c.read('eptPointer')),
  'unrestricted-guest-needs-ept': (c) => c.secondary('enable EPT') || !c.secondary('unrestricted guest'),
  'exit-reserved': (c) => within(c.read32('exitControls'), 'exit'),
  'save-preemption-timer-needs-timer': (c) =>
    c.pin('activate VMX-preemption timer') || !c.exit('save VMX-preemption timer value'),
  'exit-msr-store-address': (c) => list(c, c.read('exitMsrStoreAddress'), c.read32('exitMsrStoreCount')),
  'exit-msr-load-address': (c) => list(c, c.read('exitMsrLoadAddress'), c.read32('exitMsrLoadCount')),
  'entry-reserved': (c) => within(c.read32('entryControls'), 'entry'),
  'injection-type': (c) => !injected(c) || injectionType(c) !== 1,
  'injection-vector': (c) => {
    if (!injected(c)) return true;
    const vector = injectionVector(c);
    const type = injectionType(c);
    return type === 2 ? vector === 2 : type === 3 ? vector <= 31 : type !== 7 || vector === 0;
  },
  'injection-deliver-error-code': (c) => {
    if (!injected(c)) return true;
    const delivers = (c.read32('entryInterruptionInformation') & 0x800) !== 0;
    const realMode = c.secondary('unrestricted guest') && (c.read32('guestCr0') & 1) === 0;
    return delivers === (!realMode && injectionType(c) === 3 && pushesErrorCode.has(injectionVector(c)));
  },
  'injection-reserved': (c) => !injected(c) || (c.read32('entryInterruptionInformation') & 0x7ffff000) === 0,
  'injection-error-code': (c) =>
    !injected(c) ||
    (c.read32('entryInterruptionInformation') & 0x800) === 0 ||
    c.read32('entryExceptionErrorCode') >>> 16 === 0,
  'injection-instruction-length': (c) => {
    if (!injected(c) || ![4, 5, 6].includes(injectionType(c))) return true;
    const length = c.read32('entryInstructionLength');
    return length >= 1 && length <= 15;
  },
  'entry-msr-load-address': (c) => list(c, c.read('entryMsrLoadAddress'), c.read32('entryMsrLoadCount')),
  'entry-to-smm-outside-smm': (c) => !c.entry('entry to SMM') && !c.entry('deactivate dual-monitor treatment'),
};
