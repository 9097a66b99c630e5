import { hexDigit, isDigit } from './characters';
import { pushText, pushUtf8 } from './utf8';

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };

/**
 * The bytes a quoted string stands for. Only in backquotes does a backslash mean something:
 * `\a \b \e \f \n \r \t \v`, `\x1F` (one or two digits), `\17` (one to three octal digits), `\u1234`, `\U00012345`.
 */
export function unquote(text: string): number[] {
  const out: number[] = [];
  const quote = text[0];
  if (quote !== "'" && quote !== '"' && quote !== '`') {
    pushText(out, text, 0, text.length);
    return out;
  }
  const closed = text.length > 1 && text.endsWith(quote);
  const end = closed ? text.length - 1 : text.length;
  if (quote !== '`') {
    pushText(out, text, 1, end);
    return out;
  }
  let i = 1;
  while (i < end) {
    const next = text.indexOf('\\', i);
    const stop = next < 0 || next >= end ? end : next;
    pushText(out, text, i, stop);
    i = stop;
    if (i >= end) break;
    i = readEscape(out, text, i + 1, end);
  }
  return out;
}

/** Has the string its second quotation mark? In backquotes a mark behind a backslash is none. */
export function isClosed(text: string): boolean {
  const quote = text[0]!;
  if (text.length < 2 || !text.endsWith(quote)) return false;
  const backslashes = quote === '`' ? /\\*$/.exec(text.slice(1, -1))![0].length : 0;
  return backslashes % 2 === 0;
}

function digitsAt(text: string, from: number, end: number, most: number, radix: number): number {
  let i = from;
  while (i < end && i < from + most) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0 || digit >= radix) break;
    i++;
  }
  return i;
}

/** Reads what follows a backslash at `i - 1`; returns where it ends. */
function readEscape(out: number[], text: string, i: number, end: number): number {
  if (i >= end) {
    out.push(92);
    return i;
  }
  const c = text[i]!;
  if (isDigit(c.charCodeAt(0)) && c < '8') {
    const stop = digitsAt(text, i, end, 3, 8);
    out.push(Number.parseInt(text.slice(i, stop), 8) & 255);
    return stop;
  }
  if (c === 'x' || c === 'X' || c === 'u' || c === 'U') {
    const stop = digitsAt(text, i + 1, end, c === 'u' ? 4 : c === 'U' ? 8 : 2, 16);
    if (stop > i + 1) {
      const value = Number.parseInt(text.slice(i + 1, stop), 16);
      if (c === 'x' || c === 'X') out.push(value);
      else pushUtf8(out, value);
      return stop;
    }
  }
  const control = escapes[c];
  if (control !== undefined) {
    out.push(control);
    return i + 1;
  }
  const width = text.codePointAt(i)! > 0xffff ? 2 : 1;
  pushText(out, text, i, i + width);
  return i + width;
}

/** A quoted string of these bytes, in the quotes NASM takes: single if it may, then double, then backquotes. */
export function quote(bytes: ArrayLike<number>): string {
  let single = true;
  let double = true;
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (b === 39) single = false;
    else if (b === 34) double = false;
    else if (b < 32 || b > 126) single = double = false;
  }
  let text = '';
  if (single || double) {
    for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
    return single ? `'${text}'` : `"${text}"`;
  }
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    const letter = 'abtnvfr'[[7, 8, 9, 10, 11, 12, 13].indexOf(b)];
    if (b === 96 || b === 92) text += `\\${String.fromCharCode(b)}`;
    else if (letter) text += `\\${letter}`;
    else if (b === 27) text += '\\e';
    else if (b >= 32 && b <= 126) text += String.fromCharCode(b);
    else {
      const next = i + 1 < bytes.length ? bytes[i + 1]! : 0;
      const octal = b.toString(8);
      text += `\\${next >= 48 && next <= 55 ? octal.padStart(3, '0') : octal}`;
    }
  }
  return `\`${text}\``;
}
