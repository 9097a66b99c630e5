/** Entry point of the `ringside` command: connects {@link ringside} with this process. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { coreToolchain } from '../debug-adapter/core-toolchain';
import type { Environment } from './command';
import { ringside } from './commands';
import { UsageError } from './usage-error';

/** Statuses of processes that a signal ended, as shells give them. */
const SIGINT_STATUS = 130;
const SIGPIPE_STATUS = 141;

/** Commands that run a guest come to an orderly end by themselves; the others are simply ended. */
let interrupted = false;
if (['run', 'compare'].includes(process.argv[2] ?? '')) {
  process.on('SIGINT', () => {
    // A second Ctrl-C does not wait for the end of a slice.
    if (interrupted) process.exit(SIGINT_STATUS);
    interrupted = true;
  });
}

/** Whoever read our output has gone away: that is no error of ours, and nobody is left to tell. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(SIGPIPE_STATUS);
    throw error;
  });
}

const environment: Environment = {
  tools: coreToolchain,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outBytes: (text) => void process.stdout.write(Buffer.from(text, 'latin1')),
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

void ringside(process.argv.slice(2), environment, version()).then((status) => {
  // Not process.exit: what was written must reach a slow reader first.
  process.exitCode = status;
});
