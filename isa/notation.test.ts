/** The notation of rows, by its description in notation.ts and by the encodings that the SDM has for the examples. */
import { describe, expect, it } from 'vitest';
import { type Form, Mode } from './form';
import { instruction, type Meaning, readInstruction } from './notation';

function formsOf(rows: string, meaning: Meaning = {}): readonly Form[] {
  return readInstruction(instruction('test', 'Tests.', meaning, rows), () => {}).forms;
}

const only = (row: string, meaning?: Meaning): Form => formsOf(row, meaning)[0];

describe('operand templates', () => {
  it('v makes forms of 16, 32 and 64 bits, the last of 64-bit mode and with a 32-bit immediate', () => {
    const forms = formsOf('rmv, immz | 81 /0 iz');
    expect(forms.map((form) => form.operands.join())).toEqual(['rm16,imm16', 'rm32,imm32', 'rm64,simm32']);
    expect(forms.map((form) => form.opcode.operandSize)).toEqual([16, 32, 64]);
    expect(forms.map((form) => form.opcode.immediates.join())).toEqual(['iw', 'id', 'id']);
    expect(forms.map((form) => form.modes)).toEqual([Mode.All, Mode.All, Mode.Bits64]);
    expect(forms.map((form) => form.notation)).toEqual(['81 /0 iw', '81 /0 id', 'REX.W 81 /0 id']);
  });

  it('y makes forms of 32 and 64 bits that W alone tells apart', () => {
    const forms = formsOf('ry, rmy | VEX.LZ.0F38.W0 F2 /r');
    expect(forms.map((form) => form.operands.join())).toEqual(['r32,rm32', 'r64,rm64']);
    expect(forms.map((form) => form.opcode.w)).toEqual([0, 1]);
    expect(forms.map((form) => form.opcode.operandSize)).toEqual([0, 0]);
  });

  it('ov makes a form a size where no operand tells it', () => {
    expect(formsOf('| ov CB').map((form) => form.opcode.operandSize)).toEqual([16, 32, 64]);
  });

  it('d64 and f64 have no 32-bit form in 64-bit mode; f64 neither one of 16 bits', () => {
    expect(formsOf('rv | 50+r | d64').map((form) => form.modes)).toEqual([Mode.All, Mode.Legacy, Mode.Bits64]);
    expect(formsOf('rmv | FF /4 | f64').map((form) => form.modes)).toEqual([Mode.Legacy, Mode.Legacy, Mode.Bits64]);
  });
});

describe('opcodes', () => {
  it('have maps, mandatory prefixes, ModRM digits and fixed ModRM bytes', () => {
    expect(only('xmm, xmmm128 | 66 0F 38 01 /r').opcode).toMatchObject({ map: 2, mandatory: 0x66, byte: 1, digit: 8 });
    expect(only('| NP 0F 01 C1').opcode).toMatchObject({ map: 1, mandatory: 0, byte: 1, fixedModrm: 0xc1, digit: -1 });
    expect(only('rm8 | F6 /3').opcode).toMatchObject({ map: 0, mandatory: -1, byte: 0xf6, digit: 3 });
    expect(only('r32 | NFx 0F C7 /6').opcode.mandatory).toBe(-2);
    // A mandatory prefix is one only in front of a map: F3 90 is PAUSE.
    expect(only('| F3 90').opcode).toMatchObject({ mandatory: 0xf3, byte: 0x90 });
  });

  it('have registers in their low bits', () => {
    expect(only('r32 | 0F C8+r')).toMatchObject({ operandEncoding: 'O', opcode: { plusRegister: true, byte: 0xc8 } });
  });

  it('of VEX take their parts in any order', () => {
    const expected = { space: 'vex', map: 3, mandatory: 0x66, l: 1, w: 0, byte: 0x18 };
    expect(only('ymm, ymm, xmmm128, imm8 | VEX.256.66.0F3A.W0 18 /r ib').opcode).toMatchObject(expected);
    expect(only('ymm, ymm, xmmm128, imm8 | VEX.66.W0.0F3A.256 18 /r ib').opcode).toMatchObject(expected);
    expect(only('xmm, xmmm32 | VEX.LIG.F3.0F.WIG 10 /r').opcode).toMatchObject({ l: -1, w: -1, mandatory: 0xf3 });
  });
});

describe('places of operands', () => {
  it.each([
    ['rm32, r32 | 01 /r', 'MR'],
    ['r32, rm32 | 03 /r', 'RM'],
    ['al, imm8 | 04 ib', '-I'],
    ['xmm, xmm, xmmm128 | VEX.128.0F.WIG 58 /r', 'RVM'],
    ['xmm, xmm, xmmm128, xmm | VEX.128.66.0F3A.W0 4A /r /is4', 'RVM4'],
    ['r32, rm32 | VEX.LZ.0F38.W0 F3 /1', 'VM'],
    ['m32, xmm, xmm | VEX.128.66.0F38.W0 2E /r | en:MVR', 'MVR'],
  ])('of %s are %s', (row, places) => {
    expect(only(row).operandEncoding).toBe(places);
  });
});

describe('attributes', () => {
  it('are read, and what is not one is refused', () => {
    expect(only('rm8, r8 | 00 /r | lock')).toMatchObject({ lock: true, encodeOnly: false });
    expect(only('| A6 | repe').repeat).toBe('repe');
    expect(only('| 9B | encode wait')).toMatchObject({ encodeOnly: true, wait: true });
    expect(only('| 0F A2 | feature:486').feature).toBe('486');
    expect(() => only('| 90 | locked').lock).toThrow('unknown attribute: locked');
    expect(() => only('| 0F 99 nn').opcode).toThrow('unknown word in an opcode: nn');
  });
});

describe('meaning', () => {
  it('is the harmless usual case where nothing is said', () => {
    expect(readInstruction(instruction('test', 'Tests.', {}, '| 90'), () => {})).toMatchObject({
      privilege: 3,
      flagsRead: 0,
      flagsWritten: 0,
      flagsUndefined: 0,
      exceptions: [],
      popekGoldberg: 'innocuous',
      vmx: 'none',
    });
  });

  it('names flags, and calls privileged what is', () => {
    const meaning: Meaning = { privilege: 0, reads: 'CF', writes: 'status', vmx: 'HLT exiting' };
    // CF PF AF ZF SF OF: bits 0, 2, 4, 6, 7 and 11 (SDM 1 3.4.3).
    expect(readInstruction(instruction('test', 'Tests.', meaning, '| 90'), () => {})).toMatchObject({
      flagsRead: 1,
      flagsWritten: 0x8d5,
      popekGoldberg: 'privileged',
      vmx: { control: 'HLT exiting' },
    });
  });

  it('raises the feature with the operand size', () => {
    expect(formsOf('rmv | FF /0').map((form) => form.feature)).toEqual(['8086', '386', 'X86_64']);
  });
});
