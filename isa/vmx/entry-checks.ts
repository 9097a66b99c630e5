/**
 * The checks of VM entry as rows: what is demanded, of which fields, and where the manual says so (SDM 3C 26.2 to 26.4).
 * The functions that make the checks stand with the processor and are keyed by `id`.
 *
 * A control or host check that fails makes the instruction fail (VMfailValid, error 7 or 8); a guest check or a bad MSR entry
 * makes a VM exit with reason 33 or 34 and bit 31 of the exit reason set.
 */
import type { VmcsFieldKey } from './fields';

export type VmEntryCheckGroup = 'controls' | 'host' | 'guest' | 'msr-loading';

export interface VmEntryCheck<Id extends string = string> {
  id: Id;
  group: VmEntryCheckGroup;
  /** Section of SDM volume 3C: `26.2.1.1`. */
  section: string;
  /** What must hold, in one sentence. */
  summary: string;
  /** Fields that decide it, the one to correct first. */
  fields: readonly VmcsFieldKey[];
  /** Exit qualification of the failed entry (guest and MSR checks; MSR loading gives the number of the entry instead). */
  qualification: 0 | 2 | 3 | 4;
}

/** How a failed check comes out. */
export type VmEntryFailure = { kind: 'vmfail'; error: 7 | 8 } | { kind: 'exit'; reason: 33 | 34 };

/** What the VMM sees when a check of that group fails (SDM 3C 26.2, 26.8). */
export function failureOf(group: VmEntryCheckGroup): VmEntryFailure {
  switch (group) {
    case 'controls':
      return { kind: 'vmfail', error: 7 };
    case 'host':
      return { kind: 'vmfail', error: 8 };
    case 'guest':
      return { kind: 'exit', reason: 33 };
    case 'msr-loading':
      return { kind: 'exit', reason: 34 };
  }
}

/** Rows of one section. */
function rowsOf(group: VmEntryCheckGroup, section: string) {
  return <Id extends string>(
    id: Id,
    fields: VmcsFieldKey | readonly VmcsFieldKey[],
    summary: string,
    qualification: 0 | 2 | 3 | 4 = 0,
  ): VmEntryCheck<Id> => ({
    id,
    group,
    section,
    summary,
    fields: typeof fields === 'string' ? [fields] : fields,
    qualification,
  });
}

const execution = rowsOf('controls', '26.2.1.1');
const exit = rowsOf('controls', '26.2.1.2');
const entry = rowsOf('controls', '26.2.1.3');
const hostRegisters = rowsOf('host', '26.2.2');
const hostSegments = rowsOf('host', '26.2.3');
const addressSpace = rowsOf('host', '26.2.4');
const guestRegisters = rowsOf('guest', '26.3.1.1');
const guestSegments = rowsOf('guest', '26.3.1.2');
const guestTables = rowsOf('guest', '26.3.1.3');
const guestFlow = rowsOf('guest', '26.3.1.4');
const guestState = rowsOf('guest', '26.3.1.5');
const guestPdptes = rowsOf('guest', '26.3.1.6');
const msrLoading = rowsOf('msr-loading', '26.4');

const pin = 'pinBasedControls';
const primary = 'primaryProcessorBasedControls';
const secondary = 'secondaryProcessorBasedControls';
const tertiary = 'tertiaryProcessorBasedControls';
const exitControls = 'exitControls';
const entryControls = 'entryControls';
const injection = 'entryInterruptionInformation';

const controlChecks = [
  execution(
    'pin-based-reserved',
    pin,
    'Pin-based controls have 1s and 0s where IA32_VMX_(TRUE_)PINBASED_CTLS demands them.',
  ),
  execution(
    'primary-reserved',
    primary,
    'Primary processor-based controls have 1s and 0s where IA32_VMX_(TRUE_)PROCBASED_CTLS demands them.',
  ),
  execution(
    'secondary-reserved',
    secondary,
    'Secondary processor-based controls, if activated, set only what IA32_VMX_PROCBASED_CTLS2 allows.',
  ),
  execution(
    'tertiary-reserved',
    tertiary,
    'Tertiary processor-based controls, if activated, set only what IA32_VMX_PROCBASED_CTLS3 allows.',
  ),
  execution(
    'cr3-target-count',
    'cr3TargetCount',
    'The CR3-target count is at most the number in IA32_VMX_MISC[24:16] (4).',
  ),
  execution(
    'io-bitmap-a-address',
    ['ioBitmapAAddress', primary],
    'With I/O bitmaps in use, the address of bitmap A is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'io-bitmap-b-address',
    ['ioBitmapBAddress', primary],
    'With I/O bitmaps in use, the address of bitmap B is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'msr-bitmap-address',
    ['msrBitmapAddress', primary],
    'With MSR bitmaps in use, their address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'virtual-apic-address',
    ['virtualApicAddress', primary],
    'With the TPR shadow in use, the virtual-APIC address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'tpr-threshold-reserved',
    ['tprThreshold', primary, secondary],
    'With the TPR shadow but no virtual-interrupt delivery, bits 31:4 of the TPR threshold are 0.',
  ),
  execution(
    'tpr-threshold-above-vtpr',
    ['tprThreshold', 'virtualApicAddress', primary, secondary],
    'With the TPR shadow but neither APIC-access virtualization nor virtual-interrupt delivery, the TPR threshold is not above bits 7:4 of the virtual TPR.',
  ),
  execution(
    'tpr-shadow-required',
    [primary, secondary, tertiary],
    'Without the TPR shadow, x2APIC virtualization, APIC-register virtualization, virtual-interrupt delivery and IPI virtualization are off.',
  ),
  execution('virtual-nmis-need-nmi-exiting', pin, 'Virtual NMIs need NMI exiting.'),
  execution('nmi-window-needs-virtual-nmis', [primary, pin], 'NMI-window exiting needs virtual NMIs.'),
  execution(
    'apic-access-address',
    ['apicAccessAddress', secondary],
    'With APIC accesses virtualized, the APIC-access address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'x2apic-excludes-apic-access',
    secondary,
    'x2APIC virtualization and APIC-access virtualization are not both on.',
  ),
  execution(
    'virtual-interrupt-delivery-needs-interrupt-exiting',
    [secondary, pin],
    'Virtual-interrupt delivery needs external-interrupt exiting.',
  ),
  execution(
    'posted-interrupts-need-virtual-interrupt-delivery',
    [pin, secondary],
    'Posted interrupts need virtual-interrupt delivery.',
  ),
  execution(
    'posted-interrupts-need-acknowledge',
    [pin, exitControls],
    'Posted interrupts need “acknowledge interrupt on exit”.',
  ),
  execution(
    'posted-interrupt-vector',
    ['postedInterruptNotificationVector', pin],
    'With posted interrupts, the notification vector is at most 255.',
  ),
  execution(
    'posted-interrupt-descriptor-address',
    ['postedInterruptDescriptorAddress', pin],
    'With posted interrupts, the descriptor address is 64-byte aligned and within the physical-address width.',
  ),
  execution(
    'vpid-not-zero',
    ['virtualProcessorIdentifier', secondary],
    'With VPID enabled, the VPID is not 0000H, which is the host’s.',
  ),
  execution(
    'eptp-memory-type',
    ['eptPointer', secondary],
    'With EPT, bits 2:0 of the EPT pointer are a memory type that IA32_VMX_EPT_VPID_CAP allows (0 UC or 6 WB).',
  ),
  execution(
    'eptp-walk-length',
    ['eptPointer', secondary],
    'With EPT, bits 5:3 of the EPT pointer are 3 (four levels) or, where allowed, 4 (five levels).',
  ),
  execution(
    'eptp-accessed-dirty',
    ['eptPointer', secondary],
    'With EPT, bit 6 of the EPT pointer is 0 where accessed and dirty flags are not supported.',
  ),
  execution(
    'eptp-supervisor-shadow-stack',
    ['eptPointer', secondary],
    'With EPT, bit 7 of the EPT pointer is 0 where supervisor shadow-stack control is not supported.',
  ),
  execution(
    'eptp-reserved',
    ['eptPointer', secondary],
    'With EPT, bits 11:8 of the EPT pointer and those beyond the physical-address width are 0.',
  ),
  execution('pml-needs-ept', secondary, 'The page-modification log needs EPT.'),
  execution(
    'pml-address',
    ['pmlAddress', secondary],
    'With PML, the PML address is 4-KByte aligned and within the physical-address width.',
  ),
  execution('unrestricted-guest-needs-ept', secondary, 'Unrestricted guest needs EPT.'),
  execution('mode-based-execute-needs-ept', secondary, 'Mode-based execute control needs EPT.'),
  execution('sub-page-permissions-need-ept', secondary, 'Sub-page write permissions need EPT.'),
  execution(
    'sub-page-permission-table',
    ['subPagePermissionTablePointer', secondary],
    'With sub-page write permissions, the table pointer is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'vm-function-reserved',
    ['vmFunctionControls', secondary],
    'With VM functions, only functions that IA32_VMX_VMFUNC allows are enabled.',
  ),
  execution('eptp-switching-needs-ept', ['vmFunctionControls', secondary], 'EPTP switching needs EPT.'),
  execution(
    'eptp-list-address',
    ['eptpListAddress', 'vmFunctionControls'],
    'With EPTP switching, the EPTP-list address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'vmread-bitmap-address',
    ['vmreadBitmapAddress', secondary],
    'With VMCS shadowing, the VMREAD-bitmap address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'vmwrite-bitmap-address',
    ['vmwriteBitmapAddress', secondary],
    'With VMCS shadowing, the VMWRITE-bitmap address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'virtualization-exception-address',
    ['virtualizationExceptionInformationAddress', secondary],
    'With EPT-violation #VE, the information address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'processor-trace-needs-ept',
    [secondary, entryControls, exitControls],
    'Processor Trace with guest-physical addresses needs EPT, and IA32_RTIT_CTL loaded on entry and cleared on exit.',
  ),
  execution('tsc-multiplier-not-zero', ['tscMultiplier', secondary], 'With TSC scaling, the TSC multiplier is not 0.'),
  execution(
    'low-pasid-directory-address',
    ['lowPasidDirectoryAddress', secondary],
    'With PASID translation, the low directory address is 4-KByte aligned and within the physical-address width.',
  ),
  execution(
    'high-pasid-directory-address',
    ['highPasidDirectoryAddress', secondary],
    'With PASID translation, the high directory address is 4-KByte aligned and within the physical-address width.',
  ),
  execution('hlat-needs-ept', [tertiary, secondary], 'Hypervisor-managed linear-address translation needs EPT.'),
  execution(
    'hlat-pointer',
    ['hlatPointer', tertiary],
    'With HLAT, bits 2:0 and 11:5 of the HLAT pointer and those beyond the physical-address width are 0.',
  ),
  execution('paging-write-control-needs-ept', [tertiary, secondary], 'EPT paging-write control needs EPT.'),
  execution('guest-paging-verification-needs-ept', [tertiary, secondary], 'Guest-paging verification needs EPT.'),
  execution(
    'pid-pointer-table-address',
    ['pidPointerTableAddress', 'lastPidPointerIndex', tertiary],
    'With IPI virtualization, the PID-pointer table is 8-byte aligned and its last entry within the physical-address width.',
  ),

  exit(
    'exit-reserved',
    exitControls,
    'Primary VM-exit controls have 1s and 0s where IA32_VMX_(TRUE_)EXIT_CTLS demands them.',
  ),
  exit(
    'secondary-exit-reserved',
    ['secondaryExitControls', exitControls],
    'Secondary VM-exit controls, if activated, set only what IA32_VMX_EXIT_CTLS2 allows.',
  ),
  exit(
    'save-preemption-timer-needs-timer',
    [exitControls, pin],
    'Saving the VMX-preemption timer needs the timer to be active.',
  ),
  exit(
    'exit-msr-store-address',
    ['exitMsrStoreAddress', 'exitMsrStoreCount'],
    'With a count above 0, the VM-exit MSR-store list is 16-byte aligned and wholly within the physical-address width.',
  ),
  exit(
    'exit-msr-load-address',
    ['exitMsrLoadAddress', 'exitMsrLoadCount'],
    'With a count above 0, the VM-exit MSR-load list is 16-byte aligned and wholly within the physical-address width.',
  ),

  entry(
    'entry-reserved',
    entryControls,
    'VM-entry controls have 1s and 0s where IA32_VMX_(TRUE_)ENTRY_CTLS demands them.',
  ),
  entry(
    'injection-type',
    injection,
    'The type of the injected event is not the reserved 1, and 7 (other event) only where the monitor trap flag is supported.',
  ),
  entry(
    'injection-vector',
    injection,
    'The vector fits the type: 2 for an NMI, at most 31 for a hardware exception, 0 for an other event.',
  ),
  entry(
    'injection-deliver-error-code',
    [injection, 'guestCr0', secondary],
    'An error code is delivered exactly for hardware exceptions that have one, and not to an unrestricted guest in real mode; IA32_VMX_BASIC[56] lifts the rule on vectors.',
  ),
  entry('injection-reserved', injection, 'Bits 30:12 of the interruption information are 0.'),
  entry('injection-error-code', ['entryExceptionErrorCode', injection], 'Bits 31:16 of a delivered error code are 0.'),
  entry(
    'injection-instruction-length',
    ['entryInstructionLength', injection],
    'For software interrupts and exceptions the instruction length is 1 to 15, or 0 where IA32_VMX_MISC[30] allows it.',
  ),
  entry(
    'entry-msr-load-address',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'With a count above 0, the VM-entry MSR-load list is 16-byte aligned and wholly within the physical-address width.',
  ),
  entry(
    'entry-to-smm-outside-smm',
    entryControls,
    'Outside system-management mode, “entry to SMM” and “deactivate dual-monitor treatment” are 0.',
  ),
  entry(
    'entry-to-smm-excludes-deactivate',
    entryControls,
    '“Entry to SMM” and “deactivate dual-monitor treatment” are not both 1.',
  ),
] as const;

const hostChecks = [
  hostRegisters('host-cr0-fixed', 'hostCr0', 'Host CR0 has the bits that VMX operation fixes (PE, NE and PG are 1).'),
  hostRegisters(
    'host-cr4-fixed',
    'hostCr4',
    'Host CR4 has the bits that VMX operation fixes (VMXE is 1) and no unsupported ones.',
  ),
  hostRegisters('host-cr4-cet-needs-wp', ['hostCr4', 'hostCr0'], 'Host CR4.CET needs CR0.WP.'),
  hostRegisters('host-cr3-width', 'hostCr3', 'Host CR3 has no bit beyond the physical-address width.'),
  hostRegisters('host-sysenter-esp-canonical', 'hostIa32SysenterEsp', 'Host IA32_SYSENTER_ESP is canonical.'),
  hostRegisters('host-sysenter-eip-canonical', 'hostIa32SysenterEip', 'Host IA32_SYSENTER_EIP is canonical.'),
  hostRegisters(
    'host-perf-global-ctrl-reserved',
    ['hostIa32PerfGlobalCtrl', exitControls],
    'IA32_PERF_GLOBAL_CTRL, if an exit loads it, has no reserved bit set.',
  ),
  hostRegisters(
    'host-pat',
    ['hostIa32Pat', exitControls],
    'Each byte of IA32_PAT, if an exit loads it, is 0, 1, 4, 5, 6 or 7.',
  ),
  hostRegisters(
    'host-efer-reserved',
    ['hostIa32Efer', exitControls],
    'IA32_EFER, if an exit loads it, has no reserved bit set.',
  ),
  hostRegisters(
    'host-efer-lma-lme',
    ['hostIa32Efer', exitControls],
    'LMA and LME of IA32_EFER, if an exit loads it, both equal “host address-space size”.',
  ),
  hostRegisters(
    'host-s-cet-reserved',
    ['hostIa32SCet', exitControls],
    'IA32_S_CET, if an exit loads CET state, is canonical, has no reserved bit set and not both of bits 11:10.',
  ),
  hostRegisters('host-ssp-alignment', ['hostSsp', exitControls], 'Bits 1:0 of SSP, if an exit loads CET state, are 0.'),
  hostRegisters(
    'host-ssp-canonical',
    ['hostSsp', exitControls],
    'SSP, if an exit loads CET state, is canonical, and below 4 GByte for a host outside 64-bit mode.',
  ),
  hostRegisters(
    'host-interrupt-ssp-table-canonical',
    ['hostIa32InterruptSspTableAddr', exitControls],
    'IA32_INTERRUPT_SSP_TABLE_ADDR, if an exit loads CET state, is canonical.',
  ),
  hostRegisters(
    'host-pkrs-reserved',
    ['hostIa32Pkrs', exitControls],
    'Bits 63:32 of IA32_PKRS, if an exit loads it, are 0.',
  ),

  hostSegments(
    'host-selectors-rpl-ti',
    [
      'hostCsSelector',
      'hostSsSelector',
      'hostDsSelector',
      'hostEsSelector',
      'hostFsSelector',
      'hostGsSelector',
      'hostTrSelector',
    ],
    'RPL and TI of every host selector are 0.',
  ),
  hostSegments('host-cs-not-null', 'hostCsSelector', 'Host CS is not a null selector.'),
  hostSegments('host-tr-not-null', 'hostTrSelector', 'Host TR is not a null selector.'),
  hostSegments(
    'host-ss-not-null',
    ['hostSsSelector', exitControls],
    'Host SS is not a null selector, unless the host is in 64-bit mode.',
  ),
  hostSegments('host-fs-base-canonical', 'hostFsBase', 'Host FS base is canonical.'),
  hostSegments('host-gs-base-canonical', 'hostGsBase', 'Host GS base is canonical.'),
  hostSegments('host-gdtr-base-canonical', 'hostGdtrBase', 'Host GDTR base is canonical.'),
  hostSegments('host-idtr-base-canonical', 'hostIdtrBase', 'Host IDTR base is canonical.'),
  hostSegments('host-tr-base-canonical', 'hostTrBase', 'Host TR base is canonical.'),

  addressSpace(
    'address-space-outside-ia32e',
    [exitControls, entryControls],
    'A VMM outside IA-32e mode has neither a 64-bit host nor an IA-32e mode guest.',
  ),
  addressSpace('address-space-in-ia32e', exitControls, 'A VMM in IA-32e mode has “host address-space size” 1.'),
  addressSpace(
    'host-32-bit-no-ia32e-guest',
    [entryControls, exitControls],
    'Without “host address-space size” the guest is not in IA-32e mode.',
  ),
  addressSpace(
    'host-32-bit-no-pcide',
    ['hostCr4', exitControls],
    'Without “host address-space size”, host CR4.PCIDE is 0.',
  ),
  addressSpace(
    'host-32-bit-rip',
    ['hostRip', exitControls],
    'Without “host address-space size”, bits 63:32 of host RIP are 0.',
  ),
  addressSpace('host-64-bit-pae', ['hostCr4', exitControls], 'With “host address-space size”, host CR4.PAE is 1.'),
  addressSpace(
    'host-64-bit-rip-canonical',
    ['hostRip', exitControls],
    'With “host address-space size”, host RIP is canonical.',
  ),
] as const;

const guestChecks = [
  guestRegisters(
    'guest-cr0-fixed',
    ['guestCr0', secondary],
    'Guest CR0 has the bits that VMX operation fixes; an unrestricted guest may clear PE and PG.',
  ),
  guestRegisters('guest-cr0-pg-needs-pe', 'guestCr0', 'Guest CR0.PG needs CR0.PE.'),
  guestRegisters(
    'guest-cr4-fixed',
    'guestCr4',
    'Guest CR4 has the bits that VMX operation fixes (VMXE is 1) and no unsupported ones.',
  ),
  guestRegisters('guest-cr4-cet-needs-wp', ['guestCr4', 'guestCr0'], 'Guest CR4.CET needs CR0.WP.'),
  guestRegisters(
    'guest-debugctl-reserved',
    ['guestIa32Debugctl', entryControls],
    'IA32_DEBUGCTL, if the entry loads debug controls, has no reserved bit set.',
  ),
  guestRegisters('guest-ia32e-needs-paging', ['guestCr0', entryControls], 'An IA-32e mode guest has CR0.PG 1.'),
  guestRegisters('guest-ia32e-needs-pae', ['guestCr4', entryControls], 'An IA-32e mode guest has CR4.PAE 1.'),
  guestRegisters(
    'guest-pcide-needs-ia32e',
    ['guestCr4', entryControls],
    'CR4.PCIDE is 0 in a guest that is not in IA-32e mode.',
  ),
  guestRegisters('guest-cr3-width', 'guestCr3', 'Guest CR3 has no bit beyond the physical-address width.'),
  guestRegisters(
    'guest-dr7-high',
    ['guestDr7', entryControls],
    'Bits 63:32 of DR7, if the entry loads debug controls, are 0.',
  ),
  guestRegisters('guest-sysenter-esp-canonical', 'guestIa32SysenterEsp', 'Guest IA32_SYSENTER_ESP is canonical.'),
  guestRegisters('guest-sysenter-eip-canonical', 'guestIa32SysenterEip', 'Guest IA32_SYSENTER_EIP is canonical.'),
  guestRegisters(
    'guest-perf-global-ctrl-reserved',
    ['guestIa32PerfGlobalCtrl', entryControls],
    'IA32_PERF_GLOBAL_CTRL, if the entry loads it, has no reserved bit set.',
  ),
  guestRegisters(
    'guest-pat',
    ['guestIa32Pat', entryControls],
    'Each byte of IA32_PAT, if the entry loads it, is 0, 1, 4, 5, 6 or 7.',
  ),
  guestRegisters(
    'guest-efer-reserved',
    ['guestIa32Efer', entryControls],
    'IA32_EFER, if the entry loads it, has no reserved bit set.',
  ),
  guestRegisters(
    'guest-efer-lma',
    ['guestIa32Efer', entryControls],
    'LMA of IA32_EFER, if the entry loads it, equals “IA-32e mode guest”.',
  ),
  guestRegisters(
    'guest-efer-lme',
    ['guestIa32Efer', 'guestCr0', entryControls],
    'LME of IA32_EFER, if the entry loads it and CR0.PG is 1, equals LMA.',
  ),
  guestRegisters(
    'guest-bndcfgs',
    ['guestIa32Bndcfgs', entryControls],
    'IA32_BNDCFGS, if the entry loads it, has bits 11:2 zero and a canonical address.',
  ),
  guestRegisters(
    'guest-rtit-ctl-reserved',
    ['guestIa32RtitCtl', entryControls],
    'IA32_RTIT_CTL, if the entry loads it, holds a value that WRMSR would take.',
  ),
  guestRegisters(
    'guest-s-cet-reserved',
    ['guestIa32SCet', entryControls],
    'IA32_S_CET, if the entry loads CET state, is canonical, has no reserved bit set and not both of bits 11:10.',
  ),
  guestRegisters(
    'guest-interrupt-ssp-table-canonical',
    ['guestIa32InterruptSspTableAddr', entryControls],
    'IA32_INTERRUPT_SSP_TABLE_ADDR, if the entry loads CET state, is canonical.',
  ),
  guestRegisters(
    'guest-lbr-ctl-reserved',
    ['guestIa32LbrCtl', entryControls],
    'IA32_LBR_CTL, if the entry loads it, has no reserved bit set.',
  ),
  guestRegisters(
    'guest-pkrs-reserved',
    ['guestIa32Pkrs', entryControls],
    'Bits 63:32 of IA32_PKRS, if the entry loads it, are 0.',
  ),
  guestRegisters(
    'guest-uinv-reserved',
    ['guestUinv', entryControls],
    'Bits 15:8 of UINV, if the entry loads it, are 0.',
  ),

  guestSegments('tr-selector-ti', 'guestTrSelector', 'TI of TR is 0.'),
  guestSegments('ldtr-selector-ti', ['guestLdtrSelector', 'guestLdtrAccessRights'], 'TI of LDTR, if usable, is 0.'),
  guestSegments(
    'ss-rpl-equals-cs-rpl',
    ['guestSsSelector', 'guestCsSelector', 'guestRflags', secondary],
    'RPL of SS equals RPL of CS, unless the guest is in virtual-8086 mode or unrestricted.',
  ),
  guestSegments(
    'v86-base',
    ['guestCsBase', 'guestSsBase', 'guestDsBase', 'guestEsBase', 'guestFsBase', 'guestGsBase', 'guestRflags'],
    'In virtual-8086 mode the base of each of CS, SS, DS, ES, FS, GS is its selector times 16.',
  ),
  guestSegments('tr-base-canonical', 'guestTrBase', 'TR base is canonical.'),
  guestSegments('fs-base-canonical', 'guestFsBase', 'FS base is canonical.'),
  guestSegments('gs-base-canonical', 'guestGsBase', 'GS base is canonical.'),
  guestSegments(
    'ldtr-base-canonical',
    ['guestLdtrBase', 'guestLdtrAccessRights'],
    'LDTR base, if usable, is canonical.',
  ),
  guestSegments('cs-base-high', 'guestCsBase', 'Bits 63:32 of CS base are 0.'),
  guestSegments('ss-base-high', ['guestSsBase', 'guestSsAccessRights'], 'Bits 63:32 of SS base, if usable, are 0.'),
  guestSegments('ds-base-high', ['guestDsBase', 'guestDsAccessRights'], 'Bits 63:32 of DS base, if usable, are 0.'),
  guestSegments('es-base-high', ['guestEsBase', 'guestEsAccessRights'], 'Bits 63:32 of ES base, if usable, are 0.'),
  guestSegments(
    'v86-limit',
    ['guestCsLimit', 'guestSsLimit', 'guestDsLimit', 'guestEsLimit', 'guestFsLimit', 'guestGsLimit', 'guestRflags'],
    'In virtual-8086 mode the limit of each of CS, SS, DS, ES, FS, GS is FFFFH.',
  ),
  guestSegments(
    'v86-access-rights',
    [
      'guestCsAccessRights',
      'guestSsAccessRights',
      'guestDsAccessRights',
      'guestEsAccessRights',
      'guestFsAccessRights',
      'guestGsAccessRights',
      'guestRflags',
    ],
    'In virtual-8086 mode the access rights of each of CS, SS, DS, ES, FS, GS are F3H.',
  ),
  guestSegments(
    'cs-type',
    ['guestCsAccessRights', secondary],
    'CS is accessed code (type 9, 11, 13 or 15); an unrestricted guest may have type 3.',
  ),
  guestSegments('ss-type', 'guestSsAccessRights', 'SS, if usable, is accessed, writable data (type 3 or 7).'),
  guestSegments(
    'data-segment-type',
    ['guestDsAccessRights', 'guestEsAccessRights', 'guestFsAccessRights', 'guestGsAccessRights'],
    'DS, ES, FS, GS, if usable, are accessed, and readable where they are code.',
  ),
  guestSegments(
    'segment-s',
    [
      'guestCsAccessRights',
      'guestSsAccessRights',
      'guestDsAccessRights',
      'guestEsAccessRights',
      'guestFsAccessRights',
      'guestGsAccessRights',
    ],
    'The S bit of CS, and of SS, DS, ES, FS, GS if usable, is 1.',
  ),
  guestSegments(
    'cs-dpl',
    ['guestCsAccessRights', 'guestSsAccessRights'],
    'DPL of CS is 0 for type 3, equals DPL of SS for types 9 and 11, and is not above it for types 13 and 15.',
  ),
  guestSegments(
    'ss-dpl-equals-rpl',
    ['guestSsAccessRights', 'guestSsSelector', secondary],
    'DPL of SS equals its RPL, unless the guest is unrestricted.',
  ),
  guestSegments(
    'ss-dpl-zero',
    ['guestSsAccessRights', 'guestCsAccessRights', 'guestCr0'],
    'DPL of SS is 0 where CS has type 3 or CR0.PE is 0.',
  ),
  guestSegments(
    'data-segment-dpl',
    ['guestDsAccessRights', 'guestEsAccessRights', 'guestFsAccessRights', 'guestGsAccessRights', secondary],
    'DPL of DS, ES, FS, GS, if usable and not conforming code, is not below RPL, unless the guest is unrestricted.',
  ),
  guestSegments(
    'segment-present',
    [
      'guestCsAccessRights',
      'guestSsAccessRights',
      'guestDsAccessRights',
      'guestEsAccessRights',
      'guestFsAccessRights',
      'guestGsAccessRights',
    ],
    'CS, and SS, DS, ES, FS, GS if usable, are present.',
  ),
  guestSegments(
    'segment-reserved',
    [
      'guestCsAccessRights',
      'guestSsAccessRights',
      'guestDsAccessRights',
      'guestEsAccessRights',
      'guestFsAccessRights',
      'guestGsAccessRights',
    ],
    'Bits 11:8 and 31:17 of the access rights of CS, and of SS, DS, ES, FS, GS if usable, are 0.',
  ),
  guestSegments(
    'cs-l-and-d',
    ['guestCsAccessRights', entryControls],
    'CS.L and CS.D/B are not both 1 in an IA-32e mode guest.',
  ),
  guestSegments(
    'segment-granularity',
    [
      'guestCsAccessRights',
      'guestSsAccessRights',
      'guestDsAccessRights',
      'guestEsAccessRights',
      'guestFsAccessRights',
      'guestGsAccessRights',
    ],
    'G of CS, and of SS, DS, ES, FS, GS if usable, fits the limit: 0 if any of limit bits 11:0 is 0, 1 if any of bits 31:20 is 1.',
  ),
  guestSegments(
    'tr-type',
    ['guestTrAccessRights', entryControls],
    'TR is a busy TSS: type 11, or 3 (16-bit) outside IA-32e mode.',
  ),
  guestSegments('tr-s', 'guestTrAccessRights', 'The S bit of TR is 0.'),
  guestSegments('tr-present', 'guestTrAccessRights', 'TR is present.'),
  guestSegments('tr-reserved', 'guestTrAccessRights', 'Bits 11:8 and 31:17 of TR’s access rights are 0.'),
  guestSegments('tr-granularity', ['guestTrAccessRights', 'guestTrLimit'], 'G of TR fits its limit.'),
  guestSegments('tr-usable', 'guestTrAccessRights', 'TR is usable (bit 16 is 0).'),
  guestSegments('ldtr-type', 'guestLdtrAccessRights', 'LDTR, if usable, has type 2.'),
  guestSegments('ldtr-s', 'guestLdtrAccessRights', 'The S bit of LDTR, if usable, is 0.'),
  guestSegments('ldtr-present', 'guestLdtrAccessRights', 'LDTR, if usable, is present.'),
  guestSegments(
    'ldtr-reserved',
    'guestLdtrAccessRights',
    'Bits 11:8 and 31:17 of LDTR’s access rights, if usable, are 0.',
  ),
  guestSegments(
    'ldtr-granularity',
    ['guestLdtrAccessRights', 'guestLdtrLimit'],
    'G of LDTR, if usable, fits its limit.',
  ),

  guestTables('gdtr-base-canonical', 'guestGdtrBase', 'GDTR base is canonical.'),
  guestTables('idtr-base-canonical', 'guestIdtrBase', 'IDTR base is canonical.'),
  guestTables('gdtr-limit', 'guestGdtrLimit', 'Bits 31:16 of the GDTR limit are 0.'),
  guestTables('idtr-limit', 'guestIdtrLimit', 'Bits 31:16 of the IDTR limit are 0.'),

  guestFlow(
    'rip-high',
    ['guestRip', 'guestCsAccessRights', entryControls],
    'Bits 63:32 of RIP are 0 outside 64-bit mode.',
  ),
  guestFlow(
    'rip-canonical',
    ['guestRip', 'guestCsAccessRights', entryControls],
    'In 64-bit mode the bits of RIP above the linear-address width are all equal.',
  ),
  guestFlow('rflags-reserved', 'guestRflags', 'Bits 63:22, 15, 5 and 3 of RFLAGS are 0 and bit 1 is 1.'),
  guestFlow(
    'rflags-vm',
    ['guestRflags', 'guestCr0', entryControls],
    'RFLAGS.VM is 0 in IA-32e mode and where CR0.PE is 0.',
  ),
  guestFlow(
    'rflags-if-for-interrupt',
    ['guestRflags', injection],
    'RFLAGS.IF is 1 where an external interrupt is injected.',
  ),
  guestFlow(
    'ssp',
    ['guestSsp', entryControls],
    'SSP, if the entry loads CET state, has bits 1:0 zero, is canonical, and below 4 GByte outside 64-bit mode.',
  ),

  guestState(
    'activity-state-supported',
    'guestActivityState',
    'The activity state is active, or one that IA32_VMX_MISC[8:6] allows.',
  ),
  guestState(
    'activity-hlt-needs-cpl-0',
    ['guestActivityState', 'guestSsAccessRights'],
    'The activity state is not HLT where DPL of SS is not 0.',
  ),
  guestState(
    'activity-active-when-blocking',
    ['guestActivityState', 'guestInterruptibilityState'],
    'The activity state is active where STI or MOV SS blocks.',
  ),
  guestState(
    'activity-and-injection',
    ['guestActivityState', injection],
    'The injected event is one that the activity state can take: HLT takes interrupts, NMI, #DB, #MC and MTF; shutdown NMI and #MC; wait-for-SIPI none.',
    0,
  ),
  guestState(
    'activity-wait-for-sipi-and-smm',
    ['guestActivityState', entryControls],
    'The activity state is not wait-for-SIPI on an entry to SMM.',
  ),
  guestState(
    'interruptibility-reserved',
    'guestInterruptibilityState',
    'Bits 31:5 of the interruptibility state are 0.',
  ),
  guestState(
    'interruptibility-sti-and-mov-ss',
    'guestInterruptibilityState',
    'Blocking by STI and by MOV SS are not both 1.',
  ),
  guestState(
    'interruptibility-sti-needs-if',
    ['guestInterruptibilityState', 'guestRflags'],
    'Blocking by STI is 0 where RFLAGS.IF is 0.',
  ),
  guestState(
    'interruptibility-for-interrupt',
    ['guestInterruptibilityState', injection],
    'Neither STI nor MOV SS blocks where an external interrupt is injected.',
  ),
  guestState(
    'interruptibility-mov-ss-for-nmi',
    ['guestInterruptibilityState', injection],
    'MOV SS does not block where an NMI is injected.',
    3,
  ),
  guestState(
    'interruptibility-sti-for-nmi',
    ['guestInterruptibilityState', injection],
    'STI does not block where an NMI is injected (on processors that demand it).',
    3,
  ),
  guestState(
    'interruptibility-smi-outside-smm',
    'guestInterruptibilityState',
    'Blocking by SMI is 0 outside system-management mode.',
  ),
  guestState(
    'interruptibility-smi-for-smm',
    ['guestInterruptibilityState', entryControls],
    'Blocking by SMI is 1 on an entry to SMM.',
  ),
  guestState(
    'interruptibility-nmi-for-nmi',
    ['guestInterruptibilityState', injection, pin],
    'With virtual NMIs, blocking by NMI is 0 where an NMI is injected.',
  ),
  guestState(
    'interruptibility-enclave',
    'guestInterruptibilityState',
    'Enclave interruption is 0 where MOV SS blocks or the processor has no SGX.',
  ),
  guestState(
    'pending-debug-reserved',
    'guestPendingDebugExceptions',
    'Bits 10:4, 13, 15 and 63:17 of the pending debug exceptions are 0, and bit 11 where bus-lock debugging is not supported.',
  ),
  guestState(
    'pending-debug-bs',
    [
      'guestPendingDebugExceptions',
      'guestRflags',
      'guestIa32Debugctl',
      'guestInterruptibilityState',
      'guestActivityState',
    ],
    'Where STI or MOV SS blocks or the guest is in HLT, BS is 1 exactly if RFLAGS.TF is 1 and IA32_DEBUGCTL.BTF is 0.',
  ),
  guestState(
    'pending-debug-rtm',
    ['guestPendingDebugExceptions', 'guestInterruptibilityState'],
    'With RTM set, bit 12 is 1, all others are 0, the processor has RTM and MOV SS does not block.',
  ),
  guestState(
    'link-pointer-address',
    'vmcsLinkPointer',
    'The VMCS link pointer is all ones, or 4-KByte aligned and within the physical-address width.',
    4,
  ),
  guestState(
    'link-pointer-revision',
    ['vmcsLinkPointer', secondary],
    'The region behind the VMCS link pointer has this processor’s revision identifier, with the shadow bit equal to “VMCS shadowing”.',
    4,
  ),
  guestState('link-pointer-not-current', 'vmcsLinkPointer', 'The VMCS link pointer is not the current VMCS.', 4),

  guestPdptes(
    'pdpte-reserved',
    ['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3', 'guestCr3'],
    'For a guest with PAE paging, present PDPTEs have no reserved bit set: those of the guest-state area with EPT, those in memory at CR3 without.',
    2,
  ),
] as const;

const msrLoadingChecks = [
  msrLoading(
    'entry-msr-fs-gs-base',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'The list loads neither IA32_FS_BASE nor IA32_GS_BASE.',
  ),
  msrLoading(
    'entry-msr-x2apic',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'The list loads no MSR of the x2APIC (800H to 8FFH).',
  ),
  msrLoading(
    'entry-msr-smm',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'The list loads no MSR that only system-management mode may write.',
  ),
  msrLoading(
    'entry-msr-not-loadable',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'The list loads no MSR that this processor forbids there (IA32_BIOS_UPDT_TRIG, IA32_BIOS_SIGN_ID and the like).',
  ),
  msrLoading('entry-msr-reserved', ['entryMsrLoadAddress', 'entryMsrLoadCount'], 'Bits 63:32 of each entry are 0.'),
  msrLoading(
    'entry-msr-value',
    ['entryMsrLoadAddress', 'entryMsrLoadCount'],
    'WRMSR at CPL 0 would take each MSR and value.',
  ),
] as const;

const rows = [...controlChecks, ...hostChecks, ...guestChecks, ...msrLoadingChecks] as const;

/** Key of a check: the functions that make the checks are a record over it, so that none can be forgotten. */
export type VmEntryCheckId = (typeof rows)[number]['id'];

/** Every check, in the manual's order (which the processor need not follow within a group). */
export const vmEntryChecks: readonly VmEntryCheck<VmEntryCheckId>[] = rows;

const byId = new Map<VmEntryCheckId, VmEntryCheck<VmEntryCheckId>>(rows.map((r) => [r.id, r]));

/** The row of a check. */
export function vmEntryCheck(id: VmEntryCheckId): VmEntryCheck<VmEntryCheckId> {
  return byId.get(id)!;
}

/** What the exit qualification of a VM entry that failed with reason 33 says (SDM 3C 26.8). */
export function describeEntryFailureQualification(qualification: bigint): string {
  switch (qualification) {
    case 0n:
      return 'a guest-state check failed';
    case 2n:
      return 'loading the PDPTEs failed';
    case 3n:
      return 'an NMI was to be injected while STI or MOV SS blocks';
    case 4n:
      return 'the VMCS link pointer is not valid';
    default:
      return `qualification ${qualification} is not defined`;
  }
}
