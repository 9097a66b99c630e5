/**
 * URIs as names of files. The model knows a file by its *key*: the URI with the path decoded and the drive letter small,
 * so that the spellings that clients use for one file (`c%3A`, `C:`, `%20`) are one name.
 */

interface Parts {
  /** `file://`, `vscode-vfs://github`, `untitled:`. */
  root: string;
  path: string;
}

function split(key: string): Parts {
  const match = /^([A-Za-z][\w+.-]*:(?:\/\/[^/]*)?)(.*)$/s.exec(key);
  return match ? { root: match[1], path: match[2] } : { root: 'file://', path: key };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign stands for itself
  }
}

function lowerDrive(path: string): string {
  return /^\/[A-Z]:/.test(path) ? `/${path[1].toLowerCase()}${path.slice(2)}` : path;
}

/** The key of the file that a client names `uri`. */
export function keyOf(uri: string): string {
  const { root, path } = split(uri);
  return root + lowerDrive(decode(path));
}

/** A URI for a key, spelled as VS Code spells it. */
export function uriOf(key: string): string {
  const { root, path } = split(key);
  const encoded = path.replace(/[^A-Za-z0-9\-._~/]+/g, (text) => encodeURIComponent(text).replace(/'/g, '%27'));
  return root + encoded;
}

/** The folder that the file is in, without a slash at its end. */
export function folderOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf('/'), 0));
}

/** The last part of the path. */
export function baseName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** `kernel.inc` gives `inc`; empty where there is none. */
export function extensionOf(key: string): string {
  const name = baseName(key);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** The key of `name`, as a source writes it, seen from `folder`; absolute names keep only the folder's scheme. */
export function joinKey(folder: string, name: string): string {
  const forward = name.replace(/\\/g, '/');
  const { root, path } = split(folder);
  if (/^[A-Za-z]:\//.test(forward)) return root + lowerDrive(`/${forward}`);
  const parts = forward.startsWith('/') ? [] : path.split('/');
  for (const part of forward.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.length > 1) parts.pop();
    } else parts.push(part);
  }
  const joined = parts.join('/');
  return root + (joined.startsWith('/') || root.endsWith(':') ? joined : `/${joined}`);
}

/** How a source in `folder` would name the file: with `/`, and `../` where needed; the key itself on another root. */
export function relativeName(folder: string, key: string): string {
  const from = folder.split('/');
  const to = key.split('/');
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  if (common < 3 && from.slice(0, 3).join('/') !== to.slice(0, 3).join('/')) return key;
  return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/');
}
