/**
 * Character classes of the dialect, by character code: one table lookup in the lexer's inner loops.
 * Everything beyond ASCII may stand in an identifier.
 */

export const IdentifierStart = 1;
export const IdentifierPart = 2;
export const Digit = 4;
/** May continue a number: digits, letters and `_` (which digits the radix has is checked when the number is read). */
export const NumberPart = 8;
export const Space = 16;

const classes = new Uint8Array(128);

function add(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)]! |= bits;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
add(letters, IdentifierStart | IdentifierPart | NumberPart);
add('_', IdentifierStart | IdentifierPart | NumberPart);
add('.?@', IdentifierStart | IdentifierPart);
add('$#~', IdentifierPart);
add('0123456789', IdentifierPart | Digit | NumberPart);
add(' \t\n\v\f\r', Space);

/** The class bits of a character code; NaN (past the end of a string) has none. */
export function classOf(code: number): number {
  return code < 128 ? classes[code]! : code >= 128 ? IdentifierStart | IdentifierPart : 0;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Value of a hexadecimal digit, -1 for anything else. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
