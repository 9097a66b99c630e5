/** Stands in for the assembler where a test is about the server alone: every word `bad` is an error. */

import type { Diagnostic } from '../../assembler/api';
import type { Assemble } from '../model/programs';

export interface FakeAssembler {
  assemble: Assemble;
  /** Root of each run, in order. */
  runs: string[];
  /** How long a run blocks. */
  milliseconds: number;
  /** Asked after `milliseconds` whether to give up; what it answered last. */
  wasCancelled: boolean;
  failure?: Error;
}

export function fakeAssembler(): FakeAssembler {
  const fake: FakeAssembler = {
    runs: [],
    milliseconds: 0,
    wasCancelled: false,
    assemble: (file, source, options, reader) => {
      fake.runs.push(file);
      if (fake.failure) throw fake.failure;
      const began = Date.now();
      fake.wasCancelled = false;
      while (Date.now() - began < fake.milliseconds && !fake.wasCancelled)
        fake.wasCancelled = options.cancelled?.() ?? false;
      const diagnostics: Diagnostic[] = [];
      const dependencies: string[] = [];
      const read = (path: string, text: string, depth: number) => {
        text.split('\n').forEach((line, at) => {
          for (const match of line.matchAll(/\bbad\b/g)) {
            const range = { file: path, line: at, column: match.index, endLine: at, endColumn: match.index + 3 };
            const chain = depth > 0 ? [{ message: 'included here', range: { ...range, file } }] : [];
            diagnostics.push({ severity: 'error', message: 'this is bad', range, chain, suggestion: 'good' });
          }
          const include = /^\s*%include "(.*)"/.exec(line);
          const target =
            include && depth < 10 ? reader.resolve(include[1], path, options.includePaths ?? []) : undefined;
          if (target === undefined) return;
          dependencies.push(target);
          read(target, reader.readText(target) ?? '', depth + 1);
        });
      };
      read(file, source, 0);
      return { diagnostics, symbols: [], macros: [], lines: [], dependencies, origin: 0 };
    },
  };
  return fake;
}
