/** What nasm's bytes cannot show: fixups, forward references, warnings and errors as the passes and the user see them. */
import { describe, expect, it } from 'vitest';
import { immediate, memory, register, section, target } from '../../test/campaigns/instructions/operands';
import { CpuLevel } from './cpu-levels';
import { encode, isEncodeError, isMnemonic } from './encode';
import type { EncodeContext, Encoded, ParsedInstruction, ParsedOperand, SegmentBase, Value } from './instruction';

const range = { file: 'a.asm', line: 3, column: 4, endLine: 3, endColumn: 9 };

function context(bits: 16 | 32 | 64, changes: Partial<EncodeContext> = {}): EncodeContext {
  return {
    bits,
    address: { offset: 0n, base: section, forward: false },
    defaultRel: false,
    defaultBnd: false,
    optimization: Number.POSITIVE_INFINITY,
    ...changes,
  };
}

function instruction(mnemonic: string, operands: ParsedOperand[], prefixes: string[] = []): ParsedInstruction {
  return { mnemonic, operands, prefixes, encodingHint: '', range };
}

function bytesOf(result: ReturnType<typeof encode>): string {
  if (isEncodeError(result)) return result.message;
  return Buffer.from(result.bytes).toString('hex');
}

function encoded(result: ReturnType<typeof encode>): Encoded {
  if (isEncodeError(result)) throw new Error(result.message);
  return result;
}

const immediateOf = (value: Value): ParsedOperand => ({ kind: 'immediate', value, size: 0, strict: false, range });
const eax = register('eax').parsed(0n);
const rax = register('rax').parsed(0n);

const external: SegmentBase = { name: 'puts', external: true };
const data: SegmentBase = { name: '.data', external: false };

describe('fixups', () => {
  it('a call of an external symbol leaves a relative field of four bytes', () => {
    const value = { offset: 0n, base: external, forward: false };
    const result = encoded(encode(instruction('call', [immediateOf(value)]), context(64)));
    expect(bytesOf(result)).toBe('e800000000');
    expect(result.fixups).toEqual([{ offset: 1, size: 4, value, relative: true, signed: true }]);
  });

  it('the address of another section in a 64-bit register takes eight bytes', () => {
    const value = { offset: 16n, base: data, forward: false };
    const result = encoded(encode(instruction('mov', [rax, immediateOf(value)]), context(64)));
    expect(bytesOf(result)).toBe('48b80000000000000000');
    expect(result.fixups).toEqual([{ offset: 2, size: 8, value, relative: false, signed: false }]);
  });

  it('a displacement in 64-bit code is signed, one in 32-bit code is not', () => {
    const address = { ...memory({ base: 'eax' }).parsed(0n), displacement: { offset: 4n, base: data, forward: false } };
    const wide = { ...address, base: 'rax' } as ParsedOperand;
    expect(encoded(encode(instruction('mov', [eax, address as ParsedOperand]), context(32))).fixups).toMatchObject([
      { offset: 2, size: 4, signed: false, relative: false },
    ]);
    expect(encoded(encode(instruction('mov', [eax, wide]), context(64))).fixups).toMatchObject([
      { offset: 2, size: 4, signed: true, relative: false },
    ]);
  });

  it('a RIP-relative field counts from behind the immediate that follows it', () => {
    const place = memory({ here: true, relative: true, displacement: 0x20n }, 32).parsed(0n);
    // C7 05 disp32 imm32: ten bytes, so that 0x20 - 10 is the distance.
    expect(bytesOf(encode(instruction('mov', [place, immediate(1n).parsed(0n)]), context(64)))).toBe(
      'c7051600000001000000',
    );
  });

  it('nothing is left to fix in the section itself', () => {
    const result = encoded(encode(instruction('jmp', [target(-5n).parsed(0n)]), context(32)));
    expect(result.fixups).toEqual([]);
    expect(bytesOf(result)).toBe('ebf9');
  });
});

describe('forward references', () => {
  const unknown = { offset: 0n, forward: true };

  it('jumps are short and immediates one byte as long as nothing is known, as in the first pass of nasm', () => {
    expect(bytesOf(encode(instruction('jmp', [immediateOf(unknown)]), context(32)))).toHaveLength(4);
    expect(bytesOf(encode(instruction('add', [eax, immediateOf(unknown)]), context(32)))).toHaveLength(6);
  });

  it('a displacement is wide as long as nothing is known', () => {
    const place = { ...memory({ base: 'eax' }).parsed(0n), displacement: unknown } as ParsedOperand;
    expect(bytesOf(encode(instruction('mov', [eax, place]), context(32)))).toHaveLength(12);
  });
});

describe('errors and warnings', () => {
  it.each([
    ['mov', ['cl', 'eax'], 'invalid combination of opcode and operands'],
    ['frobnicate', [], 'parser: instruction expected'],
    ['add', ['r8', 'rax', 'rax'], 'invalid combination of opcode and operands'],
    ['mov', ['r8d', 'eax'], 'invalid operands in non-64-bit mode'],
    ['mov', ['rax', 'rbx'], 'instruction not supported in 32-bit mode'],
  ])('%s %s', (mnemonic, names, message) => {
    const operands = names.map((name) => register(name).parsed(0n));
    expect(encode(instruction(mnemonic, operands), context(32))).toMatchObject({ message, range });
  });

  it('memory without a size is refused where nothing tells it', () => {
    const operands = [memory({ base: 'eax' }).parsed(0n), immediate(1n).parsed(0n)];
    expect(bytesOf(encode(instruction('add', operands), context(32)))).toBe('operation size not specified');
  });

  it('a short jump that does not reach is refused', () => {
    expect(bytesOf(encode(instruction('jmp', [target(300n, 'short').parsed(0n)]), context(32)))).toBe(
      'short jump is out of range',
    );
  });

  it('a number that does not fit is warned of and cut', () => {
    const result = encoded(
      encode(instruction('mov', [register('al').parsed(0n), immediate(300n).parsed(0n)]), context(32)),
    );
    expect(bytesOf(result)).toBe('b02c');
    expect(result.warnings).toMatchObject([{ code: 'number-overflow', message: 'byte data exceeds bounds' }]);
  });

  it('LOCK before what cannot be locked is warned of and written', () => {
    const result = encoded(encode(instruction('mov', [eax, eax], ['lock']), context(32)));
    expect(bytesOf(result)).toBe('f089c0');
    expect(result.warnings).toMatchObject([{ code: 'prefix-lock' }]);
  });

  it('an instruction that the cpu directive excludes is refused', () => {
    const cpu = CpuLevel.I386;
    expect(bytesOf(encode(instruction('cpuid', []), context(32, { cpu })))).toBe('no instruction for this cpu level');
    expect(bytesOf(encode(instruction('nop', []), context(32, { cpu })))).toBe('90');
  });
});

describe('mnemonics', () => {
  it('are known in lower case', () => {
    expect(isMnemonic('vmlaunch')).toBe(true);
    expect(isMnemonic('VMLAUNCH')).toBe(false);
    expect(isMnemonic('label')).toBe(false);
  });
});
