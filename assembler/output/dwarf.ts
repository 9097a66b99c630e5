import type { Section } from '../program/section';
import { ByteWriter } from './byte-writer';

/** A place in the source for the bytes from an offset of a section on. */
export interface DebugRow {
  offset: number;
  file: string;
  /** From 1. */
  line: number;
}

/** A section with code. */
export interface DebugSequence {
  section: Section;
  rows: readonly DebugRow[];
}

/** A section of debugging information with the places where the linker must put addresses. */
export interface DebugSection {
  name: string;
  bytes: Uint8Array;
  addresses: DebugAddress[];
}

export interface DebugAddress {
  offset: number;
  /** Bytes. */
  size: number;
  /** A section of the program, or the name of another debugging section. */
  target: Section | string;
  addend: number;
}

/** Numbers of the DWARF 4 specification, chapter 7. */
const Tag = { CompileUnit: 0x11 } as const;
const At = {
  Name: 0x03,
  StatementList: 0x10,
  LowPc: 0x11,
  HighPc: 0x12,
  Language: 0x13,
  CompileDirectory: 0x1b,
  Producer: 0x25,
  Ranges: 0x55,
} as const;
const Form = { Address: 0x01, Data2: 0x05, String: 0x08, SectionOffset: 0x17 } as const;
const Op = { Copy: 1, AdvancePc: 2, AdvanceLine: 3, SetFile: 4 } as const;
const ExtendedOp = { EndSequence: 1, SetAddress: 2 } as const;
/** DW_LANG_Mips_Assembler, which stands for any assembler. */
const assemblerLanguage = 0x8001;
const version = 4;

const lineBase = -5;
const lineRange = 14;
const opcodeBase = 13;
/** Operands of the standard opcodes 1 to 12. */
const operandCounts = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

class DebugWriter extends ByteWriter {
  readonly addresses: DebugAddress[] = [];

  /** A field that the linker fills in; it holds the addend until then. */
  address(target: Section | string, addend: number, size: number): void {
    this.addresses.push({ offset: this.length, size, target, addend });
    this.number(addend, size);
  }

  /** Begins a unit: four bytes for its length, which {@link end} fills in. */
  begin(): number {
    this.number(0, 4);
    return this.length;
  }

  end(start: number): void {
    this.patch(start - 4, this.length - start, 4);
  }

  named(name: string): DebugSection {
    return { name, bytes: this.taken(), addresses: this.addresses };
  }
}

/** One compilation unit: the source, its ranges of addresses and the line of every byte. */
export function debugSections(
  source: string,
  directory: string | undefined,
  producer: string,
  sequences: readonly DebugSequence[],
  /** Bytes of an address. */
  pointer: number,
): DebugSection[] {
  const several = sequences.length !== 1;
  const sections = [
    abbreviations(several, directory !== undefined),
    information(source, directory, producer, sequences, pointer),
    lineProgram(source, sequences, pointer),
    addressRanges(sequences, pointer),
  ];
  if (several) sections.push(rangeList(sequences, pointer));
  return sections;
}

function abbreviations(several: boolean, directory: boolean): DebugSection {
  const out = new DebugWriter();
  const attribute = (name: number, form: number): void => {
    out.unsigned(name);
    out.unsigned(form);
  };
  out.unsigned(1);
  out.unsigned(Tag.CompileUnit);
  out.number(0 /* DW_CHILDREN_no */, 1);
  attribute(At.StatementList, Form.SectionOffset);
  attribute(At.LowPc, Form.Address);
  if (several) attribute(At.Ranges, Form.SectionOffset);
  else attribute(At.HighPc, Form.Address);
  attribute(At.Name, Form.String);
  if (directory) attribute(At.CompileDirectory, Form.String);
  attribute(At.Producer, Form.String);
  attribute(At.Language, Form.Data2);
  attribute(0, 0);
  out.number(0, 1);
  return out.named('.debug_abbrev');
}

function information(
  source: string,
  directory: string | undefined,
  producer: string,
  sequences: readonly DebugSequence[],
  pointer: number,
): DebugSection {
  const out = new DebugWriter();
  const start = out.begin();
  out.number(version, 2);
  out.address('.debug_abbrev', 0, 4);
  out.number(pointer, 1);
  out.unsigned(1);
  out.address('.debug_line', 0, 4);
  const [only] = sequences;
  if (sequences.length === 1) {
    out.address(only!.section, 0, pointer);
    out.address(only!.section, only!.section.size, pointer);
  } else {
    // The list's addresses count from here.
    out.number(0, pointer);
    out.address('.debug_ranges', 0, 4);
  }
  out.text(source);
  if (directory !== undefined) out.text(directory);
  out.text(producer);
  out.number(assemblerLanguage, 2);
  out.end(start);
  return out.named('.debug_info');
}

function addressRanges(sequences: readonly DebugSequence[], pointer: number): DebugSection {
  const out = new DebugWriter();
  const start = out.begin();
  out.number(2, 2);
  out.address('.debug_info', 0, 4);
  out.number(pointer, 1);
  out.number(0, 1);
  // The pairs begin at a multiple of their size.
  out.align(2 * pointer);
  for (const { section } of sequences) {
    out.address(section, 0, pointer);
    out.number(section.size, pointer);
  }
  out.number(0, pointer);
  out.number(0, pointer);
  out.end(start);
  return out.named('.debug_aranges');
}

function rangeList(sequences: readonly DebugSequence[], pointer: number): DebugSection {
  const out = new DebugWriter();
  for (const { section } of sequences) {
    out.address(section, 0, pointer);
    out.address(section, section.size, pointer);
  }
  out.number(0, pointer);
  out.number(0, pointer);
  return out.named('.debug_ranges');
}

function lineProgram(source: string, sequences: readonly DebugSequence[], pointer: number): DebugSection {
  const files = new Map([[source, 1]]);
  for (const { rows } of sequences) for (const { file } of rows) if (!files.has(file)) files.set(file, files.size + 1);
  const out = new DebugWriter();
  const start = out.begin();
  out.number(version, 2);
  const header = out.begin();
  out.bytes([1 /* minimum instruction length */, 1 /* operations per instruction */, 1 /* rows are statements */]);
  out.number(lineBase, 1);
  out.bytes([lineRange, opcodeBase, ...operandCounts]);
  out.number(0, 1); // no directories but the compilation's
  for (const file of files.keys()) {
    out.text(file);
    out.bytes([0 /* directory */, 0 /* time */, 0 /* length */]);
  }
  out.number(0, 1);
  out.end(header);
  for (const { section, rows } of sequences) sequence(out, section, rows, files, pointer);
  out.end(start);
  return out.named('.debug_line');
}

function sequence(
  out: DebugWriter,
  section: Section,
  rows: readonly DebugRow[],
  files: ReadonlyMap<string, number>,
  pointer: number,
): void {
  out.bytes([0, 1 + pointer, ExtendedOp.SetAddress]);
  out.address(section, 0, pointer);
  let offset = 0;
  let line = 1;
  let file = 1;
  for (const row of rows) {
    const number = files.get(row.file)!;
    if (number !== file) {
      out.bytes([Op.SetFile]);
      out.unsigned(number);
      file = number;
    }
    advance(out, row.offset - offset, row.line - line);
    offset = row.offset;
    line = row.line;
  }
  out.bytes([Op.AdvancePc]);
  out.unsigned(section.size - offset);
  out.bytes([0, 1, ExtendedOp.EndSequence]);
}

/** A new row, in one byte where both steps are small. */
function advance(out: DebugWriter, addresses: number, lines: number): void {
  const special = lines - lineBase + lineRange * addresses + opcodeBase;
  if (lines >= lineBase && lines < lineBase + lineRange && special <= 255) {
    out.bytes([special]);
    return;
  }
  if (addresses) {
    out.bytes([Op.AdvancePc]);
    out.unsigned(addresses);
  }
  if (lines) {
    out.bytes([Op.AdvanceLine]);
    out.signed(lines);
  }
  out.bytes([Op.Copy]);
}
