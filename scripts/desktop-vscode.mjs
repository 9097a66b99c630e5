/** A desktop VS Code for the suite: one that @vscode/test-electron downloads, where there is a display and a way to it. */
import { join } from 'node:path';
import { cache, step } from './process.mjs';

/** Whether a window could be opened here at all. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Asked first, because a download that cannot work would be retried for minutes. */
async function downloadReachable() {
  try {
    const answer = await fetch('https://update.code.visualstudio.com/api/releases/stable', {
      signal: AbortSignal.timeout(5000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Path of the executable, or undefined where no desktop VS Code can be had. */
export async function desktopCode() {
  if (!hasDisplay() || !(await downloadReachable())) return undefined;
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  try {
    return await step('Fetching a desktop VS Code (once)', () =>
      downloadAndUnzipVSCode({ version: 'stable', cachePath: join(cache, 'vscode-desktop') }),
    );
  } catch {
    return undefined;
  }
}
