/**
 * What the Debug Adapter Protocol has no word for: custom requests and events, typed once for the adapter and for the
 * views that use them. Nothing here imports anything, so that a view can import it alone.
 *
 * 64-bit numbers are strings in hexadecimal (`0x7c00`); counts that JSON can carry are numbers.
 */

/** A value of up to 64 bits in hexadecimal. */
export type Hex = string;

/** One bit or field of a value, decoded. */
export interface DecodedBit {
  name: string;
  /** Lowest bit, and number of bits. */
  bit: number;
  width: number;
  /** `1`, `0`, the name of the value where it has one, else hexadecimal. */
  text: string;
  summary: string;
}

export interface VmcsFieldView {
  /** The manual's words: `Guest CR0`. */
  name: string;
  encoding: number;
  /** Bits of the field: 16, 32 or 64. */
  width: number;
  value: Hex;
  /** The value in words, on one line. */
  text: string;
  /** Its bits, where it has a layout. */
  bits: DecodedBit[];
  summary: string;
  changedSinceLastStop: boolean;
  /** Value at the stop before, where it changed. */
  previous?: Hex;
}

export interface VmcsGroupView {
  /** `guest state`, `host state`, `control`, `exit information`. */
  name: string;
  fields: VmcsFieldView[];
}

/** `ringside/vmcs`: the current VMCS of a vCPU. */
export interface VmcsArguments {
  /** 1 if absent. */
  threadId?: number;
}

export interface VmcsResponse {
  /** Absent where there is no VMCS; `reason` then says why. */
  groups?: VmcsGroupView[];
  reason?: string;
}

/** One VM exit, as hypervisor/exit-record.ts describes it. */
export interface ExitView {
  serial: number;
  /** Guest instructions retired before it. */
  instructions: number;
  threadId: number;
  method: string;
  reason: string;
  reasonCode: number;
  qualification: Hex;
  qualificationText: string;
  rip: Hex;
  /** Symbol or source line of `rip`, where known. */
  where?: string;
  instruction: string;
  guestLinear?: Hex;
  guestPhysical?: Hex;
  cause: string;
  action: string;
  cost: number;
}

/** `ringside/exits`: a page of the exit log, oldest first. */
export interface ExitsArguments {
  /** Serial number of the first; a negative number counts from the end. 0 if absent. */
  start?: number;
  /** 100 if absent, 1000 at most. */
  count?: number;
}

export interface ExitsResponse {
  total: number;
  counts: Record<string, number>;
  /** Modelled cycles of all. */
  cost: number;
  exits: ExitView[];
}

/** `ringside/status`: where the run is. */
export interface StatusResponse {
  program: string;
  virtualization: string;
  cpus: number;
  /** Bytes of guest memory. */
  memory: number;
  state: 'not started' | 'stopped' | 'running' | 'replaying' | 'ended';
  instructions: number;
  exits: number;
  cost: number;
  /** `real`, `protected`, `virtual-8086`, `compatibility`, `long`. */
  mode: string;
  halted: boolean;
  /** Earliest instruction count that can be gone back to, and the number of snapshots kept. */
  historyStart: number;
  snapshots: number;
  statistics: Record<string, number>;
}

export interface RegisterView {
  name: string;
  value: Hex;
  /** Bits of the register. */
  width: number;
  /** The value in words, where it has some. */
  text?: string;
  bits?: DecodedBit[];
  changedSinceLastStop: boolean;
}

export interface RegisterGroupView {
  /** `General`, `Segments`, `Control`, `System`, `Debug`. */
  name: string;
  registers: RegisterView[];
}

/** `ringside/registers`: everything that the register view shows. */
export interface RegistersArguments {
  threadId?: number;
}

export interface RegistersResponse {
  mode: string;
  cpl: number;
  groups: RegisterGroupView[];
}

/** `ringside/input`: types on the guest's serial line. */
export interface InputArguments {
  /** As it is, with `\r` for the Enter key. */
  text: string;
}

/** `ringside/screen`: the guest's text screen. */
export interface ScreenResponse {
  lines: string[];
}

/** `ringside/goto`: goes to an instruction count, earlier or later; a `stopped` event follows. */
export interface GotoInstructionArguments {
  instructions: number;
}

/** A structure in memory that the delivery of a fault looked at. */
export interface AutopsyEntryView {
  /** `IDT gate 6`, `Code descriptor 0x8`, `ESP0 and SS0 of the TSS`. */
  name: string;
  /** Guest-linear address; guest-physical where it is mapped. */
  address: Hex;
  physical?: Hex;
  /** As they stand in memory: `00 7c 08 00`; absent where the entry was not read. */
  bytes?: string;
  /** All of it on one line. */
  text: string;
  fields: DecodedBit[];
}

/** One fault of a triple fault; the double fault between the second and the third is one too. */
export interface AutopsyFaultView {
  /** `first`, `further`, `second`, `double`, `third`. */
  role: string;
  vector: number;
  /** `#GP`, and `General protection`. */
  mnemonic: string;
  name: string;
  errorCode?: { value: Hex; text: string; bits: DecodedBit[] };
  /** #PF: the linear address, and what lies there. */
  cr2?: { value: Hex; text: string };
  cs: Hex;
  rip: Hex;
  instruction?: {
    /** Linear address, and its symbol and source line where known. */
    address: Hex;
    where?: string;
    /** Path and line (as the client counts) of its source. */
    source?: { path: string; line: number };
    bytes: string;
    text: string;
  };
  /** What raised it, and where the manual says so. */
  cause: string;
  section: string;
  /** Absent where it was not tried. */
  delivery?: {
    /** IDTR, and of GDTR and TR those that mattered. */
    registers: { name: string; text: string }[];
    entries: AutopsyEntryView[];
    /** The check that failed, and where the manual has it. */
    failure: string;
    section: string;
  };
  /** What a person may do about it; empty for faults that only follow from others. */
  advice: string[];
}

/** `ringside/autopsy`: the triple fault that the guest stands at. */
export interface AutopsyResponse {
  /** From the first fault to the third; absent where there is no triple fault. */
  faults?: AutopsyFaultView[];
  /** The CPU that went into shutdown. */
  threadId?: number;
}

/** The custom requests with what goes in and what comes back. */
export interface CustomRequests {
  'ringside/vmcs': { arguments: VmcsArguments; response: VmcsResponse };
  'ringside/exits': { arguments: ExitsArguments; response: ExitsResponse };
  'ringside/autopsy': { arguments: Record<string, never>; response: AutopsyResponse };
  'ringside/status': { arguments: Record<string, never>; response: StatusResponse };
  'ringside/registers': { arguments: RegistersArguments; response: RegistersResponse };
  'ringside/input': { arguments: InputArguments; response: Record<string, never> };
  'ringside/screen': { arguments: Record<string, never>; response: ScreenResponse };
  'ringside/goto': { arguments: GotoInstructionArguments; response: Record<string, never> };
}

/** `launch` arguments beside those of the protocol; the extension's package.json describes the same. */
export interface LaunchArguments {
  /** Path of the program; an .asm file is assembled. */
  program: string;
  boot?: string;
  virtualization?: string;
  /** Bytes, or a number with K, M or G behind it. */
  memory?: string | number;
  cpus?: number;
  floppy?: string;
  disk?: string;
  cdrom?: string;
  virtioDisk?: string;
  initrd?: string;
  cmdline?: string;
  /** Stop before the first instruction. */
  stopOnEntry?: boolean;
  /** Stop, able to step back, when the guest has ended, instead of ending the session at once. */
  stopOnEnd?: boolean;
  /** Names of exit reasons to stop at from the start, beside those switched on in the Breakpoints view. */
  breakOnExits?: string[];
  /** An .asm source that gives lines and symbols to a program which is not one itself. */
  symbols?: string;
  /** Folders searched by %include, and macros to define (`NAME` or `NAME=value`), as NASM's -I and -D. */
  includePaths?: string[];
  defines?: string[];
  /** When hot code is translated; for tests. */
  tier1?: string;
}
