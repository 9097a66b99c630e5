import { describe, expect, it } from 'vitest';
import { cpuidFeature } from '../cpuid';
import { decode, isDecoded } from '../decoder';
import { exceptionNamed } from '../exceptions';
import { instructions } from '../table';
import { avxComparisons } from './avx-comparisons';
import { avxFloatingPoint } from './avx-floating-point';
import { avxFma } from './avx-fma';
import { avxInteger } from './avx-integer';
import { avxMoves } from './avx-moves';
import { simdCryptography } from './simd-cryptography';
import { simdFloatingPoint } from './simd-floating-point';
import { simdInteger } from './simd-integer';
import { simdMoves } from './simd-moves';
import { x87Instructions } from './x87';

const legacy = [...x87Instructions, ...simdMoves, ...simdInteger, ...simdFloatingPoint, ...simdCryptography];
const vex = [...avxMoves, ...avxFloatingPoint, ...avxComparisons, ...avxInteger, ...avxFma];

describe('x87, SIMD and VEX rows', () => {
  it('name each instruction once', () => {
    const names = [...legacy, ...vex].map((source) => source.mnemonic);
    expect(new Set(names).size).toBe(names.length);
  });

  it('say in one or two sentences what each does', () => {
    for (const { mnemonic, summary } of [...legacy, ...vex]) expect(summary, mnemonic).toMatch(/^[A-Z].*\.$/);
  });

  it('name CPUID features and exceptions that exist', () => {
    const generations = new Set(['286', '386', 'P6']);
    for (const { mnemonic } of [...legacy, ...vex]) {
      const instruction = instructions.get(mnemonic)!;
      for (const form of instruction.forms) {
        const known = generations.has(form.feature) || form.feature === 'X86_64' || cpuidFeature(form.feature);
        expect(known, `${mnemonic}: ${form.feature}`).toBeTruthy();
      }
      for (const exception of instruction.exceptions) expect(exceptionNamed(exception), mnemonic).toBeDefined();
    }
  });

  it('place every operand in the encoding', () => {
    for (const { mnemonic } of [...legacy, ...vex]) {
      for (const form of instructions.get(mnemonic)!.forms) {
        expect(form.operandEncoding, `${mnemonic} ${form.operands}`).toMatch(/^[MRVOI4-]*$/);
        expect(form.operandEncoding.length).toBe(form.operands.length);
      }
    }
  });

  // Bytes as nasm 2.16 makes them from the text before, in 64-bit mode.
  it.each([
    ['fadd st0, st1', 'd8c1', 'fadd'],
    ['fadd to st1', 'dcc1', 'fadd'],
    ['fsub to st3', 'dceb', 'fsub'],
    ['fsubp st3', 'deeb', 'fsubp'],
    ['fninit', 'dbe3', 'fninit'],
    ['fld tword [rax]', 'db28', 'fld'],
    ['fisttp qword [rax]', 'dd08', 'fisttp'],
    ['fucomip st5', 'dfed', 'fucomip'],
    ['movq mm0, rax', '480f6ec0', 'movq'],
    ['movq xmm0, [rax]', 'f30f7e00', 'movq'],
    ['movq [rax], xmm0', '660fd600', 'movq'],
    ['movd xmm3, eax', '660f6ed8', 'movd'],
    ['paddb mm1, mm7', '0ffccf', 'paddb'],
    ['psrldq xmm1, 5', '660f73d905', 'psrldq'],
    ['pextrw eax, xmm0, 1', '660fc5c001', 'pextrw'],
    ['pextrw [rax], xmm0, 1', '660f3a150001', 'pextrw'],
    ['cmpeqps xmm1, xmm2', '0fc2ca00', 'cmpps'],
    ['cvtsi2sd xmm0, qword [rax]', 'f2480f2a00', 'cvtsi2sd'],
    ['movntdqa xmm1, [rax]', '660f382a08', 'movntdqa'],
    ['aesenc xmm0, xmm1', '660f38dcc1', 'aesenc'],
    ['pclmullqlqdq xmm0, xmm1', '660f3a44c100', 'pclmulqdq'],
    ['sha256rnds2 xmm1, xmm2', '0f38cbca', 'sha256rnds2'],
    ['crc32 eax, cx', '66f20f38f1c1', 'crc32'],
    ['vaddps ymm1, [rax]', 'c5f45808', 'vaddps'],
    ['vblendvps xmm0, xmm1, xmm2, xmm3', 'c4e3714ac230', 'vblendvps'],
    ['vgatherdpd ymm0, [rax+xmm1], ymm2', 'c4e2ed920408', 'vgatherdpd'],
    ['vfmadd213sd xmm0, xmm1, xmm2', 'c4e2f1a9c2', 'vfmadd213sd'],
    ['vcvtps2ph [rax], ymm1, 5', 'c4e37d1d0805', 'vcvtps2ph'],
    ['vzeroall', 'c5fc77', 'vzeroall'],
  ])('the bytes of %s (%s) are %s', (_text, hex, mnemonic) => {
    const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    const decoded = decode(bytes, 0, 64);
    expect(isDecoded(decoded) && [decoded.form.mnemonic, decoded.length]).toEqual([mnemonic, bytes.length]);
  });

  it('of gathers demand a SIB byte (SDM 2A 2.3.12)', () => {
    expect(decode(Uint8Array.of(0xc4, 0xe2, 0xed, 0x92, 0x01, 0, 0, 0, 0), 0, 64)).toBeUndefined();
    // In 16-bit addressing there is none.
    expect(decode(Uint8Array.of(0xc4, 0xe2, 0xed, 0x92, 0x04, 0, 0, 0, 0), 0, 16)).toBeUndefined();
  });

  it('have VEX.W1 forms outside 64-bit mode too, where no general register of 64 bits is named', () => {
    const bytes = Uint8Array.of(0xc4, 0xe2, 0xf1, 0xa9, 0xc2);
    const decoded = decode(bytes, 0, 32);
    expect(isDecoded(decoded) && decoded.form.mnemonic).toBe('vfmadd213sd');
  });
});
