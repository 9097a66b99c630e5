import type { SourceRange } from '../api';
import type { Diagnostics } from '../diagnostics';
import type { Fixup } from '../encoder/instruction';
import type { Evaluator } from '../expression/evaluate';
import { type Integer, writeInteger } from '../expression/integer';
import { elementRange } from '../parser/data';
import { fillParts } from '../program/fill';
import { type Code, type DataElement, type Item, ItemKind, isStatement, type Statement } from '../program/item';
import type { Layout } from '../program/layout';
import type { Section } from '../program/section';
import { OperandValue, type Placed, placed } from '../program/value';
import type { OutputFormat } from './format';
import type { ListingWriter } from './listing';

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
  item: Statement;
}

/** What an output format does with fields that are no plain numbers. */
export interface FieldResolver {
  /** The number to write now; undefined where it has been dealt with (a relocation with its addend in place). */
  resolve(field: Field): Integer | undefined;
}

/** Writes the bytes of items into their sections, and shows them in the listing. */
export class ContentsWriter {
  readonly bytes = new Map<Section, Uint8Array>();
  /** Where the item in hand is, and its section's bytes. */
  private section: Section | undefined;
  private sectionBytes: Uint8Array | undefined;
  /** A field was written whose value a linker, or its own place, decides: turns of TIMES and DUP are no copies. */
  private placeMatters = false;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly diagnostics: Diagnostics,
    private readonly format: Pick<OutputFormat, 'name' | 'addressBytes' | 'resolver' | 'zeroing' | 'ignored'>,
    private readonly layout: Pick<Layout, 'code' | 'turnAt'>,
    private readonly listing: ListingWriter | undefined,
  ) {}

  write(items: readonly Item[], sections: readonly Section[]): void {
    const { listing, diagnostics } = this;
    for (const section of sections) {
      if (section.kind === 'section' && !section.nobits) this.bytes.set(section, new Uint8Array(section.size));
    }
    const { listener } = diagnostics;
    diagnostics.listener = listing && ((text) => listing.note(text));
    // No iterators here, nor in what is done for every item: until V8 has optimized it each step of one makes an object.
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (isStatement(item)) {
        if ((item.size <= 0 && item.kind !== ItemKind.Incbin) || item.repeat <= 0 || item.failed) continue;
      } else if (item.size === 0) continue;
      listing?.goTo(item.listingLine);
      diagnostics.frame = item.frame;
      diagnostics.line = item.line;
      diagnostics.warnings = item.mode.warnings;
      if (isStatement(item)) this.item(item);
      else this.code(item as Code);
    }
    diagnostics.listener = listener;
  }

  private code(item: Code): void {
    const { section, offset, at, size } = item;
    const { bytes } = this.layout.code;
    const out = section === this.section ? this.sectionBytes : this.enter(section);
    if (!out) this.refused(item);
    if (out) for (let i = 0; i < size; i++) out[offset + i] = bytes[at + i]!;
    if (section.kind !== 'absolute') this.listing?.bytes(offset, bytes, at, at + size);
  }

  private enter(section: Section): Uint8Array | undefined {
    this.section = section;
    this.sectionBytes = this.bytes.get(section);
    return this.sectionBytes;
  }

  private item(item: Statement): void {
    const out = this.enter(item.section) ?? this.ignored(item);
    switch (item.kind) {
      case ItemKind.Instruction:
      case ItemKind.Prefixes:
        if (out) this.instruction(item, out);
        else this.refused(item);
        break;
      case ItemKind.Data:
        if (out || item.elements.every(({ kind }) => kind === 'reserve')) this.data(item, out);
        else this.refused(item);
        break;
      case ItemKind.Reserve:
        this.reserve(item, out);
        break;
      case ItemKind.Fill:
        if (out) this.fill(item, out);
        else this.refused(item);
        break;
      case ItemKind.Incbin:
        if (out) this.include(item, out);
        else this.refused(item);
        break;
    }
  }

  /** Bytes in a section that has none in the file: they are only listed. */
  private ignored(item: Statement): Uint8Array | undefined {
    const { section, kind } = item;
    if (section.kind !== 'section' || kind === ItemKind.Reserve || kind === ItemKind.Label) return undefined;
    if (kind === ItemKind.Data && item.elements.every((element) => element.kind === 'reserve')) return undefined;
    this.refused(item);
    return new Uint8Array(item.offset + item.length);
  }

  /** Offset as the listing shows it. */
  private shown(item: Statement, offset: number): number {
    return item.section.kind === 'absolute' ? Number(item.section.absoluteStart) + offset : offset;
  }

  /** Bytes where none can be. */
  private refused(item: Item): void {
    const range = item.range;
    if (item.section.kind === 'absolute') this.diagnostics.error('attempt to assemble code in [ABSOLUTE] space', range);
    else this.warn(item, 'other', this.format.ignored(item.section), range);
  }

  /** After the first turn of TIMES: the listing says how many there are and shows no more. */
  private turn(item: Statement, i: number): void {
    const { listing } = this;
    if (!listing || i !== 1) return;
    listing.repeated(item.repeat);
    listing.mute();
  }

  private lastTurn(item: Statement): void {
    if (item.repeat > 1) this.listing?.unmute();
  }

  private reserve(item: Statement, out: Uint8Array | undefined): void {
    this.listing?.reserved(this.shown(item, item.offset), item.length);
    if (out) this.zeroing(item, item.range);
  }

  private zeroing(item: Statement, range: SourceRange): void {
    this.warn(item, 'zeroing', this.format.zeroing(item.section), range);
  }

  private fill(item: Statement, out: Uint8Array): void {
    const { listing } = this;
    let at = item.offset;
    for (const { bytes, count } of fillParts(item.size, item.fill!, item.jumpThreshold, item.mode.bits)) {
      for (let i = 0; i < count; i++) {
        out.set(bytes, at + i * bytes.length);
      }
      listing?.bytes(at, out, at, at + bytes.length);
      if (count > 1) listing?.repeated(count);
      at += count * bytes.length;
    }
  }

  private include(item: Statement, out: Uint8Array): void {
    const bytes = item.bytes!.subarray(item.skip, item.skip + item.size);
    for (let i = 0; i < item.repeat; i++) out.set(bytes, item.offset + i * item.size);
    this.listing?.included(item.offset, item.size);
    if (item.repeat > 1) this.listing?.repeated(item.repeat);
  }

  private warn(item: Item, code: string, message: string, range: SourceRange = item.range): void {
    this.diagnostics.warning(code, message, range);
  }

  private instruction(item: Statement, out: Uint8Array): void {
    const { listing } = this;
    let at = item.offset;
    for (let i = 0; i < item.repeat; i++) {
      const { bytes, fixups, warnings } = i > 0 ? this.layout.turnAt(item, at) : item.encoded!;
      this.turn(item, i);
      if (at + bytes.length > out.length) break; // something is wrong with its labels, which has been said
      for (let k = 0; k < warnings.length; k++) {
        const { code, message, range } = warnings[k]!;
        this.warn(item, code, message, range);
      }
      out.set(bytes, at);
      let done = 0;
      for (let k = 0; k < fixups.length; k++) {
        const fixup = fixups[k]!;
        listing?.bytes(at + done, bytes, done, fixup.offset);
        this.fixup(item, at, bytes.length, fixup, out);
        done = fixup.offset + fixup.size;
      }
      listing?.bytes(at + done, bytes, done, bytes.length);
      at += bytes.length;
    }
    this.lastTurn(item);
  }

  private fixup(item: Statement, at: number, length: number, fixup: Fixup, out: Uint8Array): void {
    const value = item.branch > 0 ? item.slots[0]!.value : fixup.value;
    const own = value instanceof OperandValue ? value : undefined;
    const target: Placed = {
      number: narrowed(value.offset),
      section: value.base as Section | undefined,
      selfRelative: own?.selfRelative === true,
      wrt: own?.wrt,
      unknown: false,
    };
    const { section } = item;
    const field: Field = {
      section,
      offset: at + fixup.offset,
      size: fixup.size,
      target,
      // `x - $$` of another section, a displacement or an immediate: counted from the start of this one, as in data.
      relativeTo: fixup.relative ? at + length : target.selfRelative ? 0 : undefined,
      signed: fixup.signed,
      item,
    };
    if (fixup.relative && fixup.size === 1 && target.section === section) {
      const distance = Number(target.number) - (at + length);
      if (distance < -128 || distance > 127) this.diagnostics.error('short jump is out of range', item.range);
    }
    this.field(field, out);
  }

  private field(field: Field, out: Uint8Array): void {
    const { target, offset } = field;
    const relative = field.relativeTo !== undefined;
    const whole = field.size;
    // Numbers are no addresses: they have any size.
    if (target.section !== (relative ? field.section : undefined) || target.wrt !== undefined)
      this.narrow(field, relative);
    const { size } = field;
    const value = this.format.resolver.resolve(field);
    if (value !== undefined) writeInteger(out, offset, value, size);
    const { listing } = this;
    if (!listing) return;
    this.show(field, out, relative);
    if (whole > size) listing.zeros(offset + size, whole - size);
  }

  /** An address larger than the format has them is filled up with zeros. */
  private narrow(field: Field, relative: boolean): void {
    const { size, item } = field;
    const segment = field.target.section?.kind === 'segment';
    const most = segment && !relative ? 2 : this.format.addressBytes;
    if (size <= most) return;
    if (relative || field.signed) {
      this.diagnostics.error(
        `${8 * size}-bit signed relocation unsupported by output format ${this.format.name}`,
        item.range,
      );
    } else {
      const kind = segment ? 'segment' : 'unsigned';
      this.warn(item, 'zext-reloc', `${8 * size}-bit ${kind} relocation zero-extended from ${8 * most} bits`);
    }
    field.size = most;
  }

  private show({ target, offset, size, section }: Field, out: Uint8Array, relative: boolean): void {
    const listing = this.listing!;
    if (target.section?.kind === 'segment') listing.segment(offset, size);
    else if (target.wrt === undefined && target.section === (relative ? section : undefined))
      listing.bytes(offset, out, offset, offset + size);
    else listing.address(offset, target.number, size, relative);
  }

  private data(item: Statement, out: Uint8Array | undefined): void {
    const { evaluator } = this;
    evaluator.section = item.section;
    evaluator.offset = item.offset;
    evaluator.critical = true;
    this.placeMatters = this.listing !== undefined;
    let at = item.offset;
    const end = item.offset + item.length;
    for (let i = 0; i < item.repeat; i++) {
      this.turn(item, i);
      if (i === 1 && !this.placeMatters && out) {
        // No field in it depends on its place: the other turns are copies.
        fillCopies(out, item.offset, at, end);
        break;
      }
      for (const element of item.elements) at = this.element(item, element, out, at);
    }
    this.lastTurn(item);
  }

  private element(item: Statement, element: DataElement, out: Uint8Array | undefined, start: number): number {
    const { listing } = this;
    if (element.kind === 'reserve') {
      const size = element.size * element.count;
      listing?.reserved(this.shown(item, start), size);
      if (out) this.zeroing(item, elementRange(element));
      return start + size;
    }
    if (!out) return start;
    let at = start;
    for (let turn = 0; turn < element.count; turn++) {
      if (element.kind === 'bytes') {
        const bytes = element.bytes!;
        const { length } = bytes;
        for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
        const padded = Math.ceil(length / element.size) * element.size;
        listing?.bytes(at, out, at, at + padded);
        at += padded;
      } else if (element.kind === 'group') {
        for (const inner of element.elements!) at = this.element(item, inner, out, at);
      } else {
        this.number(item, element, out, at);
        at += element.size;
      }
      if (turn === 0 && element.count > 1 && !this.placeMatters) {
        const end = start + (at - start) * element.count;
        fillCopies(out, start, at, end);
        return end;
      }
    }
    return at;
  }

  private number(item: Statement, element: DataElement, out: Uint8Array, at: number): void {
    const result = this.evaluator.evaluate(element.expression!);
    if (result === undefined) return;
    const { size } = element;
    if (size > 8) {
      this.diagnostics.error(`integer supplied as ${8 * size}-bit data`, elementRange(element));
      return;
    }
    if (typeof result !== 'object') {
      if (size < 8 && overflows(result, size)) {
        const name = size === 1 ? 'byte' : size === 2 ? 'word' : 'dword';
        this.warn(item, 'number-overflow', `${name} data exceeds bounds`, elementRange(element));
      }
      writeInteger(out, at, result, size);
      this.listing?.bytes(at, out, at, at + size);
      return;
    }
    const target = placed(result, item.section);
    if (!target) {
      this.diagnostics.error('expression is not simple or relocatable', elementRange(element));
      return;
    }
    if (target.unknown) {
      // Only `<=>` is left unknown in the last pass, where it should be -1.
      this.listing?.bytes(at, out, at, at + size);
      return;
    }
    this.placeMatters = true;
    const relativeTo = target.selfRelative ? 0 : undefined;
    this.field({ section: item.section, offset: at, size, target, relativeTo, signed: undefined, item }, out);
  }
}

/** Repeats what stands from `start` to `end` up to `limit`, in pieces that double. */
function fillCopies(out: Uint8Array, start: number, end: number, limit: number): void {
  for (let at = end; at < limit; ) {
    const length = Math.min(at - start, limit - at);
    out.copyWithin(at, start, start + length);
    at += length;
  }
}

function narrowed(value: bigint): Integer {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

/** Fits neither as a signed nor as an unsigned number of `size` bytes. */
export function overflows(value: Integer, size: number): boolean {
  const limit = 2 ** (8 * size);
  return value < -limit || value >= limit;
}
