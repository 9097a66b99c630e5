import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workbench } from './workbench';

/** 32-bit code whose page tables map neither what it writes to nor its stack. */
const crash = `        bits 32
        org 0x7C00
        lgdt [gdtr]
        lidt [idtr]
        jmp 8:flat
flat:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x300000
        mov edi, 0x20000
        xor eax, eax
        mov ecx, 2048
        rep stosd
        mov dword [0x20000], 0x21003
        mov dword [0x2101C], 0x7003
        mov eax, 0x20000
        mov cr3, eax
        mov eax, cr0
        bts eax, 31
        mov cr0, eax
        inc dword [count]
wrong:  mov [0x12345678], eax
        hlt
idtr:   dw 15 * 8 - 1
        dd idt
gdtr:   dw 23
        dd gdt
gdt:    dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF
idt:    times 15 dq 0x00008E0000087C00
        times 0x200-($-$$) db 0
count:  dd 41                   ; at 7E00h
`;
const launch = {
  version: '0.2.0',
  configurations: [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's own variable
    { type: 'ringside', request: 'launch', name: 'crash', program: '${workspaceFolder}/crash.asm', boot: 'flat' },
  ],
};
const lineOf = (text: string) => crash.slice(0, crash.indexOf(text)).split('\n').length;

describe.each(['Default Dark Modern', 'Default Light Modern'])('a person debugs a kernel that crashes, %s', (theme) => {
  let workbench: Workbench;
  const name = theme.includes('Dark') ? 'dark' : 'light';

  beforeAll(async () => {
    workbench = await Workbench.open('node', { 'editor.minimap.enabled': false, 'workbench.colorTheme': theme });
    writeFileSync(join(workbench.folder, 'crash.asm'), crash);
    mkdirSync(join(workbench.folder, '.vscode'), { recursive: true });
    writeFileSync(join(workbench.folder, '.vscode/launch.json'), JSON.stringify(launch));
  });

  afterAll(async () => {
    await workbench?.picture(`crash-${name}-last`);
    await workbench?.close();
  });

  it('sees the faults taken apart as soon as it has stopped', async () => {
    await workbench.openFile('crash.asm');
    await workbench.press('F5');
    expect(await workbench.stoppedLine()).toBe(lineOf('wrong:'));
    const autopsy = workbench.view('Fault Autopsy');
    await autopsy.waitFor();
    await workbench.widenSideBar(520);
    const first = workbench.row(autopsy, '#PF Page fault');
    await expect.poll(() => first.textContent()).toContain('first fault');
    await expect.poll(() => first.getAttribute('aria-expanded')).toBe('true');
    await expect.poll(() => workbench.row(autopsy, 'CR2 0x12345678').textContent()).toContain('map nothing there');
    await workbench.expand(workbench.row(autopsy, 'Error code 0x2'));
    await expect.poll(() => workbench.row(autopsy, 'W/R').textContent()).toMatch(/write/);
    await workbench.picture(`autopsy-${name}`);
    await workbench.expand(await workbench.scrollTo(autopsy, 'IDT gate 14'));
    const bytes = await workbench.scrollTo(autopsy, 'Bytes');
    await expect.poll(() => bytes.textContent()).toContain('00 7c 08 00 00 8e 00 00');
    await workbench.picture(`autopsy-gate-${name}`);
  });

  it('goes from a fault to its instruction, and reads all of it as text', async () => {
    await workbench.goToLine(1);
    const autopsy = workbench.view('Fault Autopsy');
    await (await workbench.scrollTo(autopsy, 'mov ')).click();
    await workbench.cursorAt(lineOf('wrong:'));
    await workbench.command('Ringside: Open the Fault Autopsy as Text');
    await workbench.page.locator('.tab.active[aria-label^="Triple fault"]').waitFor();
    await expect.poll(() => workbench.page.locator('.view-lines').first().textContent()).toMatch(/#PF.Page.fault/);
    await workbench.picture(`autopsy-text-${name}`);
    await workbench.openFile('crash.asm');
  });

  it('ticks page faults in the Breakpoints view, restarts, and stops before the handler', async () => {
    await workbench.toggleExceptionBreakpoint('Page fault (#PF)');
    await workbench.press('Control+Shift+F5');
    const widget = workbench.page.locator('.exception-widget');
    await expect.poll(() => widget.textContent()).toMatch(/Page fault \(#PF\)/);
    await expect.poll(() => workbench.stoppedLine()).toBe(lineOf('wrong:'));
    await workbench.picture(`fault-${name}`);
  });

  it('sets a data breakpoint at an address and goes back to the instruction that wrote there', async () => {
    const breakpoints = workbench.view('Breakpoints');
    await breakpoints.hover();
    await breakpoints.locator('[aria-label^="Add Data Breakpoint at Address"]').click();
    await workbench.answer('0x7E00 + 0x4');
    await workbench.answer('');
    await workbench.page.locator('.debug-toolbar [aria-label^="Reverse"]').click();
    await expect.poll(() => workbench.stoppedLine()).toBe(lineOf('inc dword'));
    await workbench.picture(`data-breakpoint-${name}`);
    await workbench.press('F5');
    await expect.poll(() => workbench.stoppedLine()).toBe(lineOf('wrong:'));
  });
});
