/**
 * What `ringside` is: chooses the bundle that a command needs. `asm` is what build scripts call a hundred times in a row, on
 * files that are done in less time than V8 takes to get warm; so it has a bundle of its own, compiled when it was built.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Bytecodes that a function runs before V8 optimizes it; it is several times V8's own number. A source of ten thousand lines
 * is assembled before optimized code would pay for its making; main-asm.ts lowers it for long ones.
 */
const INTERRUPT_BUDGET = 2_000_000;

/** Set by the build (scripts/code-cache.mjs): where to write the code that a run has compiled. */
const cacheWanted = process.env.RINGSIDE_WRITE_CODE_CACHE;

/** The first bytes of the bundle and of the code cache that belongs to it. */
const STAMP_LENGTH = 64;

function readCache(path: string, stamp: string): Buffer | undefined {
  if (cacheWanted !== undefined) return undefined;
  try {
    const bytes = readFileSync(path);
    return bytes.toString('latin1', 0, STAMP_LENGTH) === stamp ? bytes.subarray(STAMP_LENGTH) : undefined;
  } catch {
    return undefined;
  }
}

/** Runs a bundle that is a function of its module's names, with the code cache beside it if it suits this V8. */
function runCompiled(name: string): void {
  const path = join(__dirname, name);
  // The bundler writes ASCII only; V8 keeps such a text in half the memory.
  const source = readFileSync(path, 'latin1');
  const stamp = source.slice(0, STAMP_LENGTH);
  const cachedData = readCache(`${path}.cache`, stamp);
  const script = new Script(source, cachedData ? { filename: path, cachedData } : { filename: path });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, __dirname);
  if (cacheWanted === undefined) return;
  process.once('exit', () => {
    writeFileSync(cacheWanted, Buffer.concat([Buffer.from(stamp, 'latin1'), script.createCachedData()]));
  });
}

if (process.argv[2] === 'asm') {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
  // It would mark most of what there is, to free little: most of what is made while assembling lives to its end.
  setFlagsFromString('--no-incremental-marking');
  runCompiled('cli-asm.js');
} else require(join(__dirname, 'cli-main.js'));
