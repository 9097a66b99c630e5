/**
 * The texts that programs are made of: documents open in the editor first, then files as the client or the disk has them.
 * Files are read ahead of assembling, because the assembler asks without waiting; what was missing is noted and read then.
 */

import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { SourceReader } from '../../assembler/api';
import { IncrementalIndex, type SourceIndex } from './source-index';
import { folderOf, joinKey, keyOf, uriOf } from './uri';

/** How the server reaches files that are not open; a process has a disk, a web worker asks its client. */
export interface FileAccess {
  /** The bytes, or `undefined` where there is no such file (or it is larger than the access allows). */
  read(uri: string): Promise<Uint8Array | undefined>;
  /** URIs of the assembler sources in the folders; may stop at a limit of its own. */
  list(folders: readonly string[]): Promise<string[]>;
}

interface CachedFile {
  /** `null`: known not to exist. */
  bytes: Uint8Array | null;
  text?: string;
  version: number;
}

interface CachedIndex {
  maker: IncrementalIndex;
  index: SourceIndex;
  stamp: string;
}

export class Files {
  /** Open documents by key. */
  private readonly documents = new Map<string, TextDocument>();
  private readonly cache = new Map<string, CachedFile>();
  private readonly reading = new Map<string, Promise<void>>();
  private readonly indexes = new Map<string, CachedIndex>();
  private version = 0;
  folders: string[] = [];

  constructor(private readonly access: FileAccess) {}

  opened(document: TextDocument): void {
    this.documents.set(keyOf(document.uri), document);
  }

  closed(uri: string): void {
    const key = keyOf(uri);
    this.documents.delete(key);
    this.forget(key);
  }

  /** The file may have changed on disk. */
  forget(key: string): void {
    this.cache.delete(key);
    if (!this.documents.has(key)) this.indexes.delete(key);
  }

  /** Any file may have changed on disk, or come into being. */
  forgetAbsent(): void {
    for (const [key, file] of this.cache) if (file.bytes === null) this.cache.delete(key);
  }

  document(key: string): TextDocument | undefined {
    return this.documents.get(key);
  }

  documentByUri(uri: string): TextDocument | undefined {
    return this.documents.get(keyOf(uri));
  }

  openKeys(): string[] {
    return [...this.documents.keys()];
  }

  isOpen(key: string): boolean {
    return this.documents.has(key);
  }

  /** As the client spells it where the file is open. */
  uri(key: string): string {
    return this.documents.get(key)?.uri ?? uriOf(key);
  }

  /** Changes with the text; empty where there is none. */
  stamp(key: string): string {
    const document = this.documents.get(key);
    if (document) return `d${document.version}`;
    const file = this.cache.get(key);
    return file?.bytes ? `f${file.version}` : '';
  }

  text(key: string): string | undefined {
    const document = this.documents.get(key);
    if (document) return document.getText();
    const file = this.cache.get(key);
    if (!file?.bytes) return undefined;
    file.text ??= new TextDecoder().decode(file.bytes);
    return file.text;
  }

  bytes(key: string): Uint8Array | undefined {
    const document = this.documents.get(key);
    if (document) return new TextEncoder().encode(document.getText());
    return this.cache.get(key)?.bytes ?? undefined;
  }

  /** What the text says by itself; `undefined` where there is no text. */
  index(key: string): SourceIndex | undefined {
    const stamp = this.stamp(key);
    const cached = this.indexes.get(key);
    if (cached && cached.stamp === stamp) return cached.index;
    const text = this.text(key);
    if (text === undefined) return undefined;
    const maker = cached?.maker ?? new IncrementalIndex();
    const index = maker.update(text);
    this.indexes.set(key, { maker, index, stamp });
    return index;
  }

  /** Nothing is known of the file, not even that it is absent. */
  isUnknown(key: string): boolean {
    return !this.documents.has(key) && !this.cache.has(key);
  }

  /** Reads what is not known yet. Never fails: what cannot be read is absent. */
  async load(keys: Iterable<string>): Promise<void> {
    await Promise.all([...keys].filter((key) => this.isUnknown(key)).map((key) => this.read(key)));
  }

  private read(key: string): Promise<void> {
    const running = this.reading.get(key);
    if (running) return running;
    const promise = this.access
      .read(uriOf(key))
      .catch(() => undefined)
      .then((bytes) => {
        this.cache.set(key, { bytes: bytes ?? null, version: ++this.version });
        this.reading.delete(key);
      });
    this.reading.set(key, promise);
    return promise;
  }

  async list(): Promise<string[]> {
    const uris = await this.access.list(this.folders).catch(() => []);
    return uris.map(keyOf);
  }

  /** Where a file named in a source may be, in order: beside the program, beside the source, on the include path. */
  candidates(name: string, from: string, root: string, includePaths: readonly string[]): string[] {
    const bases = [folderOf(root), folderOf(from), ...this.folders];
    const paths = includePaths.flatMap((path) => [...this.folders, folderOf(root)].map((base) => joinKey(base, path)));
    return [...new Set([...bases, ...paths].map((base) => joinKey(base, name)))];
  }

  /** The first of the candidates that exists, as far as is known. */
  resolve(name: string, from: string, root: string, includePaths: readonly string[]): string | undefined {
    return this.candidates(name, from, root, includePaths).find((key) => this.stamp(key) !== '');
  }

  /** A reader for one run of the assembler; what it could not answer is added to `missing`. */
  reader(root: string, missing: Set<string>): SourceReader {
    const note = (key: string) => {
      if (this.isUnknown(key)) missing.add(key);
    };
    return {
      resolve: (name, from, includePaths) => {
        for (const key of this.candidates(name, from, root, includePaths)) {
          if (this.stamp(key) !== '') return key;
          note(key);
        }
        return undefined;
      },
      readText: (key) => {
        note(key);
        return this.text(key);
      },
      readBytes: (key) => {
        note(key);
        return this.bytes(key);
      },
    };
  }
}
