/** AES, carry-less multiplication, SHA and CRC32 (SDM 1 12.13; SDM 2). */
import { type InstructionSource, instruction } from '../notation';
import { sse, xmm128 } from './simd-rows';

function aes(mnemonic: string, opcode: string, summary: string): InstructionSource {
  return xmm128(mnemonic, `66 0F 38 ${opcode}`, 'AESNI', summary);
}

function sha(mnemonic: string, opcode: string, summary: string): InstructionSource {
  return xmm128(mnemonic, `NP 0F 38 ${opcode}`, 'SHA', summary);
}

/** PCLMULQDQ by the halves that it multiplies: first operand, second operand. */
function halves(mnemonic: string, selector: string, first: string, second: string): InstructionSource {
  return instruction(
    mnemonic,
    `Multiplies the ${first} quadword of the destination by the ${second} quadword of the source without carries.`,
    { ...sse, feature: 'PCLMULQDQ' },
    `xmm, xmmm128 | 66 0F 3A 44 /r =${selector} | encode`,
  );
}

export const simdCryptography: readonly InstructionSource[] = [
  aes('aesenc', 'DC', 'One round of AES encryption.'),
  aes('aesenclast', 'DD', 'The last round of AES encryption.'),
  aes('aesdec', 'DE', 'One round of AES decryption.'),
  aes('aesdeclast', 'DF', 'The last round of AES decryption.'),
  aes('aesimc', 'DB', 'Turns a round key for encryption into one for decryption.'),
  instruction(
    'aeskeygenassist',
    'Helps to derive the next AES round key.',
    { ...sse, feature: 'AESNI' },
    'xmm, xmmm128, imm8 | 66 0F 3A DF /r ib',
  ),
  instruction(
    'pclmulqdq',
    'Multiplies two quadwords without carries: polynomials over GF(2).',
    { ...sse, feature: 'PCLMULQDQ' },
    'xmm, xmmm128, imm8 | 66 0F 3A 44 /r ib',
  ),
  halves('pclmullqlqdq', '00', 'low', 'low'),
  halves('pclmulhqlqdq', '01', 'high', 'low'),
  halves('pclmullqhqdq', '10', 'low', 'high'),
  halves('pclmulhqhqdq', '11', 'high', 'high'),
  instruction(
    'sha1rnds4',
    'Four rounds of SHA-1.',
    { ...sse, feature: 'SHA' },
    'xmm, xmmm128, imm8 | NP 0F 3A CC /r ib',
  ),
  sha('sha1nexte', 'C8', 'Derives the state variable E of SHA-1 after four rounds.'),
  sha('sha1msg1', 'C9', 'First half of the message schedule of SHA-1.'),
  sha('sha1msg2', 'CA', 'Second half of the message schedule of SHA-1.'),
  instruction(
    'sha256rnds2',
    'Two rounds of SHA-256, with the message words in XMM0.',
    { ...sse, feature: 'SHA' },
    `
    xmm, xmmm128, xmm0  | NP 0F 38 CB /r
    xmm, xmmm128        | NP 0F 38 CB /r | encode`,
  ),
  sha('sha256msg1', 'CC', 'First half of the message schedule of SHA-256.'),
  sha('sha256msg2', 'CD', 'Second half of the message schedule of SHA-256.'),
  instruction(
    'crc32',
    'Continues a CRC-32C (polynomial 11EDC6F41H) with the source.',
    { exceptions: '#UD', feature: 'SSE4.2' },
    `
    r32, rm8   | F2 0F 38 F0 /r W0
    r32, rm16  | o16 F2 0F 38 F1 /r W0
    r32, rm32  | o32 F2 0F 38 F1 /r W0
    r64, rm8   | F2 REX.W 0F 38 F0 /r
    r64, rm64  | F2 REX.W 0F 38 F1 /r`,
  ),
];
