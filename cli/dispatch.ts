import { ExitStatus } from '../debug-adapter/exit-status';
import type { Command, Environment } from './command';
import { UsageError } from './usage-error';

/** Status for a bug in this program (sysexits.h, EX_SOFTWARE). */
const INTERNAL_ERROR = 70;

function overview(commands: readonly Pick<Command, 'usage' | 'summary'>[]): string {
  const lines = commands.map((c) => `  ${c.usage}\n      ${c.summary}`);
  return `Ringside boots guest kernels in a built-in x86-64 machine with VT-x, under a built-in hypervisor.\n\n${lines.join('\n')}\n\n\`ringside COMMAND --help\` lists the options of a command.\n`;
}

/**
 * Runs `ringside` with the arguments behind its name.
 * @returns the exit status; what the user did wrong is one line on standard error and status 2
 */
export async function dispatch<Tools>(
  commands: readonly Command<Tools>[],
  args: readonly string[],
  environment: Environment<Tools>,
  version: () => string,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    environment.out(overview(commands));
    return ExitStatus.Ok;
  }
  if (name === '--version' || name === '-v') {
    environment.out(`ringside ${version()}\n`);
    return ExitStatus.Ok;
  }
  const command = commands.find((c) => c.name === name);
  try {
    if (!command) {
      const known = commands.map((c) => c.name).join(', ');
      throw new UsageError(
        name === undefined ? `a command is missing: ${known}` : `there is no command \`${name}\`: ${known}`,
      );
    }
    if (rest.includes('--help') || (rest.includes('-h') && command.name !== 'asm')) {
      environment.out(`${command.usage}\n${command.summary}\n\n${command.help}\n`);
      return ExitStatus.Ok;
    }
    return await command.run(rest, environment);
  } catch (error) {
    if (error instanceof UsageError) {
      environment.err(`ringside: ${error.message.replaceAll('\n', ' ')}\n`);
      return ExitStatus.BadInput;
    }
    environment.err(`ringside: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return INTERNAL_ERROR;
  }
}
