/**
 * Bytes that nasm 2.16 makes and that no decoder gives back: each with the manual's reason. Whatever is not explained here is a
 * failure of the campaign. Texts are those of the source, after the code size: `16 wrssd [bx], eax`.
 */

/** Prefixes before the mnemonic. */
const prefixed = '(\\S+ )*';
const mnemonics = (names: string): RegExp => new RegExp(`^\\d+ ${prefixed}(${names.replaceAll(' ', '|')})( |$)`);

/** Bytes that raise #UD on a current processor, or are the beginning of something longer. */
const undecodable: readonly [RegExp, string][] = [
  [/^\d+ (\S+ )*mov cs,/, 'SDM 2B MOV: CS cannot be loaded with MOV, #UD'],
  [
    /^\d+ (\S+ )*mov (\w+,cr(1|5|6|7|9|1\d)|cr(1|5|6|7|9|1\d),\w+)$/,
    'SDM 2B MOV: CR1, CR5 to CR7 and CR9 to CR15 do not exist, #UD',
  ],
  [
    /^(16|32) (\S+ )*mov (\w+,cr8|cr8,\w+)$/,
    'LOCK MOV of CR0 is MOV of CR8 on AMD’s processors (APM 3); SDM 2B MOV: LOCK is #UD',
  ],
  [/^\d+ (\S+ )*mov (\w+,dr([89]|1\d)|dr([89]|1\d),\w+)$/, 'SDM 2B MOV: DR8 to DR15 do not exist, #UD'],
  [/^(16|32) (\S+ )*(syscall|sysret)$/, 'SDM 2B SYSCALL, SYSRET: #UD outside 64-bit mode'],
  [/^64 (\S+ )*salc$/, 'SDM 2D table A-2: D6 is invalid in 64-bit mode'],
  [/^\d+ (\S+ )*ptwrite /, 'SDM 2B PTWRITE: F3 0F AE /4; nasm leaves F3 out, and 0F AE /4 is XSAVE, of memory only'],
  [
    /^(16|32) (\S+ )*(movdir64b|enqcmds?) /,
    'nasm makes the address for the size of one operand and the prefix for that of the other: displacements are too short',
  ],
  [/^\d+ (\S+ )*(ud[01]|ud2b)$/, 'SDM 2B UD: UD0 and UD1 have a ModRM byte, which nasm leaves out'],
  [/^\d+ (\S+ )*pop cs$/, 'SDM 2D table A-2: 0F begins two-byte opcodes'],
  [/^\d+ (\S+ )*loadall(286)?$/, 'SDM 2D table A-3: 0F 05 and 0F 07 are SYSCALL and SYSRET, of 64-bit mode only'],
  [mnemonics('ibts xbts cmpxchg486'), 'SDM 2D table A-3: 0F A6 and 0F A7 are reserved; first steppings of 386 and 486'],
  [mnemonics('jmpe'), 'SDM 2D table A-3 and A-6: 0F B8 without F3 and 0F 00 /6 are reserved; Itanium'],
  [mnemonics('pcommit'), 'withdrawn: 66 0F AE /7 is CLFLUSHOPT, of memory only'],
  [
    mnemonics('bb0_reset bb1_reset cpu_write cpu_read dmint rdm smint smintold rdshr wrshr svldt rsldt svts rsts'),
    'Cyrix: reserved, or the beginning of the maps 0F 38 and 0F 3A, or of other instructions with a ModRM byte (0F 37, 0F 7E)',
  ],
  [
    mnemonics('xstore xcryptecb xcryptcbc xcryptctr xcryptcfb xcryptofb montmul xsha1 xsha256'),
    'VIA PadLock: SDM 2D table A-3 has 0F A6 and 0F A7 reserved',
  ],
];

/** Bytes that are another instruction on a processor than the text says. */
const another: readonly [RegExp, string][] = [
  [/^16 (\S+ )*wrssd /, 'nasm gives WRSSD the operand-size prefix in 16-bit code: these are the bytes of ADCX'],
  [mnemonics('umov'), 'UMOV had the opcodes that SSE’s moves have today'],
  [
    /^(16|32) v\w+ .*[xy]mm8: /,
    'the register in bits 7:4 of an immediate has three bits outside 64-bit mode; nasm lets XMM8 pass',
  ],
  [mnemonics('wrshr'), 'Cyrix: 0F 37 is GETSEC, which has no ModRM byte'],
];

/** Why there is no instruction, `undefined` if there should be one. */
export function whyUndecodable(text: string): string | undefined {
  return undecodable.find(([pattern]) => pattern.test(text))?.[1];
}

/** Does a failure of the round trip (`bits source: …`) come of bytes that mean another instruction? */
export function isAnother(failure: string): boolean {
  return another.some(([pattern]) => pattern.test(failure));
}
