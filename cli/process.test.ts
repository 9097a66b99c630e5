/** The command as a process: streams, signals, exit statuses. It is bundled as scripts/build.mjs does it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ringside-cli-'));
const program = join(folder, 'cli.cjs');
const boot = (name: string, body: string) => {
  const path = join(folder, name);
  const head = '        org 0x7C00\n        bits 16\n';
  writeFileSync(path, `${head}${body}\n        times 510-($-$$) db 0\n        dw 0xAA55\n`);
  return path;
};
const hello = boot(
  'hello.asm',
  " mov dx, 0x3F8\n mov al, 'H'\n out dx, al\n mov al, 'i'\n out dx, al\n mov al, 0x21\n out 0xF4, al",
);
const chatty = boot('chatty.asm', " mov dx, 0x3F8\n mov al, 'x'\nagain: out dx, al\n jmp again");
const endless = boot('endless.asm', " mov dx, 0x3F8\n mov al, '>'\n out dx, al\nagain: jmp again");
const echo = boot(
  'echo.asm',
  // At 115200 baud: a character takes a twelfth of the time.
  `        mov dx, 0x3FB
        mov al, 0x83
        out dx, al
        mov dx, 0x3F8
        mov al, 1
        out dx, al
        mov dx, 0x3FB
        mov al, 3
        out dx, al
        mov dx, 0x3FD
poll:   in al, dx
        test al, 1
        jz poll
        mov dx, 0x3F8
        in al, dx
        out dx, al
        mov dx, 0x3FD
        cmp al, '.'
        jne poll
        mov al, 0
        out 0xF4, al`,
);

interface Result {
  status: number | null;
  out: string;
  err: string;
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { cwd: folder });
}

async function finish(child: ChildProcess): Promise<Result> {
  const text = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    text.err += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...text };
}

const ringside = (...args: string[]) => finish(start(...args));

beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'main.ts')];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('run', () => {
  it('streams the serial line and ends with the guest’s status', async () => {
    expect(await ringside('run', hello)).toEqual({ status: 67, out: 'Hi', err: '' });
    const json = await ringside('run', hello, '--json', '--virtualization', 'none');
    expect(JSON.parse(json.out)).toMatchObject({ status: 67, reason: 'debug-exit', serial: 'Hi', exits: {} });
  });

  it('types what standard input gives', async () => {
    const child = start('run', echo, '--input', '-', '--virtualization', 'none', '--max-instructions', '50000000');
    child.stdin?.end('Hello.');
    expect(await finish(child)).toEqual({ status: 1, out: 'Hello.', err: '' });
  });

  it('ends quietly when whoever reads has gone', async () => {
    const child = start('run', chatty);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await finish(child)).toMatchObject({ status: 141, err: '' });
  });

  it('ends in order on Ctrl-C, with the table that was asked for', async () => {
    const child = start('run', endless, '--exits');
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { status, out } = await finish(child);
    expect(status).toBe(130);
    expect(out).toMatch(/^>\n?VM exit[\s\S]*instructions; interrupted\n$/);
  });

  it('says in one line what is wrong with the input', async () => {
    const broken = boot('broken.asm', ' mov ax, nowhere\n frobnicate');
    for (const args of [
      ['run', broken],
      ['run', join(folder, 'none.asm')],
      ['run', hello, '--memory', '64T'],
      ['run', hello, '--memory', '4K'],
      ['run', hello, '--cpus', '4096'],
      ['run', hello, '--boot', 'elf'],
      ['run', folder],
      ['run', hello, '--frobnicate'],
      ['asm', hello, '-o', '/nowhere/out'],
    ]) {
      const { status, out, err } = await ringside(...args);
      expect([status, out], args.join(' ')).toEqual([2, '']);
      expect(err, args.join(' ')).toMatch(/^ringside: [^\n]+\n$/);
    }
  });
});

describe('asm and dis', () => {
  it('assemble and disassemble', async () => {
    writeFileSync(join(folder, 'two.asm'), 'bits 32\nmov eax, [ebx+4]\nret\n');
    expect(await ringside('asm', 'two.asm', '-f', 'bin', '-o', 'two.bin')).toEqual({ status: 0, out: '', err: '' });
    const { out } = await ringside('dis', 'two.bin', '--bits', '32');
    expect(out).toBe(
      '00000000  8B4304            mov eax, [ebx+0x4]\n00000003  C3                ret\n'.replace(
        ', [',
        out.includes(',[') ? ',[' : ', [',
      ),
    );
  });
});

describe('dap --stdio', () => {
  it('answers, and ends with its client', async () => {
    const child = start('dap', '--stdio');
    const send = (seq: number, command: string, args: object) => {
      const json = JSON.stringify({ seq, type: 'request', command, arguments: args });
      child.stdin?.write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    };
    send(1, 'initialize', { adapterID: 'ringside' });
    send(2, 'launch', { program: hello });
    await new Promise((resolve) => child.stdout?.on('data', (d) => `${d}`.includes('"initialized"') && resolve(0)));
    send(3, 'configurationDone', {});
    await new Promise((resolve) => child.stdout?.on('data', (d) => `${d}`.includes('"terminated"') && resolve(0)));
    send(4, 'disconnect', {});
    expect((await finish(child)).status).toBe(0);
  });
});
