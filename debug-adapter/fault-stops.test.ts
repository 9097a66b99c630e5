/** Stops in front of the delivery of exceptions, as a client sets them, on the real machine. */
import { describe, expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { loadProgram } from './program/load-program';
import { DapClient, filesOf } from './testing/dap-client';

/**
 * Protected mode with paging: #UD, #PF by a write and by a user-mode read, #GP by WRMSR to no MSR (which the VMM injects), #DE, INT3, and
 * a #PF whose gate is bad: #GP in its delivery, which makes #DF. Each handler skips the instruction.
 */
const PROGRAM = `        org 0x7C00
        bits 16
        cli
        xor ax, ax
        mov ds, ax
        lgdt [gdtr]
        lidt [idtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:flat
        bits 32
flat:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7000
        mov edi, 0x20000
        xor eax, eax
        mov ecx, 2048
        rep stosd
        mov dword [0x20000], 0x21003
        mov edi, 0x21000
        mov eax, 3
        mov ecx, 256
.map:   stosd
        add eax, 0x1000
        loop .map
        mov eax, 0x20000
        mov cr3, eax
        mov eax, cr0
        bts eax, 31
        mov cr0, eax
        mov ecx, 300
.spin:  loop .spin
undef:  ud2
write:  mov [dword 0x12345678], al
        mov ecx, 0x40000000
msr:    wrmsr
        xor ecx, ecx
divide: div cx
point:  int3
        mov dword [idt + 14 * 8 + 4], 0
double: mov bl, [dword 0x400000]
        mov al, 0x10
        out 0xF4, al
        hlt
skip2:  add dword [esp], 2
        iretd
skip5:  add esp, 4
        add dword [esp], 5
        iretd
skipm:  add esp, 4
        add dword [esp], 2
        iretd
skip3:  add dword [esp], 3
        iretd
back:   iretd
last:   add esp, 4
        mov dword [esp], finish
        iretd
finish: mov al, 0x10
        out 0xF4, al
        hlt
gdtr:   dw 23
        dd gdt
idtr:   dw 15 * 8 - 1
        dd idt
%macro gate 1
        dw %1, 8
        dd 0x8E00
%endmacro
gdt:    dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF
idt:    gate skip3
        dq 0, 0
        gate back
        dq 0, 0
        gate skip2
        dq 0
        gate last
        dq 0, 0, 0, 0
        gate skipm
        gate skip5
        times 510-($-$$) db 0
        dw 0xAA55
`;
const PATH = '/guests/faults.asm';
const files = filesOf({ [PATH]: PROGRAM });
const lineOf = (label: string) => PROGRAM.split('\n').findIndex((line) => line.startsWith(`${label}:`)) + 1;

type Filter = { filterId: string; condition?: string };

async function started(launch: object, ...filterOptions: Filter[]): Promise<DapClient> {
  const c = new DapClient(files, coreToolchain);
  await c.start({ program: PATH, memory: '1M', stopOnEntry: true, stopOnEnd: true, ...launch }, () =>
    c.request('setExceptionBreakpoints', { filters: [], filterOptions }),
  );
  await c.event('stopped');
  return c;
}

const topLine = async (c: DapClient) => (await c.request('stackTrace', { threadId: 1 })).stackFrames[0].line;

/** Line and description of each stop of a kind of run, to the end of the program or of its history. */
async function stops(c: DapClient, command: string): Promise<[number, string][]> {
  const seen: [number, string][] = [];
  for (;;) {
    expect(seen.length).toBeLessThan(20);
    const stop = await c.run(command);
    if (stop.reason !== 'exception') return seen;
    seen.push([await topLine(c), stop.description]);
  }
}

const TIERS = ['off', 'always'] as const;
const ways = (['none', 'ept'] as const).flatMap((virtualization) => TIERS.map((tier1) => ({ virtualization, tier1 })));

/** SDM 3A table 6-1 names them; #DF comes where a contributory exception meets a page fault's delivery (table 6-5). */
const ALL: [string, string][] = [
  ['undef', 'Invalid opcode (#UD)'],
  ['write', 'Page fault (#PF)'],
  ['msr', 'General protection (#GP)'],
  ['divide', 'Divide error (#DE)'],
  ['double', 'Page fault (#PF)'],
  ['double', 'Double fault (#DF)'],
];
const lines = (rows: [string, string][]) => rows.map(([label, text]): [number, string] => [lineOf(label), text]);

describe.each(ways)('stops on exceptions, $virtualization, tier 1 $tier1', (launch) => {
  it('come at every instruction that faults, before the handler, forwards and backwards', async () => {
    const c = await started(launch, { filterId: 'fault:any' });
    expect(await stops(c, 'continue')).toEqual(lines(ALL));
    // those of one instruction are one moment when one comes from behind
    const back = await stops(c, 'reverseContinue');
    expect(back.map(([line]) => line)).toEqual(
      lines([...ALL].reverse())
        .map(([line]) => line)
        .filter((line, i, all) => i === 0 || line !== all[i - 1]),
    );
    expect(await stops(c, 'continue')).toEqual(lines(ALL));
  });

  it('say what was raised, with the error code bit by bit, and leave the state as it was', async () => {
    const c = await started(launch, { filterId: 'fault:PF', condition: 'address == 0x12345678' });
    const stop = await c.run('continue');
    expect(stop).toMatchObject({ reason: 'exception', description: 'Page fault (#PF)' });
    expect(stop.text).toMatch(/mov \[.*0x12345678\],\s*al at 0x/);
    const info = await c.request('exceptionInfo', { threadId: 1 });
    expect(info).toMatchObject({
      exceptionId: 'Page fault (#PF)',
      details: { typeName: '#PF (0x2: not present, write, supervisor mode)', fullTypeName: 'Page fault' },
    });
    expect(info.details.stackTrace).toMatch(/P = not present/);
    expect(info.details.stackTrace).toMatch(/W\/R = 1|W\/R = write/);
    const value = async (expression: string) => (await c.request('evaluate', { expression, context: 'watch' })).result;
    expect(await value('cr2')).toMatch(/^0x0+\b/);
    expect(await value('esp')).toMatch(/^0x00007000/);
    // mended by hand, the instruction is executed as if nothing had been
    await c.request('evaluate', { expression: 'rip = write + 5', context: 'repl' });
    await c.request('setExceptionBreakpoints', { filters: ['fault:any'] });
    await c.run('continue');
    expect(await topLine(c)).toBe(lineOf('msr'));
  });

  it('are of the exceptions that the filters name, where their conditions hold', async () => {
    const named = await started(launch, { filterId: 'fault:any', condition: '#bp, 0' });
    expect(await stops(named, 'continue')).toEqual([
      [lineOf('divide'), 'Divide error (#DE)'],
      [lineOf('point'), 'Breakpoint (#BP)'],
    ]);
    const double = await started(launch, { filterId: 'fault:DF' });
    const stop = await double.run('continue');
    expect([await topLine(double), stop.description]).toEqual([lineOf('double'), 'Double fault (#DF)']);
    expect(stop.text).toMatch(/in the delivery of #PF/);
    const none = await started(launch, { filterId: 'fault:PF', condition: 'error_code & 4' });
    expect(await stops(none, 'continue')).toEqual([]);
  });

  it('cannot be seen by the guest', async () => {
    const outcome = async (vectors: number[]) => {
      const program = await loadProgram({ program: PATH, memory: '1M', ...launch }, files, coreToolchain);
      if (program.kind === 'load-error') throw new Error(program.message);
      const target = coreToolchain.createTarget(program.launch);
      if ('kind' in target) throw new Error(target.message);
      target.setBreakOnExceptions(vectors);
      let count = 0;
      for (;;) {
        const stop = target.run(target.instructions + 100_000);
        const { instructions, exitTotal } = target;
        if (stop.kind === 'ended') return { count, instructions, exitTotal, value: stop.value, hash: target.hash() };
        if (stop.kind === 'exception') {
          count++;
          // a snapshot taken here goes on as the run itself does
          target.restore(target.snapshot());
          target.setBreakOnExceptions(count % 2 ? [] : vectors);
          target.run(target.instructions + 1);
          target.setBreakOnExceptions(vectors);
        } else expect(stop.kind).toBe('limit');
      }
    };
    const plain = await outcome([]);
    const stopped = await outcome(Array.from({ length: 32 }, (_, i) => i));
    expect(plain.value).toBe(0x10);
    expect(stopped.count).toBeGreaterThan(6);
    expect({ ...stopped, count: 0 }).toEqual(plain);
  });

  it('go together with a step: it ends there, and the next one goes into the handler', async () => {
    const c = await started(launch, { filterId: 'fault:UD' });
    await c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'undef' }] });
    await c.run('continue');
    expect(await c.run('next')).toMatchObject({ reason: 'exception', description: 'Invalid opcode (#UD)' });
    expect(await topLine(c)).toBe(lineOf('undef'));
    await c.run('next');
    expect(await topLine(c)).toBe(lineOf('write'));
  });
});

describe('filters that make no sense', () => {
  it('are refused with the reason', async () => {
    const c = await started({ virtualization: 'none' });
    const { breakpoints } = await c.request('setExceptionBreakpoints', {
      filters: ['fault:XY', 'nothing'],
      filterOptions: [{ filterId: 'fault:any', condition: '#PF, 40' }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: false, message: 'there is no exception `XY`' });
    expect(breakpoints[1]).toMatchObject({ verified: false });
  });
});
