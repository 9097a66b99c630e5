import type { Integer } from '../expression/integer';
import type { Section } from '../program/section';
import type { ProgramSymbol } from '../program/symbol';
import type { BinPlace } from './bin-layout';

/** What MAP asked for. */
export interface MapRequest {
  /** A file's name, `stdout` or `stderr`; undefined where none was named. */
  file: string | undefined;
  origin: boolean;
  sections: boolean;
  symbols: boolean;
}

/** Reads what follows MAP, `all brief sections segments symbols` and a name, on top of what was asked for before. */
export function readMapRequest(text: string, before: MapRequest | undefined): MapRequest {
  const request = { ...(before ?? { file: undefined, origin: false, sections: false, symbols: false }) };
  for (const word of text.split(/\s+/).filter(Boolean)) {
    switch (word.toLowerCase()) {
      case 'all':
        request.origin = request.sections = request.symbols = true;
        break;
      case 'brief':
        request.origin = true;
        break;
      case 'sections':
      case 'segments':
        request.origin = request.sections = true;
        break;
      case 'symbols':
        request.symbols = true;
        break;
      default:
        request.file ??= word;
    }
  }
  if (!request.origin && !request.symbols) request.origin = true;
  return request;
}

/** What a map is made from. */
export interface MapContents {
  sourceFile: string;
  outputFile: string;
  origin: number;
  /** In the order of the file. */
  places: readonly BinPlace[];
  /** In the order of their definitions. */
  symbols: readonly ProgramSymbol[];
}

/** The map file of a flat binary, as NASM writes it (NASM manual 8.1.4). */
export function mapText(request: MapRequest, contents: MapContents): string {
  const parts = [
    `\n${ruled('- NASM Map file')}\n`,
    `Source file:  ${contents.sourceFile}\nOutput file:  ${contents.outputFile}\n`,
  ];
  if (request.origin) parts.push(`${ruled('-- Program origin')}\n\n${hex(contents.origin, 8)}\n`, summary(contents));
  if (request.sections) parts.push(`${ruled('-- Sections (detailed)')}\n`, ...contents.places.map(details));
  if (request.symbols) parts.push(`${ruled('-- Symbols')}\n`, ...symbolTables(contents));
  return `${parts.join('\n')}\n`;
}

const width = 79;

/** A heading with a line of dashes behind it. */
function ruled(title: string): string {
  return `${title} `.padEnd(width, '-');
}

/** The low 64 bits. */
function hex(value: Integer, digits: number, fill = '0'): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase().padStart(digits, fill);
}

const address = (value: Integer): string => hex(value, 16, ' ');

function summary({ places }: MapContents): string {
  const rows = places.map(({ section, start, vstart, type }) => {
    const stop = start! + section.size;
    return `${address(vstart!)}  ${address(start!)}  ${address(stop)}  ${hex(section.size, 8)}  ${type!.padEnd(8)}  ${section.name}\n`;
  });
  const heads = 'Vstart            Start             Stop              Length    Class     Name\n';
  return `${ruled('-- Sections (summary)')}\n\n${heads}${rows.join('')}`;
}

function details({ section, type, start, align, follows, vstart, valign, vfollows }: BinPlace): string {
  const missing = 'not defined';
  const number = (value: number | undefined): string => (value === undefined ? missing : address(value));
  const lines = [
    `class:     ${type}`,
    `length:    ${address(section.size)}`,
    `start:     ${number(start)}`,
    `align:     ${number(align)}`,
    `follows:   ${follows ?? missing}`,
    `vstart:    ${number(vstart)}`,
    `valign:    ${number(valign)}`,
    `vfollows:  ${vfollows ?? missing}`,
  ];
  return `${ruled(`---- Section ${section.name}`)}\n\n${lines.join('\n')}\n`;
}

function symbolTables({ places, symbols }: MapContents): string[] {
  const homeless: string[] = [];
  const rows = new Map<Section, string[]>();
  const addresses = new Map(places.map((place) => [place.section, place]));
  for (const symbol of symbols) {
    const { home, value } = placeOf(symbol);
    const place = home && addresses.get(home);
    if (!place) {
      homeless.push(`${hex(value, 8)}  ${symbol.name}\n`);
      continue;
    }
    const row = `${address(BigInt(place.start!) + value)}  ${address(BigInt(place.vstart!) + value)}  ${symbol.name}\n`;
    const list = rows.get(place.section);
    if (list) list.push(row);
    else rows.set(place.section, [row]);
  }
  const tables: string[] = [];
  if (homeless.length > 0) tables.push(`${ruled('---- No Section')}\n\nValue     Name\n${homeless.join('')}\n`);
  for (const { section } of places) {
    const list = rows.get(section);
    if (!list) continue;
    const heads = 'Real              Virtual           Name\n';
    tables.push(`${ruled(`---- Section ${section.name}`)}\n\n${heads}${list.join('')}`);
  }
  return tables;
}

/** The section that a symbol is an address in, and its offset there; without one its number. */
function placeOf({ section, offset }: ProgramSymbol): { home: Section | undefined; value: bigint } {
  const value = BigInt(offset);
  switch (section?.kind) {
    case 'section':
      return { home: section, value };
    case 'special':
      return { home: section.of, value };
    case 'absolute':
      return { home: section.absoluteBase, value: value + BigInt(section.absoluteStart) };
    default:
      return { home: undefined, value };
  }
}
