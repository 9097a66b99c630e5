/** Where the cases' memory is, and how states and results are laid out: what harness.c says, said for our side. */

/** Two writable pages; the pages beside them are not mapped. */
export const DATA = 0x401000;
export const BOUNDARY = 0x402000;
export const DATA_END = 0x403000;
/** One page that can only be read, all zeros. */
export const READ_ONLY = 0x404000;
/** 512 bytes around the boundary of the two pages. */
export const WINDOW = 0x401f00;
export const WINDOW_SIZE = 512;
/** The last bytes before the page that is not mapped. */
export const EDGE = 0x402fc0;
export const EDGE_SIZE = 64;
export const MEMORY_SIZE = WINDOW_SIZE + EDGE_SIZE;
/** The page of code, full of HLT, and where instructions begin. */
export const CODE = 0x410000;
export const START = 0x410800;
export const FS_BASE = 0x400000;
export const GS_BASE = 0x1230;

export const GroupFlag = { float: 1, bits32: 2, segments: 4 } as const;
export const GROUP_HEADER = 32;

export const StateField = { gpr: 0, rflags: 128, memory: 136, fx: 136 + MEMORY_SIZE } as const;
export const STATE_SIZE = StateField.fx;
export const FX_SIZE = 512;

export const ResultField = {
  vector: 0,
  error: 4,
  cr2: 8,
  rip: 16,
  gpr: 24,
  rflags: 152,
  selectors: 160,
  bases: 176,
  memory: 192,
  fx: 192 + MEMORY_SIZE,
} as const;
export const RESULT_SIZE = ResultField.fx;
