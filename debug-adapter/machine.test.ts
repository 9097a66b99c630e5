/** The adapter in front of the real assembler and machine: what the toy cannot prove. */
import { describe, expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { DapClient, filesOf } from './testing/dap-client';
import { formatTranscript } from './testing/transcript';

/** Real mode: procedures, a macro, a repeated string instruction, CPUID, and a timer interrupt every 1,676 instructions. */
const PROGRAM = `        org 0x7C00
        bits 16
%macro putc 1
        mov al, %1
        out 0xE9, al
        mov dx, 0x3F8
        out dx, al
%endmacro
start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7C00
        mov word [0x20], tick           ; IRQ 0 is interrupt 8
        mov word [0x22], 0
        mov al, 0x34                    ; PIT: channel 0, mode 2
        out 0x43, al
        mov al, 6                       ; some 5,000 ticks: several instructions run between two interrupts
        out 0x40, al
        mov al, 0
        out 0x40, al
        sti
        mov cx, 3
again:
        call outer
        loop again
        mov di, 0x9000
        mov cx, 40
        mov al, 7
        rep stosb
        mov eax, 0
        cpuid
        putc 'H'
        putc 'i'
        mov al, 0x10
        out 0xF4, al
        hlt
outer:
        push cx
        call inner
        call inner
        pop cx
        ret
inner:
        inc word [count]
        mov bx, 900
.wait:  dec bx
        jnz .wait
        ret
tick:
        push ax
        inc word [ticks]
        mov al, 0x20
        out 0x20, al
        pop ax
        iret
count:  dw 0
ticks:  dw 0
        times 510-($-$$) db 0
        dw 0xAA55
`;
const PATH = '/guests/program.asm';
const files = filesOf({ [PATH]: PROGRAM });
const lineOf = (text: string) => PROGRAM.split('\n').findIndex((line) => line.includes(text)) + 1;
const source = { path: PATH };

async function start(virtualization: string, setUp: (c: DapClient) => Promise<unknown> = async () => {}, launch = {}) {
  const c = new DapClient(files, coreToolchain);
  await c.start({ program: PATH, virtualization, memory: '1M', stopOnEntry: true, stopOnEnd: true, ...launch }, () =>
    setUp(c),
  );
  await c.event('stopped');
  return c;
}

const breakAt = (c: DapClient, ...lines: number[]) =>
  c.request('setBreakpoints', { source, breakpoints: lines.map((line) => ({ line })) });

/** Everything that tells one moment from another. */
async function moment(c: DapClient): Promise<string> {
  const status = await c.request('ringside/status');
  const hash = (await c.request('evaluate', { expression: 'hash', context: 'repl' })).result;
  return `${status.instructions} ${hash}`;
}

async function line(c: DapClient): Promise<number> {
  return (await c.request('stackTrace', { threadId: 1, levels: 1 })).stackFrames[0].line;
}

async function evaluate(c: DapClient, expression: string): Promise<string> {
  return (await c.request('evaluate', { expression })).result;
}

describe.each(['none', 'ept'])('under %s', (method) => {
  it('a breakpoint is hit once each time its line comes up, and the run ends as without', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('inc word [count]')));
    for (let i = 0; i < 6; i++) {
      expect(await c.run('continue')).toMatchObject({ reason: 'breakpoint' });
      expect(await evaluate(c, 'word [count]')).toMatch(new RegExp(`^0x000${i}`));
    }
    expect(await c.run('continue')).toMatchObject({ description: 'The guest has ended' });
    expect(c.output('stdout')).toBe('Hi');
    const interrupted = await moment(c);
    const free = await start(method);
    await free.run('continue');
    expect(await moment(free)).toBe(interrupted);
  });

  it('each instruction step back leads to the state that the step forwards came from', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('mov cx, 3')));
    await c.run('continue');
    const granularity = 'instruction';
    const moments = [await moment(c)];
    for (let i = 0; i < 60; i++) {
      await c.run('stepIn', { granularity });
      moments.push(await moment(c));
    }
    for (const expected of moments.reverse().slice(1)) {
      await c.run('stepBack', { granularity });
      expect(await moment(c)).toBe(expected);
    }
  });

  it('stepping by line passes over calls, repeats and interrupts, and goes the same way back', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('mov cx, 3')));
    await c.run('continue');
    await breakAt(c);
    const lines: number[] = [];
    for (let i = 0; i < 14; i++) {
      lines.push(await line(c));
      await c.run('next');
    }
    const [from, again, putc] = [lineOf('mov cx, 3'), lineOf('call outer'), lineOf("putc 'H'")];
    const loop = [again, again + 1];
    expect(lines).toEqual([
      from,
      ...loop,
      ...loop,
      ...loop,
      again + 2,
      again + 3,
      again + 4,
      again + 5,
      again + 6,
      again + 7,
      putc,
    ]);
    expect(Number.parseInt(await evaluate(c, 'word [ticks]'), 16)).toBeGreaterThan(0);
    for (const expected of lines.reverse()) {
      await c.run('stepBack');
      expect(await line(c)).toBe(expected);
    }
  });

  it('stepping out comes back behind the call', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('inc word [count]')));
    await c.run('continue');
    await breakAt(c);
    const { stackFrames } = await c.request('stackTrace', { threadId: 1 });
    expect(stackFrames.map((f: { name: string }) => f.name.split(' ')[0]).slice(0, 3)).toEqual([
      'inner',
      'outer+0x4',
      'again+0x3',
    ]);
    await c.run('stepOut');
    expect(await line(c)).toBe(lineOf('push cx') + 2);
    await c.run('stepOut');
    expect(await line(c)).toBe(lineOf('loop again'));
  });

  it('reverse continue finds the last hit before, down to the beginning', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('inc word [count]')));
    const hits: string[] = [];
    for (let i = 0; i < 6; i++) {
      await c.run('continue');
      hits.push(await moment(c));
    }
    await c.run('continue');
    for (const hit of hits.reverse()) {
      await c.run('reverseContinue');
      expect(await moment(c)).toBe(hit);
    }
    expect((await c.run('reverseContinue')).description).toContain('instruction 0');
  });

  it('the disassembly and the console speak NASM with the program’s names', async () => {
    const c = await start(method, (c) => breakAt(c, lineOf('call outer')));
    await c.run('continue');
    const { instructions } = await c.request('disassemble', { memoryReference: '0x7c00', instructionCount: 2 });
    expect(instructions[0]).toMatchObject({ instruction: 'cli', symbol: 'start', line: lineOf('cli') });
    const shown = (await c.request('evaluate', { expression: 'x/2i $', context: 'repl' })).result;
    expect(shown).toMatch(/call (near )?outer\n.*loop again/);
    expect((await c.request('setExpression', { expression: 'word [count]', value: '100' })).value).toBe('0x0064 (100)');
    await c.run('next');
    expect(await evaluate(c, 'word [count]')).toBe('0x0066 (102)');
  });
});

describe('under ept', () => {
  it('a session reads like this', async () => {
    const c = new DapClient(files, coreToolchain);
    await c.start({ program: PATH, virtualization: 'ept', memory: '1M' }, async () => {
      await breakAt(c, lineOf('push cx'));
      await c.request('setExceptionBreakpoints', { filters: ['CPUID'] });
    });
    await c.event('stopped');
    await c.request('stackTrace', { threadId: 1 });
    await c.request('evaluate', { expression: 'cx', context: 'watch' });
    await c.request('disassemble', { memoryReference: '0x7c25', instructionOffset: -2, instructionCount: 4 });
    await c.run('stepOut');
    await c.run('stepBack');
    await c.run('reverseContinue');
    await breakAt(c);
    await c.run('continue');
    await c.request('exceptionInfo', { threadId: 1 });
    await c.request('continue', { threadId: 1 });
    await c.event('terminated');
    await expect(formatTranscript(c.transcript)).toMatchFileSnapshot('testing/transcripts/machine-ept.txt');
  });

  it('a VM exit stops, explains itself, and stands in VMCS and log', async () => {
    const c = await start('ept', (c) => c.request('setExceptionBreakpoints', { filters: ['CPUID'] }));
    const stop = await c.run('continue');
    expect(stop).toMatchObject({ reason: 'exception', description: 'VM exit: CPUID' });
    expect(stop.text).toContain(`program.asm:${lineOf('cpuid')}`);
    const { groups } = await c.request('ringside/vmcs');
    const field = (name: string) =>
      groups.flatMap((g: { fields: { name: string }[] }) => g.fields).find((f: { name: string }) => f.name === name);
    expect(field('Exit reason')).toMatchObject({ changedSinceLastStop: true, text: expect.stringContaining('CPUID') });
    expect(field('Guest CS selector').value).toMatch(/^0x0+$/);
    expect(BigInt(field('Guest RIP').value)).toBeGreaterThan(0x7c00n);
    const { total, exits, counts } = await c.request('ringside/exits', { start: -1 });
    expect(exits[0]).toMatchObject({ serial: total - 1, reason: 'CPUID', instruction: 'cpuid' });
    expect(counts.CPUID).toBe(1);

    await c.run('continue');
    await c.run('reverseContinue');
    expect((await c.request('ringside/exits', { start: -1 })).total).toBe(total);
  });
});

describe('without a hypervisor', () => {
  it('there are no exits to stop at, and no VMCS, and both say why', async () => {
    const c = await start('none');
    const { breakpoints } = await c.request('setExceptionBreakpoints', { filters: ['CPUID'] });
    expect(breakpoints).toMatchObject([{ verified: false, message: 'without a hypervisor there are no VM exits' }]);
    expect((await c.request('ringside/vmcs')).reason).toContain('no VMCS');
  });
});
