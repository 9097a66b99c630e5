import { type Diagnostics, TokenRange } from '../diagnostics';
import type { Fixup } from '../encoder/instruction';
import type { Evaluator } from '../expression/evaluate';
import { type Integer, writeInteger } from '../expression/integer';
import { elementRange } from '../parser/data';
import { type DataElement, type Item, ItemKind } from '../program/item';
import type { Section } from '../program/section';
import { OperandValue, type Placed, placed } from '../program/value';

/** A field that holds an address or a distance: what the output format resolves or leaves to the linker. */
export interface Field {
  section: Section;
  /** Offset in the section. */
  offset: number;
  /** Bytes. */
  size: number;
  target: Placed;
  /** The value is counted from this offset of the section; undefined for an address. */
  relativeTo: number | undefined;
  /** How a 4-byte address is extended when used; undefined where it does not matter (data). */
  signed: boolean | undefined;
  item: Item;
}

/** What an output format does with fields that are no plain numbers. */
export interface FieldResolver {
  /** The number to write now; undefined where it has been dealt with (a relocation with its addend in place). */
  resolve(field: Field): Integer | undefined;
}

/** Writes the bytes of items into their sections. */
export class ContentsWriter {
  readonly bytes = new Map<Section, Uint8Array>();

  constructor(
    private readonly evaluator: Evaluator,
    private readonly diagnostics: Diagnostics,
    private readonly resolver: FieldResolver,
  ) {}

  write(items: readonly Item[], sections: readonly Section[]): void {
    for (const section of sections) {
      if (section.kind === 'section' && !section.nobits) this.bytes.set(section, new Uint8Array(section.size));
    }
    for (const item of items) if (item.size > 0 && item.repeat > 0 && !item.failed) this.item(item);
  }

  private item(item: Item): void {
    const out = this.bytes.get(item.section);
    this.diagnostics.frame = item.frame;
    this.diagnostics.line = item.line;
    if (!out) {
      this.withoutBytes(item);
      return;
    }
    switch (item.kind) {
      case ItemKind.Instruction:
      case ItemKind.Prefixes:
        this.instruction(item, out);
        break;
      case ItemKind.Data:
        this.data(item, out);
        break;
      case ItemKind.Reserve:
        this.diagnostics.warning(
          'zeroing',
          `uninitialized space declared in ${item.section.name} section: zeroing`,
          new TokenRange(item.first, item.last),
        );
        break;
      case ItemKind.Incbin:
        for (let i = 0; i < item.repeat; i++) out.set(item.bytes!, item.offset + i * item.size);
        break;
    }
  }

  private withoutBytes(item: Item): void {
    if (item.kind === ItemKind.Reserve || item.kind === ItemKind.Label) return;
    if (item.kind === ItemKind.Data && item.elements.every((element) => element.kind === 'reserve')) return;
    const range = new TokenRange(item.first, item.last);
    if (item.section.kind === 'absolute') this.diagnostics.error('attempt to assemble code in [ABSOLUTE] space', range);
    else
      this.diagnostics.warning(
        'other',
        `attempt to initialize memory in BSS section \`${item.section.name}': ignored`,
        range,
      );
  }

  private instruction(item: Item, out: Uint8Array): void {
    const { encoded, section } = item;
    const { bytes, fixups } = encoded!;
    for (const { code, message, range } of encoded!.warnings) this.warn(item, code, message, range);
    let at = item.offset;
    for (let i = 0; i < item.repeat; i++) {
      out.set(bytes, at);
      for (const fixup of fixups) this.fixup(item, section, at, bytes.length, fixup, out);
      at += bytes.length;
    }
  }

  private warn(
    item: Item,
    code: string,
    message: string,
    range = new TokenRange(item.first, item.last) as import('../api').SourceRange,
  ): void {
    if (item.warnings.get(code) !== 'off') this.diagnostics.warning(code, message, range);
  }

  private fixup(item: Item, section: Section, at: number, length: number, fixup: Fixup, out: Uint8Array): void {
    const value = item.branch > 0 ? item.slots[0]!.value : fixup.value;
    const own = value instanceof OperandValue ? value : undefined;
    const number = resized(value.offset);
    const target: Placed = {
      number,
      section: value.base as Section | undefined,
      selfRelative: own?.selfRelative === true,
      wrt: own?.wrt,
      unknown: false,
    };
    this.field(
      {
        section,
        offset: at + fixup.offset,
        size: fixup.size,
        target,
        relativeTo: fixup.relative ? at + length : undefined,
        signed: fixup.signed,
        item,
      },
      out,
    );
  }

  private field(field: Field, out: Uint8Array): void {
    const value = this.resolver.resolve(field);
    if (value !== undefined) writeInteger(out, field.offset, value, field.size);
  }

  private data(item: Item, out: Uint8Array): void {
    const { evaluator } = this;
    evaluator.section = item.section;
    evaluator.offset = item.offset;
    evaluator.critical = true;
    let at = item.offset;
    for (const element of item.elements) at = this.element(item, element, out, at);
    const end = item.offset + item.size * item.repeat;
    // What repeats is written once where no field in it depends on its place.
    for (let i = 1; i < item.repeat; i++) {
      if (this.placeMatters) {
        for (const element of item.elements) at = this.element(item, element, out, at);
      } else {
        const done = at - item.offset;
        const length = Math.min(done, end - at);
        out.copyWithin(at, item.offset, item.offset + length);
        at += length;
        if (at >= end) break;
      }
    }
    this.placeMatters = false;
  }

  /** A field was written whose value a linker, or its own place, decides. */
  private placeMatters = false;

  private element(item: Item, element: DataElement, out: Uint8Array, start: number): number {
    let at = start;
    for (let turn = 0; turn < element.count; turn++) {
      switch (element.kind) {
        case 'bytes': {
          const bytes = element.bytes!;
          for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i]!;
          at += Math.ceil(bytes.length / element.size) * element.size;
          break;
        }
        case 'reserve':
          at += element.size * element.count;
          if (turn === 0)
            this.diagnostics.warning(
              'zeroing',
              `uninitialized space declared in ${item.section.name} section: zeroing`,
              elementRange(element),
            );
          return at;
        case 'group':
          for (const inner of element.elements!) at = this.element(item, inner, out, at);
          break;
        case 'number':
          this.number(item, element, out, at);
          at += element.size;
          break;
      }
      if (turn === 0 && element.count > 1 && !this.placeMatters) {
        // The other turns are copies, doubled as they grow.
        const size = at - start;
        const end = start + size * element.count;
        while (at < end) {
          const length = Math.min(at - start, end - at);
          out.copyWithin(at, start, start + length);
          at += length;
        }
        return at;
      }
    }
    return at;
  }

  private number(item: Item, element: DataElement, out: Uint8Array, at: number): void {
    const result = this.evaluator.evaluate(element.expression!);
    if (result === undefined) return;
    const { size } = element;
    if (typeof result !== 'object') {
      if (size < 8 && overflows(result, size)) {
        const name = size === 1 ? 'byte' : size === 2 ? 'word' : 'dword';
        this.warn(item, 'number-overflow', `${name} data exceeds bounds`, elementRange(element));
      }
      writeInteger(out, at, result, size);
      return;
    }
    const target = placed(result, item.section);
    if (!target) {
      this.diagnostics.error('expression is not simple or relocatable', elementRange(element));
      return;
    }
    this.placeMatters = true;
    const relativeTo = target.selfRelative ? 0 : undefined;
    this.field({ section: item.section, offset: at, size, target, relativeTo, signed: undefined, item }, out);
  }
}

function resized(value: bigint): Integer {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

/** Fits neither as a signed nor as an unsigned number of `size` bytes. */
export function overflows(value: Integer, size: number): boolean {
  const limit = 2 ** (8 * size);
  return value < -limit || value >= limit;
}
