/** `__?utf16?__` and its like: UTF-8 bytes turned into UTF-16 or UTF-32, little-endian unless told otherwise. */

/** The transformed bytes; undefined where the input is no UTF-8 or cannot be expressed. */
export function transformString(bytes: readonly number[], name: string): number[] | undefined {
  const codes = decode(bytes);
  if (!codes) return undefined;
  const bigEndian = name.includes('be?');
  const out: number[] = [];
  const put = (value: number, size: number): void => {
    for (let i = 0; i < size; i++) out.push((value >>> (8 * (bigEndian ? size - 1 - i : i))) & 255);
  };
  const wide = name.includes('32');
  for (const code of codes) {
    if (wide) put(code, 4);
    else if (code < 0x10000) put(code, 2);
    else {
      if (code > 0x10ffff) return undefined;
      // NASM 2.16 has the halves of a big-endian pair the wrong way round.
      const pair = [0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff)];
      for (const half of bigEndian ? pair.reverse() : pair) put(half, 2);
    }
  }
  return out;
}

/** Code points of strict UTF-8, up to 31 bits as of old; undefined where it is malformed, overlong or a surrogate. */
function decode(bytes: readonly number[]): number[] | undefined {
  const codes: number[] = [];
  for (let i = 0; i < bytes.length; ) {
    const b = bytes[i]!;
    if (b < 0x80) {
      codes.push(b);
      i++;
      continue;
    }
    const extra = b < 0xc0 ? -1 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : b < 0xf8 ? 3 : b < 0xfc ? 4 : b < 0xfe ? 5 : -1;
    if (extra < 0 || i + extra >= bytes.length) return undefined;
    let code = b & (0x3f >> extra);
    for (let k = 1; k <= extra; k++) {
      const c = bytes[i + k]!;
      if ((c & 0xc0) !== 0x80) return undefined;
      code = code * 64 + (c & 63);
    }
    const least = extra === 1 ? 0x80 : extra === 2 ? 0x800 : extra === 3 ? 0x10000 : extra === 4 ? 0x200000 : 0x4000000;
    if (code < least || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    codes.push(code);
    i += extra + 1;
  }
  return codes;
}
