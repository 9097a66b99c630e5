/**
 * What it takes to power on a guest: bytes and numbers, never paths, for the core has no file access. The debug adapter
 * and the command line both fill this in; `createTarget` in hypervisor/create-target.ts turns it into a {@link Target}.
 */
import type { VirtualizationMethod } from './target';

/** Every {@link VirtualizationMethod}, in the order in which they are shown. */
export const VIRTUALIZATION_METHODS: readonly VirtualizationMethod[] = [
  'none',
  'ept',
  'shadow',
  'trap-and-emulate',
  'binary-translation',
  'paravirtual',
];

/** How a program is started. `auto` finds it from the bytes (signatures; 55 AA at offset 510 is a boot sector; else flat). */
export const BOOT_KINDS = [
  'auto',
  'boot-sector',
  'cdrom',
  'flat',
  'elf',
  'multiboot',
  'multiboot2',
  'linux',
  'pvh',
] as const;
export type BootKind = (typeof BOOT_KINDS)[number];

/** When hot code is translated: `always` from its first execution. The guest cannot tell; a switch for tests. */
export const TIER1_SWITCHES = ['on', 'off', 'always'] as const;
export type Tier1Switch = (typeof TIER1_SWITCHES)[number];

export interface LaunchOptions {
  /** The program as the user named it; for messages only. */
  name: string;
  /** The program's bytes: boot sector or disk image, flat binary, ELF, bzImage. */
  program: Uint8Array;
  boot: BootKind;
  /** Linear and physical address a flat binary is put at and entered; the default is 0x7C00. Ignored by other kinds. */
  loadAddress?: number;
  /** Bits of the mode in which a flat binary is entered; the default is 16. Ignored by other kinds. */
  entryBits?: 16 | 32 | 64;
  virtualization: VirtualizationMethod;
  /** Bytes of guest-physical RAM, a multiple of 4096. */
  memory: number;
  /** Number of vCPUs, from 1. */
  cpus: number;
  /** Images of drives: the whole medium's bytes. The guest may write to them; these arrays stay as they are. */
  floppy?: Uint8Array;
  disk?: Uint8Array;
  cdrom?: Uint8Array;
  /** A disk on virtio; the BIOS does not boot from it. */
  virtioDisk?: Uint8Array;
  /** Initial RAM disk, given to a Linux or Multiboot guest. */
  initrd?: Uint8Array;
  /** Command line, given as it is to a Linux or Multiboot guest. */
  commandLine?: string;
  tier1: Tier1Switch;
}

/**
 * Bytes of the display's frame buffer, behind the guest's RAM: VBE modes up to 1024x768 in 32 bits a pixel. No table that a
 * guest is given counts it as RAM.
 */
export const VIDEO_MEMORY = 4 * 1024 * 1024;

/** What holds where the user says nothing. */
export const DEFAULT_LAUNCH = {
  boot: 'auto',
  virtualization: 'ept',
  memory: 64 * 1024 * 1024,
  cpus: 1,
  tier1: 'on',
} as const satisfies Partial<LaunchOptions>;

/** Why a guest could not be powered on; a user can act on it. */
export interface LoadError {
  readonly kind: 'load-error';
  /** One line, saying what was found and what was looked for or allowed. */
  readonly message: string;
}

/** Tells a failure of `createTarget` (or of what prepares its options) from its success. */
export function isLoadError(value: object): value is LoadError {
  return (value as Partial<LoadError>).kind === 'load-error';
}
