import type { Toolchain } from '../debug-adapter/toolchain';
import { asmCommand } from './asm';
import type { Command, Environment } from './command';
import { compareCommand } from './compare';
import { dapCommand } from './dap';
import { disCommand } from './dis';
import { dispatch } from './dispatch';
import { lspCommand } from './lsp';
import { runCommand } from './run';

/** All commands of `ringside`. */
export const commands: readonly Command<Toolchain>[] = [
  runCommand,
  compareCommand,
  asmCommand,
  disCommand,
  lspCommand,
  dapCommand,
];

/** Runs `ringside` with the arguments behind its name; gives the exit status. */
export function ringside(args: readonly string[], environment: Environment, version: string): Promise<number> {
  return dispatch(commands, args, environment, () => version);
}
