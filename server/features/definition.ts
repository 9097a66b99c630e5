/** Go to definition: names, and the file of an %include or incbin. */

import type { DefinitionParams, Location } from 'vscode-languageserver';
import { type Context, locationOf, spotOf } from './context';

export async function definition(context: Context, params: DefinitionParams): Promise<Location[]> {
  const spot = await spotOf(context, params);
  if (!spot) return [];
  const { view, file, line, column } = spot;
  const link = view.index(file)?.links.find((l) => l.line === line && l.token.start <= column && column <= l.token.end);
  if (link && link.kind !== 'use') {
    const target = await context.programs.linkTarget(file, view.files[0], link.name);
    if (target === undefined) return [];
    return [
      { uri: context.files.uri(target), range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } },
    ];
  }
  const meaning = view.meaningAt(file, line, column);
  return meaning ? view.definitionPlaces(meaning).map((place) => locationOf(context, place)) : [];
}
