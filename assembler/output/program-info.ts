import type { LineEntry, MacroInfo, SourceRange, SymbolInfo } from '../api';
import { type Frame, TokenRange } from '../diagnostics';
import { add } from '../expression/integer';
import type { Assembly } from '../program/assembly';
import { type Item, ItemKind } from '../program/item';
import type { SourceLine } from '../source/source-line';
import type { Token } from '../source/token';
import { CertainPlaces } from './certain-places';
import type { TextOrder } from './text-order';

/** The line of the file that brought an item: that of the outermost macro call. */
export function callLine(item: Item): SourceLine {
  let { line } = item;
  for (let frame: Frame | undefined = item.frame; frame; frame = frame.parent)
    if (frame.macroName !== undefined) line = frame.callLine;
  return line;
}

/** The bytes of each line, sorted by section and address. */
export function lineEntries(assembly: Assembly): LineEntry[] {
  const entries: LineEntry[] = [];
  const { format } = assembly;
  for (const section of assembly.sections) {
    if (section.kind !== 'section') continue;
    const address = format.addressOf(section);
    const fileOffset = format.fileOffsetOf(section);
    for (const item of assembly.items) {
      if (item.section !== section || item.length === 0) continue;
      const call = callLine(item);
      entries.push({
        address: unsigned(address + item.offset),
        length: item.length,
        fileOffset: fileOffset < 0 ? -1 : fileOffset + item.offset,
        section: section.name,
        file: item.line.file,
        line: item.line.number,
        callFile: call.file,
        callLine: call.number,
        bits: item.mode.bits,
        code:
          item.kind === ItemKind.Code ||
          item.kind === ItemKind.Instruction ||
          item.kind === ItemKind.Prefixes ||
          item.kind === ItemKind.Fill,
      });
    }
  }
  return entries;
}

/** Addresses of the upper half, which are negative inside: the nearest number to the unsigned one. */
function unsigned(address: number): number {
  return address < 0 ? Number(BigInt.asUintN(64, BigInt(address))) : address;
}

function rangeOf(token: Token): SourceRange {
  const { file, line, column, endLine, endColumn } = new TokenRange(token, token);
  return { file, line, column, endLine, endColumn };
}

export function symbolInfos(assembly: Assembly, { compare }: TextOrder, placed: boolean): SymbolInfo[] {
  const infos: SymbolInfo[] = [];
  const places = new CertainPlaces(assembly, placed);
  for (const symbol of assembly.symbols.table.values()) {
    const { definition, section } = symbol;
    if (!symbol.defined || !definition || definition.line.builtin) continue;
    const base = section?.kind === 'section' ? assembly.format.addressOf(section) : 0;
    const start = section?.kind === 'absolute' ? section.absoluteStart : base;
    infos.push({
      name: symbol.name,
      kind: symbol.kind,
      scope: symbol.scope === 'special' ? 'local' : symbol.scope,
      value: BigInt(add(symbol.offset, start)),
      certain: places.has(symbol),
      section: section?.kind === 'section' ? section.name : '',
      definition: rangeOf(definition),
      references: symbol.references
        .filter((token) => !token.line.builtin)
        .map(rangeOf)
        .sort(compare),
    });
  }
  return infos.sort((a, b) => compare(a.definition, b.definition) || (a.name < b.name ? -1 : 1));
}

export function macroInfos(assembly: Assembly, { compare }: TextOrder): MacroInfo[] {
  const infos: MacroInfo[] = [];
  const { preprocessor } = assembly;
  for (const macro of preprocessor.singleLineMacros) {
    infos.push({
      name: macro.name,
      kind: macro.kind,
      parameters: macro.parameters.map((p) => p.name).join(', '),
      definition: rangeOf(macro.definition!),
      references: macro.references
        .filter((token) => !token.line.builtin)
        .map(rangeOf)
        .sort(compare),
      documentation: macro.documentation,
    });
  }
  for (const macro of preprocessor.multiLineMacros) {
    const { minimum, maximum, greedy } = macro;
    const range =
      maximum === minimum ? `${minimum}` : `${minimum}-${maximum === Number.MAX_SAFE_INTEGER ? '*' : maximum}`;
    infos.push({
      name: macro.name,
      kind: 'macro',
      parameters: `${range}${greedy ? '+' : ''}`,
      definition: rangeOf(macro.definition),
      references: macro.references.map(rangeOf).sort(compare),
      documentation: macro.documentation,
    });
  }
  return infos;
}
