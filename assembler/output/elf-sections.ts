import { TokenRange } from '../diagnostics';
import type { Integer } from '../expression/integer';
import type { DirectiveValue } from '../parser/directive';
import type { Section } from '../program/section';
import type { FormatProgram } from './format';

/** Section types and flags of the ELF specification. */
export const SectionType = {
  Null: 0,
  ProgBits: 1,
  SymTab: 2,
  StrTab: 3,
  Rela: 4,
  Note: 7,
  NoBits: 8,
  Rel: 9,
  InitArray: 14,
  FiniArray: 15,
  PreinitArray: 16,
} as const;

export const SectionFlag = {
  Write: 1,
  Alloc: 2,
  ExecInstr: 4,
  Merge: 0x10,
  Strings: 0x20,
  InfoLink: 0x40,
  Tls: 0x400,
} as const;

/** A section of an object file as its directives describe it. */
export interface ElfSection {
  section: Section;
  type: number;
  flags: number;
  align: number;
  /** Bytes of an element; 0 where there are none of one size. */
  entrySize: number;
  relocations: Relocation[];
  /** By a directive. */
  named: boolean;
}

export interface Relocation {
  /** In the section. */
  offset: number;
  type: number;
  /** The section's symbol, or a symbol by itself. */
  target: { section: ElfSection } | { symbol: string };
  addend: Integer;
}

const { Write, Alloc, ExecInstr, Merge, Strings, Tls } = SectionFlag;

/** What sections are without being told, by name: type, flags, alignment. */
function known(name: string, pointer: number): Omit<ElfSection, 'section' | 'relocations' | 'named'> {
  const make = (type: number, flags: number, align: number, entrySize = 0) => ({ type, flags, align, entrySize });
  switch (name) {
    case '.text':
      return make(SectionType.ProgBits, Alloc | ExecInstr, 16);
    case '.rodata':
    case '.lrodata':
      return make(SectionType.ProgBits, Alloc, 4);
    case '.data':
    case '.ldata':
      return make(SectionType.ProgBits, Alloc | Write, 4);
    case '.bss':
    case '.lbss':
      return make(SectionType.NoBits, Alloc | Write, 4);
    case '.tdata':
      return make(SectionType.ProgBits, Alloc | Write | Tls, 4);
    case '.tbss':
      return make(SectionType.NoBits, Alloc | Write | Tls, 4);
    case '.comment':
      return make(SectionType.ProgBits, 0, 1);
    case '.preinit_array':
      return make(SectionType.PreinitArray, Alloc, pointer, pointer);
    case '.init_array':
      return make(SectionType.InitArray, Alloc, pointer, pointer);
    case '.fini_array':
      return make(SectionType.FiniArray, Alloc, pointer, pointer);
    case '.note':
      return make(SectionType.Note, 0, 4);
    default:
      return make(SectionType.ProgBits, Alloc, 1);
  }
}

const types: Readonly<Record<string, number>> = {
  progbits: SectionType.ProgBits,
  nobits: SectionType.NoBits,
  note: SectionType.Note,
  preinit_array: SectionType.PreinitArray,
  init_array: SectionType.InitArray,
  fini_array: SectionType.FiniArray,
};

const flags: Readonly<Record<string, number>> = {
  alloc: Alloc,
  exec: ExecInstr,
  write: Write,
  tls: Tls,
  merge: Merge,
  strings: Strings,
};

const sizes: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  qword: 8,
  tword: 10,
  oword: 16,
  yword: 32,
  zword: 64,
};

/** What a SECTION directive says beside the name. */
interface Attributes {
  type: number;
  flagMask: number;
  flagBits: number;
  align: number;
  entrySize: number;
}

function readAttributes(
  text: string,
  name: string,
  pointer: number,
  value: DirectiveValue,
  program: FormatProgram,
): Attributes {
  const range = new TokenRange(value.name, value.tokens[value.tokens.length - 1] ?? value.name);
  const { diagnostics } = program;
  const attributes: Attributes = { type: 0, flagMask: 0, flagBits: 0, align: 0, entrySize: 0 };
  let elementAlign = 0;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [, key = '', argument] = /^([^=*]+)(?:[=*](.*))?$/.exec(word.toLowerCase()) ?? [];
    const positive = key.startsWith('no') && flags[key.slice(2)] !== undefined ? key.slice(2) : key;
    const flag = flags[positive];
    const size = key === 'pointer' ? pointer : sizes[key];
    if (types[key] !== undefined) attributes.type = types[key];
    else if (flag !== undefined) {
      attributes.flagMask |= flag;
      attributes.flagBits = positive === key ? attributes.flagBits | flag : attributes.flagBits & ~flag;
    } else if (size !== undefined) {
      attributes.entrySize = size * (argument ? Number.parseInt(argument, 10) || 1 : 1);
      // The largest power of two in the element's size.
      elementAlign = size & -size;
    } else if (key === 'align') {
      if (!argument) diagnostics.error('section align without value specified', range);
      else {
        const align = Number(program.number(argument, value.name, 'section alignment is not a constant') ?? 0);
        if (align !== 0 && !Number.isInteger(Math.log2(align)))
          diagnostics.error(`section alignment ${align} is not a power of two`, range);
        else attributes.align = align || 1;
      }
    } else
      diagnostics.warning(
        'other',
        `unknown section attribute '${key}' ignored on declaration of section \`${name}'`,
        range,
      );
  }
  attributes.align ||= elementAlign;
  return attributes;
}

/** The sections of an object file, in the order in which they were named. */
export class ElfSections {
  readonly list: ElfSection[] = [];
  private readonly bySection = new Map<Section, ElfSection>();

  constructor(
    private readonly program: FormatProgram,
    /** Bytes of an address. */
    private readonly pointer: number,
  ) {}

  of(section: Section): ElfSection | undefined {
    return this.bySection.get(section);
  }

  add(section: Section, type: number, flags: number, align: number): ElfSection {
    const made: ElfSection = { section, type, flags, align, entrySize: 0, relocations: [], named: false };
    this.list.push(made);
    this.bySection.set(section, made);
    return made;
  }

  /** The section with what it is by its name, made where it is not there yet. */
  make(section: Section): ElfSection {
    let made = this.bySection.get(section);
    if (!made) {
      made = { section, relocations: [], named: false, ...known(section.name, this.pointer) };
      this.list.push(made);
      this.bySection.set(section, made);
      section.nobits = made.type === SectionType.NoBits;
    }
    return made;
  }

  /** Only what directives said is kept: relocations and sections that the output needed are found anew. */
  forgetPlaced(): void {
    for (const one of this.list) one.relocations.length = 0;
    const kept = this.list.filter((one) => one.named);
    for (const one of this.list) if (!one.named) this.bySection.delete(one.section);
    this.list.splice(0, this.list.length, ...kept);
  }

  enter(value: DirectiveValue): Section | undefined {
    const words = /^(\S+)\s*(.*)$/.exec(value.text);
    if (!words) return undefined;
    const name = words[1]!;
    const range = new TokenRange(value.tokens[0]!, value.tokens[value.tokens.length - 1]!);
    if (name === '.shstrtab' || name === '.symtab' || name === '.strtab') {
      this.program.diagnostics.error(`attempt to redefine reserved section name \`${name}'`, range);
      return undefined;
    }
    const attributes = readAttributes(words[2]!, name, this.pointer, value, this.program);
    const section = this.program.sectionNamed(name);
    const made = this.bySection.get(section);
    if (made) this.again(made, attributes, range);
    else this.first(section, attributes, words[2] !== '', range);
    return section;
  }

  private first(section: Section, attributes: Attributes, any: boolean, range: TokenRange): void {
    const { type, flagMask, flagBits, align } = attributes;
    const fresh = this.make(section);
    fresh.named = true;
    if (type) fresh.type = type;
    fresh.flags = (fresh.flags & ~flagMask) | flagBits;
    // NASM drops what it knows of a section's alignment as soon as anything is said of the section.
    if (any) fresh.align = align || 1;
    fresh.entrySize = this.entrySize(fresh, attributes, range) || fresh.entrySize;
    section.nobits = fresh.type === SectionType.NoBits;
  }

  private again(made: ElfSection, attributes: Attributes, range: TokenRange): void {
    const { type, flagMask, flagBits, align } = attributes;
    const entrySize = this.entrySize(made, attributes, range);
    if (
      (type && made.type !== type) ||
      (made.flags & flagMask) !== flagBits ||
      (entrySize && made.entrySize && made.entrySize !== entrySize)
    ) {
      this.program.diagnostics.warning(
        'other',
        `incompatible section attributes ignored on redeclaration of section \`${made.section.name}'`,
        range,
      );
    }
    made.align = Math.max(made.align, align);
    made.entrySize ||= entrySize;
  }

  /** MERGE needs elements of a known size: that of characters where the section has STRINGS. */
  private entrySize(section: ElfSection, { flagBits, entrySize }: Attributes, range: TokenRange): number {
    if (!(flagBits & Merge) || entrySize) return entrySize;
    if (section.flags & Strings) return 1;
    this.program.diagnostics.error("section attribute merge specified without an entry size or `strings'", range);
    section.flags &= ~Merge;
    return 0;
  }
}
