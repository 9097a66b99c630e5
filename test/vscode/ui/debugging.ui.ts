import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workbench } from './workbench';

const sample = 'long-mode/kernel.asm';

describe('a person debugs the long-mode sample', () => {
  let workbench: Workbench;
  /** Line, from 1, of the first occurrence of a text in the sample. */
  let lineOf: (text: string) => number;

  beforeAll(async () => {
    workbench = await Workbench.open('node', { 'editor.minimap.enabled': false });
    const text = readFileSync(join(workbench.folder, sample), 'utf8');
    lineOf = (wanted) => text.slice(0, text.indexOf(wanted)).split('\n').length;
  });

  afterAll(async () => {
    await workbench?.picture('last');
    await workbench?.close();
  });

  it('sees what the Ringside views are for, before there is a guest', async () => {
    await workbench.openFile(sample);
    await workbench.showContainer('Ringside');
    await expect.poll(() => workbench.view('VMCS').textContent()).toContain('While a guest is stopped');
    await expect.poll(() => workbench.view('Exit Log').textContent()).toContain('every VM exit is listed here');
    await workbench.picture('welcome');
  });

  it('types something wrong, sees it underlined, and takes it back', async () => {
    await workbench.goToLine(lineOf('mov rsp, boot'), 17);
    await workbench.page.keyboard.type('x');
    const squiggle = workbench.page.locator('.monaco-editor .squiggly-error');
    await expect.poll(() => squiggle.count()).toBeGreaterThan(0);
    await workbench.picture('error');
    await workbench.press('Backspace');
    await expect.poll(() => squiggle.count()).toBe(0);
    await workbench.press('Control+S');
  });

  it('hovers over cpuid and reads what it does', async () => {
    await workbench.goToLine(lineOf('                cpuid'), 19);
    const word = workbench.page
      .locator('.view-line span')
      .filter({ hasText: /^\s*cpuid$/ })
      .last();
    const hover = workbench.page.locator('.monaco-hover:visible');
    await expect
      .poll(async () => {
        await workbench.page.mouse.move(0, 0);
        await word.hover();
        return (await hover.allTextContents()).join('\n');
      })
      .toMatch(/CPUID/i);
    await workbench.picture('hover');
    await workbench.page.mouse.move(0, 0);
  });

  it('stops with F9 and F5 at a breakpoint', async () => {
    await workbench.setBreakpoint(lineOf('mov rax, 0x1122334455667788'));
    await workbench.press('F5');
    expect(await workbench.stoppedLine()).toBe(lineOf('mov rax, 0x1122334455667788'));
  });

  it('steps, reads RAX, and steps back to where it was', async () => {
    const line = lineOf('mov rax, 0x1122334455667788');
    const before = await workbench.variable('RAX');
    await workbench.press('F10');
    await expect.poll(() => workbench.stoppedLine()).toBe(line + 1);
    await expect.poll(() => workbench.variable('RAX')).toMatch(/1122334455667788/);
    await workbench.picture('step');
    await workbench.page.locator('.debug-toolbar [aria-label^="Step Back"]').click();
    await expect.poll(() => workbench.stoppedLine()).toBe(line);
    await expect.poll(() => workbench.variable('RAX')).toBe(before);
  });

  it('ticks CPUID exits in the Breakpoints view, restarts, and stops on one with GUEST_RIP in the VMCS tree', async () => {
    await workbench.toggleExceptionBreakpoint('VM exit: CPUID');
    await workbench.press('Control+Shift+F5');
    // The exit has been handled: the guest goes on with the instruction behind CPUID.
    await expect.poll(() => workbench.stoppedLine()).toBe(lineOf('                cpuid') + 1);

    await workbench.showContainer('Ringside');
    const vmcs = workbench.view('VMCS');
    await workbench.expand(workbench.row(vmcs, 'Guest state'));
    await expect.poll(() => workbench.row(workbench.view('Exit Log'), '#').textContent()).toMatch(/CPUID/);
    const rip = await workbench.scrollTo(vmcs, 'Guest RIP');
    // Boot code runs where the BIOS put it: 512 bytes from 7C00h.
    await expect.poll(() => rip.textContent()).toMatch(/0x7c[0-9a-f]{2}|0x7d[0-9a-f]{2}/i);
  });

  it('continues to a CPUID exit in long mode and sees what changed in between', async () => {
    const line = lineOf('cpuid\n                mov [vendor], ebx');
    await workbench.press('F5');
    await expect.poll(() => workbench.stoppedLine()).toBe(line + 1);
    const vmcs = workbench.view('VMCS');
    await workbench.widenSideBar(470);
    await workbench.moveViewDown('Exit Log', 200);
    await workbench.expand(await workbench.scrollTo(vmcs, 'Guest CR0'));
    const paging = await workbench.scrollTo(vmcs, 'PG');
    await expect.poll(() => paging.textContent()).toMatch(/^PG1/);
    const rip = await workbench.scrollTo(vmcs, 'Guest RIP');
    await expect.poll(() => rip.textContent()).toMatch(/\(was 0x7c55\)/);
    await workbench.page.mouse.move(1000, 750);
    await expect.poll(() => workbench.page.locator('.monaco-hover:visible').count()).toBe(0);
    await workbench.picture('exit', { inDocs: true });
  });

  it('goes from the exit log to the instruction', async () => {
    await workbench.goToLine(1);
    await workbench.row(workbench.view('Exit Log'), '#').click();
    await workbench.cursorAt(lineOf('cpuid\n                mov [vendor], ebx'));
  });

  it('continues to the end and finds what the guest printed in the Debug Console', async () => {
    await workbench.showContainer('Run and Debug');
    await workbench.toggleExceptionBreakpoint('VM exit: CPUID');
    await workbench.removeBreakpoint(lineOf('mov rax, 0x1122334455667788'));
    await workbench.press('F5');
    await workbench.command('Debug Console: Focus on Debug Console View');
    await expect.poll(() => workbench.debugConsole()).toContain('page fault: mapped on demand at 0x00000000001FF018');
    await workbench.picture('console');
  });
});
