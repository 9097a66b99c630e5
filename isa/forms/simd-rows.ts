/** Patterns of rows that many MMX and SSE instructions share, and what their instructions have in common. */
import { type InstructionSource, instruction, type Meaning } from '../notation';

/** Any SSE instruction without rounding: #NM while CR0.TS is set, #UD while CR0.EM is or CR4.OSFXSR is not. */
export const sse: Meaning = { exceptions: '#NM #UD' };
/** SSE arithmetic: also #XM for an unmasked floating-point exception (#UD for it while CR4.OSXMMEXCPT is clear). */
export const sseFloat: Meaning = { exceptions: '#NM #UD #XM' };
/** MMX: also #MF for a pending x87 error, as the registers are those of the x87. */
export const mmx: Meaning = { exceptions: '#NM #UD #MF', feature: 'MMX' };

/** An integer operation that MMX has and SSE2 widened: `66` selects the XMM form. */
export function mmxAndSse2(mnemonic: string, opcode: string, summary: string, mmxFeature = 'MMX'): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { ...mmx, feature: mmxFeature },
    `
    mm, mmm64     | NP 0F ${opcode} /r
    xmm, xmmm128  | 66 0F ${opcode} /r | feature:SSE2`,
  );
}

/** An operation of SSSE3 in both register files (map 0F 38). */
export function ssse3(mnemonic: string, opcode: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { ...mmx, feature: 'SSSE3' },
    `
    mm, mmm64     | NP 0F 38 ${opcode} /r
    xmm, xmmm128  | 66 0F 38 ${opcode} /r`,
  );
}

/** An XMM operation with register or 128-bit memory as its source. */
export function xmm128(
  mnemonic: string,
  opcode: string,
  feature: string,
  summary: string,
  meaning: Meaning = sse,
): InstructionSource {
  return instruction(mnemonic, summary, { ...meaning, feature }, `xmm, xmmm128 | ${opcode} /r`);
}

/** An XMM operation whose memory source is narrower. */
export function xmmOf(
  bits: 16 | 32 | 64,
  mnemonic: string,
  opcode: string,
  feature: string,
  summary: string,
  meaning: Meaning = sse,
): InstructionSource {
  return instruction(mnemonic, summary, { ...meaning, feature }, `xmm, xmmm${bits} | ${opcode} /r`);
}
