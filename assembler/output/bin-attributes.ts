import { TokenRange } from '../diagnostics';
import type { DirectiveValue } from '../parser/directive';
import type { BinPlace } from './bin-layout';
import type { FormatProgram } from './format';

/** Reads `align= start= vstart= valign= follows= vfollows= progbits nobits` of a SECTION directive. */
export function readBinAttributes(place: BinPlace, text: string, value: DirectiveValue, program: FormatProgram): void {
  const { diagnostics } = program;
  const range = new TokenRange(value.name, value.tokens[value.tokens.length - 1] ?? value.name);
  const error = (message: string): void => diagnostics.error(message, range);
  for (const { word, name, argument } of words(text)) {
    switch (name) {
      case 'nobits':
      case 'progbits': {
        const other = name === 'nobits' ? 'progbits' : 'nobits';
        if (place.type === other) error(`attempt to change section type from ${other} to ${name}`);
        else place.type = name;
        continue;
      }
      case 'follows':
      case 'vfollows':
        if (!argument) error(`expecting section name for \`${name}' attribute`);
        else if (name === 'follows') {
          if (place.start !== undefined) error("cannot combine `start' and `follows' section attributes");
          place.follows = argument;
        } else if (place.vstart !== undefined) error("cannot combine `vstart' and `vfollows' section attributes");
        else place.vfollows = argument;
        continue;
      case 'align':
      case 'valign':
      case 'start':
      case 'vstart':
        break;
      default:
        diagnostics.warning('other', `ignoring unknown section attribute: "${word}"`, range);
        continue;
    }
    if (!argument) {
      diagnostics.warning('other', "No value given to attribute in `section' directive", range);
      continue;
    }
    const number = program.number(argument, value.name, 'section attribute value must be a critical expression');
    if (number === undefined) {
      error("Invalid attribute value specified in `section' directive.");
      continue;
    }
    // High addresses are kept as the negative numbers of the same bits, which are exact.
    setNumber(place, name, Number(number), error);
  }
}

function setNumber(
  place: BinPlace,
  name: 'align' | 'valign' | 'start' | 'vstart',
  value: number,
  error: (message: string) => void,
): void {
  if (name === 'align' || name === 'valign') {
    if (value === 0 || !Number.isInteger(Math.log2(value))) {
      error(`argument to \`${name}' is not a power of two`);
      return;
    }
    const alignment = Math.max(value, place[name] ?? 0);
    const start = name === 'align' ? place.start : place.vstart;
    if (start !== undefined && start % alignment !== 0)
      error(
        name === 'align'
          ? "`align' value conflicts with section start address"
          : "`valign' value conflicts with `vstart' address",
      );
    else place[name] = alignment;
    return;
  }
  const follows = name === 'start' ? place.follows : place.vfollows;
  const alignment = name === 'start' ? place.align : place.valign;
  if (follows !== undefined) {
    error(
      name === 'start'
        ? "cannot combine `start' and `follows' section attributes"
        : "cannot combine `vstart' and `vfollows' section attributes",
    );
  } else if (place[name] !== undefined && place[name] !== value) {
    error(name === 'start' ? 'section start address redefined' : 'section virtual start address (vstart) redefined');
  } else {
    place[name] = value;
    if (alignment === undefined) return;
    if (value % alignment !== 0)
      error(
        name === 'start'
          ? "`start' address conflicts with section alignment"
          : "`vstart' address conflicts with `valign' value",
      );
    if (name === 'start') place.align = undefined;
    else place.valign = undefined;
  }
}

/** Splits at white space, but not inside the parentheses of a value. */
function words(text: string): { word: string; name: string; argument: string | undefined }[] {
  const list: { word: string; name: string; argument: string | undefined }[] = [];
  let i = 0;
  while (i < text.length) {
    if (/\s/.test(text[i]!)) {
      i++;
      continue;
    }
    const start = i;
    let depth = 0;
    for (; i < text.length; i++) {
      const c = text[i]!;
      if (c === '(') depth++;
      else if (c === ')') depth--;
      else if (depth <= 0 && /\s/.test(c)) break;
    }
    const word = text.slice(start, i);
    const equals = word.indexOf('=');
    if (equals < 0) list.push({ word, name: word.toLowerCase(), argument: undefined });
    else list.push({ word, name: word.slice(0, equals).trim().toLowerCase(), argument: word.slice(equals + 1).trim() });
  }
  return list;
}
