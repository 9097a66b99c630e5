/** Code page 437, the character set of the PC's text mode, as Unicode. Source: IBM character data CP00437. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** The character of each byte; 00h and FFh are blanks. */
export const CP437: readonly string[] = Array.from({ length: 256 }, (_, i) => {
  if (i < 32) return LOW[i];
  if (i === 127) return '⌂';
  return i < 127 ? String.fromCharCode(i) : HIGH[i - 128];
});
