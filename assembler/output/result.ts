import type {
  AssembleOptions,
  AssembleResult,
  Diagnostic,
  LineEntry,
  MacroInfo,
  SourceReader,
  SymbolInfo,
} from '../api';
import type { PendingDiagnostic } from '../diagnostics';
import { encode } from '../encoder/encode';
import type { MultiLineMacro } from '../preprocessor/multi-line-macro';
import { Assembly } from '../program/assembly';
import { suggestMacro } from '../program/suggest';
import { BinFormat } from './bin';
import { ContentsWriter } from './contents';
import { ElfFormat } from './elf';
import { ListingWriter } from './listing';
import { lineEntries, macroInfos, symbolInfos } from './program-info';
import { TextOrder } from './text-order';

/** An assembly with the output format that the options name. */
export function makeAssembly(file: string, options: AssembleOptions, reader: SourceReader): Assembly {
  return new Assembly(options, reader, encode, (program) =>
    options.format === 'bin' ? new BinFormat(program) : new ElfFormat(options.format, program, file, options),
  );
}

/** From items with sizes and addresses to the output file and everything else that is asked for. */
export function conclude(assembly: Assembly): AssembleResult {
  const { diagnostics, format } = assembly;
  let output: Uint8Array | undefined;
  let listing: ListingWriter | undefined;
  let map: AssembleResult['map'];
  let placed = false;
  if (assembly.complete) {
    assembly.beginOutput();
    placed = format.place();
    const ok = placed && diagnostics.errors === 0;
    if (ok) listing = assembly.listing && new ListingWriter(assembly.listing);
    // Also where there will be no output: some of what is wrong shows only when bytes are made.
    const contents = new ContentsWriter(assembly.evaluator, diagnostics, format, assembly.layout, listing);
    contents.write(assembly.items, assembly.sections);
    if (ok && diagnostics.errors === 0) {
      output = format.file(contents);
      const { file } = diagnostics;
      map = format.map?.(file, assembly.options.outputFile ?? file.replace(/\.[^./]*$/, ''));
    }
    assembly.endOutput();
  }
  return new Result(assembly, output, map, listing, placed);
}

/** Adds what could be said only when all macros were known. */
function settled(list: readonly PendingDiagnostic[], macros: readonly MultiLineMacro[]): Diagnostic[] {
  // A source full of unknown words lacks something else than spelling.
  let few = 20;
  return list.map((one) => {
    if (!one.word) return one;
    const { word, ...said } = one;
    const macro = few-- > 0 ? suggestMacro(word.text, macros, one.suggestion) : undefined;
    return macro === undefined ? said : { ...said, range: word.range, suggestion: macro };
  });
}

/** Lists that not everybody asks for are made when somebody does. */
class Result implements AssembleResult {
  readonly diagnostics: Diagnostic[];
  readonly dependencies: string[];
  readonly origin: number;
  readonly output?: Uint8Array;
  readonly listing?: string;
  readonly map?: { file: string; text: string };
  private readonly order: TextOrder;
  private symbolList: SymbolInfo[] | undefined;
  private macroList: MacroInfo[] | undefined;
  private lineList: LineEntry[] | undefined;

  constructor(
    private readonly assembly: Assembly,
    output: Uint8Array | undefined,
    map: AssembleResult['map'],
    listing: ListingWriter | undefined,
    private readonly placed: boolean,
  ) {
    const { diagnostics, preprocessor } = assembly;
    this.order = new TextOrder(diagnostics.file, preprocessor.includedAt);
    this.diagnostics = this.order.sorted(settled(diagnostics.list, preprocessor.multiLineMacros));
    this.dependencies = assembly.preprocessor.dependencies;
    this.origin = Number(assembly.layout.origin ?? 0);
    if (output) this.output = output;
    if (map) this.map = map;
    if (output && listing) this.listing = listing.text();
  }

  get symbols(): SymbolInfo[] {
    this.symbolList ??= symbolInfos(this.assembly, this.order, this.placed);
    return this.symbolList;
  }
  get macros(): MacroInfo[] {
    this.macroList ??= macroInfos(this.assembly, this.order);
    return this.macroList;
  }
  get lines(): LineEntry[] {
    this.lineList ??= lineEntries(this.assembly);
    return this.lineList;
  }
}
