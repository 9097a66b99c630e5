import { TokenRange } from '../diagnostics';
import type { Integer } from '../expression/integer';
import { readNumber } from '../expression/number';
import { unquote } from '../source/quoted';
import { T, Token, textOf } from '../source/token';
import { encodeUtf8 } from '../source/utf8';
import { conditionTests } from './conditions';
import { numberToken, stringToken } from './expander';
import type { Preprocessor } from './preprocessor';
import { type ComputedBody, globalScope, type MacroParameter, SingleLineMacro } from './single-line-macro';
import { substringOf } from './string-directives';

type Arguments = readonly (readonly Token[])[];

/** Defines `%eval(...)`, `%str(...)` and the other preprocessor functions of NASM 2.16. */
export function definePreprocessorFunctions(pp: Preprocessor): void {
  const define = (
    name: string,
    parameters: readonly MacroParameter[],
    counts: readonly [number, number],
    compute: ComputedBody,
  ): void => {
    const identifier = pp.lexer.identifier(`%${name}`);
    const macro = new SingleLineMacro(`%${name}`, false, parameters, [], false, compute);
    [macro.minimum, macro.maximum] = counts;
    macro.next = globalScope.first(identifier);
    globalScope.replaceFirst(identifier, macro);
  };
  const one = [1, 1] as const;
  define('abs', [number], one, (call, args) => withNumber(args[0]!, (n) => [numberToken(n < 0 ? -n : n, call)]));
  define('eval', [number], [1, Infinity], (call, args) => args.flatMap((arg, i) => (i ? [comma(call), ...arg] : arg)));
  define('cond', [number, plain], [2, 3], (_call, args) => {
    const test = numberOf(args[0]!);
    return test === undefined ? [] : ((Number(test) !== 0 ? args[1] : args[2]) ?? []);
  });
  define('count', [plain], [0, Infinity], (call, args) => [numberToken(args.length, call)]);
  define('num', [number, optionalNumber], [1, 3], (call, args) => formatNumber(pp, call, args));
  define('sel', [number], [2, Infinity], (call, args) => select(pp, call, args));
  define('str', [greedy], one, (call, args) => [stringToken(encodeUtf8(textOf(args[0]!)), call)]);
  define('strcat', [expanded], [0, Infinity], (call, args) => [stringToken(args.flatMap(bytesOf), call)]);
  define('strlen', [expanded], one, (call, args) => [numberToken(bytesOf(args[0]!).length, call)]);
  define('substr', [expanded, number, optionalNumber], [2, 3], (call, args) => {
    const start = Number(numberOf(args[1]!) ?? 1);
    const count = args[2] ? Number(numberOf(args[2]) ?? -1) : -1;
    return [stringToken(substringOf(bytesOf(args[0]!), start, count), call)];
  });
  define('tok', [expanded], one, (call, args) => {
    const text = String.fromCharCode(...bytesOf(args[0]!));
    const tokens = pp.lexer.pasted(text, call);
    return tokens.length ? [tokens[0]!.withSpace(false), ...tokens.slice(1)] : tokens;
  });
  for (const [kind, test] of Object.entries(conditionTests)) {
    for (const negative of [false, true]) {
      const name = `${negative ? 'n' : ''}${kind}`;
      define(`is${name}`, [raw], one, (call, args) => {
        const directive = `%if${name}`;
        const head = new Token(
          T.Preprocessor,
          directive,
          false,
          call.line,
          call.column,
          call.end,
          pp.lexer.identifier(directive),
          undefined,
          0,
        );
        const result = test(pp, [head, ...args[0]!], directive);
        return [numberToken(result !== undefined && result !== negative ? 1 : 0, call)];
      });
    }
  }
}

const plain: MacroParameter = { name: '', evaluate: false, string: false, verbatim: false, greedy: false };
const number: MacroParameter = { ...plain, evaluate: true };
const optionalNumber: MacroParameter = { ...number, optional: true };
const greedy: MacroParameter = { ...plain, greedy: true, expand: true };
/** The whole of the arguments as they stand. */
const raw: MacroParameter = { ...plain, greedy: true };
const expanded: MacroParameter = { ...plain, expand: true };

function comma(at: Token): Token {
  return new Token(44, ',', false, at.line, at.column, at.end, undefined, at.expansion, 0);
}

/** The number that an evaluated argument is; undefined where it was none, which has been said. */
function numberOf(arg: readonly Token[]): Integer | undefined {
  return arg[0] && readNumber(arg[0].text).value;
}

function withNumber(arg: readonly Token[], make: (value: Integer) => Token[]): Token[] {
  const value = numberOf(arg);
  return value === undefined ? [] : make(value);
}

/** The bytes of a quoted string, or of the text as it stands. */
function bytesOf(arg: readonly Token[]): number[] {
  if (arg.length === 1 && arg[0]!.type === T.String) return unquote(arg[0]!.text);
  return [...encodeUtf8(textOf(arg))];
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_';

/** `%num(value, digits, base)`: a positive number of digits is exact, a negative one a minimum. */
function formatNumber(pp: Preprocessor, call: Token, args: Arguments): Token[] {
  const value = numberOf(args[0]!);
  if (value === undefined) return [];
  const width = args[1] ? Number(numberOf(args[1]) ?? -1) : -1;
  const base = args[2] ? Number(numberOf(args[2]) ?? 10) : 10;
  if (base < 2 || base > 64) {
    pp.diagnostics.error(`invalid base ${base} given to %num()`, new TokenRange(call, call));
    return [];
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  let text = '';
  do {
    text = digits[Number(rest % BigInt(base))]! + text;
    rest /= BigInt(base);
  } while (rest > 0n);
  const least = Math.min(Math.abs(width), 64);
  text = text.padStart(least, '0');
  if (width > 0) text = text.slice(-least);
  return [stringToken(encodeUtf8(text), call)];
}

/** `%sel(n, ...)`: the n-th of the others, from 1. All are evaluated, as in NASM 2.16.01. */
function select(pp: Preprocessor, call: Token, args: Arguments): readonly Token[] {
  const value = numberOf(args[0]!);
  if (value === undefined) return [];
  const range = new TokenRange(call, call);
  if (value < 1) pp.diagnostics.warning('pp-sel-range', `%sel(${value}) is not a valid selector`, range);
  else if (value >= args.length)
    pp.diagnostics.warning('pp-sel-range', `%sel(${value}) exceeds the number of arguments`, range);
  else return args[Number(value)]!;
  return [];
}
