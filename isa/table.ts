/** The instruction table: every form, and every instruction by mnemonic. Families are written in isa/forms. */
import type { Form, Instruction } from './form';
import { arithmetic } from './forms/arithmetic';
import { avxComparisons } from './forms/avx-comparisons';
import { avxFloatingPoint } from './forms/avx-floating-point';
import { avxFma } from './forms/avx-fma';
import { avxInteger } from './forms/avx-integer';
import { avxMoves } from './forms/avx-moves';
import { bits } from './forms/bits';
import { controlTransfer } from './forms/control-transfer';
import { dataMovement } from './forms/data-movement';
import { flags } from './forms/flags';
import { obsolete } from './forms/obsolete';
import { simdCryptography } from './forms/simd-cryptography';
import { simdFloatingPoint } from './forms/simd-floating-point';
import { simdInteger } from './forms/simd-integer';
import { simdMoves } from './forms/simd-moves';
import { strings } from './forms/strings';
import { system } from './forms/system';
import { virtualization } from './forms/virtualization';
import { x87Instructions } from './forms/x87';
import { type InstructionSource, readInstructions } from './notation';

const families: readonly (readonly InstructionSource[])[] = [
  arithmetic,
  dataMovement,
  bits,
  controlTransfer,
  strings,
  flags,
  system,
  virtualization,
  obsolete,
  x87Instructions,
  simdMoves,
  simdInteger,
  simdFloatingPoint,
  simdCryptography,
  avxMoves,
  avxFloatingPoint,
  avxComparisons,
  avxInteger,
  avxFma,
];

const table: Form[] = [];
const byMnemonic = new Map<string, Instruction>();

for (const family of families) {
  for (const instruction of readInstructions(family, table)) {
    const known = byMnemonic.get(instruction.mnemonic);
    byMnemonic.set(instruction.mnemonic, known ? join(known, instruction) : instruction);
  }
}

/** One mnemonic can name several instructions: MOV of a control register, MOVSD of strings and of SSE2. */
function join(first: Instruction, second: Instruction): Instruction {
  return { ...first, summary: `${first.summary} ${second.summary}`, forms: [...first.forms, ...second.forms] };
}

/** Every form; its index is its `id`. */
export const forms: readonly Form[] = table;

/**
 * Instructions by lower-case mnemonic. Where one mnemonic names several, the meaning is the first's with all summaries and
 * forms; each form's own `instruction` says exactly.
 */
export const instructions: ReadonlyMap<string, Instruction> = byMnemonic;
