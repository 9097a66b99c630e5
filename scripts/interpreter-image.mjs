/** An esbuild plugin: puts the generated interpreter into bundles in place of machine/cpu/interpreter-image.ts. */
import { build } from 'esbuild';
import { root } from './process.mjs';

const GENERATE = `
import { InterpreterModule } from './machine/cpu/interpreter';
import { allForms } from './isa/table';
export const bytes = new InterpreterModule(allForms(), undefined).bytes;
`;

/** Runs the generator, bundled in memory. @returns {Promise<Uint8Array>} */
async function generate() {
  const result = await build({
    stdin: { contents: GENERATE, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'silent',
  });
  const module = await import(
    `data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString('base64')}`
  );
  return module.bytes;
}

/** @type {Promise<Uint8Array> | undefined} */
let made;

/**
 * Made when the first bundle asks for it, once for all bundles of a build; while watching, anew for each build.
 * @param {{ watch: boolean }} options
 * @returns {import('esbuild').Plugin}
 */
export function interpreterImage({ watch }) {
  return {
    name: 'interpreter-image',
    setup(build) {
      build.onStart(() => {
        if (watch) made = undefined;
      });
      build.onLoad({ filter: /[\\/]machine[\\/]cpu[\\/]interpreter-image\.ts$/ }, () => ({
        contents: "import bytes from 'interpreter-image:';\nexport const interpreterImage = bytes;",
        loader: 'js',
      }));
      build.onResolve({ filter: /^interpreter-image:$/ }, ({ path }) => ({ path, namespace: 'interpreter-image' }));
      build.onLoad({ filter: /.*/, namespace: 'interpreter-image' }, async () => {
        made ??= generate();
        return { contents: await made, loader: 'binary' };
      });
    },
  };
}
