/**
 * Text and bytes. Sources are UTF-8 in practice, but a source may hold any bytes in its strings (code page 437, say).
 * Bytes that are not UTF-8 become the lone surrogates U+DC80..U+DCFF, which turn back into the same bytes.
 */

/** Decodes a source file; every byte sequence survives {@link encodeUtf8}. */
export function decodeSource(bytes: Uint8Array): string {
  const text = asciiText(bytes);
  if (text !== undefined) return text;
  const parts: string[] = [];
  const units = new Uint16Array(8192);
  let n = 0;
  const flush = (): void => {
    parts.push(String.fromCharCode.apply(null, units.subarray(0, n) as unknown as number[]));
    n = 0;
  };
  let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (i < bytes.length) {
    if (n > 8180) flush();
    const b = bytes[i]!;
    if (b < 0x80) {
      units[n++] = b;
      i++;
      continue;
    }
    const length = b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    let code = length === 2 ? b & 31 : length === 3 ? b & 15 : b & 7;
    let valid = length > 0 && i + length <= bytes.length;
    for (let k = 1; valid && k < length; k++) {
      const c = bytes[i + k]!;
      if ((c & 0xc0) !== 0x80) valid = false;
      else code = (code << 6) | (c & 63);
    }
    if (
      valid &&
      ((length === 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
        (length === 4 && (code < 0x10000 || code > 0x10ffff)))
    )
      valid = false;
    if (!valid) {
      units[n++] = 0xdc00 + b;
      i++;
    } else {
      if (code >= 0x10000) {
        units[n++] = 0xd7c0 + (code >> 10);
        units[n++] = 0xdc00 + (code & 0x3ff);
      } else units[n++] = code;
      i += length;
    }
  }
  flush();
  return parts.join('');
}

/** Most sources are ASCII, which needs no look at single bytes; undefined for others. */
function asciiText(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192)
    parts.push(String.fromCharCode.apply(null, bytes.subarray(i, i + 8192) as unknown as number[]));
  const text = parts.join('');
  return /^[\0-\x7f]*$/.test(text) ? text : undefined;
}

/** Appends the UTF-8 form of one code point; values past U+10FFFF take the five and six byte forms of old. */
export function pushUtf8(out: number[], code: number): void {
  if (code < 0x80) out.push(code);
  else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
  else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  else if (code < 0x200000)
    out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  else if (code < 0x4000000)
    out.push(
      0xf8 | (code >> 24),
      0x80 | ((code >> 18) & 63),
      0x80 | ((code >> 12) & 63),
      0x80 | ((code >> 6) & 63),
      0x80 | (code & 63),
    );
  else
    out.push(
      0xfc | ((code >>> 30) & 3),
      0x80 | ((code >>> 24) & 63),
      0x80 | ((code >> 18) & 63),
      0x80 | ((code >> 12) & 63),
      0x80 | ((code >> 6) & 63),
      0x80 | (code & 63),
    );
}

/** The bytes of `text` from `start` to `end`, appended to `out`. */
export function pushText(out: number[], text: string, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) out.push(unit);
    else if (unit >= 0xdc80 && unit <= 0xdcff) out.push(unit & 0xff);
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < end) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        pushUtf8(out, ((unit - 0xd800) << 10) + (low - 0xdc00) + 0x10000);
        i++;
      } else pushUtf8(out, unit);
    } else pushUtf8(out, unit);
  }
}

export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = [];
  pushText(out, text, 0, text.length);
  return Uint8Array.from(out);
}
