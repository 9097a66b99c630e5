import type { GuestMemory } from '../memory-view';
import type { BootDrive } from '../platform';
import type { BootState } from './boot-state';
import type { LoadError } from './load-error';

/** What a file is, as far as starting it goes. */
export type ImageKind =
  | 'boot-sector'
  | 'cdrom'
  | 'multiboot1'
  | 'multiboot2'
  | 'linux'
  | 'pvh'
  | 'elf64'
  | 'elf32'
  | 'flat';

/** A file that a Multiboot or PVH guest gets beside the program. */
export interface BootModule {
  bytes: Uint8Array;
  /** What its boot protocol says of it: a command line or name. */
  text: string;
}

/** How a program starts, once it is in memory. */
export interface BootStart {
  /** Registers of the boot processor. */
  state: BootState;
  /**
   * Linear address of the program's first instruction. When the BIOS runs before it (`state` is that of reset), to stop
   * on entry is to run until here.
   */
  entry: bigint;
}

/** What it takes to start a program. */
export interface BootPlan {
  kind: ImageKind;
  /** Media that the program itself is: the drive it is in. */
  drives: Partial<Record<BootDrive, Uint8Array>>;
  /** For the PC: the BIOS, after its self test, jumps here in real mode and reads no boot sector. */
  realModeEntry?: number;
  /** One line: what was recognised and how it starts. */
  description: string;
  /** Puts BIOS and program into guest memory that is all zeros. After a reset of the guest it may be called again. */
  place(memory: GuestMemory): BootStart | LoadError;
}
