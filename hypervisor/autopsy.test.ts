import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../test/guests';
import type { AutopsyFault } from './autopsy';

const GDT32 = `
idtr:   dw IDT_LIMIT
        dd idt
gdtr:   dw gdt_end - gdt - 1
        dd gdt
        align 8
gdt:    dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0x00CFFA000000FFFF, 0x00CFF2000000FFFF
tss_descriptor:
        dw 0x67, tss
        dd 0x00008900
gdt_end:
        align 8
tss:    times 0x68 db 0
        align 8
idt:    times 32 * 8 db 0
`;

/** 32-bit code at 7C00h with a GDT of its own: 8 code, 10h data, 1Bh and 23h of level 3, 28h a TSS. */
const program32 = (body: string, limit = '32 * 8 - 1'): string => `
        bits 32
        org 0x7C00
IDT_LIMIT equ ${limit}
        lgdt [gdtr]
        lidt [idtr]
        jmp 8:.flat
.flat:  mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7000
        ${body}
        hlt
${GDT32}`;

const program64 = (body: string): string => `
        bits 64
        default rel
        org 0x7C00
        lgdt [gdtr]
        lidt [idtr]
        mov ax, 0x10
        mov ss, ax
        mov esp, 0x7000
        push 8
        lea rax, [.flat]
        push rax
        retfq
.flat:  mov ax, 0x18
        ltr ax
        ${body}
        hlt
idtr:   dw 32 * 16 - 1
        dq idt
gdtr:   dw gdt_end - gdt - 1
        dq gdt
        align 8
gdt:    dq 0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF
        dw 0x67, tss
        dd 0x00008900
        dq 0
gdt_end:
        align 8
tss:    times 0x24 db 0
        dq 0x8000000000000000
        times 0x3C db 0
        align 16
idt:    times 32 * 16 db 0
`;

interface Row {
  bits: 16 | 32 | 64;
  what: string;
  source: string;
  /** Role, name, error code and cause of each fault (SDM 3A table 6-5, 6.12, 6.13). */
  faults: [string, string, string | undefined, RegExp][];
  /** The first fault's instruction, and what its delivery looked at. */
  first: Partial<AutopsyFault>;
}

const rows: Row[] = [
  {
    bits: 16,
    what: 'an interrupt table that holds nothing',
    source: 'bits 16\norg 0x7C00\nxor ax, ax\nmov ds, ax\nlidt [none]\nud2\nnone: dw 0\ndd 0\n',
    faults: [
      ['first', '#UD', undefined, /undefined|injected/],
      ['further', '#GP', '0x33', /vector 0x6 is beyond the IDT limit/],
      ['second', '#GP', '0x6b', /vector 0xd is beyond the IDT limit/],
      ['double', '#DF', '0x0', /./],
      ['third', '#GP', '0x43', /vector 0x8 is beyond the IDT limit/],
    ],
    first: { instruction: { address: '0x7c09', bytes: '0f 0b', text: 'ud2' } },
  },
  {
    bits: 32,
    what: 'a table without gates',
    source: program32('mov ax, 0x40\nmov fs, ax'),
    faults: [
      ['first', '#GP', '0x40', /selector 0x40 is beyond the GDT limit/],
      ['second', '#GP', '0x6b', /IDT entry 0xd has type 0, no gate/],
      ['double', '#DF', '0x0', /./],
      ['third', '#GP', '0x43', /IDT entry 0x8 has type 0, no gate/],
    ],
    first: {
      errorText: 'selector 0x40 in the GDT',
      instruction: { address: expect.any(String), bytes: '8e e0', text: 'mov fs,ax' },
    },
  },
  {
    bits: 32,
    what: 'a limit that ends before #DF',
    source: program32('mov dword [idt + 7 * 8], 0\nxor ecx, ecx\ndiv ecx', '8 * 8 - 1'),
    faults: [
      ['first', '#DE', undefined, /.*/],
      ['second', '#GP', '0x3', /IDT entry 0x0 has type 0/],
      ['double', '#DF', '0x0', /./],
      ['third', '#GP', '0x43', /vector 0x8 is beyond the IDT limit/],
    ],
    first: {},
  },
  {
    bits: 32,
    what: 'a stack in the TSS that is null',
    source: program32(
      `mov ax, 0x28\nltr ax\nmov dword [tss + 4], 0x6000\nmov dword [idt + 6 * 8], 0x00087C00\nmov dword [idt + 6 * 8 + 4], 0x8E00
       mov dword [idt + 10 * 8], 0x00087C00\nmov dword [idt + 10 * 8 + 4], 0x8E00\nmov dword [idt + 8 * 8], 0x00087C00\nmov dword [idt + 8 * 8 + 4], 0x8E00
       push 0x23\npush 0x7000\npush 2\npush 0x1B\npush .user\niretd\n.user: ud2`,
    ),
    faults: [
      ['first', '#UD', undefined, /undefined|injected/],
      ['further', '#TS', '0x1', /the stack selector in the TSS is null/],
      ['second', '#TS', '0x1', /the stack selector in the TSS is null/],
      ['double', '#DF', '0x0', /./],
      ['third', '#TS', '0x1', /the stack selector in the TSS is null/],
    ],
    first: {
      delivery: {
        idtr: { base: expect.any(String), limit: '0xff' },
        idtEntry: {
          address: expect.any(String),
          bytes: 8,
          value: '0x8e0000087c00',
          text: 'interrupt gate, present, DPL 0, to 0x8:0x7c00',
        },
        target: { selector: '0x8', address: expect.any(String), value: '0xcf9b000000ffff' },
        stack: { name: 'ESP0 and SS0', address: expect.any(String), bytes: 6, value: '0x6000', text: '0x0:0x6000' },
        failure: 'the stack selector in the TSS is null',
      },
    },
  },
  {
    bits: 32,
    what: 'a stack and tables that are not mapped',
    source: program32(
      `mov edi, 0x20000\nxor eax, eax\nmov ecx, 2048\nrep stosd\nmov dword [0x20000], 0x21003\nmov dword [0x2101C], 0x7003
       mov eax, 0x20000\nmov cr3, eax\nmov esp, 0x300000\nmov eax, cr0\nbts eax, 31\nmov dword [idt + 14 * 8], 0x00087C00
       mov dword [idt + 14 * 8 + 4], 0x8E00\nmov dword [idt + 8 * 8], 0x00087C00\nmov dword [idt + 8 * 8 + 4], 0x8E00\nmov cr0, eax\nmov eax, [0x12345678]`,
    ),
    faults: [
      ['first', '#PF', '0x0', /not present/],
      ['second', '#PF', '0x2', /not present/],
      ['double', '#DF', '0x0', /./],
      ['third', '#PF', '0x2', /not present/],
    ],
    first: { cr2: '0x12345678', errorText: 'not present, read, supervisor mode' },
  },
  {
    bits: 64,
    what: 'an IST that is not canonical',
    source: program64(
      `lea rbx, [idt]\nlea rax, [$$]\nmov ecx, 32\n.gates: mov word [rbx], ax\nmov dword [rbx + 2], 0x00010008\nmov byte [rbx + 5], 0x8E
       add rbx, 16\nloop .gates\nud2`,
    ),
    faults: [
      ['first', '#UD', undefined, /undefined|injected/],
      ['further', '#SS', '0x1', /the stack pointer for the handler is not canonical/],
      ['second', '#SS', '0x1', /the stack pointer for the handler is not canonical/],
      ['double', '#DF', '0x0', /./],
      ['third', '#SS', '0x1', /the stack pointer for the handler is not canonical/],
    ],
    first: {
      instruction: { address: expect.any(String), bytes: '0f 0b', text: 'ud2' },
      delivery: expect.objectContaining({
        idtEntry: expect.objectContaining({ text: 'interrupt gate, present, DPL 0, to 0x8:0x7c00, IST 1' }),
        stack: expect.objectContaining({ name: 'IST1', text: '0x8000000000000000' }),
      }),
    },
  },
  {
    bits: 64,
    what: 'gates that are not present',
    source: program64('mov byte [idt + 16 * 6 + 5], 0x0E\nmov byte [idt + 16 * 11 + 5], 0x0E\nud2'),
    faults: [
      ['first', '#UD', undefined, /undefined|injected/],
      ['further', '#NP', '0x33', /IDT entry 0x6 is not present/],
      ['second', '#NP', '0x5b', /IDT entry 0xb is not present/],
      ['double', '#DF', '0x0', /./],
      ['third', '#GP', '0x43', /IDT entry 0x8 has type 0, not a 64-bit gate/],
    ],
    first: {},
  },
];

describe.each(['none', 'ept'] as const)('the autopsy of a triple fault, %s', (virtualization) => {
  it.each(rows)('$bits bits: $what', ({ bits, source, faults, first }) => {
    const target = powerOn(assembleText(source), { boot: 'flat', entryBits: bits, virtualization });
    const stop = runToEnd(target, 100_000);
    if (stop.kind !== 'triple-fault' || !stop.autopsy) throw new Error(`stopped otherwise: ${stop.kind}`);
    const found = stop.autopsy.faults;
    expect(found.map(({ role, name, errorCode }) => [role, name, errorCode])).toEqual(
      faults.map(([role, name, errorCode]) => [role, name, errorCode]),
    );
    found.forEach(({ cause }, i) => {
      expect(cause).toMatch(faults[i][3]);
    });
    // what failed in the delivery of one is what the next was found on
    found.forEach(({ delivery }, i) => {
      if (delivery) expect(delivery.failure).toBe(found[i + 1].cause);
    });
    expect(found[0]).toMatchObject(first);
    expect(JSON.parse(JSON.stringify(stop.autopsy))).toEqual(stop.autopsy);
    expect(stop.explanation).toMatch(/^triple fault\n1\. #/);
  });
});
