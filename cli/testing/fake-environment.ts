/** A process for tests: files in memory, output collected. Test code only. */
import type { Toolchain } from '../../debug-adapter/toolchain';
import type { Environment } from '../command';
import { ringside } from '../commands';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly files: Record<string, string | Uint8Array>;
}

/** Runs a command line, split at blanks. */
export async function ringsideIn(
  tools: Toolchain,
  files: Record<string, string | Uint8Array>,
  args: string | string[],
): Promise<Outcome> {
  let out = '';
  let err = '';
  const all = { ...files };
  const environment: Environment = {
    tools,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outBytes: (text) => {
      out += text;
    },
    readFile: (path) => {
      const file = all[path];
      return typeof file === 'string' ? new TextEncoder().encode(file) : file;
    },
    writeFile: (path, bytes) => {
      all[path] = bytes;
    },
    interrupted: () => false,
  };
  const status = await ringside(typeof args === 'string' ? args.split(/\s+/) : args, environment, '0.0.0');
  return { status, out, err, files: all };
}
