import type { SegmentBase, Value } from '../encoder/instruction';
import type { Integer } from '../expression/integer';
import { isRegister, type Linear, type Result } from '../expression/linear';
import type { Section } from './section';

/** A {@link Value} that the passes fill in anew; the encoder hands the same object back in its fixups. */
export class OperandValue implements Value {
  offset = 0n;
  base: SegmentBase | undefined = undefined;
  segment = false;
  forward = false;
  /** `wrt`. */
  wrt: Section | Integer | undefined = undefined;
  /** An address minus an address in this section: only the distance counts. */
  selfRelative = false;

  /** An address of a section, and nothing else. */
  place(offset: number, base: Section): void {
    this.offset = BigInt(offset);
    this.base = base;
    this.segment = false;
    this.forward = false;
    this.wrt = undefined;
    this.selfRelative = false;
  }
}

/** What a value is relative to, in linker's terms. */
export interface Placed {
  number: Integer;
  section: Section | undefined;
  selfRelative: boolean;
  wrt: Section | Integer | undefined;
  unknown: boolean;
}

/** A result as number plus at most one base; undefined where it is neither (registers, sums of addresses). */
export function placed(result: Result, here: Section | undefined): Placed | undefined {
  if (typeof result !== 'object')
    return { number: result, section: undefined, selfRelative: false, wrt: undefined, unknown: false };
  return placedLinear(result, here);
}

function placedLinear(result: Linear, here: Section | undefined): Placed | undefined {
  let section: Section | undefined;
  let selfRelative = false;
  const { terms } = result;
  for (let i = 0; i < terms.length; i++) {
    const { base, coefficient } = terms[i]!;
    if (isRegister(base)) return undefined;
    if (result.unknown) {
      // A known address in the sum: what it is relative to is known before the rest is.
      if (coefficient === 1) section ??= base;
      continue;
    }
    if (coefficient === 1 && !section) section = base;
    else if (coefficient === -1 && base === here && !selfRelative) selfRelative = true;
    else return undefined;
  }
  return { number: result.number, section, selfRelative, wrt: result.wrt, unknown: result.unknown };
}

/** Stores a result; false where it is no address or number. */
export function fillValue(value: OperandValue, result: Result, here: Section | undefined): boolean {
  if (typeof result !== 'object') {
    value.offset = BigInt(result);
    value.base = undefined;
    value.segment = false;
    value.forward = false;
    value.wrt = undefined;
    value.selfRelative = false;
    return true;
  }
  const place = placedLinear(result, here);
  if (!place) return false;
  value.offset = BigInt(place.unknown ? 0 : place.number);
  value.base = place.section;
  value.segment = place.section?.kind === 'segment';
  value.forward = place.unknown;
  value.wrt = place.wrt;
  value.selfRelative = place.selfRelative;
  return true;
}
