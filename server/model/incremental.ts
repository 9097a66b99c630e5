/** The assembler as the server uses it: a program that was assembled before is assembled again by what changed in it. */

import type { AssembleOptions, AssembleResult, SourceReader } from '../../assembler/api';
import { ProgramModel } from '../../assembler/program-model';
import type { Assemble } from './programs';

/** A program, with what its next run takes from whoever asks for it. */
interface Kept {
  model: ProgramModel;
  /** The options that decide what comes out. */
  settings: string;
  reader: SourceReader;
  cancelled: () => boolean;
  result?: AssembleResult;
}

/** Assembles like `assemble`; remembers programs until they are forgotten. */
export function incrementalAssembler(): Assemble {
  const programs = new Map<string, Kept>();
  const assemble: Assemble = (file, source, options, reader) => {
    const { cancelled = () => false, ...rest } = options;
    const settings = JSON.stringify(rest);
    let kept = programs.get(file);
    if (kept?.settings !== settings) {
      kept = remembered(file, rest, settings, reader);
      programs.set(file, kept);
    }
    kept.reader = reader;
    kept.cancelled = cancelled;
    // Lists of a result are made when they are asked for, from the program as it is then.
    const { result } = kept;
    if (result) void [result.symbols, result.macros, result.lines];
    try {
      kept.result = kept.model.update(source);
    } catch (error) {
      programs.delete(file);
      throw error;
    }
    return kept.result;
  };
  assemble.forget = (file) => programs.delete(file);
  return assemble;
}

function remembered(file: string, options: AssembleOptions, settings: string, reader: SourceReader): Kept {
  const kept: Omit<Kept, 'model'> = { settings, reader, cancelled: () => false };
  const model = new ProgramModel(
    file,
    { ...options, cancelled: () => kept.cancelled() },
    {
      resolve: (name, from, paths) => kept.reader.resolve(name, from, paths),
      readText: (path) => kept.reader.readText(path),
      readBytes: (path) => kept.reader.readBytes(path),
    },
  );
  return Object.assign(kept, { model });
}
