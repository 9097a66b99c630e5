/**
 * The Linux/x86 boot protocol (Documentation/arch/x86/boot.rst, zero-page.rst), versions 2.02 and later: bzImage.
 *
 * Three ways in: the 64-bit entry, the 32-bit entry, and the real-mode setup code at the file's begin. The first is
 * taken where the kernel has it. Kernels of protocols before 2.12 cannot say that they have a 32-bit entry, and programs
 * that only look like Linux (iPXE, SYSLINUX's memdisk) have none: those run their setup code, with the BIOS to serve it.
 */
import type { GuestMemory } from '../memory-view';
import type { BootState } from './boot-state';
import { Gpr, longState, protectedState, resetState } from './boot-state';
import { ByteBuilder, FileView } from './file-view';
import { type LoadError, loadError } from './load-error';
import { HIGH_MEMORY, isLoadable, memoryMap } from './memory-map';
import { placePageTables } from './page-tables';

// Setup header, offsets in the file and in boot_params alike
const SETUP_SECTS = 0x1f1;
const BOOT_FLAG = 0x1fe;
const HEADER_JUMP = 0x201;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const HEAP_END_PTR = 0x224;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const RELOCATABLE_KERNEL = 0x234;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;

const LOADED_HIGH = 0x01;
const CAN_USE_HEAP = 0x80;
const XLF_KERNEL_64 = 0x0001;
const UNDEFINED_LOADER = 0xff;
/** The first with a pointer to the command line. */
const OLDEST_VERSION = 0x202;
/** What holds for protocols that do not say it: 2.02 of the initial RAM disk, before 2.06 of the command line. */
const OLD_INITRD_ADDR_MAX = 0x37ffffff;
const OLD_CMDLINE_SIZE = 255;

// boot_params outside the setup header
const ACPI_RSDP_ADDR = 0x070;
const EXT_MEM_K = 0x002;
const ORIG_VIDEO_MODE = 0x006;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;

const KERNEL_64_OFFSET = 0x200;
const BOOT_PARAMS = 0x10000;
const COMMAND_LINE = 0x20000;
const LONGEST_COMMAND_LINE = 0xffff;
const PAGE = 4096;
/** SP of the real-mode entry, in the segment of the setup code. */
const REAL_MODE_STACK = 0xe000;
/** mov ax, 1000h; mov ds, es, fs, gs, ss, ax; mov sp, E000h; jmp 1020h:0 (boot.rst, "Running the kernel"). */
const REAL_MODE_STUB = Uint8Array.of(
  ...[0xfa, 0xb8, 0x00, 0x10, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0],
  ...[0xbc, 0x00, 0xe0, 0xea, 0x00, 0x00, 0x20, 0x10],
);
const MIB = 1024 * 1024;

export function isLinux(bytes: Uint8Array): boolean {
  const file = new FileView(bytes);
  return file.hasText(HEADER_MAGIC, 'HdrS') && file.u16(BOOT_FLAG) === 0xaa55;
}

interface Options {
  name: string;
  commandLine: string;
  initrd?: Uint8Array;
  /** Physical address of the ACPI root pointer, 0 if there is none. */
  acpiRootPointer: number;
  /** Which entry to take; the default is {@link linuxEntryBits}. */
  entryBits?: 16 | 32 | 64;
}

/** Bits of the entry that is taken by default. */
export function linuxEntryBits(bytes: Uint8Array): 16 | 32 | 64 {
  const file = new FileView(bytes);
  if (file.u16(VERSION) < 0x20c) return 16;
  return file.u16(XLOADFLAGS) & XLF_KERNEL_64 ? 64 : 32;
}

/** Physical address at which the BIOS starts the real-mode entry: code that {@link loadLinux} puts there. */
export const LINUX_REAL_MODE_ENTRY = 0x7c00;

/** Loads a bzImage; the state at its entry. For the 16-bit entry that is the reset state, {@link LINUX_REAL_MODE_ENTRY} set. */
export function loadLinux(memory: GuestMemory, bytes: Uint8Array, options: Options): BootState | LoadError {
  const { name } = options;
  const file = new FileView(bytes);
  if (!isLinux(bytes)) return loadError(`${name}: no Linux setup header ("HdrS" at offset 514)`, HEADER_MAGIC);
  const version = file.u16(VERSION);
  const protocol = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
  if (version < OLDEST_VERSION)
    return loadError(`${name}: boot protocol ${protocol}; 2.02 is the oldest that is known`, VERSION);
  if ((file.u8(LOADFLAGS) & LOADED_HIGH) === 0) {
    return loadError(`${name}: a zImage, which loads low; build a bzImage`, LOADFLAGS);
  }
  const setup = ((file.u8(SETUP_SECTS) || 4) + 1) * 512;
  if (setup >= bytes.length) return loadError(`${name}: cut off, the kernel begins at ${setup}`, SETUP_SECTS);
  const kernel = bytes.subarray(setup);

  const native = linuxEntryBits(bytes);
  const bits = options.entryBits ?? native;
  if (bits === 64 && native !== 64) return loadError(`${name}: this kernel has no 64-bit entry`, XLOADFLAGS);
  const placed = placeKernel(memory, file, kernel, name, bits === 16 ? 0 : version);
  if (typeof placed !== 'number') return placed;

  const line = new ByteBuilder().text(options.commandLine).u8(0).bytes();
  const longest = version >= 0x206 ? Math.min(file.u32(CMDLINE_SIZE), LONGEST_COMMAND_LINE) : OLD_CMDLINE_SIZE;
  if (line.length - 1 > longest) {
    return loadError(
      `${name}: the command line has ${line.length - 1} bytes; this kernel takes ${longest}`,
      CMDLINE_SIZE,
    );
  }
  memory.write(COMMAND_LINE, line);

  const needed = Math.max(version >= 0x20a ? file.u32(INIT_SIZE) : 0, kernel.length);
  const highest = version >= 0x203 ? file.u32(INITRD_ADDR_MAX) : OLD_INITRD_ADDR_MAX;
  const initrd = placeInitrd(memory, options.initrd, placed + needed, highest, name);
  if (typeof initrd !== 'number') return initrd;

  const params =
    bits === 16 ? realModeSetup(bytes.subarray(0, setup)) : bootParams(memory, file, options.acpiRootPointer);
  const view = new DataView(params.buffer);
  view.setUint32(CMD_LINE_PTR, COMMAND_LINE, true);
  view.setUint32(RAMDISK_IMAGE, initrd, true);
  view.setUint32(RAMDISK_SIZE, options.initrd?.length ?? 0, true);
  memory.write(BOOT_PARAMS, params);

  if (bits === 16) {
    memory.write(LINUX_REAL_MODE_ENTRY, REAL_MODE_STUB);
    return resetState();
  }
  if (bits === 64) {
    const tables = placePageTables(memory, []);
    if (typeof tables !== 'number') return tables;
    const state = longState(memory, BigInt(placed + KERNEL_64_OFFSET), tables);
    state.gpr[Gpr.rsi] = BigInt(BOOT_PARAMS);
    return state;
  }
  const state = protectedState(memory, placed);
  state.gpr[Gpr.rsi] = BigInt(BOOT_PARAMS);
  return state;
}

/** The setup sectors as the real-mode entry wants them: loader, heap and flags filled in. */
function realModeSetup(setup: Uint8Array): Uint8Array {
  const bytes = setup.slice();
  const view = new DataView(bytes.buffer);
  bytes[TYPE_OF_LOADER] = UNDEFINED_LOADER;
  bytes[LOADFLAGS] |= CAN_USE_HEAP;
  view.setUint16(HEAP_END_PTR, REAL_MODE_STACK - 0x200, true);
  return bytes;
}

/** Where the protected-mode kernel goes: its preferred address, else 1 MiB. */
function placeKernel(
  memory: GuestMemory,
  file: FileView,
  kernel: Uint8Array,
  name: string,
  version: number,
): number | LoadError {
  const preferred =
    version >= 0x20a && file.u8(RELOCATABLE_KERNEL) !== 0 ? Number(file.u64(PREF_ADDRESS)) : HIGH_MEMORY;
  const size = Math.max(kernel.length, version >= 0x20a ? file.u32(INIT_SIZE) : 0);
  const address = isLoadable(preferred, size, memory.size) ? preferred : HIGH_MEMORY;
  if (!isLoadable(address, size, memory.size)) {
    return loadError(
      `${name}: the kernel needs ${Math.ceil((address + size) / MIB)} MiB of memory to start and the machine has ` +
        `${Math.floor(memory.size / MIB)}; give it more (--memory ${Math.ceil((address + size) / MIB / 64) * 64 + 64}M)`,
    );
  }
  memory.write(address, kernel);
  return address;
}

/** The initial RAM disk at the highest page below `highest`, which the kernel allows; its address, 0 without one. */
function placeInitrd(
  memory: GuestMemory,
  initrd: Uint8Array | undefined,
  lowest: number,
  highest: number,
  name: string,
): number | LoadError {
  if (initrd === undefined || initrd.length === 0) return 0;
  const top = Math.min(memory.size, highest + 1);
  const address = Math.floor((top - initrd.length) / PAGE) * PAGE;
  if (address < lowest) {
    return loadError(
      `${name}: no room for the initrd of ${initrd.length} bytes above the kernel, which needs memory up to ` +
        `0x${lowest.toString(16)}; give the machine more memory`,
    );
  }
  memory.write(address, initrd);
  return address;
}

/** The zero page: setup header of the file, screen, memory map. */
function bootParams(memory: GuestMemory, file: FileView, acpiRootPointer: number): Uint8Array {
  const params = new Uint8Array(PAGE);
  const view = new DataView(params.buffer);
  const headerEnd = Math.min(HEADER_MAGIC + file.u8(HEADER_JUMP), 0x290);
  params.set(file.bytes.subarray(SETUP_SECTS, headerEnd), SETUP_SECTS);
  params[TYPE_OF_LOADER] = UNDEFINED_LOADER;
  params[LOADFLAGS] |= CAN_USE_HEAP;
  view.setUint16(HEAP_END_PTR, 0xfe00, true);
  // screen_info: text mode 3, 80 columns, VGA, 25 lines of 16 scan lines
  const extended = Math.max(0, memory.size - HIGH_MEMORY) / 1024;
  view.setUint16(EXT_MEM_K, Math.min(0xfc00, extended), true);
  params.set([3, 80, 0, 0, 3, 0, 0, 0, 25, 1, 16], ORIG_VIDEO_MODE);
  view.setUint32(ALT_MEM_K, extended, true);
  view.setUint32(ACPI_RSDP_ADDR, acpiRootPointer, true);
  const ranges = memoryMap(memory).filter(({ size }) => size > 0);
  params[E820_ENTRIES] = ranges.length;
  for (const [i, { base, size, type }] of ranges.entries()) {
    params.set(new ByteBuilder().u64(base).u64(size).u32(type).bytes(), E820_TABLE + 20 * i);
  }
  return params;
}
