/** Find all references, in every program that the definition belongs to. */

import type { CancellationToken, Location, ReferenceParams } from 'vscode-languageserver';
import type { Meaning, Place } from '../model/program-view';
import { type Context, locationOf, pause, type Spot, spotOf } from './context';

export function samePlace(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line && a.start === b.start;
}

/**
 * Every occurrence of what the name means: in the program in which it was asked, and, where the definition stands in a file
 * that other programs include too, in those.
 */
export async function allOccurrences(
  context: Context,
  { view }: Spot,
  meaning: Meaning,
  token?: CancellationToken,
): Promise<Place[]> {
  const places = new Map<string, Place>();
  const add = (place: Place) => places.set(`${place.file}:${place.line}:${place.start}`, place);
  for (const place of view.occurrences(meaning)) add(place);
  if (!meaning.scope) {
    for (const definition of view.definitionPlaces(meaning)) {
      for (const program of await context.programs.programsWith(definition.file)) {
        if (program.root === view.files[0]) continue;
        if (await pause(token)) return [];
        for (const place of context.programs.viewNow(program).occurrences(meaning)) add(place);
      }
    }
  }
  return [...places.values()];
}

export async function references(
  context: Context,
  params: ReferenceParams,
  token?: CancellationToken,
): Promise<Location[]> {
  const spot = await spotOf(context, params);
  const meaning = spot?.view.meaningAt(spot.file, spot.line, spot.column);
  if (!spot || !meaning) return [];
  const definitions = spot.view.definitionPlaces(meaning);
  const places = await allOccurrences(context, spot, meaning, token);
  return places
    .filter((place) => params.context.includeDeclaration || !definitions.some((d) => samePlace(d, place)))
    .map((place) => locationOf(context, place));
}
