import type { Command } from './command';
import { UsageError } from './usage-error';

/** The transport that editors without a plug-in of their own use; the server reads the others from the command line too. */
const TRANSPORTS = /^--(stdio|node-ipc|pipe=.+|socket=\d+|clientProcessId=\d+)$/;

export const lspCommand: Command = {
  name: 'lsp',
  usage: 'ringside lsp --stdio',
  summary: 'the language server, for editors',
  help: '  --stdio                  talk over standard input and output (also --pipe=NAME, --socket=PORT, --node-ipc)',
  async run(args) {
    if (args.length === 0) throw new UsageError('lsp needs a transport: --stdio');
    const unknown = args.find((arg) => !TRANSPORTS.test(arg));
    if (unknown !== undefined) throw new UsageError(`there is no option \`${unknown}\``);
    // Loaded only here: the other commands start faster without it.
    const { startServer } = await import('../server/node');
    // It looks at the command line itself, and ends the process when its client does.
    startServer();
    return new Promise(() => {});
  },
};
