/** Numbers, bytes and names as all features write them. */

import type { LineEntry } from '../../assembler/api';

/** `0x7C00`. */
export function hex(value: bigint | number): string {
  const big = BigInt(value);
  return big < 0n ? `-0x${(-big).toString(16).toUpperCase()}` : `0x${big.toString(16).toUpperCase()}`;
}

/** `0F A2`; after `most` bytes how many there are in all. */
export function hexBytes(bytes: Uint8Array, most: number): string {
  const shown = [...bytes.subarray(0, most)].map((b) => b.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  return bytes.length > most ? `${shown} … (${bytes.length} bytes)` : shown;
}

/** What the entries of one line put into the output, in order; empty where nothing was put out. */
export function bytesOf(entries: readonly LineEntry[], output: Uint8Array | undefined): Uint8Array {
  if (!output) return new Uint8Array(0);
  const parts = entries
    .filter((e) => e.fileOffset >= 0)
    .map((e) => output.subarray(e.fileOffset, e.fileOffset + e.length));
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** `1010_0101`, in groups of four. */
export function binary(value: bigint): string {
  const digits = value.toString(2);
  const padded = digits.padStart(Math.ceil(digits.length / 4) * 4, '0');
  return padded.replace(/(?=(?:.{4})+$)(?!^)/g, '_');
}

/** A value in hexadecimal, decimal and binary, and as characters where all its bytes are printable. */
export function numberText(value: bigint): string {
  const parts = [hex(value), value.toString()];
  if (value < 0n) parts.push(`as 64 bits ${hex(BigInt.asUintN(64, value))}`);
  else if (value < 1n << 32n) parts.push(`0b${binary(value)}`);
  if (value > 0n) {
    let rest = value;
    let characters = '';
    for (; rest > 0n; rest >>= 8n) characters += String.fromCharCode(Number(rest & 0xffn));
    if (/^[\x20-\x7e]+$/.test(characters)) parts.push(`'${characters}'`);
  }
  const kib = value / 1024n;
  if (value >= 65536n && value % 1024n === 0n && value < 1n << 50n) {
    const units: [bigint, string][] = [
      [1n << 20n, 'GiB'],
      [1n << 10n, 'MiB'],
      [1n, 'KiB'],
    ];
    const [size, unit] = units.find(([s]) => kib >= s && kib % s === 0n)!;
    parts.push(`${kib / size} ${unit}`);
  }
  return parts.join(' · ');
}
