/** A Chromium that Playwright can drive: the system's, else one that Playwright downloads, where it may. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run, step, which } from './process.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const fixed = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const downloads = join(cache, 'browsers');

/** Under headless use as root in a container none of a browser's usual surroundings are there. */
export const browserArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  // Without a GPU, what is painted anew is sometimes painted over what was elsewhere.
  '--disable-partial-raster',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

function downloaded() {
  if (!existsSync(downloads)) return undefined;
  const files = readdirSync(downloads, { recursive: true, encoding: 'utf8' });
  const found = files.find((file) => /(?:^|[\\/])(?:chrome-headless-shell|headless_shell)(?:\.exe)?$/.test(file));
  return found && join(downloads, found);
}

/** Path of a browser, or undefined where there is none and none can be fetched. */
export async function findBrowser() {
  const named = process.env.RINGSIDE_BROWSER;
  if (named) return named;
  const installed = names.map(which).find(Boolean) ?? fixed.find((path) => existsSync(path)) ?? downloaded();
  if (installed) return installed;
  try {
    await step('Fetching a browser for the tests (once)', () =>
      run(
        process.execPath,
        [join(root, 'node_modules/playwright-core/cli.js'), 'install', '--only-shell', 'chromium'],
        {
          quiet: true,
          env: { PLAYWRIGHT_BROWSERS_PATH: downloads },
        },
      ),
    );
  } catch {
    return undefined;
  }
  return downloaded();
}
