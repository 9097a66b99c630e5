/** Files of the disk, for a server that runs as a process. */

import { type Dirent, promises as fs } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FileAccess } from './model/files';

/** A source or incbin file larger than this is as if it was not there. */
const LARGEST_FILE = 256 * 1024 * 1024;
const MOST_SOURCES = 2000;
const MOST_FOLDERS = 5000;
const SOURCE = /\.(?:asm|nasm|inc|mac|s)$/i;
const SKIPPED = new Set(['node_modules', 'dist', 'out', 'build', 'target']);

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

async function sourcesBelow(folder: string, found: string[]): Promise<void> {
  const folders = [folder];
  for (let i = 0; i < folders.length && i < MOST_FOLDERS && found.length < MOST_SOURCES; i++) {
    const entries: Dirent[] = await fs.readdir(folders[i], { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folders[i], entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith('.')) folders.push(path);
      else if (entry.isFile() && SOURCE.test(entry.name) && found.length < MOST_SOURCES) {
        found.push(pathToFileURL(path).href);
      }
    }
  }
}

/** Reads `file:` URIs from the disk; what is elsewhere is asked of `others`. */
export function nodeFiles(others?: FileAccess): FileAccess {
  return {
    async read(uri) {
      const path = pathOf(uri);
      if (path === undefined) return others?.read(uri);
      const info = await fs.stat(path).catch(() => undefined);
      if (!info?.isFile() || info.size > LARGEST_FILE) return undefined;
      return fs.readFile(path).catch(() => undefined);
    },
    async list(folders) {
      const found: string[] = [];
      const elsewhere: string[] = [];
      for (const folder of folders) {
        const path = pathOf(folder);
        if (path === undefined) elsewhere.push(folder);
        else await sourcesBelow(path, found);
      }
      return elsewhere.length > 0 && others ? [...found, ...(await others.list(elsewhere))] : found;
    },
  };
}
