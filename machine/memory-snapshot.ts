/** Pages of a chunk: 1 MiB together. */
const CHUNK = 256;

/** Contents of a chunk's pages; a page that is absent is all zero. */
type Chunk = readonly (Uint8Array | undefined)[];

/** A frozen copy of memory: pages, and tables of pages, are shared with other snapshots until written. */
export interface MemorySnapshot {
  /** By number of the chunk; an absent one is all zero. */
  readonly chunks: readonly (Chunk | undefined)[];
  /** What each page is, by page number. */
  readonly kinds: Uint8Array;
}

/** Bytes of the tables that a snapshot of so many pages holds alone, about: those of chunks come with the pages in them. */
export const tableBytes = (pages: number): number => (8 * pages) / CHUNK;

/** Numbers of the pages with a mark of 1, ascending. */
export function* marked(marks: Uint8Array): Generator<number> {
  for (let page = marks.indexOf(1); page >= 0; page = marks.indexOf(1, page + 1)) yield page;
}

/**
 * The tables after those of `before`.
 * @param written numbers of the pages that were written since, ascending
 * @param contents copies a page
 */
export function withPages(
  before: MemorySnapshot['chunks'],
  written: Iterable<number>,
  contents: (page: number) => Uint8Array,
): MemorySnapshot['chunks'] {
  const chunks = before.slice();
  let copied = -1;
  let chunk: (Uint8Array | undefined)[] = [];
  for (const page of written) {
    const number = Math.floor(page / CHUNK);
    if (number !== copied) {
      copied = number;
      chunk = chunks[number]?.slice() ?? new Array(CHUNK).fill(undefined);
      chunks[number] = chunk;
    }
    chunk[page % CHUNK] = contents(page);
  }
  return chunks;
}

/** The tables of a memory of so many pages that are all zero. */
export const noPages = (pages: number): MemorySnapshot['chunks'] => new Array(Math.ceil(pages / CHUNK)).fill(undefined);

/** Contents of a page; undefined is all zero. */
export const pageIn = (chunks: MemorySnapshot['chunks'], page: number): Uint8Array | undefined =>
  chunks[Math.floor(page / CHUNK)]?.[page % CHUNK];

/** Numbers of the pages that differ, or may, ascending. */
export function* differing(a: MemorySnapshot['chunks'], b: MemorySnapshot['chunks']): Generator<number> {
  for (let number = 0; number < a.length; number++) {
    const [one, other] = [a[number], b[number]];
    if (one === other) continue;
    for (let i = 0; i < CHUNK; i++) if (one?.[i] !== other?.[i]) yield number * CHUNK + i;
  }
}
