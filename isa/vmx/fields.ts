/**
 * Every field of the VMCS: encoding, width, group and how its value is shown (SDM 3C 24.3 to 24.9, appendix B).
 *
 * An encoding says its own shape: bit 0 selects the upper half of a 64-bit field, bits 9:1 are the index, bits 11:10 the
 * type (control, exit information, guest state, host state), bits 14:13 the width (16, 64, 32, natural).
 */

/** Bits of a field; `natural` is 64 where the processor supports 64-bit mode, else 32. */
export type VmcsFieldWidth = 16 | 32 | 64 | 'natural';

export type VmcsFieldGroup = 'guest state' | 'host state' | 'control' | 'exit information';

/** What a value means: names the layout or function that puts it into words (isa/vmx/field-format). */
export type VmcsFieldFormat =
  | 'number'
  | 'hex'
  | 'address'
  | 'selector'
  | 'access-rights'
  | 'limit'
  | 'cr0'
  | 'cr3'
  | 'cr4'
  | 'dr7'
  | 'rflags'
  | 'efer'
  | 'pat'
  | 'debugctl'
  | 'eptp'
  | 'pdpte'
  | 'exception-bitmap'
  | 'pin-based-controls'
  | 'primary-controls'
  | 'secondary-controls'
  | 'tertiary-controls'
  | 'exit-controls'
  | 'secondary-exit-controls'
  | 'entry-controls'
  | 'vm-functions'
  | 'interruption-information'
  | 'interruptibility-state'
  | 'activity-state'
  | 'pending-debug-exceptions'
  | 'exit-reason'
  | 'exit-qualification'
  | 'instruction-error'
  | 'instruction-information'
  | 'page-fault-error-code'
  | 's-cet';

export interface VmcsField<Key extends string = string> {
  /** Name in code: `guestCr0`. */
  key: Key;
  /** Encoding of the whole field (access type full). */
  encoding: number;
  /** The manual's words: `Guest CR0`. */
  name: string;
  width: VmcsFieldWidth;
  group: VmcsFieldGroup;
  /** VMWRITE fails with error 13 unless IA32_VMX_MISC[29] is set. */
  readOnly: boolean;
  format: VmcsFieldFormat;
  /** One sentence. */
  summary: string;
}

const widths = [16, 64, 32, 'natural'] as const;
const groups = ['control', 'exit information', 'guest state', 'host state'] as const;

/** Width that an encoding stands for, by bits 14:13 (SDM 3C 24.11.2). */
export function widthOfEncoding(encoding: number): VmcsFieldWidth {
  return widths[(encoding >> 13) & 3]!;
}

/** Group that an encoding stands for, by bits 11:10 (SDM 3C 24.11.2). */
export function groupOfEncoding(encoding: number): VmcsFieldGroup {
  return groups[(encoding >> 10) & 3]!;
}

function row<Key extends string>(
  encoding: number,
  key: Key,
  name: string,
  format: VmcsFieldFormat,
  summary: string,
): VmcsField<Key> {
  const group = groupOfEncoding(encoding);
  return {
    key,
    encoding,
    name,
    width: widthOfEncoding(encoding),
    group,
    readOnly: group === 'exit information',
    format,
    summary,
  };
}

const rows = [
  // 16-bit control fields
  row(
    0x0000,
    'virtualProcessorIdentifier',
    'Virtual-processor identifier (VPID)',
    'number',
    'Tag that marks this vCPU’s TLB entries, so that entries and exits need not flush them.',
  ),
  row(
    0x0002,
    'postedInterruptNotificationVector',
    'Posted-interrupt notification vector',
    'number',
    'Vector whose arrival tells the processor to look into the posted-interrupt descriptor.',
  ),
  row(
    0x0004,
    'eptpIndex',
    'EPTP index',
    'number',
    'Index in the EPTP list of the pointer in force, kept for virtualization exceptions.',
  ),
  row(
    0x0006,
    'hlatPrefixSize',
    'HLAT prefix size',
    'number',
    'Number of high linear-address bits that must be 1 for hypervisor-managed translation to apply.',
  ),
  row(
    0x0008,
    'lastPidPointerIndex',
    'Last PID-pointer index',
    'number',
    'Highest valid index in the table of posted-interrupt descriptors used for IPI virtualization.',
  ),

  // 16-bit guest-state fields
  row(0x0800, 'guestEsSelector', 'Guest ES selector', 'selector', 'Selector in ES.'),
  row(0x0802, 'guestCsSelector', 'Guest CS selector', 'selector', 'Selector in CS.'),
  row(0x0804, 'guestSsSelector', 'Guest SS selector', 'selector', 'Selector in SS.'),
  row(0x0806, 'guestDsSelector', 'Guest DS selector', 'selector', 'Selector in DS.'),
  row(0x0808, 'guestFsSelector', 'Guest FS selector', 'selector', 'Selector in FS.'),
  row(0x080a, 'guestGsSelector', 'Guest GS selector', 'selector', 'Selector in GS.'),
  row(0x080c, 'guestLdtrSelector', 'Guest LDTR selector', 'selector', 'Selector in LDTR.'),
  row(0x080e, 'guestTrSelector', 'Guest TR selector', 'selector', 'Selector in TR.'),
  row(
    0x0810,
    'guestInterruptStatus',
    'Guest interrupt status',
    'hex',
    'Highest requesting (bits 7:0) and servicing (bits 15:8) virtual interrupt.',
  ),
  row(
    0x0812,
    'pmlIndex',
    'PML index',
    'number',
    'Next entry to fill in the page-modification log, counting down from 511.',
  ),
  row(0x0814, 'guestUinv', 'Guest UINV', 'number', 'Vector that the guest uses for user-interrupt notification.'),

  // 16-bit host-state fields
  row(0x0c00, 'hostEsSelector', 'Host ES selector', 'selector', 'Selector loaded into ES by a VM exit.'),
  row(0x0c02, 'hostCsSelector', 'Host CS selector', 'selector', 'Selector loaded into CS by a VM exit.'),
  row(0x0c04, 'hostSsSelector', 'Host SS selector', 'selector', 'Selector loaded into SS by a VM exit.'),
  row(0x0c06, 'hostDsSelector', 'Host DS selector', 'selector', 'Selector loaded into DS by a VM exit.'),
  row(0x0c08, 'hostFsSelector', 'Host FS selector', 'selector', 'Selector loaded into FS by a VM exit.'),
  row(0x0c0a, 'hostGsSelector', 'Host GS selector', 'selector', 'Selector loaded into GS by a VM exit.'),
  row(0x0c0c, 'hostTrSelector', 'Host TR selector', 'selector', 'Selector loaded into TR by a VM exit.'),

  // 64-bit control fields
  row(
    0x2000,
    'ioBitmapAAddress',
    'Address of I/O bitmap A',
    'address',
    'Physical address of the 4-KByte bitmap for ports 0000H to 7FFFH.',
  ),
  row(
    0x2002,
    'ioBitmapBAddress',
    'Address of I/O bitmap B',
    'address',
    'Physical address of the 4-KByte bitmap for ports 8000H to FFFFH.',
  ),
  row(
    0x2004,
    'msrBitmapAddress',
    'Address of MSR bitmaps',
    'address',
    'Physical address of the page with four 1-KByte bitmaps: read low, read high, write low, write high.',
  ),
  row(
    0x2006,
    'exitMsrStoreAddress',
    'VM-exit MSR-store address',
    'address',
    'Physical address of the list of MSRs that a VM exit stores.',
  ),
  row(
    0x2008,
    'exitMsrLoadAddress',
    'VM-exit MSR-load address',
    'address',
    'Physical address of the list of MSRs that a VM exit loads.',
  ),
  row(
    0x200a,
    'entryMsrLoadAddress',
    'VM-entry MSR-load address',
    'address',
    'Physical address of the list of MSRs that a VM entry loads.',
  ),
  row(
    0x200c,
    'executiveVmcsPointer',
    'Executive-VMCS pointer',
    'address',
    'VMCS of the executive monitor, used under the dual-monitor treatment of SMM.',
  ),
  row(0x200e, 'pmlAddress', 'PML address', 'address', 'Physical address of the 4-KByte page-modification log.'),
  row(0x2010, 'tscOffset', 'TSC offset', 'hex', 'Signed number added to the time-stamp counter that the guest reads.'),
  row(
    0x2012,
    'virtualApicAddress',
    'Virtual-APIC address',
    'address',
    'Physical address of the page that holds the guest’s virtual APIC registers.',
  ),
  row(
    0x2014,
    'apicAccessAddress',
    'APIC-access address',
    'address',
    'Physical address of the page whose accesses are treated as accesses to the APIC.',
  ),
  row(
    0x2016,
    'postedInterruptDescriptorAddress',
    'Posted-interrupt descriptor address',
    'address',
    'Physical address of the 64-byte posted-interrupt descriptor.',
  ),
  row(
    0x2018,
    'vmFunctionControls',
    'VM-function controls',
    'vm-functions',
    'Which VM functions the guest may call with VMFUNC.',
  ),
  row(
    0x201a,
    'eptPointer',
    'EPT pointer (EPTP)',
    'eptp',
    'Physical address of the EPT’s top table, with memory type, walk length and accessed/dirty enable.',
  ),
  row(0x201c, 'eoiExitBitmap0', 'EOI-exit bitmap 0', 'hex', 'Vectors 0 to 63 whose virtual EOI exits.'),
  row(0x201e, 'eoiExitBitmap1', 'EOI-exit bitmap 1', 'hex', 'Vectors 64 to 127 whose virtual EOI exits.'),
  row(0x2020, 'eoiExitBitmap2', 'EOI-exit bitmap 2', 'hex', 'Vectors 128 to 191 whose virtual EOI exits.'),
  row(0x2022, 'eoiExitBitmap3', 'EOI-exit bitmap 3', 'hex', 'Vectors 192 to 255 whose virtual EOI exits.'),
  row(
    0x2024,
    'eptpListAddress',
    'EPTP-list address',
    'address',
    'Physical address of the 512 EPT pointers among which VMFUNC 0 switches.',
  ),
  row(
    0x2026,
    'vmreadBitmapAddress',
    'VMREAD-bitmap address',
    'address',
    'Physical address of the bitmap of encodings whose VMREAD exits under VMCS shadowing.',
  ),
  row(
    0x2028,
    'vmwriteBitmapAddress',
    'VMWRITE-bitmap address',
    'address',
    'Physical address of the bitmap of encodings whose VMWRITE exits under VMCS shadowing.',
  ),
  row(
    0x202a,
    'virtualizationExceptionInformationAddress',
    'Virtualization-exception information address',
    'address',
    'Physical address of the page into which a virtualization exception (#VE) writes what happened.',
  ),
  row(0x202c, 'xssExitingBitmap', 'XSS-exiting bitmap', 'hex', 'State components whose XSAVES or XRSTORS exits.'),
  row(0x202e, 'enclsExitingBitmap', 'ENCLS-exiting bitmap', 'hex', 'ENCLS leaf functions that exit.'),
  row(
    0x2030,
    'subPagePermissionTablePointer',
    'Sub-page-permission-table pointer',
    'address',
    'Physical address of the tables that allow writes to 128-byte parts of a page.',
  ),
  row(
    0x2032,
    'tscMultiplier',
    'TSC multiplier',
    'hex',
    'Factor, with 48 fractional bits, applied to the TSC before the offset.',
  ),
  row(
    0x2034,
    'tertiaryProcessorBasedControls',
    'Tertiary processor-based VM-execution controls',
    'tertiary-controls',
    'Third word of controls on what the guest’s instructions do.',
  ),
  row(0x2036, 'enclvExitingBitmap', 'ENCLV-exiting bitmap', 'hex', 'ENCLV leaf functions that exit.'),
  row(
    0x2038,
    'lowPasidDirectoryAddress',
    'Low PASID directory address',
    'address',
    'Physical address of the PASID directory for guest PASIDs with bit 19 clear.',
  ),
  row(
    0x203a,
    'highPasidDirectoryAddress',
    'High PASID directory address',
    'address',
    'Physical address of the PASID directory for guest PASIDs with bit 19 set.',
  ),
  row(
    0x203c,
    'sharedEptPointer',
    'Shared EPT pointer',
    'eptp',
    'EPT pointer for guest-physical addresses that a trust domain shares with its host.',
  ),
  row(0x203e, 'pconfigExitingBitmap', 'PCONFIG-exiting bitmap', 'hex', 'PCONFIG leaf functions that exit.'),
  row(
    0x2040,
    'hlatPointer',
    'Hypervisor-managed linear-address translation pointer (HLATP)',
    'address',
    'Physical address of the root of the hypervisor-managed paging structures.',
  ),
  row(
    0x2042,
    'pidPointerTableAddress',
    'PID-pointer table address',
    'address',
    'Physical address of the table of posted-interrupt descriptors used for IPI virtualization.',
  ),
  row(
    0x2044,
    'secondaryExitControls',
    'Secondary VM-exit controls',
    'secondary-exit-controls',
    'Second word of controls on what a VM exit does.',
  ),
  row(0x204a, 'ia32SpecCtrlMask', 'IA32_SPEC_CTRL mask', 'hex', 'Bits of IA32_SPEC_CTRL that the guest cannot change.'),
  row(0x204c, 'ia32SpecCtrlShadow', 'IA32_SPEC_CTRL shadow', 'hex', 'What the guest reads as IA32_SPEC_CTRL.'),
  row(
    0x2052,
    'injectedEventData',
    'Injected-event data',
    'hex',
    'Event data that a VM entry delivers with an injected event under FRED.',
  ),

  // 64-bit exit information
  row(
    0x2400,
    'guestPhysicalAddress',
    'Guest-physical address',
    'address',
    'Guest-physical address that caused an EPT violation or misconfiguration.',
  ),
  row(0x2402, 'msrData', 'MSR data', 'hex', 'Value of the MSR whose WRMSRLIST or immediate WRMSRNS exited.'),
  row(
    0x2404,
    'originalEventData',
    'Original-event data',
    'hex',
    'Event data of the event whose FRED delivery the exit interrupted.',
  ),

  // 64-bit guest-state fields
  row(
    0x2800,
    'vmcsLinkPointer',
    'VMCS link pointer',
    'address',
    'Shadow VMCS that VMREAD and VMWRITE of the guest use; all ones where there is none.',
  ),
  row(
    0x2802,
    'guestIa32Debugctl',
    'Guest IA32_DEBUGCTL',
    'debugctl',
    'Branch tracing and single-step-on-branch switches.',
  ),
  row(
    0x2804,
    'guestIa32Pat',
    'Guest IA32_PAT',
    'pat',
    'Page attribute table: the memory type of each of eight PAT indexes.',
  ),
  row(0x2806, 'guestIa32Efer', 'Guest IA32_EFER', 'efer', 'Extended features: SYSCALL, long mode, NX.'),
  row(0x2808, 'guestIa32PerfGlobalCtrl', 'Guest IA32_PERF_GLOBAL_CTRL', 'hex', 'Which performance counters run.'),
  row(
    0x280a,
    'guestPdpte0',
    'Guest PDPTE0',
    'pdpte',
    'PAE page-directory-pointer entry for linear addresses 0 to 1 GByte.',
  ),
  row(
    0x280c,
    'guestPdpte1',
    'Guest PDPTE1',
    'pdpte',
    'PAE page-directory-pointer entry for linear addresses 1 to 2 GByte.',
  ),
  row(
    0x280e,
    'guestPdpte2',
    'Guest PDPTE2',
    'pdpte',
    'PAE page-directory-pointer entry for linear addresses 2 to 3 GByte.',
  ),
  row(
    0x2810,
    'guestPdpte3',
    'Guest PDPTE3',
    'pdpte',
    'PAE page-directory-pointer entry for linear addresses 3 to 4 GByte.',
  ),
  row(0x2812, 'guestIa32Bndcfgs', 'Guest IA32_BNDCFGS', 'hex', 'Supervisor configuration of the MPX bound registers.'),
  row(0x2814, 'guestIa32RtitCtl', 'Guest IA32_RTIT_CTL', 'hex', 'Control of Intel Processor Trace.'),
  row(0x2816, 'guestIa32LbrCtl', 'Guest IA32_LBR_CTL', 'hex', 'Control of the architectural last-branch records.'),
  row(0x2818, 'guestIa32Pkrs', 'Guest IA32_PKRS', 'hex', 'Rights of the protection keys of supervisor pages.'),
  row(
    0x281a,
    'guestIa32FredConfig',
    'Guest IA32_FRED_CONFIG',
    'hex',
    'Entry point and stack settings of FRED event delivery.',
  ),
  row(0x281c, 'guestIa32FredRsp1', 'Guest IA32_FRED_RSP1', 'address', 'Stack pointer for FRED stack level 1.'),
  row(0x281e, 'guestIa32FredRsp2', 'Guest IA32_FRED_RSP2', 'address', 'Stack pointer for FRED stack level 2.'),
  row(0x2820, 'guestIa32FredRsp3', 'Guest IA32_FRED_RSP3', 'address', 'Stack pointer for FRED stack level 3.'),
  row(0x2822, 'guestIa32FredStklvls', 'Guest IA32_FRED_STKLVLS', 'hex', 'FRED stack level of each exception vector.'),
  row(0x2824, 'guestIa32FredSsp1', 'Guest IA32_FRED_SSP1', 'address', 'Shadow-stack pointer for FRED stack level 1.'),
  row(0x2826, 'guestIa32FredSsp2', 'Guest IA32_FRED_SSP2', 'address', 'Shadow-stack pointer for FRED stack level 2.'),
  row(0x2828, 'guestIa32FredSsp3', 'Guest IA32_FRED_SSP3', 'address', 'Shadow-stack pointer for FRED stack level 3.'),

  // 64-bit host-state fields
  row(0x2c00, 'hostIa32Pat', 'Host IA32_PAT', 'pat', 'IA32_PAT after a VM exit, if the exit loads it.'),
  row(0x2c02, 'hostIa32Efer', 'Host IA32_EFER', 'efer', 'IA32_EFER after a VM exit, if the exit loads it.'),
  row(
    0x2c04,
    'hostIa32PerfGlobalCtrl',
    'Host IA32_PERF_GLOBAL_CTRL',
    'hex',
    'IA32_PERF_GLOBAL_CTRL after a VM exit, if the exit loads it.',
  ),
  row(0x2c06, 'hostIa32Pkrs', 'Host IA32_PKRS', 'hex', 'IA32_PKRS after a VM exit, if the exit loads it.'),
  row(
    0x2c08,
    'hostIa32FredConfig',
    'Host IA32_FRED_CONFIG',
    'hex',
    'IA32_FRED_CONFIG after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c0a,
    'hostIa32FredRsp1',
    'Host IA32_FRED_RSP1',
    'address',
    'IA32_FRED_RSP1 after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c0c,
    'hostIa32FredRsp2',
    'Host IA32_FRED_RSP2',
    'address',
    'IA32_FRED_RSP2 after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c0e,
    'hostIa32FredRsp3',
    'Host IA32_FRED_RSP3',
    'address',
    'IA32_FRED_RSP3 after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c10,
    'hostIa32FredStklvls',
    'Host IA32_FRED_STKLVLS',
    'hex',
    'IA32_FRED_STKLVLS after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c12,
    'hostIa32FredSsp1',
    'Host IA32_FRED_SSP1',
    'address',
    'IA32_FRED_SSP1 after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c14,
    'hostIa32FredSsp2',
    'Host IA32_FRED_SSP2',
    'address',
    'IA32_FRED_SSP2 after a VM exit, if the exit loads it.',
  ),
  row(
    0x2c16,
    'hostIa32FredSsp3',
    'Host IA32_FRED_SSP3',
    'address',
    'IA32_FRED_SSP3 after a VM exit, if the exit loads it.',
  ),

  // 32-bit control fields
  row(
    0x4000,
    'pinBasedControls',
    'Pin-based VM-execution controls',
    'pin-based-controls',
    'What asynchronous events (interrupts, NMIs, the preemption timer) do in the guest.',
  ),
  row(
    0x4002,
    'primaryProcessorBasedControls',
    'Primary processor-based VM-execution controls',
    'primary-controls',
    'First word of controls on which of the guest’s instructions exit.',
  ),
  row(
    0x4004,
    'exceptionBitmap',
    'Exception bitmap',
    'exception-bitmap',
    'One bit a vector: exceptions of that vector exit instead of going through the guest’s IDT.',
  ),
  row(
    0x4006,
    'pageFaultErrorCodeMask',
    'Page-fault error-code mask',
    'page-fault-error-code',
    'Bits of a page fault’s error code that are compared with the match field.',
  ),
  row(
    0x4008,
    'pageFaultErrorCodeMatch',
    'Page-fault error-code match',
    'page-fault-error-code',
    'Masked error code for which bit 14 of the exception bitmap is taken as it stands; for others it is inverted.',
  ),
  row(
    0x400a,
    'cr3TargetCount',
    'CR3-target count',
    'number',
    'How many of the CR3-target values may be loaded into CR3 without an exit.',
  ),
  row(
    0x400c,
    'exitControls',
    'Primary VM-exit controls',
    'exit-controls',
    'What a VM exit saves and loads beside the fixed part of the state.',
  ),
  row(0x400e, 'exitMsrStoreCount', 'VM-exit MSR-store count', 'number', 'Number of MSRs that a VM exit stores.'),
  row(0x4010, 'exitMsrLoadCount', 'VM-exit MSR-load count', 'number', 'Number of MSRs that a VM exit loads.'),
  row(
    0x4012,
    'entryControls',
    'VM-entry controls',
    'entry-controls',
    'What a VM entry loads, and the mode of the guest.',
  ),
  row(0x4014, 'entryMsrLoadCount', 'VM-entry MSR-load count', 'number', 'Number of MSRs that a VM entry loads.'),
  row(
    0x4016,
    'entryInterruptionInformation',
    'VM-entry interruption-information field',
    'interruption-information',
    'Event that the next VM entry injects.',
  ),
  row(
    0x4018,
    'entryExceptionErrorCode',
    'VM-entry exception error code',
    'hex',
    'Error code delivered with the injected event.',
  ),
  row(
    0x401a,
    'entryInstructionLength',
    'VM-entry instruction length',
    'number',
    'Bytes by which RIP advances when a software interrupt or exception is injected.',
  ),
  row(0x401c, 'tprThreshold', 'TPR threshold', 'number', 'A virtual task priority below this value exits.'),
  row(
    0x401e,
    'secondaryProcessorBasedControls',
    'Secondary processor-based VM-execution controls',
    'secondary-controls',
    'Second word of controls on what the guest’s instructions do.',
  ),
  row(0x4020, 'pleGap', 'PLE_Gap', 'number', 'Most TSC ticks between two PAUSEs that still belong to one spin loop.'),
  row(0x4022, 'pleWindow', 'PLE_Window', 'number', 'TSC ticks that a guest may spin with PAUSE before it exits.'),
  row(
    0x4024,
    'instructionTimeoutControl',
    'Instruction-timeout control',
    'number',
    'Crystal-clock ticks that may pass without an instruction boundary.',
  ),

  // 32-bit exit information
  row(
    0x4400,
    'vmInstructionError',
    'VM-instruction error',
    'instruction-error',
    'Number of the error for which the last VMX instruction failed.',
  ),
  row(0x4402, 'exitReason', 'Exit reason', 'exit-reason', 'Why the last VM exit happened.'),
  row(
    0x4404,
    'exitInterruptionInformation',
    'VM-exit interruption information',
    'interruption-information',
    'The event (exception, NMI or external interrupt) that caused the exit.',
  ),
  row(
    0x4406,
    'exitInterruptionErrorCode',
    'VM-exit interruption error code',
    'hex',
    'Error code of the exception that caused the exit.',
  ),
  row(
    0x4408,
    'idtVectoringInformation',
    'IDT-vectoring information field',
    'interruption-information',
    'The event that was being delivered when the exit happened; it has to be delivered again.',
  ),
  row(
    0x440a,
    'idtVectoringErrorCode',
    'IDT-vectoring error code',
    'hex',
    'Error code of the event that was being delivered.',
  ),
  row(
    0x440c,
    'exitInstructionLength',
    'VM-exit instruction length',
    'number',
    'Bytes of the instruction that caused the exit.',
  ),
  row(
    0x440e,
    'exitInstructionInformation',
    'VM-exit instruction information',
    'instruction-information',
    'Operands of the instruction that caused the exit.',
  ),

  // 32-bit guest-state fields
  row(0x4800, 'guestEsLimit', 'Guest ES limit', 'limit', 'Last valid offset in ES, in bytes.'),
  row(0x4802, 'guestCsLimit', 'Guest CS limit', 'limit', 'Last valid offset in CS, in bytes.'),
  row(0x4804, 'guestSsLimit', 'Guest SS limit', 'limit', 'Last valid offset in SS, in bytes.'),
  row(0x4806, 'guestDsLimit', 'Guest DS limit', 'limit', 'Last valid offset in DS, in bytes.'),
  row(0x4808, 'guestFsLimit', 'Guest FS limit', 'limit', 'Last valid offset in FS, in bytes.'),
  row(0x480a, 'guestGsLimit', 'Guest GS limit', 'limit', 'Last valid offset in GS, in bytes.'),
  row(
    0x480c,
    'guestLdtrLimit',
    'Guest LDTR limit',
    'limit',
    'Last valid offset in the local descriptor table, in bytes.',
  ),
  row(0x480e, 'guestTrLimit', 'Guest TR limit', 'limit', 'Last valid offset in the task-state segment, in bytes.'),
  row(
    0x4810,
    'guestGdtrLimit',
    'Guest GDTR limit',
    'limit',
    'Last valid offset in the global descriptor table, in bytes.',
  ),
  row(
    0x4812,
    'guestIdtrLimit',
    'Guest IDTR limit',
    'limit',
    'Last valid offset in the interrupt descriptor table, in bytes.',
  ),
  row(
    0x4814,
    'guestEsAccessRights',
    'Guest ES access rights',
    'access-rights',
    'Type, DPL, present, L, D/B, G and unusable bits of ES.',
  ),
  row(
    0x4816,
    'guestCsAccessRights',
    'Guest CS access rights',
    'access-rights',
    'Type, DPL, present, L, D/B, G and unusable bits of CS.',
  ),
  row(
    0x4818,
    'guestSsAccessRights',
    'Guest SS access rights',
    'access-rights',
    'Type, DPL (the CPL), present, L, D/B, G and unusable bits of SS.',
  ),
  row(
    0x481a,
    'guestDsAccessRights',
    'Guest DS access rights',
    'access-rights',
    'Type, DPL, present, L, D/B, G and unusable bits of DS.',
  ),
  row(
    0x481c,
    'guestFsAccessRights',
    'Guest FS access rights',
    'access-rights',
    'Type, DPL, present, L, D/B, G and unusable bits of FS.',
  ),
  row(
    0x481e,
    'guestGsAccessRights',
    'Guest GS access rights',
    'access-rights',
    'Type, DPL, present, L, D/B, G and unusable bits of GS.',
  ),
  row(
    0x4820,
    'guestLdtrAccessRights',
    'Guest LDTR access rights',
    'access-rights',
    'Type, present, G and unusable bits of LDTR.',
  ),
  row(
    0x4822,
    'guestTrAccessRights',
    'Guest TR access rights',
    'access-rights',
    'Type, present, G and unusable bits of TR.',
  ),
  row(
    0x4824,
    'guestInterruptibilityState',
    'Guest interruptibility state',
    'interruptibility-state',
    'What blocks events at the next instruction: STI, MOV SS, SMI, NMI, enclave.',
  ),
  row(
    0x4826,
    'guestActivityState',
    'Guest activity state',
    'activity-state',
    'Whether the vCPU runs, is halted, shut down or waits for a start-up IPI.',
  ),
  row(0x4828, 'guestSmbase', 'Guest SMBASE', 'address', 'Base address of the system-management RAM.'),
  row(
    0x482a,
    'guestIa32SysenterCs',
    'Guest IA32_SYSENTER_CS',
    'selector',
    'Code-segment selector that SYSENTER loads.',
  ),
  row(
    0x482e,
    'vmxPreemptionTimerValue',
    'VMX-preemption timer value',
    'number',
    'Counts down while the guest runs; at zero it exits.',
  ),

  // 32-bit host-state field
  row(0x4c00, 'hostIa32SysenterCs', 'Host IA32_SYSENTER_CS', 'selector', 'IA32_SYSENTER_CS after a VM exit.'),

  // Natural-width control fields
  row(
    0x6000,
    'cr0GuestHostMask',
    'CR0 guest/host mask',
    'cr0',
    'Bits of CR0 that the host owns: the guest reads the shadow, and changing them exits.',
  ),
  row(
    0x6002,
    'cr4GuestHostMask',
    'CR4 guest/host mask',
    'cr4',
    'Bits of CR4 that the host owns: the guest reads the shadow, and changing them exits.',
  ),
  row(
    0x6004,
    'cr0ReadShadow',
    'CR0 read shadow',
    'cr0',
    'What the guest reads for the bits of CR0 that the host owns.',
  ),
  row(
    0x6006,
    'cr4ReadShadow',
    'CR4 read shadow',
    'cr4',
    'What the guest reads for the bits of CR4 that the host owns.',
  ),
  row(
    0x6008,
    'cr3TargetValue0',
    'CR3-target value 0',
    'cr3',
    'Value that the guest may load into CR3 without an exit.',
  ),
  row(
    0x600a,
    'cr3TargetValue1',
    'CR3-target value 1',
    'cr3',
    'Value that the guest may load into CR3 without an exit.',
  ),
  row(
    0x600c,
    'cr3TargetValue2',
    'CR3-target value 2',
    'cr3',
    'Value that the guest may load into CR3 without an exit.',
  ),
  row(
    0x600e,
    'cr3TargetValue3',
    'CR3-target value 3',
    'cr3',
    'Value that the guest may load into CR3 without an exit.',
  ),

  // Natural-width exit information
  row(
    0x6400,
    'exitQualification',
    'Exit qualification',
    'exit-qualification',
    'Details of the exit, in a layout that depends on its reason.',
  ),
  row(0x6402, 'ioRcx', 'I/O RCX', 'hex', 'RCX before the I/O instruction after which an SMI arrived.'),
  row(0x6404, 'ioRsi', 'I/O RSI', 'hex', 'RSI before the I/O instruction after which an SMI arrived.'),
  row(0x6406, 'ioRdi', 'I/O RDI', 'hex', 'RDI before the I/O instruction after which an SMI arrived.'),
  row(0x6408, 'ioRip', 'I/O RIP', 'address', 'RIP of the I/O instruction after which an SMI arrived.'),
  row(
    0x640a,
    'guestLinearAddress',
    'Guest-linear address',
    'address',
    'Linear address that the exiting access or instruction used.',
  ),

  // Natural-width guest-state fields
  row(0x6800, 'guestCr0', 'Guest CR0', 'cr0', 'The real CR0 while the guest runs.'),
  row(0x6802, 'guestCr3', 'Guest CR3', 'cr3', 'Root of the guest’s page tables.'),
  row(0x6804, 'guestCr4', 'Guest CR4', 'cr4', 'The real CR4 while the guest runs.'),
  row(0x6806, 'guestEsBase', 'Guest ES base', 'address', 'Linear address of ES’s first byte.'),
  row(0x6808, 'guestCsBase', 'Guest CS base', 'address', 'Linear address of CS’s first byte.'),
  row(0x680a, 'guestSsBase', 'Guest SS base', 'address', 'Linear address of SS’s first byte.'),
  row(0x680c, 'guestDsBase', 'Guest DS base', 'address', 'Linear address of DS’s first byte.'),
  row(0x680e, 'guestFsBase', 'Guest FS base', 'address', 'Linear address of FS’s first byte.'),
  row(0x6810, 'guestGsBase', 'Guest GS base', 'address', 'Linear address of GS’s first byte.'),
  row(0x6812, 'guestLdtrBase', 'Guest LDTR base', 'address', 'Linear address of the local descriptor table.'),
  row(0x6814, 'guestTrBase', 'Guest TR base', 'address', 'Linear address of the task-state segment.'),
  row(0x6816, 'guestGdtrBase', 'Guest GDTR base', 'address', 'Linear address of the global descriptor table.'),
  row(0x6818, 'guestIdtrBase', 'Guest IDTR base', 'address', 'Linear address of the interrupt descriptor table.'),
  row(0x681a, 'guestDr7', 'Guest DR7', 'dr7', 'Debug control register.'),
  row(0x681c, 'guestRsp', 'Guest RSP', 'address', 'Stack pointer.'),
  row(
    0x681e,
    'guestRip',
    'Guest RIP',
    'address',
    'Address of the next instruction; after most exits, of the instruction that exited.',
  ),
  row(0x6820, 'guestRflags', 'Guest RFLAGS', 'rflags', 'Flags.'),
  row(
    0x6822,
    'guestPendingDebugExceptions',
    'Guest pending debug exceptions',
    'pending-debug-exceptions',
    'Debug exceptions that were recognized but not yet delivered.',
  ),
  row(0x6824, 'guestIa32SysenterEsp', 'Guest IA32_SYSENTER_ESP', 'address', 'Stack pointer that SYSENTER loads.'),
  row(0x6826, 'guestIa32SysenterEip', 'Guest IA32_SYSENTER_EIP', 'address', 'Instruction pointer that SYSENTER loads.'),
  row(0x6828, 'guestIa32SCet', 'Guest IA32_S_CET', 's-cet', 'Control-flow enforcement settings for supervisor mode.'),
  row(0x682a, 'guestSsp', 'Guest SSP', 'address', 'Shadow-stack pointer.'),
  row(
    0x682c,
    'guestIa32InterruptSspTableAddr',
    'Guest IA32_INTERRUPT_SSP_TABLE_ADDR',
    'address',
    'Linear address of the table of shadow stacks for interrupts.',
  ),

  // Natural-width host-state fields
  row(0x6c00, 'hostCr0', 'Host CR0', 'cr0', 'CR0 after a VM exit.'),
  row(0x6c02, 'hostCr3', 'Host CR3', 'cr3', 'CR3 after a VM exit.'),
  row(0x6c04, 'hostCr4', 'Host CR4', 'cr4', 'CR4 after a VM exit.'),
  row(0x6c06, 'hostFsBase', 'Host FS base', 'address', 'Base of FS after a VM exit.'),
  row(0x6c08, 'hostGsBase', 'Host GS base', 'address', 'Base of GS after a VM exit.'),
  row(0x6c0a, 'hostTrBase', 'Host TR base', 'address', 'Base of TR after a VM exit.'),
  row(0x6c0c, 'hostGdtrBase', 'Host GDTR base', 'address', 'Base of GDTR after a VM exit; the limit becomes FFFFH.'),
  row(0x6c0e, 'hostIdtrBase', 'Host IDTR base', 'address', 'Base of IDTR after a VM exit; the limit becomes FFFFH.'),
  row(0x6c10, 'hostIa32SysenterEsp', 'Host IA32_SYSENTER_ESP', 'address', 'IA32_SYSENTER_ESP after a VM exit.'),
  row(0x6c12, 'hostIa32SysenterEip', 'Host IA32_SYSENTER_EIP', 'address', 'IA32_SYSENTER_EIP after a VM exit.'),
  row(0x6c14, 'hostRsp', 'Host RSP', 'address', 'Stack pointer after a VM exit.'),
  row(0x6c16, 'hostRip', 'Host RIP', 'address', 'Where the VMM goes on after a VM exit.'),
  row(0x6c18, 'hostIa32SCet', 'Host IA32_S_CET', 's-cet', 'IA32_S_CET after a VM exit, if the exit loads CET state.'),
  row(0x6c1a, 'hostSsp', 'Host SSP', 'address', 'Shadow-stack pointer after a VM exit, if the exit loads CET state.'),
  row(
    0x6c1c,
    'hostIa32InterruptSspTableAddr',
    'Host IA32_INTERRUPT_SSP_TABLE_ADDR',
    'address',
    'IA32_INTERRUPT_SSP_TABLE_ADDR after a VM exit, if the exit loads CET state.',
  ),
] as const;

/** Name in code of a field: `guestCr0`. */
export type VmcsFieldKey = (typeof rows)[number]['key'];

/** All fields, in order of encoding. */
export const vmcsFields: readonly VmcsField<VmcsFieldKey>[] = rows;

/** Encoding by key: `VmcsEncoding.guestCr0` is 0x6800. */
export const VmcsEncoding = Object.fromEntries(rows.map((r) => [r.key, r.encoding])) as Readonly<
  Record<VmcsFieldKey, number>
>;

const byEncoding = new Map<number, VmcsField<VmcsFieldKey>>(rows.map((r) => [r.encoding, r]));
const byKey = new Map<string, VmcsField<VmcsFieldKey>>(rows.map((r) => [r.key, r]));

/** The field of an encoding (full or high access); undefined where the manual has none. */
export function vmcsFieldOf(encoding: number): VmcsField<VmcsFieldKey> | undefined {
  const full = byEncoding.get(encoding);
  if (full !== undefined || (encoding & 1) === 0) return full;
  const field = byEncoding.get(encoding & ~1);
  // Only 64-bit fields have a second encoding for their upper half.
  return field?.width === 64 ? field : undefined;
}

/** The field with that key. */
export function vmcsField(key: VmcsFieldKey): VmcsField<VmcsFieldKey> {
  return byKey.get(key)!;
}

/** Bits that a field takes in memory and registers of a 64-bit processor. */
export function bitsOfField(field: VmcsField): 16 | 32 | 64 {
  return field.width === 'natural' ? 64 : field.width;
}
