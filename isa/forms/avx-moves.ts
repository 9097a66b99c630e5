/** AVX moves, broadcasts, masked moves, gathers, lanes and state (SDM 1 chapter 14). */
import { type InstructionSource, instruction } from '../notation';
import { unary, vexOf } from './avx-rows';

const avx = { feature: 'AVX' };
const avx2 = { feature: 'AVX2', exceptions: '#NM #UD' };
const plainVex = 'with a VEX encoding';

function wholeMove(sseMnemonic: string, map: string, load: string, store: string): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmmm128 | VEX.128.${map}.WIG ${load} /r
    xmmm128, xmm | VEX.128.${map}.WIG ${store} /r
    ymm, ymmm256 | VEX.256.${map}.WIG ${load} /r
    ymmm256, ymm | VEX.256.${map}.WIG ${store} /r`,
    'also on 256 bits',
  );
}

function halfMove(sseMnemonic: string, map: string, load: string, store: string): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmm, m64 | VEX.128.${map}.WIG ${load} /r | two
    m64, xmm      | VEX.128.${map}.WIG ${store} /r`,
  );
}

function scalarMove(sseMnemonic: string, map: string, bits: 32 | 64): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    xmm, xmm, xmm | VEX.LIG.${map}.WIG 10 /r | two
    xmm, m${bits} | VEX.LIG.${map}.WIG 10 /r
    xmm, xmm, xmm | VEX.LIG.${map}.WIG 11 /r | en:MVR decode
    m${bits}, xmm | VEX.LIG.${map}.WIG 11 /r`,
    'between registers with the rest from another one',
  );
}

function nonTemporal(sseMnemonic: string, map: string, opcode: string): InstructionSource {
  return vexOf(
    sseMnemonic,
    `
    m128, xmm | VEX.128.${map}.WIG ${opcode} /r
    m256, ymm | VEX.256.${map}.WIG ${opcode} /r`,
    'also on 256 bits',
  );
}

/** Loads or stores the elements whose mask has its high bit set. */
function masked(
  mnemonic: string,
  w: string,
  load: string,
  store: string,
  feature: string,
  what: string,
): InstructionSource {
  // Only here does NASM let the mask be left out.
  const optional = feature === 'AVX2' ? 'two' : '';
  return instruction(
    mnemonic,
    `Loads or stores the ${what} whose mask has its high bit set; the others are cleared or left alone.`,
    { feature },
    `
    xmm, xmm, m128 | VEX.128.66.0F38.${w} ${load} /r | ${optional}
    ymm, ymm, m256 | VEX.256.66.0F38.${w} ${load} /r | ${optional}
    m128, xmm, xmm | VEX.128.66.0F38.${w} ${store} /r | en:MVR
    m256, ymm, ymm | VEX.256.66.0F38.${w} ${store} /r | en:MVR`,
  );
}

/** Loads elements from addresses that a vector of indexes gives; the mask tells which, and is cleared as it goes. */
function gather(
  mnemonic: string,
  opcode: string,
  w: string,
  narrow: string,
  wide: string,
  what: string,
): InstructionSource {
  return instruction(
    mnemonic,
    `Loads ${what} where the mask has its high bit set; each mask element is cleared when its load is done.`,
    avx2,
    `
    ${narrow.replace('%', `VEX.128.66.0F38.${w} ${opcode} /r | en:RMV`)}
    ${wide.replace('%', `VEX.256.66.0F38.${w} ${opcode} /r | en:RMV`)}`,
  );
}

const moves: readonly InstructionSource[] = [
  vexOf('movd', 'xmm, rm32 | VEX.128.66.0F.W0 6E /r\nrm32, xmm | VEX.128.66.0F.W0 7E /r', plainVex),
  vexOf(
    'movq',
    `
    xmm, xmmm64 | VEX.128.F3.0F.WIG 7E /r
    xmmm64, xmm | VEX.128.66.0F.WIG D6 /r
    xmm, rm64   | VEX.128.66.0F.W1 6E /r | long
    rm64, xmm   | VEX.128.66.0F.W1 7E /r | long`,
    plainVex,
  ),
  wholeMove('movaps', 'NP.0F', '28', '29'),
  wholeMove('movapd', '66.0F', '28', '29'),
  wholeMove('movups', 'NP.0F', '10', '11'),
  wholeMove('movupd', '66.0F', '10', '11'),
  wholeMove('movdqa', '66.0F', '6F', '7F'),
  wholeMove('movdqu', 'F3.0F', '6F', '7F'),
  scalarMove('movss', 'F3.0F', 32),
  scalarMove('movsd', 'F2.0F', 64),
  halfMove('movlps', 'NP.0F', '12', '13'),
  halfMove('movhps', 'NP.0F', '16', '17'),
  halfMove('movlpd', '66.0F', '12', '13'),
  halfMove('movhpd', '66.0F', '16', '17'),
  vexOf('movhlps', 'xmm, xmm, xmm | VEX.128.NP.0F.WIG 12 /r | two'),
  vexOf('movlhps', 'xmm, xmm, xmm | VEX.128.NP.0F.WIG 16 /r | two'),
  vexOf('movddup', 'xmm, xmmm64 | VEX.128.F2.0F.WIG 12 /r\nymm, ymmm256 | VEX.256.F2.0F.WIG 12 /r', 'also on 256 bits'),
  unary('movshdup', 'F3.0F', '16'),
  unary('movsldup', 'F3.0F', '12'),
  vexOf('lddqu', 'xmm, m128 | VEX.128.F2.0F.WIG F0 /r\nymm, m256 | VEX.256.F2.0F.WIG F0 /r', 'also on 256 bits'),
  vexOf(
    'movmskps',
    `
    r32, xmm | VEX.128.NP.0F.WIG 50 /r
    r64, xmm | VEX.128.NP.0F.WIG 50 /r | long encode
    r32, ymm | VEX.256.NP.0F.WIG 50 /r
    r64, ymm | VEX.256.NP.0F.WIG 50 /r | encode long`,
    'also on 256 bits',
  ),
  vexOf(
    'movmskpd',
    `
    r32, xmm | VEX.128.66.0F.WIG 50 /r
    r64, xmm | VEX.128.66.0F.WIG 50 /r | long encode
    r32, ymm | VEX.256.66.0F.WIG 50 /r
    r64, ymm | VEX.256.66.0F.WIG 50 /r | encode long`,
    'also on 256 bits',
  ),
  instruction(
    'vmovqqa',
    'Another name of VMOVDQA on 256 bits.',
    avx,
    'ymm, ymmm256 | VEX.256.66.0F.WIG 6F /r | encode\nymmm256, ymm | VEX.256.66.0F.WIG 7F /r | encode',
  ),
  instruction(
    'vmovqqu',
    'Another name of VMOVDQU on 256 bits.',
    avx,
    'ymm, ymmm256 | VEX.256.F3.0F.WIG 6F /r | encode\nymmm256, ymm | VEX.256.F3.0F.WIG 7F /r | encode',
  ),
  instruction('vldqqu', 'Another name of VLDDQU on 256 bits.', avx, 'ymm, m256 | VEX.256.F2.0F.WIG F0 /r | encode'),
  instruction('vmovntqq', 'Another name of VMOVNTDQ on 256 bits.', avx, 'm256, ymm | VEX.256.66.0F.WIG E7 /r | encode'),
  nonTemporal('movntps', 'NP.0F', '2B'),
  nonTemporal('movntpd', '66.0F', '2B'),
  nonTemporal('movntdq', '66.0F', 'E7'),
  vexOf(
    'movntdqa',
    'xmm, m128 | VEX.128.66.0F38.WIG 2A /r\nymm, m256 | VEX.256.66.0F38.WIG 2A /r | feature:AVX2',
    'also on 256 bits',
  ),
  vexOf('maskmovdqu', 'xmm, xmm | VEX.128.66.0F.WIG F7 /r', plainVex),
  vexOf('ldmxcsr', 'm32 | VEX.128.NP.0F.WIG AE /2', plainVex),
  vexOf('stmxcsr', 'm32 | VEX.128.NP.0F.WIG AE /3', plainVex),
  instruction('vzeroupper', 'Clears the upper halves of all YMM registers.', avx, '| VEX.128.NP.0F.WIG 77'),
  instruction('vzeroall', 'Clears all YMM registers.', avx, '| VEX.256.NP.0F.WIG 77'),
];

const lanes: readonly InstructionSource[] = [
  instruction(
    'vbroadcastss',
    'Copies one single-precision number to every place.',
    avx,
    `
    xmm, m32 | VEX.128.66.0F38.W0 18 /r
    ymm, m32 | VEX.256.66.0F38.W0 18 /r
    xmm, xmm | VEX.128.66.0F38.W0 18 /r | feature:AVX2
    ymm, xmm | VEX.256.66.0F38.W0 18 /r | feature:AVX2`,
  ),
  instruction(
    'vbroadcastsd',
    'Copies one double-precision number to every place.',
    avx,
    `
    ymm, m64 | VEX.256.66.0F38.W0 19 /r
    ymm, xmm | VEX.256.66.0F38.W0 19 /r | feature:AVX2`,
  ),
  instruction('vbroadcastf128', 'Loads 16 bytes to both halves.', avx, 'ymm, m128 | VEX.256.66.0F38.W0 1A /r'),
  instruction('vbroadcasti128', 'Loads 16 bytes to both halves.', avx2, 'ymm, m128 | VEX.256.66.0F38.W0 5A /r'),
  instruction(
    'vextractf128',
    'Copies one half of a YMM register.',
    avx,
    'xmmm128, ymm, imm8 | VEX.256.66.0F3A.W0 19 /r ib',
  ),
  instruction(
    'vextracti128',
    'Copies one half of a YMM register.',
    avx2,
    'xmmm128, ymm, imm8 | VEX.256.66.0F3A.W0 39 /r ib',
  ),
  instruction(
    'vinsertf128',
    'Replaces one half of a YMM register.',
    avx,
    'ymm, ymm, xmmm128, imm8 | VEX.256.66.0F3A.W0 18 /r ib | two',
  ),
  instruction(
    'vinserti128',
    'Replaces one half of a YMM register.',
    avx2,
    'ymm, ymm, xmmm128, imm8 | VEX.256.66.0F3A.W0 38 /r ib | two',
  ),
  masked('vmaskmovps', 'W0', '2C', '2E', 'AVX', 'single-precision numbers'),
  masked('vmaskmovpd', 'W0', '2D', '2F', 'AVX', 'double-precision numbers'),
  masked('vpmaskmovd', 'W0', '8C', '8E', 'AVX2', 'doublewords'),
  masked('vpmaskmovq', 'W1', '8C', '8E', 'AVX2', 'quadwords'),
  gather(
    'vgatherdps',
    '92',
    'W0',
    'xmm, vm32x, xmm | %',
    'ymm, vm32y, ymm | %',
    'single-precision numbers at doubleword indexes',
  ),
  gather(
    'vgatherdpd',
    '92',
    'W1',
    'xmm, vm64x, xmm | %',
    'ymm, vm64x, ymm | %',
    'double-precision numbers at doubleword indexes',
  ),
  gather(
    'vgatherqps',
    '93',
    'W0',
    'xmm, vm32x, xmm | %',
    'xmm, vm32y, xmm | %',
    'single-precision numbers at quadword indexes',
  ),
  gather(
    'vgatherqpd',
    '93',
    'W1',
    'xmm, vm64x, xmm | %',
    'ymm, vm64y, ymm | %',
    'double-precision numbers at quadword indexes',
  ),
  gather('vpgatherdd', '90', 'W0', 'xmm, vm32x, xmm | %', 'ymm, vm32y, ymm | %', 'doublewords at doubleword indexes'),
  gather('vpgatherdq', '90', 'W1', 'xmm, vm64x, xmm | %', 'ymm, vm64x, ymm | %', 'quadwords at doubleword indexes'),
  gather('vpgatherqd', '91', 'W0', 'xmm, vm32x, xmm | %', 'xmm, vm32y, xmm | %', 'doublewords at quadword indexes'),
  gather('vpgatherqq', '91', 'W1', 'xmm, vm64x, xmm | %', 'ymm, vm64y, ymm | %', 'quadwords at quadword indexes'),
];

export const avxMoves: readonly InstructionSource[] = [...moves, ...lanes];
