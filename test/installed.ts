import { spawnSync } from 'node:child_process';

/**
 * Whether all of these programs can be run here: `describe.skipIf(!installed('nasm'))`. What tests compare with is not part of
 * Ringside; `npm test` says what was skipped for want of it, and `.ci/run` allows no skips.
 */
export function installed(...commands: string[]): boolean {
  return commands.every((command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined);
}
