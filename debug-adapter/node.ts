/** Entry point in Node: the debug adapter as a process of its own, over standard input and output, or `--port N`. */
import { coreToolchain } from './core-toolchain';
import { servePort, serveStdio } from './serve';

const port = process.argv.indexOf('--port');
if (port < 0) void serveStdio(coreToolchain);
else {
  servePort(Number(process.argv[port + 1]), coreToolchain).catch((error: Error) => {
    process.stderr.write(`cannot listen: ${error.message}\n`);
    process.exitCode = 2;
  });
}
