/** Data breakpoints as a client sets them, on the real machine: stops, going backwards, and that the guest cannot tell. */
import { describe, expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { loadProgram } from './program/load-program';
import { DapClient, filesOf } from './testing/dap-client';

/** Real mode: a timer that pushes frames, three writes and a read of `count`, a REP STOSB over `area`, INS from a port. */
const PROGRAM = `        org 0x7C00
        bits 16
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [0x20], tick
        mov word [0x22], 0
        mov al, 0x34
        out 0x43, al
        mov al, 6
        out 0x40, al
        mov al, 0
        out 0x40, al
        sti
first:  mov word [count], 5
        mov cx, 3000
.spin:  dec word [other]
        loop .spin
second: inc word [count]
        mov bx, [count]
third:  mov byte [count + 1], 0x12
        mov di, area
        mov cx, 40
        mov al, 7
fill:   rep stosb
        mov di, area + 8
        mov dx, 0x3FD
input:  insb
        mov al, 0x10
        out 0xF4, al
        hlt
tick:   push ax
        inc word [ticks]
        mov al, 0x20
        out 0x20, al
        pop ax
        iret
other:  dw 0
count:  dw 0
ticks:  dw 0
        times 510-($-$$) db 0
        dw 0xAA55
area    equ 0x9000
`;
const PATH = '/guests/data.asm';
const files = filesOf({ [PATH]: PROGRAM });
const lineOf = (label: string) => PROGRAM.split('\n').findIndex((line) => line.startsWith(`${label}:`)) + 1;

const TIERS = ['off', 'always'] as const;
const METHODS = ['none', 'ept'] as const;
const ways = METHODS.flatMap((virtualization) => TIERS.map((tier1) => ({ virtualization, tier1 })));

async function started(launch: object): Promise<DapClient> {
  const c = new DapClient(files, coreToolchain);
  await c.start({ program: PATH, memory: '1M', stopOnEntry: true, stopOnEnd: true, ...launch });
  await c.event('stopped');
  return c;
}

async function watch(c: DapClient, name: string, accessType?: string, more: object = {}): Promise<void> {
  const { dataId } = await c.request('dataBreakpointInfo', { name, ...more });
  expect(dataId).toBeTypeOf('string');
  const { breakpoints } = await c.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType }] });
  expect(breakpoints).toEqual([{ id: expect.any(Number), verified: true }]);
}

const topLine = async (c: DapClient) => (await c.request('stackTrace', { threadId: 1 })).stackFrames[0].line;
const count = async (c: DapClient) =>
  (await c.request('evaluate', { expression: 'word [count]', context: 'watch' })).result;
const instructions = async (c: DapClient) => (await c.request('ringside/status')).instructions;

describe.each(ways)('data breakpoints, $virtualization, tier 1 $tier1', (launch) => {
  it('stop after each write of a variable, and backwards in front of it', async () => {
    const c = await started(launch);
    await watch(c, 'word [count]');
    const seen: [number, string][] = [];
    for (let i = 0; i < 3; i++) {
      const stop = await c.run('continue');
      expect(stop).toMatchObject({ reason: 'data breakpoint', hitBreakpointIds: [expect.any(Number)] });
      seen.push([await topLine(c), (await count(c)).split(' ')[0]]);
    }
    // a data breakpoint is a trap (SDM 3B 17.3.1.2): the next instruction is the one behind
    expect(seen).toEqual([
      [lineOf('first') + 1, '0x0005'],
      [lineOf('second') + 1, '0x0006'],
      [lineOf('third') + 1, '0x1206'],
    ]);
    const back: [number, string][] = [];
    for (let i = 0; i < 3; i++) {
      const stop = await c.run('reverseContinue');
      expect(stop).toMatchObject({
        reason: 'data breakpoint',
        description: expect.stringMatching(/^In front of the write/),
      });
      back.push([await topLine(c), (await count(c)).split(' ')[0]]);
    }
    expect(back).toEqual([
      [lineOf('third'), '0x0006'],
      [lineOf('second'), '0x0005'],
      [lineOf('first'), '0x0000'],
    ]);
    expect((await c.run('reverseContinue')).reason).toBe('entry');
    await c.run('continue');
    expect([await topLine(c), await count(c)]).toEqual([lineOf('first') + 1, expect.stringMatching(/^0x0005/)]);
  });

  it('on reads stop behind the instruction that reads, writes or not', async () => {
    const c = await started(launch);
    await watch(c, 'count', 'read', { bytes: 2 });
    const lines: number[] = [];
    for (let i = 0; i < 2; i++) {
      expect((await c.run('continue')).reason).toBe('data breakpoint');
      lines.push(await topLine(c));
    }
    expect(lines).toEqual([lineOf('second') + 1, lineOf('second') + 2]);
    expect((await c.run('continue')).description).toBe('The guest has ended');
  });

  it('stop at each iteration of a string instruction that writes there, and at INS', async () => {
    const c = await started(launch);
    await watch(c, 'area', 'readWrite', { bytes: 2, asAddress: true });
    const registers: string[] = [];
    for (let i = 0; i < 2; i++) {
      await c.run('continue');
      expect(await topLine(c)).toBe(lineOf('fill'));
      registers.push((await c.request('evaluate', { expression: 'cx', context: 'watch' })).result.split(' ')[0]);
    }
    expect(registers).toEqual(['0x0027', '0x0026']);
    await watch(c, '0x9008', 'write', { bytes: 1, asAddress: true });
    await c.run('continue'); // by REP STOSB
    const stop = await c.run('continue');
    expect(stop.text).toMatch(/by insb at/);
    expect(await topLine(c)).toBe(lineOf('input') + 1);
    await c.run('reverseContinue');
    expect(await topLine(c)).toBe(lineOf('input'));
  });

  it('cannot be seen by the guest', async () => {
    const outcome = async (watched: boolean) => {
      const program = await loadProgram({ program: PATH, memory: '1M', ...launch }, files, coreToolchain);
      if (program.kind === 'load-error') throw new Error(program.message);
      const target = coreToolchain.createTarget(program.launch);
      if ('kind' in target) throw new Error(target.message);
      // the stack, the variables, the code beside them and the interrupt table
      const ranges = [
        [0x20n, 4],
        [0x6ff0n, 16],
        [0x7c00n, 512],
      ] as const;
      if (watched) {
        target.setWatchpoints(ranges.map(([address, length]) => ({ address, length, reads: true, writes: true })));
      }
      let stops = 0;
      for (;;) {
        const stop = target.run(target.instructions + 100_000);
        if (stop.kind === 'ended')
          return { stops, instructions: target.instructions, hash: target.hash(), exits: target.exitTotal };
        if (stop.kind === 'watchpoint') stops++;
      }
    };
    const [plain, watched] = [await outcome(false), await outcome(true)];
    expect(watched.stops).toBeGreaterThan(3000);
    expect({ ...watched, stops: 0 }).toEqual(plain);
  });

  it('with a condition stop where it holds', async () => {
    const c = await started(launch);
    const { dataId } = await c.request('dataBreakpointInfo', { name: 'count', bytes: 2 });
    await c.request('setDataBreakpoints', { breakpoints: [{ dataId, condition: 'word [count] > 0x1000' }] });
    await c.run('continue');
    expect(await topLine(c)).toBe(lineOf('third') + 1);
    const here = await instructions(c);
    await c.run('reverseContinue');
    expect(await instructions(c)).toBe(here - 1);
    expect((await c.run('reverseContinue')).reason).toBe('entry');
  });
});

describe('what a data breakpoint would watch', () => {
  it('is the memory that an expression names, that a register points at, or at an address', async () => {
    const c = await started({ virtualization: 'none' });
    await c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'second' }] });
    await c.run('continue');
    const { scopes } = await c.request('scopes', { frameId: 1000 });
    const general = scopes.find((scope: { name: string }) => scope.name === 'General').variablesReference;
    const info = (args: object) => c.request('dataBreakpointInfo', args);
    const at = BigInt((await c.request('evaluate', { expression: 'count', context: 'watch' })).result.split(' ')[0]);
    const hex = (value: bigint) => `0x${value.toString(16)}`;
    expect((await info({ name: 'dword [count]' })).dataId).toBe(`${hex(at)}/4`);
    expect((await info({ name: 'count' })).dataId).toBe(`${hex(at)}/2`);
    expect((await info({ name: 'count+1', bytes: 300 })).dataId).toBe(`${hex(at + 1n)}/300`);
    expect(await info({ name: '0x8000', bytes: 8, asAddress: true })).toMatchObject({
      dataId: '0x8000/8',
      canPersist: true,
    });
    expect((await info({ name: '0x8000', bytes: -16, asAddress: true })).dataId).toBe('0x8000/16');
    expect(await info({ name: 'RSP', variablesReference: general })).toMatchObject({
      dataId: '0x7000/2',
      description: expect.stringContaining('that rsp points at'),
      accessTypes: ['write', 'read', 'readWrite'],
    });
    expect((await info({ name: 'byte [gpa:0x8000]' })).dataId).toBe(null);
    expect((await info({ name: 'al' })).dataId).toBe(null);
    expect((await c.send('dataBreakpointInfo', { name: 'nothing' })).message).toMatch(/nothing/);
    expect((await c.send('dataBreakpointInfo', { name: 'count', bytes: 0 })).message).toMatch(
      /0 bytes cannot be watched/,
    );
    const { breakpoints } = await c.request('setDataBreakpoints', {
      breakpoints: [{ dataId: 'x' }, { dataId: '0x1/4', accessType: 'execute' }, { dataId: '0x1/0' }],
    });
    expect(breakpoints.map((b: { verified: boolean }) => b.verified)).toEqual([false, false, false]);
  });
});
