import { describe, expect, it } from 'vitest';
import { registers } from '../../isa/registers';
import { instructions } from '../../isa/table';
import { encode, isEncodeError } from './encode';
import type { EncodeContext, ParsedOperand } from './instruction';
import { PlainEncoder } from './plain';

const range = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };
const number = (offset: bigint) => ({ offset, base: undefined, segment: false, forward: false });

const numbers = [0n, 1n, -1n, 5n, 127n, 128n, 255n, 256n, -128n, -129n, 0x7fffn, 0xffffn, 0x10000n, -0x8001n];
numbers.push(0x7fffffffn, 0x80000000n, 0xffffffffn, -0x80000000n, -0x80000001n, 1n << 40n, -(1n << 40n), 1n << 60n);

/** Operands of every kind; by far most instructions refuse most of them. */
const operands: ParsedOperand[] = [
  ...registers.map(({ name, size }): ParsedOperand => ({ kind: 'register', name, size, range })),
  ...numbers.flatMap((offset) =>
    [0, 8, 16, 32].map(
      (size): ParsedOperand => ({ kind: 'immediate', value: number(offset), size, strict: false, range }),
    ),
  ),
];
for (const [base, index, scale] of [
  ['bx', undefined, 1],
  ['bp', 'si', 1],
  ['eax', undefined, 1],
  ['ebp', 'ecx', 4],
  [undefined, 'edx', 2],
  ['rbx', undefined, 1],
  ['rsp', undefined, 1],
  ['rbp', 'r9', 8],
  ['r12', undefined, 1],
  ['r13', 'rax', 1],
  [undefined, undefined, 1],
] as const) {
  for (const size of [0, 8, 16, 32, 64, 128])
    for (const offset of [0n, 4n, -128n, 128n, 0x7fffn, 0x8000n, 0x7fffffffn, 0xffffffffn]) {
      const memory: ParsedOperand = {
        kind: 'memory',
        size,
        scale,
        displacement: number(offset),
        absolute: base === undefined && index === undefined,
        displacementSize: 0,
        addressSize: 0,
        nosplit: false,
        strict: false,
        far: false,
        near: false,
        range,
      };
      if (base !== undefined) memory.base = base;
      if (index !== undefined) memory.index = index;
      operands.push(memory);
    }
}

let state = 1;
/** From 0 to `below` - 1 (Lehmer, 31 bits): the same in every run. */
function next(below: number): number {
  state = (state * 48_271) % 0x7fffffff;
  return state % below;
}

describe('the short cut for plain instructions', () => {
  it('gives the bytes that the encoder gives, or leaves the instruction to it', () => {
    const mnemonics = [...instructions.keys()];
    const frequent = 'mov add sub and or xor cmp test push pop inc dec not neg shl sar imul xchg movzx in out'.split(
      ' ',
    );
    const out = new Uint8Array(64);
    let plain = 0;
    for (const bits of [16, 32, 64] as const) {
      const context: EncodeContext = {
        bits,
        address: number(0n),
        defaultRel: bits === 64,
        defaultBnd: false,
        optimization: Number.POSITIVE_INFINITY,
      };
      const encoder = new PlainEncoder(context);
      for (let i = 0; i < 150_000; i++) {
        const mnemonic = i % 2 ? frequent[next(frequent.length)]! : mnemonics[next(mnemonics.length)]!;
        const chosen = Array.from({ length: next(3) }, () => operands[next(operands.length)]!);
        const looked = chosen.map((operand) => encoder.operand(operand));
        if (looked.some((operand) => operand === undefined)) continue;
        const size = encoder.encode(mnemonic, looked as NonNullable<(typeof looked)[number]>[], out, 3);
        if (size === 0) continue;
        plain++;
        const whole = encode({ mnemonic, operands: chosen, prefixes: [], encodingHint: '', range }, context);
        const what = `${bits} ${mnemonic} ${JSON.stringify(chosen, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`;
        if (isEncodeError(whole)) throw new Error(`${what}: ${whole.message}`);
        expect([...out.subarray(3, 3 + size)], what).toEqual([...whole.bytes]);
        expect([whole.warnings, whole.fixups], what).toEqual([[], []]);
      }
    }
    expect(plain).toBeGreaterThan(5000);
  });
});
