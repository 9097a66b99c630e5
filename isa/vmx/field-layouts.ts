/** Layouts of VMCS fields that are neither registers nor controls (SDM 3C 24.4.2, 24.6.3, 24.8.3, 24.9.2 to 24.9.4). */
import { type BitLayout, field, flag } from '../bit-fields';
import { exceptions } from '../exceptions';

/** Interruption types (VM-entry, VM-exit and IDT-vectoring information, bits 10:8). */
export const InterruptionType = {
  ExternalInterrupt: 0,
  NonMaskableInterrupt: 2,
  HardwareException: 3,
  SoftwareInterrupt: 4,
  PrivilegedSoftwareException: 5,
  SoftwareException: 6,
  OtherEvent: 7,
} as const;

/** VM-entry interruption-information, VM-exit interruption information and IDT-vectoring information. */
export const interruptionInformationLayout: BitLayout = [
  field(0, 7, 'vector', 'Vector of the event.'),
  field(8, 10, 'type', 'Kind of event.', {
    0: 'external interrupt',
    2: 'NMI',
    3: 'hardware exception',
    4: 'software interrupt',
    5: 'privileged software exception',
    6: 'software exception',
    7: 'other event',
  }),
  flag(11, 'error code', 'The event has an error code.'),
  flag(12, 'NMI unblocking due to IRET', 'The guest’s IRET had already ended NMI blocking.'),
  flag(13, 'nested exception', 'Under FRED: the event came while another was being delivered.'),
  flag(31, 'valid', 'There is such an event.'),
];

/** Guest interruptibility state (table 24-3). */
export const interruptibilityStateLayout: BitLayout = [
  flag(0, 'blocking by STI', 'The instruction before was STI.'),
  flag(1, 'blocking by MOV SS', 'The instruction before was MOV SS or POP SS.'),
  flag(2, 'blocking by SMI', 'System-management interrupts wait.'),
  flag(3, 'blocking by NMI', 'NMIs (virtual NMIs under that control) wait.'),
  flag(4, 'enclave interruption', 'The exit came while the guest executed in an enclave.'),
];

/** Guest activity states. */
export const ActivityState = { Active: 0, Hlt: 1, Shutdown: 2, WaitForSipi: 3 } as const;

export const activityStateLayout: BitLayout = [
  field(0, 31, 'state', 'What the vCPU does.', { 0: 'active', 1: 'HLT', 2: 'shutdown', 3: 'wait-for-SIPI' }),
];

/** Guest pending debug exceptions (table 24-4). */
export const pendingDebugExceptionsLayout: BitLayout = [
  flag(0, 'B0', 'The breakpoint in DR0 was met.'),
  flag(1, 'B1', 'The breakpoint in DR1 was met.'),
  flag(2, 'B2', 'The breakpoint in DR2 was met.'),
  flag(3, 'B3', 'The breakpoint in DR3 was met.'),
  flag(11, 'BLD', 'A bus lock was detected.'),
  flag(12, 'enabled breakpoint', 'At least one of the breakpoints met is enabled.'),
  flag(14, 'BS', 'Single step.'),
  flag(16, 'RTM', 'Inside a transactional region.'),
];

/** Exception bitmap: bit n is exception n. */
export const exceptionBitmapLayout: BitLayout = exceptions.map((e) => flag(e.vector, e.mnemonic, e.summary));

/** VM-function controls. */
export const vmFunctionLayout: BitLayout = [
  flag(0, 'EPTP switching', 'VMFUNC 0 loads an EPT pointer from the EPTP list.'),
];

/** IA32_S_CET and IA32_U_CET (SDM 3A 2.2.x; SDM 1 17). */
export const cetLayout: BitLayout = [
  flag(0, 'SH_STK_EN', 'Shadow stacks.'),
  flag(1, 'WR_SHSTK_EN', 'WRSS works.'),
  flag(2, 'ENDBR_EN', 'Indirect branches must land on ENDBR.'),
  flag(3, 'LEG_IW_EN', 'Legacy code regions without ENDBR are allowed.'),
  flag(4, 'NO_TRACK_EN', 'The NOTRACK prefix works.'),
  flag(5, 'SUPPRESS_DIS', 'Tracking is not suppressed in legacy regions.'),
  flag(10, 'SUPPRESS', 'Tracking is suppressed at present.'),
  flag(11, 'TRACKER', 'The next instruction has to be ENDBR.'),
  field(12, 63, 'EB_LEG_BITMAP_BASE', 'Page number of the bitmap of legacy code pages.'),
];
