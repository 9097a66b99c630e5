/** The VMX capability MSRs: what this processor's VMX can do (SDM 3D appendix A). */
import { type BitLayout, field, flag } from '../bit-fields';
import { memoryTypeNames } from '../paging';

/** IA32_VMX_BASIC (480H). */
export const vmxBasicLayout: BitLayout = [
  field(
    0,
    30,
    'VMCS revision identifier',
    'Written by software into the first four bytes of each VMCS and of the VMXON region.',
  ),
  field(32, 44, 'region size', 'Bytes of a VMCS region, at most 4096.'),
  flag(48, '32-bit addresses', 'VMX structures have to be below 4 GByte.'),
  flag(49, 'dual-monitor treatment', 'System-management mode may have a monitor of its own.'),
  field(50, 53, 'memory type', 'Memory type for VMX structures.', memoryTypeNames),
  flag(54, 'INS/OUTS information', 'Exits of INS and OUTS give instruction information.'),
  flag(55, 'TRUE controls', 'Some default1 controls may be 0: the TRUE capability MSRs exist.'),
  flag(
    56,
    'error code for any exception',
    'Injection may deliver an exception with or without error code whatever its vector.',
  ),
  flag(58, 'nested exceptions', 'Event information reports nested exceptions (FRED).'),
];

/** IA32_VMX_MISC (485H). */
export const vmxMiscLayout: BitLayout = [
  field(0, 4, 'preemption-timer rate', 'The VMX-preemption timer counts down when this bit of the TSC changes.'),
  flag(5, 'store EFER.LMA', 'VM exits store EFER.LMA into “IA-32e mode guest”.'),
  flag(6, 'HLT state', 'The guest may be entered in HLT.'),
  flag(7, 'shutdown state', 'The guest may be entered in shutdown.'),
  flag(8, 'wait-for-SIPI state', 'The guest may be entered waiting for a start-up IPI.'),
  flag(14, 'Processor Trace in VMX', 'Processor Trace may be used in VMX operation.'),
  flag(15, 'SMBASE by RDMSR', 'IA32_SMBASE can be read in system-management mode.'),
  field(16, 24, 'CR3-target values', 'Number of CR3-target values.'),
  field(25, 27, 'MSR list size', 'Recommended size of an MSR list is 512 × (this + 1).'),
  flag(28, 'SMI blocking in VMXOFF', 'VMXOFF may leave system-management interrupts blocked.'),
  flag(29, 'VMWRITE to exit information', 'VMWRITE may write read-only fields.'),
  flag(30, 'zero instruction length', 'Software events may be injected with instruction length 0.'),
  field(32, 63, 'MSEG revision identifier', 'Revision of the monitor segment of system-management mode.'),
];

/** IA32_VMX_VMCS_ENUM (48AH). */
export const vmxVmcsEnumLayout: BitLayout = [field(1, 9, 'highest index', 'Highest index of any VMCS field encoding.')];

/** IA32_VMX_EPT_VPID_CAP (48CH). */
export const vmxEptVpidCapLayout: BitLayout = [
  flag(0, 'execute-only', 'EPT entries may allow fetches without reads.'),
  flag(6, 'walk length 4', 'Four-level EPT.'),
  flag(7, 'walk length 5', 'Five-level EPT.'),
  flag(8, 'UC', 'EPT tables may be uncacheable.'),
  flag(14, 'WB', 'EPT tables may be write-back.'),
  flag(16, '2-MByte pages', 'EPT PDEs may map 2-MByte pages.'),
  flag(17, '1-GByte pages', 'EPT PDPTEs may map 1-GByte pages.'),
  flag(20, 'INVEPT', 'INVEPT exists.'),
  flag(21, 'accessed and dirty flags', 'The EPT can have accessed and dirty flags.'),
  flag(22, 'advanced EPT-violation information', 'EPT violations say what the guest’s tables allow.'),
  flag(23, 'supervisor shadow-stack control', 'Supervisor shadow-stack control for EPT exists.'),
  flag(25, 'single-context INVEPT', 'INVEPT type 1.'),
  flag(26, 'all-context INVEPT', 'INVEPT type 2.'),
  flag(32, 'INVVPID', 'INVVPID exists.'),
  flag(40, 'individual-address INVVPID', 'INVVPID type 0.'),
  flag(41, 'single-context INVVPID', 'INVVPID type 1.'),
  flag(42, 'all-context INVVPID', 'INVVPID type 2.'),
  flag(43, 'single-context INVVPID retaining globals', 'INVVPID type 3.'),
  field(48, 53, 'HLAT prefix size', 'Largest HLAT prefix size.'),
];

/** Capability MSR of a 32-bit control word: allowed settings. */
export const vmxControlCapabilityLayout: BitLayout = [
  field(0, 31, 'allowed 0-settings', 'Bits that are 1 here must be 1 in the control word.'),
  field(32, 63, 'allowed 1-settings', 'Bits that are 0 here must be 0 in the control word.'),
];

/** IA32_FEATURE_CONTROL (3AH). */
export const featureControlLayout: BitLayout = [
  flag(0, 'lock', 'Nothing here can be changed until reset; VMXON needs it.'),
  flag(1, 'VMX inside SMX', 'VMXON works in SMX operation.'),
  flag(2, 'VMX outside SMX', 'VMXON works outside SMX operation.'),
  field(8, 14, 'SENTER local functions', 'Enabled SENTER functions.'),
  flag(15, 'SENTER global', 'SENTER functions are enabled.'),
  flag(17, 'SGX launch control', 'The SGX launch key hash can be written.'),
  flag(18, 'SGX', 'SGX is enabled.'),
  flag(20, 'LMCE', 'Machine checks may go to one processor only.'),
];

/** A control word against its capability MSR: what must be added and what must be dropped; both 0 where it is allowed. */
export function violatedSettings(value: number, capability: bigint): { missing: number; forbidden: number } {
  const allowed0 = Number(capability & 0xffff_ffffn);
  const allowed1 = Number((capability >> 32n) & 0xffff_ffffn);
  return { missing: (allowed0 & ~value) >>> 0, forbidden: (value & ~allowed1) >>> 0 };
}
