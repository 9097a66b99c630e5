/**
 * A register, a control word or a table entry as a list of named bits: the shape shared by every layout in this room,
 * and the functions that say a value in words. Values are 64-bit and unsigned, as `bigint`.
 */

/** Named bits inside a value. */
export interface BitField {
  /** The manual's short name: `PE`, `IOPL`, `EPT page-walk length`. */
  name: string;
  /** Lowest bit. */
  bit: number;
  /** Number of bits; 1 where it is a flag. */
  width: number;
  /** One sentence. */
  summary: string;
  /** Names of the values of a field that enumerates. */
  values?: readonly FieldValue[];
  /** Reads as ones always: part of the layout, left out where only what is set is told. */
  fixed?: boolean;
}

/** One value of an enumerating field. */
export interface FieldValue {
  value: number;
  name: string;
}

export type BitLayout = readonly BitField[];

/** One field of a value, ready to be shown. */
export interface DecodedField {
  field: BitField;
  /** Shifted down to bit 0. */
  value: bigint;
  /** `1`, `0`, the name of the value where it has one, else hexadecimal. */
  text: string;
}

/** A one-bit flag. */
export function flag(bit: number, name: string, summary: string): BitField {
  return { name, bit, width: 1, summary };
}

/** A field of several bits, from `low` to `high` inclusive; `values` names values as `{ 0: 'UC', 6: 'WB' }`. */
export function field(
  low: number,
  high: number,
  name: string,
  summary: string,
  values?: Readonly<Record<number, string>>,
): BitField {
  const base = { name, bit: low, width: high - low + 1, summary };
  if (values === undefined) return base;
  return { ...base, values: Object.entries(values).map(([value, text]) => ({ value: Number(value), name: text })) };
}

/** Bits that always read as 1, from `low` to `high` inclusive. */
export function fixedOnes(low: number, high: number): BitField {
  return {
    name: low === high ? 'fixed 1' : 'fixed 1s',
    bit: low,
    width: high - low + 1,
    summary: 'Always 1.',
    fixed: true,
  };
}

/** The bits of one field of `value`, shifted down. */
export function extract(field: BitField, value: bigint): bigint {
  return (BigInt.asUintN(64, value) >> BigInt(field.bit)) & ((1n << BigInt(field.width)) - 1n);
}

/** The bits that any field of `layout` covers. */
export function definedBits(layout: BitLayout): bigint {
  return layout.reduce((mask, f) => mask | (((1n << BigInt(f.width)) - 1n) << BigInt(f.bit)), 0n);
}

/** Every field of `value`, lowest bit first, also those that are zero. */
export function decodeBits(layout: BitLayout, value: bigint): DecodedField[] {
  return layout.map((field) => {
    const bits = extract(field, value);
    const named = field.values?.find((v) => BigInt(v.value) === bits)?.name;
    const plain = field.width === 1 ? bits.toString() : `0x${bits.toString(16)}`;
    return { field, value: bits, text: named ?? plain };
  });
}

/**
 * What is set in `value`, in one line: names of flags that are 1 and `NAME=value` of fields that are not zero or whose
 * zero has a name; bits outside the layout follow as `reserved 0x…`. `0` where nothing is set.
 */
export function formatBits(layout: BitLayout, value: bigint): string {
  const parts: string[] = [];
  for (const { field, value: bits, text } of decodeBits(layout, value)) {
    if (field.fixed) continue;
    if (field.width === 1 && field.values === undefined) {
      if (bits !== 0n) parts.push(field.name);
    } else if (bits !== 0n || field.values?.some((v) => v.value === 0)) {
      parts.push(`${field.name}=${text}`);
    }
  }
  const rest = BigInt.asUintN(64, value) & ~definedBits(layout);
  if (rest !== 0n) parts.push(`reserved 0x${rest.toString(16)}`);
  return parts.length === 0 ? '0' : parts.join(' ');
}
