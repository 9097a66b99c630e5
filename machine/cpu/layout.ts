/**
 * Where everything stands in the one linear memory that the WebAssembly code and TypeScript share. Offsets in bytes.
 *
 *   0x00000  the null record: what an empty code-table entry points to (its handler means "decode first")
 *   0x00100  architectural state of the current CPU (this file)
 *   0x10000  data TLB, 0x30000 instruction TLB
 *   0x40000  code tables (per code page), then decoded records, then a bitmap of code bytes a page with code
 *   ramBase  host-physical memory
 */

/** Offsets of the architectural state. Registers are 8 bytes each unless said otherwise. */
export const State = {
  /** RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
  gpr: 0x100,
  /** Always zero: stands in for an absent base or index register. Slot 16 of `gpr`. */
  zero: 0x180,
  /** Linear address of the page that RIP is in. Slot 17 of `gpr`: the base of RIP-relative operands. */
  linearPage: 0x188,
  /** Arithmetic flags, lazily: see flags.ts. */
  flagX: 0x190,
  flagY: 0x198,
  flagS: 0x1a0,
  flagResult: 0x1a8,
  flagDelta: 0x1b0,
  /** u32: RFLAGS without the six arithmetic flags; bit 1 always set. */
  systemFlags: 0x1b8,
  /** u32: offset of the current instruction in the page at `linearPage`. RIP = linearPage + offset - CS base. */
  offset: 0x1bc,
  /** i32: instructions that may still retire in this slice. */
  remaining: 0x1c0,
  /** u32: non-zero once a slow path found a fault; the pending exception stands in the Cpu object. */
  fault: 0x1c4,
  /** 64 bits, upper half zero: low 12 bits of TLB tags for data accesses as the CPU stands now. */
  tlbContext: 0x1c8,
  /** 64 bits, upper half zero: the same for instruction fetch, code mode included. */
  fetchContext: 0x1d0,
  /** Mask of the stack pointer: 0xffff, 0xffffffff or all ones. */
  stackMask: 0x1d8,
  /** ES CS SS DS FS GS: base to add to an offset (zero for the first four in 64-bit mode). */
  segmentBase: 0x1e0,
  /** Highest offset readable, signed compare against the last byte; -1: every access takes the slow path. */
  segmentReadLimit: 0x210,
  /** Highest offset writable, likewise. */
  segmentWriteLimit: 0x240,
  /** Mask of the instruction pointer: 0xffff, 0xffffffff or all ones. */
  ipMask: 0x270,
  /** i32: upper half of what a slow load returned. */
  slowHigh: 0x278,
  /** u32: linear-memory address of the code table of the page at `linearPage`, 0 if not known. */
  codeTable: 0x27c,
  /** Eight descriptors (ES CS SS DS FS GS LDTR TR), 32 bytes each: see {@link SegmentField}. */
  segments: 0x280,
  gdtrBase: 0x380,
  gdtrLimit: 0x388,
  idtrBase: 0x390,
  idtrLimit: 0x398,
  cr0: 0x3a0,
  cr2: 0x3a8,
  cr3: 0x3b0,
  cr4: 0x3b8,
  cr8: 0x3c0,
  efer: 0x3c8,
  xcr0: 0x3d0,
  /** DR0..DR3, then DR6 and DR7 at 4 and 5. */
  dr: 0x3e0,
  star: 0x410,
  lstar: 0x418,
  cstar: 0x420,
  sfmask: 0x428,
  kernelGsBase: 0x430,
  sysenterCs: 0x438,
  sysenterEsp: 0x440,
  sysenterEip: 0x448,
  pat: 0x450,
  tscAux: 0x458,
  /** Added to the tick count to give the TSC. */
  tscOffset: 0x460,
  apicBase: 0x468,
  miscEnable: 0x470,
  featureControl: 0x478,
  debugctl: 0x480,
  pkru: 0x488,
  mtrrDefType: 0x490,
  /** Eight pairs PHYSBASE, PHYSMASK. */
  mtrrVariable: 0x498,
  /** Eleven fixed-range MTRRs. */
  mtrrFixed: 0x518,
  /** u32 each. */
  cpl: 0x600,
  /** 0 active, 1 HLT, 2 shutdown, 3 wait-for-SIPI (SDM 3C 24.4.2). */
  activity: 0x604,
  /** Bit 0 blocking by STI, bit 1 blocking by MOV SS, bit 3 blocking by NMI (SDM 3C table 24-3). */
  interruptibility: 0x608,
  /** 16, 32, 64: size of the code segment in force. */
  codeBits: 0x60c,
  /** 1 while in VMX root operation or non-root, 0 outside VMX operation. */
  vmxOn: 0x610,
  /** 1 in VMX non-root operation. */
  nonRoot: 0x614,
  vmxonPointer: 0x618,
  /** Physical address of the current VMCS, all ones if none. */
  currentVmcs: 0x620,
  /** EPT pointer in force, 0 if EPT is off. */
  eptp: 0x628,
  vpid: 0x630,
  /** u32: heat at which a record's region is translated; above 65535: never. */
  heatThreshold: 0x638,
  /** u32: why the interpreter came back: {@link Leave}. */
  leave: 0x63c,
  /** u32: a slow path wants the slice to end after the present instruction. */
  boundary: 0x640,
  /** i32: instructions that were cut off the slice because of `boundary`. */
  cut: 0x644,
  /** u32: bits of DR6 of debug traps that wait for an instruction boundary where nothing holds them off. */
  pendingDebug: 0x648,
  /** i32: `remaining` before the last iteration of a repeated string instruction that has more to go, retired; 0 if none. */
  iteration: 0x64c,
  /** u32: exceptions in a row without an instruction that retired, and the lower half of the count at the last one. */
  exceptions: 0x658,
  exceptionAt: 0x65c,
  /** The four PDPTE registers of PAE paging (SDM 3A 4.4.1). */
  pdpte: 0x660,
  /** Time in ticks, plus 1, at which the VMX-preemption timer runs out; 0 while it is off. */
  preemptionDeadline: 0x650,
  /** 64 bytes that an instruction may use as it likes. */
  scratch: 0x6c0,
  xmm: 0x700,
  mxcsr: 0x800,
  /** Eight 80-bit registers, 16 bytes each, by physical number (not relative to TOP). */
  x87: 0x810,
  /** u16 each, 4 bytes apart. */
  fpuControl: 0x890,
  fpuStatus: 0x894,
  fpuTag: 0x898,
  fpuOpcode: 0x89c,
  fpuInstruction: 0x8a0,
  fpuData: 0x8a8,
  /** First and last byte of what a snapshot copies. */
  first: 0x100,
  end: 0x900,
} as const;

/** Values of {@link State.activity}. */
export const Activity = { Active: 0, Halted: 1, Shutdown: 2, WaitForSipi: 3 } as const;

/** Why the interpreter returned to the run loop. */
export const Leave = {
  /** The slice's instructions are used up, or something ended it. */
  Slice: 0,
  /** The next instruction has a breakpoint. */
  Breakpoint: 1,
  /** The next instruction became hot: translate from here. */
  Hot: 2,
  /** TypeScript asked for it: see the Cpu object. */
  Stop: 3,
} as const;

/** Offsets inside a descriptor of `State.segments`. */
export const SegmentField = {
  /** u16. */
  selector: 0,
  /** u32: access rights in the VMCS format (SDM 3C table 24-2): type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15, unusable 16. */
  access: 4,
  /** u64: linear address. */
  base: 8,
  /** u32: in bytes, granularity applied. */
  limit: 16,
  size: 32,
} as const;

/** Index of a segment register in ES CS SS DS FS GS LDTR TR. */
export const Segment = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, LDTR: 6, TR: 7 } as const;

/** Index of a general register. */
export const Gpr = { RAX: 0, RCX: 1, RDX: 2, RBX: 3, RSP: 4, RBP: 5, RSI: 6, RDI: 7 } as const;

/** Data TLB: direct mapped by page number. */
export const Tlb = {
  base: 0x10000,
  entries: 4096,
  entrySize: 32,
  /** i64: linear page | context, or 0. */
  readTag: 0,
  writeTag: 8,
  /** i64: like `writeTag`, for writable RAM that also holds decoded code: a store must look at {@link codeBytes}. */
  codeWriteTag: 16,
  /** i32: add to the low half of the linear address to get the linear-memory address. */
  addend: 24,
  /** u32: where `codeWriteTag` is set, linear-memory address of the page's bitmap: a bit a byte that code was made from. */
  codeBytes: 28,
} as const;

/** Instruction TLB: direct mapped by page number. */
export const FetchTlb = {
  base: 0x30000,
  entries: 2048,
  entrySize: 16,
  tag: 0,
  /** u32: the page's code table. */
  table: 8,
} as const;

/** A decoded instruction: operands as addresses of register slots and constants. */
export const Record = {
  size: 64,
  /** u16: handler number. */
  handler: 0,
  /** u16: how often it was the target of a taken branch, modulo 65536. */
  heat: 2,
  /** u32 each: linear-memory address of the register slot of operand 0, 1, 2 (unused for memory and immediates). */
  operand: 4,
  /** i64: the immediate as it enters the operation. */
  immediate: 16,
  /** u32: address of the base register's slot (`zero` if none, `linearPage` for RIP). */
  base: 24,
  /** u32: address of the index register's slot. */
  index: 28,
  /** i64: displacement; RIP-relative, and of branches: from the start of the page. */
  displacement: 32,
  /** u32: address of the segment's base slot. */
  segment: 40,
  /** u8: shift of the index. */
  scale: 44,
  /** u8: instruction length in bytes. */
  length: 45,
  /** u16: the handler that interprets the instruction, where `handler` was replaced by a region entry or breakpoint. */
  interpret: 46,
  /** i32: low half of a branch's target as offset from the start of the page. */
  target: 48,
  /** u32: the translated region entered here: slot << 8 | entry, 0 if none. */
  region: 52,
  /** i64: mask of the effective address. */
  addressMask: 56,
} as const;

/** Handlers that stand for no instruction form; those of forms follow. */
export const Handler = {
  /** Nothing decoded here yet (that of the null record). */
  Decode: 0,
  /** Enter the translated region in `Record.region`. */
  Region: 1,
  Breakpoint: 2,
  /** Call the instruction's TypeScript helper. */
  Helper: 3,
  first: 4,
} as const;

/** Code tables: one u32 record address per byte of a page; 16 more so that reads past the end find nothing. */
export const CodeTable = { bytes: 4096 * 4 + 64 } as const;

/** A page's bitmap of code bytes; 8 more so that 16 bits can be read at any of its bytes. */
export const CodeBytes = { bytes: 4096 / 8 + 8 } as const;

export const PAGE_SIZE = 4096;
export const PAGE_MASK = 4095;
