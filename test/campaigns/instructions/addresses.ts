/** Memory addresses for the instruction campaigns. */
import type { MemoryOperand } from '../../../assembler/encoder/instruction';

export type Bits = 16 | 32 | 64;

/** Parts of a memory operand that are not as usual. */
export interface Address {
  base?: string;
  index?: string;
  scale?: number;
  displacement?: bigint;
  /** The displacement counts from `$`. */
  here?: boolean;
  segment?: string;
  relative?: boolean;
  displacementSize?: MemoryOperand['displacementSize'];
  addressSize?: MemoryOperand['addressSize'];
  nosplit?: boolean;
  hint?: MemoryOperand['hint'];
  /** `[eax+eax]` rather than `[eax*2]`. */
  summed?: boolean;
}

/** Addresses that reach every path of the encoder, by code size. */
export function addresses(bits: Bits): Address[] {
  const result: Address[] = [];
  const displacements = [0n, 1n, -1n, 127n, 128n, -128n, -129n];
  if (bits !== 64) {
    for (const base of ['bx', 'bp', 'si', 'di'])
      for (const displacement of displacements) result.push({ base, displacement });
    for (const base of ['bx', 'bp'])
      for (const index of ['si', 'di']) result.push({ base, index }, { base: index, index: base, displacement: 5n });
    result.push(
      { base: 'bx', displacement: 0x7fffn },
      { base: 'bx', displacement: 0xffffn },
      { base: 'bx', displacement: -0x8000n },
    );
    result.push({ base: 'bp', displacementSize: 16 }, { base: 'si', displacementSize: 8, displacement: 5n });
    result.push({ base: 'si', index: 'di' }, { base: 'ax' }, { base: 'bx', index: 'si', scale: 2 });
    result.push({ displacement: 0x1234n, addressSize: 16 }, { displacement: 0x1234n, displacementSize: 16 });
  }
  const wide = bits === 64 ? 'r' : 'e';
  const names = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'].map((name) => wide + name);
  if (bits === 64) names.push('r8', 'r12', 'r13', 'r15');
  for (const base of names) for (const displacement of displacements) result.push({ base, displacement });
  for (const base of [0x7fffffffn, -0x80000000n, 0x12345678n]) result.push({ base: names[3], displacement: base });
  result.push({ base: names[3], displacement: 0x80000000n }, { base: names[3], displacement: 0xffffff80n });
  for (const base of [names[0], names[4], names[5], ...(bits === 64 ? ['r12', 'r13'] : [])]) {
    for (const index of [names[0], names[5], names[7], ...(bits === 64 ? ['r8', 'r12', 'r13'] : [])]) {
      for (const scale of [1, 2, 4, 8]) {
        // The same register twice would be a sum: that is tried below.
        if (base !== index) result.push({ base, index, scale, displacement: scale === 2 ? 5n : 0n });
      }
    }
  }
  for (const index of [names[0], names[5], ...(bits === 64 ? ['r12', 'r13'] : [])]) {
    for (const scale of [1, 2, 3, 4, 5, 8, 9]) {
      result.push({ index, scale, hint: 'index' }, { index, scale, hint: 'index', nosplit: true, displacement: 5n });
    }
    result.push({ index, summed: true }, { index, summed: true, nosplit: true });
  }
  result.push(
    { base: names[0], index: names[4] },
    { index: names[4], scale: 2 },
    { index: names[4], scale: 1, hint: 'index' },
  );
  result.push({ base: names[5], index: names[4] }, { base: names[0], index: names[5], hint: 'index' });
  result.push({ base: names[1], displacementSize: 8 }, { base: names[1], displacementSize: 32 });
  result.push({ base: names[1], displacementSize: 16 }, { base: names[5], displacementSize: 32, displacement: 1n });
  result.push({ index: names[1], scale: 4, displacementSize: 8, displacement: 1n });
  const other = bits === 64 ? 'e' : 'r';
  result.push({ base: `${other}ax` }, { base: `${other}bx`, index: `${other}si`, scale: 4, displacement: 1n });
  if (bits === 64)
    result.push(
      { base: 'r8d' },
      { base: 'esp', index: 'r9d', scale: 8 },
      { base: 'rax', index: 'ebx' },
      { base: 'bx' },
    );
  for (const displacement of [0n, 5n, -5n, 0x7fffn, 0xffffn, 0x10000n, 0x7fffffffn, 0xffffffffn])
    result.push({ displacement });
  result.push({ displacement: 0x1234n, addressSize: 32 }, { displacement: 0x1234n, displacementSize: 32 });
  result.push({ displacement: 5n, displacementSize: 8 }, { displacement: 0x1234n, displacementSize: 64 });
  result.push({ here: true }, { here: true, displacement: 100n }, { here: true, displacement: -100n });
  result.push({ here: true, relative: true, displacement: 10n }, { here: true, relative: false, displacement: 10n });
  result.push({ displacement: 5n, relative: true }, { displacement: 5n, relative: false });
  for (const segment of ['es', 'cs', 'ss', 'ds', 'fs', 'gs'])
    result.push({ base: names[5], segment }, { displacement: 5n, segment });
  return result;
}

/** A few addresses, for where the address is not what is tried. */
export function fewAddresses(bits: Bits): Address[] {
  if (bits === 16)
    return [
      { base: 'bx' },
      { base: 'bp', index: 'si', displacement: 300n },
      { displacement: 0x1234n },
      { base: 'eax', displacement: 5n },
    ];
  if (bits === 32)
    return [
      { base: 'ebx' },
      { base: 'ebp', index: 'esi', scale: 4, displacement: 300n },
      { displacement: 0x1234n },
      { base: 'bx', displacement: 5n },
    ];
  return [
    { base: 'rbx' },
    { base: 'r13', index: 'r14', scale: 4, displacement: 300n },
    { displacement: 0x1234n },
    { here: true, relative: true, displacement: 64n },
    { base: 'ebx' },
  ];
}
