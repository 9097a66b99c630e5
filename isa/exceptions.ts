/** Exceptions and interrupts: vectors, classes and error codes (SDM 3A 6.3 to 6.5, 6.15, tables 6-1 to 6-5). */

/** A fault restarts the instruction, a trap comes after it, an abort does not come back. */
export type ExceptionClass = 'fault' | 'trap' | 'abort' | 'fault or trap' | 'interrupt';

/** For the double-fault rules (table 6-4). */
export type DoubleFaultClass = 'benign' | 'contributory' | 'page fault' | 'double fault';

export interface Exception {
  vector: number;
  /** `#GP`; NMI has none in the manual and is written `NMI`. */
  mnemonic: string;
  /** The manual's name. */
  name: string;
  class: ExceptionClass;
  doubleFault: DoubleFaultClass;
  /** An error code is pushed. `zero`: it is always 0. */
  errorCode: 'none' | 'zero' | 'yes';
  /** What raises it, in one sentence. */
  summary: string;
}

function row(
  vector: number,
  mnemonic: string,
  name: string,
  exceptionClass: ExceptionClass,
  doubleFault: DoubleFaultClass,
  errorCode: Exception['errorCode'],
  summary: string,
): Exception {
  return { vector, mnemonic, name, class: exceptionClass, doubleFault, errorCode, summary };
}

export const exceptions: readonly Exception[] = [
  row(
    0,
    '#DE',
    'Divide error',
    'fault',
    'contributory',
    'none',
    'DIV or IDIV by zero, or a quotient that does not fit.',
  ),
  row(
    1,
    '#DB',
    'Debug exception',
    'fault or trap',
    'benign',
    'none',
    'A breakpoint register, a single step, a debug-register access or a task switch.',
  ),
  row(2, 'NMI', 'Non-maskable interrupt', 'interrupt', 'benign', 'none', 'An interrupt that RFLAGS.IF does not mask.'),
  row(3, '#BP', 'Breakpoint', 'trap', 'benign', 'none', 'INT3.'),
  row(4, '#OF', 'Overflow', 'trap', 'benign', 'none', 'INTO while RFLAGS.OF is 1.'),
  row(5, '#BR', 'BOUND range exceeded', 'fault', 'benign', 'none', 'BOUND with an index outside its limits.'),
  row(6, '#UD', 'Invalid opcode', 'fault', 'benign', 'none', 'An opcode that does not exist here, or UD2.'),
  row(7, '#NM', 'Device not available', 'fault', 'benign', 'none', 'x87 or SSE while CR0.EM or CR0.TS says no.'),
  row(8, '#DF', 'Double fault', 'abort', 'double fault', 'zero', 'An exception while another was being delivered.'),
  row(
    9,
    'CSO',
    'Coprocessor segment overrun',
    'abort',
    'benign',
    'none',
    'A 387 operand outside its segment; no longer raised.',
  ),
  row(
    10,
    '#TS',
    'Invalid TSS',
    'fault',
    'contributory',
    'yes',
    'A task-state segment that does not hold what a task switch or stack switch needs.',
  ),
  row(
    11,
    '#NP',
    'Segment not present',
    'fault',
    'contributory',
    'yes',
    'A segment or gate with its present bit clear.',
  ),
  row(
    12,
    '#SS',
    'Stack-segment fault',
    'fault',
    'contributory',
    'yes',
    'A stack access outside its limit or not canonical, or a bad SS.',
  ),
  row(
    13,
    '#GP',
    'General protection',
    'fault',
    'contributory',
    'yes',
    'Any breach of protection that has no exception of its own.',
  ),
  row(
    14,
    '#PF',
    'Page fault',
    'fault',
    'page fault',
    'yes',
    'A page that is not present or not allowed; CR2 holds the address.',
  ),
  row(
    16,
    '#MF',
    'x87 floating-point error',
    'fault',
    'benign',
    'none',
    'An unmasked x87 exception is pending at the next x87 instruction or WAIT.',
  ),
  row(
    17,
    '#AC',
    'Alignment check',
    'fault',
    'benign',
    'zero',
    'A misaligned access at CPL 3 while alignment checks are on.',
  ),
  row(18, '#MC', 'Machine check', 'abort', 'benign', 'none', 'The hardware found an error in itself.'),
  row(19, '#XM', 'SIMD floating-point exception', 'fault', 'benign', 'none', 'An unmasked SSE exception.'),
  row(
    20,
    '#VE',
    'Virtualization exception',
    'fault',
    'page fault',
    'none',
    'An EPT violation that the VMM leaves to the guest.',
  ),
  row(
    21,
    '#CP',
    'Control protection',
    'fault',
    'contributory',
    'yes',
    'A return or an indirect branch that shadow stack or branch tracking forbids.',
  ),
];

const byVector = new Map(exceptions.map((e) => [e.vector, e]));
const byMnemonic = new Map(exceptions.map((e) => [e.mnemonic, e]));

/** The exception of a vector; undefined for 15, 22 to 31 (reserved) and interrupts. */
export function exceptionOf(vector: number): Exception | undefined {
  return byVector.get(vector);
}

/** The exception of a mnemonic as the table of instructions writes it: `#GP`, also `#GP(0)`. */
export function exceptionNamed(mnemonic: string): Exception | undefined {
  return byMnemonic.get(mnemonic.replace(/\(.*$/, ''));
}

/** `#GP` for 13, `vector 32` where it has no mnemonic. */
export function exceptionName(vector: number): string {
  return byVector.get(vector)?.mnemonic ?? `vector ${vector}`;
}

/** The vector of a mnemonic, for code that raises it. */
export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
  VE: 20,
  CP: 21,
} as const;

/** What comes of a second exception while the first was being delivered (SDM 3A table 6-5). */
export function combineExceptions(first: number, second: number): 'serial' | 'double fault' | 'triple fault' {
  const a = exceptionOf(first)?.doubleFault ?? 'benign';
  const b = exceptionOf(second)?.doubleFault ?? 'benign';
  const severe = b === 'contributory' || b === 'page fault';
  if (a === 'double fault') return severe ? 'triple fault' : 'serial';
  if (a === 'contributory') return b === 'contributory' ? 'double fault' : 'serial';
  if (a === 'page fault') return severe ? 'double fault' : 'serial';
  return 'serial';
}
