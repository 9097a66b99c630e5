import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The house as the build sees it, in a copy: every room's own tsconfig.json with one small file in it. What is imported
 * against the rules must make `tsc -b` fail there, because then it fails in the real rooms too.
 */
const root = join(import.meta.dirname, '..');
const rooms = ['isa', 'assembler', 'machine', 'hypervisor', 'debug-adapter', 'server', 'cli', 'extension'];
const core = ['isa', 'assembler', 'machine', 'hypervisor'];
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'ringside-layers-'));
  cpSync(join(root, 'tsconfig.base.json'), join(house, 'tsconfig.base.json'));
  cpSync(join(root, 'scripts/no-vscode.d.ts'), join(house, 'scripts/no-vscode.d.ts'));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'), 'junction');
  for (const room of rooms) {
    mkdirSync(join(house, room));
    cpSync(join(root, room, 'tsconfig.json'), join(house, room, 'tsconfig.json'));
    writeFileSync(join(house, room, 'furniture.ts'), `export const ${room.replace('-', '')} = 1;\n`);
  }
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

/** Builds `room` with one more file in it; returns what the compiler said, empty where it was content. */
function build(room: string, source: string): string {
  const file = join(house, room, 'visitor.ts');
  writeFileSync(file, source);
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', join(house, room)], {
      stdio: 'pipe',
    });
    return '';
  } catch (error) {
    return String((error as { stdout: Buffer }).stdout);
  } finally {
    rmSync(file);
  }
}

/** A room may import those below it in the design's picture. */
const below: Record<string, string[]> = {
  isa: [],
  assembler: ['isa'],
  machine: ['isa', 'assembler'],
  hypervisor: ['isa', 'assembler', 'machine'],
  'debug-adapter': core,
  server: ['isa', 'assembler'],
  cli: [...core, 'debug-adapter', 'server'],
  extension: [...core, 'debug-adapter', 'server'],
};

describe('the layers hold at build time', () => {
  for (const room of rooms) {
    it(`${room} builds when it imports what is below it`, () => {
      const imports = below[room].map((each, index) => `import * as room${index} from '../${each}/furniture';`);
      const uses = below[room].map((_, index) => `room${index}`);
      expect(build(room, `${imports.join('\n')}\nexport const used = [${uses.join(', ')}];\n`)).toBe('');
    });

    for (const other of rooms.filter((each) => each !== room && !below[room].includes(each))) {
      it(`${room} does not build when it imports ${other}`, () => {
        // Even types alone are refused.
        expect(build(room, `import type * as up from '../${other}/furniture';\nexport type Up = typeof up;\n`)).toMatch(
          /error TS6307|error TS6059/,
        );
      });
    }
  }

  for (const room of core) {
    it(`${room} does not build when it imports a module of Node or uses a global of Node or the browser`, () => {
      expect(build(room, `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n`)).toMatch(
        /error/,
      );
      expect(build(room, `import { readFileSync } from 'fs';\nexport const read = readFileSync;\n`)).toMatch(/error/);
      expect(build(room, 'export const id = process.pid;\n')).toMatch(/error/);
      expect(build(room, 'export const title = document.title;\n')).toMatch(/error/);
    });
  }

  for (const room of rooms.filter((each) => each !== 'extension')) {
    it(`${room} does not build when it imports VS Code's API`, () => {
      expect(build(room, `import * as vscode from 'vscode';\nexport const window = vscode.window;\n`)).toMatch(/error/);
    });
  }

  it("extension builds when it imports VS Code's API", () => {
    expect(build('extension', `import * as vscode from 'vscode';\nexport const window = vscode.window;\n`)).toBe('');
  });
});
