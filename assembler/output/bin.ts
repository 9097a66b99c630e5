import { TokenRange } from '../diagnostics';
import { add, type Integer, subtract } from '../expression/integer';
import { Limits } from '../limits';
import type { DirectiveValue } from '../parser/directive';
import { ItemKind } from '../program/item';
import { Section } from '../program/section';
import { isSpecial } from '../program/symbols';
import { readBinAttributes } from './bin-attributes';
import { type BinPlace, placeSections } from './bin-layout';
import { type MapRequest, mapText, readMapRequest } from './bin-map';
import type { ContentsWriter, Field, FieldResolver } from './contents';
import type { FormatProgram, OutputFormat } from './format';

/** A flat binary: sections one after the other, every address known. */
export class BinFormat implements OutputFormat, FieldResolver {
  readonly name = 'bin';
  readonly bits = 16;
  readonly firstSection = '.text';
  readonly resolver = this;
  private readonly places = new Map<Section, BinPlace>();
  private newest: BinPlace | undefined;
  private placed = new Map<Section, BinPlace>();
  private order: BinPlace[] = [];
  private start = 0;

  constructor(private readonly program: FormatProgram) {}

  private mapRequest: MapRequest | undefined;

  reset(): void {
    this.mapRequest = undefined;
    for (const place of this.places.values()) {
      place.align = place.valign = place.start = place.vstart = undefined;
    }
  }

  private placeOf(section: Section): BinPlace {
    let place = this.places.get(section);
    if (!place) {
      const { name } = section;
      place = {
        section,
        type: name === '.text' || name === '.data' ? 'progbits' : name === '.bss' ? 'nobits' : undefined,
        previous: name === '.bss' ? undefined : this.newest,
      };
      this.newest = place;
      this.places.set(section, place);
      section.nobits = place.type === 'nobits';
    }
    return place;
  }

  enterSection(value: DirectiveValue): Section | undefined {
    const words = /^(\S+)\s*(.*)$/.exec(value.text);
    if (!words) return undefined;
    // The default section exists before any other.
    this.placeOf(this.program.sectionNamed(this.firstSection));
    const section = this.program.sectionNamed(words[1]!);
    const place = this.placeOf(section);
    readBinAttributes(place, words[2]!, value, this.program);
    place.type ??= 'progbits';
    section.nobits = place.type === 'nobits';
    return section;
  }

  alignSection(section: Section, alignment: number): void {
    const place = this.placeOf(section);
    if (alignment > (place.align ?? 0)) place.align = alignment;
  }

  readonly directives = ['org', 'map'];
  readonly addressBytes = 8;

  directive(value: DirectiveValue): void {
    if (value.name.text.toLowerCase() === 'map') {
      this.mapRequest = readMapRequest(value.text, this.mapRequest);
      return;
    }
    const expression = value.tokens.length ? value.parser.parse() : undefined;
    if (!expression) {
      const range = new TokenRange(value.name, value.name);
      if (!value.tokens.length) this.program.diagnostics.error('expression syntax error', range);
      this.program.diagnostics.error('No or invalid offset specified in ORG directive.', range);
    } else value.item(ItemKind.Org).expression = expression;
  }

  defineSymbols(): void {
    for (const section of this.program.sections) {
      if (section.kind !== 'section') continue;
      for (const [suffix, base] of [
        ['start', startBase(section)],
        ['vstart', section],
      ] as const) {
        const name = `section.${section.name}.${suffix}`;
        const symbol = this.program.symbols.table.get(name);
        if (!symbol || symbol.defined) continue;
        symbol.defined = true;
        symbol.section = base;
        symbol.offset = 0;
      }
    }
  }

  place(): boolean {
    this.refuseSymbols();
    for (const section of this.program.sections) if (section.kind === 'section') this.placeOf(section);
    // What is found is kept apart from what the source says, so that it can be found again after an edit.
    const copies = new Map([...this.places.values()].map((place) => [place, { ...place }]));
    for (const copy of copies.values()) copy.previous = copy.previous && copies.get(copy.previous);
    this.placed = new Map([...copies.values()].map((place) => [place.section, place]));
    const placed = placeSections([...copies.values()], this.program.origin);
    if ('message' in placed) {
      this.program.diagnostics.frame = undefined;
      this.program.diagnostics.line = undefined;
      this.program.diagnostics.error(placed.message);
      return false;
    }
    this.order = placed.order;
    this.start = placed.origin;
    const tooFar = ({ section, start }: BinPlace): boolean =>
      !section.nobits && start! - this.start + section.size > Limits.outputBytes;
    if (this.order.some(tooFar)) {
      this.program.diagnostics.frame = undefined;
      this.program.diagnostics.line = undefined;
      this.program.diagnostics.error(
        `sections lie so far apart that the output has more than ${Limits.outputBytes} bytes`,
      );
      return false;
    }
    return true;
  }

  zeroing(section: Section): string {
    return `uninitialized space declared in ${section.name} section: zeroing`;
  }

  ignored(_section: Section): string {
    return 'attempt to initialize memory in a nobits section: ignored';
  }

  /** A flat binary has no symbols to give attributes to, and nothing that a linker could merge. */
  private refuseSymbols(): void {
    const { diagnostics, symbols } = this.program;
    for (const symbol of symbols.table.values()) {
      const at = symbol.definition ?? symbol.references[0];
      const range = at && new TokenRange(at, at);
      if (symbol.scope === 'common') diagnostics.error('binary output format does not support common variables', range);
      else if (symbol.attributes?.length && symbol.scope !== 'local')
        diagnostics.error('binary format does not support any special symbol types', range);
      else if (symbol.defined && isSpecial(symbol.name) && symbol.definition)
        diagnostics.error(`unrecognised special symbol \`${symbol.name}'`, range);
    }
  }

  addressOf(section: Section): number {
    return this.placed.get(section)?.vstart ?? 0;
  }

  fileOffsetOf(section: Section): number {
    const place = this.placed.get(section);
    return !place || section.nobits || place.start === undefined ? -1 : place.start - this.start;
  }

  resolve(field: Field): Integer {
    const { target } = field;
    let value = target.number;
    const { section } = target;
    const range = field.item.range;
    if (target.wrt !== undefined) this.program.diagnostics.error('WRT not supported by binary output format', range);
    if (section?.kind === 'section') value = add(value, this.addressOf(section));
    else if (section?.kind === 'special' && section.of) value = add(value, this.placed.get(section.of)?.start ?? 0);
    else if (section)
      this.program.diagnostics.error(
        `binary output format does not support ${section.kind === 'segment' ? 'segment base' : 'external'} references`,
        range,
      );
    if (field.relativeTo === undefined) return value;
    return subtract(value, this.addressOf(field.section) + field.relativeTo);
  }

  file(contents: ContentsWriter): Uint8Array {
    let size = 0;
    const written = this.order.filter(({ section }) => !section.nobits && section.size > 0);
    for (const { section, start } of written) size = Math.max(size, start! - this.start + section.size);
    const file = new Uint8Array(size);
    for (const { section, start } of written) file.set(contents.bytes.get(section)!, start! - this.start);
    return file;
  }

  map(sourceFile: string, outputFile: string): { file: string; text: string } | undefined {
    const { mapRequest, order, start, program } = this;
    if (!mapRequest) return undefined;
    const symbols = program.definitionOrder;
    const contents = { sourceFile, outputFile, origin: start, places: order, symbols };
    return { file: mapRequest.file ?? 'stdout', text: mapText(mapRequest, contents) };
  }
}

const startBases = new WeakMap<Section, Section>();

/** What `section.NAME.start` is relative to: where a section is loaded, not where it runs. */
function startBase(section: Section): Section {
  let base = startBases.get(section);
  if (!base) {
    base = new Section(section.name, 'special', -1);
    base.of = section;
    startBases.set(section, base);
  }
  return base;
}
