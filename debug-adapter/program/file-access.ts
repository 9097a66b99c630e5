import type { SourceReader } from '../../assembler/api';
import { folderOf, joinPath, normalizePath } from './paths';

/**
 * The files of whoever runs the adapter. Node answers at once, an editor in the browser with a promise.
 * `undefined` means that there is no such file, or that it cannot be read.
 */
export interface FileAccess {
  readBytes(path: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/**
 * Lets the assembler, which reads synchronously, use files that come asynchronously: what is not there yet counts as
 * missing and is noted; after {@link settle} it is there, and the assembler is asked again.
 */
export class SettlingReader implements SourceReader {
  readonly #files = new Map<string, Uint8Array | undefined>();
  readonly #pending = new Map<string, Promise<void>>();

  constructor(private readonly files: FileAccess) {}

  resolve(name: string, from: string, includePaths: readonly string[]): string | undefined {
    const candidates = [joinPath(folderOf(from), name), ...includePaths.map((folder) => joinPath(folder, name)), name];
    // All are asked for even if the first is still on its way: one round instead of one for each.
    const found = candidates.map((path) => [path, this.readBytes(path)] as const).filter(([, bytes]) => bytes);
    return found[0]?.[0];
  }

  readText(path: string): string | undefined {
    const bytes = this.readBytes(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  readBytes(path: string): Uint8Array | undefined {
    const key = normalizePath(path);
    if (!this.#files.has(key) && !this.#pending.has(key)) {
      const answer = this.files.readBytes(path);
      if (!(answer instanceof Promise)) {
        this.#files.set(key, answer);
      } else {
        const arrived = answer.catch(() => undefined).then((bytes) => void this.#files.set(key, bytes));
        this.#pending.set(key, arrived);
      }
    }
    return this.#files.get(key);
  }

  /** Waits for what was asked for in vain. False if there was nothing: the answers so far were complete. */
  async settle(): Promise<boolean> {
    if (this.#pending.size === 0) return false;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    await Promise.all(waiting);
    return true;
  }
}
