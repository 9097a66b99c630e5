import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { FramingError, frame, MessageReader } from './message-stream';
import type { FileAccess } from './program/file-access';
import { RingsideSession } from './session';
import type { Toolchain } from './toolchain';

/** The files of this machine. */
export const nodeFiles: FileAccess = {
  readBytes(path) {
    try {
      return new Uint8Array(readFileSync(path));
    } catch {
      return undefined;
    }
  },
};

/** Serves one session over a pair of streams; resolves when the client is gone or has disconnected. */
export function serveStreams(input: Readable, output: Writable, tools: Toolchain): Promise<void> {
  return new Promise((resolve) => {
    const session = new RingsideSession(nodeFiles, tools);
    const reader = new MessageReader();
    const close = () => {
      session.dispose();
      resolve();
    };
    session.onDidSendMessage((message) => output.write(frame(message as DebugProtocol.ProtocolMessage)));
    session.onShutdown = close;
    const complain = (error: FramingError) => session.sendEvent(new OutputEvent(`${error.message}\n`, 'stderr'));
    input.on('data', (chunk: Uint8Array) => {
      try {
        for (const message of reader.take(chunk)) {
          if (message instanceof FramingError) complain(message);
          else session.handleMessage(message);
        }
      } catch (error) {
        if (!(error instanceof FramingError)) throw error;
        complain(error);
        input.pause();
        close();
      }
    });
    input.on('end', close);
    input.on('close', close);
    input.on('error', close);
    // A client that went away: there is nobody to tell.
    output.on('error', close);
  });
}

/** Serves over this process's own standard input and output. */
export async function serveStdio(tools: Toolchain): Promise<void> {
  await serveStreams(process.stdin, process.stdout, tools);
  process.stdin.pause();
  process.stdin.unref?.();
}

/** Serves each client that connects to a TCP port of this machine with a session of its own; 0 takes a free port. */
export function servePort(port: number, tools: Toolchain): Promise<Server> {
  const server = createServer((socket) => {
    void serveStreams(socket, socket, tools).then(() => socket.end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
