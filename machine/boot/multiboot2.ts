/** Multiboot2 Specification version 2.0: header tags, machine state, boot information tags. */
import type { GuestMemory } from '../memory-view';
import type { BootModule } from './boot-plan';
import type { BootState } from './boot-state';
import { Gpr, protectedState } from './boot-state';
import { isElf, parseElf } from './elf';
import { ByteBuilder, FileView } from './file-view';
import { isLoadError, type LoadError, loadError } from './load-error';
import { lowerAndUpperKib, memoryMap } from './memory-map';
import { LOADER_NAME } from './multiboot1';
import { Placement } from './place';

const HEADER_MAGIC = 0xe85250d6;
const LOADER_MAGIC = 0x36d76289;
const ARCHITECTURE_I386 = 0;
/** The header lies in the first 32768 bytes, aligned to 8. */
const SEARCH = 32768;

// Header tags
const TAG_END = 0;
const TAG_INFORMATION_REQUEST = 1;
const TAG_ADDRESS = 2;
const TAG_ENTRY = 3;
const TAG_CONSOLE = 4;
const TAG_FRAMEBUFFER = 5;
const TAG_MODULE_ALIGN = 6;
const TAG_EFI_BOOT_SERVICES = 7;
const TAG_EFI_ENTRY32 = 8;
const TAG_EFI_ENTRY64 = 9;
const TAG_RELOCATABLE = 10;
const TAG_OPTIONAL = 1;

// Information tags
const INFO_END = 0;
const INFO_COMMAND_LINE = 1;
const INFO_LOADER_NAME = 2;
const INFO_MODULE = 3;
const INFO_MEMORY = 4;
const INFO_MEMORY_MAP = 6;
const INFO_FRAMEBUFFER = 8;
const INFO_ELF_SECTIONS = 9;
const INFO_ACPI_OLD = 14;
const INFO_ACPI_NEW = 15;
const INFO_LOAD_BASE = 21;
const FRAMEBUFFER_EGA_TEXT = 2;

/** Offset of the header in the file. */
export function findMultiboot2(bytes: Uint8Array): number | undefined {
  const file = new FileView(bytes);
  for (let at = 0; at + 16 <= Math.min(SEARCH, bytes.length); at += 8) {
    if (file.u32(at) !== HEADER_MAGIC || file.u32(at + 4) !== ARCHITECTURE_I386) continue;
    const sum = file.u32(at) + file.u32(at + 4) + file.u32(at + 8) + file.u32(at + 12);
    if (sum % 0x100000000 === 0) return at;
  }
  return undefined;
}

interface Header {
  address?: { header: number; load: number; loadEnd: number; bssEnd: number };
  entry?: number;
  relocatable?: { lowest: number; highest: number; alignment: number };
}

function readHeader(file: FileView, header: number, name: string): Header | LoadError {
  const result: Header = {};
  const end = header + file.u32(header + 8);
  if (!file.has(header, file.u32(header + 8)))
    return loadError(`${name}: the Multiboot2 header is cut off`, header + 8);
  for (let at = header + 16; at + 8 <= end; ) {
    const type = file.u16(at);
    const size = file.u32(at + 4);
    if (size < 8) return loadError(`${name}: a Multiboot2 header tag of ${size} bytes`, at + 4);
    switch (type) {
      case TAG_END:
        return result;
      case TAG_ADDRESS:
        result.address = {
          header: file.u32(at + 8),
          load: file.u32(at + 12),
          loadEnd: file.u32(at + 16),
          bssEnd: file.u32(at + 20),
        };
        break;
      case TAG_ENTRY:
        result.entry = file.u32(at + 8);
        break;
      case TAG_RELOCATABLE:
        result.relocatable = {
          lowest: file.u32(at + 8),
          highest: file.u32(at + 12),
          alignment: Math.max(1, file.u32(at + 16)),
        };
        break;
      // What this loader gives anyway, or what concerns EFI only
      case TAG_INFORMATION_REQUEST:
      case TAG_CONSOLE:
      case TAG_FRAMEBUFFER:
      case TAG_MODULE_ALIGN:
      case TAG_EFI_BOOT_SERVICES:
      case TAG_EFI_ENTRY32:
      case TAG_EFI_ENTRY64:
        break;
      default:
        if ((file.u16(at + 2) & TAG_OPTIONAL) === 0) {
          return loadError(`${name}: Multiboot2 header tag ${type} is required and not known to this loader`, at);
        }
    }
    at += Math.ceil(size / 8) * 8;
  }
  return result;
}

interface Options {
  name: string;
  commandLine: string;
  modules: readonly BootModule[];
  /** The ACPI root pointer as firmware placed it, for its tag. */
  acpiRootPointer?: Uint8Array;
}

/** Loads a Multiboot 2 kernel with its modules; the state to start it in. */
export function loadMultiboot2(memory: GuestMemory, bytes: Uint8Array, options: Options): BootState | LoadError {
  const { name } = options;
  const file = new FileView(bytes);
  const at = findMultiboot2(bytes);
  if (at === undefined) return loadError(`${name}: no Multiboot2 header (E85250D6h with checksum) in its first 32 KiB`);
  const header = readHeader(file, at, name);
  if (isLoadError(header)) return header;
  const placement = new Placement(memory);
  const information = new Information();
  const entry =
    header.address !== undefined
      ? loadByAddresses(placement, file, at, header, name)
      : loadByElf(placement, bytes, header, information, name);
  if (typeof entry !== 'number') return entry;
  const info = placeInformation(placement, information, options);
  if (typeof info !== 'number') return info;
  const state = protectedState(memory, entry);
  state.gpr[Gpr.rax] = BigInt(LOADER_MAGIC);
  state.gpr[Gpr.rbx] = BigInt(info);
  return state;
}

function loadByAddresses(
  placement: Placement,
  file: FileView,
  at: number,
  header: Header,
  name: string,
): number | LoadError {
  const { header: headerAddress, load, loadEnd, bssEnd } = header.address!;
  if (header.entry === undefined)
    return loadError(`${name}: a Multiboot2 address tag without an entry address tag`, at);
  const start = load === 0xffffffff ? 0 : at - (headerAddress - load);
  const address = load === 0xffffffff ? headerAddress - at : load;
  const length = loadEnd === 0 ? file.length - start : loadEnd - address;
  if (start < 0 || length < 0 || !file.has(start, length)) {
    return loadError(`${name}: the Multiboot2 address tag does not fit the file`, at);
  }
  const size = bssEnd === 0 ? length : bssEnd - address;
  if (size < length) return loadError(`${name}: Multiboot2 bss_end_addr lies before load_end_addr`, at);
  return placement.place(address, file.bytes.subarray(start, start + length), size, name) ?? header.entry;
}

function loadByElf(
  placement: Placement,
  bytes: Uint8Array,
  header: Header,
  information: Information,
  name: string,
): number | LoadError {
  if (!isElf(bytes)) return loadError(`${name}: a Multiboot2 kernel that is not ELF needs an address tag`);
  const elf = parseElf(bytes, name);
  if (isLoadError(elf)) return elf;
  let offset = 0;
  const base = Math.min(...elf.segments.map((segment) => segment.physical));
  if (header.relocatable !== undefined) {
    const { lowest, highest, alignment } = header.relocatable;
    const wanted = Math.ceil(Math.max(lowest, base) / alignment) * alignment;
    if (wanted > highest) return loadError(`${name}: no address between its Multiboot2 relocation limits`);
    offset = wanted - base;
    information.tag(INFO_LOAD_BASE, new ByteBuilder().u32(wanted));
  }
  const error = placement.placeSegments(elf, bytes, name, offset);
  if (error !== undefined) return error;
  const { offset: sections, entrySize, count, stringIndex } = elf.sectionHeaders;
  if (count > 0 && sections + count * entrySize <= bytes.length) {
    const table = new ByteBuilder().u32(count).u32(entrySize).u32(stringIndex);
    information.tag(INFO_ELF_SECTIONS, table.append(bytes.subarray(sections, sections + count * entrySize)));
  }
  return (header.entry ?? Number(elf.entry % 0x100000000n)) + offset;
}

/** The information structure while it grows. */
class Information {
  readonly #bytes = new ByteBuilder().u32(0).u32(0);

  tag(type: number, content: ByteBuilder): void {
    const bytes = content.bytes();
    this.#bytes
      .u32(type)
      .u32(8 + bytes.length)
      .append(bytes)
      .align(8);
  }

  finish(): Uint8Array {
    this.tag(INFO_END, new ByteBuilder());
    const bytes = this.#bytes.bytes();
    new DataView(bytes.buffer).setUint32(0, bytes.length, true);
    return bytes;
  }
}

function placeInformation(placement: Placement, information: Information, options: Options): number | LoadError {
  const string = (text: string) => new ByteBuilder().text(text).u8(0);
  information.tag(INFO_COMMAND_LINE, string(options.commandLine));
  information.tag(INFO_LOADER_NAME, string(LOADER_NAME));
  for (const module of options.modules) {
    const at = placement.allocateAbove(module.bytes, 4096);
    if (at === undefined) {
      return loadError(`no room for a module of ${module.bytes.length} bytes; give the machine more memory`);
    }
    const text = string(module.text).bytes();
    information.tag(
      INFO_MODULE,
      new ByteBuilder()
        .u32(at)
        .u32(at + module.bytes.length)
        .append(text),
    );
  }
  const { lower, upper } = lowerAndUpperKib(placement.memory.size);
  information.tag(INFO_MEMORY, new ByteBuilder().u32(lower).u32(upper));
  const map = new ByteBuilder().u32(24).u32(0);
  for (const { base, size, type } of memoryMap(placement.memory)) map.u64(base).u64(size).u32(type).u32(0);
  information.tag(INFO_MEMORY_MAP, map);
  const text = new ByteBuilder().u64(0xb8000).u32(160).u32(80).u32(25).u8(16).u8(FRAMEBUFFER_EGA_TEXT).u16(0);
  information.tag(INFO_FRAMEBUFFER, text);
  const { acpiRootPointer: rsdp } = options;
  if (rsdp !== undefined) {
    information.tag(INFO_ACPI_OLD, new ByteBuilder().append(rsdp.subarray(0, 20)));
    if (rsdp[15] >= 2) information.tag(INFO_ACPI_NEW, new ByteBuilder().append(rsdp));
  }
  return (
    placement.allocateLow(information.finish(), 8) ??
    loadError('no room for the Multiboot2 information; give the machine more memory')
  );
}
