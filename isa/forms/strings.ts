/** String instructions, port input and output, and table look-up. */
import { type InstructionSource, instruction } from '../notation';

const words: Record<string, [string, string]> = {
  b: ['byte', ''],
  w: ['word', 'o16 '],
  d: ['doubleword', 'o32 '],
  q: ['quadword', 'o64 '],
};

/** One string operation in its sizes; `opcode` is the byte form's, the others have the next one. */
function string(
  stem: string,
  sizes: string,
  opcode: number,
  repeat: 'rep' | 'repe',
  summary: (unit: string) => string,
  meaning: Parameters<typeof instruction>[2],
): InstructionSource[] {
  return [...sizes].map((size) => {
    const [unit, prefix] = words[size];
    const byte = (size === 'b' ? opcode : opcode + 1).toString(16).toUpperCase();
    // Port strings have no 64-bit form: REX.W leaves them at 32 bits.
    const wide = size === 'd' && !sizes.includes('q') ? `\n| o64 ${byte} | ${repeat} decode` : '';
    return instruction(stem + size, summary(unit), meaning, `| ${prefix}${byte} | ${repeat}${wide}`);
  });
}

const direction = { reads: 'DF' };
const comparison = { reads: 'DF', writes: 'status' };
const port = {
  privilege: 'iopl',
  exceptions: '#GP(0)',
  vmx: 'unconditional I/O exiting, use I/O bitmaps',
  class: 'privileged',
} as const;

export const strings: readonly InstructionSource[] = [
  ...string(
    'movs',
    'bwdq',
    0xa4,
    'rep',
    (unit) => `Copies a ${unit} from DS:rSI to ES:rDI and moves both pointers on; with REP, rCX times.`,
    direction,
  ),
  ...string(
    'cmps',
    'bwdq',
    0xa6,
    'repe',
    (unit) => `Compares the ${unit} at DS:rSI with that at ES:rDI and moves both pointers on.`,
    comparison,
  ),
  ...string(
    'stos',
    'bwdq',
    0xaa,
    'rep',
    (unit) => `Stores the accumulator’s ${unit} at ES:rDI and moves the pointer on; with REP, rCX times.`,
    direction,
  ),
  ...string(
    'lods',
    'bwdq',
    0xac,
    'rep',
    (unit) => `Loads the ${unit} at DS:rSI into the accumulator and moves the pointer on.`,
    direction,
  ),
  ...string(
    'scas',
    'bwdq',
    0xae,
    'repe',
    (unit) => `Compares the accumulator with the ${unit} at ES:rDI and moves the pointer on.`,
    comparison,
  ),
  ...string('ins', 'bwd', 0x6c, 'rep', (unit) => `Reads a ${unit} from port DX to ES:rDI and moves the pointer on.`, {
    ...port,
    reads: 'DF',
    feature: '186',
  }),
  ...string('outs', 'bwd', 0x6e, 'rep', (unit) => `Writes the ${unit} at DS:rSI to port DX and moves the pointer on.`, {
    ...port,
    reads: 'DF',
    feature: '186',
  }),
  instruction(
    'in',
    'Reads from an I/O port, whose number is an immediate or DX.',
    port,
    `
    al, imm8   | E4 ib
    ax, imm8   | o16 E5 ib
    eax, imm8  | o32 E5 ib
    al, dx     | EC
    ax, dx     | o16 ED
    eax, dx    | o32 ED
    eax, imm8  | o64 E5 ib | decode
    eax, dx    | o64 ED    | decode`,
  ),
  instruction(
    'out',
    'Writes to an I/O port, whose number is an immediate or DX.',
    port,
    `
    imm8, al   | E6 ib
    imm8, ax   | o16 E7 ib
    imm8, eax  | o32 E7 ib
    dx, al     | EE
    dx, ax     | o16 EF
    dx, eax    | o32 EF
    imm8, eax  | o64 E7 ib | decode
    dx, eax    | o64 EF    | decode`,
  ),
  instruction('xlatb', 'Replaces AL by the byte that it indexes in the table at DS:rBX.', {}, '| D7'),
  instruction(
    'xlat',
    'Replaces AL by the byte that it indexes in the table at DS:rBX; another name of XLATB.',
    {},
    '| D7 | encode',
  ),
  instruction(
    'salc',
    'Sets AL to 0xFF if CF is set, else to 0; never documented, in no 64-bit mode.',
    { reads: 'CF' },
    '| D6 | legacy\n| D6 | long encode',
  ),
];
