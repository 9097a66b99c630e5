/**
 * Paths without `node:path`: POSIX, Windows and URI forms alike, since the adapter also runs in a browser, where a file is
 * `vscode-vfs://github/owner/repository/kernel.asm`.
 */

/** Where the part of a path begins that `..` may not climb out of. */
function rootLength(path: string): number {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]+:\/\/[^/]*\//.exec(path);
  if (scheme) return scheme[0].length;
  const drive = /^[A-Za-z]:\//.exec(path);
  if (drive) return drive[0].length;
  return path.startsWith('/') ? 1 : 0;
}

/** One spelling for one file: `/` between names, no `.` and `..`, a lower-case drive letter. */
export function normalizePath(path: string): string {
  const slashed = path.includes('://') ? path : path.replaceAll('\\', '/');
  const root = rootLength(slashed);
  const names: string[] = [];
  for (const name of slashed.slice(root).split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '..' || root === 0) names.push(name);
  }
  const prefix = slashed.slice(0, root);
  return (/^[A-Z]:/.test(prefix) ? prefix.toLowerCase() : prefix) + names.join('/');
}

/** Whether a path stands for itself, whatever folder it is seen from. */
export function isAbsolute(path: string): boolean {
  return rootLength(path.includes('://') ? path : path.replaceAll('\\', '/')) > 0;
}

/** `name` as seen from `folder`. */
export function joinPath(folder: string, name: string): string {
  return normalizePath(isAbsolute(name) || folder === '' ? name : `${folder}/${name}`);
}

export function folderOf(path: string): string {
  const normal = normalizePath(path);
  const slash = normal.lastIndexOf('/');
  return slash < 0 ? '' : normal.slice(0, Math.max(slash, rootLength(normal)));
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
