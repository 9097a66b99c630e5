import type { AssembleOptions, AssembleResult, SourceReader } from './api';
import { encode } from './encoder/encode';
import { BinFormat } from './output/bin';
import { ContentsWriter } from './output/contents';
import { ElfFormat } from './output/elf';
import { ListingWriter } from './output/listing';
import { lineEntries, macroInfos, symbolInfos } from './output/program-info';
import { Assembly } from './program/assembly';

/**
 * Assembles a source as NASM 2.16 does. Never fails: what could be made is there, with everything that is wrong.
 * @param file the name of the source in messages
 * @param source its text
 */
export function assemble(file: string, source: string, options: AssembleOptions, reader: SourceReader): AssembleResult {
  const assembly = new Assembly(options, reader, encode, (program) =>
    options.format === 'bin' ? new BinFormat(program) : new ElfFormat(options.format, program, file, options),
  );
  assembly.run(file, source);
  const { diagnostics, format } = assembly;
  let output: Uint8Array | undefined;
  let listing: ListingWriter | undefined;
  if (assembly.complete) {
    const placed = format.place();
    const ok = placed && diagnostics.errors === 0;
    if (ok) listing = assembly.listing && new ListingWriter(assembly.listing);
    // Also where there will be no output: some of what is wrong shows only when bytes are made.
    const contents = new ContentsWriter(assembly.evaluator, diagnostics, format, listing);
    contents.write(assembly.items, assembly.sections);
    if (ok && diagnostics.errors === 0) output = format.file(contents);
  }
  const result: AssembleResult = {
    diagnostics: diagnostics.list,
    symbols: symbolInfos(assembly),
    macros: macroInfos(assembly),
    lines: lineEntries(assembly),
    dependencies: assembly.preprocessor.dependencies,
    origin: Number(assembly.layout.origin ?? 0),
  };
  if (output) {
    result.output = output;
    if (listing) result.listing = listing.text();
  }
  return result;
}
