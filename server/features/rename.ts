/** Rename of labels, constants, structures, fields, macros and defines, in all programs that know them. */

import {
  type CancellationToken,
  ErrorCodes,
  type PrepareRenameParams,
  type Range,
  type RenameParams,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { registerNamed } from '../../isa/registers';
import { operandWords, prefixes } from '../model/directives';
import type { Meaning } from '../model/program-view';
import { headKindOf } from '../model/statement';
import { type Context, rangeOf, type Spot, spotOf } from './context';
import { allOccurrences, samePlace } from './references';

const NAME = /^[A-Za-z_.?@\u0080-\uffff][\w.?@$#~\u0080-\uffff]*$/;

function refuse(message: string): never {
  throw new ResponseError(ErrorCodes.InvalidRequest, message);
}

/** What is to be renamed; refuses what has no definition in the program's texts. */
function renamed(spot: Spot): Meaning {
  const { view, file, line, column } = spot;
  const meaning = view.meaningAt(file, line, column);
  if (!meaning) return refuse('There is no label, macro or define here.');
  if (meaning.kind === 'parameter' || meaning.kind === 'contextLocal' || meaning.kind === 'section') {
    return refuse(`\`${meaning.name}\` cannot be renamed.`);
  }
  if (view.definitionPlaces(meaning).length === 0) return refuse(`\`${meaning.name}\` is not defined in this program.`);
  // A label made from a macro's argument stands in the text at the call; one that was put together stands nowhere.
  const definitions = view.definitionPlaces(meaning);
  const isWritten = view.occurrences(meaning).some((place) => definitions.some((d) => samePlace(d, place)));
  if (meaning.kind === 'symbol' && !isWritten) {
    return refuse(`\`${meaning.name}\` is put together by a macro.`);
  }
  return meaning;
}

/** The last part of a local name: what stands in the text at most places. */
function ownName(meaning: Meaning): string {
  const dot = meaning.name.lastIndexOf('.');
  return meaning.kind === 'symbol' && dot > 0 ? meaning.name.slice(dot) : meaning.name;
}

function checkNewName(spot: Spot, meaning: Meaning, newName: string): void {
  const own = ownName(meaning);
  if (meaning.kind === 'macroLocal') {
    if (!/^%%[\w.?@$#~]+$/.test(newName)) refuse('A label of a macro begins with %%.');
    return;
  }
  if (!NAME.test(newName))
    refuse(`\`${newName}\` cannot be a name: letters, digits and _ $ # @ ~ . ? only, no digit first.`);
  if (own.startsWith('.') !== newName.startsWith('.')) {
    refuse(own.startsWith('.') ? 'A local name begins with a dot.' : 'A name with a dot in front would be local.');
  }
  if (newName.indexOf('.', 1) > 0) refuse('A dot inside a name divides a label from its local labels.');
  if (registerNamed(newName)) refuse(`\`${newName}\` is a register.`);
  const lower = newName.toLowerCase();
  if (headKindOf(newName) !== 'unknown' || operandWords.has(lower) || prefixes.has(lower)) {
    refuse(`\`${newName}\` is a word of the language.`);
  }
  const { view } = spot;
  const full = meaning.name.slice(0, meaning.name.length - own.length) + newName;
  const taken =
    view.symbols.has(full) || view.assembled.symbol(full) || view.macro(newName) || view.defineNamed(newName);
  if (taken && full !== meaning.name) refuse(`\`${full}\` exists already.`);
}

export async function prepareRename(
  context: Context,
  params: PrepareRenameParams,
): Promise<{ range: Range; placeholder: string }> {
  const spot = await spotOf(context, params);
  if (!spot) return refuse('There is nothing to rename here.');
  const meaning = renamed(spot);
  const text = context.files.document(spot.file)!.getText(rangeOf(meaning.place));
  return { range: rangeOf(meaning.place), placeholder: text };
}

export async function rename(
  context: Context,
  params: RenameParams,
  token?: CancellationToken,
): Promise<WorkspaceEdit | null> {
  const spot = await spotOf(context, params);
  if (!spot) return refuse('There is nothing to rename here.');
  const meaning = renamed(spot);
  checkNewName(spot, meaning, params.newName);
  const places = await allOccurrences(context, spot, meaning, token);
  if (token?.isCancellationRequested) return null;
  const edits = new Map<string, TextEdit[]>();
  for (const place of places) {
    const edit = { range: rangeOf(place), newText: params.newName };
    const uri = context.files.uri(place.file);
    const list = edits.get(uri);
    if (list) list.push(edit);
    else edits.set(uri, [edit]);
  }
  if (!context.capabilities.workspace?.workspaceEdit?.documentChanges) return { changes: Object.fromEntries(edits) };
  return {
    documentChanges: [...edits].map(([uri, list]) => {
      const version = context.files.documentByUri(uri)?.version ?? null;
      return { textDocument: { uri, version }, edits: list };
    }),
  };
}
