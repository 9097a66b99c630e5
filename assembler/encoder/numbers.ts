/** Numbers into bytes, and NASM's warnings where they do not fit. */

const names: Record<number, string> = { 1: 'byte', 2: 'word', 4: 'dword', 8: 'qword' };

/** Whether a value is outside what `bytes` bytes can hold, signed or unsigned. */
export function overflows(value: bigint, bytes: number): boolean {
  if (bytes >= 8) return false;
  const limit = 1n << BigInt(bytes * 8);
  return value >= limit || value < -limit;
}

/** Whether a value is outside what `bytes` signed bytes can hold. */
export function overflowsSigned(value: bigint, bytes: number): boolean {
  if (bytes >= 8) return false;
  const limit = 1n << BigInt(bytes * 8 - 1);
  return value >= limit || value < -limit;
}

export function dataWarning(bytes: number): string {
  return `${names[bytes]} data exceeds bounds`;
}

/** Of a number that no sign-extended byte stands for; `size` is that of the operand in bits. */
export function signExtendedWarning(size: number): string {
  const name = size === 8 ? 'signed byte' : size === 16 ? 'word' : size === 32 ? 'dword' : 'signed dword';
  return `${name} value exceeds bounds`;
}

/** Writes the low `bytes` bytes of a number at `at`. */
export function writeNumber(target: Uint8Array, at: number, value: bigint, bytes: number): void {
  if (bytes === 8) {
    writeWord(target, at, Number(BigInt.asIntN(32, value)), 4);
    writeWord(target, at + 4, Number(BigInt.asIntN(32, value >> 32n)), 4);
  } else {
    writeWord(target, at, Number(BigInt.asIntN(32, value)), bytes);
  }
}

function writeWord(target: Uint8Array, at: number, value: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) target[at + i] = value >> (8 * i);
}
