/** CPUID and the instructions that work say the same: expectations from the table's features and SDM 2A to 2D. */
import { describe, expect, test } from 'vitest';
import { decode, isDecoded } from '../../isa/decoder';
import type { Form } from '../../isa/form';
import { allForms } from '../../isa/table';
import { asEnumerated, isEnumerated } from './enumerated';
import { fpuHelpers } from './fpu/helpers';
import { semanticsOf } from './semantics/table';
import { defaultProfile } from './system/cpuid';
import { instructionHelpers } from './system/helpers';

const profile = defaultProfile({ vmx: true });

const hasMeaning = (form: Form): boolean =>
  semanticsOf(form) !== undefined || fpuHelpers.has(form.mnemonic) || instructionHelpers.has(form.mnemonic);

const formOf = (code: number[], without: string[] = []): string => {
  const decoded = decode(new Uint8Array(code), 0, 64);
  if (!isDecoded(decoded)) throw new Error('no instruction');
  const { form } = asEnumerated(decoded, defaultProfile({ without }));
  return form.id < 0 ? '#UD' : form.mnemonic;
};

test('every form whose feature the default profile enumerates, or that is older than CPUID, has an emitter or a helper', () => {
  const missing = allForms().filter(
    (form) => !form.encodeOnly && isEnumerated(form, profile.features) && !hasMeaning(form),
  );
  expect(missing.map((form) => `${form.mnemonic} ${form.operands}`)).toEqual([]);
  // that the list is no empty one: the table's 8086 to SSE4.2
  expect(allForms().filter((form) => isEnumerated(form, profile.features)).length).toBeGreaterThan(1500);
});

test('all of SSE to SSE4.2, POPCNT and MOVBE are enumerated; AVX and later, AES, PCLMULQDQ and SHA are not', () => {
  for (const name of ['SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4.1', 'SSE4.2', 'POPCNT', 'MOVBE', 'XSAVE']) {
    expect(profile.features.has(name), name).toBe(true);
  }
  for (const name of ['AVX', 'AVX2', 'FMA', 'AESNI', 'PCLMULQDQ', 'SHA', 'ADX', 'BMI1', 'BMI2', 'XSAVEOPT']) {
    expect(profile.features.has(name), name).toBe(false);
  }
});

describe('a form without its feature', () => {
  test('is #UD', () => {
    expect(formOf([0x66, 0x0f, 0x38, 0xdc, 0xc1])).toBe('#UD'); // AESENC
    expect(formOf([0x66, 0x0f, 0x38, 0xf6, 0xc1])).toBe('#UD'); // ADCX
    expect(formOf([0xc5, 0xf8, 0x58, 0xc1])).toBe('#UD'); // VADDPS
    expect(formOf([0x0f, 0xae, 0x30])).toBe('#UD'); // XSAVEOPT
    expect(formOf([0xf2, 0x0f, 0x38, 0xf1, 0xc1], ['SSE4.2'])).toBe('#UD'); // CRC32
    expect(formOf([0xf2, 0x0f, 0x38, 0xf1, 0xc1])).toBe('crc32');
  });
  test('is what its bytes were before: TZCNT BSF, LZCNT BSR, WBNOINVD WBINVD, hints nothing', () => {
    expect(formOf([0xf3, 0x0f, 0xbc, 0xc1])).toBe('bsf');
    expect(formOf([0xf3, 0x48, 0x0f, 0xbd, 0xc1])).toBe('bsr');
    expect(formOf([0xf3, 0x0f, 0x09])).toBe('wbinvd');
    expect(formOf([0xf3, 0x0f, 0x1e, 0xfa])).toBe('endbr64');
    expect(formOf([0x0f, 0x0d, 0x10])).toBe('prefetchwt1');
  });
});
