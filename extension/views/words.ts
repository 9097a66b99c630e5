/** `1 exit`, `1,234 exits`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `0x0000000080000011` as `0x80000011`: a side bar is narrow. */
export function withoutZeros(hex: string): string {
  return hex.replace(/^0x0+(?=[0-9a-f])/i, '0x');
}
