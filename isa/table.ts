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
import { type InstructionSource, readInstruction } from './notation';

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

const sources: readonly InstructionSource[] = families.flat();

/** Places in {@link sources} by mnemonic: MOV is six instructions. */
const places = new Map<string, number[]>();
sources.forEach(({ mnemonic }, place) => {
  const list = places.get(mnemonic);
  if (list) list.push(place);
  else places.set(mnemonic, [place]);
});

/** Instructions that were asked for, by place. Reading all of them takes longer than most programs that need a few. */
const read: (Instruction | undefined)[] = new Array(sources.length).fill(undefined);

function instructionAt(place: number): Instruction {
  read[place] ??= readInstruction(sources[place], allForms);
  return read[place];
}

let all: Form[] | undefined;

function numberForms(): Form[] {
  const list: Form[] = [];
  for (let place = 0; place < sources.length; place++) {
    for (const form of instructionAt(place).forms) {
      form.id = list.length;
      list.push(form);
    }
  }
  return list;
}

/** Every form; its index is its `id`. Read at the first call. */
export function allForms(): readonly Form[] {
  all ??= numberForms();
  return all;
}

/** One mnemonic can name several instructions: MOV of a control register, MOVSD of strings and of SSE2. */
function join(first: Instruction, second: Instruction): Instruction {
  return { ...first, summary: `${first.summary} ${second.summary}`, forms: [...first.forms, ...second.forms] };
}

/** A map that reads its instructions when they are asked for. */
class InstructionMap implements ReadonlyMap<string, Instruction> {
  private readonly joined = new Map<string, Instruction>();

  get size(): number {
    return places.size;
  }

  has(mnemonic: string): boolean {
    return places.has(mnemonic);
  }

  get(mnemonic: string): Instruction | undefined {
    const known = this.joined.get(mnemonic);
    if (known) return known;
    const own = places.get(mnemonic);
    if (own === undefined) return undefined;
    const made = own.map(instructionAt).reduce(join);
    this.joined.set(mnemonic, made);
    return made;
  }

  keys(): MapIterator<string> {
    return places.keys();
  }

  *values(): MapIterator<Instruction> {
    for (const mnemonic of places.keys()) yield this.get(mnemonic)!;
  }

  *entries(): MapIterator<[string, Instruction]> {
    for (const mnemonic of places.keys()) yield [mnemonic, this.get(mnemonic)!];
  }

  [Symbol.iterator](): MapIterator<[string, Instruction]> {
    return this.entries();
  }

  forEach(callback: (value: Instruction, key: string, map: ReadonlyMap<string, Instruction>) => void): void {
    for (const [mnemonic, instruction] of this) callback(instruction, mnemonic, this);
  }
}

/**
 * Instructions by lower-case mnemonic. Where one mnemonic names several, the meaning is the first's with all summaries and
 * forms; each form's own `instruction` says exactly.
 */
export const instructions: ReadonlyMap<string, Instruction> = new InstructionMap();
