/** Entry point that VS Code's extension host calls: runs the mocha suites and reports each test as a line of JSON. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Mocha from 'mocha';

/** This file is bundled to out/test/vscode/. */
const report = join(__dirname, '../../../.cache/vscode-suite/report.ndjson');

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 150_000 });
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, '', mocha);
  await import('./editing');
  await import('./debugging');

  mkdirSync(dirname(report), { recursive: true });
  const failures = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    const write = (test: Mocha.Test | Mocha.Hook, state: 'passed' | 'failed' | 'pending', error?: Error) => {
      const line = {
        title: test.fullTitle(),
        state,
        milliseconds: test.duration ?? 0,
        error: error && (error.stack ?? error.message),
      };
      appendFileSync(report, `${JSON.stringify(line)}\n`);
    };
    runner.on('pass', (test) => write(test, 'passed'));
    runner.on('fail', (test, error) => write(test, 'failed', error));
    runner.on('pending', (test) => write(test, 'pending'));
  });
  if (failures > 0) throw new Error(`${failures} failed`);
}
