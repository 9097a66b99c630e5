/** Entry point in Node: the server as a process, over standard input and output, IPC, a pipe or a socket. */

import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { clientFiles } from './client-files';
import { incrementalAssembler } from './model/incremental';
import { nodeFiles } from './node-files';
import { serve } from './server';

/**
 * Serves the client at the other end of the transport that the command line names (`--stdio`, `--node-ipc`, `--pipe=NAME`,
 * `--socket=PORT`). The process ends when the client asks, or is gone.
 */
export function startServer(): void {
  const connection = createConnection(ProposedFeatures.all);
  // One mistake in one feature must not lose the user's server; it is told in the client's log.
  process.on('unhandledRejection', (reason) => connection.console.error(String(reason)));
  serve(connection, nodeFiles(clientFiles(connection)), incrementalAssembler());
}

// Started as a process of its own, not bundled into the command line, which calls startServer itself.
if (/(?:^|[\\/])(?:server\.[cm]?js|node\.ts)$/.test(process.argv[1] ?? '')) startServer();
