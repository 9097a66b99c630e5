/**
 * Keyboard scan codes: sets 1 and 2 by the physical key, named as W3C UI Events `code` values name keys (ANSI layout).
 * Source: IBM PC/AT Technical Reference, keyboard section; 8042 translation of set 2 into set 1 by IBM PS/2 Hardware
 * Interface Technical Reference, "Keyboard/Auxiliary Device Controller".
 */

/** Prefix of keys that the 84-key keyboard did not have. */
export const EXTENDED = 0xe0;
/** Set 2's prefix of a key going up. */
export const RELEASE = 0xf0;

/** [code, set 2, set 1]; 0xE0xx are extended keys. */
const KEYS: readonly (readonly [string, number, number])[] = [
  ['Escape', 0x76, 0x01],
  ['Digit1', 0x16, 0x02],
  ['Digit2', 0x1e, 0x03],
  ['Digit3', 0x26, 0x04],
  ['Digit4', 0x25, 0x05],
  ['Digit5', 0x2e, 0x06],
  ['Digit6', 0x36, 0x07],
  ['Digit7', 0x3d, 0x08],
  ['Digit8', 0x3e, 0x09],
  ['Digit9', 0x46, 0x0a],
  ['Digit0', 0x45, 0x0b],
  ['Minus', 0x4e, 0x0c],
  ['Equal', 0x55, 0x0d],
  ['Backspace', 0x66, 0x0e],
  ['Tab', 0x0d, 0x0f],
  ['KeyQ', 0x15, 0x10],
  ['KeyW', 0x1d, 0x11],
  ['KeyE', 0x24, 0x12],
  ['KeyR', 0x2d, 0x13],
  ['KeyT', 0x2c, 0x14],
  ['KeyY', 0x35, 0x15],
  ['KeyU', 0x3c, 0x16],
  ['KeyI', 0x43, 0x17],
  ['KeyO', 0x44, 0x18],
  ['KeyP', 0x4d, 0x19],
  ['BracketLeft', 0x54, 0x1a],
  ['BracketRight', 0x5b, 0x1b],
  ['Enter', 0x5a, 0x1c],
  ['ControlLeft', 0x14, 0x1d],
  ['KeyA', 0x1c, 0x1e],
  ['KeyS', 0x1b, 0x1f],
  ['KeyD', 0x23, 0x20],
  ['KeyF', 0x2b, 0x21],
  ['KeyG', 0x34, 0x22],
  ['KeyH', 0x33, 0x23],
  ['KeyJ', 0x3b, 0x24],
  ['KeyK', 0x42, 0x25],
  ['KeyL', 0x4b, 0x26],
  ['Semicolon', 0x4c, 0x27],
  ['Quote', 0x52, 0x28],
  ['Backquote', 0x0e, 0x29],
  ['ShiftLeft', 0x12, 0x2a],
  ['Backslash', 0x5d, 0x2b],
  ['KeyZ', 0x1a, 0x2c],
  ['KeyX', 0x22, 0x2d],
  ['KeyC', 0x21, 0x2e],
  ['KeyV', 0x2a, 0x2f],
  ['KeyB', 0x32, 0x30],
  ['KeyN', 0x31, 0x31],
  ['KeyM', 0x3a, 0x32],
  ['Comma', 0x41, 0x33],
  ['Period', 0x49, 0x34],
  ['Slash', 0x4a, 0x35],
  ['ShiftRight', 0x59, 0x36],
  ['NumpadMultiply', 0x7c, 0x37],
  ['AltLeft', 0x11, 0x38],
  ['Space', 0x29, 0x39],
  ['CapsLock', 0x58, 0x3a],
  ['F1', 0x05, 0x3b],
  ['F2', 0x06, 0x3c],
  ['F3', 0x04, 0x3d],
  ['F4', 0x0c, 0x3e],
  ['F5', 0x03, 0x3f],
  ['F6', 0x0b, 0x40],
  ['F7', 0x83, 0x41],
  ['F8', 0x0a, 0x42],
  ['F9', 0x01, 0x43],
  ['F10', 0x09, 0x44],
  ['NumLock', 0x77, 0x45],
  ['ScrollLock', 0x7e, 0x46],
  ['Numpad7', 0x6c, 0x47],
  ['Numpad8', 0x75, 0x48],
  ['Numpad9', 0x7d, 0x49],
  ['NumpadSubtract', 0x7b, 0x4a],
  ['Numpad4', 0x6b, 0x4b],
  ['Numpad5', 0x73, 0x4c],
  ['Numpad6', 0x74, 0x4d],
  ['NumpadAdd', 0x79, 0x4e],
  ['Numpad1', 0x69, 0x4f],
  ['Numpad2', 0x72, 0x50],
  ['Numpad3', 0x7a, 0x51],
  ['Numpad0', 0x70, 0x52],
  ['NumpadDecimal', 0x71, 0x53],
  ['IntlBackslash', 0x61, 0x56],
  ['F11', 0x78, 0x57],
  ['F12', 0x07, 0x58],
  ['NumpadEnter', 0xe05a, 0xe01c],
  ['ControlRight', 0xe014, 0xe01d],
  ['NumpadDivide', 0xe04a, 0xe035],
  ['AltRight', 0xe011, 0xe038],
  ['Home', 0xe06c, 0xe047],
  ['ArrowUp', 0xe075, 0xe048],
  ['PageUp', 0xe07d, 0xe049],
  ['ArrowLeft', 0xe06b, 0xe04b],
  ['ArrowRight', 0xe074, 0xe04d],
  ['End', 0xe069, 0xe04f],
  ['ArrowDown', 0xe072, 0xe050],
  ['PageDown', 0xe07a, 0xe051],
  ['Insert', 0xe070, 0xe052],
  ['Delete', 0xe071, 0xe053],
  ['MetaLeft', 0xe01f, 0xe05b],
  ['MetaRight', 0xe027, 0xe05c],
  ['ContextMenu', 0xe02f, 0xe05d],
];

const SET2_BY_CODE = new Map(KEYS.map(([code, set2]) => [code, set2]));

/** Set 2 byte to set 1 byte, as the controller's ROM maps them; bytes without a key map to themselves. */
const SET1_OF_SET2 = Uint8Array.from({ length: 256 }, (_, i) => i);
for (const [, set2, set1] of KEYS) if (set2 < 0x100) SET1_OF_SET2[set2] = set1;
// The controller maps by byte whatever the prefix; keys that exist only extended, and Alt+SysRq:
for (const [set2, set1] of [
  [0x1f, 0x5b],
  [0x27, 0x5c],
  [0x2f, 0x5d],
  [0x84, 0x54],
]) {
  SET1_OF_SET2[set2] = set1;
}

/** What the controller gives for a set 2 byte that follows (`released`) or does not follow F0h. */
export function translate(byte: number, released: boolean): number {
  return SET1_OF_SET2[byte] | (released ? 0x80 : 0);
}

/** Scan codes of set 1 or 2 for a key going down or up; undefined if there is no such key. */
export function scanCodes(code: string, down: boolean, set: 1 | 2): number[] | undefined {
  const set2 = SET2_BY_CODE.get(code);
  if (set2 === undefined) return undefined;
  const prefix = set2 >= 0x100 ? [EXTENDED] : [];
  const byte = set2 & 0xff;
  if (set === 1) return [...prefix, translate(byte, !down)];
  return down ? [...prefix, byte] : [...prefix, RELEASE, byte];
}

const PLAIN = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ \n\t\b\x1b";
const SHIFTED = '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?';
const CODES = [
  ...['Backquote', 'Digit1', 'Digit2', 'Digit3', 'Digit4', 'Digit5', 'Digit6', 'Digit7', 'Digit8', 'Digit9', 'Digit0'],
  ...['Minus', 'Equal', 'KeyQ', 'KeyW', 'KeyE', 'KeyR', 'KeyT', 'KeyY', 'KeyU', 'KeyI', 'KeyO', 'KeyP', 'BracketLeft'],
  ...['BracketRight', 'Backslash', 'KeyA', 'KeyS', 'KeyD', 'KeyF', 'KeyG', 'KeyH', 'KeyJ', 'KeyK', 'KeyL', 'Semicolon'],
  ...['Quote', 'KeyZ', 'KeyX', 'KeyC', 'KeyV', 'KeyB', 'KeyN', 'KeyM', 'Comma', 'Period', 'Slash', 'Space', 'Enter'],
  ...['Tab', 'Backspace', 'Escape'],
];

/** The keys to press for a character on a US keyboard; undefined if it is not on it. CR and LF are Enter. */
export function keysOfCharacter(character: string): { code: string; shift: boolean } | undefined {
  const plain = PLAIN.indexOf(character === '\r' ? '\n' : character);
  if (plain >= 0) return { code: CODES[plain], shift: false };
  const shifted = SHIFTED.indexOf(character);
  return shifted >= 0 ? { code: CODES[shifted], shift: true } : undefined;
}
