/** Starting a program: what it is, what goes into guest memory, and how the CPU begins. */
import { LARGEST_DISKETTE } from '../devices/disk-image';
import { type GuestMemory, LimitedMemory } from '../memory-view';
import type { BootModule, BootPlan, BootStart, ImageKind } from './boot-plan';
import { type BootState, Gpr, LowMemory, longState, protectedState, resetState } from './boot-state';
import { detectBoot } from './detect';
import { parseElf, physicalOf } from './elf';
import { type Firmware, placeBiosData, placeFirmware } from './firmware';
import { isLinux, LINUX_REAL_MODE_ENTRY, linuxEntryBits, loadLinux } from './linux';
import { isLoadError, type LoadError, loadError } from './load-error';
import { HIGH_MEMORY } from './memory-map';
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
  /** Bytes at the end of memory that programs are not told of: the display's frame buffer. */
  videoMemory?: number;
  /** Number of CPUs that the tables tell of; the default is 1. */
  cpus?: number;
}

const DEFAULT_LOAD_ADDRESS = 0x7c00;
const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * What it will take to start a program: to be asked before the PC is built, since a program may be a disk. The plan's
 * drives go into the PC besides those of the user, `realModeEntry` likewise.
 */
export function planBoot(options: LoadOptions): BootPlan | LoadError {
  const kind = chooseKind(options);
  if (typeof kind !== 'string') return kind;
  const { name, program } = options;
  switch (kind) {
    case 'boot-sector': {
      const hard = program.length > LARGEST_DISKETTE || isPartitioned(program);
      return fromReset(
        options,
        kind,
        DEFAULT_LOAD_ADDRESS,
        `boot sector: read by the BIOS from ${hard ? 'hard disk' : 'diskette'} to 0x7c00`,
        hard ? { disk: program } : { floppy: program },
      );
    }
    case 'cdrom': {
      const description = 'ISO 9660 image: booted by the BIOS from CD-ROM (El Torito)';
      return fromReset(options, kind, DEFAULT_LOAD_ADDRESS, description, { cdrom: program });
    }
    case 'flat': {
      const address = options.loadAddress ?? DEFAULT_LOAD_ADDRESS;
      const bits = options.entryBits ?? 16;
      if (!Number.isInteger(address) || address < 0)
        return loadError(`${name}: the load address must be a whole number that is not negative`);
      const reachable = address < 0x10000 || (address < 0x100000 && address % 16 === 0);
      if (bits === 16 && !reachable) {
        return loadError(
          `${name}: ${hex(address)} cannot be entered in 16-bit mode: it must be below 64 KiB, or below 1 MiB and a multiple of 16`,
        );
      }
      return {
        kind,
        drives: {},
        ...(bits === 16 ? { realModeEntry: address } : {}),
        description: `flat binary of ${program.length} bytes at ${hex(address)}, entered in ${bits}-bit mode`,
        place: (memory) => withFirmware(memory, options, (_, ram) => placeFlat(ram, program, name, address, bits)),
      };
    }
    case 'linux': {
      const bits = linuxEntryBits(program);
      return {
        kind,
        drives: {},
        ...(bits === 16 ? { realModeEntry: LINUX_REAL_MODE_ENTRY } : {}),
        description: `Linux bzImage, entered ${bits === 16 ? 'by its real-mode setup code' : `in ${bits}-bit mode`}`,
        place: (memory) => withFirmware(memory, options, (firmware, ram) => placeKernel(ram, kind, options, firmware)),
      };
    }
    default:
      return {
        kind,
        drives: {},
        description: DESCRIPTION[kind],
        place: (memory) => withFirmware(memory, options, (firmware, ram) => placeKernel(ram, kind, options, firmware)),
      };
  }
}

/** The plan of a program that the BIOS reads from a drive. */
function fromReset(
  options: LoadOptions,
  kind: ImageKind,
  entry: number,
  description: string,
  drives: BootPlan['drives'],
): BootPlan {
  const start = (): BootStart => ({ state: resetState(), entry: BigInt(entry) });
  return { kind, drives, description, place: (memory) => withFirmware(memory, options, start) };
}

/** Puts the BIOS into memory, then the program. */
function withFirmware(
  memory: GuestMemory,
  options: LoadOptions,
  place: (firmware: Firmware, ram: GuestMemory) => BootStart | LoadError,
): BootStart | LoadError {
  if (memory.size < HIGH_MEMORY) return loadError(`a PC needs at least 1 MiB of memory, not ${memory.size} bytes`);
  const ram = options.videoMemory ? new LimitedMemory(memory, memory.size - options.videoMemory) : memory;
  return place(placeFirmware(ram, options.cpus ?? 1), ram);
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

const PARTITION_TABLE = 0x1be;

/** A valid partition table: every entry's first byte is 0 or 80h, and some entry is in use. */
function isPartitioned(image: Uint8Array): boolean {
  const entries = [0, 1, 2, 3].map((i) => PARTITION_TABLE + 16 * i);
  return (
    entries.every((at) => (image[at] & 0x7f) === 0) &&
    entries.some((at) => image[at + 4] !== 0 && (image[at + 5] | image[at + 6]) !== 0 && image.length > 512)
  );
}

function placeFlat(
  memory: GuestMemory,
  program: Uint8Array,
  name: string,
  address: number,
  bits: 16 | 32 | 64,
): BootStart | LoadError {
  const placement = new Placement(memory);
  if (bits === 64) placement.reserve(LowMemory.pageTables, LowMemory.pageTablesEnd, 'the page tables');
  const error = placement.place(address, program, program.length, name);
  if (error !== undefined) return error;
  const entry = BigInt(address);
  if (bits === 16) return { state: resetState(), entry };
  placeBiosData(memory);
  const state = bits === 32 ? protectedState(memory, address) : longAt(memory, entry);
  if (isLoadError(state)) return state;
  state.gpr[Gpr.rsp] = BigInt(LowMemory.stackTop);
  return { state, entry };
}

function longAt(memory: GuestMemory, entry: bigint): BootState | LoadError {
  const tables = placePageTables(memory, []);
  return typeof tables === 'number' ? longState(memory, entry, tables) : tables;
}

type KernelKind = 'multiboot1' | 'multiboot2' | 'pvh' | 'elf32' | 'elf64';

const DESCRIPTION: Readonly<Record<KernelKind, string>> = {
  multiboot1: 'Multiboot 1 kernel, entered in 32-bit protected mode',
  multiboot2: 'Multiboot 2 kernel, entered in 32-bit protected mode',
  pvh: 'PVH kernel, entered in 32-bit protected mode',
  elf32: 'ELF32 program, entered in 32-bit protected mode',
  elf64: 'ELF64 program, entered in 64-bit mode with the first 4 GiB mapped one to one',
};

function placeKernel(
  memory: GuestMemory,
  kind: KernelKind | 'linux',
  options: LoadOptions,
  { acpi }: Firmware,
): BootStart | LoadError {
  const { name, program } = options;
  placeBiosData(memory);
  const commandLine = options.commandLine ?? '';
  const modules = [...(options.initrd ? [{ bytes: options.initrd, text: 'initrd' }] : []), ...(options.modules ?? [])];
  const common = { name, commandLine, modules, acpiRootPointer: acpi.address };
  let state: BootState | LoadError;
  switch (kind) {
    case 'multiboot1':
      state = loadMultiboot1(memory, program, common);
      break;
    case 'multiboot2':
      state = loadMultiboot2(memory, program, { name, commandLine, modules, acpiRootPointer: acpi.rsdp });
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
  const entry = kind === 'linux' && linuxEntryBits(program) === 16 ? BigInt(LINUX_REAL_MODE_ENTRY) : state.rip;
  return { state, entry };
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
  if (elf.bits === 64) placement.reserve(LowMemory.pageTables, LowMemory.pageTablesEnd, 'the page tables');
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
