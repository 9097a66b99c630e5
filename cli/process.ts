/** The `ringside` command as a process: its streams, files and signals. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command, Environment } from './command';
import { dispatch } from './dispatch';
import { UsageError } from './usage-error';

/** Statuses of processes that a signal ended, as shells give them. */
const SIGINT_STATUS = 130;
const SIGPIPE_STATUS = 141;

/** Commands that run a guest come to an orderly end by themselves; the others are simply ended. */
let interrupted = false;

function watchInterrupts(): void {
  process.on('SIGINT', () => {
    // A second Ctrl-C does not wait for the end of a slice.
    if (interrupted) process.exit(SIGINT_STATUS);
    interrupted = true;
  });
}

type StreamName = 'stdout' | 'stderr';
const opened = new Set<StreamName>();

/** Opened when there is something to say: most assembling says nothing. */
function write(name: StreamName, text: string | Uint8Array): void {
  const stream = process[name];
  if (!opened.has(name)) {
    opened.add(name);
    // Whoever read our output has gone away: that is no error of ours, and nobody is left to tell.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(SIGPIPE_STATUS);
      throw error;
    });
  }
  stream.write(text);
}

const environment: Omit<Environment, 'tools'> = {
  variables: process.env as Record<string, string>,
  directory: process.cwd(),
  out: (text) => write('stdout', text),
  err: (text) => write('stderr', text),
  outBytes: (text) => write('stdout', Buffer.from(text, 'latin1')),
  readFile(path) {
    try {
      return new Uint8Array(readFileSync(path === '-' ? 0 : path));
    } catch {
      return undefined;
    }
  },
  writeFile(path, bytes) {
    try {
      writeFileSync(path, bytes);
    } catch (error) {
      throw new UsageError(`cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`);
    }
  },
  interrupted: () => interrupted,
};

/** The version of the package that this file is part of: package.json stands above dist/. */
function version(): string {
  try {
    const file = join(dirname(realpathSync(process.argv[1] ?? '')), '..', 'package.json');
    return String(JSON.parse(readFileSync(file, 'utf8')).version);
  } catch {
    return 'of unknown version';
  }
}

/** Runs the command line of this process with the commands given; its status is the process's. */
export function runProcess<Tools>(commands: readonly Command<Tools>[], tools: Tools): void {
  if (['run', 'compare'].includes(process.argv[2] ?? '')) watchInterrupts();
  void dispatch(commands, process.argv.slice(2), { ...environment, tools }, version).then((status) => {
    // Not process.exit: what was written must reach a slow reader first.
    process.exitCode = status;
  });
}
