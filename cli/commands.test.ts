import { describe, expect, it } from 'vitest';
import { assemble } from '../assembler/assemble';
import { toyToolchain } from '../debug-adapter/testing/toy-toolchain';
import { ringsideIn } from './testing/fake-environment';

const files = {
  'hello.asm': 'start: mov rax, 72\n  out 0xe9\n  mov rax, 105\n  out 0xe9\n  cpuid\n  mov rax, 16\n  out 0xf4\n',
  'halt.asm': 'start: nop\n  hlt\n',
  'crash.asm': 'start: ud2\n',
  'loop.asm': 'start: nop\n  jmp start\n',
  'wait.asm': 'start: sti\n  hlt\n',
  'wrong.asm': 'start: nop\n  frob\n  blah\n',
  'code.bin': Uint8Array.of(0x90, 0xc3, 0xff),
};
const tools = toyToolchain();
const run = (args: string | string[]) => ringsideIn(tools, files, args);

describe('run', () => {
  it('prints what the guest prints and ends with what it wrote to port F4', async () => {
    expect(await run('run hello.asm')).toMatchObject({ status: 33, out: 'Hi', err: '' });
  });

  it('ends with the statuses of the contract', async () => {
    expect((await run('run halt.asm')).status).toBe(0);
    expect(await run('run crash.asm')).toMatchObject({
      status: 101,
      err: expect.stringMatching(/^ringside: triple fault/),
    });
    expect(await run('run loop.asm --max-instructions 1000')).toMatchObject({
      status: 102,
      err: 'ringside: the limit of 1000 instructions was reached\n',
    });
    expect(await run('run wait.asm')).toMatchObject({ status: 102, err: expect.stringContaining('waits in HLT') });
    expect(await run('run hello.asm --until Hi')).toMatchObject({ status: 0 });
  });

  it('prints one object with --json', async () => {
    const { out, status } = await run('run hello.asm --json');
    expect(status).toBe(33);
    expect(JSON.parse(out)).toMatchObject({
      program: 'hello.asm',
      virtualization: 'ept',
      status: 33,
      reason: 'debug-exit',
      instructions: 7,
      exits: { CPUID: 1 },
      cost: 1200,
      serial: 'Hi',
      cpu: 0,
      registers: { rax: '0x10', mode: 'long' },
      cpus: [{ cpu: 0, instructions: 7, halted: false, registers: { rax: '0x10' } }],
    });
  });

  it('prints a table of exits', async () => {
    const { out } = await run('run hello.asm --exits');
    expect(out.split('\n')).toEqual([
      'Hi',
      'VM exit  count  share    cycles  cause of the first',
      'CPUID        1  100.0 %    1200  CPUID always exits in VMX non-root mode',
      'all          1             1200',
      '7 instructions; the guest wrote 0x10 to port 0xF4: exit status 33',
      '',
    ]);
  });
});

describe('input logs', () => {
  const log = { version: 1, inputs: [{ instructions: 2, serial: 'x' }] };

  it('refuses a file that is none', async () => {
    const more = { ...files, 'log.json': '{"version": 7}' };
    expect(await ringsideIn(tools, more, 'run hello.asm --replay log.json')).toMatchObject({
      status: 2,
      err: expect.stringContaining('log.json is no input log'),
    });
    expect(await run('run hello.asm --replay none.json')).toMatchObject({
      status: 2,
      err: expect.stringContaining('cannot read none.json'),
    });
  });

  it('writes what was typed to the file of --record', async () => {
    const more = { ...files, 'log.json': JSON.stringify(log) };
    const done = await ringsideIn(tools, more, 'run hello.asm --replay log.json --record out.json');
    expect(JSON.parse(String(done.files['out.json']))).toMatchObject(log);
  });
});

describe('bad input is one clear line and status 2', () => {
  const wrong: [string | string[], string][] = [
    [[], 'a command is missing: run, compare, asm, dis, lsp, dap'],
    ['boot x', 'there is no command `boot`: run, compare, asm, dis, lsp, dap'],
    ['run', 'PROGRAM is missing'],
    ['run a.asm b.asm', 'one PROGRAM is enough: what is `b.asm`?'],
    ['run none.asm', 'cannot read none.asm'],
    ['run wrong.asm', 'wrong.asm:2:1: error: parser: instruction expected, found `frob` (and 1 more)'],
    ['run hello.asm --frob', 'there is no option `--frob`'],
    ['run hello.asm --memory', '--memory needs a value: SIZE'],
    ['run hello.asm --memory plenty', 'memory `plenty` is no size; write 64M, say'],
    ['run hello.asm --memory 5000', 'memory of 5000 bytes is not a multiple of 4 KB'],
    ['run hello.asm --cpus 0', '--cpus takes a whole number of at least 1, not `0`'],
    ['run hello.asm --virtualization=magic', '--virtualization is one of none, ept, shadow'],
    ['run hello.asm --json --json', '--json was given twice'],
    ['run hello.asm --json=yes', '--json takes no value'],
    ['run hello.asm --disk none.img', 'cannot read the disk image none.img'],
    ['run hello.asm --input none.txt', 'cannot read none.txt'],
    ['run hello.asm --max-instructions many', '--max-instructions takes a whole number of at least 1, not `many`'],
    ['asm none.asm -f bin', 'cannot read none.asm'],
    ['asm hello.asm -f coff', '-f is one of bin, elf32, elf64, elf, not `coff`'],
    ['asm hello.asm -x', 'there is no option `-x`'],
    ['dis code.bin --bits 8', '--bits is one of 16, 32, 64, not `8`'],
    ['dis none.bin', 'cannot read none.bin'],
    ['lsp', 'lsp needs a transport: --stdio'],
    ['dap', 'dap needs either --stdio or --port N'],
    ['dap --port 70000', '--port 70000 is no TCP port'],
  ];
  it.each(wrong)('%s', async (args, message) => {
    const { status, out, err } = await run(args);
    expect([status, out]).toEqual([2, '']);
    expect(err.startsWith(`ringside: ${message}`), err).toBe(true);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

describe('asm', () => {
  it('writes the output where NASM would', async () => {
    for (const [args, name] of [
      ['asm halt.asm', 'halt'],
      ['asm halt.asm -f elf64', 'halt.o'],
      ['asm -fbin -ox.img halt.asm', 'x.img'],
    ] as const) {
      const { files: after, status } = await run(args);
      expect(status).toBe(0);
      expect(after[name], name).toEqual(Uint8Array.of(0x90, 0xf4));
    }
  });

  it('prints every diagnostic as NASM does, and writes nothing', async () => {
    const { status, err, files: after } = await run('asm wrong.asm -o x');
    expect(status).toBe(2);
    expect(err).toBe(
      'wrong.asm:2: error: parser: instruction expected, found `frob`\nwrong.asm:3: error: parser: instruction expected, found `blah`\n',
    );
    expect(after.x).toBeUndefined();
  });
});

describe('asm: dependencies and preprocessing, as nasm 2.16 prints them', () => {
  const sources = {
    'a.asm': '%include "b.inc"\n%include "sub dir/c.inc"\n%define X 1\nmov ax, X\n',
    'b.inc': 'nop\n',
    'sub dir/c.inc': 'nop\n',
    'g.asm': '%include "gen.inc"\n',
  };
  const files = 'a.asm b.inc sub\\ dir/c.inc';
  const real = { ...tools, assemble };
  const asm = (args: string) => ringsideIn(real, sources, args.split(' '));

  it.each([
    ['-M a.asm', `a : ${files}\n\n`],
    ['-M -MP a.asm', `a : ${files}\n\na.asm :\n\nb.inc :\n\nsub\\ dir/c.inc :\n\n`],
    ['-M -MT foo a.asm', `foo : ${files}\n\n`],
    ['-M -MQ fo$o a.asm', `fo$$o : ${files}\n\n`],
    ['-M -o x.bin a.asm', `x.bin : ${files}\n\n`],
    ['-M -f elf64 a.asm', `a.o : ${files}\n\n`],
    ['-MG g.asm', 'g : g.asm gen.inc\n\n'],
    ['-M g.asm', 'g : g.asm gen.inc\n\n'],
    ['-E a.asm', '%line 1+1 b.inc\nnop\n%line 1+1 sub dir/c.inc\nnop\n%line 4+1 a.asm\nmov ax, 1\n'],
  ])('%s', async (args, out) => {
    expect(await asm(`asm ${args}`)).toMatchObject({ status: 0, out, err: '' });
  });

  it('writes the rule beside the output', async () => {
    const made = await asm('asm -MD -MF a.d a.asm');
    expect(made.files['a.d']).toBe(`a : ${files}\n\n`);
    expect(made.files.a).toEqual(Uint8Array.of(0x90, 0x90, 0xb8, 1, 0));
    expect((await asm('asm -MD r.d a.asm')).files['r.d']).toBe(`a : ${files}\n\n`);
  });

  it('writes the map that the source asks for', async () => {
    const { files: made } = await ringsideIn(real, { 'm.asm': '[map all m.map]\na: nop\n' }, 'asm m.asm -o m.bin');
    expect(made['m.map']).toContain('Source file:  m.asm\nOutput file:  m.bin\n');
    const printed = await ringsideIn(real, { 'm.asm': '[map]\na: nop\n' }, 'asm m.asm');
    expect(printed.out).toContain('Output file:  m\n');
  });

  it('puts messages where they are wanted', async () => {
    const wrong = { 'w.asm': ' frob x\n' };
    const message = expect.stringMatching(/^w\.asm:1: error: parser: instruction expected/);
    expect(await ringsideIn(real, wrong, 'asm -s w.asm')).toMatchObject({ status: 2, out: message, err: '' });
    expect(await ringsideIn(real, wrong, 'asm -Z m.txt w.asm')).toMatchObject({
      status: 2,
      out: '',
      err: '',
      files: { 'm.txt': message },
    });
  });
});

describe('dis', () => {
  it('prints address, bytes and instruction, and what is none as data', async () => {
    const { out } = await run('dis code.bin --bits 64 --org 0x7c00');
    expect(out).toBe(
      '00007C00  90                nop\n00007C01  C3                ret\n00007C02  FF                db 0xff\n',
    );
  });

  it('makes a source with --source', async () => {
    const { out } = await run('dis code.bin --bits 64 --org 0x7c00 --source');
    expect(out).toMatch(
      /^bits 64\norg 0x7c00\n\n +nop +; 00007C00 90\n +ret +; 00007C01 C3\n +db 0xff +; 00007C02 FF\n$/,
    );
  });
});

describe('compare', () => {
  it('runs every method and says whether the result is the same', async () => {
    const { out, status } = await run('compare hello.asm');
    expect(status).toBe(0);
    expect(out).toMatch(
      /^method +status +instructions +exits +cycles +result +by reason\nnone +33 +7 +1 +1200 +the reference/,
    );
    expect(JSON.parse((await run('compare hello.asm --json')).out).methods).toHaveLength(6);
  });
});

describe('help', () => {
  it('lists commands, and the options of each', async () => {
    expect((await run('--help')).out).toContain('ringside run PROGRAM [options]');
    for (const command of ['run', 'compare', 'asm', 'dis', 'lsp', 'dap']) {
      expect((await run([command, '--help'])).status).toBe(0);
    }
    expect((await run('run --help')).out).not.toContain('tier1');
    expect((await run('--version')).out).toBe('ringside 0.0.0\n');
  });
});
