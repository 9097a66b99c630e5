import type { DebugProtocol } from '@vscode/debugprotocol';
import { expect, it } from 'vitest';
import { RingsideSession } from './session';
import { filesOf } from './testing/dap-client';
import { toyToolchain } from './testing/toy-toolchain';

const PATH = '/k.asm';
const COMMANDS = [
  'initialize',
  'launch',
  'attach',
  'setBreakpoints',
  'setFunctionBreakpoints',
  'setInstructionBreakpoints',
  'setExceptionBreakpoints',
  'setDataBreakpoints',
  'dataBreakpointInfo',
  'breakpointLocations',
  'configurationDone',
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'goto',
  'pause',
  'threads',
  'stackTrace',
  'scopes',
  'variables',
  'setVariable',
  'setExpression',
  'evaluate',
  'completions',
  'readMemory',
  'writeMemory',
  'disassemble',
  'exceptionInfo',
  'loadedSources',
  'source',
  'cancel',
  'ringside/vmcs',
  'ringside/exits',
  'ringside/autopsy',
  'ringside/status',
  'ringside/registers',
  'ringside/input',
  'ringside/screen',
  'ringside/goto',
];
const TEXTS = [
  'rax',
  'start',
  'dword [rsp',
  '[gpa:-1]',
  '{',
  '0xffffffffffffffff',
  'gpa:0x10',
  'x/9999999i 0',
  'info',
  '',
  '\u{1F600}',
  'rip = start',
  'type hello',
  '~',
];
const NUMBERS = [0, 1, 1000, -1, 1.5, 2 ** 53, Number.MAX_VALUE, 4096];
const NAMES = [
  'threadId',
  'frameId',
  'variablesReference',
  'expression',
  'context',
  'source',
  'breakpoints',
  'filters',
  'filterOptions',
  'memoryReference',
  'count',
  'offset',
  'instructionCount',
  'instructionOffset',
  'start',
  'levels',
  'text',
  'column',
  'name',
  'value',
  'data',
  'granularity',
  'line',
  'program',
  'memory',
  'instructions',
];

/** A small generator: the same numbers in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

it('answers every request, however wrong, exactly once, and never throws', async () => {
  const next = random(7);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  const value = (depth: number): unknown => {
    const kinds: (() => unknown)[] = [
      () => pick(NUMBERS),
      () => pick(NUMBERS),
      () => pick(TEXTS),
      () => pick(TEXTS),
      () => null,
      () => true,
      () => (depth > 0 ? [value(depth - 1), value(depth - 1)] : []),
      () => (depth > 0 ? args(depth - 1) : {}),
      () => ({ path: PATH }),
      () => [{ line: next(9) }, { name: 'start' }, { instructionReference: '0x1000' }],
      () => 'repl',
    ];
    return pick(kinds)();
  };
  const args = (depth: number): object => {
    const count = next(7);
    return Object.fromEntries(Array.from({ length: count }, () => [pick(NAMES), value(depth)]));
  };
  const plausible = (): object => ({
    threadId: 1,
    frameId: 1000,
    variablesReference: 1 + next(20),
    expression: pick(TEXTS),
    context: pick(['repl', 'watch', 'hover']),
    memoryReference: '0x1000',
    count: next(5000),
    instructionCount: next(50),
    instructionOffset: next(40) - 20,
    source: { path: PATH },
    filters: [],
    text: 'st',
    column: next(4),
    name: 'RAX',
    value: pick(TEXTS),
    data: 'AAAA',
    granularity: pick(['line', 'instruction', 'statement']),
    line: next(9),
    instructions: next(100),
    ...args(1),
  });

  for (let round = 0; round < 16; round++) {
    const files = filesOf({
      [PATH]: 'start: cpuid\nagain: call f\n  inc rax\n  jmp again\nf: push rax\n  pop rax\n  ret\n',
    });
    const session = new RingsideSession(files, toyToolchain());
    const answers = new Map<number, number>();
    session.onDidSendMessage((message) => {
      JSON.stringify(message);
      const response = message as DebugProtocol.Response;
      if (response.type === 'response') answers.set(response.request_seq, (answers.get(response.request_seq) ?? 0) + 1);
      expect(response.message ?? '').not.toContain('internal error');
    });
    let seq = 0;
    const send = (command: unknown, given: unknown) => {
      session.handleMessage({ seq: ++seq, type: 'request', command, arguments: given } as never);
    };
    if (round % 4 !== 0) {
      send('initialize', {});
      send('launch', { program: PATH, stopOnEntry: round % 2 === 0 });
      await new Promise((resolve) => setTimeout(resolve, 1));
      send('configurationDone', undefined);
    }
    for (let i = 0; i < 60; i++) {
      send(pick(COMMANDS), next(3) === 0 ? value(2) : plausible());
      if (next(8) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    send('disconnect', undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    session.dispose();
    expect([...answers.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
    expect([...answers.values()].every((count) => count === 1)).toBe(true);
  }
});
