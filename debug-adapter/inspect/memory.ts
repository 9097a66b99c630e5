import type { Target } from '../../hypervisor/target';
import { parseNumber } from './expression';

/** A place in memory as the protocol writes it: a linear address `0x7c00`, or `gpa:0x7c00`. */
export interface MemoryReference {
  readonly address: bigint;
  readonly physical: boolean;
}

const PHYSICAL = 'gpa:';
const PAGE = 4096n;
/** Bytes that one request may ask for. */
export const LARGEST_READ = 16 * 1024 * 1024;

/** `undefined` where the text is none. */
export function parseMemoryReference(text: string): MemoryReference | undefined {
  const physical = text.toLowerCase().startsWith(PHYSICAL);
  const address = parseNumber(physical ? text.slice(PHYSICAL.length) : text);
  if (address === undefined || address >= 1n << 64n) return undefined;
  return { address, physical };
}

export function formatMemoryReference({ address, physical }: MemoryReference): string {
  return `${physical ? PHYSICAL : ''}0x${address.toString(16)}`;
}

/** Moves a reference by bytes; linear addresses wrap at 64 bits, physical ones stop at 0. */
export function moveReference(reference: MemoryReference, offset: number): MemoryReference {
  const moved = reference.address + BigInt(offset);
  if (reference.physical) return { ...reference, address: moved < 0n ? 0n : moved };
  return { ...reference, address: BigInt.asUintN(64, moved) };
}

/** Reads what there is from `reference` on: it ends where memory does, or at the first page that is not mapped. */
export function readMemory(target: Target, reference: MemoryReference, count: number, cpu: number): Uint8Array {
  if (!reference.physical) return target.readVirtual(reference.address, count, cpu);
  if (reference.address >= BigInt(target.memorySize)) return new Uint8Array();
  const start = Number(reference.address);
  return target.readPhysical(start, Math.min(count, target.memorySize - start));
}

/** Writes what fits; gives the number of bytes written. */
export function writeMemory(target: Target, reference: MemoryReference, bytes: Uint8Array, cpu: number): number {
  if (!reference.physical) return target.writeVirtual(reference.address, bytes, cpu);
  if (reference.address >= BigInt(target.memorySize)) return 0;
  const start = Number(reference.address);
  const fit = bytes.subarray(0, target.memorySize - start);
  target.writePhysical(start, fit);
  return fit.length;
}

/** Bytes from an unmapped place to the end of its page: how far a reader should skip. */
export function bytesToNextPage(address: bigint): number {
  return Number(PAGE - (address % PAGE));
}

/** Base64 without Node's Buffer. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** `undefined` where the text is not base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}
