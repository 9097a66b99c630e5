import { describe, expect, it } from 'vitest';
import { ToyTarget } from '../testing/toy-target';
import { addressOf, type EvaluationContext, evaluate, parseNumber } from './expression';
import { prepareWrite, readRegister } from './registers';

const target = new ToyTarget(Uint8Array.of(0x90), 0x1000);
target.writeRegister('rax', 0x1122_3344_5566_7788n);
target.writeRegister('rflags', 0x3042n);
target.writeVirtual(0x8008n, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const registers = target.registers();
const context: EvaluationContext = {
  registers,
  symbol: (name) => ({ message: 0x2000n, count: 3n, rax: 5n, '.local': 0x1000n })[name],
  readLinear: (address, length) => target.readVirtual(address, length),
  readPhysical: (address, length) => target.readPhysical(address, length),
};
const resultOf = (text: string) => evaluate(text, context).value;

describe('numbers', () => {
  it('are read as NASM writes them', () => {
    const numbers = {
      '0x1F': 31n,
      '1Fh': 31n,
      '0b1h': 0xb1n,
      '0b101': 5n,
      '101b': 5n,
      '17q': 15n,
      '0o17': 15n,
      '1_000': 1000n,
    };
    for (const [text, value] of Object.entries(numbers)) expect(parseNumber(text), text).toBe(value);
    expect(parseNumber('12g')).toBeUndefined();
    expect(resultOf("'A'")).toBe(65n);
  });
});

describe('registers', () => {
  it('and their parts', () => {
    const parts = {
      rax: 0x1122334455667788n,
      EAX: 0x55667788n,
      ax: 0x7788n,
      ah: 0x77n,
      al: 0x88n,
      cs: 8n,
      cr0: 0x80000011n,
    };
    for (const [name, value] of Object.entries(parts)) expect(resultOf(name), name).toBe(value);
    expect(readRegister(registers, 'zf')).toEqual({ value: 1n, width: 1 });
    expect(readRegister(registers, 'iopl')).toEqual({ value: 3n, width: 2 });
    expect(readRegister(registers, 'gdtr.limit')).toEqual({ value: 0x1fn, width: 32 });
    expect(readRegister(registers, 'message')).toBeUndefined();
  });

  it('are written as a whole, whatever part is named', () => {
    expect(prepareWrite(registers, 'ah', 0x01n)).toEqual({ name: 'rax', value: 0x1122334455660188n });
    expect(prepareWrite(registers, 'eax', 1n)).toEqual({ name: 'rax', value: 0x1122334400000001n });
    expect(prepareWrite(registers, 'zf', 0n)).toEqual({ name: 'rflags', value: 0x3002n });
    expect(prepareWrite(registers, 'al', BigInt.asUintN(64, -1n))).toEqual({ name: 'rax', value: 0x11223344556677ffn });
    expect(prepareWrite(registers, 'al', 256n)).toBe('al has 8 bits: 0x100 does not fit');
    expect(prepareWrite(registers, 'nothing', 0n)).toBeUndefined();
  });
});

describe('expressions', () => {
  it('follow the precedence of C, in unsigned 64 bits', () => {
    expect(resultOf('1 + 2 * 3 << 1')).toBe(14n);
    expect(resultOf('1 | 6 & 3 == 3')).toBe(1n);
    expect(resultOf('(1 + 2) * -1')).toBe(0xfffffffffffffffdn);
    expect(resultOf('~0 == -1 && !0')).toBe(1n);
    expect(resultOf('7 / 2 % 2')).toBe(1n);
  });

  it('read memory by size, from stack, symbol and physical address', () => {
    expect(evaluate('dword [rsp+8]', context)).toMatchObject({
      value: 0x04030201n,
      width: 32,
      location: { address: 0x8008n },
    });
    expect(resultOf('[rsp+8]')).toBe(0x0807060504030201n);
    expect(resultOf('byte [gpa:0x8009]')).toBe(2n);
    expect(resultOf('word [fs:0x8008] + 1')).toBe(0x202n);
    expect(resultOf('message + count')).toBe(0x2003n);
  });

  it('prefer a register to a symbol of the same name unless told otherwise', () => {
    expect(resultOf('rax')).toBe(0x1122334455667788n);
    expect(resultOf('$rax')).toBe(5n);
    expect(resultOf('$')).toBe(0x1000n);
    expect(resultOf('.local')).toBe(0x1000n);
  });

  it('name a place in memory', () => {
    expect(addressOf(evaluate('dword [rsp+8]', context), registers)).toBe(0x8008n);
    expect(addressOf(evaluate('message', context), registers)).toBe(0x2000n);
  });

  it('say what is wrong with them', () => {
    const wrong = {
      '': 'nothing to evaluate',
      'rax +': 'the expression ends too early',
      nowhere: 'there is no register or symbol `nowhere`',
      'dword 5': '`dword` is a size: an address in brackets must follow',
      '1 / 0': 'division by zero',
      '[0x7fffffff0000]': 'no memory is mapped at 0x7fffffff0000',
      '(1': '`)` is missing',
      '1 2': '`2` was not expected here',
      'rax ; rbx': 'cannot read `; rbx`',
      '[zs:1]': '`zs` is no segment register, nor gpa',
    };
    for (const [text, message] of Object.entries(wrong)) expect(() => resultOf(text), text).toThrow(message);
  });
});
