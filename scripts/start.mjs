/**
 * `npm start`: sets up what is missing, builds, and opens a real VS Code on samples/ with the extension loaded.
 * `npm start -- --headless [PROGRAM [OPTIONS]]`: boots a sample (or PROGRAM) under the hypervisor in this terminal.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { CommandFailed, cache, root, run, step, which } from './process.mjs';

const samples = join(root, 'samples');
/** What samples/long-mode says by port F4h when all went well. */
const sampleSuccess = 33;

try {
  await ensureDependencies();
  await step('Building', () => run(process.execPath, [join(root, 'scripts/build.mjs'), '--no-types']));
  if (process.argv.includes('--headless')) process.exitCode = await bootInTerminal();
  else await openEditor();
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Serial output, exit table and final state; returns the exit status. @returns {Promise<number>} */
function bootInTerminal() {
  const given = process.argv.slice(2).filter((each) => each !== '--headless');
  const args = given.length > 0 ? given : [join(samples, 'long-mode', 'kernel.asm')];
  console.log(`> ringside run ${args.join(' ')} --virtualization ept --exits\n`);
  return new Promise((done, fail) => {
    const guest = spawn(
      process.execPath,
      [join(root, 'dist/cli.js'), 'run', ...args, '--virtualization', 'ept', '--exits'],
      { stdio: 'inherit' },
    );
    guest.on('error', fail);
    guest.on('close', (code) => done(given.length === 0 && code === sampleSuccess ? 0 : (code ?? 1)));
  });
}

async function openEditor() {
  const { desktopCode, hasDisplay } = await import('./desktop-vscode.mjs');
  const installed = hasDisplay() ? which('code') : undefined;
  const extension = `--extensionDevelopmentPath=${root}`;
  if (installed) {
    console.log(`Opening ${samples} in ${installed}: press F5 in an .asm file.`);
    return run(installed, ['--new-window', extension, samples]);
  }
  const downloaded = await desktopCode();
  if (downloaded) {
    console.log(`Opening ${samples} in ${downloaded}: press F5 in an .asm file.`);
    const profile = join(cache, 'vscode-desktop-user');
    return run(downloaded, [
      '--new-window',
      extension,
      `--user-data-dir=${profile}`,
      '--disable-workspace-trust',
      samples,
    ]);
  }
  return serve();
}

/** VS Code's server from npm, to be opened in a browser; runs until it is interrupted. */
async function serve() {
  const { startServer, workbenchAddress } = await import('./vscode-server.mjs');
  // Whoever can connect can run programs here, so other users of this machine must not be able to.
  const token = randomBytes(16).toString('hex');
  const server = await startServer({ userData: join(cache, 'vscode-user'), token });
  const address = workbenchAddress({ port: server.port, folder: samples, extension: root, token });
  console.log(`
VS Code is running. Open this address in a browser, open boot-sector/boot.asm and press F5:

  ${address}

Ctrl+C ends it.`);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => server.stop());
  await server.ended;
}
