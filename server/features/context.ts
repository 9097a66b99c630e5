/** What every feature works with, and the steps between the protocol's positions and the model's places. */

import type { CancellationToken, ClientCapabilities, Location, Position, Range } from 'vscode-languageserver';
import type { SourceRange } from '../../assembler/api';
import type { Files } from '../model/files';
import type { Place, ProgramView } from '../model/program-view';
import type { Programs } from '../model/programs';
import { keyOf } from '../model/uri';

export interface Context {
  files: Files;
  programs: Programs;
  capabilities: ClientCapabilities;
  /** Kept when the user's settings are known. */
  settled: Promise<void>;
}

/** A place in a document that a request is about. */
export interface Spot {
  file: string;
  line: number;
  column: number;
  view: ProgramView;
}

interface PositionParams {
  textDocument: { uri: string };
  position: Position;
}

/** The place that the request names, with the program around it; nothing where the document is not known. */
export async function spotOf(context: Context, params: PositionParams): Promise<Spot | undefined> {
  const file = keyOf(params.textDocument.uri);
  if (!context.files.isOpen(file)) return undefined;
  const view = await context.programs.viewOf(file);
  const { line, character } = params.position;
  if (!view.index(file)?.statements[line]) return undefined;
  return { file, line, column: character, view };
}

export function rangeOf({ line, start, end }: Place): Range {
  return { start: { line, character: start }, end: { line, character: end } };
}

export function locationOf(context: Context, place: Place): Location {
  return { uri: context.files.uri(place.file), range: rangeOf(place) };
}

/** A range of the assembler's as one of the protocol's; never backwards, so that no client stumbles. */
export function protocolRange({ line, column, endLine, endColumn }: SourceRange): Range {
  const start = { line: Math.max(line, 0), character: Math.max(column, 0) };
  const end = { line: Math.max(endLine, start.line), character: Math.max(endColumn, 0) };
  if (end.line === start.line && end.character < start.character) end.character = start.character;
  return { start, end };
}

/** Long answers are made in pieces; after each the request may have been given up. */
export async function pause(token: CancellationToken | undefined): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  return token?.isCancellationRequested ?? false;
}
