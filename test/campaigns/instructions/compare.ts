/** Compares the encoder with nasm, case by case. */
import { encode, isEncodeError } from '../../../assembler/encoder/encode';
import type { ParsedInstruction } from '../../../assembler/encoder/instruction';
import type { Bits } from './addresses';
import { type Operand, section } from './operands';
import { assemble } from './oracle';

export interface Case {
  mnemonic: string;
  operands: readonly Operand[];
  prefixes?: readonly string[];
}

export interface Difference {
  text: string;
  bits: Bits;
  /** Hexadecimal bytes, or the error. */
  nasm: string;
  ours: string;
}

export interface Comparison {
  cases: number;
  refused: number;
  /** nasm itself broke down. */
  panics: number;
  /** Encodings that come later here: AVX-512, and AMD's XOP. */
  later: number;
  /** Both refuse, in different words. */
  otherWords: Difference[];
  differences: Difference[];
  /** Bytes that both made, with the text they came from. */
  accepted: { text: string; bytes: Uint8Array; address: number }[];
}

export function textOf(it: Case): string {
  const prefixes = it.prefixes ?? [];
  return `${[...prefixes, it.mnemonic].join(' ')} ${it.operands.map((operand) => operand.text).join(',')}`.trim();
}

const range = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

export function parsedOf(it: Case, here: bigint): ParsedInstruction {
  const prefixes = it.prefixes ?? [];
  const hint = prefixes.find((prefix) => prefix.startsWith('{'));
  return {
    mnemonic: it.mnemonic,
    operands: it.operands.map((operand) => operand.parsed(here)),
    prefixes: prefixes.filter((prefix) => !prefix.startsWith('{')),
    encodingHint: (hint?.slice(1, -1) ?? '') as ParsedInstruction['encodingHint'],
    range,
  };
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Does the encoding begin with EVEX or XOP, after legacy prefixes? */
function isEvexOrXop(bytes: Uint8Array): boolean {
  const legacy = [0x9b, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];
  const at = bytes.findIndex((byte) => !legacy.includes(byte));
  return bytes[at] === 0x62 || (bytes[at] === 0x8f && (bytes[at + 1] & 0x1f) >= 8);
}

export interface Options {
  /** NASM's -O; all by default. */
  optimization?: 0 | 1;
  defaultRel?: boolean;
}

/** Encodes every case here and with nasm. */
export function compare(cases: readonly Case[], bits: Bits, options: Options = {}): Comparison {
  const result: Comparison = {
    cases: cases.length,
    refused: 0,
    panics: 0,
    later: 0,
    otherWords: [],
    differences: [],
    accepted: [],
  };
  const texts = cases.map(textOf);
  const switches = options.optimization === undefined ? [] : [`-O${options.optimization}`];
  const lines = options.defaultRel ? ['default rel', ...texts] : texts;
  const answers = assemble(lines, bits, switches).slice(lines.length - texts.length);
  cases.forEach((it, i) => {
    const answer = answers[i];
    const here = BigInt(answer.address);
    const own = encode(parsedOf(it, here), {
      bits,
      address: { offset: here, base: section, forward: false },
      defaultRel: options.defaultRel ?? false,
      defaultBnd: false,
      optimization: options.optimization ?? Number.POSITIVE_INFINITY,
    });
    if (answer.error === 'panic') {
      result.panics++;
      return;
    }
    const nasm = answer.bytes ? hex(answer.bytes) : (answer.error ?? 'nothing');
    const ours = isEncodeError(own) ? own.message : hex(own.bytes);
    if (answer.bytes && isEncodeError(own) && isEvexOrXop(answer.bytes)) {
      result.later++;
      return;
    }
    if (answer.bytes && !isEncodeError(own)) {
      if (nasm !== ours) result.differences.push({ text: texts[i], bits, nasm, ours });
      else result.accepted.push({ text: texts[i], bytes: own.bytes, address: answer.address });
    } else if (answer.bytes || !isEncodeError(own)) {
      result.differences.push({ text: texts[i], bits, nasm, ours });
    } else {
      result.refused++;
      if (nasm !== ours) result.otherWords.push({ text: texts[i], bits, nasm, ours });
    }
  });
  return result;
}
