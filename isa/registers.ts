/** Every register that an operand can name: its name, file, number and size. */
import type { RegisterFile } from './decoded';

export interface Register {
  /** Lower case, as NASM writes it. */
  name: string;
  file: RegisterFile;
  /** Number within its file. */
  index: number;
  /** Bits. */
  size: number;
  /** It can be named only with a REX prefix (SPL BPL SIL DIL, R8..R15 and their parts, CR8.., XMM8..). */
  needsRex: boolean;
  /** It cannot be named together with a REX prefix (AH CH DH BH). */
  forbidsRex: boolean;
}

const low8 = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const high8 = ['ah', 'ch', 'dh', 'bh'];
const low16 = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const upper = [8, 9, 10, 11, 12, 13, 14, 15];

/** Segment registers in the order of their numbers. */
export const segmentRegisters = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

/** Names by file, in the order of their numbers. */
export const registerNames: Readonly<Record<RegisterFile, readonly string[]>> = {
  gpr8: [...low8, ...upper.map((n) => `r${n}b`)],
  gpr8high: high8,
  gpr16: [...low16, ...upper.map((n) => `r${n}w`)],
  gpr32: [...low16.map((name) => `e${name}`), ...upper.map((n) => `r${n}d`)],
  gpr64: [...low16.map((name) => `r${name}`), ...upper.map((n) => `r${n}`)],
  segment: segmentRegisters,
  control: numbered('cr', 16),
  debug: numbered('dr', 16),
  test: numbered('tr', 8),
  st: numbered('st', 8),
  mm: numbered('mm', 8),
  xmm: numbered('xmm', 16),
  ymm: numbered('ymm', 16),
};

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}

const sizes: Readonly<Record<RegisterFile, number>> = {
  gpr8: 8,
  gpr8high: 8,
  gpr16: 16,
  gpr32: 32,
  gpr64: 64,
  segment: 16,
  control: 64,
  debug: 64,
  test: 32,
  st: 80,
  mm: 64,
  xmm: 128,
  ymm: 256,
};

/** All registers. */
export const registers: readonly Register[] = (Object.keys(registerNames) as RegisterFile[]).flatMap((file) =>
  registerNames[file].map((name, index) => ({
    name,
    file,
    index,
    size: sizes[file],
    needsRex: file !== 'gpr8high' && (index >= 8 || (file === 'gpr8' && index >= 4)),
    forbidsRex: file === 'gpr8high',
  })),
);

const byName = new Map(registers.map((register) => [register.name, register]));

/** The register of that name, in any case; undefined where there is none. */
export function registerNamed(name: string): Register | undefined {
  return byName.get(name.toLowerCase());
}

/** Name of a register: `registerName('gpr16', 3)` is `bx`. */
export function registerName(file: RegisterFile, index: number): string {
  const name = registerNames[file][index];
  if (name === undefined) throw new RangeError(`no register ${index} in ${file}`);
  return name;
}
