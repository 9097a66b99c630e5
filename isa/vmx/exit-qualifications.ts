/** Exit qualifications: the layout for each kind of exit and what one says in words (SDM 3C 27.2.1, tables 27-1 to 27-8). */
import { type BitLayout, extract, field, flag, formatBits } from '../bit-fields';
import { describeEntryFailureQualification } from './entry-checks';
import { ExitReason, exitReasonOf, type QualificationKind } from './exit-reasons';

const generalRegisters = [
  'RAX',
  'RCX',
  'RDX',
  'RBX',
  'RSP',
  'RBP',
  'RSI',
  'RDI',
  'R8',
  'R9',
  'R10',
  'R11',
  'R12',
  'R13',
  'R14',
  'R15',
];
const registerNames = Object.fromEntries(generalRegisters.map((name, number) => [number, name]));

/** Debug exceptions (table 27-1). */
export const debugQualification: BitLayout = [
  flag(0, 'B0', 'The breakpoint in DR0 was met.'),
  flag(1, 'B1', 'The breakpoint in DR1 was met.'),
  flag(2, 'B2', 'The breakpoint in DR2 was met.'),
  flag(3, 'B3', 'The breakpoint in DR3 was met.'),
  flag(11, 'BLD', 'A bus lock was detected.'),
  flag(13, 'BD', 'A debug register was accessed under general detect.'),
  flag(14, 'BS', 'A single step, or a taken branch under BTF.'),
  flag(16, 'RTM', 'A debug exception inside a transactional region.'),
];

/** Task switches (table 27-2). */
export const taskSwitchQualification: BitLayout = [
  field(0, 15, 'TSS selector', 'Selector of the task-state segment to switch to.'),
  field(30, 31, 'source', 'What started the switch.', { 0: 'CALL', 1: 'IRET', 2: 'JMP', 3: 'task gate in IDT' }),
];

/** Control-register accesses (table 27-3). */
export const crAccessQualification: BitLayout = [
  field(0, 3, 'control register', 'Number of the control register; 0 for CLTS and LMSW.'),
  field(4, 5, 'access type', 'The instruction.', { 0: 'MOV to CR', 1: 'MOV from CR', 2: 'CLTS', 3: 'LMSW' }),
  flag(6, 'LMSW operand in memory', 'The source of LMSW is in memory.'),
  field(8, 11, 'register', 'General register of the MOV.', registerNames),
  field(16, 31, 'LMSW source data', 'What LMSW would load.'),
];

/** MOV DR (table 27-4). */
export const movDrQualification: BitLayout = [
  field(0, 2, 'debug register', 'Number of the debug register.'),
  field(4, 4, 'direction', 'Which way.', { 0: 'MOV to DR', 1: 'MOV from DR' }),
  field(8, 11, 'register', 'General register of the MOV.', registerNames),
];

/** I/O instructions (table 27-5). */
export const ioQualification: BitLayout = [
  field(0, 2, 'size of access', 'Bytes.', { 0: '1 byte', 1: '2 bytes', 3: '4 bytes' }),
  field(3, 3, 'direction', 'Which way.', { 0: 'OUT', 1: 'IN' }),
  flag(4, 'string instruction', 'INS or OUTS.'),
  flag(5, 'REP prefixed', 'With a REP prefix.'),
  field(6, 6, 'operand encoding', 'Where the port number stands.', { 0: 'DX', 1: 'immediate' }),
  field(16, 31, 'port number', 'The first port.'),
];

/** APIC accesses (table 27-6). */
export const apicAccessQualification: BitLayout = [
  field(0, 11, 'offset', 'Offset in the APIC-access page; undefined for accesses by guest-physical address.'),
  field(12, 15, 'access type', 'What accessed the page.', {
    0: 'linear read by an instruction',
    1: 'linear write by an instruction',
    2: 'linear instruction fetch',
    3: 'linear access during event delivery',
    4: 'linear access by monitoring hardware',
    10: 'guest-physical access during event delivery',
    11: 'guest-physical access by monitoring or trace hardware',
    15: 'guest-physical access by a fetch or an instruction',
  }),
  flag(16, 'asynchronous', 'Not part of executing an instruction or delivering an event.'),
];

/** EPT violations (table 27-7). */
export const eptViolationQualification: BitLayout = [
  flag(0, 'data read', 'The access was a data read.'),
  flag(1, 'data write', 'The access was a data write.'),
  flag(2, 'instruction fetch', 'The access was an instruction fetch.'),
  flag(3, 'readable', 'All EPT entries used allow reads.'),
  flag(4, 'writable', 'All EPT entries used allow writes.'),
  flag(
    5,
    'executable',
    'All EPT entries used allow fetches (of supervisor-mode code under mode-based execute control).',
  ),
  flag(6, 'user-mode executable', 'All EPT entries used allow fetches of user-mode code.'),
  flag(7, 'guest linear address valid', 'The guest-linear address field is valid.'),
  flag(
    8,
    'final translation',
    'The access was to the translation of a linear address; with a 0 it was to a paging structure.',
  ),
  flag(9, 'user-mode linear address', 'The guest’s tables make the linear address a user-mode one.'),
  flag(10, 'read/write page', 'The guest’s tables make the linear address writable.'),
  flag(11, 'execute-disable page', 'The guest’s tables make the linear address not executable.'),
  flag(12, 'NMI unblocking due to IRET', 'The guest’s IRET had already ended NMI blocking.'),
  flag(13, 'shadow-stack access', 'The access was to a shadow stack.'),
  flag(14, 'supervisor shadow-stack page', 'The EPT makes the page a supervisor shadow-stack page.'),
  flag(15, 'guest-paging verification', 'Guest-paging verification caused it.'),
  flag(16, 'asynchronous', 'Not part of executing an instruction or delivering an event.'),
];

const nmiUnblocking = flag(12, 'NMI unblocking due to IRET', 'The guest’s IRET had already ended NMI blocking.');

/** Layout by kind; kinds whose qualification is one plain number have none. */
export const qualificationLayouts: Readonly<Partial<Record<QualificationKind, BitLayout>>> = {
  'task-switch': taskSwitchQualification,
  'cr-access': crAccessQualification,
  'mov-dr': movDrQualification,
  io: ioQualification,
  'apic-access': apicAccessQualification,
  'ept-violation': eptViolationQualification,
  sipi: [field(0, 7, 'vector', 'Vector of the start-up IPI: the vCPU starts at vector × 4096.')],
  mwait: [flag(0, 'monitor armed', 'Address-range monitoring was armed.')],
  'apic-write': [field(0, 11, 'offset', 'Offset of the write in the virtual-APIC page.')],
  'eoi-vector': [field(0, 7, 'vector', 'Vector whose virtual interrupt ended.')],
  'page-modification-log': [
    nmiUnblocking,
    flag(16, 'asynchronous', 'Not part of executing an instruction or delivering an event.'),
  ],
  spp: [field(11, 11, 'SPP event', 'What happened.', { 0: 'misconfiguration', 1: 'miss' }), nmiUnblocking],
  'instruction-timeout': [
    flag(0, 'context invalid', 'The guest’s context in the VMCS cannot be trusted.'),
    nmiUnblocking,
  ],
};

/** What a qualification is about, beside the exit reason. */
export interface QualificationContext {
  /** Vector from the VM-exit interruption information, for reason 0. */
  vector?: number;
  /** Displacements and linear addresses are printed with that many bits. */
  addressSize?: 16 | 32 | 64;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** Field of `layout` by name. */
function bits(layout: BitLayout, name: string, value: bigint): number {
  return Number(extract(layout.find((f) => f.name === name)!, value));
}

function describeCrAccess(q: bigint): string {
  const number = bits(crAccessQualification, 'control register', q);
  const register = generalRegisters[bits(crAccessQualification, 'register', q)];
  switch (bits(crAccessQualification, 'access type', q)) {
    case 0:
      return `MOV to CR${number} from ${register}`;
    case 1:
      return `MOV from CR${number} to ${register}`;
    case 2:
      return 'CLTS';
    default: {
      const where = bits(crAccessQualification, 'LMSW operand in memory', q) ? 'memory' : 'a register';
      return `LMSW of ${hex(BigInt(bits(crAccessQualification, 'LMSW source data', q)))} from ${where}`;
    }
  }
}

function describeMovDr(q: bigint): string {
  const number = bits(movDrQualification, 'debug register', q);
  const register = generalRegisters[bits(movDrQualification, 'register', q)];
  return bits(movDrQualification, 'direction', q)
    ? `MOV from DR${number} to ${register}`
    : `MOV to DR${number} from ${register}`;
}

function describeIo(q: bigint): string {
  const size = bits(ioQualification, 'size of access', q) + 1;
  const input = bits(ioQualification, 'direction', q) === 1;
  const string = bits(ioQualification, 'string instruction', q) === 1;
  const repeat = bits(ioQualification, 'REP prefixed', q) === 1;
  const mnemonic = `${repeat ? 'REP ' : ''}${input ? (string ? 'INS' : 'IN') : string ? 'OUTS' : 'OUT'}`;
  const port = hex(BigInt(bits(ioQualification, 'port number', q)));
  const operand = bits(ioQualification, 'operand encoding', q) ? 'immediate' : 'DX';
  return `${mnemonic} ${size} byte${size === 1 ? '' : 's'} ${input ? 'from' : 'to'} port ${port} (${operand})`;
}

function describeTaskSwitch(q: bigint): string {
  const source = taskSwitchQualification[1]!.values!.find(
    (v) => BigInt(v.value) === extract(taskSwitchQualification[1]!, q),
  )!;
  return `task switch to TSS selector ${hex(extract(taskSwitchQualification[0]!, q))} by ${source.name}`;
}

function describeEptViolation(q: bigint): string {
  const has = (bit: number) => ((q >> BigInt(bit)) & 1n) === 1n;
  const access = [has(0) ? 'read' : '', has(1) ? 'write' : '', has(2) ? 'instruction fetch' : '']
    .filter(Boolean)
    .join(' and ');
  const allowed = [has(3) ? 'R' : '-', has(4) ? 'W' : '-', has(5) ? 'X' : '-'].join('');
  const entry = has(3) || has(4) || has(5) ? `the EPT allows ${allowed}` : 'the EPT does not map the page';
  // Bit 8 is defined only where bit 7 is 1.
  const where = !has(7)
    ? 'without a linear address'
    : has(8)
      ? 'of the page of a linear address'
      : 'of a guest paging structure';
  const extra = [
    has(12) ? 'NMI unblocking due to IRET' : '',
    has(13) ? 'shadow-stack access' : '',
    has(15) ? 'guest-paging verification' : '',
    has(16) ? 'asynchronous' : '',
  ].filter(Boolean);
  return [`${access || 'access'} ${where}: ${entry}`, ...extra].join('; ');
}

/**
 * What an exit qualification says, in words; empty where the reason has none.
 * @param exitReason the exit-reason field (bits 15:0 count)
 */
export function describeQualification(
  exitReason: number,
  qualification: bigint,
  context: QualificationContext = {},
): string {
  const row = exitReasonOf(exitReason);
  if (row === undefined) return qualification === 0n ? '' : hex(qualification);
  const q = BigInt.asUintN(64, qualification);
  switch (row.qualification) {
    case 'none':
      return '';
    case 'event':
      if (context.vector === 1) return `debug exception: ${formatBits(debugQualification, q)}`;
      if (context.vector === 14) return `page fault at linear address ${hex(q)}`;
      return '';
    case 'cr-access':
      return describeCrAccess(q);
    case 'mov-dr':
      return describeMovDr(q);
    case 'io':
      return describeIo(q);
    case 'task-switch':
      return describeTaskSwitch(q);
    case 'ept-violation':
      return describeEptViolation(q);
    case 'linear-address':
      return `linear address ${hex(q)}`;
    case 'displacement':
      return `displacement ${hex(q)}`;
    case 'msr-list':
    case 'immediate-msr':
      return `MSR ${hex(q)}`;
    case 'entry-failure':
      return row.number === ExitReason.EntryFailureMsrLoading
        ? `entry ${q} of the VM-entry MSR-load list could not be loaded`
        : describeEntryFailureQualification(q);
    default:
      return formatBits(qualificationLayouts[row.qualification]!, q);
  }
}
