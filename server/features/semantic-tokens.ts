/** Colours by meaning: labels, constants, macros, structures; privileged and exiting instructions carry a modifier. */

import {
  type SemanticTokens,
  SemanticTokensBuilder,
  type SemanticTokensLegend,
  type SemanticTokensParams,
  type SemanticTokensRangeParams,
} from 'vscode-languageserver';
import { registerNamed } from '../../isa/registers';
import { findInstruction } from '../model/instructions';
import type { Meaning, ProgramView } from '../model/program-view';
import type { Token } from '../model/scan';
import type { Statement } from '../model/statement';
import { keyOf } from '../model/uri';
import type { Context } from './context';

const TYPES = ['keyword', 'variable', 'label', 'macro', 'parameter', 'property', 'struct', 'namespace'] as const;
/** `privileged`: only at CPL 0 or as IOPL allows. `sensitive`: leaves non-root mode, or is a virtualization hole. */
const MODIFIERS = ['declaration', 'readonly', 'defaultLibrary', 'privileged', 'sensitive'] as const;

type Type = (typeof TYPES)[number];
type Modifier = (typeof MODIFIERS)[number];

export const legend: SemanticTokensLegend = { tokenTypes: [...TYPES], tokenModifiers: [...MODIFIERS] };

interface Colour {
  type: Type;
  modifiers: Modifier[];
}

function symbolColour(view: ProgramView, meaning: Meaning): Colour | undefined {
  const kind = view.definitions(meaning)[0]?.kind;
  const symbol = kind === undefined ? view.assembled.symbol(meaning.name) : undefined;
  if (kind === undefined && !symbol) return undefined;
  if (kind === 'constant' || symbol?.kind === 'constant') return { type: 'variable', modifiers: ['readonly'] };
  if (kind === 'struc') return { type: 'struct', modifiers: [] };
  if (kind === 'field') return { type: 'property', modifiers: [] };
  return { type: 'label', modifiers: [] };
}

function meaningColour(view: ProgramView, meaning: Meaning): Colour | undefined {
  switch (meaning.kind) {
    case 'symbol':
      return symbolColour(view, meaning);
    case 'macro':
    case 'define':
      return { type: 'macro', modifiers: [] };
    case 'parameter':
      return { type: 'parameter', modifiers: [] };
    case 'macroLocal':
      return { type: 'label', modifiers: [] };
    case 'contextLocal':
      return { type: 'variable', modifiers: [] };
    case 'section':
      return { type: 'namespace', modifiers: [] };
  }
}

function colourOf(
  view: ProgramView,
  file: string,
  line: number,
  statement: Statement,
  token: Token,
): Colour | undefined {
  const meaning = view.meaningOf(file, line, statement, token);
  if (meaning) {
    const colour = meaningColour(view, meaning);
    const defines =
      token === statement.label ||
      view.definitions(meaning).some((d) => d.file === file && d.line === line && d.token === token);
    if (colour && defines) colour.modifiers.push('declaration');
    return colour;
  }
  if (token.kind !== 'word') return undefined;
  if (token === statement.head && statement.headKind === 'instruction') {
    const instruction = findInstruction(token.text);
    const modifiers: Modifier[] = [];
    if (instruction && instruction.privilege !== 3) modifiers.push('privileged');
    if (instruction && (instruction.vmx !== 'none' || instruction.popekGoldberg === 'hole'))
      modifiers.push('sensitive');
    return { type: 'keyword', modifiers };
  }
  if (statement.prefixes.includes(token)) return { type: 'keyword', modifiers: [] };
  return registerNamed(token.text) ? { type: 'variable', modifiers: ['defaultLibrary'] } : undefined;
}

function tokensOf(context: Context, uri: string, from: number, to: number): Promise<SemanticTokens> {
  const file = keyOf(uri);
  return context.programs.programOf(file).then((program) => {
    const view = context.programs.viewNow(program);
    const builder = new SemanticTokensBuilder();
    const index = view.index(file);
    const last = Math.min(to, (index?.statements.length ?? 0) - 1);
    for (let line = Math.max(from, 0); line <= last; line++) {
      const statement = view.statement(file, line)!;
      for (const token of statement.tokens) {
        if (token.kind === 'punctuation' || token.kind === 'string' || token.kind === 'number') continue;
        const colour = colourOf(view, file, line, statement, token);
        if (!colour) continue;
        const bits = colour.modifiers.reduce((mask, modifier) => mask | (1 << MODIFIERS.indexOf(modifier)), 0);
        builder.push(line, token.start, token.end - token.start, TYPES.indexOf(colour.type), bits);
      }
    }
    // Without the identifier that would announce deltas.
    return { data: builder.build().data };
  });
}

export function semanticTokens(context: Context, params: SemanticTokensParams): Promise<SemanticTokens> {
  return tokensOf(context, params.textDocument.uri, 0, Number.MAX_SAFE_INTEGER);
}

export function semanticTokensRange(context: Context, params: SemanticTokensRangeParams): Promise<SemanticTokens> {
  return tokensOf(context, params.textDocument.uri, params.range.start.line, params.range.end.line);
}
