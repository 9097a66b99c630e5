/** AVX floating point: the SSE operations with three operands and on 256 bits, and what AVX, AVX2 and F16C add (SDM 1 chapter 14). */
import { type InstructionSource, instruction } from '../notation';
import { packed, packedImmediate, scalar, unary, vexOf } from './avx-rows';

const avx = { feature: 'AVX' };
const f16c = { feature: 'F16C' };

function allShapes(stem: string, opcode: string): readonly InstructionSource[] {
  return [
    packed(`${stem}ps`, 'NP.0F', opcode),
    packed(`${stem}pd`, '66.0F', opcode),
    scalar(`${stem}ss`, 'F3.0F', opcode, 32),
    scalar(`${stem}sd`, 'F2.0F', opcode, 64),
  ];
}

function bothPrecisions(stem: string, opcode: string): readonly InstructionSource[] {
  return [packed(`${stem}ps`, 'NP.0F', opcode), packed(`${stem}pd`, '66.0F', opcode)];
}

const arithmetic: readonly InstructionSource[] = [
  ...allShapes('add', '58'),
  ...allShapes('mul', '59'),
  ...allShapes('sub', '5C'),
  ...allShapes('min', '5D'),
  ...allShapes('div', '5E'),
  ...allShapes('max', '5F'),
  unary('sqrtps', 'NP.0F', '51'),
  unary('sqrtpd', '66.0F', '51'),
  scalar('sqrtss', 'F3.0F', '51', 32),
  scalar('sqrtsd', 'F2.0F', '51', 64),
  unary('rsqrtps', 'NP.0F', '52'),
  scalar('rsqrtss', 'F3.0F', '52', 32),
  unary('rcpps', 'NP.0F', '53'),
  scalar('rcpss', 'F3.0F', '53', 32),
  packed('addsubps', 'F2.0F', 'D0'),
  packed('addsubpd', '66.0F', 'D0'),
  packed('haddps', 'F2.0F', '7C'),
  packed('haddpd', '66.0F', '7C'),
  packed('hsubps', 'F2.0F', '7D'),
  packed('hsubpd', '66.0F', '7D'),
  packedImmediate('dpps', '66.0F3A', '40'),
  packedImmediate('dppd', '66.0F3A', '41', 'none'),
  unary('roundps', '66.0F3A', '08', 'AVX', 'ib'),
  unary('roundpd', '66.0F3A', '09', 'AVX', 'ib'),
  vexOf('roundss', 'xmm, xmm, xmmm32, imm8 | VEX.LIG.66.0F3A.WIG 0A /r ib | two'),
  vexOf('roundsd', 'xmm, xmm, xmmm64, imm8 | VEX.LIG.66.0F3A.WIG 0B /r ib | two'),
];

const logic: readonly InstructionSource[] = [
  ...bothPrecisions('and', '54'),
  ...bothPrecisions('andn', '55'),
  ...bothPrecisions('or', '56'),
  ...bothPrecisions('xor', '57'),
  ...bothPrecisions('unpckl', '14'),
  ...bothPrecisions('unpckh', '15'),
  packedImmediate('shufps', 'NP.0F', 'C6'),
  packedImmediate('shufpd', '66.0F', 'C6'),
  packedImmediate('blendps', '66.0F3A', '0C'),
  packedImmediate('blendpd', '66.0F3A', '0D'),
  instruction(
    'vblendvps',
    'Takes the single-precision numbers of the second source where those of the mask are negative.',
    avx,
    `
    xmm, xmm, xmmm128, xmm | VEX.128.66.0F3A.W0 4A /r /is4 | two
    ymm, ymm, ymmm256, ymm | VEX.256.66.0F3A.W0 4A /r /is4 | two`,
  ),
  instruction(
    'vblendvpd',
    'Takes the double-precision numbers of the second source where those of the mask are negative.',
    avx,
    `
    xmm, xmm, xmmm128, xmm | VEX.128.66.0F3A.W0 4B /r /is4 | two
    ymm, ymm, ymmm256, ymm | VEX.256.66.0F3A.W0 4B /r /is4 | two`,
  ),
  vexOf('insertps', 'xmm, xmm, xmmm32, imm8 | VEX.128.66.0F3A.WIG 21 /r ib | two'),
  vexOf('extractps', 'rm32, xmm, imm8 | VEX.128.66.0F3A.WIG 17 /r ib', 'with a VEX encoding'),
  vexOf('comiss', 'xmm, xmmm32 | VEX.LIG.NP.0F.WIG 2F /r', 'with a VEX encoding'),
  vexOf('comisd', 'xmm, xmmm64 | VEX.LIG.66.0F.WIG 2F /r', 'with a VEX encoding'),
  vexOf('ucomiss', 'xmm, xmmm32 | VEX.LIG.NP.0F.WIG 2E /r', 'with a VEX encoding'),
  vexOf('ucomisd', 'xmm, xmmm64 | VEX.LIG.66.0F.WIG 2E /r', 'with a VEX encoding'),
  instruction(
    'vtestps',
    'Sets ZF and CF as PTEST does, by the signs of packed single-precision numbers.',
    { writes: 'status', ...avx },
    `
    xmm, xmmm128 | VEX.128.66.0F38.W0 0E /r
    ymm, ymmm256 | VEX.256.66.0F38.W0 0E /r`,
  ),
  instruction(
    'vtestpd',
    'Sets ZF and CF as PTEST does, by the signs of packed double-precision numbers.',
    { writes: 'status', ...avx },
    `
    xmm, xmmm128 | VEX.128.66.0F38.W0 0F /r
    ymm, ymmm256 | VEX.256.66.0F38.W0 0F /r`,
  ),
  instruction(
    'vpermilps',
    'Places single-precision numbers within each 128-bit lane, by a pattern or by the second source.',
    avx,
    `
    xmm, xmm, xmmm128  | VEX.128.66.0F38.W0 0C /r | two
    ymm, ymm, ymmm256  | VEX.256.66.0F38.W0 0C /r | two
    xmm, xmmm128, imm8 | VEX.128.66.0F3A.W0 04 /r ib
    ymm, ymmm256, imm8 | VEX.256.66.0F3A.W0 04 /r ib`,
  ),
  instruction(
    'vpermilpd',
    'Places double-precision numbers within each 128-bit lane, by a pattern or by the second source.',
    avx,
    `
    xmm, xmm, xmmm128  | VEX.128.66.0F38.W0 0D /r | two
    ymm, ymm, ymmm256  | VEX.256.66.0F38.W0 0D /r | two
    xmm, xmmm128, imm8 | VEX.128.66.0F3A.W0 05 /r ib
    ymm, ymmm256, imm8 | VEX.256.66.0F3A.W0 05 /r ib`,
  ),
  instruction(
    'vperm2f128',
    'Takes any two of the four 128-bit halves of the sources, or clears them.',
    avx,
    'ymm, ymm, ymmm256, imm8 | VEX.256.66.0F3A.W0 06 /r ib | two',
  ),
  instruction(
    'vpermps',
    'Places single-precision numbers anywhere, by the indexes in the first source.',
    { feature: 'AVX2' },
    'ymm, ymm, ymmm256 | VEX.256.66.0F38.W0 16 /r | two',
  ),
  instruction(
    'vpermpd',
    'Places double-precision numbers anywhere, by a pattern.',
    { feature: 'AVX2' },
    'ymm, ymmm256, imm8 | VEX.256.66.0F3A.W1 01 /r ib',
  ),
];

/** An integer in a register or memory; NASM takes memory without a written size for a doubleword. */
function integerSource(prefix: string): string {
  return `
    xmm, xmm, rmy | VEX.LIG.${prefix}.0F 2A /r    | two
    xmm, xmm, m   | VEX.LIG.${prefix}.0F.W0 2A /r | two encode`;
}

const conversions: readonly InstructionSource[] = [
  vexOf('cvtsi2ss', integerSource('F3')),
  vexOf('cvtsi2sd', integerSource('F2')),
  vexOf('cvtss2si', 'ry, xmmm32 | VEX.LIG.F3.0F 2D /r', 'with a VEX encoding'),
  vexOf('cvttss2si', 'ry, xmmm32 | VEX.LIG.F3.0F 2C /r', 'with a VEX encoding'),
  vexOf('cvtsd2si', 'ry, xmmm64 | VEX.LIG.F2.0F 2D /r', 'with a VEX encoding'),
  vexOf('cvttsd2si', 'ry, xmmm64 | VEX.LIG.F2.0F 2C /r', 'with a VEX encoding'),
  scalar('cvtss2sd', 'F3.0F', '5A', 32),
  scalar('cvtsd2ss', 'F2.0F', '5A', 64),
  unary('cvtdq2ps', 'NP.0F', '5B'),
  unary('cvtps2dq', '66.0F', '5B'),
  unary('cvttps2dq', 'F3.0F', '5B'),
  vexOf(
    'cvtdq2pd',
    `
    xmm, xmmm64  | VEX.128.F3.0F.WIG E6 /r
    ymm, xmmm128 | VEX.256.F3.0F.WIG E6 /r`,
    'also on 256 bits',
  ),
  vexOf(
    'cvtps2pd',
    `
    xmm, xmmm64  | VEX.128.NP.0F.WIG 5A /r
    ymm, xmmm128 | VEX.256.NP.0F.WIG 5A /r`,
    'also on 256 bits',
  ),
  vexOf(
    'cvtpd2dq',
    `
    xmm, xmmm128 | VEX.128.F2.0F.WIG E6 /r
    xmm, ymmm256 | VEX.256.F2.0F.WIG E6 /r`,
    'also on 256 bits',
  ),
  vexOf(
    'cvttpd2dq',
    `
    xmm, xmmm128 | VEX.128.66.0F.WIG E6 /r
    xmm, ymmm256 | VEX.256.66.0F.WIG E6 /r`,
    'also on 256 bits',
  ),
  vexOf(
    'cvtpd2ps',
    `
    xmm, xmmm128 | VEX.128.66.0F.WIG 5A /r
    xmm, ymmm256 | VEX.256.66.0F.WIG 5A /r`,
    'also on 256 bits',
  ),
  instruction(
    'vcvtph2ps',
    'Converts half-precision numbers to single precision.',
    f16c,
    `
    xmm, xmmm64  | VEX.128.66.0F38.W0 13 /r
    ymm, xmmm128 | VEX.256.66.0F38.W0 13 /r`,
  ),
  instruction(
    'vcvtps2ph',
    'Converts single-precision numbers to half precision, rounding as the immediate says.',
    f16c,
    `
    xmmm64, xmm, imm8  | VEX.128.66.0F3A.W0 1D /r ib
    xmmm128, ymm, imm8 | VEX.256.66.0F3A.W0 1D /r ib`,
  ),
];

export const avxFloatingPoint: readonly InstructionSource[] = [...arithmetic, ...logic, ...conversions];
