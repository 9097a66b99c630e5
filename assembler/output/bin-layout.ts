import type { Integer } from '../expression/integer';
import type { Section } from '../program/section';

/** A section of a flat binary with what its directives say. Addresses in bytes; undefined: not said, later: not found yet. */
export interface BinPlace {
  section: Section;
  type: 'progbits' | 'nobits' | undefined;
  /** The section made before it, which it follows unless told otherwise; undefined for .bss: the last with bytes. */
  previous: BinPlace | undefined;
  align?: number | undefined;
  valign?: number | undefined;
  start?: number | undefined;
  vstart?: number | undefined;
  follows?: string | undefined;
  vfollows?: string | undefined;
}

export interface PlacedSections {
  /** In the order of the file, sections without bytes last. */
  order: BinPlace[];
  /** Address of the first byte of the file. */
  origin: number;
}

class Conflict extends Error {}

/**
 * Gives every section its load address (`start`) and run address (`vstart`), as NASM's manual says in "Multisection
 * Support for the bin Format". An error message where that cannot be.
 */
export function placeSections(
  places: readonly BinPlace[],
  origin: Integer | undefined,
): PlacedSections | { message: string } {
  try {
    const nobits = places.filter((place) => place.type === 'nobits');
    nobits.forEach(unifyNobits);
    let order = places.filter((place) => place.type !== 'nobits');
    order = sortByStart(sortByFollows(order));
    const begin = startFirst(order[0]!, origin === undefined ? undefined : Number(origin));
    startAll(order, begin);
    const all = [...order, ...nobits];
    placeVirtually(all, order[order.length - 1]!);
    return { order: all, origin: begin };
  } catch (error) {
    if (error instanceof Conflict) return { message: error.message };
    throw error;
  }
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** Without bytes, load and run address are one. */
function unifyNobits(place: BinPlace): void {
  const real = place.start !== undefined || place.align !== undefined || place.follows !== undefined;
  const virtual = place.vstart !== undefined || place.valign !== undefined || place.vfollows !== undefined;
  if (real && virtual)
    throw new Conflict(`cannot mix real and virtual attributes in nobits section (${place.section.name})`);
  place.vstart ??= place.start;
  place.valign ??= place.align;
  place.vfollows ??= place.follows;
  place.follows = undefined;
  if (place.vstart !== undefined) place.start = place.vstart;
}

/** Moves each section that names another, with those that come after it by default, behind that one. */
function sortByFollows(places: readonly BinPlace[]): BinPlace[] {
  const order = [...places];
  const inPlace = (i: number): boolean => {
    const { follows } = order[i]!;
    return follows === undefined || (i > 0 && order[i - 1]!.section.name === follows);
  };
  let moves = 0;
  // Hardly a section is moved twice where there is an end to it; a move takes time in proportion to the sections.
  const most = Math.max(2 * places.length, Math.min(places.length ** 2, 5e7 / places.length));
  for (let i = 0; i < order.length; i++) {
    if (inPlace(i)) continue;
    if (++moves > most) throw new Conflict('circular follows path detected');
    const leader = order[i]!;
    const target = order.findIndex((place) => place.section.name === leader.follows);
    if (target < 0)
      throw new Conflict(`section ${leader.section.name} follows an invalid or unknown section (${leader.follows})`);
    const rival = order[target + 1];
    if (rival && rival !== leader && rival.follows === leader.follows)
      throw new Conflict(
        `sections ${leader.section.name} and ${rival.section.name} can't both follow section ${leader.follows}`,
      );
    let end = i + 1;
    while (end < order.length && end !== target && order[end]!.start === undefined && inPlace(end)) end++;
    const group = order.splice(i, end - i);
    const at = order.findIndex((place) => place.section.name === leader.follows);
    order.splice(at + 1, 0, ...group);
    i = Math.min(i, at) - 1;
    if (i < -1) i = -1;
  }
  return order;
}

/** Sorts groups, each led by a section with a start address, by that address. */
function sortByStart(places: readonly BinPlace[]): BinPlace[] {
  const groups: BinPlace[][] = [];
  for (const place of places) {
    if (place.start !== undefined || groups.length === 0) groups.push([place]);
    else groups[groups.length - 1]!.push(place);
  }
  // Only the first group may be without an address, and then it stays the first.
  const first = groups.filter(([leader]) => leader!.start === undefined);
  const rest = groups.slice(first.length).sort((a, b) => a[0]!.start! - b[0]!.start!);
  return [...first, ...rest].flat();
}

function startFirst(first: BinPlace, origin: number | undefined): number {
  if (origin === undefined) {
    first.start ??= 0;
    return first.start;
  }
  if (first.start === undefined) first.start = first.align ? alignUp(origin, first.align) : origin;
  else if (first.start < origin) throw new Conflict(`section ${first.section.name} begins before program origin`);
  return origin;
}

/** For each section the first after it that has bytes and an address of its own. */
function nextWithStart(order: readonly BinPlace[]): (BinPlace | undefined)[] {
  const found: (BinPlace | undefined)[] = [];
  let next: BinPlace | undefined;
  for (let i = order.length - 1; i >= 0; i--) {
    found[i] = next;
    const place = order[i]!;
    if (place.section.size > 0 && place.start !== undefined) next = place;
  }
  return found;
}

function startAll(order: readonly BinPlace[], origin: number): void {
  let end = order[0]!.start!;
  let last: BinPlace | undefined;
  const nextStarted = nextWithStart(order);
  for (let i = 0; i < order.length; i++) {
    const place = order[i]!;
    const given = place.start !== undefined;
    if (!given) {
      place.align ??= 4;
      place.start = alignUp(end, place.align);
    }
    if (place.vstart === undefined && place.vfollows === undefined)
      place.vstart = place.valign ? alignUp(end, place.valign) : place.start!;
    if (place.start! < end) {
      if (given && i > 0 && place.section.size > 0 && last)
        throw new Conflict(`sections ${last.section.name} and ${place.section.name} overlap!`);
      continue;
    }
    end = place.start! + place.section.size;
    const next = nextStarted[i];
    if (next) {
      if (next.start! < origin) throw new Conflict(`section ${next.section.name} beings before program origin`);
      if (end > next.start!) throw new Conflict(`sections ${place.section.name} and ${next.section.name} overlap!`);
    }
    last = place;
  }
}

/** Run addresses of the sections that have none yet, each behind the one it follows. */
function placeVirtually(all: readonly BinPlace[], lastWithBytes: BinPlace): void {
  const named = new Map(all.map((place) => [place.section.name, place]));
  const before = (place: BinPlace): BinPlace =>
    place.vfollows === undefined ? (place.previous ?? lastWithBytes) : named.get(place.vfollows)!;
  const open = all.filter((place) => place.vstart === undefined);
  for (const { section, vfollows } of open) {
    if (vfollows !== undefined && !named.has(vfollows))
      throw new Conflict(`section ${section.name} vfollows unknown section (${vfollows})`);
  }
  for (const place of open) {
    const path = new Set<BinPlace>();
    for (let at = place; at.vstart === undefined; at = before(at)) {
      if (path.has(at)) throw new Conflict('circular vfollows path detected');
      path.add(at);
    }
    for (const each of [...path].reverse()) placeBehind(each, before(each));
  }
}

function placeBehind(place: BinPlace, before: BinPlace): void {
  place.valign ??= 4;
  place.vstart = alignUp(before.vstart! + before.section.size, place.valign);
  if (place.type === 'nobits') place.start = place.vstart;
}
