/** Model-specific registers: index, name, meaning and bits (SDM 4 chapter 2; AMD64 volume 2 for those marked AMD). */
import { type BitLayout, field, flag } from './bit-fields';
import { debugctlLayout, eferLayout } from './control-registers';
import { memoryTypeNames } from './paging';
import {
  featureControlLayout,
  vmxBasicLayout,
  vmxControlCapabilityLayout,
  vmxEptVpidCapLayout,
  vmxMiscLayout,
  vmxVmcsEnumLayout,
} from './vmx/capabilities';
import { cetLayout, vmFunctionLayout } from './vmx/field-layouts';

export interface Msr<Name extends string = string> {
  index: number;
  /** The manual's name: `IA32_EFER`. */
  name: Name;
  /** One sentence. */
  summary: string;
  /** WRMSR raises #GP. */
  readOnly: boolean;
  /** Its bits, where it is not one number. */
  layout?: BitLayout;
}

function row<Name extends string>(
  index: number,
  name: Name,
  summary: string,
  layout?: BitLayout,
  readOnly = false,
): Msr<Name> {
  return layout === undefined ? { index, name, summary, readOnly } : { index, name, summary, readOnly, layout };
}

const patLayout: BitLayout = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
  field(8 * n, 8 * n + 2, `PA${n}`, `Memory type of PAT index ${n}.`, memoryTypeNames),
);

const apicBaseLayout: BitLayout = [
  flag(8, 'BSP', 'This is the bootstrap processor.'),
  flag(10, 'EXTD', 'x2APIC mode.'),
  flag(11, 'EN', 'The local APIC is enabled.'),
  field(12, 51, 'APIC base', 'Physical page number of the APIC’s registers.'),
];

const miscEnableLayout: BitLayout = [
  flag(0, 'fast strings', 'REP MOVS and STOS are fast.'),
  flag(3, 'automatic thermal control', 'The processor slows down when it is hot.'),
  flag(7, 'performance monitoring', 'Counters are available.'),
  flag(11, 'no BTS', 'Branch trace store is unavailable.'),
  flag(12, 'no PEBS', 'Precise event sampling is unavailable.'),
  flag(16, 'enhanced SpeedStep', 'Frequency can be changed.'),
  flag(18, 'MONITOR FSM', 'MONITOR and MWAIT are available.'),
  flag(22, 'limit CPUID', 'CPUID leaf 0 reports at most 3.'),
  flag(23, 'no xTPR messages', 'Task-priority messages are off.'),
  flag(34, 'XD disable', 'Execute-disable is unavailable.'),
];

const starLayout: BitLayout = [
  field(0, 31, '32-bit target', 'EIP of SYSCALL in legacy mode (AMD).'),
  field(32, 47, 'SYSCALL CS', 'Selector that SYSCALL loads into CS; SS is the next.'),
  field(48, 63, 'SYSRET CS', 'Selector base that SYSRET loads: CS is this plus 16 for 64-bit code, SS this plus 8.'),
];

const mtrrCapLayout: BitLayout = [
  field(0, 7, 'VCNT', 'Number of variable ranges.'),
  flag(8, 'FIX', 'Fixed ranges are there.'),
  flag(10, 'WC', 'Write combining is there.'),
  flag(11, 'SMRR', 'System-management range registers are there.'),
];

const mtrrDefTypeLayout: BitLayout = [
  field(0, 7, 'type', 'Memory type outside all ranges.', memoryTypeNames),
  flag(10, 'FE', 'Fixed ranges count.'),
  flag(11, 'E', 'MTRRs count.'),
];

const mtrrPhysBaseLayout: BitLayout = [
  field(0, 7, 'type', 'Memory type of the range.', memoryTypeNames),
  field(12, 51, 'base', 'Physical page number of the range.'),
];

const mtrrPhysMaskLayout: BitLayout = [
  flag(11, 'V', 'The range counts.'),
  field(12, 51, 'mask', 'Address bits that have to match.'),
];

const specCtrlLayout: BitLayout = [
  flag(0, 'IBRS', 'Indirect branch restricted speculation.'),
  flag(1, 'STIBP', 'Single-thread indirect branch predictors.'),
  flag(2, 'SSBD', 'Speculative store bypass is off.'),
];

const mcgCapLayout: BitLayout = [
  field(0, 7, 'count', 'Number of error-reporting banks.'),
  flag(8, 'MCG_CTL_P', 'IA32_MCG_CTL is there.'),
  flag(9, 'MCG_EXT_P', 'Extended state is there.'),
  flag(10, 'MCG_CMCI_P', 'Corrected errors may interrupt.'),
  flag(24, 'MCG_SER_P', 'Software error recovery.'),
];

const trueControls = 'allowed settings of the';

const fixedMtrrs = [
  row(0x250, 'IA32_MTRR_FIX64K_00000', 'Memory types of 00000H to 7FFFFH, a byte for 64 KByte.'),
  row(0x258, 'IA32_MTRR_FIX16K_80000', 'Memory types of 80000H to 9FFFFH, a byte for 16 KByte.'),
  row(0x259, 'IA32_MTRR_FIX16K_A0000', 'Memory types of A0000H to BFFFFH, a byte for 16 KByte.'),
  row(0x268, 'IA32_MTRR_FIX4K_C0000', 'Memory types of C0000H to C7FFFH, a byte for 4 KByte.'),
  row(0x269, 'IA32_MTRR_FIX4K_C8000', 'Memory types of C8000H to CFFFFH, a byte for 4 KByte.'),
  row(0x26a, 'IA32_MTRR_FIX4K_D0000', 'Memory types of D0000H to D7FFFH, a byte for 4 KByte.'),
  row(0x26b, 'IA32_MTRR_FIX4K_D8000', 'Memory types of D8000H to DFFFFH, a byte for 4 KByte.'),
  row(0x26c, 'IA32_MTRR_FIX4K_E0000', 'Memory types of E0000H to E7FFFH, a byte for 4 KByte.'),
  row(0x26d, 'IA32_MTRR_FIX4K_E8000', 'Memory types of E8000H to EFFFFH, a byte for 4 KByte.'),
  row(0x26e, 'IA32_MTRR_FIX4K_F0000', 'Memory types of F0000H to F7FFFH, a byte for 4 KByte.'),
  row(0x26f, 'IA32_MTRR_FIX4K_F8000', 'Memory types of F8000H to FFFFFH, a byte for 4 KByte.'),
] as const;

const architectural = [
  row(0x000, 'IA32_P5_MC_ADDR', 'Address of a machine check, as the Pentium had it.'),
  row(0x001, 'IA32_P5_MC_TYPE', 'Type of a machine check, as the Pentium had it.'),
  row(0x006, 'IA32_MONITOR_FILTER_SIZE', 'Size of the range that MONITOR watches.'),
  row(0x010, 'IA32_TIME_STAMP_COUNTER', 'Counts at a constant rate since reset.'),
  row(0x017, 'IA32_PLATFORM_ID', 'Which microcode updates fit.', [field(50, 52, 'platform', 'Platform number.')], true),
  row(0x01b, 'IA32_APIC_BASE', 'Where the local APIC is, and whether it is on.', apicBaseLayout),
  row(0x03a, 'IA32_FEATURE_CONTROL', 'Whether VMXON works; locked by firmware.', featureControlLayout),
  row(0x03b, 'IA32_TSC_ADJUST', 'Added to the time-stamp counter of this processor.'),
  row(0x048, 'IA32_SPEC_CTRL', 'Limits on speculative execution.', specCtrlLayout),
  row(0x049, 'IA32_PRED_CMD', 'Writing bit 0 forgets what branch predictors learned.'),
  row(0x079, 'IA32_BIOS_UPDT_TRIG', 'Writing an address loads a microcode update.'),
  row(0x08b, 'IA32_BIOS_SIGN_ID', 'Revision of the microcode in its upper half.'),
  row(0x09b, 'IA32_SMM_MONITOR_CTL', 'Set-up of the monitor of system-management mode.'),
  row(0x09e, 'IA32_SMBASE', 'Base of system-management RAM.', undefined, true),
  row(0x0c1, 'IA32_PMC0', 'Performance counter 0.'),
  row(0x0e1, 'IA32_UMWAIT_CONTROL', 'Longest wait of UMWAIT and TPAUSE.'),
  row(0x0e7, 'IA32_MPERF', 'Counts at a fixed frequency while the processor runs.'),
  row(0x0e8, 'IA32_APERF', 'Counts at the actual frequency while the processor runs.'),
  row(0x0fe, 'IA32_MTRRCAP', 'What MTRRs there are.', mtrrCapLayout, true),
  row(0x10a, 'IA32_ARCH_CAPABILITIES', 'Which speculation weaknesses this processor does not have.', undefined, true),
  row(0x10b, 'IA32_FLUSH_CMD', 'Writing bit 0 empties the first-level data cache.'),
  row(0x122, 'IA32_TSX_CTRL', 'Switches transactional memory off.'),
  row(0x174, 'IA32_SYSENTER_CS', 'Code segment of SYSENTER; null makes SYSENTER fault.'),
  row(0x175, 'IA32_SYSENTER_ESP', 'Stack pointer of SYSENTER.'),
  row(0x176, 'IA32_SYSENTER_EIP', 'Entry point of SYSENTER.'),
  row(0x179, 'IA32_MCG_CAP', 'What machine-check banks there are.', mcgCapLayout, true),
  row(0x17a, 'IA32_MCG_STATUS', 'State of a machine check.', [
    flag(0, 'RIPV', 'The program can go on.'),
    flag(1, 'EIPV', 'The instruction pointer belongs to the error.'),
    flag(2, 'MCIP', 'A machine check is being handled.'),
  ]),
  row(0x17b, 'IA32_MCG_CTL', 'Which machine checks are reported.'),
  row(0x186, 'IA32_PERFEVTSEL0', 'What performance counter 0 counts.'),
  row(0x198, 'IA32_PERF_STATUS', 'Frequency at present.', undefined, true),
  row(0x199, 'IA32_PERF_CTL', 'Frequency wanted.'),
  row(0x19a, 'IA32_CLOCK_MODULATION', 'Duty cycle of the clock.'),
  row(0x19b, 'IA32_THERM_INTERRUPT', 'Which temperature changes interrupt.'),
  row(0x19c, 'IA32_THERM_STATUS', 'Temperature.'),
  row(0x1a0, 'IA32_MISC_ENABLE', 'Features that can be switched off.', miscEnableLayout),
  row(0x1b0, 'IA32_ENERGY_PERF_BIAS', 'Whether to save energy or time.'),
  row(0x1d9, 'IA32_DEBUGCTL', 'Branch records and branch stepping.', debugctlLayout),
  row(0x1f2, 'IA32_SMRR_PHYSBASE', 'System-management range: base.'),
  row(0x1f3, 'IA32_SMRR_PHYSMASK', 'System-management range: mask.'),
  ...fixedMtrrs,
  row(0x277, 'IA32_PAT', 'Memory type of each of eight PAT indexes.', patLayout),
  row(0x2ff, 'IA32_MTRR_DEF_TYPE', 'Whether MTRRs count, and the type outside them.', mtrrDefTypeLayout),
  row(0x309, 'IA32_FIXED_CTR0', 'Counts retired instructions.'),
  row(0x345, 'IA32_PERF_CAPABILITIES', 'What performance monitoring can do.', undefined, true),
  row(0x38d, 'IA32_FIXED_CTR_CTRL', 'Which fixed counters run.'),
  row(0x38e, 'IA32_PERF_GLOBAL_STATUS', 'Which counters overflowed.', undefined, true),
  row(0x38f, 'IA32_PERF_GLOBAL_CTRL', 'Which counters run.'),
  row(0x390, 'IA32_PERF_GLOBAL_OVF_CTRL', 'Clears overflow bits.'),
  row(0x3f1, 'IA32_PEBS_ENABLE', 'Precise event sampling.'),
  row(
    0x480,
    'IA32_VMX_BASIC',
    'Revision identifier, region size and memory type of VMX structures.',
    vmxBasicLayout,
    true,
  ),
  row(0x481, 'IA32_VMX_PINBASED_CTLS', `Default ${trueControls} pin-based controls.`, vmxControlCapabilityLayout, true),
  row(
    0x482,
    'IA32_VMX_PROCBASED_CTLS',
    `Default ${trueControls} primary processor-based controls.`,
    vmxControlCapabilityLayout,
    true,
  ),
  row(
    0x483,
    'IA32_VMX_EXIT_CTLS',
    `Default ${trueControls} primary VM-exit controls.`,
    vmxControlCapabilityLayout,
    true,
  ),
  row(0x484, 'IA32_VMX_ENTRY_CTLS', `Default ${trueControls} VM-entry controls.`, vmxControlCapabilityLayout, true),
  row(
    0x485,
    'IA32_VMX_MISC',
    'Timer rate, activity states, CR3-target count and other VMX facts.',
    vmxMiscLayout,
    true,
  ),
  row(0x486, 'IA32_VMX_CR0_FIXED0', 'Bits of CR0 that are 1 here must be 1 in VMX operation.', undefined, true),
  row(0x487, 'IA32_VMX_CR0_FIXED1', 'Bits of CR0 that are 0 here must be 0 in VMX operation.', undefined, true),
  row(0x488, 'IA32_VMX_CR4_FIXED0', 'Bits of CR4 that are 1 here must be 1 in VMX operation.', undefined, true),
  row(0x489, 'IA32_VMX_CR4_FIXED1', 'Bits of CR4 that are 0 here must be 0 in VMX operation.', undefined, true),
  row(0x48a, 'IA32_VMX_VMCS_ENUM', 'Highest index of a VMCS field.', vmxVmcsEnumLayout, true),
  row(
    0x48b,
    'IA32_VMX_PROCBASED_CTLS2',
    'Allowed settings of the secondary processor-based controls.',
    vmxControlCapabilityLayout,
    true,
  ),
  row(0x48c, 'IA32_VMX_EPT_VPID_CAP', 'What EPT and VPID can do.', vmxEptVpidCapLayout, true),
  row(
    0x48d,
    'IA32_VMX_TRUE_PINBASED_CTLS',
    'Allowed settings of the pin-based controls.',
    vmxControlCapabilityLayout,
    true,
  ),
  row(
    0x48e,
    'IA32_VMX_TRUE_PROCBASED_CTLS',
    'Allowed settings of the primary processor-based controls.',
    vmxControlCapabilityLayout,
    true,
  ),
  row(
    0x48f,
    'IA32_VMX_TRUE_EXIT_CTLS',
    'Allowed settings of the primary VM-exit controls.',
    vmxControlCapabilityLayout,
    true,
  ),
  row(
    0x490,
    'IA32_VMX_TRUE_ENTRY_CTLS',
    'Allowed settings of the VM-entry controls.',
    vmxControlCapabilityLayout,
    true,
  ),
  row(0x491, 'IA32_VMX_VMFUNC', 'VM functions that may be enabled.', vmFunctionLayout, true),
  row(0x492, 'IA32_VMX_PROCBASED_CTLS3', 'Tertiary processor-based controls that may be 1.', undefined, true),
  row(0x493, 'IA32_VMX_EXIT_CTLS2', 'Secondary VM-exit controls that may be 1.', undefined, true),
  row(0x600, 'IA32_DS_AREA', 'Address of the debug-store area.'),
  row(0x6a0, 'IA32_U_CET', 'Control-flow enforcement for user mode.', cetLayout),
  row(0x6a2, 'IA32_S_CET', 'Control-flow enforcement for supervisor mode.', cetLayout),
  row(0x6a4, 'IA32_PL0_SSP', 'Shadow stack for entries to CPL 0.'),
  row(0x6a5, 'IA32_PL1_SSP', 'Shadow stack for entries to CPL 1.'),
  row(0x6a6, 'IA32_PL2_SSP', 'Shadow stack for entries to CPL 2.'),
  row(0x6a7, 'IA32_PL3_SSP', 'Shadow stack of CPL 3.'),
  row(0x6a8, 'IA32_INTERRUPT_SSP_TABLE_ADDR', 'Table of shadow stacks for interrupts.'),
  row(0x6e0, 'IA32_TSC_DEADLINE', 'The local APIC interrupts when the time-stamp counter reaches this.'),
  row(0x6e1, 'IA32_PKRS', 'Rights of the protection keys of supervisor pages.'),
  row(0xda0, 'IA32_XSS', 'Supervisor state that XSAVES manages.'),
] as const;

/** The x2APIC's registers: MSR 800H plus the offset of the memory-mapped register divided by 16. */
const x2apic = [
  row(0x802, 'IA32_X2APIC_APICID', 'Number of this local APIC.', undefined, true),
  row(0x803, 'IA32_X2APIC_VERSION', 'Version and number of local vectors.', undefined, true),
  row(0x808, 'IA32_X2APIC_TPR', 'Task priority.'),
  row(0x80a, 'IA32_X2APIC_PPR', 'Processor priority.', undefined, true),
  row(0x80b, 'IA32_X2APIC_EOI', 'Writing 0 ends the interrupt in service.'),
  row(0x80d, 'IA32_X2APIC_LDR', 'Logical destination.', undefined, true),
  row(0x80f, 'IA32_X2APIC_SIVR', 'Spurious-interrupt vector and software enable.'),
  row(0x828, 'IA32_X2APIC_ESR', 'Errors.'),
  row(0x82f, 'IA32_X2APIC_LVT_CMCI', 'Local vector: corrected machine checks.'),
  row(0x830, 'IA32_X2APIC_ICR', 'Sends an interprocessor interrupt.'),
  row(0x832, 'IA32_X2APIC_LVT_TIMER', 'Local vector: timer.'),
  row(0x833, 'IA32_X2APIC_LVT_THERMAL', 'Local vector: temperature.'),
  row(0x834, 'IA32_X2APIC_LVT_PMI', 'Local vector: performance counters.'),
  row(0x835, 'IA32_X2APIC_LVT_LINT0', 'Local vector: pin LINT0.'),
  row(0x836, 'IA32_X2APIC_LVT_LINT1', 'Local vector: pin LINT1.'),
  row(0x837, 'IA32_X2APIC_LVT_ERROR', 'Local vector: errors.'),
  row(0x838, 'IA32_X2APIC_INIT_COUNT', 'Timer: initial count.'),
  row(0x839, 'IA32_X2APIC_CUR_COUNT', 'Timer: current count.', undefined, true),
  row(0x83e, 'IA32_X2APIC_DIV_CONF', 'Timer: divider.'),
  row(0x83f, 'IA32_X2APIC_SELF_IPI', 'Interrupts this processor itself.'),
] as const;

const high = [
  row(0xc000_0080, 'IA32_EFER', 'Extended features: SYSCALL, long mode, NX.', eferLayout),
  row(0xc000_0081, 'IA32_STAR', 'Segments of SYSCALL and SYSRET.', starLayout),
  row(0xc000_0082, 'IA32_LSTAR', 'Entry point of SYSCALL in 64-bit mode.'),
  row(0xc000_0083, 'IA32_CSTAR', 'Entry point of SYSCALL in compatibility mode (AMD).'),
  row(0xc000_0084, 'IA32_FMASK', 'Flags that SYSCALL clears.'),
  row(0xc000_0100, 'IA32_FS_BASE', 'Base of FS in 64-bit mode.'),
  row(0xc000_0101, 'IA32_GS_BASE', 'Base of GS in 64-bit mode.'),
  row(0xc000_0102, 'IA32_KERNEL_GS_BASE', 'What SWAPGS exchanges with the base of GS.'),
  row(0xc000_0103, 'IA32_TSC_AUX', 'Number that RDTSCP and RDPID give.'),
  row(0xc001_0010, 'SYSCFG', 'Memory configuration (AMD).'),
  row(0xc001_0015, 'HWCR', 'Hardware configuration (AMD).'),
  row(0xc001_0114, 'VM_CR', 'Whether SVM is locked out (AMD).', [
    flag(0, 'DPD', 'Debug port is off.'),
    flag(1, 'R_INIT', 'INIT is redirected.'),
    flag(2, 'DIS_A20M', 'A20 masking is off.'),
    flag(3, 'LOCK', 'SVMDIS cannot be changed.'),
    flag(4, 'SVMDIS', 'EFER.SVME cannot be set.'),
  ]),
  row(0xc001_0117, 'VM_HSAVE_PA', 'Physical address of the host save area (AMD).'),
] as const;

const fixed = [...architectural, ...x2apic, ...high] as const;

/** Name of an MSR that code refers to. */
export type MsrName = (typeof fixed)[number]['name'];

/** Variable MTRRs: eight pairs. */
const variableMtrrs: readonly Msr[] = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => [
  row(0x200 + 2 * n, `IA32_MTRR_PHYSBASE${n}`, `Variable range ${n}: base and type.`, mtrrPhysBaseLayout),
  row(0x201 + 2 * n, `IA32_MTRR_PHYSMASK${n}`, `Variable range ${n}: mask and valid bit.`, mtrrPhysMaskLayout),
]);

/** Machine-check banks as far as the memory of this table goes: four. */
const machineCheckBanks: readonly Msr[] = [0, 1, 2, 3].flatMap((n) => [
  row(0x400 + 4 * n, `IA32_MC${n}_CTL`, `Machine-check bank ${n}: what is reported.`),
  row(0x401 + 4 * n, `IA32_MC${n}_STATUS`, `Machine-check bank ${n}: the error.`),
  row(0x402 + 4 * n, `IA32_MC${n}_ADDR`, `Machine-check bank ${n}: its address.`),
  row(0x403 + 4 * n, `IA32_MC${n}_MISC`, `Machine-check bank ${n}: more of it.`),
]);

/** Registers of 256 bits that the x2APIC shows as eight MSRs each. */
const interruptRegisters: readonly Msr[] = [
  { base: 0x810, name: 'ISR', what: 'in service' },
  { base: 0x818, name: 'TMR', what: 'level-triggered' },
  { base: 0x820, name: 'IRR', what: 'requested' },
].flatMap(({ base, name, what }) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    row(
      base + n,
      `IA32_X2APIC_${name}${n}`,
      `Interrupts ${what}: vectors ${32 * n} to ${32 * n + 31}.`,
      undefined,
      true,
    ),
  ),
);

/** All MSRs, by index. */
export const msrs: readonly Msr[] = [...fixed, ...variableMtrrs, ...machineCheckBanks, ...interruptRegisters].sort(
  (a, b) => a.index - b.index,
);

/** Index by name: `MsrIndex.IA32_EFER` is C0000080H. */
export const MsrIndex = Object.fromEntries(fixed.map((m) => [m.name, m.index])) as Readonly<Record<MsrName, number>>;

const byIndex = new Map(msrs.map((m) => [m.index, m]));

/** The MSR of an index; undefined where the table has none. */
export function msrOf(index: number): Msr | undefined {
  return byIndex.get(index >>> 0);
}

/** Name of an MSR, `MSR 0x…` where the table has none. */
export function msrName(index: number): string {
  return byIndex.get(index >>> 0)?.name ?? `MSR 0x${(index >>> 0).toString(16)}`;
}
