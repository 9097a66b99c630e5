/**
 * VM entry's checks, row by row: a VMCS that passes them all, changed so that one rule of SDM 3C 26.2 to 26.3 is broken, fails
 * that row's check and no other. The values are the manual's, by hand.
 *
 * Rows without a predicate, as no VMCS gets past the reserved-bit rows with their features on. The capability MSRs offer
 * - no TPR shadow, APIC-access or x2APIC virtualization, virtual-interrupt delivery, posted interrupts, tertiary controls: the
 *   rows virtual-apic-address, tpr-*, apic-access-address, x2apic-excludes-apic-access, virtual-interrupt-delivery-*,
 *   posted-interrupt-*, tertiary-reserved, hlat-*, paging-write-control-*, guest-paging-verification-*, pid-pointer-table-address;
 * - no PML, mode-based execute control, sub-page permissions, VM functions, VMCS shadowing, #VE, Processor Trace, TSC scaling,
 *   PASID translation: pml-*, mode-based-execute-needs-ept, sub-page-*, vm-function-reserved, eptp-switching-needs-ept,
 *   eptp-list-address, vmread-bitmap-address, vmwrite-bitmap-address, virtualization-exception-address,
 *   processor-trace-needs-ept, tsc-multiplier-not-zero, *-pasid-directory-address;
 * - no secondary exit controls, and no loading of CET state, PKRS, PERF_GLOBAL_CTRL, BNDCFGS, RTIT_CTL, LBR_CTL, UINV: the rows
 *   of those registers on both sides, ssp, secondary-exit-reserved, and *-cr4-cet-needs-wp (CR4.CET is no bit of this CPU).
 * eptp-accessed-dirty cannot fail: the flags are supported. The entry controls of SMM are not there, so that
 * entry-to-smm-excludes-deactivate, activity-wait-for-sipi-and-smm and interruptibility-smi-for-smm have nothing to check.
 * The rows of MSR loading are checked entry by entry while the list is loaded; they are below too.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type VmEntryCheckId, vmEntryCheck, vmEntryChecks } from '../../../isa/vmx/entry-checks';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import { Machine } from '../../machine';
import { State } from '../layout';
import { checkEntry, checkedRows, failedChecks } from './entry-checks';
import { VMCS_REVISION, type Vmcs } from './vmcs';

type Fields = Partial<Record<VmcsFieldKey, number | bigint>>;

const VMCS = 0x2000;
const HIGH = 1n << 52n;
/** The lowest address that is not canonical. */
const ODD = 1n << 47n;

/** A 64-bit host with a 64-bit guest, EPT and unrestricted guest. */
const long: Fields = {
  // external-interrupt exiting, NMI exiting, virtual NMIs, and the default1 bits 1, 2 and 4
  pinBasedControls: 0x3f,
  // HLT exiting, I/O bitmaps, MSR bitmaps, secondary controls, and default1 (CR3 exiting and the like left off)
  primaryProcessorBasedControls: 0x9600_61f2,
  // EPT, VPID, unrestricted guest
  secondaryProcessorBasedControls: 0xa2,
  // default1, host address-space size, acknowledge, save and load of PAT and EFER
  exitControls: 0x0003_6fff | 0x003c_8000,
  // default1, IA-32e mode guest, load of PAT and EFER
  entryControls: 0x0000_11ff | 0xc200,
  ioBitmapAAddress: 0x3000,
  ioBitmapBAddress: 0x4000,
  msrBitmapAddress: 0x5000,
  eptPointer: 0x6000 | 0x1e,
  virtualProcessorIdentifier: 1,
  vmcsLinkPointer: -1n,
  hostCr0: 0x8000_0033,
  hostCr3: 0x7000,
  hostCr4: 0x2020,
  hostIa32Pat: 0x0007_0406_0007_0406n,
  hostIa32Efer: 0xd00,
  hostCsSelector: 0x08,
  hostSsSelector: 0x10,
  hostDsSelector: 0x10,
  hostEsSelector: 0x10,
  hostFsSelector: 0x10,
  hostGsSelector: 0x10,
  hostTrSelector: 0x18,
  hostRip: 0x8000,
  guestCr0: 0x8000_0031,
  guestCr3: 0x9000,
  guestCr4: 0x2020,
  guestDr7: 0x400,
  guestIa32Pat: 0x0007_0406_0007_0406n,
  guestIa32Efer: 0x500,
  guestCsSelector: 0x08,
  guestCsLimit: 0xffff_ffff,
  guestCsAccessRights: 0xa09b,
  guestSsSelector: 0x10,
  guestSsLimit: 0xffff_ffff,
  guestSsAccessRights: 0xc093,
  guestDsSelector: 0x10,
  guestDsLimit: 0xffff_ffff,
  guestDsAccessRights: 0xc093,
  guestEsSelector: 0x10,
  guestEsLimit: 0xffff_ffff,
  guestEsAccessRights: 0xc093,
  guestFsAccessRights: 0x10000,
  guestGsAccessRights: 0x10000,
  guestLdtrSelector: 0x20,
  guestLdtrLimit: 0xff,
  guestLdtrAccessRights: 0x82,
  guestTrSelector: 0x18,
  guestTrLimit: 0x67,
  guestTrAccessRights: 0x8b,
  guestGdtrLimit: 0xff,
  guestIdtrLimit: 0xfff,
  guestRip: 0x1_0000,
  guestRflags: 2,
};

/** The same without unrestricted guest. */
const restricted: Fields = { ...long, secondaryProcessorBasedControls: 0x22 };

/** A 32-bit guest without paging. */
const protected32: Fields = {
  ...long,
  entryControls: 0x0000_11ff | 0xc000,
  guestCr0: 0x31,
  guestCr4: 0x2000,
  guestIa32Efer: 0,
  guestCsAccessRights: 0xc09b,
};

/** A 32-bit guest with PAE paging. */
const pae: Fields = { ...protected32, guestCr0: 0x8000_0031, guestCr4: 0x2020 };

const withSegments = (fields: (name: string) => Fields): Fields =>
  Object.assign({}, ...['Cs', 'Ss', 'Ds', 'Es', 'Fs', 'Gs'].map(fields));

const virtual8086: Fields = {
  ...protected32,
  guestRflags: 0x20002,
  ...withSegments((name) => ({
    [`guest${name}Selector`]: 0x1234,
    [`guest${name}Base`]: 0x12340,
    [`guest${name}Limit`]: 0xffff,
    [`guest${name}AccessRights`]: 0xf3,
  })),
};

/** A 32-bit host, which is what a VMM outside IA-32e mode has. */
const host32: Fields = {
  ...protected32,
  exitControls: 0x0003_6dff | 0x003c_8000,
  hostIa32Efer: 0,
};

interface Case {
  row: VmEntryCheckId;
  from?: Fields;
  /** IA32_EFER of the processor that makes the entry; the default is IA-32e mode. */
  efer?: number;
  set: Fields;
  /** Other rows that the same value breaks, in the manual's order. */
  also?: VmEntryCheckId[];
}

const withStore: Fields = { ...long, exitMsrStoreCount: 1, exitMsrStoreAddress: 0xa000 };
const withLoad: Fields = { ...long, exitMsrLoadCount: 1, exitMsrLoadAddress: 0xa000 };
const withEntryLoad: Fields = { ...long, entryMsrLoadCount: 1, entryMsrLoadAddress: 0xa000 };

const controls: Case[] = [
  { row: 'pin-based-reserved', set: { pinBasedControls: 0x3d } },
  { row: 'pin-based-reserved', set: { pinBasedControls: 0xbf } },
  { row: 'primary-reserved', set: { primaryProcessorBasedControls: 0x9600_61f0 } },
  { row: 'primary-reserved', set: { primaryProcessorBasedControls: 0x9620_61f2 } },
  { row: 'secondary-reserved', set: { secondaryProcessorBasedControls: 0xa3 } },
  { row: 'cr3-target-count', set: { cr3TargetCount: 5 } },
  { row: 'io-bitmap-a-address', set: { ioBitmapAAddress: 0x3001 } },
  { row: 'io-bitmap-a-address', set: { ioBitmapAAddress: HIGH } },
  { row: 'io-bitmap-b-address', set: { ioBitmapBAddress: 0x4800 } },
  { row: 'msr-bitmap-address', set: { msrBitmapAddress: HIGH } },
  { row: 'virtual-nmis-need-nmi-exiting', set: { pinBasedControls: 0x37 } },
  {
    row: 'nmi-window-needs-virtual-nmis',
    from: { ...long, primaryProcessorBasedControls: 0x9640_61f2 },
    set: { pinBasedControls: 0x1f },
  },
  { row: 'vpid-not-zero', set: { virtualProcessorIdentifier: 0 } },
  { row: 'eptp-memory-type', set: { eptPointer: 0x6000 | 0x19 } },
  { row: 'eptp-walk-length', set: { eptPointer: 0x6000 | 0x16 } },
  { row: 'eptp-walk-length', set: { eptPointer: 0x6000 | 0x26 } },
  { row: 'eptp-supervisor-shadow-stack', set: { eptPointer: 0x6000 | 0x9e } },
  { row: 'eptp-reserved', set: { eptPointer: 0x6000 | 0x11e } },
  { row: 'eptp-reserved', set: { eptPointer: HIGH | 0x601en } },
  { row: 'unrestricted-guest-needs-ept', set: { secondaryProcessorBasedControls: 0xa0 } },
  { row: 'exit-reserved', set: { exitControls: 0x0003_6ffe | 0x003c_8000 } },
  { row: 'exit-reserved', set: { exitControls: 0x0003_6fff | 0x803c_8000 } },
  { row: 'save-preemption-timer-needs-timer', set: { exitControls: 0x0003_6fff | 0x007c_8000 } },
  { row: 'exit-msr-store-address', from: withStore, set: { exitMsrStoreAddress: 0xa008 } },
  { row: 'exit-msr-store-address', from: withStore, set: { exitMsrStoreAddress: HIGH } },
  { row: 'exit-msr-load-address', from: withLoad, set: { exitMsrLoadAddress: 0xa001 } },
  { row: 'entry-reserved', set: { entryControls: 0x0000_11fe | 0xc200 } },
  { row: 'entry-reserved', set: { entryControls: 0x0000_31ff | 0xc200 } },
  { row: 'injection-type', set: { entryInterruptionInformation: 0x8000_0120 } },
  { row: 'injection-vector', set: { entryInterruptionInformation: 0x8000_0203 } },
  { row: 'injection-vector', set: { entryInterruptionInformation: 0x8000_0320 } },
  { row: 'injection-vector', set: { entryInterruptionInformation: 0x8000_0701 } },
  { row: 'injection-deliver-error-code', set: { entryInterruptionInformation: 0x8000_030d } },
  { row: 'injection-deliver-error-code', set: { entryInterruptionInformation: 0x8000_0b06 } },
  {
    row: 'injection-deliver-error-code',
    from: { ...protected32, guestCr0: 0x30 },
    set: { entryInterruptionInformation: 0x8000_0b0d },
  },
  { row: 'injection-reserved', set: { entryInterruptionInformation: 0x8000_1306 } },
  {
    row: 'injection-error-code',
    from: { ...long, entryInterruptionInformation: 0x8000_0b0d },
    set: { entryExceptionErrorCode: 0x10000 },
  },
  { row: 'injection-instruction-length', set: { entryInterruptionInformation: 0x8000_0480 } },
  {
    row: 'injection-instruction-length',
    from: { ...long, entryInterruptionInformation: 0x8000_0603, entryInstructionLength: 1 },
    set: { entryInstructionLength: 16 },
  },
  { row: 'entry-msr-load-address', from: withEntryLoad, set: { entryMsrLoadAddress: 0xa004 } },
  { row: 'entry-msr-load-address', from: withEntryLoad, set: { entryMsrLoadAddress: HIGH } },
  {
    row: 'entry-to-smm-outside-smm',
    set: { entryControls: 0x0000_15ff | 0xc200 },
    also: ['entry-reserved'],
  },
];

const host: Case[] = [
  { row: 'host-cr0-fixed', set: { hostCr0: 0x8000_0013 } },
  { row: 'host-cr0-fixed', set: { hostCr0: 0x33 } },
  { row: 'host-cr0-fixed', set: { hostCr0: 0x1_8000_0033n } },
  { row: 'host-cr4-fixed', set: { hostCr4: 0x20 } },
  { row: 'host-cr4-fixed', set: { hostCr4: 0x3020 } },
  { row: 'host-cr3-width', set: { hostCr3: HIGH } },
  { row: 'host-sysenter-esp-canonical', set: { hostIa32SysenterEsp: ODD } },
  { row: 'host-sysenter-eip-canonical', set: { hostIa32SysenterEip: ODD } },
  { row: 'host-pat', set: { hostIa32Pat: 0x0007_0406_0207_0406n } },
  { row: 'host-efer-reserved', set: { hostIa32Efer: 0xd02 } },
  { row: 'host-efer-lma-lme', set: { hostIa32Efer: 0x900 } },
  { row: 'host-efer-lma-lme', set: { hostIa32Efer: 0xc00 } },
  { row: 'host-selectors-rpl-ti', set: { hostCsSelector: 0x09 } },
  { row: 'host-selectors-rpl-ti', set: { hostGsSelector: 0x14 } },
  { row: 'host-cs-not-null', set: { hostCsSelector: 0 } },
  { row: 'host-tr-not-null', set: { hostTrSelector: 0 } },
  { row: 'host-ss-not-null', from: host32, efer: 0, set: { hostSsSelector: 0 } },
  { row: 'host-fs-base-canonical', set: { hostFsBase: ODD } },
  { row: 'host-gs-base-canonical', set: { hostGsBase: ODD } },
  { row: 'host-gdtr-base-canonical', set: { hostGdtrBase: ODD } },
  { row: 'host-idtr-base-canonical', set: { hostIdtrBase: ODD } },
  { row: 'host-tr-base-canonical', set: { hostTrBase: ODD } },
  {
    row: 'address-space-outside-ia32e',
    from: host32,
    efer: 0,
    set: { exitControls: 0x0003_6fff | 0x003c_8000 },
    also: ['host-efer-lma-lme'],
  },
  { row: 'address-space-in-ia32e', set: host32 },
  {
    row: 'host-32-bit-no-ia32e-guest',
    from: host32,
    efer: 0,
    set: { ...long, exitControls: host32.exitControls, hostIa32Efer: 0 },
    also: ['address-space-outside-ia32e'],
  },
  { row: 'host-32-bit-no-pcide', from: host32, efer: 0, set: { hostCr4: 0x2_2020 } },
  { row: 'host-32-bit-rip', from: host32, efer: 0, set: { hostRip: 1n << 32n } },
  { row: 'host-64-bit-pae', set: { hostCr4: 0x2000 } },
  { row: 'host-64-bit-rip-canonical', set: { hostRip: ODD } },
];

const guest: Case[] = [
  { row: 'guest-cr0-fixed', set: { guestCr0: 0x8000_0011 } },
  { row: 'guest-cr0-fixed', set: { guestCr0: 0x1_8000_0031n } },
  {
    row: 'guest-cr0-fixed',
    from: { ...pae, secondaryProcessorBasedControls: 0x22 },
    set: { guestCr0: 0x31 },
  },
  { row: 'guest-cr0-pg-needs-pe', from: protected32, set: { guestCr0: 0x8000_0030 } },
  { row: 'guest-cr4-fixed', set: { guestCr4: 0x20 } },
  { row: 'guest-cr4-fixed', set: { guestCr4: 0x3020 } },
  { row: 'guest-debugctl-reserved', set: { guestIa32Debugctl: 4 } },
  { row: 'guest-ia32e-needs-paging', set: { guestCr0: 0x31 } },
  { row: 'guest-ia32e-needs-pae', set: { guestCr4: 0x2000 } },
  { row: 'guest-pcide-needs-ia32e', from: protected32, set: { guestCr4: 0x2_2000 } },
  { row: 'guest-cr3-width', set: { guestCr3: HIGH } },
  { row: 'guest-dr7-high', set: { guestDr7: 0x1_0000_0400n } },
  { row: 'guest-sysenter-esp-canonical', set: { guestIa32SysenterEsp: ODD } },
  { row: 'guest-sysenter-eip-canonical', set: { guestIa32SysenterEip: ODD } },
  { row: 'guest-pat', set: { guestIa32Pat: 0x03n << 56n } },
  { row: 'guest-efer-reserved', set: { guestIa32Efer: 0x502 } },
  { row: 'guest-efer-lma', set: { guestIa32Efer: 0 } },
  { row: 'guest-efer-lme', set: { guestIa32Efer: 0x400 } },
  { row: 'tr-selector-ti', set: { guestTrSelector: 0x1c } },
  { row: 'ldtr-selector-ti', set: { guestLdtrSelector: 0x24 } },
  { row: 'ss-rpl-equals-cs-rpl', from: restricted, set: { guestCsSelector: 0x0b } },
  { row: 'v86-base', from: virtual8086, set: { guestGsBase: 0x12344 } },
  { row: 'tr-base-canonical', set: { guestTrBase: ODD } },
  { row: 'fs-base-canonical', set: { guestFsBase: ODD } },
  { row: 'gs-base-canonical', set: { guestGsBase: ODD } },
  { row: 'ldtr-base-canonical', set: { guestLdtrBase: ODD } },
  { row: 'cs-base-high', set: { guestCsBase: 1n << 32n } },
  { row: 'ss-base-high', set: { guestSsBase: 1n << 32n } },
  { row: 'ds-base-high', set: { guestDsBase: 1n << 32n } },
  { row: 'es-base-high', set: { guestEsBase: 1n << 32n } },
  { row: 'v86-limit', from: virtual8086, set: { guestEsLimit: 0xfffff } },
  { row: 'v86-access-rights', from: virtual8086, set: { guestFsAccessRights: 0x93 } },
  { row: 'cs-type', set: { guestCsAccessRights: 0xa091 } },
  { row: 'cs-type', from: restricted, set: { guestCsAccessRights: 0xa093 } },
  { row: 'ss-type', set: { guestSsAccessRights: 0xc091 } },
  { row: 'data-segment-type', set: { guestDsAccessRights: 0xc092 } },
  { row: 'data-segment-type', set: { guestEsAccessRights: 0xc099 } },
  { row: 'segment-s', set: { guestDsAccessRights: 0xc083 } },
  { row: 'segment-s', set: { guestCsAccessRights: 0xa08b } },
  { row: 'cs-dpl', set: { guestCsAccessRights: 0xa0fb } },
  { row: 'cs-dpl', set: { guestCsAccessRights: 0xa0ff } },
  { row: 'cs-dpl', set: { guestCsAccessRights: 0xa0f3 } },
  {
    row: 'ss-dpl-equals-rpl',
    from: { ...restricted, guestCsAccessRights: 0xa09f },
    set: { guestSsAccessRights: 0xc0f3 },
  },
  { row: 'ss-dpl-zero', from: { ...long, guestCsAccessRights: 0xa093 }, set: { guestSsAccessRights: 0xc0f3 } },
  {
    row: 'ss-dpl-zero',
    from: { ...protected32, guestSsAccessRights: 0xc0f3, guestCsAccessRights: 0xc0fb },
    set: { guestCr0: 0x30 },
  },
  { row: 'data-segment-dpl', from: restricted, set: { guestDsSelector: 0x13 } },
  { row: 'segment-present', set: { guestDsAccessRights: 0xc013 } },
  { row: 'segment-reserved', set: { guestDsAccessRights: 0xc193 } },
  { row: 'segment-reserved', set: { guestCsAccessRights: 0x2a09b } },
  { row: 'cs-l-and-d', set: { guestCsAccessRights: 0xe09b } },
  { row: 'segment-granularity', set: { guestDsLimit: 0xffff_f000 } },
  { row: 'segment-granularity', set: { guestDsAccessRights: 0x4093 } },
  { row: 'tr-type', set: { guestTrAccessRights: 0x83 } },
  { row: 'tr-type', from: protected32, set: { guestTrAccessRights: 0x89 } },
  { row: 'tr-s', set: { guestTrAccessRights: 0x9b } },
  { row: 'tr-present', set: { guestTrAccessRights: 0x0b } },
  { row: 'tr-reserved', set: { guestTrAccessRights: 0x18b } },
  { row: 'tr-granularity', set: { guestTrLimit: 0x10_0067 } },
  { row: 'tr-usable', set: { guestTrAccessRights: 0x1008b } },
  { row: 'ldtr-type', set: { guestLdtrAccessRights: 0x83 } },
  { row: 'ldtr-s', set: { guestLdtrAccessRights: 0x92 } },
  { row: 'ldtr-present', set: { guestLdtrAccessRights: 0x02 } },
  { row: 'ldtr-reserved', set: { guestLdtrAccessRights: 0x882 } },
  { row: 'ldtr-granularity', set: { guestLdtrAccessRights: 0x8082 } },
  { row: 'gdtr-base-canonical', set: { guestGdtrBase: ODD } },
  { row: 'idtr-base-canonical', set: { guestIdtrBase: ODD } },
  { row: 'gdtr-limit', set: { guestGdtrLimit: 0x10000 } },
  { row: 'idtr-limit', set: { guestIdtrLimit: 0x10000 } },
  { row: 'rip-high', from: protected32, set: { guestRip: 1n << 32n } },
  { row: 'rip-canonical', set: { guestRip: 1n << 48n } },
  { row: 'rflags-reserved', set: { guestRflags: 0xa } },
  { row: 'rflags-reserved', set: { guestRflags: 0 } },
  { row: 'rflags-reserved', set: { guestRflags: 0x40_0002 } },
  { row: 'rflags-vm', from: virtual8086, set: { guestCr0: 0x30 } },
  { row: 'rflags-if-for-interrupt', set: { entryInterruptionInformation: 0x8000_0020 } },
  { row: 'activity-state-supported', set: { guestActivityState: 2 } },
  { row: 'activity-state-supported', set: { guestActivityState: 4 } },
  { row: 'activity-hlt-needs-cpl-0', from: virtual8086, set: { guestActivityState: 1 } },
  {
    row: 'activity-active-when-blocking',
    from: { ...long, guestRflags: 0x202, guestInterruptibilityState: 1 },
    set: { guestActivityState: 1 },
  },
  {
    row: 'activity-and-injection',
    from: { ...long, guestActivityState: 1 },
    set: { entryInterruptionInformation: 0x8000_0306 },
  },
  {
    row: 'activity-and-injection',
    from: { ...long, guestActivityState: 1, entryInstructionLength: 2 },
    set: { entryInterruptionInformation: 0x8000_0480 },
  },
  { row: 'interruptibility-reserved', set: { guestInterruptibilityState: 0x20 } },
  {
    row: 'interruptibility-sti-and-mov-ss',
    from: { ...long, guestRflags: 0x202 },
    set: { guestInterruptibilityState: 3 },
  },
  { row: 'interruptibility-sti-needs-if', set: { guestInterruptibilityState: 1 } },
  {
    row: 'interruptibility-for-interrupt',
    from: { ...long, guestRflags: 0x202, entryInterruptionInformation: 0x8000_0020 },
    set: { guestInterruptibilityState: 2 },
  },
  {
    row: 'interruptibility-mov-ss-for-nmi',
    from: { ...long, entryInterruptionInformation: 0x8000_0202 },
    set: { guestInterruptibilityState: 2 },
  },
  {
    row: 'interruptibility-sti-for-nmi',
    from: { ...long, guestRflags: 0x202, entryInterruptionInformation: 0x8000_0202 },
    set: { guestInterruptibilityState: 1 },
  },
  { row: 'interruptibility-smi-outside-smm', set: { guestInterruptibilityState: 4 } },
  {
    row: 'interruptibility-nmi-for-nmi',
    from: { ...long, entryInterruptionInformation: 0x8000_0202 },
    set: { guestInterruptibilityState: 8 },
  },
  { row: 'interruptibility-enclave', set: { guestInterruptibilityState: 0x10 } },
  { row: 'pending-debug-reserved', set: { guestPendingDebugExceptions: 0x10 } },
  { row: 'pending-debug-reserved', set: { guestPendingDebugExceptions: 0x2000 } },
  {
    row: 'pending-debug-bs',
    from: { ...long, guestInterruptibilityState: 2 },
    set: { guestRflags: 0x102 },
  },
  {
    row: 'pending-debug-bs',
    from: { ...long, guestActivityState: 1 },
    set: { guestPendingDebugExceptions: 0x4000 },
  },
  {
    row: 'pending-debug-bs',
    from: { ...long, guestInterruptibilityState: 2, guestRflags: 0x102, guestPendingDebugExceptions: 0x4000 },
    set: { guestIa32Debugctl: 2 },
  },
  { row: 'pending-debug-rtm', set: { guestPendingDebugExceptions: 0x11000 } },
  { row: 'link-pointer-address', set: { vmcsLinkPointer: 0xa800 }, also: ['link-pointer-revision'] },
  { row: 'link-pointer-revision', set: { vmcsLinkPointer: 0xa000 } },
  { row: 'link-pointer-not-current', set: { vmcsLinkPointer: VMCS } },
  { row: 'pdpte-reserved', from: pae, set: { guestPdpte2: 3 } },
  { row: 'pdpte-reserved', from: pae, set: { guestPdpte0: HIGH | 1n } },
  {
    // no EPT: the four entries at CR3; the page at b000 holds one with bit 1 set
    row: 'pdpte-reserved',
    from: { ...pae, secondaryProcessorBasedControls: 0x20 },
    set: { guestCr3: 0xb000 },
  },
];

/** Values that look wrong and are allowed. */
const allowed: { what: string; from: Fields; efer?: number }[] = [
  { what: '64-bit guest', from: long },
  { what: '64-bit guest that is not unrestricted', from: restricted },
  { what: '32-bit guest without paging', from: protected32 },
  { what: 'guest with PAE paging', from: pae },
  { what: 'virtual-8086 guest', from: virtual8086 },
  { what: '32-bit host', from: host32, efer: 0 },
  { what: 'real-mode guest with CS of type 3', from: { ...protected32, guestCr0: 0x30, guestCsAccessRights: 0xc093 } },
  {
    what: 'unaligned I/O bitmaps that are not used',
    from: { ...long, primaryProcessorBasedControls: 0x9400_61f2, ioBitmapAAddress: 1 },
  },
  {
    what: 'secondary controls that are not activated',
    from: { ...restricted, primaryProcessorBasedControls: 0x1600_61f2, secondaryProcessorBasedControls: 0xffff_ffff },
  },
  { what: 'EPT pointer with accessed and dirty flags', from: { ...long, eptPointer: 0x6000 | 0x5e } },
  { what: 'uncacheable EPT', from: { ...long, eptPointer: 0x6000 | 0x18 } },
  { what: 'null SS of a 64-bit host', from: { ...long, hostSsSelector: 0 } },
  { what: 'RIP just past the lower canonical half', from: { ...long, guestRip: ODD } },
  { what: 'unusable LDTR with nonsense in it', from: { ...long, guestLdtrAccessRights: 0x1ffff, guestLdtrBase: ODD } },
  { what: 'unusable DS with nonsense in it', from: { ...long, guestDsAccessRights: 0x10f01 } },
  { what: '16-bit busy TSS outside IA-32e mode', from: { ...protected32, guestTrAccessRights: 0x83 } },
  {
    what: 'conforming CS with DPL below SS',
    from: { ...long, guestCsAccessRights: 0xa09f, guestSsAccessRights: 0xc0f3 },
  },
  { what: 'LME without LMA while paging is off', from: { ...protected32, guestIa32Efer: 0x100 } },
  {
    what: '#DB for a guest in HLT',
    from: { ...long, guestActivityState: 1, entryInterruptionInformation: 0x8000_0301 },
  },
  {
    what: 'monitor trap flag for a guest in HLT',
    from: { ...long, guestActivityState: 1, entryInterruptionInformation: 0x8000_0700 },
  },
  {
    what: 'single step pending behind MOV SS',
    from: { ...long, guestInterruptibilityState: 2, guestRflags: 0x102, guestPendingDebugExceptions: 0x4000 },
  },
  { what: 'reserved bits in a PDPTE that is not present', from: { ...pae, guestPdpte1: 0x1e6 } },
  {
    what: 'addresses of empty MSR lists',
    from: { ...long, entryMsrLoadAddress: 3, exitMsrLoadAddress: 5, exitMsrStoreAddress: 7 },
  },
  { what: 'link pointer to another VMCS', from: { ...long, vmcsLinkPointer: 0xc000 } },
];

let machine: Machine;
let vmcs: Vmcs;

beforeEach(() => {
  machine = new Machine({ memory: 1 << 20, tier1: 'off' });
  machine.vmx.enable(0x1000n);
  machine.memory.write(VMCS, 4, VMCS_REVISION);
  machine.memory.write(0xc000, 4, VMCS_REVISION);
  machine.memory.write(0xb008, 4, 3);
  vmcs = machine.vmx.makeCurrent(VMCS);
});

function write(fields: Fields, efer = 0xd00): void {
  machine.processor.state.setNumber(State.efer, efer);
  for (const [key, value] of Object.entries(fields)) vmcs.write(key as VmcsFieldKey, BigInt.asUintN(64, BigInt(value)));
}

const failed = (): string[] => failedChecks(machine.processor, vmcs).map((check) => check.id);

describe('VM entry', () => {
  it.each(allowed)('takes: $what', ({ from, efer }) => {
    write(from, efer);
    expect(failed()).toEqual([]);
    expect(checkEntry(machine.processor, vmcs)).toBeUndefined();
  });

  it.each([...controls, ...host, ...guest])('refuses by $row: $set', ({ row, from, efer, set, also = [] }) => {
    write(from ?? long, efer);
    expect(failed()).toEqual([]);
    write(set, efer);
    expect(failed().sort()).toEqual([row, ...also].sort());
    expect(checkEntry(machine.processor, vmcs)?.message).toContain(`SDM 3C 26.`);
  });

  it('has a case for every predicate', () => {
    const covered = new Set([...controls, ...host, ...guest].map((c) => c.row));
    expect(checkedRows.filter((row) => !covered.has(row))).toEqual([]);
  });

  it('has predicates for the rows of features that the processor has, and for no others', () => {
    const without = vmEntryChecks.filter((row) => row.group !== 'msr-loading' && !checkedRows.includes(row.id));
    const missing =
      /^(virtual-apic|tpr|apic-access|x2apic|virtual-interrupt|posted|tertiary|hlat|paging-write|guest-paging|pid|pml|mode-based|sub-page|vm-function|eptp-(switching|list|accessed)|vmread|vmwrite|virtualization-exception|processor-trace|tsc-multiplier|(low|high)-pasid|secondary-exit|entry-to-smm-excludes|ssp$|activity-wait|interruptibility-smi-for)|(cet|perf-global-ctrl|s-cet|ssp|pkrs|bndcfgs|rtit-ctl|lbr-ctl|uinv)-|-bndcfgs$|-ssp-/;
    expect(without.filter((row) => !missing.test(row.id)).map((row) => row.id)).toEqual([]);
  });
});

describe('VMLAUNCH with a VMCS that is refused', () => {
  const outcome = (fields: Fields): object => {
    write(long);
    write(fields);
    const result = machine.vmx.enter(true);
    return { ...result, failed: 'failed' in result ? result.failed?.id : undefined };
  };

  it('fails with error 7 for a control', () => {
    expect(outcome({ cr3TargetCount: 5 })).toEqual({ kind: 'fail-valid', error: 7, failed: 'cr3-target-count' });
    expect(vmcs.launched).toBe(false);
  });

  it('fails with error 8 for the host-state area', () => {
    expect(outcome({ hostCr4: 0x20 })).toEqual({ kind: 'fail-valid', error: 8, failed: 'host-cr4-fixed' });
  });

  it.each([
    ['guest CR4', { guestCr4: 0x20 }, 'guest-cr4-fixed', 0n],
    ['the link pointer', { vmcsLinkPointer: VMCS }, 'link-pointer-not-current', 4n],
    [
      'an NMI behind STI',
      { guestRflags: 0x202, guestInterruptibilityState: 1, entryInterruptionInformation: 0x8000_0202 },
      'interruptibility-sti-for-nmi',
      3n,
    ],
    ['a PDPTE', { ...pae, guestPdpte0: 3 }, 'pdpte-reserved', 2n],
  ] as const)('exits with reason 33 for %s, the host state loaded', (_what, fields, id, qualification) => {
    expect(outcome(fields)).toEqual({ kind: 'exited', failed: id });
    expect(vmcs.read32('exitReason')).toBe(0x8000_0021);
    expect(vmcs.read('exitQualification')).toBe(qualification);
    expect(vmcs.launched).toBe(false);
    expect(machine.vmx.inNonRoot).toBe(false);
    expect(machine.processor.state.rip).toBe(0x8000);
    expect(vmEntryCheck(id).qualification).toBe(Number(qualification));
  });
});

describe('The VM-entry MSR-load list', () => {
  const load = (entries: readonly (readonly [index: number, value: bigint, reserved?: number])[]): object => {
    write(long);
    write({ entryMsrLoadAddress: 0xa000, entryMsrLoadCount: entries.length });
    entries.forEach(([index, value, reserved = 0], i) => {
      const words = [index, reserved, Number(value & 0xffff_ffffn), Number(value >> 32n)];
      words.forEach((word, k) => {
        machine.memory.write(0xa000 + 16 * i + 4 * k, 4, word);
      });
    });
    const { kind } = machine.vmx.enter(true);
    return { kind, reason: vmcs.read32('exitReason'), entry: vmcs.read('exitQualification') };
  };
  const LSTAR = [0xc0000082, 0x1234n] as const;

  it('is loaded in order', () => {
    expect(load([LSTAR, [0xc0000084, 0x200n], [0xc0000082, 0x5678n]])).toEqual({
      kind: 'entered',
      reason: 0,
      entry: 0n,
    });
    expect(machine.processor.state.get64(State.lstar)).toBe(0x5678n);
    expect(machine.processor.state.get64(State.sfmask)).toBe(0x200n);
  });

  it.each([
    ['IA32_FS_BASE (entry-msr-fs-gs-base)', [0xc0000100, 0n]],
    ['IA32_GS_BASE (entry-msr-fs-gs-base)', [0xc0000101, 0n]],
    ['an MSR of the x2APIC (entry-msr-x2apic)', [0x808, 0n]],
    ['IA32_SMM_MONITOR_CTL (entry-msr-smm)', [0x9b, 0n]],
    ['IA32_BIOS_UPDT_TRIG (entry-msr-not-loadable)', [0x79, 0n]],
    ['an entry with bits 63:32 (entry-msr-reserved)', [0xc0000082, 0n, 1]],
    ['a value that WRMSR refuses (entry-msr-value)', [0xc0000082, ODD]],
  ] as const)('fails at %s: exit with reason 34 and the number of the entry', (_what, entry) => {
    expect(load([LSTAR, entry as never])).toEqual({ kind: 'exited', reason: 0x8000_0022, entry: 2n });
    expect(vmcs.launched).toBe(false);
  });
});
