/** ELF executables for x86 (System V ABI, chapters 4 and 5; gABI): header, segments, notes, section headers. */
import { FileView } from './file-view';
import { type LoadError, loadError } from './load-error';

const EHDR_TYPE = 16;
const EHDR_MACHINE = 18;
const CLASS_32 = 1;
const CLASS_64 = 2;
const DATA_LSB = 1;
const TYPE_EXECUTABLE = 2;
const TYPE_SHARED = 3;
const MACHINE_386 = 3;
const MACHINE_X86_64 = 62;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_NOTE = 4;

export interface ElfSegment {
  type: number;
  offset: number;
  virtual: bigint;
  /** Physical address; at most 2^53. */
  physical: number;
  fileSize: number;
  memorySize: number;
}

export interface ElfNote {
  name: string;
  type: number;
  offset: number;
  size: number;
}

export interface ElfFile {
  bits: 32 | 64;
  entry: bigint;
  /** PT_LOAD segments that occupy memory, in file order. */
  segments: ElfSegment[];
  notes: ElfNote[];
  sectionHeaders: { offset: number; entrySize: number; count: number; stringIndex: number };
}

export function isElf(bytes: Uint8Array): boolean {
  return new FileView(bytes).hasText(0, '\x7fELF');
}

/** Reads headers; the error says which field is wrong. `name` is the file's, for messages. */
export function parseElf(bytes: Uint8Array, name: string): ElfFile | LoadError {
  const file = new FileView(bytes);
  const fail = (what: string, offset: number) => loadError(`${name}: ${what}`, offset);
  if (!isElf(bytes)) return fail('not an ELF file', 0);
  const cls = file.u8(4);
  if (cls !== CLASS_32 && cls !== CLASS_64) return fail(`ELF class ${cls} is neither 32-bit (1) nor 64-bit (2)`, 4);
  if (file.u8(5) !== DATA_LSB) return fail('a big-endian ELF file; x86 kernels are little-endian', 5);
  const wide = cls === CLASS_64;
  if (!file.has(0, wide ? 64 : 52)) return fail('the ELF header is cut off', file.length);
  const machine = file.u16(EHDR_MACHINE);
  if (machine !== MACHINE_X86_64 && machine !== MACHINE_386) {
    return fail(`an ELF file for machine ${machine}; this machine runs x86 (3) and x86-64 (62)`, EHDR_MACHINE);
  }
  const type = file.u16(EHDR_TYPE);
  if (type !== TYPE_EXECUTABLE && type !== TYPE_SHARED) {
    const what =
      type === 1 ? 'an object file; link it first (ld -Ttext=0x100000 -o kernel.elf ...)' : `ELF type ${type}`;
    return fail(`not an executable: ${what}`, EHDR_TYPE);
  }
  const address = (offset: number) => (wide ? file.u64(offset) : BigInt(file.u32(offset)));
  const small = (offset: number) => Number(address(offset));
  const word = wide ? 8 : 4;
  const entry = address(24);
  const headers = small(24 + word);
  const sections = small(24 + 2 * word);
  const tail = 24 + 3 * word + 4; // e_ehsize
  const entrySize = file.u16(tail + 2);
  const count = file.u16(tail + 4);
  if (count > 0 && entrySize < (wide ? 56 : 32)) return fail(`program headers of ${entrySize} bytes`, tail + 2);
  if (!file.has(headers, count * entrySize)) return fail('the program headers lie outside the file', 24 + word);
  const elf: ElfFile = {
    bits: wide ? 64 : 32,
    entry,
    segments: [],
    notes: [],
    sectionHeaders: {
      offset: sections,
      entrySize: file.u16(tail + 6),
      count: file.u16(tail + 8),
      stringIndex: file.u16(tail + 10),
    },
  };
  for (let i = 0; i < count; i++) {
    const at = headers + i * entrySize;
    const segment: ElfSegment = {
      type: file.u32(at),
      offset: small(at + (wide ? 8 : 4)),
      virtual: address(at + (wide ? 16 : 8)),
      physical: small(at + (wide ? 24 : 12)),
      fileSize: small(at + (wide ? 32 : 16)),
      memorySize: small(at + (wide ? 40 : 20)),
    };
    if (segment.type === PT_INTERP) {
      return fail('a dynamically linked program; link the kernel with -static (and -no-pie)', at);
    }
    if (segment.type !== PT_LOAD && segment.type !== PT_NOTE) continue;
    if (!file.has(segment.offset, segment.fileSize)) {
      return fail(`segment ${i} (${segment.fileSize} bytes at ${segment.offset}) lies outside the file`, at);
    }
    if (segment.type === PT_NOTE) readNotes(file, segment, elf.notes);
    else if (segment.memorySize > 0) {
      if (segment.fileSize > segment.memorySize) return fail(`segment ${i} is larger in the file than in memory`, at);
      elf.segments.push(segment);
    }
  }
  if (elf.segments.length === 0) return fail('no segment to load (PT_LOAD)', headers);
  return elf;
}

function readNotes(file: FileView, segment: ElfSegment, notes: ElfNote[]): void {
  const end = segment.offset + segment.fileSize;
  for (let at = segment.offset; at + 12 <= end; ) {
    const nameSize = file.u32(at);
    const size = file.u32(at + 4);
    const offset = at + 12 + ((nameSize + 3) & ~3);
    if (nameSize > 256 || offset + size > end) return;
    let name = '';
    for (let i = 0; i + 1 < nameSize; i++) name += String.fromCharCode(file.u8(at + 12 + i));
    notes.push({ name, type: file.u32(at + 8), offset, size });
    at = offset + ((size + 3) & ~3);
  }
}

/** The physical address of a virtual one by the segments; undefined if none holds it. */
export function physicalOf(elf: ElfFile, virtual: bigint): number | undefined {
  for (const segment of elf.segments) {
    const offset = virtual - segment.virtual;
    if (offset >= 0n && offset < BigInt(segment.memorySize)) return segment.physical + Number(offset);
  }
  return undefined;
}
