import type { AssembleOptions, AssembleResult, SourceReader } from './api';
import { conclude, makeAssembly } from './output/result';

/**
 * Assembles a source as NASM 2.16 does. Never fails: what could be made is there, with everything that is wrong.
 * @param file the name of the source in messages
 * @param source its text
 */
export function assemble(file: string, source: string, options: AssembleOptions, reader: SourceReader): AssembleResult {
  const assembly = makeAssembly(file, options, reader);
  assembly.run(file, source);
  return conclude(assembly);
}
