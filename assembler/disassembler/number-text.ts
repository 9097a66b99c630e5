/** Numbers and sizes as text. */

/** `0x1f`; `-0x1f` for negative numbers. */
export function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

const words: Record<number, string> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  64: 'qword',
  80: 'tword',
  128: 'oword',
  256: 'yword',
  512: 'zword',
};

/** The keyword of a size in bits. */
export function sizeWord(bits: number): string {
  return words[bits];
}

/** `$+0x12` */
export function hereText(distance: bigint): string {
  return distance < 0n ? `$-${hex(-distance)}` : `$+${hex(distance)}`;
}
