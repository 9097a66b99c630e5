/** PVH: the 32-bit direct boot of Xen (docs/misc/pvh.pandoc and xen/include/public/arch-x86/hvm/start_info.h, version 1). */
import type { GuestMemory } from '../memory-view';
import type { BootModule } from './boot-plan';
import type { BootState } from './boot-state';
import { Gpr, protectedState } from './boot-state';
import { type ElfFile, parseElf } from './elf';
import { ByteBuilder, FileView } from './file-view';
import { isLoadError, type LoadError, loadError } from './load-error';
import { memoryMap } from './memory-map';
import { Placement } from './place';

const NOTE_NAME = 'Xen';
const PHYS32_ENTRY = 18;
const START_MAGIC = 0x336ec578;
const START_VERSION = 1;

/** The entry that note XEN_ELFNOTE_PHYS32_ENTRY gives, physical. */
export function findPvhEntry(bytes: Uint8Array, elf: ElfFile): number | undefined {
  const note = elf.notes.find(({ name, type, size }) => name === NOTE_NAME && type === PHYS32_ENTRY && size >= 4);
  return note === undefined ? undefined : new FileView(bytes).u32(note.offset);
}

interface Options {
  name: string;
  commandLine: string;
  modules: readonly BootModule[];
  /** Physical address of the ACPI root pointer, 0 if there is none. */
  acpiRootPointer: number;
}

export function loadPvh(memory: GuestMemory, bytes: Uint8Array, options: Options): BootState | LoadError {
  const { name } = options;
  const elf = parseElf(bytes, name);
  if (isLoadError(elf)) return elf;
  const entry = findPvhEntry(bytes, elf);
  if (entry === undefined) return loadError(`${name}: no ELF note of Xen with type 18 (PHYS32_ENTRY)`);
  const placement = new Placement(memory);
  const error = placement.placeSegments(elf, bytes, name);
  if (error !== undefined) return error;
  const noRoom = () => loadError('no room for the PVH start information; give the machine more memory');
  const text = (value: string) => placement.allocateLow(new ByteBuilder().text(value).u8(0).bytes(), 8);

  const list = new ByteBuilder();
  for (const module of options.modules) {
    const at = placement.allocateAbove(module.bytes, 4096);
    const line = text(module.text);
    if (at === undefined || line === undefined) {
      return loadError(`no room for a module of ${module.bytes.length} bytes; give the machine more memory`);
    }
    list.u64(at).u64(module.bytes.length).u64(line).u64(0);
  }
  const ranges = memoryMap(memory);
  const map = new ByteBuilder();
  for (const { base, size, type } of ranges) map.u64(base).u64(size).u32(type).u32(0);
  const modules = placement.allocateLow(list.bytes(), 8);
  const mapAt = placement.allocateLow(map.bytes(), 8);
  const commandLine = text(options.commandLine);
  if (modules === undefined || mapAt === undefined || commandLine === undefined) return noRoom();
  const start = new ByteBuilder()
    .u32(START_MAGIC)
    .u32(START_VERSION)
    .u32(0)
    .u32(options.modules.length)
    .u64(options.modules.length > 0 ? modules : 0)
    .u64(commandLine)
    .u64(options.acpiRootPointer)
    .u64(mapAt)
    .u32(ranges.length)
    .u32(0);
  const startAt = placement.allocateLow(start.bytes(), 8);
  if (startAt === undefined) return noRoom();
  const state = protectedState(memory, entry);
  state.gpr[Gpr.rbx] = BigInt(startAt);
  return state;
}
