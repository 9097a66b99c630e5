/** Starts a program: finds out what it is, puts it and the firmware into guest memory, and says how the CPU begins. */
import { LARGEST_DISKETTE } from '../devices/disk-image';
import type { GuestMemory } from '../memory-view';
import { type BootState, Gpr, LowMemory, longState, protectedState, resetState } from './boot-state';
import { detectBoot } from './detect';
import { parseElf, physicalOf } from './elf';
import { placeBiosData, placeRom } from './firmware';
import { isLinux, loadLinux } from './linux';
import { isLoadError, type LoadError, loadError } from './load-error';
import type { BootModule, ImageKind, Loaded } from './loaded';
import { findMultiboot1, loadMultiboot1 } from './multiboot1';
import { findMultiboot2, loadMultiboot2 } from './multiboot2';
import { placePageTables } from './page-tables';
import { Placement } from './place';
import { loadPvh } from './pvh';

export interface LoadOptions {
  /** The program as the user named it; for messages. */
  name: string;
  program: Uint8Array;
  /** `auto` finds out; the others insist. */
  boot: 'auto' | 'boot-sector' | 'cdrom' | 'flat' | 'elf' | 'multiboot' | 'multiboot2' | 'linux' | 'pvh';
  /** Of a flat binary: where it is put and entered; the default is 7C00h. */
  loadAddress?: number;
  /** Of a flat binary: bits of the mode it is entered in; the default is 16. */
  entryBits?: 16 | 32 | 64;
  /** For a Linux guest the initial RAM disk, for a Multiboot or PVH guest its first module. */
  initrd?: Uint8Array;
  /** Further modules of a Multiboot or PVH guest. */
  modules?: readonly BootModule[];
  commandLine?: string;
}

const DEFAULT_LOAD_ADDRESS = 0x7c00;
const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * Loads a program into empty guest memory, BIOS included. The result's `drives` go into the PC besides those of the
 * user, `realModeEntry` likewise; `state` into the CPU.
 */
export function loadProgram(memory: GuestMemory, options: LoadOptions): Loaded | LoadError {
  const kind = chooseKind(options);
  if (typeof kind !== 'string') return kind;
  if (memory.size < 0x100000) {
    return loadError(`a PC needs at least 1 MiB of memory, not ${memory.size} bytes`);
  }
  placeRom(memory);
  switch (kind) {
    case 'boot-sector':
      return bootSector(options);
    case 'cdrom':
      return {
        ...fromReset(kind, DEFAULT_LOAD_ADDRESS, 'ISO 9660 image: booted by the BIOS from CD-ROM (El Torito)'),
        drives: { cdrom: options.program },
      };
    case 'flat':
      return flat(memory, options);
    default:
      placeBiosData(memory);
      return kernel(memory, kind, options);
  }
}

/** The kind to load as: what the user insists on, if the file can be that; else what the file is. */
function chooseKind(options: LoadOptions): ImageKind | LoadError {
  const { name, program, boot } = options;
  const insist = (fits: boolean, kind: ImageKind, missing: string): ImageKind | LoadError =>
    fits ? kind : loadError(`${name} cannot be started as ${boot}: ${missing}`);
  switch (boot) {
    case 'auto':
      return detectBoot(program, name);
    case 'boot-sector':
      return insist(program.length > 0, 'boot-sector', 'it is empty');
    case 'cdrom':
      return insist(program.length > 0, 'cdrom', 'it is empty');
    case 'flat':
      return insist(program.length > 0, 'flat', 'it is empty');
    case 'multiboot':
      return insist(findMultiboot1(program) !== undefined, 'multiboot1', 'no header 1BADB002h in its first 8 KiB');
    case 'multiboot2':
      return insist(findMultiboot2(program) !== undefined, 'multiboot2', 'no header E85250D6h in its first 32 KiB');
    case 'linux':
      return insist(isLinux(program), 'linux', 'no "HdrS" at offset 514');
    case 'pvh':
      return 'pvh';
    case 'elf': {
      const elf = parseElf(program, name);
      return isLoadError(elf) ? elf : elf.bits === 64 ? 'elf64' : 'elf32';
    }
  }
}

function fromReset(kind: ImageKind, entry: number, description: string): Loaded {
  return { kind, state: resetState(), entry: BigInt(entry), drives: {}, description };
}

const PARTITION_TABLE = 0x1be;

/** A valid partition table: every entry's first byte is 0 or 80h, and some entry is in use. */
function isPartitioned(image: Uint8Array): boolean {
  const entries = [0, 1, 2, 3].map((i) => PARTITION_TABLE + 16 * i);
  return (
    entries.every((at) => (image[at] & 0x7f) === 0) &&
    entries.some((at) => image[at + 4] !== 0 && (image[at + 5] | image[at + 6]) !== 0 && image.length > 512)
  );
}

/** A diskette if the image has no more bytes than one, and no partition table; else a hard disk. */
function bootSector({ program }: LoadOptions): Loaded {
  const hard = program.length > LARGEST_DISKETTE || isPartitioned(program);
  const drive = hard ? 'hard disk' : 'diskette';
  return {
    ...fromReset('boot-sector', DEFAULT_LOAD_ADDRESS, `boot sector: read by the BIOS from ${drive} to 0x7c00`),
    drives: hard ? { disk: program } : { floppy: program },
  };
}

function flat(memory: GuestMemory, options: LoadOptions): Loaded | LoadError {
  const { name, program } = options;
  const address = options.loadAddress ?? DEFAULT_LOAD_ADDRESS;
  const bits = options.entryBits ?? 16;
  if (!Number.isInteger(address) || address < 0) return loadError(`${name}: ${address} is not a load address`);
  const placement = new Placement(memory);
  const tables =
    bits === 64 ? placement.reserve(LowMemory.pageTables, LowMemory.pageTablesEnd, 'page tables') : undefined;
  const error = tables ?? placement.place(address, program, program.length, name);
  if (error !== undefined) return error;
  const description = `flat binary of ${program.length} bytes at ${hex(address)}, entered in ${bits}-bit mode`;
  if (bits === 16) {
    const reachable = address < 0x10000 || (address < 0x100000 && address % 16 === 0);
    if (!reachable) {
      return loadError(
        `${name}: ${hex(address)} cannot be entered in 16-bit mode: it must be below 64 KiB, or below 1 MiB and a multiple of 16`,
      );
    }
    return { ...fromReset('flat', address, description), realModeEntry: address };
  }
  placeBiosData(memory);
  const state = bits === 32 ? protectedState(memory, address) : longAt(memory, BigInt(address));
  if (isLoadError(state)) return state;
  state.gpr[Gpr.rsp] = BigInt(LowMemory.stackTop);
  return { kind: 'flat', state, entry: BigInt(address), drives: {}, description };
}

function longAt(memory: GuestMemory, entry: bigint): BootState | LoadError {
  const tables = placePageTables(memory, []);
  return typeof tables === 'number' ? longState(memory, entry, tables) : tables;
}

const DESCRIPTION: Partial<Record<ImageKind, string>> = {
  multiboot1: 'Multiboot 1 kernel, entered in 32-bit protected mode',
  multiboot2: 'Multiboot 2 kernel, entered in 32-bit protected mode',
  pvh: 'PVH kernel, entered in 32-bit protected mode',
  linux: 'Linux bzImage',
  elf32: 'ELF32 program, entered in 32-bit protected mode',
  elf64: 'ELF64 program, entered in 64-bit mode with the first 4 GiB mapped one to one',
};

function kernel(memory: GuestMemory, kind: ImageKind, options: LoadOptions): Loaded | LoadError {
  const { name, program } = options;
  const commandLine = options.commandLine ?? '';
  const modules = [...(options.initrd ? [{ bytes: options.initrd, text: 'initrd' }] : []), ...(options.modules ?? [])];
  const common = { name, commandLine, modules, acpiRootPointer: 0 };
  let state: BootState | LoadError;
  switch (kind) {
    case 'multiboot1':
      state = loadMultiboot1(memory, program, common);
      break;
    case 'multiboot2':
      state = loadMultiboot2(memory, program, { name, commandLine, modules });
      break;
    case 'pvh':
      state = loadPvh(memory, program, common);
      break;
    case 'linux':
      state = loadLinux(memory, program, { ...common, initrd: options.initrd });
      break;
    default:
      state = loadElf(memory, options);
  }
  if (isLoadError(state)) return state;
  const bits = state.efer !== 0 ? '64-bit' : '32-bit';
  const description = kind === 'linux' ? `${DESCRIPTION.linux}, by its ${bits} entry` : (DESCRIPTION[kind] ?? kind);
  return { kind, state, entry: state.rip, drives: {}, description };
}

/**
 * An ELF program without a boot protocol: its segments at their physical addresses, a stack below 7000h, interrupts
 * off; ELF64 in 64-bit mode with its virtual addresses mapped, ELF32 in flat protected mode at the entry's physical
 * address.
 */
function loadElf(memory: GuestMemory, { name, program }: LoadOptions): BootState | LoadError {
  const elf = parseElf(program, name);
  if (isLoadError(elf)) return elf;
  const placement = new Placement(memory);
  if (elf.bits === 64) placement.reserve(LowMemory.pageTables, LowMemory.pageTablesEnd, 'page tables');
  const error = placement.placeSegments(elf, program, name);
  if (error !== undefined) return error;
  const entry = physicalOf(elf, elf.entry);
  if (entry === undefined) {
    return loadError(
      `${name}: the entry point 0x${elf.entry.toString(16)} is in no segment; check ENTRY in the linker script`,
    );
  }
  let state: BootState | LoadError;
  if (elf.bits === 32) state = protectedState(memory, entry);
  else {
    const tables = placePageTables(
      memory,
      elf.segments.map(({ virtual, physical, memorySize }) => ({ linear: virtual, physical, size: memorySize })),
    );
    state = typeof tables === 'number' ? longState(memory, elf.entry, tables) : tables;
  }
  if (!isLoadError(state)) state.gpr[Gpr.rsp] = BigInt(LowMemory.stackTop);
  return state;
}
