/** Drawing the planes of a VGA: what its display registers make of them (PS/2 Hardware Interface Technical Reference). */
import { PLANES_SIZE } from './vga-planes';

/** A picture of pixels that are numbers of DAC entries, line by line. */
export interface IndexedFrame {
  width: number;
  height: number;
  pixels: Uint8Array;
}

export interface DisplayRegisters {
  readonly crtc: Uint8Array;
  readonly graphics: Uint8Array;
  readonly attribute: Uint8Array;
}

const CRTC_HORIZONTAL_END = 0x01;
const CRTC_OVERFLOW = 0x07;
const CRTC_MAX_SCAN_LINE = 0x09;
const CRTC_START_HIGH = 0x0c;
const CRTC_START_LOW = 0x0d;
const CRTC_VERTICAL_END = 0x12;
const CRTC_OFFSET = 0x13;
const GRAPHICS_MODE = 5;
const SHIFT_256 = 0x40;
const ATTRIBUTE_MODE = 0x10;
const PALETTE_BITS_FROM_SELECT = 0x80;
const PLANE_ENABLE = 0x12;
const COLOUR_SELECT = 0x14;

/** Width and height in pixels, and bits a pixel, of an unchained graphics mode. */
export function frameSize({ crtc, graphics }: DisplayRegisters): { width: number; height: number; bits: 4 | 8 } {
  const lines =
    1 + (crtc[CRTC_VERTICAL_END] | ((crtc[CRTC_OVERFLOW] & 0x02) << 7) | ((crtc[CRTC_OVERFLOW] & 0x40) << 3));
  const scan = crtc[CRTC_MAX_SCAN_LINE];
  const repeated = ((scan & 0x1f) + 1) * (scan & 0x80 ? 2 : 1);
  const clocks = crtc[CRTC_HORIZONTAL_END] + 1;
  const bits = graphics[GRAPHICS_MODE] & SHIFT_256 ? 8 : 4;
  return { width: clocks * (bits === 8 ? 4 : 8), height: Math.floor(lines / repeated), bits };
}

/** The picture that the planes hold. */
export function drawFrame(registers: DisplayRegisters, planes: Uint8Array): IndexedFrame {
  const { crtc, attribute } = registers;
  const { width, height, bits } = frameSize(registers);
  const start = (crtc[CRTC_START_HIGH] << 8) | crtc[CRTC_START_LOW];
  const pitch = crtc[CRTC_OFFSET] * 2;
  const pixels = new Uint8Array(width * height);
  const plane = (number: number, offset: number): number => planes[number * PLANES_SIZE + (offset % PLANES_SIZE)];
  const colours = Array.from({ length: 16 }, (_, value) => dacEntry(attribute, value));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let pixel: number;
      if (bits === 8) pixel = plane(x & 3, start + y * pitch + (x >> 2));
      else {
        const offset = start + y * pitch + (x >> 3);
        let value = 0;
        for (let number = 0; number < 4; number++) value |= ((plane(number, offset) >> (7 - (x & 7))) & 1) << number;
        pixel = colours[value];
      }
      pixels[y * width + x] = pixel;
    }
  }
  return { width, height, pixels };
}

/** The DAC entry that a pixel of four bits gets: palette register, and bits of the colour select register. */
function dacEntry(attribute: Uint8Array, value: number): number {
  const entry = attribute[value & attribute[PLANE_ENABLE]] & 0x3f;
  const select = attribute[COLOUR_SELECT];
  const high = (select & 0x0c) << 4;
  if (attribute[ATTRIBUTE_MODE] & PALETTE_BITS_FROM_SELECT) return high | ((select & 3) << 4) | (entry & 0x0f);
  return high | entry;
}
