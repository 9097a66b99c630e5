import type { BootDrive } from '../platform';
import type { BootState } from './boot-state';

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

/** A file that a Multiboot or Linux guest gets beside the program. */
export interface BootModule {
  bytes: Uint8Array;
  /** What its boot protocol says of it: a command line or name. */
  text: string;
}

/** A program in guest memory, ready to start. */
export interface Loaded {
  kind: ImageKind;
  /** Registers of the boot processor. */
  state: BootState;
  /**
   * Linear address of the program's first instruction. With a boot sector the BIOS runs before it: to stop on entry is
   * to run until here.
   */
  entry: bigint;
  /** Media that the program itself is: the drive it is in. */
  drives: Partial<Record<BootDrive, Uint8Array>>;
  /** The BIOS, after its self test, jumps here (real mode, segment 0 or the address's own) and reads no boot sector. */
  realModeEntry?: number;
  /** One line: what was recognised and how it starts. */
  description: string;
}
