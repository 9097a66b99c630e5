import type { AssembleOptions, AssembleResult, SourceReader } from './api';
import { conclude, makeAssembly } from './output/result';
import type { Assembly } from './program/assembly';
import { applyEdit, type LineEdit } from './program/edit';
import { LineRecords } from './program/line-records';

/**
 * A program that is being written: assembled again after each edit, and after most edits without reading all of it
 * again. What {@link update} gives is what assembling the text from its beginning gives.
 */
export class ProgramModel {
  private assembly: Assembly | undefined;
  private text = '';
  private result: AssembleResult | undefined;
  private readonly read: RecordingReader;
  /** The last update read only the lines that changed. */
  incremental = false;

  /**
   * @param file the name of the main source in messages
   * @param options without `listing`, which wants the whole source
   */
  constructor(
    readonly file: string,
    private readonly options: AssembleOptions,
    reader: SourceReader,
  ) {
    this.read = new RecordingReader(reader);
  }

  /** The program of that text. Lists of an earlier result that nobody asked for until now are no longer to be had. */
  update(source: string): AssembleResult {
    const edit = this.editTo(source);
    if (edit && edit.removed === 0 && edit.texts.length === 0 && this.result) {
      this.incremental = true;
      return this.result;
    }
    this.incremental = edit !== undefined && this.edit(edit);
    if (!this.incremental) this.assembleAll(source);
    this.text = source;
    this.result = conclude(this.assembly!);
    return this.result;
  }

  /** The code bits at the beginning of a line of the main source (from 0): 16, 32 or 64. */
  bitsAt(line: number): 16 | 32 | 64 {
    const list = this.assembly?.records?.list ?? [];
    for (let i = Math.min(line, list.length - 1); i >= 0; i--) {
      const record = list[i];
      if (record) return record.mode.bits;
    }
    return this.options.format === 'elf64' ? 64 : this.options.format === 'elf32' ? 32 : 16;
  }

  private assembleAll(source: string): void {
    this.read.clear();
    const assembly = makeAssembly(this.file, this.options, this.read);
    assembly.records = new LineRecords();
    assembly.run(this.file, source);
    this.assembly = assembly;
  }

  /** What has changed, where an edit of what is there may do. */
  private editTo(source: string): LineEdit | undefined {
    const { assembly } = this;
    if (!assembly?.complete || assembly.wasCancelled || this.options.listing || !this.read.unchanged())
      return undefined;
    return difference(this.text, source);
  }

  private edit(edit: LineEdit): boolean {
    const { assembly } = this;
    // What was begun with it cannot be taken back.
    this.assembly = undefined;
    if (!applyEdit(assembly!, edit)) return false;
    assembly!.layOutAgain();
    this.assembly = assembly;
    return true;
  }
}

/** The lines in which two texts differ; undefined where line ends make that hard to say. */
export function difference(before: string, after: string): LineEdit | undefined {
  if (hasLoneReturn(before) || hasLoneReturn(after)) return undefined;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  if (start === before.length && start === after.length) return { from: 0, removed: 0, texts: [] };
  // Back to the beginning of the line.
  start = start === 0 ? 0 : before.lastIndexOf('\n', start - 1) + 1;
  let tail = 0;
  const room = most - start;
  while (tail < room && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail))
    tail++;
  // Forward to where a line begins in both: what is behind it is the same.
  while (tail > 0 && !(beginsLine(before, before.length - tail) && beginsLine(after, after.length - tail))) tail--;
  const old = linesOf(before.slice(start, before.length - tail));
  const texts = linesOf(after.slice(start, after.length - tail));
  let from = 0;
  for (let at = before.indexOf('\n'); at >= 0 && at < start; at = before.indexOf('\n', at + 1)) from++;
  return { from, removed: old.length, texts };
}

function beginsLine(text: string, at: number): boolean {
  return at === 0 || text.charCodeAt(at - 1) === 10;
}

/** A carriage return by itself ends a line, too. */
function hasLoneReturn(text: string): boolean {
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', at + 1))
    if (text.charCodeAt(at + 1) !== 10) return true;
  return false;
}

/** Lines as the line reader has them. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.replaceAll('\r', '').split('\n');
  if (text.endsWith('\n')) lines.pop();
  return lines;
}

/** Remembers what was read, to find out whether it would be the same again. */
class RecordingReader implements SourceReader {
  private readonly resolved = new Map<
    string,
    { name: string; from: string; paths: readonly string[]; path?: string }
  >();
  private readonly texts = new Map<string, string | undefined>();
  private readonly bytes = new Map<string, Uint8Array | undefined>();

  constructor(private readonly reader: SourceReader) {}

  clear(): void {
    this.resolved.clear();
    this.texts.clear();
    this.bytes.clear();
  }

  unchanged(): boolean {
    for (const { name, from, paths, path } of this.resolved.values())
      if (this.reader.resolve(name, from, paths) !== path) return false;
    for (const [path, text] of this.texts) if (this.reader.readText(path) !== text) return false;
    for (const [path, bytes] of this.bytes) if (!sameBytes(this.reader.readBytes(path), bytes)) return false;
    return true;
  }

  resolve(name: string, from: string, paths: readonly string[]): string | undefined {
    const path = this.reader.resolve(name, from, paths);
    const call = path === undefined ? { name, from, paths } : { name, from, paths, path };
    this.resolved.set(`${name}\0${from}`, call);
    return path;
  }

  readText(path: string): string | undefined {
    const text = this.reader.readText(path);
    this.texts.set(path, text);
    return text;
  }

  readBytes(path: string): Uint8Array | undefined {
    const bytes = this.reader.readBytes(path);
    this.bytes.set(path, bytes);
    return bytes;
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
