/** Lengths and operands by SDM 2A chapter 2; what raises #UD was tried on a processor (test/campaigns/decode does so for all). */
import { describe, expect, it } from 'vitest';
import type { Decoded } from './decoded';
import { type DecodeResult, decode, isDecoded } from './decoder';

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

const read = (hex: string, bits: 16 | 32 | 64): DecodeResult => decode(bytesOf(hex), 0, bits);

function decoded(hex: string, bits: 16 | 32 | 64): Decoded {
  const result = read(hex, bits);
  if (!isDecoded(result)) throw new Error(`${hex} is no instruction in ${bits}-bit mode`);
  return result;
}

/** Mnemonic and length. */
const short = (hex: string, bits: 16 | 32 | 64): string => {
  const { form, length } = decoded(hex, bits);
  return `${form.mnemonic} ${length}`;
};

describe('sizes', () => {
  it('of operands and addresses turn with the mode and with 66 and 67 (SDM 2A 2.1.1)', () => {
    expect(decoded('b8 34 12', 16).operandSize).toBe(16);
    expect(decoded('66 b8 78 56 34 12', 16)).toMatchObject({ operandSize: 32, length: 6 });
    expect(decoded('66 b8 34 12', 32)).toMatchObject({ operandSize: 16, length: 4 });
    expect(decoded('48 b8 01 02 03 04 05 06 07 08', 64)).toMatchObject({ operandSize: 64, length: 10 });
    expect(decoded('67 8b 07', 16)).toMatchObject({ addressSize: 32, length: 3 });
    expect(decoded('67 8b 07', 32)).toMatchObject({ addressSize: 16, length: 3 });
    expect(decoded('67 8b 07', 64)).toMatchObject({ addressSize: 32, length: 3 });
  });

  it('are 64 bits without REX.W for PUSH and near branches (SDM 2A 2.2.1.7)', () => {
    expect(decoded('50', 64).operandSize).toBe(64);
    expect(decoded('66 50', 64).operandSize).toBe(16);
    // Near branches ignore 66 on Intel's processors: the displacement keeps four bytes.
    expect(decoded('66 e8 00 00 00 00', 64)).toMatchObject({ operandSize: 64, length: 6 });
  });

  it('of XBEGIN follow 66 in 64-bit mode too', () => {
    expect(short('66 c7 f8 11 11', 64)).toBe('xbegin 5');
    expect(short('c7 f8 11 11 11 11', 64)).toBe('xbegin 6');
  });
});

describe('memory operands', () => {
  it('of 16-bit addressing are those of SDM 2A table 2-1', () => {
    expect(decoded('8b 42 10', 16).operands[1]).toMatchObject({ base: 5, index: 6, displacement: 16, segment: 2 });
    expect(decoded('8b 06 34 12', 16).operands[1]).toMatchObject({
      base: -1,
      index: -1,
      displacement: 0x1234,
      segment: 3,
    });
    expect(decoded('8b 87 fe ff', 16).operands[1]).toMatchObject({ base: 3, index: -1, displacement: -2 });
  });

  it('with SIB are those of SDM 2A table 2-3', () => {
    expect(decoded('8b 44 8d 10', 32).operands[1]).toMatchObject({
      base: 5,
      index: 1,
      scale: 4,
      displacement: 16,
      segment: 2,
    });
    // No index, base ESP.
    expect(decoded('8b 04 24', 32).operands[1]).toMatchObject({ base: 4, index: -1, scale: 1 });
    // No base where mod is 0 and base 5.
    expect(decoded('8b 04 8d 78 56 34 12', 32).operands[1]).toMatchObject({
      base: -1,
      index: 1,
      displacement: 0x12345678,
    });
    // R12 is an index, as REX.X tells it from RSP.
    expect(decoded('42 8b 04 20', 64).operands[1]).toMatchObject({ base: 0, index: 12 });
  });

  it('without base are relative to RIP in 64-bit mode only', () => {
    expect(decoded('8b 05 10 00 00 00', 64).operands[1]).toMatchObject({ base: 16, displacement: 16 });
    expect(decoded('8b 05 10 00 00 00', 32).operands[1]).toMatchObject({ base: -1, displacement: 16 });
  });

  it('take the last segment prefix; 64-bit mode ignores all but FS and GS', () => {
    expect(decoded('26 64 8b 07', 32).operands[1]).toMatchObject({ segment: 4 });
    expect(decoded('2e 8b 07', 32).operands[1]).toMatchObject({ segment: 1 });
    expect(decoded('2e 8b 07', 64).operands[1]).toMatchObject({ segment: 3 });
    expect(decoded('65 8b 07', 64).operands[1]).toMatchObject({ segment: 5 });
  });
});

describe('REX', () => {
  it('extends registers, and makes SPL to DIL of AH to BH', () => {
    expect(decoded('45 89 c8', 64).operands).toMatchObject([{ index: 8 }, { index: 9 }]);
    expect(decoded('88 e0', 64).operands[1]).toMatchObject({ file: 'gpr8high', index: 0 });
    expect(decoded('40 88 e0', 64).operands[1]).toMatchObject({ file: 'gpr8', index: 4 });
  });

  it('counts only directly before the opcode (SDM 2A 2.2.1)', () => {
    expect(decoded('48 66 89 c8', 64)).toMatchObject({ operandSize: 16, length: 4 });
    expect(decoded('48 44 89 c8', 64).operandSize).toBe(32);
  });

  it('makes XCHG of NOP', () => {
    expect(short('90', 64)).toBe('nop 1');
    expect(short('41 90', 64)).toBe('xchg 2');
    expect(short('f3 90', 64)).toBe('pause 2');
  });
});

describe('VEX', () => {
  it('begins with C4 and C5 outside 64-bit mode only where LES and LDS would name a register', () => {
    expect(short('c5 f8 77', 32)).toBe('vzeroupper 3');
    expect(short('c5 78 77', 32)).toBe('lds 3');
    expect(short('c5 78 77', 64)).toBe('vzeroupper 3');
  });

  it('is #UD after 66, F2, F3, LOCK and REX (SDM 2A 2.3.2, 2.3.3)', () => {
    for (const prefix of ['66', 'f2', 'f3', 'f0', '48']) expect(read(`${prefix} c5 f8 58 c1`, 64)).toBeUndefined();
    expect(short('65 c5 f8 58 07', 64)).toBe('vaddps 5');
  });

  it('is #UD where vvvv names a register that the instruction has not, its highest bit included', () => {
    expect(short('c4 c1 78 13 23', 32)).toBe('vmovlps 5');
    expect(read('c4 c1 38 13 23', 32)).toBeUndefined();
    expect(read('c4 c1 70 13 23', 32)).toBeUndefined();
  });

  it('ignores the highest bit of a register outside 64-bit mode', () => {
    expect(decoded('c4 e3 01 4a c1 90', 32).operands).toMatchObject([
      { index: 0 },
      { index: 7 },
      { index: 1 },
      { index: 1 },
    ]);
    expect(decoded('c4 e3 01 4a c1 90', 64).operands).toMatchObject([
      { index: 0 },
      { index: 15 },
      { index: 1 },
      { index: 9 },
    ]);
  });
});

describe('#UD', () => {
  it.each([
    ['LOCK of what cannot be locked', 'f0 01 c0', 32],
    ['LOCK of a register destination', 'f0 ff c0', 32],
    ['LOCK of a load', 'f0 03 07', 32],
    ['MOV to CS', '8e c8', 32],
    ['segment register 6', '8c f0', 32],
    ['CR1', '0f 20 c8', 32],
    ['LEA of a register', '8d c0', 32],
    ['PUSH CS in 64-bit mode', '0e', 64],
    ['RDRAND after F2', 'f2 0f c7 f1', 32],
    ['XEND after F2', 'f2 0f 01 d5', 64],
    ['PTWRITE without F3', '0f ae e0', 64],
    ['POPCNT without F3', '0f b8 c0', 64],
  ] as const)('%s', (_what, hex, bits) => {
    expect(read(hex, bits)).toBeUndefined();
  });

  it('is none of what processors ignore', () => {
    expect(short('f0 01 07', 32)).toBe('add 3');
    // ModRM.rm of the fences (SDM 2A LFENCE), REX.W of EXTRACTPS to memory, x87 opcodes that no manual names.
    expect(short('0f ae ea', 32)).toBe('lfence 3');
    expect(short('66 48 0f 3a 17 01 11', 64)).toBe('extractps 7');
    expect(short('dc d0', 32)).toBe('fcom 2');
    expect(short('df c8', 32)).toBe('fxch 2');
  });
});

describe('length', () => {
  it('that is cut off says so', () => {
    expect(read('', 32)).toEqual({ kind: 'truncated' });
    expect(read('66', 32)).toEqual({ kind: 'truncated' });
    expect(read('b8 01 02', 32)).toEqual({ kind: 'truncated' });
    expect(read('8b 84 24 00 00', 32)).toEqual({ kind: 'truncated' });
  });

  it('of more than 15 bytes is #GP(0), not #UD (SDM 2A 2.3.11)', () => {
    expect(decoded(`${'66 '.repeat(14)}90`, 32).length).toBe(15);
    expect(read(`${'66 '.repeat(15)}90`, 32)).toEqual({ kind: 'too-long' });
    // 12 prefixes and four bytes.
    expect(read(`${'2e '.repeat(12)}8b 44 8d 10`, 32)).toEqual({ kind: 'too-long' });
  });
});
