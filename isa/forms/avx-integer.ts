/** AVX and AVX2 packed integers (SDM 1 chapter 14). */
import { type InstructionSource, instruction } from '../notation';
import { packed, packedImmediate, unary, vexOf } from './avx-rows';

const avx2 = { feature: 'AVX2', exceptions: '#NM #UD' };

/** Operations of map 0F that are packed on 128 (AVX) and 256 bits (AVX2), by opcode. */
const map0F = {
  paddb: 'FC',
  paddw: 'FD',
  paddd: 'FE',
  paddq: 'D4',
  paddsb: 'EC',
  paddsw: 'ED',
  paddusb: 'DC',
  paddusw: 'DD',
  psubb: 'F8',
  psubw: 'F9',
  psubd: 'FA',
  psubq: 'FB',
  psubsb: 'E8',
  psubsw: 'E9',
  psubusb: 'D8',
  psubusw: 'D9',
  pmullw: 'D5',
  pmulhw: 'E5',
  pmulhuw: 'E4',
  pmuludq: 'F4',
  pmaddwd: 'F5',
  psadbw: 'F6',
  pavgb: 'E0',
  pavgw: 'E3',
  pminub: 'DA',
  pmaxub: 'DE',
  pminsw: 'EA',
  pmaxsw: 'EE',
  pand: 'DB',
  pandn: 'DF',
  por: 'EB',
  pxor: 'EF',
  pcmpeqb: '74',
  pcmpeqw: '75',
  pcmpeqd: '76',
  pcmpgtb: '64',
  pcmpgtw: '65',
  pcmpgtd: '66',
  packsswb: '63',
  packssdw: '6B',
  packuswb: '67',
  punpcklbw: '60',
  punpcklwd: '61',
  punpckldq: '62',
  punpcklqdq: '6C',
  punpckhbw: '68',
  punpckhwd: '69',
  punpckhdq: '6A',
  punpckhqdq: '6D',
};

/** The same of map 0F 38. */
const map0F38 = {
  pmuldq: '28',
  pmulld: '40',
  pmulhrsw: '0B',
  pmaddubsw: '04',
  pminsb: '38',
  pminsd: '39',
  pminuw: '3A',
  pminud: '3B',
  pmaxsb: '3C',
  pmaxsd: '3D',
  pmaxuw: '3E',
  pmaxud: '3F',
  psignb: '08',
  psignw: '09',
  psignd: '0A',
  phaddw: '01',
  phaddd: '02',
  phaddsw: '03',
  phsubw: '05',
  phsubd: '06',
  phsubsw: '07',
  pcmpeqq: '29',
  pcmpgtq: '37',
  packusdw: '2B',
  pshufb: '00',
};

function shift(sseMnemonic: string, opcode: string, group: string, digit: number): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmm, xmmm128 | VEX.128.66.0F.WIG ${opcode} /r        | two
    xmm, xmm, imm8    | VEX.128.66.0F.WIG ${group} /${digit} ib | two
    ymm, ymm, xmmm128 | VEX.256.66.0F.WIG ${opcode} /r        | two feature:AVX2
    ymm, ymm, imm8    | VEX.256.66.0F.WIG ${group} /${digit} ib | two feature:AVX2`,
  );
}

function byteShift(sseMnemonic: string, digit: number): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmm, imm8 | VEX.128.66.0F.WIG 73 /${digit} ib | two
    ymm, ymm, imm8 | VEX.256.66.0F.WIG 73 /${digit} ib | two feature:AVX2`,
  );
}

function variableShift(mnemonic: string, opcode: string, w: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    avx2,
    `
    xmm, xmm, xmmm128 | VEX.128.66.0F38.${w} ${opcode} /r | two
    ymm, ymm, ymmm256 | VEX.256.66.0F38.${w} ${opcode} /r | two`,
  );
}

/** Sign or zero extension; the source is `bits` wide for 128 and twice that for 256 bits. */
function extend(sseMnemonic: string, opcode: string, bits: 16 | 32 | 64): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmmm${bits}     | VEX.128.66.0F38.WIG ${opcode} /r
    ymm, xmmm${bits * 2} | VEX.256.66.0F38.WIG ${opcode} /r | feature:AVX2`,
    'also on 256 bits',
  );
}

function broadcast(mnemonic: string, opcode: string, bits: 8 | 16 | 32 | 64, what: string): InstructionSource {
  return instruction(
    mnemonic,
    `Copies one ${what} to every place.`,
    avx2,
    `
    xmm, xmmm${bits} | VEX.128.66.0F38.W0 ${opcode} /r
    ymm, xmmm${bits} | VEX.256.66.0F38.W0 ${opcode} /r`,
  );
}

const arithmetic: readonly InstructionSource[] = [
  ...Object.entries(map0F).map(([mnemonic, opcode]) => packed(mnemonic, '66.0F', opcode, 'AVX2')),
  ...Object.entries(map0F38).map(([mnemonic, opcode]) => packed(mnemonic, '66.0F38', opcode, 'AVX2')),
  unary('pabsb', '66.0F38', '1C', 'AVX2'),
  unary('pabsw', '66.0F38', '1D', 'AVX2'),
  unary('pabsd', '66.0F38', '1E', 'AVX2'),
  unary('phminposuw', '66.0F38', '41', 'none'),
  packedImmediate('mpsadbw', '66.0F3A', '42', 'AVX2'),
  vexOf(
    'ptest',
    'xmm, xmmm128 | VEX.128.66.0F38.WIG 17 /r\nymm, ymmm256 | VEX.256.66.0F38.WIG 17 /r',
    'also on 256 bits',
  ),
];

const shifts: readonly InstructionSource[] = [
  shift('psllw', 'F1', '71', 6),
  shift('pslld', 'F2', '72', 6),
  shift('psllq', 'F3', '73', 6),
  shift('psrlw', 'D1', '71', 2),
  shift('psrld', 'D2', '72', 2),
  shift('psrlq', 'D3', '73', 2),
  shift('psraw', 'E1', '71', 4),
  shift('psrad', 'E2', '72', 4),
  byteShift('pslldq', 7),
  byteShift('psrldq', 3),
  variableShift('vpsllvd', '47', 'W0', 'Shifts each doubleword to the left by its own count.'),
  variableShift('vpsllvq', '47', 'W1', 'Shifts each quadword to the left by its own count.'),
  variableShift('vpsrlvd', '45', 'W0', 'Shifts each doubleword to the right by its own count, filling with zeros.'),
  variableShift('vpsrlvq', '45', 'W1', 'Shifts each quadword to the right by its own count, filling with zeros.'),
  variableShift('vpsravd', '46', 'W0', 'Shifts each doubleword to the right by its own count, filling with its sign.'),
];

const rearrangement: readonly InstructionSource[] = [
  unary('pshufd', '66.0F', '70', 'AVX2', 'ib'),
  unary('pshufhw', 'F3.0F', '70', 'AVX2', 'ib'),
  unary('pshuflw', 'F2.0F', '70', 'AVX2', 'ib'),
  packedImmediate('palignr', '66.0F3A', '0F', 'AVX2'),
  packedImmediate('pblendw', '66.0F3A', '0E', 'AVX2'),
  instruction(
    'vpblendvb',
    'Takes the bytes of the second source where those of the mask have their high bit set.',
    { feature: 'AVX' },
    `
    xmm, xmm, xmmm128, xmm | VEX.128.66.0F3A.W0 4C /r /is4 | two
    ymm, ymm, ymmm256, ymm | VEX.256.66.0F3A.W0 4C /r /is4 | two feature:AVX2`,
  ),
  instruction(
    'vpblendd',
    'Takes the doublewords of the second source whose bit in the pattern is set.',
    avx2,
    `
    xmm, xmm, xmmm128, imm8 | VEX.128.66.0F3A.W0 02 /r ib | two
    ymm, ymm, ymmm256, imm8 | VEX.256.66.0F3A.W0 02 /r ib | two`,
  ),
  extend('pmovsxbw', '20', 64),
  extend('pmovsxbd', '21', 32),
  extend('pmovsxbq', '22', 16),
  extend('pmovsxwd', '23', 64),
  extend('pmovsxwq', '24', 32),
  extend('pmovsxdq', '25', 64),
  extend('pmovzxbw', '30', 64),
  extend('pmovzxbd', '31', 32),
  extend('pmovzxbq', '32', 16),
  extend('pmovzxwd', '33', 64),
  extend('pmovzxwq', '34', 32),
  extend('pmovzxdq', '35', 64),
  broadcast('vpbroadcastb', '78', 8, 'byte'),
  broadcast('vpbroadcastw', '79', 16, 'word'),
  broadcast('vpbroadcastd', '58', 32, 'doubleword'),
  broadcast('vpbroadcastq', '59', 64, 'quadword'),
  instruction(
    'vpermd',
    'Places doublewords anywhere, by the indexes in the first source.',
    avx2,
    'ymm, ymm, ymmm256 | VEX.256.66.0F38.W0 36 /r | two',
  ),
  instruction(
    'vpermq',
    'Places quadwords anywhere, by a pattern.',
    avx2,
    'ymm, ymmm256, imm8 | VEX.256.66.0F3A.W1 00 /r ib',
  ),
  instruction(
    'vperm2i128',
    'Takes any two of the four 128-bit halves of the sources, or clears them.',
    avx2,
    'ymm, ymm, ymmm256, imm8 | VEX.256.66.0F3A.W0 46 /r ib | two',
  ),
  vexOf(
    'pmovmskb',
    `
    r32, xmm | VEX.128.66.0F.WIG D7 /r
    r64, xmm | VEX.128.66.0F.WIG D7 /r | encode long
    r32, ymm | VEX.256.66.0F.WIG D7 /r | feature:AVX2
    r64, ymm | VEX.256.66.0F.WIG D7 /r | encode feature:AVX2`,
    'also on 256 bits',
  ),
  vexOf(
    'pextrw',
    `
    r32, xmm, imm8    | VEX.128.66.0F.WIG C5 /r ib
    r64, xmm, imm8    | VEX.128.66.0F.WIG C5 /r ib | encode long
    r32m16, xmm, imm8 | VEX.128.66.0F3A.WIG 15 /r ib`,
    'with a VEX encoding',
  ),
  vexOf(
    'pextrb',
    'r32m8, xmm, imm8 | VEX.128.66.0F3A.WIG 14 /r ib\nr64, xmm, imm8 | VEX.128.66.0F3A.WIG 14 /r ib | long encode en:MRI',
    'with a VEX encoding',
  ),
  vexOf(
    'pextrd',
    `
    rm32, xmm, imm8 | VEX.128.66.0F3A.W0 16 /r ib
    r64, xmm, imm8  | VEX.128.66.0F3A.W0 16 /r ib | encode en:MRI long`,
    'with a VEX encoding',
  ),
  vexOf('pextrq', 'rm64, xmm, imm8 | VEX.128.66.0F3A.W1 16 /r ib | long', 'with a VEX encoding'),
  vexOf(
    'pinsrw',
    `
    xmm, xmm, r32m16, imm8 | VEX.128.66.0F.WIG C4 /r ib | two
    xmm, xmm, r16, imm8    | VEX.128.66.0F.WIG C4 /r ib | two encode`,
  ),
  vexOf(
    'pinsrb',
    `
    xmm, xmm, r32m8, imm8 | VEX.128.66.0F3A.WIG 20 /r ib | two
    xmm, xmm, r8, imm8    | VEX.128.66.0F3A.WIG 20 /r ib | two encode`,
  ),
  vexOf('pinsrd', 'xmm, xmm, rm32, imm8 | VEX.128.66.0F3A.W0 22 /r ib | two'),
  vexOf('pinsrq', 'xmm, xmm, rm64, imm8 | VEX.128.66.0F3A.W1 22 /r ib | two long'),
];

function textCompare(sseMnemonic: string, opcode: string): InstructionSource {
  return vexOf(sseMnemonic, `xmm, xmmm128, imm8 | VEX.128.66.0F3A.WIG ${opcode} /r ib`, 'with a VEX encoding');
}

function halves(sseMnemonic: string, selector: string): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmm, xmmm128 | VEX.128.66.0F3A.WIG 44 /r =${selector} | two encode
    ymm, ymm, ymmm256 | VEX.256.66.0F3A.WIG 44 /r =${selector} | two encode feature:VPCLMULQDQ`,
  );
}

const textAndCryptography: readonly InstructionSource[] = [
  textCompare('pcmpestrm', '60'),
  textCompare('pcmpestri', '61'),
  textCompare('pcmpistrm', '62'),
  textCompare('pcmpistri', '63'),
  packed('aesenc', '66.0F38', 'DC', 'VAES'),
  packed('aesenclast', '66.0F38', 'DD', 'VAES'),
  packed('aesdec', '66.0F38', 'DE', 'VAES'),
  packed('aesdeclast', '66.0F38', 'DF', 'VAES'),
  unary('aesimc', '66.0F38', 'DB', 'none'),
  unary('aeskeygenassist', '66.0F3A', 'DF', 'none', 'ib'),
  packedImmediate('pclmulqdq', '66.0F3A', '44', 'VPCLMULQDQ'),
  halves('pclmullqlqdq', '00'),
  halves('pclmulhqlqdq', '01'),
  halves('pclmullqhqdq', '10'),
  halves('pclmulhqhqdq', '11'),
];

export const avxInteger: readonly InstructionSource[] = [
  ...arithmetic,
  ...shifts,
  ...rearrangement,
  ...textAndCryptography,
];
