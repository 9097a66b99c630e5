import { describe, expect, it } from 'vitest';
import { baseName, extensionOf, folderOf, joinKey, keyOf, relativeName, uriOf } from './uri';

describe('file keys', () => {
  it('are the same for all spellings of one file', () => {
    expect(keyOf('file:///c%3A/my%20os/a.asm')).toBe(keyOf('file:///C:/my os/a.asm'));
  });

  it('give back a URI as VS Code spells it', () => {
    expect(uriOf(keyOf('file:///c%3A/my%20os/%C3%A9.asm'))).toBe('file:///c%3A/my%20os/%C3%A9.asm');
    expect(uriOf(keyOf('vscode-vfs://github/a/b%23c.asm'))).toBe('vscode-vfs://github/a/b%23c.asm');
    expect(uriOf(keyOf('untitled:Untitled-1'))).toBe('untitled:Untitled-1');
  });

  it('join with what a source writes', () => {
    expect(joinKey('file:///os/boot', 'x.inc')).toBe('file:///os/boot/x.inc');
    expect(joinKey('file:///os/boot', '../lib/./x.inc')).toBe('file:///os/lib/x.inc');
    expect(joinKey('file:///os/boot', '..\\lib\\x.inc')).toBe('file:///os/lib/x.inc');
    expect(joinKey('file:///os/boot', '/abs/x.inc')).toBe('file:///abs/x.inc');
    expect(joinKey('file:///d:/os', 'C:\\lib\\x.inc')).toBe('file:///c:/lib/x.inc');
    expect(joinKey('file:///os', '../../../x.inc')).toBe('file:///x.inc');
    expect(joinKey('vscode-vfs://github/me/os', 'x.inc')).toBe('vscode-vfs://github/me/os/x.inc');
  });

  it('have a folder, a name and an extension', () => {
    expect(folderOf('file:///os/boot/a.asm')).toBe('file:///os/boot');
    expect(baseName('file:///os/boot/a.asm')).toBe('a.asm');
    expect(extensionOf('file:///os/boot/a.ASM')).toBe('asm');
    expect(extensionOf('file:///os/.hidden')).toBe('');
  });

  it('are named as a source in another folder would write them', () => {
    expect(relativeName('file:///os/boot', 'file:///os/boot/a.inc')).toBe('a.inc');
    expect(relativeName('file:///os/boot', 'file:///os/lib/a.inc')).toBe('../lib/a.inc');
    expect(relativeName('file:///os', 'file:///os/lib/a.inc')).toBe('lib/a.inc');
  });
});
