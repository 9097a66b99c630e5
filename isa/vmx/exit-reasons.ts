/** Basic exit reasons: bits 15:0 of the exit-reason field (SDM 3C 24.9.1, 25.1, appendix C). */
import { type BitLayout, field, flag } from '../bit-fields';

/** Which layout the exit qualification has for a reason (isa/vmx/exit-qualifications). */
export type QualificationKind =
  | 'none'
  | 'sipi'
  | 'task-switch'
  | 'linear-address'
  | 'displacement'
  | 'cr-access'
  | 'mov-dr'
  | 'io'
  | 'mwait'
  | 'apic-access'
  | 'apic-write'
  | 'eoi-vector'
  | 'ept-violation'
  | 'entry-failure'
  | 'msr-list'
  | 'immediate-msr'
  | 'page-modification-log'
  | 'spp'
  | 'instruction-timeout'
  | 'event';

/** One basic exit reason. `Name` is how exit records, breakpoints and `--json` write it. */
export interface ExitReasonRow<Name extends string = string> {
  number: number;
  name: Name;
  /** One sentence: what the guest did or what happened. */
  summary: string;
  /**
   * What makes it exit: `always`, the name of a control bit (isa/vmx/controls), or a condition in words.
   * Where several may, they are listed.
   */
  causes: readonly string[];
  qualification: QualificationKind;
  /** The exit leaves after the instruction (trap-like): guest RIP is already that of the next one. */
  trapLike: boolean;
}

function row<Name extends string>(
  number: number,
  name: Name,
  causes: string | readonly string[],
  summary: string,
  qualification: QualificationKind = 'none',
  trapLike = false,
): ExitReasonRow<Name> {
  return { number, name, summary, causes: typeof causes === 'string' ? [causes] : causes, qualification, trapLike };
}

const always = 'always';

const rows = [
  row(
    0,
    'EXCEPTION_OR_NMI',
    ['exception bitmap', 'NMI exiting'],
    'The guest raised an exception whose bit in the exception bitmap is set, or an NMI arrived.',
    'event',
  ),
  row(1, 'EXTERNAL_INTERRUPT', 'external-interrupt exiting', 'A maskable hardware interrupt arrived.'),
  row(2, 'TRIPLE_FAULT', always, 'Delivering a double fault failed too.'),
  row(3, 'INIT_SIGNAL', always, 'An INIT signal arrived.'),
  row(4, 'START_UP_IPI', 'the vCPU was in the wait-for-SIPI state', 'A start-up IPI arrived.', 'sipi'),
  row(
    5,
    'IO_SMI',
    'an SMI under the dual-monitor treatment',
    'A system-management interrupt arrived right after an I/O instruction.',
  ),
  row(
    6,
    'OTHER_SMI',
    'an SMI under the dual-monitor treatment',
    'A system-management interrupt arrived, not after an I/O instruction.',
  ),
  row(
    7,
    'INTERRUPT_WINDOW',
    'interrupt-window exiting',
    'The guest became able to take an interrupt: RFLAGS.IF is 1 and nothing blocks.',
  ),
  row(8, 'NMI_WINDOW', 'NMI-window exiting', 'The guest became able to take an NMI.'),
  row(9, 'TASK_SWITCH', always, 'The guest tried a hardware task switch.', 'task-switch'),
  row(10, 'CPUID', always, 'The guest executed CPUID.'),
  row(11, 'GETSEC', always, 'The guest executed GETSEC.'),
  row(12, 'HLT', 'HLT exiting', 'The guest executed HLT.'),
  row(13, 'INVD', always, 'The guest executed INVD.'),
  row(14, 'INVLPG', 'INVLPG exiting', 'The guest executed INVLPG.', 'linear-address'),
  row(15, 'RDPMC', 'RDPMC exiting', 'The guest executed RDPMC.'),
  row(16, 'RDTSC', 'RDTSC exiting', 'The guest executed RDTSC.'),
  row(17, 'RSM', 'RSM in system-management mode', 'The guest executed RSM in system-management mode.'),
  row(18, 'VMCALL', always, 'The guest executed VMCALL, or the executive monitor called the SMM monitor.'),
  row(19, 'VMCLEAR', always, 'The guest executed VMCLEAR.', 'displacement'),
  row(20, 'VMLAUNCH', always, 'The guest executed VMLAUNCH.'),
  row(21, 'VMPTRLD', always, 'The guest executed VMPTRLD.', 'displacement'),
  row(22, 'VMPTRST', always, 'The guest executed VMPTRST.', 'displacement'),
  row(23, 'VMREAD', ['without VMCS shadowing', 'VMREAD bitmap'], 'The guest executed VMREAD.', 'displacement'),
  row(24, 'VMRESUME', always, 'The guest executed VMRESUME.'),
  row(25, 'VMWRITE', ['without VMCS shadowing', 'VMWRITE bitmap'], 'The guest executed VMWRITE.', 'displacement'),
  row(26, 'VMXOFF', always, 'The guest executed VMXOFF.'),
  row(27, 'VMXON', always, 'The guest executed VMXON.', 'displacement'),
  row(
    28,
    'CR_ACCESS',
    [
      'CR0 guest/host mask',
      'CR4 guest/host mask',
      'CR3-load exiting',
      'CR3-store exiting',
      'CR8-load exiting',
      'CR8-store exiting',
    ],
    'The guest accessed CR0, CR3, CR4 or CR8 by MOV, CLTS or LMSW in a way that the host reserved for itself.',
    'cr-access',
  ),
  row(29, 'MOV_DR', 'MOV-DR exiting', 'The guest executed MOV to or from a debug register.', 'mov-dr'),
  row(
    30,
    'IO_INSTRUCTION',
    ['unconditional I/O exiting', 'use I/O bitmaps'],
    'The guest executed IN, OUT, INS or OUTS on a port that exits.',
    'io',
  ),
  row(31, 'RDMSR', ['without use MSR bitmaps', 'use MSR bitmaps'], 'The guest executed RDMSR on an MSR that exits.'),
  row(32, 'WRMSR', ['without use MSR bitmaps', 'use MSR bitmaps'], 'The guest executed WRMSR on an MSR that exits.'),
  row(
    33,
    'ENTRY_FAILURE_GUEST_STATE',
    'a check of the guest-state area failed',
    'VM entry failed: the guest-state area did not pass its checks.',
    'entry-failure',
  ),
  row(
    34,
    'ENTRY_FAILURE_MSR_LOADING',
    'an entry of the VM-entry MSR-load list failed',
    'VM entry failed while loading MSRs.',
    'entry-failure',
  ),
  row(36, 'MWAIT', 'MWAIT exiting', 'The guest executed MWAIT.', 'mwait'),
  row(
    37,
    'MONITOR_TRAP_FLAG',
    ['monitor trap flag', 'an injected MTF event'],
    'One guest instruction was executed under the monitor trap flag.',
    'none',
    true,
  ),
  row(39, 'MONITOR', 'MONITOR exiting', 'The guest executed MONITOR.'),
  row(
    40,
    'PAUSE',
    ['PAUSE exiting', 'PAUSE-loop exiting'],
    'The guest executed PAUSE, or span too long in a PAUSE loop.',
  ),
  row(
    41,
    'ENTRY_FAILURE_MACHINE_CHECK',
    'a machine check during VM entry',
    'VM entry failed: a machine-check event occurred during it.',
  ),
  row(
    43,
    'TPR_BELOW_THRESHOLD',
    'use TPR shadow',
    'The guest’s task priority fell below the TPR threshold.',
    'none',
    true,
  ),
  row(44, 'APIC_ACCESS', 'virtualize APIC accesses', 'The guest accessed the APIC-access page.', 'apic-access'),
  row(
    45,
    'VIRTUALIZED_EOI',
    'virtual-interrupt delivery',
    'The guest ended a virtual interrupt whose bit in the EOI-exit bitmap is set.',
    'eoi-vector',
    true,
  ),
  row(
    46,
    'GDTR_IDTR_ACCESS',
    'descriptor-table exiting',
    'The guest executed LGDT, LIDT, SGDT or SIDT.',
    'displacement',
  ),
  row(47, 'LDTR_TR_ACCESS', 'descriptor-table exiting', 'The guest executed LLDT, LTR, SLDT or STR.', 'displacement'),
  row(
    48,
    'EPT_VIOLATION',
    'enable EPT',
    'The guest accessed a guest-physical address that the EPT does not map or does not allow.',
    'ept-violation',
  ),
  row(49, 'EPT_MISCONFIGURATION', 'enable EPT', 'A walk met an EPT entry whose bits are no valid combination.'),
  row(50, 'INVEPT', always, 'The guest executed INVEPT.', 'displacement'),
  row(51, 'RDTSCP', 'RDTSC exiting', 'The guest executed RDTSCP.'),
  row(52, 'VMX_PREEMPTION_TIMER', 'activate VMX-preemption timer', 'The VMX-preemption timer counted down to zero.'),
  row(53, 'INVVPID', always, 'The guest executed INVVPID.', 'displacement'),
  row(54, 'WBINVD', 'WBINVD exiting', 'The guest executed WBINVD or WBNOINVD.'),
  row(55, 'XSETBV', always, 'The guest executed XSETBV.'),
  row(
    56,
    'APIC_WRITE',
    'APIC-register virtualization',
    'The guest wrote a register of the virtual-APIC page that the VMM has to act on.',
    'apic-write',
    true,
  ),
  row(57, 'RDRAND', 'RDRAND exiting', 'The guest executed RDRAND.'),
  row(58, 'INVPCID', 'INVLPG exiting', 'The guest executed INVPCID.', 'displacement'),
  row(59, 'VMFUNC', 'enable VM functions', 'The guest called a VM function that is not enabled or failed.'),
  row(60, 'ENCLS', 'enable ENCLS exiting', 'The guest executed an ENCLS leaf that exits.'),
  row(61, 'RDSEED', 'RDSEED exiting', 'The guest executed RDSEED.'),
  row(
    62,
    'PAGE_MODIFICATION_LOG_FULL',
    'enable PML',
    'A page was about to be logged as modified and the log was full.',
    'page-modification-log',
  ),
  row(63, 'XSAVES', 'XSS-exiting bitmap', 'The guest executed XSAVES for a state component that exits.'),
  row(64, 'XRSTORS', 'XSS-exiting bitmap', 'The guest executed XRSTORS for a state component that exits.'),
  row(65, 'PCONFIG', 'enable PCONFIG', 'The guest executed a PCONFIG leaf that exits.'),
  row(
    66,
    'SPP_EVENT',
    'sub-page write permissions for EPT',
    'A sub-page permission lookup missed or met a bad entry.',
    'spp',
  ),
  row(67, 'UMWAIT', 'RDTSC exiting', 'The guest executed UMWAIT.'),
  row(68, 'TPAUSE', 'RDTSC exiting', 'The guest executed TPAUSE.'),
  row(69, 'LOADIWKEY', 'LOADIWKEY exiting', 'The guest executed LOADIWKEY.'),
  row(70, 'ENCLV', 'enable ENCLV exiting', 'The guest executed an ENCLV leaf that exits.'),
  row(
    72,
    'ENQCMD_PASID_TRANSLATION_FAILURE',
    'PASID translation',
    'ENQCMD found no translation for the guest’s PASID.',
  ),
  row(
    73,
    'ENQCMDS_PASID_TRANSLATION_FAILURE',
    'PASID translation',
    'ENQCMDS found no translation for the guest’s PASID.',
  ),
  row(
    74,
    'BUS_LOCK',
    'VMM bus-lock detection',
    'The guest locked the bus; other exits may carry the fact in bit 26 of the exit reason.',
    'none',
    true,
  ),
  row(
    75,
    'INSTRUCTION_TIMEOUT',
    'instruction timeout',
    'No instruction boundary came within the time allowed.',
    'instruction-timeout',
  ),
  row(76, 'SEAMCALL', always, 'The guest executed SEAMCALL.'),
  row(77, 'TDCALL', always, 'The guest executed TDCALL.'),
  row(
    78,
    'RDMSRLIST',
    ['enable MSR-list instructions', 'use MSR bitmaps'],
    'The guest executed RDMSRLIST on an MSR that exits.',
    'msr-list',
  ),
  row(
    79,
    'WRMSRLIST',
    ['enable MSR-list instructions', 'use MSR bitmaps'],
    'The guest executed WRMSRLIST on an MSR that exits.',
    'msr-list',
  ),
  row(
    84,
    'RDMSR_IMMEDIATE',
    ['without use MSR bitmaps', 'use MSR bitmaps'],
    'The guest executed RDMSR with an immediate MSR index that exits.',
    'immediate-msr',
  ),
  row(
    85,
    'WRMSRNS_IMMEDIATE',
    ['without use MSR bitmaps', 'use MSR bitmaps'],
    'The guest executed WRMSRNS with an immediate MSR index that exits.',
    'immediate-msr',
  ),
] as const;

/** Name of a basic exit reason: `EPT_VIOLATION`. */
export type ExitReasonName = (typeof rows)[number]['name'];

/** All basic exit reasons, by number. */
export const exitReasons: readonly ExitReasonRow<ExitReasonName>[] = rows;

/** `EPT_VIOLATION` as `EptViolation`. */
type Pascal<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Lowercase<Head>>}${Pascal<Tail>}`
  : Capitalize<Lowercase<Name>>;

/** Numbers by name: `ExitReason.EptViolation` is 48. */
export const ExitReason = Object.fromEntries(
  rows.map((r) => [
    r.name
      .split('_')
      .map((part) => part[0] + part.slice(1).toLowerCase())
      .join(''),
    r.number,
  ]),
) as Readonly<Record<Pascal<ExitReasonName>, number>>;

const byNumber = new Map<number, ExitReasonRow<ExitReasonName>>(rows.map((r) => [r.number, r]));
const byName = new Map<string, ExitReasonRow<ExitReasonName>>(rows.map((r) => [r.name, r]));

/** The row of an exit-reason field (its bits 15:0); undefined where the manual has none. */
export function exitReasonOf(exitReason: number): ExitReasonRow<ExitReasonName> | undefined {
  return byNumber.get(exitReason & 0xffff);
}

/** The row with that name; undefined for any other text. */
export function exitReasonNamed(name: string): ExitReasonRow<ExitReasonName> | undefined {
  return byName.get(name);
}

/** Name of the basic exit reason, `REASON_n` where the manual has none. */
export function exitReasonName(exitReason: number): string {
  return exitReasonOf(exitReason)?.name ?? `REASON_${exitReason & 0xffff}`;
}

/** The whole 32-bit exit-reason field (SDM 3C table 24-16). */
export const exitReasonLayout: BitLayout = [
  field(0, 15, 'basic exit reason', 'Why the exit happened.', Object.fromEntries(rows.map((r) => [r.number, r.name]))),
  flag(25, 'busy shadow stack', 'The exit happened while a shadow stack was marked busy too early.'),
  flag(26, 'bus lock', 'The guest had locked the bus.'),
  flag(27, 'enclave mode', 'The guest was executing in an enclave.'),
  flag(28, 'pending MTF', 'A monitor-trap-flag exit was pending.'),
  flag(29, 'from VMX root operation', 'The exit came from root operation (SMM VM exits only).'),
  flag(31, 'VM-entry failure', 'Not an exit of a running guest: the VM entry itself failed.'),
];
