import { describe, expect, it } from 'vitest';
import type { Registers, Target } from '../../hypervisor/target';
import { decode, isDecoded } from '../../isa/decoder';
import { ToyTarget } from '../testing/toy-target';
import { toLittleEndian } from './addresses';
import { CallStack } from './call-stack';
import { Disassembly } from './disassembly';

const read = (bytes: Uint8Array, bits: 16 | 32 | 64) => {
  const result = decode(bytes, 0, bits);
  return isDecoded(result) ? result : undefined;
};

// As nasm assembles: mov rax,0x123456789abcdef0 / call $+5 / db 6,6 (none in 64-bit mode) / xor eax,eax / ret
const CODE = [
  0x48, 0xb8, 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0xe8, 0, 0, 0, 0, 0x06, 0x06, 0x31, 0xc0, 0xc3,
];

function disassembly(known: number[] = []): Disassembly {
  const memory = Uint8Array.from(CODE);
  const code = (address: bigint, length: number) =>
    address < 0x1000n ? new Uint8Array() : memory.slice(Number(address - 0x1000n), Number(address - 0x1000n) + length);
  return new Disassembly(read, code, (address) => known.includes(Number(address)));
}

describe('disassembly', () => {
  it('goes forwards, over bytes that are no instruction, and past the end of memory', () => {
    const lines = disassembly().forwards(0x1000n, 8, 64);
    expect(lines.map((l) => [Number(l.address), l.decoded?.form.mnemonic])).toEqual([
      [0x1000, 'mov'],
      [0x100a, 'call'],
      [0x100f, undefined],
      [0x1010, undefined],
      [0x1011, 'xor'],
      [0x1013, 'ret'],
      [0x1014, undefined],
      [0x1015, undefined],
    ]);
  });

  it('goes backwards to where a row of instructions leads up, and prefers what the program is known to have', () => {
    const back = (known: number[], from: bigint, count: number) =>
      disassembly(known)
        .backwards(from, count, 64)
        .map((l) => Number(l.address));
    expect(back([0x1000, 0x100a], 0x100fn, 2)).toEqual([0x1000, 0x100a]);
    expect(back([0x1011], 0x1013n, 1)).toEqual([0x1011]);
    expect(back([], 0x1000n, 3)).toEqual([0xffd, 0xffe, 0xfff]);
    expect(back([], 0x100fn, 5)).toHaveLength(5);
  });
});

describe('the call stack', () => {
  const target = new ToyTarget(Uint8Array.from(CODE), 0x1000);
  const stack = (words: bigint[]) =>
    words.forEach((word, i) => {
      target.writeVirtual(0x7000n + BigInt(8 * i), toLittleEndian(word, 8));
    });
  const registers: Registers = { ...target.registers(), gpr: target.registers().gpr.map(() => 0n) };
  registers.gpr[4] = 0x7000n;
  const at = (rbp: bigint): Target => {
    const gpr = [...registers.gpr];
    gpr[5] = rbp;
    return Object.create(target, { registers: { value: () => ({ ...registers, gpr, rip: 0x1011n }) } }) as Target;
  };
  const proxy = (rbp: bigint) =>
    new Proxy(at(rbp), {
      get: (object, name) => {
        if (name === 'registers') return object.registers;
        const member = target[name as keyof ToyTarget];
        return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
      },
    });
  const frames = (rbp = 0n) => new CallStack(proxy(rbp), read, (address) => address === 0x1011n).frames(0);

  it('has as callers what lies behind a CALL, marked as plausible', () => {
    stack([1n, 0x100fn, 0x1010n, 0x100fn]);
    expect(frames().map((f) => [Number(f.address), f.found])).toEqual([
      [0x1011, 'current'],
      [0x100f, 'plausible return address'],
      [0x100f, 'plausible return address'],
    ]);
  });

  it('follows the frame pointer where it leads to return addresses', () => {
    stack([1n, 0x7018n, 0x100fn, 0n, 0x100fn]);
    expect(frames(0x7008n).map((f) => f.found)).toEqual(['current', 'frame pointer', 'frame pointer']);
  });

  it('knows the frame that an interrupt left: address, CS, flags', () => {
    stack([0n, 0x1011n, 8n, 0x246n, 0x100fn, 0n]);
    expect(frames().map((f) => f.found)).toEqual(['current', 'interrupted', 'plausible return address']);
  });
});
