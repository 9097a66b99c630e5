import { TokenRange } from '../diagnostics';
import type { Evaluator } from '../expression/evaluate';
import type { Integer } from '../expression/integer';
import { isScalar } from '../expression/linear';
import { ExpressionParser, type NameResolver } from '../expression/parse';
import type { ProgramSymbol } from '../program/symbol';
import { isSpecial } from '../program/symbols';
import { KeywordKind } from '../source/keywords';
import { type Token, textOf } from '../source/token';
import type { ElfSections } from './elf-sections';
import { SectionFlag } from './elf-sections';
import type { FormatProgram } from './format';

/** A symbol as the symbol table has it (ELF specification, "Symbol Table"). */
export interface ElfSymbol {
  name: string;
  value: Integer;
  size: Integer;
  /** STT_NOTYPE 0, OBJECT 1, FUNC 2, TLS 6. */
  type: number;
  /** STB_LOCAL 0, GLOBAL 1, WEAK 2. */
  binding: number;
  /** STV_DEFAULT 0, INTERNAL 1, HIDDEN 2, PROTECTED 3. */
  visibility: number;
  /** Index of its section, 0 undefined, 0xfff1 absolute, 0xfff2 common. */
  sectionIndex: number;
}

const types: Readonly<Record<string, number>> = { function: 2, data: 1, object: 1, notype: 0 };
const visibilities: Readonly<Record<string, number>> = { default: 0, internal: 1, hidden: 2, protected: 3 };

/** NASM's own symbols, which stand right of WRT. */
export const specialSymbols = ['..gotpc', '..gotoff', '..got', '..plt', '..sym', '..gottpoff', '..tlsie'] as const;

/** Turns the program's symbols into the table's, in the order in which they were defined. */
export function elfSymbols(
  program: FormatProgram,
  sections: ElfSections,
  names: NameResolver,
  evaluator: Evaluator,
): ElfSymbol[] {
  const list: ElfSymbol[] = [];
  // Declared again, it is no other symbol.
  for (const symbol of new Set(program.definitionOrder)) {
    if (isSpecial(symbol.name)) {
      if (!(specialSymbols as readonly string[]).includes(symbol.name)) {
        const at = symbol.definition;
        program.diagnostics.error(`unrecognised special symbol \`${symbol.name}'`, at && new TokenRange(at, at));
      }
      continue;
    }
    // What is only declared is left out, unless it was declared with REQUIRED.
    if (symbol.scope === 'extern' && symbol.uses === 0 && !symbol.required) continue;
    list.push(elfSymbol(symbol, program, sections, names, evaluator));
  }
  return list;
}

function elfSymbol(
  symbol: ProgramSymbol,
  program: FormatProgram,
  sections: ElfSections,
  names: NameResolver,
  evaluator: Evaluator,
): ElfSymbol {
  const { section, scope, name } = symbol;
  const global = scope === 'global' || scope === 'extern' || scope === 'common';
  const result: ElfSymbol = {
    name,
    value: symbol.offset,
    size: 0,
    type: 0,
    binding: global ? 1 : 0,
    visibility: 0,
    sectionIndex: 0xfff1,
  };
  if (scope === 'common') {
    result.sectionIndex = 0xfff2;
    result.size = symbol.commonSize;
    result.value = commonAlignment(symbol, program);
    return result;
  }
  if (section?.kind === 'external') {
    result.sectionIndex = 0;
    result.value = 0;
  } else if (section?.kind === 'section') {
    const own = sections.of(section)!;
    result.sectionIndex = sections.list.indexOf(own) + 1;
    if (own.flags & SectionFlag.Tls) result.type = 6;
  } else if (section?.kind === 'absolute') {
    const base = section.absoluteBase;
    result.value = Number(section.absoluteStart) + Number(symbol.offset);
    if (base?.kind === 'section') result.sectionIndex = sections.list.indexOf(sections.of(base)!) + 1;
  }
  if (symbol.attributes?.length) readAttributes(symbol.attributes, result, program, names, evaluator);
  if (result.sectionIndex > 0 && result.sectionIndex < 0xff00) {
    const own = sections.list[result.sectionIndex - 1]!;
    if (own.flags & SectionFlag.Tls) result.type = 6;
  }
  return result;
}

/** `common name size:alignment`. The value of a common symbol is its alignment. */
function commonAlignment(symbol: ProgramSymbol, program: FormatProgram): Integer {
  const tokens = symbol.attributes;
  if (!tokens?.length) return 0;
  const range = new TokenRange(tokens[0]!, tokens[tokens.length - 1]!);
  const align = program.number(textOf(tokens), tokens[0]!, 'alignment constraint is not a valid number');
  if (align === undefined) return 0;
  if (!Number.isInteger(Math.log2(Number(align))))
    program.diagnostics.error(`alignment constraint \`${align}' is not a power of two`, range);
  return align;
}

/** `:function hidden size`, in any order of the words, the size last. */
function readAttributes(
  tokens: readonly Token[],
  result: ElfSymbol,
  program: FormatProgram,
  names: NameResolver,
  evaluator: Evaluator,
): void {
  let i = 0;
  for (; i < tokens.length; i++) {
    const word = tokens[i]!.text.toLowerCase();
    if (types[word] !== undefined) result.type = types[word];
    else if (visibilities[word] !== undefined) result.visibility = visibilities[word];
    else if (word === 'weak') result.binding = 2;
    else if (word === 'strong') result.binding = 1;
    else break;
  }
  if (i >= tokens.length) return;
  const range = new TokenRange(tokens[i]!, tokens[tokens.length - 1]!);
  const first = tokens[i]!;
  if (
    i === 0 &&
    first.identifier &&
    first.identifier.keyword?.kind !== KeywordKind.Register &&
    !program.symbols.of(first.text).defined
  ) {
    program.diagnostics.error(`unrecognised symbol type \`${first.text}'`, range);
    return;
  }
  const parser = new ExpressionParser(names);
  parser.start(tokens, i);
  const expression = parser.parse();
  if (!expression) return;
  evaluator.critical = true;
  const size = evaluator.evaluate(expression);
  if (size === undefined) return;
  if (isScalar(size)) result.size = size;
  else program.diagnostics.error('cannot use relocatable expression as symbol size', range);
}
