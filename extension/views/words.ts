import type { DecodedBit } from '../../debug-adapter/protocol';

/** `1 exit`, `1,234 exits`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `0x0000000080000011` as `0x80000011`: a side bar is narrow. */
export function withoutZeros(hex: string): string {
  return hex.replace(/^0x0+(?=[0-9a-f])/i, '0x');
}

/** `bit 3`, `bits 15:3`. */
export function bitsOf({ bit, width }: DecodedBit): string {
  return width === 1 ? `bit ${bit}` : `bits ${bit + width - 1}:${bit}`;
}

/** A bit or field on one line. Of a value that has a name, that is all there is to say. */
export function bitText(bit: DecodedBit): string {
  const words = /^(0x)?[0-9a-f]+$/i.test(bit.text) ? `  ${bit.summary}` : '';
  return `${bit.text}  ${bitsOf(bit)}${words}`;
}
