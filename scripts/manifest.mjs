/**
 * Writes into package.json the names that it must repeat from the tables (VS Code reads it before any code of ours runs).
 * `extension/package.test.ts` fails when this is due: node scripts/manifest.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, run } from './process.mjs';

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { exitReasons } from './isa/vmx/exit-reasons';
      export { BOOT_KINDS, TIER1_SWITCHES, VIRTUALIZATION_METHODS } from './hypervisor/launch-options';`,
    resolveDir: root,
  },
  bundle: true,
  format: 'esm',
  write: false,
});
const tables = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const file = join(root, 'package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const launch = manifest.contributes.debuggers[0].configurationAttributes.launch.properties;
launch.virtualization.enum = tables.VIRTUALIZATION_METHODS;
manifest.contributes.configuration.properties['ringside.virtualization'].enum = tables.VIRTUALIZATION_METHODS;
launch.boot.enum = tables.BOOT_KINDS;
launch.tier1.enum = tables.TIER1_SWITCHES;
launch.breakOnExits.items = {
  type: 'string',
  enum: tables.exitReasons.map((/** @type {{ name: string }} */ { name }) => name),
  enumDescriptions: tables.exitReasons.map((/** @type {{ summary: string }} */ { summary }) => summary),
};
writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
await run(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', file], {
  quiet: true,
});
