/** Highlights of what the cursor is on: a name in this file, or a register (under all its names) up to the next label. */

import { type DocumentHighlight, DocumentHighlightKind, type DocumentHighlightParams } from 'vscode-languageserver';
import { type Register, registerNamed } from '../../isa/registers';
import { tokenAt } from '../model/scan';
import { type Context, rangeOf, type Spot, spotOf } from './context';
import { samePlace } from './references';

/** RAX, EAX, AX, AL and AH are one register. */
function sameRegister(a: Register, b: Register): boolean {
  const general = /^gpr/;
  if (general.test(a.file) && general.test(b.file)) return a.index === b.index;
  const vector = /^[xy]mm$/;
  if (vector.test(a.file) && vector.test(b.file)) return a.index === b.index;
  return a === b;
}

function registerHighlights({ view, file, line }: Spot, register: Register): DocumentHighlight[] {
  const index = view.index(file)!;
  const outer = index.definitions.findLast(
    (d) => (d.kind === 'label' || d.kind === 'macro') && d.line <= line && line <= d.endLine,
  );
  const found: DocumentHighlight[] = [];
  const last = outer?.endLine ?? index.statements.length - 1;
  for (let at = outer?.line ?? 0; at <= last; at++) {
    for (const { kind, text, start, end } of index.statements[at]?.tokens ?? []) {
      const other = kind === 'word' ? registerNamed(text) : undefined;
      if (other && sameRegister(register, other)) {
        found.push({ range: rangeOf({ file, line: at, start, end }), kind: DocumentHighlightKind.Text });
      }
    }
  }
  return found;
}

export async function highlights(context: Context, params: DocumentHighlightParams): Promise<DocumentHighlight[]> {
  const spot = await spotOf(context, params);
  if (!spot) return [];
  const { view, file, line, column } = spot;
  const meaning = view.meaningAt(file, line, column);
  if (!meaning) {
    const token = tokenAt(view.index(file)!.statements[line].tokens, column);
    const register = token?.kind === 'word' ? registerNamed(token.text) : undefined;
    return register ? registerHighlights(spot, register) : [];
  }
  const definitions = view.definitionPlaces(meaning);
  return view
    .occurrences(meaning)
    .filter((place) => place.file === file)
    .map((place) => ({
      range: rangeOf(place),
      kind: definitions.some((d) => samePlace(d, place)) ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
    }));
}
