import type { Command } from './command';
import { type OptionSpec, Options, optionHelp } from './options';
import { UsageError } from './usage-error';

const specs: readonly OptionSpec[] = [
  { name: '--stdio', help: 'talk over standard input and output' },
  { name: '--port', value: 'N', help: 'listen on a TCP port of this machine; 0 takes a free one' },
];

export const dapCommand: Command = {
  name: 'dap',
  usage: 'ringside dap --stdio | --port N',
  summary: 'the debug adapter, for editors',
  help: optionHelp(specs),
  async run(args, { tools, err }) {
    const options = new Options(args, specs);
    const [extra] = options.positional;
    if (extra !== undefined) throw new UsageError(`dap takes no file: what is \`${extra}\`?`);
    const port = options.number('--port', 0);
    if (options.has('--stdio') === (port !== undefined)) throw new UsageError('dap needs either --stdio or --port N');
    if (port !== undefined && port > 65535) throw new UsageError(`--port ${port} is no TCP port`);
    // Loaded only here: the other commands start faster without it.
    const { servePort, serveStdio } = await import('../debug-adapter/serve');
    if (port === undefined) {
      await serveStdio(tools);
      return 0;
    }
    try {
      const server = await servePort(port, tools);
      const address = server.address();
      err(`listening on 127.0.0.1:${typeof address === 'object' ? address?.port : port}\n`);
    } catch (error) {
      throw new UsageError(`cannot listen on port ${port}: ${(error as Error).message}`);
    }
    return new Promise(() => {});
  },
};
