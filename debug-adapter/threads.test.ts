/** Guests of several CPUs in front of the real assembler and machine: a thread each. */
import { describe, expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { DapClient, filesOf } from './testing/dap-client';

/** The first CPU starts two others in real mode at 8000H; each counts in a procedure of its own. */
const PROGRAM = `        org 0x7C00
        bits 16
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov si, others
        mov di, 0x8000
        mov cx, others_end - others
        cld
        rep movsb
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx                      ; limits of 4 GiB
        and al, 0xfe
        mov cr0, eax
        mov ebx, 0xFEE00000
        mov dword [fs:ebx + 0x300], 0xC4500
        mov dword [fs:ebx + 0x300], 0xC4608
        mov sp, 0x7000
first:  call count
        jmp first
count:  inc dword [0x600]
        mov cx, 100
spin:   loop spin
        ret
others: mov ax, 1
        lock xadd [cs:0x700], ax
        mov bx, ax
        jmp 0:other
others_end:
other:  xor ax, ax
        mov ds, ax
        mov si, bx
        shl si, 2
        inc dword [0x610 + si]
        inc dx
        cmp dx, 5000
        jne other
        lidt [nothing]
        ud2
nothing: dd 0, 0
gdt:    dq 0, 0x00cf92000000ffff
gdtr:   dw 15
        dd gdt
        times 510-($-$$) db 0
        dw 0xAA55
`;
const PATH = '/guests/several.asm';
const files = filesOf({ [PATH]: PROGRAM });
const lineOf = (text: string) => PROGRAM.split('\n').findIndex((line) => line.includes(text)) + 1;

async function start(virtualization: string, ...lines: number[]): Promise<DapClient> {
  const c = new DapClient(files, coreToolchain);
  await c.start({ program: PATH, virtualization, memory: '1M', cpus: 3, stopOnEntry: true }, () =>
    c.request('setBreakpoints', { source: { path: PATH }, breakpoints: lines.map((line) => ({ line })) }),
  );
  await c.event('stopped');
  return c;
}

async function lineIn(c: DapClient, threadId: number): Promise<number> {
  return (await c.request('stackTrace', { threadId, levels: 1 })).stackFrames[0].line;
}

async function registerOf(c: DapClient, threadId: number, name: string): Promise<string> {
  const [{ id: frameId }] = (await c.request('stackTrace', { threadId, levels: 1 })).stackFrames;
  return (await c.request('evaluate', { expression: name, frameId })).result;
}

describe.each(['none', 'ept'])('three CPUs under %s', (method) => {
  it('are three threads, of which a stop names the one that was executing', async () => {
    const c = await start(method, lineOf('shl si, 2'));
    expect((await c.request('threads')).threads.map((t: { id: number }) => t.id)).toEqual([1, 2, 3]);
    const stops = [await c.run('continue'), await c.run('continue'), await c.run('continue')];
    for (const stop of stops) {
      expect(stop).toMatchObject({ reason: 'breakpoint', allThreadsStopped: true });
      expect([2, 3]).toContain(stop.threadId);
    }
    const { threadId } = stops[2];
    expect(await lineIn(c, threadId)).toBe(lineOf('shl si, 2'));
    expect(await lineIn(c, 1)).toBeGreaterThanOrEqual(lineOf('first:'));
  });

  it('a data breakpoint names the CPU that wrote there, forwards and backwards', async () => {
    const c = await start(method);
    // what the two others take their numbers from, then the counter of one of them
    const watch = async (name: string) => {
      const { dataId } = await c.request('dataBreakpointInfo', { name });
      await c.request('setDataBreakpoints', { breakpoints: [{ dataId }] });
    };
    await watch('word [0x8700]'); // CS is 800h there
    const writers = [await c.run('continue'), await c.run('continue')].map(({ threadId }) => threadId);
    expect([...writers].sort()).toEqual([2, 3]);
    await watch('dword [0x614]');
    const stops = [await c.run('continue'), await c.run('continue'), await c.run('continue')];
    const [{ threadId }] = stops;
    expect(stops.map((stop) => stop.threadId)).toEqual([threadId, threadId, threadId]);
    expect(await lineIn(c, threadId)).toBe(lineOf('inc dword [0x610') + 1);
    const counted = async () => (await c.request('evaluate', { expression: 'dword [0x614]', context: 'watch' })).result;
    expect(await counted()).toMatch(/^0x00000003/);
    expect(await c.run('reverseContinue', { threadId })).toMatchObject({ reason: 'data breakpoint', threadId });
    expect(await lineIn(c, threadId)).toBe(lineOf('inc dword [0x610'));
    expect(await counted()).toMatch(/^0x00000002/);
  });

  it('a stop on an exception names the CPU that raised it', async () => {
    const c = await start(method);
    await c.request('setExceptionBreakpoints', { filters: ['fault:UD'] });
    const stop = await c.run('continue');
    expect(stop).toMatchObject({ reason: 'exception', description: 'Invalid opcode (#UD)' });
    expect([2, 3]).toContain(stop.threadId);
    expect(await lineIn(c, stop.threadId)).toBe(lineOf('ud2'));
    await c.run('reverseContinue', { threadId: stop.threadId });
    expect(await c.run('continue')).toMatchObject({ description: 'Invalid opcode (#UD)', threadId: stop.threadId });
  });

  it('show their own registers and stacks', async () => {
    const c = await start(method, lineOf('inc dword [0x610'));
    const stop = await c.run('continue');
    expect(await registerOf(c, stop.threadId, 'si')).not.toBe(await registerOf(c, 1, 'si'));
    const first = (await c.request('stackTrace', { threadId: 1 })).stackFrames;
    expect(first[0].name).toMatch(/^(first|count|spin)/);
    const [{ id: frameId }] = (await c.request('stackTrace', { threadId: stop.threadId, levels: 1 })).stackFrames;
    await c.request('setExpression', { expression: 'dx', value: '0x1234', frameId });
    expect(await registerOf(c, stop.threadId, 'dx')).toMatch(/^0x1234/);
    expect(await registerOf(c, 1, 'dx')).not.toMatch(/^0x1234/);
  });

  it('a step is of the thread that is told, wherever the others are; back leads the same way', async () => {
    const c = await start(method, lineOf('inc dx'));
    let stop = await c.run('continue');
    while (stop.threadId !== 3) stop = await c.run('continue');
    await c.request('setBreakpoints', { source: { path: PATH }, breakpoints: [] });
    const own = async () => `${await registerOf(c, 3, 'rip')} ${await registerOf(c, 3, 'dx')}`;
    const step = async (command: string, threadId: number) => {
      const { reason, threadId: stopped } = await c.run(command, { threadId, granularity: 'instruction' });
      expect({ reason, stopped }).toEqual({ reason: 'step', stopped: threadId });
    };
    const seen: string[] = [];
    for (let i = 0; i < 9; i++) {
      seen.push(await own());
      await step('stepIn', 3);
      // the first CPU's turn comes some thousand instructions later
      if (i === 5) await step('stepIn', 1);
    }
    expect(new Set(seen).size).toBe(9);
    for (const expected of seen.slice(6).reverse()) {
      await step('stepBack', 3);
      expect(await own()).toBe(expected);
    }
    // the first CPU executed its last instruction before the second's turn
    const first = async () => `${await registerOf(c, 1, 'rip')} ${await registerOf(c, 1, 'cx')}`;
    const [there, third] = [await first(), await own()];
    await step('stepBack', 1);
    expect(await first()).not.toBe(there);
    await step('stepIn', 1);
    expect([await first(), await own()]).toEqual([there, third]);
  });

  it('stepping by line stays in the thread, and lets others run meanwhile', async () => {
    const c = await start(method, lineOf('first:'));
    await c.run('continue');
    await c.run('continue');
    await c.request('setBreakpoints', { source: { path: PATH }, breakpoints: [] });
    expect(await lineIn(c, 1)).toBe(lineOf('first:'));
    expect(await c.run('next', { threadId: 1 })).toMatchObject({ reason: 'step', threadId: 1 });
    expect(await lineIn(c, 1)).toBe(lineOf('jmp first'));
    expect(await c.run('stepBack', { threadId: 1 })).toMatchObject({ reason: 'step', threadId: 1 });
    expect(await lineIn(c, 1)).toBe(lineOf('first:'));
  });

  it('a triple fault names the CPU', async () => {
    const c = await start(method);
    const stop = await c.run('continue');
    expect(stop).toMatchObject({ reason: 'exception', description: 'Triple fault' });
    expect(stop.text).toMatch(new RegExp(`^CPU ${stop.threadId - 1}: triple fault`));
    expect(stop.threadId).toBeGreaterThan(1);
    expect(await lineIn(c, stop.threadId)).toBe(lineOf('ud2'));
  });
});
