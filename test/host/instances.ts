/** Random instances of any form of the table in 64-bit mode, by way of the assembler: also of those that no semantics has yet. */
import { encode, isEncodeError } from '../../assembler/encoder/encode';
import { decode, isDecoded } from '../../isa/decoder';
import type { Form } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { parsedOf } from '../campaigns/instructions/compare';
import { immediate, memory, type Operand, register, section } from '../campaigns/instructions/operands';

import { plainImage, randomImage, usesFloatState } from './fx-image';
import type { Random } from './random';
import { CODE, MEMORY, MEMORY_SIZE, type TestCase } from './single-cases';

const registers: Record<string, readonly string[]> = {
  gpr8: ['al', 'cl', 'dl', 'bl', 'r8b', 'r9b'],
  gpr16: ['ax', 'cx', 'dx', 'bx', 'r8w'],
  gpr32: ['eax', 'ecx', 'edx', 'ebx', 'r8d'],
  gpr64: ['rax', 'rcx', 'rdx', 'rbx', 'r8'],
  xmm: ['xmm0', 'xmm1', 'xmm2', 'xmm3'],
  ymm: ['ymm0', 'ymm1', 'ymm2', 'ymm3'],
  mm: ['mm0', 'mm1', 'mm2'],
  st: ['st1', 'st2'],
  segment: ['ds', 'es'],
  control: ['cr0'],
  debug: ['dr7'],
  test: ['tr6'],
};

function operandOf(form: Form, at: number, random: Random, inMemory: boolean): Operand | undefined {
  const kind = form.operands[at];
  const info = kindInfo(kind);
  const oneRegister = (): Operand => register(registers[info.file!][random.below(registers[info.file!].length)]);
  switch (info.class) {
    case 'register':
      return oneRegister();
    case 'rm':
      return inMemory ? memory({ base: 'rsi' }, info.size) : oneRegister();
    case 'memory':
      if (info.vsib) return memory({ base: 'rsi', index: `${info.vsib}9` }, info.size);
      return memory({ base: 'rsi' }, kind.includes(':') || kind.includes('&') ? 0 : info.size);
    case 'immediate': {
      const small = BigInt(random.below(120));
      if (info.size === 8) return immediate([0n, 1n, 5n, 3n, small][random.below(5)]);
      return immediate([0x1234n, 0x7001n, 300n + small][random.below(3)]);
    }
    case 'implied':
      return info.constant?.kind === 'immediate' ? immediate(BigInt(info.constant.low)) : register(kind);
    default:
      return undefined;
  }
}

/** Bytes of a conditional branch over `mov eax, 1`: what it does shows in EAX. */
function branch(form: Form): number[] | undefined {
  const { opcode } = form;
  const over = [0xb8, 1, 0, 0, 0];
  if (form.operands[0] === 'rel8') return [...(opcode.addressSize === 32 ? [0x67] : []), opcode.byte, 5, ...over];
  return form.operands[0] === 'rel32' && opcode.map === 1 ? [0x0f, opcode.byte, 5, 0, 0, 0, ...over] : undefined;
}

/** A random instance that the decoder reads as that very form; undefined where there is none. */
function codeOf(form: Form, random: Random, inMemory: boolean): number[] | undefined {
  if (form.operands[0]?.startsWith('rel')) return branch(form);
  const operands = form.operands.map((_, i) => operandOf(form, i, random, inMemory));
  if (operands.some((operand) => operand === undefined)) return undefined;
  const repeats = form.repeat === 'rep' ? ['rep'] : ['repe', 'repne'];
  const prefixes = form.repeat !== 'none' && random.below(2) === 0 ? [repeats[random.below(repeats.length)]] : [];
  const here = BigInt(CODE);
  const made = encode(parsedOf({ mnemonic: form.mnemonic, operands: operands as Operand[], prefixes }, here), {
    bits: 64,
    address: { offset: here, base: section, forward: false },
    defaultRel: false,
    defaultBnd: false,
    optimization: Number.POSITIVE_INFINITY,
  });
  if (isEncodeError(made)) return undefined;
  const decoded = decode(made.bytes, 0, 64);
  const same = isDecoded(decoded) && decoded.form === form && decoded.length === made.bytes.length;
  return same ? [...made.bytes] : undefined;
}

/** Status flags and DF. */
export const USER_FLAGS = 0xcd5;

/** A case of the form with random registers, flags and memory, whose addresses are valid. */
export function instanceOf(form: Form, random: Random): TestCase | undefined {
  const inMemory = random.below(2) === 0;
  const code = codeOf(form, random, inMemory);
  if (code === undefined) return undefined;
  const gpr = Array.from({ length: 16 }, () => random.interesting64());
  const middle = MEMORY + MEMORY_SIZE / 2;
  gpr[4] = BigInt(middle);
  gpr[6] = BigInt(middle);
  gpr[7] = BigInt(middle + 64);
  if (form.mnemonic === 'xlatb') gpr[3] = BigInt(MEMORY);
  if (form.mnemonic === 'leave' || form.mnemonic === 'enter') gpr[5] = BigInt(middle);
  if (form.repeat !== 'none') gpr[1] = BigInt(1 + random.below(4));
  // Bit offsets reach out of the operand in memory.
  if (/^bt/.test(form.mnemonic) && inMemory) for (const r of [0, 1, 2, 3, 8]) gpr[r] = BigInt(random.below(200));
  const memoryBytes = Uint8Array.from({ length: MEMORY_SIZE }, () => random.below(256));
  // Equal strings, half of the time.
  if (random.below(2) === 0) memoryBytes.copyWithin(192, 128);
  return {
    form,
    code,
    gpr,
    flags: (random.u32() & USER_FLAGS) | 0x202,
    fx: usesFloatState(form) ? randomImage(form, random) : plainImage(),
    memory: memoryBytes,
  };
}
