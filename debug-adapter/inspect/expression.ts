import type { Registers } from '../../hypervisor/target';
import { hex, instructionPointer, linearAddress, littleEndian, Segment, stackBits } from './addresses';
import { readRegister } from './registers';

/** What an expression is evaluated in. */
export interface EvaluationContext {
  readonly registers: Registers;
  /** Value of a symbol; a name that begins with a dot is local to where the guest stands. */
  symbol(name: string): bigint | undefined;
  /** Further names, such as those of a VM exit in a condition. */
  named?(name: string): bigint | undefined;
  readLinear(address: bigint, length: number): Uint8Array;
  readPhysical(address: number, length: number): Uint8Array;
}

/** The value of an expression: 64 bits, unsigned. */
export interface Evaluated {
  readonly value: bigint;
  /** Bits that it was read with, where it is a register or memory alone. */
  readonly width?: number;
  /** Where it was read from, if from memory: a linear address, or a physical one. */
  readonly location?: { readonly address: bigint; readonly physical: boolean };
  /** It is a register alone: its name. */
  readonly register?: string;
}

/** An expression that says nothing, with the reason. */
export class ExpressionError extends Error {}

const SIZES: Readonly<Record<string, number>> = { byte: 8, word: 16, dword: 32, qword: 64 };

/** Binary operators from the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!=', '='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const TOKEN =
  /\s*(?:([0-9][0-9a-fA-F_]*[hH](?![\w.])|0[xX][0-9a-fA-F_]+|0[bByY][01_]+|0[oOqQ][0-7_]+|[0-9][0-9a-fA-F_]*[hHbBqQoOdD]?)|('(?:[^'\\]|\\.)'|"(?:[^"\\]|\\.)")|(\$?[A-Za-z_.?@][\w.$#@~?]*|\$)|(\|\||&&|==|!=|<=|>=|<<|>>|[-+*/%&|^~!<>=()[\]:]))/y;

interface Token {
  readonly kind: 'number' | 'name' | 'operator';
  readonly text: string;
  readonly value: bigint;
}

/** A number as NASM writes it; `undefined` where it is none. */
export function parseNumber(text: string): bigint | undefined {
  const plain = text.replaceAll('_', '').toLowerCase();
  const prefixed = /^0([xbyoqd])([0-9a-f]+)$/.exec(plain);
  const suffixed = /^([0-9][0-9a-f]*)([hbqod])$/.exec(plain);
  const radix = (letter: string) => ({ x: 16, h: 16, b: 2, y: 2, o: 8, q: 8, d: 10 })[letter]!;
  // `0b1` is binary, but `0bh` and `0b1h` are hexadecimal: the suffix H decides.
  if (suffixed?.[2] === 'h') return digits(suffixed[1]!, 16);
  if (prefixed) return digits(prefixed[2]!, radix(prefixed[1]!));
  if (suffixed) return digits(suffixed[1]!, radix(suffixed[2]!));
  return digits(plain, 10);
}

function digits(text: string, radix: number): bigint | undefined {
  let value = 0n;
  for (const c of text) {
    const digit = Number.parseInt(c, radix);
    if (Number.isNaN(digit)) return undefined;
    value = value * BigInt(radix) + BigInt(digit);
  }
  return text === '' ? undefined : value;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(`cannot read \`${text.slice(at).trim()}\``);
    const [, number, character, name, operator] = match;
    if (number !== undefined) {
      const value = parseNumber(number);
      if (value === undefined) throw new ExpressionError(`\`${number}\` is no number`);
      tokens.push({ kind: 'number', text: number, value });
    } else if (character !== undefined) {
      const value = BigInt(character.slice(1, -1).replace('\\', '').codePointAt(0)!);
      tokens.push({ kind: 'number', text: character, value });
    } else tokens.push({ kind: name === undefined ? 'operator' : 'name', text: (name ?? operator)!, value: 0n });
  }
  return tokens;
}

/**
 * Evaluates what a user types in a watch or hovers over: registers and their parts, symbols, numbers as NASM writes them,
 * `dword [rsp+8]`, `[es:di]`, `[gpa:0x1000]`, and C's operators over unsigned 64-bit values. `$` is the present address.
 * @throws ExpressionError
 */
export function evaluate(text: string, context: EvaluationContext): Evaluated {
  return new Parser(tokenize(text), context).whole();
}

class Parser {
  #at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly context: EvaluationContext,
  ) {}

  whole(): Evaluated {
    if (this.tokens.length === 0) throw new ExpressionError('nothing to evaluate');
    const result = this.#binary(0);
    const rest = this.tokens[this.#at];
    if (rest) throw new ExpressionError(`\`${rest.text}\` was not expected here`);
    return result;
  }

  #peek(text: string): boolean {
    const token = this.tokens[this.#at];
    return token?.kind !== 'number' && token?.text.toLowerCase() === text;
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new ExpressionError(`\`${text}\` is missing`);
  }

  #binary(level: number): Evaluated {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((o) => this.#take(o));
      if (!operator) return left;
      left = { value: apply(operator, left.value, this.#binary(level + 1).value) };
    }
  }

  #unary(): Evaluated {
    if (this.#take('-')) return { value: BigInt.asUintN(64, -this.#unary().value) };
    if (this.#take('+')) return this.#unary();
    if (this.#take('~')) return { value: BigInt.asUintN(64, ~this.#unary().value) };
    if (this.#take('!')) return { value: this.#unary().value === 0n ? 1n : 0n };
    return this.#primary();
  }

  #primary(): Evaluated {
    if (this.#take('(')) {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (this.#peek('[')) return this.#memory(undefined);
    const token = this.tokens[this.#at++];
    if (!token) throw new ExpressionError('the expression ends too early');
    if (token.kind === 'number') return { value: BigInt.asUintN(64, token.value) };
    if (token.kind === 'operator') throw new ExpressionError(`\`${token.text}\` was not expected here`);
    const size = SIZES[token.text.toLowerCase()];
    if (size !== undefined) {
      this.#take('ptr');
      if (this.#peek('[')) return this.#memory(size);
      throw new ExpressionError(`\`${token.text}\` is a size: an address in brackets must follow`);
    }
    return this.#name(token.text);
  }

  #name(text: string): Evaluated {
    const { registers } = this.context;
    if (text === '$') return { value: instructionPointer(registers) };
    // A leading $ says that a name is a symbol, although it may look like a register.
    const symbolOnly = text.startsWith('$');
    const register = symbolOnly ? undefined : readRegister(registers, text);
    if (register) return { value: register.value, width: register.width, register: text.toLowerCase() };
    const named = this.context.named?.(text) ?? this.context.symbol(symbolOnly ? text.slice(1) : text);
    if (named === undefined) throw new ExpressionError(`there is no register or symbol \`${text}\``);
    return { value: BigInt.asUintN(64, named) };
  }

  #memory(bits: number | undefined): Evaluated {
    const { context } = this;
    const { registers } = context;
    this.#expect('[');
    const start = this.#at;
    let segment: number | undefined;
    let physical = false;
    const prefix = this.tokens[start];
    if (prefix?.kind === 'name' && this.tokens[start + 1]?.text === ':') {
      const name = prefix.text.toLowerCase();
      physical = name === 'gpa';
      segment = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'].indexOf(name);
      if (segment < 0 && !physical) throw new ExpressionError(`\`${prefix.text}\` is no segment register, nor gpa`);
      this.#at += 2;
    }
    const inner = this.#at;
    const offset = this.#binary(0).value;
    this.#expect(']');

    const width = bits ?? registers.codeBits;
    const length = width / 8;
    if (physical) {
      const bytes = context.readPhysical(Number(offset), length);
      return { value: value(bytes, length, offset), width, location: { address: offset, physical } };
    }
    const names = this.tokens.slice(inner, this.#at).map((t) => t.text.toLowerCase());
    const used = segment ?? defaultSegment(names);
    const address = linearAddress(registers, used, offset, addressBits(registers, names));
    const bytes = context.readLinear(address, length);
    return { value: value(bytes, length, address), width, location: { address, physical } };
  }
}

/** SS where the address is made from a stack register, else DS (SDM 1 3.7.4). */
function defaultSegment(names: readonly string[]): number {
  return names.some((n) => /^[er]?[sb]p$/.test(n)) ? Segment.Ss : Segment.Ds;
}

/** With a 16-bit register in it an address wraps at 64 KByte, as the processor's would. */
function addressBits(registers: Registers, names: readonly string[]): number {
  if (registers.codeBits === 64) return 64;
  return names.some((n) => ['bx', 'bp', 'si', 'di', 'sp'].includes(n)) ? 16 : 32;
}

function value(bytes: Uint8Array, length: number, address: bigint): bigint {
  if (bytes.length < length) throw new ExpressionError(`no memory is mapped at ${hex(address)}`);
  return littleEndian(bytes.subarray(0, length));
}

function apply(operator: string, a: bigint, b: bigint): bigint {
  const truth = (condition: boolean) => (condition ? 1n : 0n);
  if ((operator === '/' || operator === '%') && b === 0n) throw new ExpressionError('division by zero');
  const results: Record<string, () => bigint> = {
    '||': () => truth(a !== 0n || b !== 0n),
    '&&': () => truth(a !== 0n && b !== 0n),
    '|': () => a | b,
    '^': () => a ^ b,
    '&': () => a & b,
    '==': () => truth(a === b),
    '=': () => truth(a === b),
    '!=': () => truth(a !== b),
    '<=': () => truth(a <= b),
    '>=': () => truth(a >= b),
    '<': () => truth(a < b),
    '>': () => truth(a > b),
    '<<': () => (b > 63n ? 0n : a << b),
    '>>': () => (b > 63n ? 0n : a >> b),
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => a / b,
    '%': () => a % b,
  };
  return BigInt.asUintN(64, results[operator]!());
}

/** Linear address that an evaluated expression stands for as a place in memory: where it was read, or its value. */
export function addressOf(evaluated: Evaluated, registers: Registers): bigint {
  if (evaluated.location) return evaluated.location.address;
  const stack = evaluated.register && /^[er]?[sb]p$/.test(evaluated.register);
  if (stack) return linearAddress(registers, Segment.Ss, evaluated.value, stackBits(registers));
  if (evaluated.register && /^[er]?ip$/.test(evaluated.register)) return instructionPointer(registers);
  return evaluated.value;
}
