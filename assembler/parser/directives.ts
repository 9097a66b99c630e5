import { TokenRange } from '../diagnostics';
import { CpuLevel, cpuLevelNamed } from '../encoder/cpu-levels';
import { isScalar } from '../expression/linear';
import type { Assembly } from '../program/assembly';
import { fillModeNamed } from '../program/fill';
import { ItemKind } from '../program/item';
import { T, type Token, textOf } from '../source/token';
import type { DirectiveParser, DirectiveValue } from './directive';

/** Makes the directives known that every output format has, and those of the format in use. */
export function registerDirectives(assembly: Assembly, directives: DirectiveParser): void {
  const { handlers } = directives;
  const enterSection = (value: DirectiveValue): void => {
    const section = assembly.format.enterSection(value);
    if (section) assembly.section = section;
    else error(assembly, value, `segment name \`${value.text}' not recognized`);
  };
  handlers.set('section', enterSection);
  handlers.set('segment', enterSection);
  handlers.set('absolute', (value) => absolute(assembly, value));
  handlers.set('sectalign', (value) => sectionAlign(assembly, value));
  handlers.set('bits', (value) => bits(assembly, value));
  handlers.set('cpu', (value) => cpu(assembly, value));
  handlers.set('default', (value) => setDefault(assembly, value));
  handlers.set('float', (value) => float(assembly, value));
  handlers.set('warning', (value) => warning(assembly, value));
  handlers.set('list', (value) => list(assembly, value));
  for (const scope of ['global', 'extern', 'static', 'common'] as const)
    handlers.set(scope, (value) => declare(assembly, value, scope));
  handlers.set('required', (value) => declare(assembly, value, 'extern', true));
  handlers.set('__?fill?__', (value) => fill(assembly, value));
  handlers.set('pragma', () => {});
  handlers.set('debug', () => {});
  for (const name of assembly.format.directives) handlers.set(name, (value) => assembly.format.directive(value));
}

function rangeOf(value: DirectiveValue): TokenRange {
  return new TokenRange(value.tokens[0] ?? value.name, value.tokens[value.tokens.length - 1] ?? value.name);
}

function error(assembly: Assembly, value: DirectiveValue, message: string): void {
  assembly.diagnostics.error(message, rangeOf(value));
}

function badParameter(assembly: Assembly, value: DirectiveValue): void {
  error(assembly, value, `invalid parameter to [${value.name.text}] directive`);
}

function bits(assembly: Assembly, value: DirectiveValue): void {
  const n = Number.parseInt(value.text, 10);
  if (n === 16 || n === 32 || n === 64) {
    const { bits: before, cpu: level } = assembly.mode;
    if (n === 64 && level !== undefined && level < CpuLevel.X86_64)
      error(assembly, value, 'cannot specify 64-bit segment on processor below an x86-64');
    else if (n === 32 && level !== undefined && level < CpuLevel.I386)
      error(assembly, value, 'cannot specify 32-bit segment on processor below a 386');
    else if (n !== before) assembly.setMode({ bits: n });
  } else error(assembly, value, `\`${value.text}' is not a valid segment size; must be 16, 32 or 64`);
}

function absolute(assembly: Assembly, value: DirectiveValue): void {
  const expression = value.tokens.length ? value.parser.parse() : undefined;
  if (!expression) {
    if (!value.tokens.length) error(assembly, value, 'expression syntax error');
    return;
  }
  const section = assembly.nextAbsolute();
  section.absoluteExpression = expression;
  assembly.section = section;
  value.item(ItemKind.Absolute).expression = expression;
}

function sectionAlign(assembly: Assembly, value: DirectiveValue): void {
  if (!value.tokens.length) return;
  const alignment = assembly.number(value.text, value.tokens[0]!, 'expression syntax error');
  if (alignment === undefined) return;
  const n = Number(alignment);
  if (n <= 0 || !Number.isInteger(Math.log2(n)))
    error(assembly, value, `segment alignment \`${value.text}' is not power of two`);
  else if (n > 0x7fffffff)
    error(assembly, value, `absurdly large segment alignment \`${value.text}' (2^${Math.log2(n)})`);
  else if (assembly.section.kind === 'section') assembly.format.alignSection(assembly.section, n);
}

/** `[__?fill?__ mode,threshold,size]`: ALIGN of `%use smartalign`. */
function fill(assembly: Assembly, value: DirectiveValue): void {
  const { parser, tokens } = value;
  const mode = fillModeNamed(tokens[0]?.text ?? '');
  parser.position = 2;
  const threshold = parser.parse();
  parser.position++;
  const size = threshold && parser.parse();
  if (!mode || !threshold || !size) return;
  assembly.evaluator.critical = true;
  const most = assembly.evaluator.evaluate(threshold);
  const item = value.item(ItemKind.Fill);
  item.fill = mode;
  item.jumpThreshold = most !== undefined && isScalar(most) ? Number(most) : -1;
  item.expression = size;
}

function cpu(assembly: Assembly, value: DirectiveValue): void {
  let level: number | undefined;
  for (const word of value.text.split(/[\s,]+/)) {
    const name = word.replace(/^no(?=.)/i, '');
    const named = cpuLevelNamed(name);
    // VEX, EVEX and LATEVEX say which encodings are preferred; all that are known here are in use anyway.
    if (named === undefined && !/^(vex|evex|latevex)$/i.test(name)) {
      error(assembly, value, `unknown CPU type or flag '${name}'`);
      return;
    }
    if (named !== undefined && name === word) level = named;
  }
  assembly.setMode({ cpu: level === CpuLevel.Later ? undefined : level });
}

function setDefault(assembly: Assembly, value: DirectiveValue): void {
  // NASM takes the first word.
  switch (value.text.toLowerCase().split(/\s/)[0]) {
    case 'rel':
      assembly.setMode({ defaultRel: true });
      break;
    case 'abs':
      assembly.setMode({ defaultRel: false });
      break;
    case 'bnd':
      assembly.setMode({ defaultBnd: true });
      break;
    case 'nobnd':
      assembly.setMode({ defaultBnd: false });
      break;
    default:
      badParameter(assembly, value);
  }
}

function float(assembly: Assembly, value: DirectiveValue): void {
  const { floats } = assembly;
  const word = value.text.toLowerCase();
  switch (word) {
    case 'daz':
    case 'nodaz':
      floats.denormalsAreZero = word === 'daz';
      break;
    case 'near':
    case 'up':
    case 'down':
    case 'zero':
      floats.rounding = word;
      break;
    case 'default':
      floats.denormalsAreZero = false;
      floats.rounding = 'near';
      break;
    default:
      error(assembly, value, `unknown 'float' directive: ${value.text}`);
  }
  assembly.knownLines.forget();
  // Edits would read lines with the settings of the source's end.
  assembly.lineObserver?.renumbered();
}

function warning(assembly: Assembly, value: DirectiveValue): void {
  const { diagnostics } = assembly;
  const text = textOf(value.tokens).replace(/\s+/g, '');
  if (text.toLowerCase() === 'push') diagnostics.pushWarnings();
  else if (text.toLowerCase() === 'pop') {
    if (!diagnostics.popWarnings()) diagnostics.warning('warn-stack-empty', 'warning stack empty', rangeOf(value));
  } else if (!diagnostics.setWarning(text))
    diagnostics.warning('unknown-warning', `unknown warning option: ${text}`, rangeOf(value));
  assembly.setMode({ warnings: diagnostics.warnings });
}

function list(assembly: Assembly, value: DirectiveValue): void {
  if (value.text === '+' || value.text === '-') assembly.listing?.show(value.text === '+');
  else badParameter(assembly, value);
}

/** `global name[:attributes]`, `extern name`, `common name size[:attributes]`. */
function declare(
  assembly: Assembly,
  value: DirectiveValue,
  scope: 'global' | 'extern' | 'static' | 'common',
  required = false,
): void {
  const { tokens } = value;
  const name = tokens[0];
  if (name?.type !== T.Identifier) {
    error(assembly, value, `identifier expected after ${value.name.text}, got \`${value.text}'`);
    return;
  }
  const colon = tokens.findIndex((token) => token.type === 58);
  const end = colon < 0 ? tokens.length : colon;
  const attributes = colon < 0 ? undefined : (tokens.slice(colon + 1) as Token[]);
  const between = tokens.slice(1, end);
  const symbol = assembly.symbols.of(name.text);
  if (scope === 'common') {
    const size = between.length
      ? assembly.number(textOf(between), between[0]!, 'invalid size specified in common declaration')
      : undefined;
    if (!between.length) error(assembly, value, 'no size specified in common declaration');
    symbol.commonSize = size ?? 0;
  } else if (between.length) {
    error(assembly, value, `invalid syntax in ${value.name.text} declaration`);
    return;
  }
  if (attributes) symbol.attributes = attributes;
  const known = symbol.scope;
  if (known !== scope && known !== 'local' && !(known === 'extern' && scope !== 'static')) {
    if ((known === 'global' || known === 'common') && scope === 'extern') return;
    error(assembly, value, `symbol \`${symbol.name}' declared both as ${known} and ${scope}`);
    return;
  }
  symbol.scope = scope;
  if (required) symbol.required = true;
  symbol.references.push(name);
  if (scope === 'extern' || scope === 'common') {
    if (symbol.defined && symbol.section?.kind !== 'external') return;
    symbol.kind = scope;
    symbol.definition ??= name;
    symbol.section = assembly.externalNamed(symbol.name);
    symbol.offset = 0;
    symbol.defined = true;
    value.item(ItemKind.Declaration).declared = symbol;
  }
}
