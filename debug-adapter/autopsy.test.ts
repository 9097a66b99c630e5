/** A triple fault as a client sees it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { isKnownCheck } from './inspect/fault-advice';
import type { AutopsyResponse } from './protocol';
import { DapClient, filesOf } from './testing/dap-client';

const PATH = '/guests/crash.asm';
const PROGRAM = `        org 0x7C00
        bits 16
        xor ax, ax
        mov ds, ax
        lidt [none]
        ud2
none:   dw 0
        dd 0
        times 510-($-$$) db 0
        dw 0xAA55
`;

it.each(['none', 'ept'])('exceptionInfo nests the faults, the last outermost, %s', async (virtualization) => {
  const c = new DapClient(filesOf({ [PATH]: PROGRAM }), coreToolchain);
  await c.start({ program: PATH, virtualization, memory: '1M' });
  const stopped = await c.event('stopped');
  expect(stopped).toMatchObject({ reason: 'exception', description: 'Triple fault' });
  expect(stopped).not.toHaveProperty('details');
  const { details } = await c.request('exceptionInfo', { threadId: 1 });
  const names: string[] = [];
  for (let at = details; at !== undefined; at = at.innerException?.[0]) names.push(at.typeName ?? '');
  // SDM 3A 6.13: error codes name the IDT entry, with EXT
  expect(names.map((name) => name.replace(/:.*\)/, ')'))).toEqual([
    '#GP (0x43)',
    '#DF (0x0)',
    '#GP (0x6b)',
    '#GP (0x33)',
    '#UD',
  ]);
  expect(details?.message).toBe('vector 0x8 is beyond the IDT limit');
  expect(details?.stackTrace).toContain('ud2 (0f 0b)');
});

/** 32-bit paging: the stack page and the IDT's are there, 400000h is not; gate 14 is 16 bits short of a code segment. */
const PAGED = `        bits 32
        org 0x7C00
start:  lgdt [gdtr]
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
wrong:  mov [0x12345678], eax
        hlt
idtr:   dw 15 * 8 - 1
        dd idt
gdtr:   dw 23
        dd gdt
gdt:    dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF
idt:    times 14 dq 0x00008E0000087C00
        dq 0x00008E0000087C00
`;

async function autopsyOf(source: string, launch: object): Promise<{ c: DapClient; autopsy: AutopsyResponse }> {
  const c = new DapClient(filesOf({ [PATH]: source }), coreToolchain);
  await c.start({ program: PATH, memory: '1M', ...launch });
  expect(await c.event('stopped')).toMatchObject({ description: 'Triple fault' });
  return { c, autopsy: await c.request('ringside/autopsy') };
}

describe.each(['none', 'ept'])('ringside/autopsy, %s', (virtualization) => {
  it('has each fault with its error code, the structures looked at, the check and what to do', async () => {
    const { autopsy } = await autopsyOf(PAGED, { virtualization, boot: 'flat', defines: [] });
    const faults = autopsy.faults ?? [];
    expect(faults.map(({ role, mnemonic, name }) => [role, mnemonic, name])).toEqual([
      ['first', '#PF', 'Page fault'],
      ['second', '#PF', 'Page fault'],
      ['double', '#DF', 'Double fault'],
      ['third', '#PF', 'Page fault'],
    ]);
    const [first, second] = faults;
    // SDM 3A figure 4-12: W/R is bit 1
    expect(first!.errorCode).toMatchObject({ value: '0x2', text: 'not present, write, supervisor mode' });
    expect(first!.errorCode!.bits.slice(0, 3).map(({ name, text }) => [name, text])).toEqual([
      ['P', 'not present'],
      ['W/R', 'write'],
      ['U/S', 'supervisor'],
    ]);
    expect(first!.cr2).toEqual({ value: '0x12345678', text: 'the page tables map nothing there' });
    expect(first!.instruction).toMatchObject({
      text: 'mov [0x12345678],eax',
      where: 'wrong',
      source: { path: PATH, line: 22 },
    });
    // the frame: EFLAGS, CS, EIP and the error code, from ESP down
    expect(second!.cr2).toEqual({
      value: '0x2ffffc',
      text: '4 bytes below the stack pointer: the frame that is pushed for a handler, or a push; the page tables map nothing there',
    });
    const { entries, registers } = first!.delivery!;
    expect(registers[0]).toEqual({ name: 'IDTR', text: expect.stringContaining('limit 0x77') });
    expect(entries.map(({ name, bytes, text }) => [name, bytes, text])).toEqual([
      ['IDT gate 14', '00 7c 08 00 00 8e 00 00', 'interrupt gate, present, DPL 0, to 0x8:0x7c00'],
      ['Descriptor 0x8 that the gate names', 'ff ff 00 00 00 9b cf 00', 'code, execute/read, accessed; DPL 0'],
    ]);
    expect(entries[0]!.physical).toBe(entries[0]!.address);
    expect(entries[0]!.fields.map(({ name, text }) => `${name}=${text}`)).toEqual([
      'offset 15:0=0x7c00',
      'selector=0x8',
      'parameter count or IST=0x0',
      'type=0xe 32-bit interrupt gate',
      'S=system',
      'DPL=0x0',
      'P=1',
      'offset 31:16=0x0',
    ]);
    expect(first!.delivery!.failure).toMatch(/^PTE is not present: 0x2ffffc, 4 bytes below the stack pointer/);
    expect(first!.delivery!.section).toBe('SDM 3A 4.7; 6.15, interrupt 14');
    expect(first!.advice).toHaveLength(1);
  });

  it('says where an entry beyond the limit would be', async () => {
    const { autopsy } = await autopsyOf(PROGRAM, { virtualization });
    const { delivery, advice } = autopsy.faults![0]!;
    expect(delivery).toMatchObject({
      failure: 'vector 0x6 is beyond the IDT limit',
      section: 'SDM 3A 6.10',
      entries: [
        { name: 'IDT gate 6', address: '0x18', text: 'not read: bytes 0x18 to 0x1b of the table, whose last is 0x0' },
      ],
    });
    expect(advice.at(-1)).toMatch(/LIDT/);
  });

  it('is there again after a step back and on, and not in between', async () => {
    const { c, autopsy } = await autopsyOf(PROGRAM, { virtualization });
    await c.run('stepBack', { granularity: 'instruction' });
    expect(await c.request('ringside/autopsy')).toEqual({});
    await c.run('continue');
    expect(await c.request('ringside/autopsy')).toEqual(autopsy);
  });
});

it('every check of event delivery has a section of the manual and a remedy', () => {
  const folder = join(import.meta.dirname, '../machine/cpu/system');
  const checks = ['interrupt-delivery.ts', 'inner-stack.ts'].flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    return [...source.matchAll(/(`[^`]*`|'[^']*'|"[^"]*"),?\s*\);/g)].map(([, text = '']) =>
      text.slice(1, -1).replace(/\$\{[^}]*\}/g, '0x8'),
    );
  });
  expect(checks.length).toBeGreaterThan(20);
  expect(checks.filter((text) => !isKnownCheck(text))).toEqual([]);
});
