/** Control registers, EFER, debug registers, flags and MXCSR: their bits (SDM 1 3.4.3, 10.2.3; SDM 3A 2.3, 2.5, 2.6, 17.2). */
import { type BitLayout, field, fixedOnes, flag } from './bit-fields';

/** Masks of CR0 by the manual's names. */
export const Cr0 = {
  PE: 1 << 0,
  MP: 1 << 1,
  EM: 1 << 2,
  TS: 1 << 3,
  ET: 1 << 4,
  NE: 1 << 5,
  WP: 1 << 16,
  AM: 1 << 18,
  NW: 1 << 29,
  CD: 1 << 30,
  /** Positive, unlike `1 << 31`. */
  PG: 0x8000_0000,
} as const;

export const cr0Layout: BitLayout = [
  flag(0, 'PE', 'Protected mode.'),
  flag(1, 'MP', 'WAIT heeds TS.'),
  flag(2, 'EM', 'No x87: its instructions raise #NM, those of SSE #UD.'),
  flag(3, 'TS', 'A task switch left another task’s x87 and SSE state in place: the next use raises #NM.'),
  flag(4, 'ET', 'The x87 is of the 387 kind; always 1.'),
  flag(5, 'NE', 'x87 errors raise #MF; with a 0 they go through the interrupt controller.'),
  flag(16, 'WP', 'The kernel too cannot write read-only pages.'),
  flag(18, 'AM', 'RFLAGS.AC switches alignment checks on at CPL 3.'),
  flag(29, 'NW', 'Not write-through.'),
  flag(30, 'CD', 'Caches are not filled.'),
  flag(31, 'PG', 'Paging.'),
];

/** Bits of CR3; with CR4.PCIDE the low twelve are the process-context identifier. */
export const cr3Layout: BitLayout = [
  flag(3, 'PWT', 'The top table is cached write-through.'),
  flag(4, 'PCD', 'The top table is not cached.'),
  field(12, 51, 'table', 'Physical page number of the top paging structure.'),
  flag(61, 'LAM_U57', 'User pointers may carry metadata in bits 62:57.'),
  flag(62, 'LAM_U48', 'User pointers may carry metadata in bits 62:48.'),
];

/** Masks of CR4 by the manual's names. */
export const Cr4 = {
  VME: 1 << 0,
  PVI: 1 << 1,
  TSD: 1 << 2,
  DE: 1 << 3,
  PSE: 1 << 4,
  PAE: 1 << 5,
  MCE: 1 << 6,
  PGE: 1 << 7,
  PCE: 1 << 8,
  OSFXSR: 1 << 9,
  OSXMMEXCPT: 1 << 10,
  UMIP: 1 << 11,
  LA57: 1 << 12,
  VMXE: 1 << 13,
  SMXE: 1 << 14,
  FSGSBASE: 1 << 16,
  PCIDE: 1 << 17,
  OSXSAVE: 1 << 18,
  KL: 1 << 19,
  SMEP: 1 << 20,
  SMAP: 1 << 21,
  PKE: 1 << 22,
  CET: 1 << 23,
  PKS: 1 << 24,
  UINTR: 1 << 25,
  LASS: 1 << 27,
  LAM_SUP: 1 << 28,
} as const;

export const cr4Layout: BitLayout = [
  flag(0, 'VME', 'Virtual-8086 mode has a virtual interrupt flag.'),
  flag(1, 'PVI', 'Protected mode has a virtual interrupt flag.'),
  flag(2, 'TSD', 'RDTSC and RDTSCP need CPL 0.'),
  flag(3, 'DE', 'I/O breakpoints; DR4 and DR5 raise #UD.'),
  flag(4, 'PSE', '4-MByte pages in 32-bit paging.'),
  flag(5, 'PAE', 'Paging entries are 64 bits wide.'),
  flag(6, 'MCE', 'Machine checks raise #MC.'),
  flag(7, 'PGE', 'Global pages survive loads of CR3.'),
  flag(8, 'PCE', 'RDPMC works at every CPL.'),
  flag(9, 'OSFXSR', 'The system saves SSE state: SSE instructions work.'),
  flag(10, 'OSXMMEXCPT', 'The system handles #XM.'),
  flag(11, 'UMIP', 'SGDT, SIDT, SLDT, SMSW and STR need CPL 0.'),
  flag(12, 'LA57', 'Linear addresses have 57 bits, paging five levels.'),
  flag(13, 'VMXE', 'VMX may be used.'),
  flag(14, 'SMXE', 'GETSEC may be used.'),
  flag(16, 'FSGSBASE', 'RDFSBASE, WRFSBASE and their like work.'),
  flag(17, 'PCIDE', 'TLB entries carry the process-context identifier in CR3[11:0].'),
  flag(18, 'OSXSAVE', 'XSAVE and XGETBV work.'),
  flag(19, 'KL', 'Key Locker instructions work.'),
  flag(20, 'SMEP', 'The kernel cannot execute user pages.'),
  flag(21, 'SMAP', 'The kernel cannot access user pages while RFLAGS.AC is 0.'),
  flag(22, 'PKE', 'Protection keys restrict user pages.'),
  flag(23, 'CET', 'Shadow stacks and indirect-branch tracking may be used.'),
  flag(24, 'PKS', 'Protection keys restrict supervisor pages.'),
  flag(25, 'UINTR', 'User interrupts.'),
  flag(27, 'LASS', 'Linear addresses are split between user and kernel without a page walk.'),
  flag(28, 'LAM_SUP', 'Kernel pointers may carry metadata.'),
];

export const cr8Layout: BitLayout = [
  field(0, 3, 'TPL', 'Task-priority level: interrupts of lower or equal priority class wait.'),
];

/** Masks of IA32_EFER (C0000080H). */
export const Efer = {
  SCE: 1 << 0,
  LME: 1 << 8,
  LMA: 1 << 10,
  NXE: 1 << 11,
  SVME: 1 << 12,
  LMSLE: 1 << 13,
  FFXSR: 1 << 14,
} as const;

export const eferLayout: BitLayout = [
  flag(0, 'SCE', 'SYSCALL and SYSRET work.'),
  flag(8, 'LME', 'Paging switches IA-32e (long) mode on.'),
  flag(10, 'LMA', 'IA-32e (long) mode is active; read-only.'),
  flag(11, 'NXE', 'Bit 63 of paging entries forbids execution.'),
  flag(12, 'SVME', 'SVM may be used (AMD).'),
  flag(13, 'LMSLE', 'Segment limits in 64-bit mode (AMD).'),
  flag(14, 'FFXSR', 'FXSAVE skips the XMM registers at CPL 0 (AMD).'),
];

/** Masks of RFLAGS. */
export const Rflags = {
  CF: 1 << 0,
  PF: 1 << 2,
  AF: 1 << 4,
  ZF: 1 << 6,
  SF: 1 << 7,
  TF: 1 << 8,
  IF: 1 << 9,
  DF: 1 << 10,
  OF: 1 << 11,
  IOPL: 3 << 12,
  NT: 1 << 14,
  RF: 1 << 16,
  VM: 1 << 17,
  AC: 1 << 18,
  VIF: 1 << 19,
  VIP: 1 << 20,
  ID: 1 << 21,
} as const;

export const rflagsLayout: BitLayout = [
  flag(0, 'CF', 'Carry or borrow out of the highest bit.'),
  fixedOnes(1, 1),
  flag(2, 'PF', 'The low byte of the result has an even number of 1s.'),
  flag(4, 'AF', 'Carry or borrow out of bit 3.'),
  flag(6, 'ZF', 'The result is zero.'),
  flag(7, 'SF', 'The highest bit of the result.'),
  flag(8, 'TF', 'A debug exception follows each instruction.'),
  flag(9, 'IF', 'Hardware interrupts are taken.'),
  flag(10, 'DF', 'String instructions go downwards.'),
  flag(11, 'OF', 'The signed result does not fit.'),
  field(12, 13, 'IOPL', 'Highest CPL that may do I/O, CLI and STI.'),
  flag(14, 'NT', 'The task is nested in another: IRET goes back to it.'),
  flag(16, 'RF', 'The next instruction ignores instruction breakpoints.'),
  flag(17, 'VM', 'Virtual-8086 mode.'),
  flag(18, 'AC', 'Alignment checks at CPL 3; lets the kernel access user pages under SMAP.'),
  flag(19, 'VIF', 'Virtual interrupt flag.'),
  flag(20, 'VIP', 'A virtual interrupt is pending.'),
  flag(21, 'ID', 'Can be changed where CPUID exists.'),
];

/** Masks of DR6. */
export const Dr6 = {
  B0: 1 << 0,
  B1: 1 << 1,
  B2: 1 << 2,
  B3: 1 << 3,
  BLD: 1 << 11,
  BD: 1 << 13,
  BS: 1 << 14,
  BT: 1 << 15,
  RTM: 1 << 16,
} as const;

/** DR6 after reset: the bits that read as 1. */
export const DR6_RESET = 0xffff_0ff0;
/** DR7 after reset: bit 10 reads as 1. */
export const DR7_RESET = 0x0000_0400;

export const dr6Layout: BitLayout = [
  flag(0, 'B0', 'The breakpoint in DR0 was met.'),
  flag(1, 'B1', 'The breakpoint in DR1 was met.'),
  flag(2, 'B2', 'The breakpoint in DR2 was met.'),
  flag(3, 'B3', 'The breakpoint in DR3 was met.'),
  fixedOnes(4, 10),
  field(11, 11, 'BLD', 'No bus lock was detected.', { 0: 'bus lock', 1: 'none' }),
  flag(13, 'BD', 'A debug register was accessed under general detect.'),
  flag(14, 'BS', 'Single step.'),
  flag(15, 'BT', 'A task switch to a task with its T bit set.'),
  field(16, 16, 'RTM', 'Not inside a transactional region.', { 0: 'in a transaction', 1: 'none' }),
  fixedOnes(17, 31),
];

const breakOn = { 0: 'execution', 1: 'write', 2: 'I/O', 3: 'read or write' };
const breakLength = { 0: '1 byte', 1: '2 bytes', 2: '8 bytes', 3: '4 bytes' };

export const dr7Layout: BitLayout = [
  ...[0, 1, 2, 3].flatMap((n) => [
    flag(2 * n, `L${n}`, `Breakpoint ${n} is on until the next task switch.`),
    flag(2 * n + 1, `G${n}`, `Breakpoint ${n} is on.`),
  ]),
  flag(8, 'LE', 'Exact breakpoints, local; without effect today.'),
  flag(9, 'GE', 'Exact breakpoints, global; without effect today.'),
  fixedOnes(10, 10),
  flag(11, 'RTM', 'Debugging of transactional regions.'),
  flag(13, 'GD', 'Accesses to debug registers raise #DB.'),
  ...[0, 1, 2, 3].flatMap((n) => [
    field(16 + 4 * n, 17 + 4 * n, `R/W${n}`, `What breakpoint ${n} watches.`, breakOn),
    field(18 + 4 * n, 19 + 4 * n, `LEN${n}`, `Size of what breakpoint ${n} watches.`, breakLength),
  ]),
];

export const debugctlLayout: BitLayout = [
  flag(0, 'LBR', 'Branches are recorded.'),
  flag(1, 'BTF', 'TF steps to the next branch instead of the next instruction.'),
  flag(2, 'BLD', 'Bus locks raise #DB.'),
  flag(6, 'TR', 'Branch trace messages are sent.'),
  flag(7, 'BTS', 'Branch trace messages go to memory.'),
  flag(8, 'BTINT', 'A full branch trace buffer interrupts.'),
  flag(9, 'BTS_OFF_OS', 'No branch trace at CPL 0.'),
  flag(10, 'BTS_OFF_USR', 'No branch trace above CPL 0.'),
  flag(11, 'FREEZE_LBRS_ON_PMI', 'Branch records stop at a counter overflow.'),
  flag(12, 'FREEZE_PERFMON_ON_PMI', 'Counters stop at a counter overflow.'),
  flag(13, 'ENABLE_UNCORE_PMI', 'Uncore counters may interrupt.'),
  flag(14, 'FREEZE_WHILE_SMM', 'Counters and tracing stop in system-management mode.'),
  flag(15, 'RTM_DEBUG', 'Debugging of transactional regions.'),
];

/** Page-fault error code (SDM 3A 4.7). */
export const pageFaultErrorCodeLayout: BitLayout = [
  field(0, 0, 'P', 'Why.', { 0: 'not present', 1: 'protection' }),
  field(1, 1, 'W/R', 'Access.', { 0: 'read', 1: 'write' }),
  field(2, 2, 'U/S', 'Who.', { 0: 'supervisor', 1: 'user' }),
  flag(3, 'RSVD', 'A reserved bit was set in a paging entry.'),
  flag(4, 'I/D', 'The access was an instruction fetch.'),
  flag(5, 'PK', 'A protection key forbade it.'),
  flag(6, 'SS', 'The access was to a shadow stack.'),
  flag(7, 'HLAT', 'Hypervisor-managed linear-address translation met it.'),
  flag(15, 'SGX', 'An SGX rule forbade it.'),
];

/** Error code that names a selector (SDM 3A 6.13). */
export const selectorErrorCodeLayout: BitLayout = [
  flag(0, 'EXT', 'An event from outside the program was being delivered.'),
  flag(1, 'IDT', 'The index is that of an IDT gate.'),
  field(2, 2, 'TI', 'Which table, where IDT is 0.', { 0: 'GDT', 1: 'LDT' }),
  field(3, 15, 'index', 'Index of the descriptor or gate.'),
];

/** SSE control and status (SDM 1 10.2.3). */
export const mxcsrLayout: BitLayout = [
  flag(0, 'IE', 'Invalid operation happened.'),
  flag(1, 'DE', 'A denormal operand was met.'),
  flag(2, 'ZE', 'Division by zero happened.'),
  flag(3, 'OE', 'Overflow happened.'),
  flag(4, 'UE', 'Underflow happened.'),
  flag(5, 'PE', 'A result was rounded.'),
  flag(6, 'DAZ', 'Denormal operands count as zero.'),
  flag(7, 'IM', 'Invalid operation is masked.'),
  flag(8, 'DM', 'Denormal operand is masked.'),
  flag(9, 'ZM', 'Division by zero is masked.'),
  flag(10, 'OM', 'Overflow is masked.'),
  flag(11, 'UM', 'Underflow is masked.'),
  flag(12, 'PM', 'Rounding is masked.'),
  field(13, 14, 'RC', 'Rounding.', { 0: 'to nearest', 1: 'down', 2: 'up', 3: 'toward zero' }),
  flag(15, 'FZ', 'Results that would be denormal become zero.'),
];

/** x87 control word (SDM 1 8.1.5). */
export const x87ControlWordLayout: BitLayout = [
  flag(0, 'IM', 'Invalid operation is masked.'),
  flag(1, 'DM', 'Denormal operand is masked.'),
  flag(2, 'ZM', 'Division by zero is masked.'),
  flag(3, 'OM', 'Overflow is masked.'),
  flag(4, 'UM', 'Underflow is masked.'),
  flag(5, 'PM', 'Rounding is masked.'),
  field(8, 9, 'PC', 'Precision.', { 0: '24 bits', 2: '53 bits', 3: '64 bits' }),
  field(10, 11, 'RC', 'Rounding.', { 0: 'to nearest', 1: 'down', 2: 'up', 3: 'toward zero' }),
  flag(12, 'X', 'Infinity control of the 287; without effect today.'),
];

/** x87 status word (SDM 1 8.1.3). */
export const x87StatusWordLayout: BitLayout = [
  flag(0, 'IE', 'Invalid operation happened.'),
  flag(1, 'DE', 'A denormal operand was met.'),
  flag(2, 'ZE', 'Division by zero happened.'),
  flag(3, 'OE', 'Overflow happened.'),
  flag(4, 'UE', 'Underflow happened.'),
  flag(5, 'PE', 'A result was rounded.'),
  flag(6, 'SF', 'The invalid operation was a stack fault.'),
  flag(7, 'ES', 'An unmasked exception is pending.'),
  flag(8, 'C0', 'Condition code 0.'),
  flag(9, 'C1', 'Condition code 1: stack overflow, or rounded up.'),
  flag(10, 'C2', 'Condition code 2.'),
  field(11, 13, 'TOP', 'Number of the register that is ST0.'),
  flag(14, 'C3', 'Condition code 3.'),
  flag(15, 'B', 'Busy: the same as ES.'),
];

/** XCR0: state components that XSAVE manages (SDM 1 13.3). */
export const xcr0Layout: BitLayout = [
  flag(0, 'x87', 'x87 state; always 1.'),
  flag(1, 'SSE', 'XMM registers and MXCSR.'),
  flag(2, 'AVX', 'Upper halves of the YMM registers.'),
  flag(3, 'BNDREGS', 'MPX bound registers.'),
  flag(4, 'BNDCSR', 'MPX configuration.'),
  flag(5, 'opmask', 'AVX-512 mask registers.'),
  flag(6, 'ZMM_Hi256', 'Upper halves of ZMM0 to ZMM15.'),
  flag(7, 'Hi16_ZMM', 'ZMM16 to ZMM31.'),
  flag(9, 'PKRU', 'Rights of the protection keys of user pages.'),
  flag(17, 'TILECFG', 'AMX tile configuration.'),
  flag(18, 'TILEDATA', 'AMX tiles.'),
  flag(19, 'APX', 'APX general registers R16 to R31.'),
];
