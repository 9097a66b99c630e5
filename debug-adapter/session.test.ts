import { describe, expect, it } from 'vitest';
import { DapClient, filesOf } from './testing/dap-client';
import { toyToolchain } from './testing/toy-toolchain';
import { formatTranscript } from './testing/transcript';

const KERNEL = `; a toy kernel
org 0x1000
start:  mov rcx, 3
loop:   call work
        dec rcx
        jne loop
        cpuid
        mov rax, 65
        out 0xe9
        mov rax, 16
        out 0xf4

work:   push rcx
        inc rbx
        pop rcx
        ret
`;
const PATH = '/kernels/toy.asm';
const files = filesOf({
  [PATH]: KERNEL,
  '/kernels/broken.asm': 'start: nop\n  frobnicate\n  nop\n  fail\n',
  '/kernels/crash.asm': 'start: nop\n  ud2\n',
  '/kernels/endless.asm': 'start: nop\n  jmp start\n',
  '/kernels/echo.asm': 'start: sti\n  hlt\n  mov rax, 33\n  out 0xe9\n  mov rax, 0\n  out 0xf4\nhandler: iretq\n',
  '/kernels/empty.img': new Uint8Array(),
});
const source = { path: PATH };
const thread = { threadId: 1 };

function client(options: Parameters<typeof toyToolchain>[0] = {}): DapClient {
  return new DapClient(files, toyToolchain(options));
}

async function launched(setUp: (c: DapClient) => Promise<unknown> = async () => {}, launch: object = {}) {
  const c = client();
  await c.start({ program: PATH, ...launch }, () => setUp(c));
  return c;
}

/** Line (from 1) and name of the present frame. */
async function here(c: DapClient): Promise<[number, string]> {
  const { stackFrames } = await c.request('stackTrace', thread);
  return [stackFrames[0].line, stackFrames[0].name];
}

async function variable(c: DapClient, scope: string, name: string) {
  const { scopes } = await c.request('scopes', { frameId: 1000 });
  const { variablesReference } = scopes.find((s: { name: string }) => s.name === scope);
  const { variables } = await c.request('variables', { variablesReference });
  return { reference: variablesReference, ...variables.find((v: { name: string }) => v.name === name) };
}

describe('from launch to the end', () => {
  it('runs to a breakpoint, steps both ways, stops at a VM exit and ends with the guest’s status', async () => {
    const c = await launched(async (c) => {
      await c.request('setBreakpoints', { source, breakpoints: [{ line: 13 }] });
      await c.request('setExceptionBreakpoints', { filters: ['CPUID'] });
    });
    await c.event('stopped');
    await c.request('threads');
    await c.request('stackTrace', thread);
    await c.run('next');
    await c.run('stepOut');
    await c.run('stepBack');
    await c.request('setBreakpoints', { source, breakpoints: [] });
    await c.run('continue');
    await c.request('exceptionInfo', thread);
    await c.request('evaluate', { expression: 'rbx', context: 'watch', frameId: 1000 });
    await c.request('continue', thread);
    await c.event('terminated');
    await c.request('disconnect');
    await expect(formatTranscript(c.transcript)).toMatchFileSnapshot('testing/transcripts/launch-to-end.txt');
  });

  it('stops on entry, before the first instruction', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    expect(await c.event('stopped')).toMatchObject({ reason: 'entry', threadId: 1, allThreadsStopped: true });
    expect(await here(c)).toEqual([3, 'start']);
    expect((await c.request('ringside/status')).state).toBe('stopped');
  });

  it('shows what the guest prints, once, also when it is gone over again', async () => {
    const c = await launched(undefined, { stopOnEnd: true });
    expect(await c.event('stopped')).toMatchObject({ reason: 'pause', description: 'The guest has ended' });
    await c.run('reverseContinue');
    await c.run('continue');
    expect(c.output('stdout')).toBe('A');
    await c.request('continue', thread);
    expect(await c.event('exited')).toEqual({ exitCode: 33 });
  });

  it('explains a triple fault before it ends with status 101', async () => {
    const c = client();
    await c.start({ program: '/kernels/crash.asm' });
    expect(await c.event('stopped')).toMatchObject({
      reason: 'exception',
      description: 'Triple fault',
      text: expect.any(String),
    });
    expect((await here(c))[0]).toBe(2);
    await c.request('continue', thread);
    expect(await c.event('exited')).toEqual({ exitCode: 101 });
  });

  it('stops at nothing when started without debugging', async () => {
    const setUp = (c: DapClient) => c.request('setBreakpoints', { source, breakpoints: [{ line: 3 }, { line: 4 }] });
    const c = await launched(setUp, { noDebug: true, stopOnEntry: true, breakOnExits: ['CPUID'] });
    expect(await c.event('exited')).toEqual({ exitCode: 33 });
  });

  it('pauses an endless loop, and an idle guest takes what is typed', async () => {
    let c = client();
    await c.start({ program: '/kernels/endless.asm' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await c.send('next', thread)).message).toBe('the guest is running; pause it first');
    expect((await c.request('ringside/status')).state).toBe('running');
    await c.request('pause', thread);
    expect(await c.event('stopped')).toMatchObject({ reason: 'pause' });

    c = client({ vectors: { 32: 'handler' } });
    await c.start({ program: '/kernels/echo.asm' });
    await c.event('output');
    await c.request('ringside/input', { text: 'x' });
    await c.event('terminated');
    expect(c.output('stdout')).toBe('!');
  });
});

describe('a launch that fails starts nothing', () => {
  const failing: [string, object, RegExp | string][] = [
    ['no program', {}, 'launch: `program` is missing'],
    ['a missing file', { program: '/kernels/none.asm' }, 'cannot read /kernels/none.asm'],
    ['an empty image', { program: '/kernels/empty.img' }, '/kernels/empty.img is empty: there is nothing to boot'],
    [
      'errors in the source',
      { program: '/kernels/broken.asm' },
      '/kernels/broken.asm:2:1: error: parser: instruction expected, found `frobnicate` (and 1 more)',
    ],
    [
      'a method of no name',
      { program: PATH, virtualization: 'magic' },
      /virtualization `magic` is not known; it is one of/,
    ],
    ['a memory of no size', { program: PATH, memory: 'lots' }, 'memory `lots` is no size; write 64M, say'],
    ['an exit of no reason', { program: PATH, breakOnExits: ['FOO'] }, 'breakOnExits: there is no exit reason `FOO`'],
    ['a missing disk', { program: PATH, disk: '/none.img' }, 'cannot read the disk image /none.img'],
  ];
  it.each(failing)('for %s', async (_, args, message) => {
    const c = client();
    await c.request('initialize', { adapterID: 'ringside' });
    const response = await c.send('launch', args);
    expect(response.success).toBe(false);
    expect(response.message).toMatch(message);
    expect(c.transcript.some((m) => 'event' in m && m.event === 'initialized')).toBe(false);
    expect((await c.send('configurationDone')).message).toBe('no guest was launched');
    expect((await c.send('disconnect')).success).toBe(true);
  });
});

describe('breakpoints', () => {
  it('move to the next line with code, and are not verified where there is none', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    const { breakpoints } = await c.request('setBreakpoints', {
      source,
      breakpoints: [{ line: 1 }, { line: 12 }, { line: 17 }],
    });
    expect(breakpoints).toMatchObject([
      { verified: true, line: 3 },
      { verified: true, line: 13 },
      { verified: false, message: 'no code is made by this line or any below it' },
    ]);
    const { breakpoints: places } = await c.request('breakpointLocations', { source, line: 1, endLine: 5 });
    expect(places).toEqual([{ line: 3 }, { line: 4 }, { line: 5 }]);
  });

  it('have conditions, and print instead of stopping as log points', async () => {
    const c = await launched(async (c) => {
      await c.request('setBreakpoints', {
        source,
        breakpoints: [
          { line: 14, condition: 'rcx == 1' },
          { line: 5, logMessage: 'rcx is {rcx}' },
        ],
      });
    });
    expect(await c.event('stopped')).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    expect((await variable(c, 'General', 'RBX')).value).toMatch(/^0x0{15}2/);
    expect(c.output('console')).toBe('rcx is 0x3\nrcx is 0x2\n');
  });

  it('stand on functions and instructions too', async () => {
    const c = await launched(async (c) => {
      const { breakpoints } = await c.request('setFunctionBreakpoints', {
        breakpoints: [{ name: 'work' }, { name: 'x' }],
      });
      expect(breakpoints.map((b: { verified: boolean }) => b.verified)).toEqual([true, false]);
    });
    expect((await c.event('stopped')).reason).toBe('breakpoint');
    expect((await here(c))[1]).toBe('work');
    await c.request('setFunctionBreakpoints', { breakpoints: [] });
    const { stackFrames } = await c.request('stackTrace', thread);
    expect(stackFrames[1]).toMatchObject({ line: 4, name: expect.stringContaining('(plausible return address)') });
    await c.request('setInstructionBreakpoints', {
      breakpoints: [{ instructionReference: stackFrames[1].instructionPointerReference }],
    });
    expect((await c.run('continue')).reason).toBe('instruction breakpoint');
    expect((await here(c))[0]).toBe(5);
  });

  it('are met going backwards, and at the beginning there are no more', async () => {
    const c = await launched((c) => c.request('setBreakpoints', { source, breakpoints: [{ line: 7 }] }));
    await c.event('stopped');
    await c.request('setBreakpoints', { source, breakpoints: [{ line: 14 }] });
    for (const rbx of [2, 1, 0]) {
      expect((await c.run('reverseContinue')).reason).toBe('breakpoint');
      expect((await variable(c, 'General', 'RBX')).value).toMatch(new RegExp(`^0x0{15}${rbx}`));
    }
    expect(await c.run('reverseContinue')).toMatchObject({ reason: 'entry' });
    expect(await here(c)).toEqual([3, 'start']);
  });

  it('on VM exits go by reason, by a list of reasons, and by a condition', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    const set = (filters: string[], filterOptions: object[] = []) =>
      c.request('setExceptionBreakpoints', { filters, filterOptions });
    expect((await set(['NONSENSE'])).breakpoints).toMatchObject([{ verified: false }]);
    for (const options of [
      [{ filterId: 'vm-exit', condition: 'hlt, cpuid' }],
      [{ filterId: 'vm-exit' }],
      [{ filterId: 'CPUID', condition: 'rbx == 3 && reason == 10' }],
    ]) {
      expect((await set([], options)).breakpoints).toMatchObject([{ verified: true }]);
      const stop = await c.run('continue');
      expect(stop).toMatchObject({ reason: 'exception', description: 'VM exit: CPUID' });
      expect(stop.text).toContain('cause: CPUID always exits in VMX non-root mode');
      expect(stop.text).toContain('toy.asm:7');
      await set([]);
      await c.run('reverseContinue');
    }
  });
});

describe('state', () => {
  it('is shown by scopes, with the bits of control registers by name', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    await c.event('stopped');
    const { scopes } = await c.request('scopes', { frameId: 1000 });
    const names = scopes.map((s: { name: string }) => s.name);
    expect(names).toEqual(['General', 'Flags', 'Segments', 'Control', 'System', 'Debug', 'VMCS']);
    const cr0 = await variable(c, 'Control', 'CR0');
    expect(cr0.value).toBe('0x0000000080000011 PE ET PG');
    const { variables } = await c.request('variables', { variablesReference: cr0.variablesReference });
    expect(variables.find((v: { name: string }) => v.name === 'PG').value).toBe('1');
    expect((await variable(c, 'General', 'RIP')).value).toBe('0x0000000000001000 start');
    expect((await variable(c, 'Segments', 'CS')).value).toMatch(/^0x0008 base 0x0 limit 0xffffffff; code/);
  });

  it('can be changed, and the change is part of the history', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    await c.event('stopped');
    const { reference } = await variable(c, 'General', 'RBX');
    const set = (name: string, value: string) => c.send('setVariable', { variablesReference: reference, name, value });
    expect((await set('RBX', 'start + 1')).body).toEqual({ value: '0x0000000000001001' });
    expect((await set('RBX', 'nonsense')).message).toBe('there is no register or symbol `nonsense`');
    await c.run('next');
    await c.run('stepBack');
    expect((await c.request('evaluate', { expression: 'rbx' })).result).toBe('0x0000000000001001 (4097) start+0x1');
    expect((await c.request('evaluate', { expression: 'bl = 7', context: 'repl' })).result).toBe('0x07');
    expect((await c.request('setExpression', { expression: 'word [0x3000]', value: '513' })).value).toBe(
      '0x0201 (513)',
    );
    expect((await c.request('evaluate', { expression: 'byte [0x3001]' })).result).toBe('0x02');
  });

  it('includes memory, linear and physical, with its holes', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    await c.event('stopped');
    const read = await c.request('readMemory', { memoryReference: '0x1000', count: 4, offset: 0 });
    expect([read.address, atob(read.data)]).toEqual(['0x1000', '\x48\xb9\x03\x00']);
    const data = btoa('hello');
    expect(await c.request('writeMemory', { memoryReference: 'gpa:0x3000', data })).toEqual({ bytesWritten: 5 });
    expect(atob((await c.request('readMemory', { memoryReference: '0x3001', count: 4 })).data)).toBe('ello');
    expect(await c.request('readMemory', { memoryReference: '0xfffe', count: 8 })).toMatchObject({
      unreadableBytes: 6,
    });
    expect((await c.send('readMemory', { memoryReference: 'nowhere', count: 8 })).message).toContain(
      'no memory reference',
    );
  });

  it('is disassembled forwards and backwards, always as many lines as asked for', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    await c.event('stopped');
    const { instructions } = await c.request('disassemble', {
      memoryReference: '0x100f',
      instructionOffset: -3,
      instructionCount: 6,
    });
    expect(instructions.map((i: { instruction: string }) => i.instruction).slice(1)).toEqual([
      'mov',
      'call',
      'dec',
      'jne',
      'cpuid',
    ]);
    expect(instructions[1]).toMatchObject({ address: '0x1000', symbol: 'start', line: 3, location: { path: PATH } });
    const far = await c.request('disassemble', { memoryReference: '0xffff0000', instructionCount: 3 });
    expect(far.instructions).toHaveLength(3);
  });

  it('has views of its own: VMCS, exits, registers', async () => {
    const c = await launched((c) => c.request('setExceptionBreakpoints', { filters: ['CPUID'] }));
    await c.event('stopped');
    const { groups } = await c.request('ringside/vmcs', thread);
    const guest = groups.find((g: { name: string }) => g.name === 'guest state');
    const rip = guest.fields.find((f: { name: string }) => f.name === 'Guest RIP');
    expect(rip).toMatchObject({ value: expect.stringMatching(/^0x/), changedSinceLastStop: true, encoding: 0x681e });
    const exits = await c.request('ringside/exits', { start: -1 });
    expect(exits).toMatchObject({ total: 1, counts: { CPUID: 1 }, exits: [{ reason: 'CPUID', instruction: 'cpuid' }] });
    const registers = await c.request('ringside/registers', thread);
    expect(registers.groups.map((g: { name: string }) => g.name)).toContain('Control');
    expect((await c.send('ringside/nonsense')).message).toBe('the request `ringside/nonsense` is not supported');
  });

  it('is asked for in the Debug Console', async () => {
    const c = await launched((c) => c.request('setExceptionBreakpoints', { filters: ['CPUID'] }));
    await c.event('stopped');
    const ask = async (expression: string) => (await c.request('evaluate', { expression, context: 'repl' })).result;
    expect(await ask('info exits')).toContain('#0 @22 CPUID at');
    expect(await ask('x/4xb start')).toBe('0x1000: 0x48 0xb9 0x03 0x00');
    expect(await ask('x/2i start')).toMatch(/mov\n.*call$/);
    expect(await ask('translate 0x1000')).toBe('0x1000 -> 0x1000');
    expect(await ask('info vmcs guest rip')).toContain('Guest RIP');
    expect(await ask('help')).toContain('info exits');
    expect((await c.send('evaluate', { expression: 'info what', context: 'repl' })).message).toContain('info of what?');
    const { targets } = await c.request('completions', { text: 'rax + wo', column: 9 });
    expect(targets).toEqual([{ label: 'work', type: 'reference', start: 6, length: 2 }]);
  });
});

describe('a long replay', () => {
  it('reports its progress to a client that wants it, and can be cancelled there', async () => {
    const c = client();
    await c.request('initialize', { adapterID: 'ringside', supportsProgressReporting: true });
    await c.request('launch', { program: '/kernels/endless.asm', stopOnEntry: true });
    await c.request('configurationDone');
    await c.request('ringside/goto', { instructions: 1_000_000_000 });
    const { progressId, cancellable } = await c.event('progressStart');
    expect(cancellable).toBe(true);
    expect((await c.event('progressUpdate')).progressId).toBe(progressId);
    expect((await c.send('evaluate', { expression: 'rax' })).message).toBe('the guest is running; pause it first');
    await c.request('cancel', { progressId });
    const stop = await c.event('stopped');
    expect(stop.description).toContain('the replay was cancelled');
    await c.event('progressEnd');
    expect((await c.request('ringside/status')).instructions).toBe(0);
  });
});

describe('a client that errs', () => {
  it('gets an error for each wrong request, and the session goes on', async () => {
    const c = await launched(undefined, { stopOnEntry: true });
    await c.event('stopped');
    const wrong: [string, object | undefined, string][] = [
      ['continue', undefined, 'continue: `threadId` is missing'],
      ['next', { threadId: 'one' }, 'next: `threadId` must be of kind integer'],
      ['stackTrace', { threadId: 7 }, 'there is no thread 7'],
      ['variables', { variablesReference: 99 }, 'variables reference 99 is not, or no longer, valid'],
      ['pause', { threadId: 1 }, 'the guest is not running'],
      ['setBreakpoints', { source: {}, breakpoints: [] }, 'setBreakpoints: the source has no path'],
      [
        'setBreakpoints',
        { source, breakpoints: [null] },
        'setBreakpoints: an element of `breakpoints` is not an object',
      ],
      ['launch', { program: PATH }, 'a guest was launched already'],
      ['configurationDone', undefined, 'the configuration was done already'],
      ['disassemble', { memoryReference: '0', instructionCount: 1e9 }, 'instructionCount 1000000000 is not between'],
      ['dance', undefined, 'the request `dance` is not supported'],
    ];
    for (const [command, args, message] of wrong) {
      const response = await c.send(command, args);
      expect(response.success, command).toBe(false);
      expect(response.message).toContain(message);
    }
    c.session.handleMessage({ seq: 1, type: 'request' } as never);
    c.session.handleMessage({ seq: 1, type: 'request', command: 'stackTrace', arguments: [] } as never);
    expect(await here(c)).toEqual([3, 'start']);
  });
});
