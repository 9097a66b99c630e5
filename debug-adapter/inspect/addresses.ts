import type { Registers } from '../../hypervisor/target';

/** Places in {@link Registers.segments}, in the manual's order of segment registers. */
export const Segment = { Es: 0, Cs: 1, Ss: 2, Ds: 3, Fs: 4, Gs: 5, Ldtr: 6, Tr: 7 } as const;

/** Places in {@link Registers.gpr}. */
export const Gpr = { Rax: 0, Rcx: 1, Rdx: 2, Rbx: 3, Rsp: 4, Rbp: 5, Rsi: 6, Rdi: 7 } as const;

/** D/B in the access rights of a segment, VMCS format (SDM 3C table 24-2). */
const DEFAULT_BIG = 1 << 14;

/** Width of stack pointer and stack addresses in bits: SS.B outside 64-bit mode. */
export function stackBits(registers: Registers): 16 | 32 | 64 {
  if (registers.codeBits === 64) return 64;
  return registers.segments[Segment.Ss]!.access & DEFAULT_BIG ? 32 : 16;
}

/**
 * Linear address of `segment:offset`; the offset counts in `bits` bits. In 64-bit mode only FS and GS have a base, and the
 * sum is 64 bits wide; else it is 32 (SDM 1 3.3).
 */
export function linearAddress(registers: Registers, segment: number, offset: bigint, bits: number): bigint {
  const effective = BigInt.asUintN(bits, offset);
  if (registers.codeBits === 64) {
    const base = segment === Segment.Fs || segment === Segment.Gs ? registers.segments[segment]!.base : 0n;
    return BigInt.asUintN(64, base + effective);
  }
  return BigInt.asUintN(32, registers.segments[segment]!.base + effective);
}

/** Linear address of the next instruction. */
export function instructionPointer(registers: Registers): bigint {
  return linearAddress(registers, Segment.Cs, registers.rip, registers.codeBits === 64 ? 64 : 32);
}

/** Linear address of the top of the stack. */
export function stackPointer(registers: Registers): bigint {
  return linearAddress(registers, Segment.Ss, registers.gpr[Gpr.Rsp]!, stackBits(registers));
}

/** Little-endian unsigned value of some bytes. */
export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

/** `size` bytes of a value, little-endian. */
export function toLittleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** `0x7c00`. */
export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** `0x0000000000007c00`: all digits of a value of `bits` bits. */
export function hexOfWidth(value: bigint, bits: number): string {
  return `0x${BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(Math.ceil(bits / 4), '0')}`;
}
