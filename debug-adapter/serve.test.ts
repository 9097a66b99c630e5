import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePort, serveStreams } from './serve';
import { toyToolchain } from './testing/toy-toolchain';

const folder = mkdtempSync(join(tmpdir(), 'ringside-dap-'));
const program = join(folder, 'toy.asm');
let server: Server;
let port: number;

beforeAll(async () => {
  writeFileSync(program, 'start: nop\n  cpuid\nsecond: inc rax\n  mov rax, 16\n  out 0xf4\n');
  server = await servePort(0, toyToolchain());
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('a client of VS Code’s own test kit, over a socket', () => {
  it('hits a breakpoint, steps, steps back, and sees the guest end', async () => {
    const client = new DebugClient('node', 'unused', 'ringside');
    await client.start(port);
    await client.hitBreakpoint({ program }, { path: program, line: 3 });
    await Promise.all([client.nextRequest({ threadId: 1 }), client.assertStoppedLocation('step', { line: 4 })]);
    await Promise.all([
      client.stepBackRequest({ threadId: 1 }),
      client.assertStoppedLocation('step', { path: program, line: 3 }),
    ]);
    const exited = client.waitForEvent('exited');
    await Promise.all([client.continueRequest({ threadId: 1 }), client.waitForEvent('terminated')]);
    expect((await exited).body).toEqual({ exitCode: 33 });
    await client.stop();
  });

  it('is one of several, each with a guest of its own', async () => {
    const clients = [1, 2].map(() => new DebugClient('node', 'unused', 'ringside'));
    await Promise.all(clients.map((client) => client.start(port)));
    await Promise.all(clients.map((client) => client.hitBreakpoint({ program }, { path: program, line: 4 })));
    await Promise.all(clients.map((client) => client.stop()));
  });
});

describe('a client that goes wrong', () => {
  it('may send what is no protocol: it is told, and the connection ends', async () => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toContain('a message has no Content-Length');
  });

  it('may vanish: the session ends, its guest too', async () => {
    const input = new PassThrough();
    const served = serveStreams(input, new PassThrough(), toyToolchain());
    const message = (seq: number, command: string, args: object = {}) => {
      const json = JSON.stringify({ seq, type: 'request', command, arguments: args });
      input.write(`Content-Length: ${json.length}\r\n\r\n${json}`);
    };
    writeFileSync(join(folder, 'endless.asm'), 'start: nop\n  jmp start\n');
    message(1, 'initialize');
    message(2, 'launch', { program: join(folder, 'endless.asm') });
    await new Promise((resolve) => setTimeout(resolve, 50));
    message(3, 'configurationDone');
    await new Promise((resolve) => setTimeout(resolve, 50));
    input.end();
    await served;
  });
});
