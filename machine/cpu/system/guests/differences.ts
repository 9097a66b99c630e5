/** Where this processor answers otherwise than Bochs 2.7, and why: every line stands on a section of the manual. */

export interface Difference {
  /** The guest program, without `.asm`. */
  readonly guest: string;
  /** The check's name: its line up to the last colon. */
  readonly check: string;
  /** This processor's answer. */
  readonly here: string;
  /** Section of the manual, which says so. */
  readonly manual: string;
  readonly why: string;
}

type Row = readonly [check: string, here: string, manual: string, why: string];

const of = (guest: string, rows: readonly Row[]): Difference[] =>
  rows.map(([check, here, manual, why]) => ({ guest, check, here, manual, why }));

const ACCESSED =
  'An entry that was used in a translation gets its accessed flag, also where the walk ends in a fault below it; Bochs sets the flags of all levels together, after the rights were checked.';
const PCID = 'Translations belong to their PCID; Bochs has no PCIDs in its TLB and drops more.';
const KEYS =
  'Keys hold for supervisor-mode accesses to user-mode addresses too, and not for supervisor-mode addresses; Bochs applies them by CPL.';
const RF_OF_REP =
  'A trap after an iteration of a repeated string instruction that is not the last pushes RF as 1; Bochs leaves RF alone.';
const RF_BETWEEN =
  'An interrupt after an iteration of a repeated string instruction that is not the last pushes RF as 1; Bochs leaves RF alone.';
const RF_OF_DETECT =
  'Every fault but the instruction breakpoint pushes RF as 1, general detect too; Bochs leaves RF alone.';
const LINT0 =
  "The 8259A's INTR comes in at LINT0 and does what its LVT entry says; Bochs leads it past the local APIC.";
const ILLEGAL_VECTOR =
  'Bit 5 says that an interrupt with an illegal vector was to be sent; Bochs sets bit 6, which is for received ones.';
const UNKNOWN_MSR = 'An MSR that is not there raises #GP(0); Bochs is set to ignore them.';
const ORDER =
  'Traps of the instruction before are delivered before the code breakpoint of the next is looked at; Bochs reports both at once.';

const accessed: Row = ['flags after a write that is not allowed', '0003 PDE=0027 PTE=0001', 'SDM 3A 4.8', ACCESSED];

export const differences: readonly Difference[] = [
  ...of('paging-32bit', [accessed]),
  ...of('paging-pae', [accessed]),
  ...of('paging-4level', [
    accessed,
    ['PCIDs keep translations apart', 'AA BB AA BB BB 0000000000030001', 'SDM 3A 4.10.1', PCID],
    ['MOV to CR3 leaves other PCIDs', 'AA AA AA', 'SDM 3A 4.10.4.1', PCID],
    ['INVLPG is for the present PCID', 'AA BB AA BB', 'SDM 3A 4.10.4.1', PCID],
    ['INVPCID of one address', 'AA AA/AA BB/AA AA/AA', 'SDM 3A 4.10.4.1', PCID],
    ['INVPCID of one address of another PCID', 'AA AA/AA AA/AA BB/AA', 'SDM 3A 4.10.4.1', PCID],
    ['INVPCID of one global address', 'AA AA/AA AA/AA AA/AA', 'SDM 3A 4.10.4.1', PCID],
    ['INVPCID of one PCID', 'AA AA/AA BB/AA AA/AA', 'SDM 3A 4.10.4.1', PCID],
    ['INVPCID of another PCID', 'AA AA/AA AA/AA BB/AA', 'SDM 3A 4.10.4.1', PCID],
    ['key forbids access', '0021 0023 - 0025 0027 -', 'SDM 3A 4.6.2', KEYS],
    ['key forbids access, read-only page', '0021 0023 - 0025 0027 -', 'SDM 3A 4.6.2', KEYS],
    ['key of a supervisor page', '- - - 0005 0007 0015', 'SDM 3A 4.6.2', KEYS],
    ['key forbids access, WP=0', '0021 0023 - 0025 0027 -', 'SDM 3A 4.6.2', KEYS],
    ['PKRU changes without a flush', '- 0021 - 00000000', 'SDM 3A 4.6.2', KEYS],
  ]),
  ...of('long-mode', [
    [
      'IST that is not canonical',
      '#0C e=0000 +001A cs=0008 fl=0100 ss=0010',
      'SDM 2A INT',
      'The error code of #SS for a stack that is not canonical is EXT alone; Bochs pushes another.',
    ],
    [
      'IRETD',
      'ok 0000000000000000',
      'SDM 2A IRET',
      'IRET that begins in 64-bit mode pops SS:RSP, whatever the operand size; Bochs goes by the operand size.',
    ],
    ['RDMSR of an unknown register', '#0D e=0000 +0005 cs=0008 fl=0100 ss=0010', 'SDM 2B RDMSR', UNKNOWN_MSR],
    ['WRMSR of an unknown register', '#0D e=0000 +0005 cs=0008 fl=0100 ss=0010', 'SDM 2C WRMSR', UNKNOWN_MSR],
    [
      'fixed bits of DR7',
      'ok 0000000000000400',
      'SDM 3B 17.2.4',
      'Bit 11 belongs to restricted transactional memory, which this processor has not; Bochs lets it be set.',
    ],
    ['DR7.GD', '#01 +000D cs=0008 fl=0100 ss=0010', 'SDM 3B 17.3.1.1', RF_OF_DETECT],
  ]),
  ...of('apic-modes', [
    [
      'I/O APIC: ExtINT',
      'i48 ok 00000001',
      'SDM 3A 11.5.1',
      "An ExtINT message makes one INTA cycle; Bochs makes it when the entry is sent and again for the 8259A's own line, which it does not lead through LINT0.",
    ],
    ['LINT0: ExtINT, masked', 'ok 00000000', 'SDM 3A 11.5.1', LINT0],
    ['LINT0: fixed', 'i46 ok 00000001', 'SDM 3A 11.5.1', LINT0],
    ['LINT0: NMI', 'i02 ok 00000001', 'SDM 3A 11.5.1', LINT0],
    ['ESR: an illegal vector sent', 'ok 00000020', 'SDM 3A 11.5.3', ILLEGAL_VECTOR],
    [
      'ESR: remote read register and APR are no errors',
      'ok 00000000',
      'SDM 3A table 11-1',
      'Accesses to registers that only earlier processors had set no bit 7; Bochs takes them for illegal ones.',
    ],
    [
      'LVT error: interrupt',
      'i47 ok 00000001',
      'SDM 3A 11.5.3',
      'An error raises the interrupt of its LVT entry; Bochs only notes it.',
    ],
    [
      'LVT entries: what can be written',
      '000700FF 000107FF 000107FF 0001A7FF 0001A7FF 000100FF ok 00000000',
      'SDM 3A 11.5.1',
      'Delivery status (bit 12) and remote IRR (bit 14) are read-only; Bochs keeps what is written.',
    ],
  ]),
  ...of('vga-planes', [
    [
      'write mode 3: bit mask and rotate',
      'ok 8C4C2E1D',
      'PS/2 Hardware Interface Technical Reference, Graphics Mode register',
      'The rotated data and the bit mask are one mask: where it is 0 the latches stay; Bochs writes 0 where the data alone is 0.',
    ],
  ]),
  ...of('virtual-interrupts', [
    [
      'VME: both set with IOPL 3',
      '#03 +0003 eax=00003002 fl=001A3002 sp=0100',
      'SDM 3A 2.3',
      'The processor recognizes VIF only while IOPL is below 3; Bochs looks at VIF and VIP whatever IOPL is.',
    ],
  ]),
  ...of('floating-point', [
    [
      'FERR#: IRQ 13',
      '#3D +0010 cs=0000 fl=0200',
      'SDM 1 D.2.1.2',
      'The processor waits for the interrupt in front of the waiting instruction; Bochs carries the instruction out first.',
    ],
    [
      'FERR#: port F0h lets the next instructions pass',
      'ok 00002801',
      'SDM 1 D.2.1.3',
      'A write to port F0h asserts IGNNE#, so that the error does not come again; Bochs has no IGNNE#, and raises IRQ 13 each time.',
    ],
  ]),
  ...of('repeats', [
    ...[
      'REP STOSB',
      'REP STOSW',
      'REP MOVSB',
      'REP MOVSD',
      'REP LODSB',
      'REPE CMPSB',
      'REPE SCASB',
      'REP OUTSB',
      'REP INSB',
    ].map((name): Row => [name, 'i45+0015R/02 ok 00000000', 'SDM 3B 17.3.1.1', RF_BETWEEN]),
    ['two interrupts in one REP STOSB', 'i45+001FR/02 i35+001FR/02 ok 00000000', 'SDM 3B 17.3.1.1', RF_BETWEEN],
    ['RF is clear again after REP STOSB', 'i45+0015R/02 i46+0021/00 ok 00000000', 'SDM 3B 17.3.1.1', RF_BETWEEN],
    ['a handler that begins with REP STOSB', 'i45+001FR/02 ok 00000000', 'SDM 3B 17.3.1.1', RF_BETWEEN],
    ...['REP STOSB', 'REP STOSD', 'REP MOVSB', 'REP LODSB', 'REPE CMPSB', 'REPE SCASB'].map(
      (name): Row => [`timer in ${name}`, 'i46+0033R ok 00000000', 'SDM 3B 17.3.1.1', RF_BETWEEN],
    ),
  ]),
  ...of('breakpoints', [
    ['REP STOSD', '+0024/0001R ok 000D0401', 'SDM 3B 17.3.1.1', RF_OF_REP],
    ['REP MOVSB over the source', '+0029/0001R +0029/0001R ok 00070401', 'SDM 3B 17.3.1.1', RF_OF_REP],
    ['I/O breakpoint: REP OUTSB', '+0029/0001R +002B/0001 ok 00020401', 'SDM 3B 17.3.1.1', RF_OF_REP],
    [
      'MOV SS, then INT',
      '+elsewhere/0001 ok 00070401',
      'SDM 3A 6.8.3',
      'A trap that MOV SS holds off is delivered at the next boundary, before the first instruction of the handler that INT called; Bochs loses it.',
    ],
    [
      'instruction breakpoint and single step',
      '+0024/4000 +0025/4000 +0027/4000 +0028/4000 ok 00000401',
      'SDM 3A table 6-2',
      ORDER,
    ],
    ['data breakpoint, then instruction breakpoint', '+0027/0001 ok 000D0405', 'SDM 3A table 6-2', ORDER],
    ['general detect', '+0013/2000R ok 00000400', 'SDM 3B 17.3.1.1', RF_OF_DETECT],
    ['general detect: MOV to DR6', '+0012/2000R ok 00000000', 'SDM 3B 17.3.1.1', RF_OF_DETECT],
    [
      'general detect comes before a breakpoint on the next instruction',
      '+001A/2000R +001D/0001 ok 00000000',
      'SDM 3B 17.3.1.1',
      RF_OF_DETECT,
    ],
    [
      'task switch clears local breakpoints',
      '+009C/0002 ok 00DD0608',
      'SDM 3B 17.2.3',
      'B0 says that the condition of breakpoint 0 was met when the exception was made: it was not, by that instruction; Bochs keeps it from an earlier one.',
    ],
  ]),
  ...of('interrupts', [
    [
      'without EOI the same class waits',
      'in service EOI i47+0049 ok 00000000',
      'SDM 3A 11.8.4',
      'A request whose class is not above that in service waits for the EOI; Bochs gives the spurious vector, then the request.',
    ],
    ['an illegal vector is noted', 'ok 00000020', 'SDM 3A 11.5.3', ILLEGAL_VECTOR],
    [
      'timer: a deadline to come, then 0 afterwards',
      'ok 00000001',
      'SDM 3A 11.5.4.1',
      'IA32_TSC_DEADLINE is cleared when the deadline comes; Bochs leaves it.',
    ],
  ]),
];
