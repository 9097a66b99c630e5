import type { AssembleOptions } from '../api';
import { TokenRange } from '../diagnostics';
import type { Evaluator } from '../expression/evaluate';
import { add, type Integer, subtract } from '../expression/integer';
import type { NameResolver } from '../expression/parse';
import type { DirectiveValue } from '../parser/directive';
import { type Item, ItemKind } from '../program/item';
import { Section } from '../program/section';
import type { ProgramSymbol } from '../program/symbol';
import type { ContentsWriter, Field, FieldResolver } from './contents';
import { type DebugRow, type DebugSequence, debugSections } from './dwarf';
import { type Relocate, relocation64, relocation386 } from './elf-relocations';
import { type ElfSection, ElfSections, type Relocation, SectionType } from './elf-sections';
import { type ElfSymbol, elfSymbols, specialSymbols } from './elf-symbols';
import { writeElf } from './elf-writer';
import type { FormatProgram, OutputFormat } from './format';
import { callLine } from './program-info';

const makesBytes: ReadonlySet<number> = new Set([
  ...[ItemKind.Instruction, ItemKind.Data, ItemKind.Reserve, ItemKind.Incbin, ItemKind.Prefixes, ItemKind.Code],
]);

/** Relocatable object files for Linux and its relatives. */
export class ElfFormat implements OutputFormat, FieldResolver {
  readonly firstSection = '.text';
  readonly directives = ['osabi'];
  readonly resolver = this;
  readonly bits: 32 | 64;
  readonly addressBytes: number;
  readonly sections: ElfSections;
  private symbols: ElfSymbol[] = [];
  /**
   * Alignment asked for in the first section before a directive names it: with NASM it counts only behind the first byte, which
   * makes the section, or if the section is named later.
   */
  private alignEmpty = 1;
  private alignBegun = 1;
  private osAbi = 0;
  private abiVersion = 0;
  /** Global symbols of each section, by rising offset: what GOT and PLT references must name. */
  private readonly globals = new Map<Section, ProgramSymbol[]>();

  constructor(
    readonly name: 'elf32' | 'elf64',
    private readonly program: FormatProgram & NameResolver & { readonly evaluator: Evaluator },
    private readonly sourceName: string,
    private readonly options: Pick<AssembleOptions, 'debug' | 'directory'>,
  ) {
    this.bits = name === 'elf32' ? 32 : 64;
    this.addressBytes = this.bits / 8;
    this.sections = new ElfSections(program, this.bits / 8);
    for (const special of specialSymbols) {
      const symbol = program.symbols.named(special);
      symbol.defined = true;
      symbol.section = new Section(special, 'special', -1);
      symbol.scope = 'special';
    }
  }

  reset(): void {
    this.alignEmpty = this.alignBegun = 1;
  }

  get alignsByOrder(): boolean {
    return this.alignEmpty > 1 || this.alignBegun > 1;
  }

  enterSection(value: DirectiveValue): Section | undefined {
    const section = this.sections.enter(value);
    const own = section?.name === this.firstSection ? this.sections.of(section) : undefined;
    if (own) own.align = Math.max(own.align, this.alignEmpty, this.alignBegun);
    return section;
  }

  alignSection(section: Section, alignment: number): void {
    const own = this.sections.of(section);
    if (own) own.align = Math.max(own.align, alignment);
    else if (this.program.items.some((item) => item.section === section && makesBytes.has(item.kind)))
      this.alignBegun = Math.max(this.alignBegun, alignment);
    else this.alignEmpty = Math.max(this.alignEmpty, alignment);
  }

  directive(value: DirectiveValue): void {
    const numbers = value.text.split(',').map((one) => Number(one.trim() || 'x'));
    const range = new TokenRange(value.name, value.tokens[value.tokens.length - 1] ?? value.name);
    const { diagnostics } = this.program;
    const valid = (n: number | undefined): boolean => n !== undefined && Number.isInteger(n) && n >= 0 && n <= 255;
    if (numbers[0] === undefined || Number.isNaN(numbers[0]))
      diagnostics.error("`osabi' directive requires a parameter", range);
    else if (!valid(numbers[0])) diagnostics.error('valid osabi numbers are 0 to 255', range);
    else if (numbers.length > 1 && !valid(numbers[1]))
      diagnostics.error('invalid ABI version number (valid: 0 to 255)', range);
    else {
      this.osAbi = numbers[0];
      this.abiVersion = numbers[1] ?? 0;
    }
  }

  defineSymbols(): void {}

  place(): boolean {
    const { program, sections } = this;
    sections.forgetPlaced();
    this.fileOffsets = new Map();
    this.globals.clear();
    // The first section is there without being named if anything is in it.
    const first = program.sectionNamed(this.firstSection);
    if (first.size > 0 || program.definitionOrder.some((symbol) => symbol.section === first)) {
      const made = sections.make(first);
      made.align = Math.max(made.align, this.alignBegun);
    }
    for (const symbol of program.definitionOrder) {
      const { section } = symbol;
      if (symbol.scope !== 'global' || section?.kind !== 'section') continue;
      const list = this.globals.get(section) ?? [];
      list.push(symbol);
      this.globals.set(section, list);
    }
    for (const list of this.globals.values()) list.sort((a, b) => Number(a.offset) - Number(b.offset));
    this.symbols = elfSymbols(program, sections, program, program.evaluator);
    return true;
  }

  addressOf(): number {
    return 0;
  }

  fileOffsetOf(section: Section): number {
    return this.fileOffsets.get(section) ?? -1;
  }

  private fileOffsets: ReadonlyMap<Section, number> = new Map();

  zeroing(section: Section): string {
    return `uninitialized space declared in non-BSS section \`${section.name}': zeroing`;
  }

  ignored(section: Section): string {
    return `attempt to initialize memory in BSS section \`${section.name}': ignored`;
  }

  resolve(field: Field): Integer {
    const { target, relativeTo } = field;
    const number = target.number;
    /** From the field to what it counts from. */
    const distance = relativeTo === undefined ? 0 : relativeTo - field.offset;
    if (target.section === undefined) {
      // A plain number, seen from here: only the linker knows where here is. NASM tells it in ELF32 alone.
      if (this.bits === 64 || relativeTo === undefined) return subtract(number, distance);
    } else if (target.wrt === undefined && relativeTo !== undefined && target.section === field.section)
      return subtract(number, relativeTo);
    return this.relocate(field, number, distance);
  }

  private error(field: Field, message: string): 0 {
    this.program.diagnostics.error(message, field.item.range);
    return 0;
  }

  private relocate(field: Field, number: Integer, distance: number): Integer {
    const { target, size } = field;
    const section = target.section;
    const relative = field.relativeTo !== undefined;
    if (section?.kind === 'segment') {
      const name = this.bits === 64 && relative && size >= 4 ? 'ELF64' : 'ELF';
      return this.error(field, `${name} format does not support segment base references`);
    }
    const { wrt } = target;
    const reference = {
      size,
      relative,
      signed: field.signed === true,
      wrt: wrt === undefined ? undefined : typeof wrt === 'object' ? wrt.name : '',
    };
    const how = this.bits === 64 ? relocation64(reference) : relocation386(reference);
    if (typeof how === 'string') return this.error(field, how);
    const { type } = how;
    if (!section) return this.add(field, type, { symbol: '' }, subtract(number, distance));
    if (how.names !== 'section') return this.symbolic(field, type, number, distance, how.names === 'symbol');
    return this.add(
      field,
      type,
      this.linked(section),
      add(subtract(number, distance), how.fromField ? field.offset : 0),
    );
  }

  private linked(section: Section): Relocation['target'] {
    return section.kind === 'external' ? { symbol: section.name } : { section: this.sections.make(section) };
  }

  /** Adds a relocation; gives what stands in the field. */
  private add(field: Field, type: number, target: Relocation['target'], addend: Integer): Integer {
    this.sections.make(field.section).relocations.push({ offset: field.offset, type, target, addend });
    return this.bits === 32 ? addend : 0;
  }

  /** A relocation that must name a symbol: the global one at that place, or the last before it where not `exact`. */
  private symbolic(field: Field, type: number, number: Integer, distance: number, exact: boolean): Integer {
    const section = field.target.section!;
    if (section.kind === 'external') {
      if (exact && number !== 0) return this.error(field, 'invalid access to an external symbol');
      return this.add(field, type, this.linked(section), subtract(number, distance));
    }
    let symbol: ProgramSymbol | undefined;
    for (const one of this.globals.get(section) ?? []) if (one.offset <= number) symbol = one;
    if (!symbol || (exact && symbol.offset !== number))
      return this.error(field, 'unable to find a suitable global symbol for this reference');
    const addend = subtract(subtract(number, symbol.offset), distance);
    return this.add(field, type, { symbol: symbol.name }, addend);
  }

  file(contents: ContentsWriter): Uint8Array {
    const bytes = new Map(contents.bytes);
    if (this.options.debug) this.addDebugSections(bytes);
    const { file, offsets } = writeElf({
      wide: this.bits === 64,
      osAbi: this.osAbi,
      abiVersion: this.abiVersion,
      sourceName: this.sourceName,
      sections: this.sections.list,
      symbols: this.symbols,
      contents: (section) => (this.sections.of(section)!.type === SectionType.NoBits ? undefined : bytes.get(section)),
    });
    this.fileOffsets = offsets;
    return file;
  }

  private addDebugSections(bytes: Map<Section, Uint8Array>): void {
    const sequences = debugSequences(this.program.items);
    if (sequences.length === 0) return;
    const { sourceName, sections } = this;
    const pointer = this.bits / 8;
    const made = debugSections(sourceName, this.options.directory, producer, sequences, pointer);
    const byName = new Map<string, ElfSection>();
    for (const { name, bytes: data } of made) {
      const section = new Section(name, 'section', -1);
      section.size = data.length;
      bytes.set(section, data);
      byName.set(name, sections.add(section, SectionType.ProgBits, 0, 1));
    }
    for (const { name, addresses } of made) {
      const { relocations } = byName.get(name)!;
      for (const { offset, size, target, addend } of addresses) {
        const to = typeof target === 'string' ? byName.get(target)! : sections.make(target);
        const how = this.bits === 64 ? relocation64 : relocation386;
        const { type } = how({ size, relative: false, signed: false, wrt: undefined }) as Relocate;
        relocations.push({ offset, type, target: { section: to }, addend });
      }
    }
  }
}

/** Names the maker in debugging information. */
const producer = 'Ringside';

/** The lines of sections with code. */
function debugSequences(items: readonly Item[]): DebugSequence[] {
  const rows = new Map<Section, DebugRow[]>();
  for (const { kind, section } of items)
    if ((kind === ItemKind.Code || kind === ItemKind.Instruction) && section.kind === 'section') rows.set(section, []);
  for (const item of items) {
    const own = rows.get(item.section);
    if (!own || item.length === 0) continue;
    const { file, number } = callLine(item);
    const last = own[own.length - 1];
    if (!last || last.file !== file || last.line !== number + 1)
      own.push({ offset: item.offset, file, line: number + 1 });
  }
  return [...rows].map(([section, list]) => ({ section, rows: list })).filter((one) => one.rows.length > 0);
}
