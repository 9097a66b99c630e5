import type { Integer } from '../expression/integer';
import type { Section } from '../program/section';
import { ByteWriter } from './byte-writer';
import { type ElfSection, type Relocation, SectionType } from './elf-sections';
import type { ElfSymbol } from './elf-symbols';

/** What an object file is made of. */
export interface ElfObject {
  /** ELFCLASS64, else ELFCLASS32. */
  wide: boolean;
  osAbi: number;
  abiVersion: number;
  sourceName: string;
  sections: readonly ElfSection[];
  symbols: readonly ElfSymbol[];
  /** Bytes of a section; undefined for one without. */
  contents(section: Section): Uint8Array | undefined;
}

/** A section as it stands in the file. */
interface FileSection {
  name: string;
  type: number;
  flags: number;
  data: Uint8Array | undefined;
  size: number;
  link: number;
  info: number;
  align: number;
  entrySize: number;
  section?: Section;
}

/** Sections begin at multiples of this in the file. */
const fileAlign = 16;

/** A string table: offset of each name as it is added. */
class StringTable {
  private readonly writer = new ByteWriter();

  constructor() {
    this.writer.number(0, 1);
  }

  add(text: string): number {
    const offset = this.writer.length;
    this.writer.text(text);
    return offset;
  }

  taken(): Uint8Array {
    return this.writer.taken();
  }
}

/** Writes a relocatable file; also tells where each section's bytes stand in it. */
export function writeElf(object: ElfObject): { file: Uint8Array; offsets: Map<Section, number> } {
  const { wide, sections } = object;
  const strings = new StringTable();
  const { symbolTable, firstGlobal, indexOf } = writeSymbols(object, strings);
  const list: FileSection[] = [
    { name: '', type: 0, flags: 0, data: undefined, size: 0, link: 0, info: 0, align: 0, entrySize: 0 },
  ];
  for (const { section, type, flags, align, entrySize } of sections) {
    const data = object.contents(section);
    list.push({
      name: section.name,
      type,
      flags,
      data,
      size: section.size,
      link: 0,
      info: 0,
      align,
      entrySize,
      section,
    });
  }
  const names = list.length;
  const table = (name: string, type: number, data: Uint8Array): FileSection => ({
    name,
    type,
    flags: 0,
    data,
    size: data.length,
    link: 0,
    info: 0,
    align: 1,
    entrySize: 0,
  });
  const symbolSection = table('.symtab', SectionType.SymTab, symbolTable);
  Object.assign(symbolSection, {
    link: names + 2,
    info: firstGlobal,
    align: wide ? 8 : 4,
    entrySize: wide ? 24 : 16,
  });
  list.push(table('.shstrtab', SectionType.StrTab, new Uint8Array(0)), symbolSection);
  list.push(table('.strtab', SectionType.StrTab, strings.taken()));
  sections.forEach(({ section, relocations }, i) => {
    if (relocations.length === 0) return;
    const data = writeRelocations(relocations, wide, (target) => indexOf(target));
    const name = `${wide ? '.rela' : '.rel'}${section.name}`;
    const one = table(name, wide ? SectionType.Rela : SectionType.Rel, data);
    list.push(Object.assign(one, { link: names + 1, info: i + 1, align: wide ? 8 : 4, entrySize: wide ? 24 : 8 }));
  });
  return writeFile(object, list, names);
}

type IndexOf = (target: Relocation['target']) => number;

function writeSymbols(
  object: ElfObject,
  strings: StringTable,
): { symbolTable: Uint8Array; firstGlobal: number; indexOf: IndexOf } {
  const { wide, sections, symbols } = object;
  const writer = new ByteWriter();
  const put = (name: number, info: number, other: number, index: number, value: Integer, size: Integer): void => {
    writer.number(name, 4);
    if (!wide) {
      writer.number(value, 4);
      writer.number(size, 4);
    }
    writer.number(info, 1);
    writer.number(other, 1);
    writer.number(index, 2);
    if (wide) {
      writer.number(value, 8);
      writer.number(size, 8);
    }
  };
  put(0, 0, 0, 0, 0, 0);
  put(strings.add(object.sourceName), 4 /* STT_FILE */, 0, 0xfff1, 0, 0);
  sections.forEach((_, i) => {
    put(0, 3 /* STT_SECTION */, 0, i + 1, 0, 0);
  });
  let count = 2 + sections.length;
  const nameOffsets = symbols.map((symbol) => strings.add(symbol.name));
  const indexes = new Map<string, number>();
  let firstGlobal = count;
  for (const global of [false, true]) {
    if (global) firstGlobal = count;
    symbols.forEach((symbol, i) => {
      if ((symbol.binding !== 0) !== global) return;
      put(
        nameOffsets[i]!,
        (symbol.binding << 4) | symbol.type,
        symbol.visibility,
        symbol.sectionIndex,
        symbol.value,
        symbol.size,
      );
      indexes.set(symbol.name, count++);
    });
  }
  const sectionIndexes = new Map(sections.map((section, i) => [section, i + 2]));
  const indexOf: IndexOf = (target) =>
    'section' in target ? sectionIndexes.get(target.section)! : target.symbol ? indexes.get(target.symbol)! : 0;
  return { symbolTable: writer.taken(), firstGlobal, indexOf };
}

function writeRelocations(relocations: readonly Relocation[], wide: boolean, indexOf: IndexOf): Uint8Array {
  const writer = new ByteWriter();
  for (const { offset, type, target, addend } of relocations) {
    const index = indexOf(target);
    if (wide) {
      writer.number(offset, 8);
      writer.number(type, 4);
      writer.number(index, 4);
      writer.number(addend, 8);
    } else {
      writer.number(offset, 4);
      writer.number(index * 256 + type, 4);
    }
  }
  return writer.taken();
}

function writeFile(
  object: ElfObject,
  list: readonly FileSection[],
  nameTable: number,
): { file: Uint8Array; offsets: Map<Section, number> } {
  const { wide } = object;
  // Names stand in the order of the headers, for any reader's comfort.
  const names = new StringTable();
  const nameOffsets = list.map(({ name }) => (name ? names.add(name) : 0));
  const nameBytes = names.taken();
  Object.assign(list[nameTable]!, { data: nameBytes, size: nameBytes.length });
  const headerSize = 64;
  const entry = wide ? 64 : 40;
  const out = new ByteWriter();
  out.bytes([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, object.osAbi, object.abiVersion, 0, 0, 0, 0, 0, 0, 0]);
  out.number(1 /* ET_REL */, 2);
  out.number(wide ? 62 : 3, 2);
  out.number(1, 4);
  const word = wide ? 8 : 4;
  out.number(0, word);
  out.number(0, word);
  out.number(headerSize, word);
  out.number(0, 4);
  out.number(wide ? 64 : 52, 2);
  out.number(0, 2);
  out.number(0, 2);
  out.number(entry, 2);
  out.number(list.length, 2);
  out.number(nameTable, 2);
  out.align(headerSize);
  let position = Math.ceil((headerSize + entry * list.length) / fileAlign) * fileAlign;
  const offsets = new Map<Section, number>();
  list.forEach((one, i) => {
    out.number(nameOffsets[i]!, 4);
    out.number(one.type, 4);
    out.number(one.flags, word);
    out.number(0, word);
    out.number(one.type === 0 ? 0 : position, word);
    out.number(one.size, word);
    out.number(one.link, 4);
    out.number(one.info, 4);
    out.number(one.align, word);
    out.number(one.entrySize, word);
    if (!one.data) return;
    if (one.section) offsets.set(one.section, position);
    position += Math.ceil(one.size / fileAlign) * fileAlign;
  });
  for (const { data } of list) {
    if (!data) continue;
    out.align(fileAlign);
    out.bytes(data);
  }
  out.align(fileAlign);
  return { file: out.taken(), offsets };
}
