import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workbench } from './workbench';

const sample = 'boot-sector/boot.asm';

describe('in the web extension host, where there are workers and no processes', () => {
  let workbench: Workbench;
  let lineOf: (text: string) => number;

  beforeAll(async () => {
    workbench = await Workbench.open('web');
    const text = readFileSync(join(workbench.folder, sample), 'utf8');
    lineOf = (wanted) => text.slice(0, text.indexOf(wanted)).split('\n').length;
  });

  afterAll(async () => {
    await workbench?.picture('web-last');
    await workbench?.close();
  });

  it('the language server underlines an error and takes it back', async () => {
    await workbench.openFile(sample);
    await workbench.goToLine(lineOf('mov sp, start'), 17);
    await workbench.page.keyboard.type('x');
    const squiggle = workbench.page.locator('.monaco-editor .squiggly-error');
    await expect.poll(() => squiggle.count()).toBeGreaterThan(0);
    await workbench.press('Backspace');
    await expect.poll(() => squiggle.count()).toBe(0);
    await workbench.press('Control+S');
  });

  it('the debug adapter stops at a breakpoint, steps, and runs to the end', async () => {
    const line = lineOf('mov sp, start');
    await workbench.setBreakpoint(line);
    await workbench.press('F5');
    expect(await workbench.stoppedLine()).toBe(line);
    await workbench.press('F10');
    await expect.poll(() => workbench.stoppedLine()).toBe(line + 1);
    await workbench.press('F5');
    await workbench.command('Debug Console: Focus on Debug Console View');
    await expect.poll(() => workbench.debugConsole()).toContain('Hello from the boot sector');
  });

  it('really runs there', async () => {
    await workbench.command('Developer: Show Running Extensions');
    const row = workbench.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Ringside' });
    await expect.poll(() => row.first().textContent()).toContain('web worker');
  });
});
