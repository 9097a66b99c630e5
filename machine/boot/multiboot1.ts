/** Multiboot Specification version 0.6.96: header, machine state, boot information. */

import type { GuestMemory } from '../memory-view';
import type { BootModule } from './boot-plan';
import type { BootState } from './boot-state';
import { Gpr, protectedState } from './boot-state';
import { isElf, parseElf } from './elf';
import { ByteBuilder, FileView } from './file-view';
import { isLoadError, type LoadError, loadError } from './load-error';
import { lowerAndUpperKib, memoryMap } from './memory-map';
import { Placement } from './place';

const HEADER_MAGIC = 0x1badb002;
const LOADER_MAGIC = 0x2badb002;
/** The header lies in the first 8192 bytes, aligned to 4. */
const SEARCH = 8192;

// Header flags
const ALIGN_MODULES = 1 << 0;
const VIDEO_MODE = 1 << 2;
const ADDRESSES = 1 << 16;
/** Bits 3..15 must be understood to load the kernel. */
const REQUIRED_UNKNOWN = 0xfff8;

// Information flags
const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_FRAMEBUFFER = 1 << 12;
const INFO_SIZE = 120;
const FRAMEBUFFER_EGA_TEXT = 2;

export const LOADER_NAME = 'Ringside';

/** Offset of the header in the file. */
export function findMultiboot1(bytes: Uint8Array): number | undefined {
  const file = new FileView(bytes);
  for (let at = 0; at + 12 <= Math.min(SEARCH, bytes.length); at += 4) {
    if (file.u32(at) !== HEADER_MAGIC) continue;
    if ((file.u32(at) + file.u32(at + 4) + file.u32(at + 8)) % 0x100000000 === 0) return at;
  }
  return undefined;
}

interface Options {
  name: string;
  commandLine: string;
  modules: readonly BootModule[];
}

/** Loads a Multiboot 1 kernel with its modules; the state to start it in. */
export function loadMultiboot1(memory: GuestMemory, bytes: Uint8Array, options: Options): BootState | LoadError {
  const { name } = options;
  const file = new FileView(bytes);
  const header = findMultiboot1(bytes);
  if (header === undefined)
    return loadError(`${name}: no Multiboot header (1BADB002h with checksum) in its first 8 KiB`);
  const flags = file.u32(header + 4);
  if (flags & REQUIRED_UNKNOWN) {
    return loadError(
      `${name}: Multiboot header flags ${flags.toString(16)}h ask for more than this loader has`,
      header + 4,
    );
  }
  const placement = new Placement(memory);
  const entry = flags & ADDRESSES ? loadByAddresses(placement, file, header, name) : loadByElf(placement, bytes, name);
  if (typeof entry !== 'number') return entry;
  const info = placeInformation(
    placement,
    options,
    (flags & ALIGN_MODULES) !== 0 ? 4096 : 4,
    (flags & VIDEO_MODE) !== 0,
  );
  if (typeof info !== 'number') return info;
  const state = protectedState(memory, entry);
  state.gpr[Gpr.rax] = BigInt(LOADER_MAGIC);
  state.gpr[Gpr.rbx] = BigInt(info);
  return state;
}

/** By the header's address fields: any file is loadable that way. */
function loadByAddresses(placement: Placement, file: FileView, header: number, name: string): number | LoadError {
  const headerAddress = file.u32(header + 12);
  const loadAddress = file.u32(header + 16);
  const loadEnd = file.u32(header + 20);
  const bssEnd = file.u32(header + 24);
  const entry = file.u32(header + 28);
  const start = header - (headerAddress - loadAddress);
  if (headerAddress < loadAddress || start < 0) {
    return loadError(
      `${name}: Multiboot load_addr does not fit header_addr and the header's place in the file`,
      header + 12,
    );
  }
  const length = loadEnd === 0 ? file.length - start : loadEnd - loadAddress;
  if (length < 0 || !file.has(start, length)) {
    return loadError(`${name}: Multiboot load_end_addr lies outside the file`, header + 20);
  }
  const size = bssEnd === 0 ? length : bssEnd - loadAddress;
  if (size < length) return loadError(`${name}: Multiboot bss_end_addr lies before load_end_addr`, header + 24);
  return placement.place(loadAddress, file.bytes.subarray(start, start + length), size, name) ?? entry;
}

function loadByElf(placement: Placement, bytes: Uint8Array, name: string): number | LoadError {
  if (!isElf(bytes)) {
    return loadError(`${name}: a Multiboot kernel that is not ELF must give addresses in its header (flag bit 16)`);
  }
  const elf = parseElf(bytes, name);
  if (isLoadError(elf)) return elf;
  return placement.placeSegments(elf, bytes, name) ?? Number(elf.entry % 0x100000000n);
}

function zeroTerminated(text: string): Uint8Array {
  return new ByteBuilder().text(text).u8(0).bytes();
}

/** Modules, strings, memory map and the information structure; the latter's address. */
function placeInformation(
  placement: Placement,
  options: Options,
  alignment: number,
  video: boolean,
): number | LoadError {
  const noRoom = (what: string) => loadError(`no room in memory for ${what}; give the machine more memory`);
  const list = new ByteBuilder();
  for (const module of options.modules) {
    const at = placement.allocateAbove(module.bytes, Math.max(alignment, 4096));
    const text = placement.allocateLow(zeroTerminated(module.text), 4);
    if (at === undefined || text === undefined) return noRoom(`a module of ${module.bytes.length} bytes`);
    list
      .u32(at)
      .u32(at + module.bytes.length)
      .u32(text)
      .u32(0);
  }
  const map = new ByteBuilder();
  for (const { base, size, type } of memoryMap(placement.memory)) map.u32(20).u64(base).u64(size).u32(type);
  const modules = placement.allocateLow(list.bytes(), 4);
  const mapAt = placement.allocateLow(map.bytes(), 4);
  const commandLine = placement.allocateLow(zeroTerminated(options.commandLine), 4);
  const loaderName = placement.allocateLow(zeroTerminated(LOADER_NAME), 4);
  if (modules === undefined || mapAt === undefined || commandLine === undefined || loaderName === undefined) {
    return noRoom('the Multiboot information');
  }
  const { lower, upper } = lowerAndUpperKib(placement.memory.size);
  const info = new ByteBuilder()
    .u32(
      INFO_MEMORY |
        INFO_COMMAND_LINE |
        INFO_MODULES |
        INFO_MEMORY_MAP |
        INFO_LOADER_NAME |
        (video ? INFO_FRAMEBUFFER : 0),
    )
    .u32(lower)
    .u32(upper)
    .u32(0) // boot device: not given
    .u32(commandLine)
    .u32(options.modules.length)
    .u32(modules)
    .append(new Uint8Array(16)) // symbols: not given
    .u32(map.length)
    .u32(mapAt)
    .append(new Uint8Array(12)) // drives, configuration table: not given
    .u32(loaderName)
    .append(new Uint8Array(20)); // APM, VBE: not given
  if (video) {
    info.u64(0xb8000).u32(160).u32(80).u32(25).u8(16).u8(FRAMEBUFFER_EGA_TEXT);
  }
  while (info.length < INFO_SIZE) info.u8(0);
  return placement.allocateLow(info.bytes(), 4) ?? noRoom('the Multiboot information');
}
