/** What the CPU's registers hold when a guest starts: as after reset, or as a boot protocol asks for. */
import type { GuestMemory } from '../memory-view';
import { BIOS_BASE } from './bios/bios-image';

/** A segment register with its descriptor cache. */
export interface SegmentState {
  selector: number;
  /** Linear address. */
  base: number;
  /** Highest offset, bytes, granularity applied. */
  limit: number;
  /** Access rights in the format of the VMCS (SDM 3C 25.4.1, table 25-2). */
  access: number;
}

export interface TableRegister {
  base: number;
  limit: number;
}

/** The state in which the boot processor starts. What is not listed is as after reset (SDM 3A table 10-1). */
export interface BootState {
  /** RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
  gpr: bigint[];
  rip: bigint;
  rflags: bigint;
  segments: {
    es: SegmentState;
    cs: SegmentState;
    ss: SegmentState;
    ds: SegmentState;
    fs: SegmentState;
    gs: SegmentState;
    ldtr: SegmentState;
    tr: SegmentState;
  };
  gdtr: TableRegister;
  idtr: TableRegister;
  cr0: number;
  cr3: number;
  cr4: number;
  efer: number;
}

/** Indices into {@link BootState.gpr}. */
export const Gpr = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7 } as const;

const CR0_PE = 0x00000001;
const CR0_ET = 0x00000010;
const CR0_NE = 0x00000020;
const CR0_PG = 0x80000000;
/** Caches on: firmware does this long before a program starts. */
const CR0_BASE = CR0_ET;
const CR4_PAE = 0x20;
const EFER_LME = 0x100;
const EFER_LMA = 0x400;

const ACCESS_REAL = 0x93;
const ACCESS_LDTR = 0x82;
const ACCESS_TR = 0x8b;
const ACCESS_CODE32 = 0xc09b;
const ACCESS_DATA32 = 0xc093;
const ACCESS_CODE64 = 0xa09b;

const RFLAGS_RESERVED = 2n;

function segments(cs: SegmentState, data: SegmentState): BootState['segments'] {
  const system = (access: number): SegmentState => ({ selector: 0, base: 0, limit: 0xffff, access });
  return {
    es: { ...data },
    cs,
    ss: { ...data },
    ds: { ...data },
    fs: { ...data },
    gs: { ...data },
    ldtr: system(ACCESS_LDTR),
    tr: system(ACCESS_TR),
  };
}

function realMode(selector: number, base: number): SegmentState {
  return { selector, base, limit: 0xffff, access: ACCESS_REAL };
}

/**
 * After reset, at the BIOS's first instruction F000:FFF0. The code segment's base is F0000h as on the 8086, not
 * FFFF0000h: the ROM is mapped below 1 MiB only, and its first instruction is a far jump that would load this base.
 */
export function resetState(): BootState {
  return {
    gpr: new Array<bigint>(16).fill(0n),
    rip: 0xfff0n,
    rflags: RFLAGS_RESERVED,
    segments: segments(realMode(0xf000, BIOS_BASE), realMode(0, 0)),
    gdtr: { base: 0, limit: 0xffff },
    idtr: { base: 0, limit: 0x3ff },
    cr0: CR0_BASE,
    cr3: 0,
    cr4: 0,
    efer: 0,
  };
}

/** Physical addresses of what the loaders put into low memory for the CPU's use. */
export const LowMemory = {
  /** Global descriptor table of the 32- and 64-bit entries, in the extended BIOS data area: no program is loaded there. */
  gdt: 0x9fe00,
  /** Top of the stack that plain ELF and flat programs start with. */
  stackTop: 0x7000,
  /** Page tables of the 64-bit entries; {@link LowMemory.pageTablesEnd} is the first byte after them. */
  pageTables: 0x70000,
  pageTablesEnd: 0x9f000,
} as const;

/**
 * Selectors of the GDT at {@link LowMemory.gdt}. 10h and 18h are what the Linux boot protocol calls __BOOT_CS and
 * __BOOT_DS; 08h is the same code for those who expect it there.
 */
export const BootSelector = { code32: 0x10, data: 0x18, code64: 0x20 } as const;

function descriptor(access: number): Uint8Array {
  return Uint8Array.of(0xff, 0xff, 0, 0, 0, access & 0xff, ((access >> 8) & 0xf0) | 0x0f, 0);
}

/** Writes the GDT; its base and limit. */
function placeGdt(memory: GuestMemory): TableRegister {
  const entries = [0, ACCESS_CODE32, ACCESS_CODE32, ACCESS_DATA32, ACCESS_CODE64, ACCESS_DATA32];
  memory.write(LowMemory.gdt, new Uint8Array(8));
  for (let i = 1; i < entries.length; i++) memory.write(LowMemory.gdt + 8 * i, descriptor(entries[i]));
  return { base: LowMemory.gdt, limit: entries.length * 8 - 1 };
}

/** Flat 32-bit protected mode without paging, interrupts off, at `entry`. */
export function protectedState(memory: GuestMemory, entry: number): BootState {
  const flat = (selector: number, access: number) => ({ selector, base: 0, limit: 0xffffffff, access });
  return {
    ...resetState(),
    rip: BigInt(entry),
    segments: segments(flat(BootSelector.code32, ACCESS_CODE32), flat(BootSelector.data, ACCESS_DATA32)),
    gdtr: placeGdt(memory),
    cr0: CR0_BASE | CR0_PE,
  };
}

/** 64-bit mode with the page tables at `cr3`, interrupts off, at `entry`. */
export function longState(memory: GuestMemory, entry: bigint, cr3: number): BootState {
  const state = protectedState(memory, 0);
  return {
    ...state,
    rip: entry,
    segments: {
      ...state.segments,
      cs: { selector: BootSelector.code64, base: 0, limit: 0xffffffff, access: ACCESS_CODE64 },
    },
    cr0: (CR0_BASE | CR0_PE | CR0_NE | CR0_PG) >>> 0,
    cr3,
    cr4: CR4_PAE,
    efer: EFER_LME | EFER_LMA,
  };
}
