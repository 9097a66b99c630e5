/**
 * Builds into dist/: checks the types of every room (the project references refuse an upward import, and `node:` or
 * `vscode` in the core), and bundles what is run. Options: --watch, --minify, --no-types (bundles only).
 */
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, context } from 'esbuild';
import { compiledBanner, compiledFooter, writeCodeCache } from './code-cache.mjs';
import { interpreterImage } from './interpreter-image.mjs';
import { root, run } from './process.mjs';

const watch = process.argv.includes('--watch');
const minify = process.argv.includes('--minify');
const types = !process.argv.includes('--no-types') && !watch;

/** What is bundled: output in dist/, entry point, and where it runs. */
const bundles = [
  { out: 'extension.js', entry: 'extension/extension.ts', platform: 'node' },
  { out: 'web/extension.js', entry: 'extension/web-extension.ts', platform: 'browser' },
  { out: 'server.js', entry: 'server/node.ts', platform: 'node' },
  { out: 'web/server.js', entry: 'server/browser.ts', platform: 'browser' },
  { out: 'debug-adapter.js', entry: 'debug-adapter/node.ts', platform: 'node' },
  { out: 'web/debug-adapter.js', entry: 'debug-adapter/browser.ts', platform: 'browser' },
  { out: 'cli.js', entry: 'cli/launch.ts', platform: 'node' },
  { out: 'cli-main.js', entry: 'cli/main.ts', platform: 'node' },
  { out: 'cli-asm.js', entry: 'cli/main-asm.ts', platform: 'node', compiled: true },
];

/** @param {(typeof bundles)[number]} bundle @returns {import('esbuild').BuildOptions} */
function options({ out, entry, platform, compiled }) {
  const browser = platform === 'browser';
  const banner = compiled ? compiledBanner : out === 'cli.js' ? '#!/usr/bin/env node' : '';
  return {
    entryPoints: [join(root, entry)],
    outfile: join(root, 'dist', out),
    bundle: true,
    platform: browser ? 'browser' : 'node',
    // CommonJS is what every VS Code can load; a worker needs a plain script.
    format: browser && !out.endsWith('extension.js') ? 'iife' : 'cjs',
    mainFields: browser ? ['browser', 'module', 'main'] : ['module', 'main'],
    target: browser ? 'es2022' : 'node20',
    external: ['vscode'],
    // Modules of Node that @vscode/debugadapter imports; `events` is the package of that name.
    alias: browser ? { url: join(root, 'scripts/browser-url.mjs') } : {},
    banner: banner ? { js: banner } : {},
    footer: compiled ? { js: compiledFooter } : {},
    plugins: [interpreterImage({ watch })],
    // Fields that are set, not defined, cost less until V8 has compiled their class; only this bundle is over before that.
    ...(compiled ? { tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } } } : {}),
    sourcemap: minify ? false : 'linked',
    minify,
    logLevel: 'warning',
  };
}

async function bundleAll() {
  const missing = bundles.filter(({ entry }) => !existsSync(join(root, entry)));
  for (const { entry } of missing) console.error(`build: the entry point ${entry} does not exist`);
  const results = await Promise.allSettled(
    bundles.filter((each) => !missing.includes(each)).map((each) => build(options(each))),
  );
  if (existsSync(join(root, 'dist', 'cli.js'))) chmodSync(join(root, 'dist', 'cli.js'), 0o755);
  if (missing.length > 0 || results.some((result) => result.status === 'rejected')) return false;
  for (const { out, compiled } of bundles) if (compiled) await writeCodeCache(join(root, 'dist', out));
  return true;
}

/** The rooms on top refer to all below them. */
async function checkTypes() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    await run(process.execPath, [tsc, '-b', 'extension', 'cli']);
    return true;
  } catch {
    return false;
  }
}

if (watch) {
  for (const bundle of bundles) {
    const watched = await context({
      ...options(bundle),
      plugins: [
        interpreterImage({ watch }),
        {
          name: 'tell',
          setup(build) {
            build.onStart(() => console.log(`[watch] build started: ${bundle.out}`));
            build.onEnd(() => console.log(`[watch] build finished: ${bundle.out}`));
          },
        },
      ],
    });
    await watched.watch();
  }
} else {
  const began = Date.now();
  const [typed, bundled] = await Promise.all([types ? checkTypes() : true, bundleAll()]);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (typed && bundled) console.log(`build: dist/ is up to date (${bundles.length} bundles, ${seconds} s)`);
  else process.exit(1);
}
