/** RCPPS, RSQRTPS: approximations to 12 bits, bit for bit those of Intel processors (SDM 2B RCPPS, RSQRTPS). */
import type { InstructionHelper } from '../cpu';
import { requireSse } from './sse-control';
import { readLanes, registerIndex, writeLanes } from './sse-operands';

const INFINITY = 0x7f800000;
const QUIET = 0x400000;
const INDEFINITE = 0xffc00000;
const BIAS = 127;

/**
 * 1 / x: of the fraction the upper 11 bits count. The answer is the reciprocal of the middle of the interval that they
 * name, rounded to a multiple of 2^-13; denormals count as zero and denormal results are zero.
 */
function reciprocal(bits: number): number {
  const sign = bits & 0x80000000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return fraction !== 0 ? bits | QUIET : sign;
  if (exponent === 0) return sign | INFINITY;
  const index = fraction >>> 12;
  const rounded = Math.floor(8192 / (1 + (2 * index + 1) / 4096) + 0.5);
  // between 1/2 and 1: 12 bits behind the leading one
  const resultExponent = 2 * BIAS - 1 - exponent;
  if (resultExponent <= 0) return sign;
  return sign | (resultExponent << 23) | ((rounded - 4096) << 11);
}

/** 1 / sqrt(x): the upper 10 bits of the fraction and the parity of the exponent count. */
function reciprocalRoot(bits: number): number {
  const sign = bits & 0x80000000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff && fraction !== 0) return bits | QUIET;
  if (exponent === 0) return sign | INFINITY;
  if (sign !== 0) return INDEFINITE;
  if (exponent === 0xff) return 0;
  const middle = 1 + (2 * (fraction >>> 13) + 1) / 2048;
  const odd = (exponent - BIAS) & 1;
  // an odd exponent: the root of a number between 1/2 and 1, whose reciprocal lies between 1 and 2
  const half = (exponent - BIAS + odd) / 2;
  const rounded = odd ? Math.floor(4096 / Math.sqrt(middle / 2) + 0.5) : Math.floor(8192 / Math.sqrt(middle) + 0.5);
  return ((BIAS - half - (odd ? 0 : 1)) << 23) | ((rounded - 4096) << 11);
}

function approximation(compute: (bits: number) => number, lanes: number): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const result = readLanes(cpu, instruction, 1, 32, lanes).map((x) => BigInt(compute(Number(x)) >>> 0));
    writeLanes(cpu, registerIndex(instruction, 0), 32, result);
  };
}

export const sseApproximations: readonly [string, InstructionHelper][] = [
  ['rcpps', approximation(reciprocal, 4)],
  ['rcpss', approximation(reciprocal, 1)],
  ['rsqrtps', approximation(reciprocalRoot, 4)],
  ['rsqrtss', approximation(reciprocalRoot, 1)],
];
