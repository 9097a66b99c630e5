/**
 * Instructions that no current Intel processor has, of which the assembler still knows the bytes: first steppings, other
 * makers, other names. Their bytes mean something else or nothing today, so that the decoder leaves them alone.
 */
import { conditions } from '../conditions';
import { type InstructionSource, instruction } from '../notation';

const gone = { feature: 'OBSOLETE', exceptions: '#UD' } as const;
const kernel = { ...gone, privilege: 0 } as const;
const cyrix = { feature: 'CYRIX', exceptions: '#UD', privilege: 0 } as const;
const padlock = { feature: 'PADLOCK', exceptions: '#UD' } as const;
const smm = 'Cyrix, in system-management mode: ';

/** RET of a size that its name tells, but that NASM forgets the prefix of RETW with an immediate. */
const sizedReturns = ['', 'n', 'f'].flatMap((kind) => {
  const near = kind !== 'f';
  const [byte, popping] = near ? ['C3', 'C2'] : ['CB', 'CA'];
  const row = (prefix: string, attributes: string): string => `
          | ${prefix} ${byte}        | ${attributes} encode
    imm16 | ${kind + prefix === 'o16' ? '' : prefix} ${popping} iw  | ${attributes} encode`;
  const summary = (size: string): string => `Returns ${near ? 'near' : 'far'} with ${size}-bit operands on the stack.`;
  return [
    instruction(`ret${kind}w`, summary('16'), {}, row('o16', '')),
    instruction(`ret${kind}d`, summary('32'), {}, row('o32', near ? 'legacy' : '')),
    instruction(`ret${kind}q`, summary('64'), {}, near ? row('', 'long f64') : row('o64', '')),
  ];
});

const compareAndAdd = conditions.flatMap(({ code, names, meaning, reads }) =>
  names.map((name, synonym) =>
    instruction(
      `cmp${name}xadd`,
      `Compares memory with the second operand and adds the third to it if ${meaning}; the second gets the old value.`,
      { reads, writes: 'status', exceptions: '#UD', feature: 'CMPCCXADD' },
      `my, ry, ry | VEX.128.66.0F38 ${(0xe0 + code).toString(16).toUpperCase()} /r | long en:MRV ${synonym ? 'encode' : ''}`,
    ),
  ),
);

const remoteAtomics = (['aadd NP adds', 'aand 66 ANDs', 'axor F3 XORs'] as const).map((line) => {
  const [mnemonic, prefix, verb] = line.split(' ');
  const summary = `Atomically ${verb} a register to memory, weakly ordered.`;
  return instruction(mnemonic, summary, { exceptions: '#UD', feature: 'RAO-INT' }, `my, ry | ${prefix} 0F 38 FC /r`);
});

export const obsolete: readonly InstructionSource[] = [
  ...sizedReturns,
  instruction('ud2a', 'Raises #UD; another name of UD2.', { exceptions: '#UD' }, '| 0F 0B | encode'),
  instruction(
    'ud2b',
    'Raises #UD; another name of UD1.',
    { exceptions: '#UD' },
    `
            | 0F B9    | encode
    rv, rmv | 0F B9 /r | encode`,
  ),
  instruction(
    'ud1',
    'Raises #UD; NASM lets its operands and so the ModRM byte be left out.',
    { exceptions: '#UD' },
    '| 0F B9 | encode',
  ),
  instruction(
    'ud0',
    'Raises #UD; written without operands it has no ModRM byte, as on AMD’s processors.',
    gone,
    '| 0F FF | encode',
  ),
  instruction(
    'pop',
    'Pops CS: the 8086 only; the byte begins two-byte opcodes since the 286.',
    gone,
    'cs | 0F | encode',
  ),
  instruction('smi', 'Enters system-management mode on the 386SL; today the byte is INT1.', gone, '| F1 | encode'),
  instruction('loadall', 'Loads every register of the 386 from memory at ES:EDI.', kernel, '| 0F 07 | encode'),
  instruction('loadall286', 'Loads every register of the 286 from memory at 0x800.', kernel, '| 0F 05 | encode'),
  instruction(
    'umov',
    'Moves to or from user memory while in-circuit emulation runs, on the 386 and 486.',
    gone,
    `
    rm8, r8   | 0F 10 /r     | encode
    rm16, r16 | o16 0F 11 /r | encode
    rm32, r32 | o32 0F 11 /r | encode
    r8, rm8   | 0F 12 /r     | encode
    r16, rm16 | o16 0F 13 /r | encode
    r32, rm32 | o32 0F 13 /r | encode`,
  ),
  instruction(
    'ibts',
    'Inserts a bit string, on the first steppings of the 386.',
    gone,
    `
    rm16, r16 | o16 0F A7 /r | encode
    rm32, r32 | o32 0F A7 /r | encode`,
  ),
  instruction(
    'xbts',
    'Extracts a bit string, on the first steppings of the 386.',
    gone,
    `
    r16, rm16 | o16 0F A6 /r | encode
    r32, rm32 | o32 0F A6 /r | encode`,
  ),
  instruction(
    'jmpe',
    'Jumps to the IA-64 instruction set, on Itanium.',
    gone,
    `
    relz | 0F B8 cz      | encode
    rm16 | o16 0F 00 /6  | encode
    rm32 | o32 0F 00 /6  | encode`,
  ),
  instruction(
    'pcommit',
    'Commits stores to persistent memory; withdrawn before any processor had it.',
    gone,
    '| 66 0F AE F8 | encode',
  ),
  instruction('bb0_reset', 'Cyrix MediaGX: resets the first BLT buffer pointer.', cyrix, '| 0F 3A | encode'),
  instruction('bb1_reset', 'Cyrix MediaGX: resets the second BLT buffer pointer.', cyrix, '| 0F 3B | encode'),
  instruction('cpu_write', 'Cyrix MediaGX: writes an internal register.', cyrix, '| 0F 3C | encode'),
  instruction('cpu_read', 'Cyrix MediaGX: reads an internal register.', cyrix, '| 0F 3D | encode'),
  instruction('dmint', 'Cyrix: enters debug management mode.', cyrix, '| 0F 39 | encode'),
  instruction('rdm', 'Cyrix: leaves debug management mode.', cyrix, '| 0F 3A | encode'),
  instruction('smint', 'Cyrix: enters system-management mode.', cyrix, '| 0F 38 | encode'),
  instruction('smintold', 'Cyrix 486: enters system-management mode.', cyrix, '| 0F 7E | encode'),
  instruction('rdshr', `${smm}reads the header pointer.`, cyrix, 'rm32 | o32 0F 36 /0 | encode'),
  instruction('wrshr', `${smm}writes the header pointer.`, cyrix, 'rm32 | o32 0F 37 /0 | encode'),
  instruction('svdc', `${smm}saves a segment register and its descriptor.`, cyrix, 'm80, sreg | 0F 78 /r | encode'),
  instruction('rsdc', `${smm}restores a segment register and its descriptor.`, cyrix, 'sreg, m80 | 0F 79 /r | encode'),
  instruction('svldt', `${smm}saves the LDT register and its descriptor.`, cyrix, 'm80 | 0F 7A /0 | encode'),
  instruction('rsldt', `${smm}restores the LDT register and its descriptor.`, cyrix, 'm80 | 0F 7B /0 | encode'),
  instruction('svts', `${smm}saves the task register and its descriptor.`, cyrix, 'm80 | 0F 7C /0 | encode'),
  instruction('rsts', `${smm}restores the task register and its descriptor.`, cyrix, 'm80 | 0F 7D /0 | encode'),
  instruction('xstore', 'VIA: stores random bytes.', padlock, '| 0F A7 C0 | encode'),
  instruction('xcryptecb', 'VIA: encrypts with AES, each block for itself.', padlock, '| F3 0F A7 C8 | encode'),
  instruction('xcryptcbc', 'VIA: encrypts with AES, blocks chained.', padlock, '| F3 0F A7 D0 | encode'),
  instruction('xcryptctr', 'VIA: encrypts with AES, by a counter.', padlock, '| F3 0F A7 D8 | encode'),
  instruction('xcryptcfb', 'VIA: encrypts with AES, with cipher feedback.', padlock, '| F3 0F A7 E0 | encode'),
  instruction('xcryptofb', 'VIA: encrypts with AES, with output feedback.', padlock, '| F3 0F A7 E8 | encode'),
  instruction('montmul', 'VIA: multiplies as Montgomery does.', padlock, '| F3 0F A6 C0 | encode'),
  instruction('xsha1', 'VIA: computes SHA-1.', padlock, '| F3 0F A6 C8 | encode'),
  instruction('xsha256', 'VIA: computes SHA-256.', padlock, '| F3 0F A6 D0 | encode'),
  ...remoteAtomics,
  ...compareAndAdd,
];
