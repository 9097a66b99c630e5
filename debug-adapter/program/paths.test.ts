import { expect, it } from 'vitest';
import { baseName, folderOf, isAbsolute, joinPath, normalizePath } from './paths';

it('gives one file one spelling', () => {
  expect(normalizePath('/a/./b/../c//d.asm')).toBe('/a/c/d.asm');
  expect(normalizePath('/../a')).toBe('/a');
  expect(normalizePath('../a/../b')).toBe('../b');
  expect(normalizePath('C:\\Kernels\\boot.asm')).toBe('c:/Kernels/boot.asm');
  expect(normalizePath('vscode-vfs://github/o/r/../k.asm')).toBe('vscode-vfs://github/o/k.asm');
});

it('joins, and leaves absolute names alone', () => {
  expect(joinPath('/a/b', '../x.inc')).toBe('/a/x.inc');
  expect(joinPath('/a', '/x.inc')).toBe('/x.inc');
  expect(joinPath('', 'x.inc')).toBe('x.inc');
  expect(joinPath('file:///a', 'x.inc')).toBe('file:///a/x.inc');
});

it('takes paths apart', () => {
  expect(folderOf('/a/b.asm')).toBe('/a');
  expect(folderOf('/b.asm')).toBe('/');
  expect(folderOf('b.asm')).toBe('');
  expect(baseName('c:\\a\\b.asm')).toBe('b.asm');
  expect([isAbsolute('/a'), isAbsolute('c:\\a'), isAbsolute('a/b'), isAbsolute('memfs:///a')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
