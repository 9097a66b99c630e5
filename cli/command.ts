import type { Toolchain } from '../debug-adapter/toolchain';

/** What a command uses of the process: tests put in something smaller. */
export interface Environment<Tools = Toolchain> {
  readonly tools: Tools;
  /** Environment variables, for NASM's `%!NAME`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The current folder: what names of files are relative to, for debuggers. */
  readonly directory?: string;
  /** Text to standard output and standard error, as it is. */
  out(text: string): void;
  err(text: string): void;
  /** Bytes that the guest printed, a character each. */
  outBytes(text: string): void;
  /** `undefined` where there is no such file; `-` is standard input. */
  readFile(path: string): Uint8Array | undefined;
  /** @throws UsageError where the file cannot be written */
  writeFile(path: string, bytes: Uint8Array | string): void;
  /** Set once the user has asked to stop (Ctrl-C). */
  readonly interrupted: () => boolean;
}

/** One command of `ringside`. */
export interface Command<Tools = Toolchain> {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** The text of `--help`. */
  readonly help: string;
  /** @returns the exit status @throws UsageError */
  run(args: readonly string[], environment: Environment<Tools>): Promise<number>;
}
