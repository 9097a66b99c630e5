/**
 * IBM VGA (PS/2 Hardware Interface Technical Reference, "Video Subsystem"): its registers at 3B4h..3DFh. Text memory at
 * B8000h and the linear memory of mode 13h at A0000h are plain RAM that {@link screenText} and a display read: guests
 * write it at full speed, and chained (odd/even and chain-4) addressing gives exactly these bytes. Unchained, the
 * {@link VgaPlanes} answer at A0000h.
 */
import type { Clock } from '../clock';
import { TICKS_PER_SECOND } from '../clock';
import type { GuestMemory } from '../memory-view';
import { CP437 } from './cp437';
import type { AccessSize, PortDevice } from './device';
import type { LinearDisplay } from './vbe-dispi';
import { drawFrame, frameSize, type IndexedFrame } from './vga-frame';
import { VgaPlanes } from './vga-planes';

const CRTC_INDEX_MONO = 0x3b4;
const CRTC_DATA_MONO = 0x3b5;
const STATUS1_MONO = 0x3ba;
const ATTRIBUTE = 0x3c0;
const ATTRIBUTE_READ = 0x3c1;
const MISC_WRITE_STATUS0 = 0x3c2;
const SEQUENCER_INDEX = 0x3c4;
const SEQUENCER_DATA = 0x3c5;
const DAC_MASK = 0x3c6;
const DAC_READ_INDEX_STATE = 0x3c7;
const DAC_WRITE_INDEX = 0x3c8;
const DAC_DATA = 0x3c9;
const FEATURE_READ = 0x3ca;
const MISC_READ = 0x3cc;
const GRAPHICS_INDEX = 0x3ce;
const GRAPHICS_DATA = 0x3cf;
const CRTC_INDEX = 0x3d4;
const CRTC_DATA = 0x3d5;
const STATUS1_FEATURE = 0x3da;

const CRTC_OVERFLOW = 0x07;
const CRTC_START_HIGH = 0x0c;
const CRTC_START_LOW = 0x0d;
const CRTC_CURSOR_START = 0x0a;
const CRTC_CURSOR_HIGH = 0x0e;
const CRTC_CURSOR_LOW = 0x0f;
const CRTC_PROTECT = 0x11;
const CRTC_VERTICAL_END = 0x12;
const CRTC_MAX_SCAN_LINE = 0x09;
const CRTC_OFFSET = 0x13;
const GRAPHICS_MISC = 0x06;
const GRAPHICS_MISC_ALPHA_DIS = 0x01;
const ATTRIBUTE_MODE = 0x10;
const ATTRIBUTE_VIDEO_ENABLE = 0x20;
const MISC_COLOUR = 0x01;
const STATUS1_BLANK = 0x01;
const STATUS1_RETRACE = 0x08;

const SEQUENCER_MEMORY_MODE = 0x04;
const SEQUENCER_CHAIN4 = 0x08;

const GRAPHICS_MEMORY = 0xa0000;
export const TEXT_MEMORY = 0xb8000;
const TEXT_WINDOW = 0x8000;

/** Registers of mode 3 (80x25 text, 720x400 at 70 Hz), as the VGA's BIOS parameter table has them. */
const MODE3 = {
  misc: 0x67,
  sequencer: [0x03, 0x00, 0x03, 0x00, 0x02],
  crtc: [
    0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f,
    0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
  ],
  graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff],
  attribute: [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f,
    0x08, 0x00,
  ],
};

/** Bits that exist in each register (FreeVGA, "Sequencer Registers", "Graphics Registers", "Attribute Controller Registers"). */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];
const ATTRIBUTE_BITS = [...new Array<number>(16).fill(0x3f), 0xef, 0x3f, 0x3f, 0x0f, 0x0f];

/** 720x400 and 320x200: 449 lines of 900 dots at 28.322 MHz, 70.09 frames a second. */
const FRAME_TICKS = Math.round(TICKS_PER_SECOND / 70.087);
const FRAME_LINES = 449;
const DISPLAYED_LINES = 400;
const RETRACE_FIRST = 412;
const RETRACE_LAST = 414;

interface VgaState {
  misc: number;
  feature: number;
  sequencerIndex: number;
  sequencer: Uint8Array;
  crtcIndex: number;
  crtc: Uint8Array;
  graphicsIndex: number;
  graphics: Uint8Array;
  attributeIndex: number;
  attribute: Uint8Array;
  /** The flip-flop of 3C0h stands at data. */
  attributeData: boolean;
  dacMask: number;
  dacRead: boolean;
  dacIndex: number;
  dacComponent: number;
  /** 256 entries of red, green, blue, 6 bits each. */
  dac: Uint8Array;
}

function sized(bytes: readonly number[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}

/** The 64 colours of EGA in the first entries, then the grey ramp; a guest that uses more sets them itself. */
function defaultPalette(): Uint8Array {
  const dac = new Uint8Array(768);
  for (let i = 0; i < 64; i++) {
    const level = (primary: number, secondary: number) => ((i >> primary) & 1) * 0x2a + ((i >> secondary) & 1) * 0x15;
    dac.set([level(2, 5), level(1, 4), level(0, 3)], i * 3);
  }
  return dac;
}

export class Vga implements PortDevice {
  readonly name = 'vga';
  readonly ports = [
    { first: CRTC_INDEX_MONO, last: CRTC_DATA_MONO },
    { first: STATUS1_MONO, last: STATUS1_MONO },
    { first: ATTRIBUTE, last: GRAPHICS_DATA },
    { first: CRTC_INDEX, last: CRTC_DATA },
    { first: STATUS1_FEATURE, last: STATUS1_FEATURE },
  ];
  readonly planes = new VgaPlanes(() => this.#s);
  /** The planes came to A0000h, or went. */
  onPlanes: (mapped: boolean) => void = () => {};
  #s: VgaState = powerOn();
  #mapped = false;

  constructor(
    private readonly clock: Clock,
    private readonly memory: GuestMemory,
  ) {}

  /** Text is displayed, not graphics. */
  get textMode(): boolean {
    const { graphics, attribute } = this.#s;
    return (graphics[GRAPHICS_MISC] & GRAPHICS_MISC_ALPHA_DIS) === 0 && (attribute[ATTRIBUTE_MODE] & 1) === 0;
  }

  /** Mode 13h: 320x200 pixels of one byte at A0000h; undefined in text modes and in planar ones. */
  display(): LinearDisplay | undefined {
    const chained = (this.#s.sequencer[SEQUENCER_MEMORY_MODE] & SEQUENCER_CHAIN4) !== 0;
    if (this.textMode || !chained) return undefined;
    return { width: 320, height: 200, bitsPerPixel: 8, address: GRAPHICS_MEMORY, pitch: 320 };
  }

  /** The picture of a planar graphics mode; undefined in others. */
  planarFrame(): IndexedFrame | undefined {
    return this.#planar ? drawFrame(this.#s, this.planes.bytes) : undefined;
  }

  /** Size of {@link planarFrame} and bits a pixel. */
  get planarSize(): { width: number; height: number; bits: 4 | 8 } | undefined {
    return this.#planar ? frameSize(this.#s) : undefined;
  }

  get #planar(): boolean {
    return !this.textMode && this.planes.mapped;
  }

  #remap(): void {
    const { mapped } = this.planes;
    if (mapped === this.#mapped) return;
    this.#mapped = mapped;
    this.onPlanes(mapped);
  }

  /** The 256 colours: red, green, blue of 6 bits each. */
  get palette(): Uint8Array {
    return this.#s.dac.slice();
  }

  /** Columns and rows of the text mode in force. */
  get textSize(): { columns: number; rows: number } {
    const { crtc } = this.#s;
    const lines =
      1 + (crtc[CRTC_VERTICAL_END] | ((crtc[CRTC_OVERFLOW] & 0x02) << 7) | ((crtc[CRTC_OVERFLOW] & 0x40) << 3));
    const height = (crtc[CRTC_MAX_SCAN_LINE] & 0x1f) + 1;
    return { columns: crtc[0x01] + 1, rows: Math.floor(lines / height) };
  }

  /** Cursor cell, or undefined while it is switched off. */
  get cursor(): { column: number; row: number } | undefined {
    const { crtc } = this.#s;
    if (crtc[CRTC_CURSOR_START] & 0x20) return undefined;
    const cell = ((crtc[CRTC_CURSOR_HIGH] << 8) | crtc[CRTC_CURSOR_LOW]) - this.#startCell();
    const { columns } = this.textSize;
    return { column: cell % columns, row: Math.floor(cell / columns) };
  }

  #startCell(): number {
    return (this.#s.crtc[CRTC_START_HIGH] << 8) | this.#s.crtc[CRTC_START_LOW];
  }

  /** The displayed text as Unicode lines without trailing blanks; none in graphics modes. */
  screenText(): string[] {
    if (!this.textMode) return [];
    const { columns, rows } = this.textSize;
    const pitch = this.#s.crtc[CRTC_OFFSET] * 2;
    const lines: string[] = [];
    for (let row = 0; row < rows; row++) {
      let line = '';
      for (let column = 0; column < columns; column++) {
        const offset = ((this.#startCell() + row * pitch + column) * 2) % TEXT_WINDOW;
        line += CP437[this.memory.readU8(TEXT_MEMORY + offset)];
      }
      lines.push(line.trimEnd());
    }
    return lines;
  }

  /** Retrace and blanking as the beam would be now. */
  #status1(): number {
    this.#s.attributeData = false;
    const line = Math.floor(((this.clock.now() % FRAME_TICKS) * FRAME_LINES) / FRAME_TICKS);
    const column = (((this.clock.now() % FRAME_TICKS) * FRAME_LINES) / FRAME_TICKS) % 1;
    const blank = line >= DISPLAYED_LINES || column >= 0.8;
    const retrace = line >= RETRACE_FIRST && line <= RETRACE_LAST;
    return (blank ? STATUS1_BLANK : 0) | (retrace ? STATUS1_RETRACE : 0);
  }

  /** The CRTC answers at 3Dxh in colour modes, at 3Bxh in monochrome ones. */
  #selected(port: number): boolean {
    const colour = (this.#s.misc & MISC_COLOUR) !== 0;
    return port >= CRTC_INDEX ? colour : port <= STATUS1_MONO ? !colour : true;
  }

  readPort(port: number, _size: AccessSize): number {
    const s = this.#s;
    if (!this.#selected(port)) return 0xff;
    switch (port) {
      case ATTRIBUTE:
        return s.attributeIndex;
      case ATTRIBUTE_READ:
        return s.attribute[s.attributeIndex & 0x1f];
      case MISC_WRITE_STATUS0:
        return 0x10; // the sense bit: a colour display is attached
      case SEQUENCER_INDEX:
        return s.sequencerIndex;
      case SEQUENCER_DATA:
        return s.sequencer[s.sequencerIndex];
      case DAC_MASK:
        return s.dacMask;
      case DAC_READ_INDEX_STATE:
        return s.dacRead ? 3 : 0;
      case DAC_WRITE_INDEX:
        return s.dacIndex;
      case DAC_DATA: {
        const value = s.dac[s.dacIndex * 3 + s.dacComponent];
        this.#nextComponent();
        return value;
      }
      case FEATURE_READ:
        return s.feature;
      case MISC_READ:
        return s.misc;
      case GRAPHICS_INDEX:
        return s.graphicsIndex;
      case GRAPHICS_DATA:
        return s.graphics[s.graphicsIndex];
      case CRTC_INDEX:
      case CRTC_INDEX_MONO:
        return s.crtcIndex;
      case CRTC_DATA:
      case CRTC_DATA_MONO:
        return s.crtc[s.crtcIndex];
      case STATUS1_FEATURE:
      case STATUS1_MONO:
        return this.#status1();
      default:
        return 0xff;
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const s = this.#s;
    if (!this.#selected(port)) return;
    switch (port) {
      case ATTRIBUTE:
        if (!s.attributeData) s.attributeIndex = value & (ATTRIBUTE_VIDEO_ENABLE | 0x1f);
        else s.attribute[s.attributeIndex & 0x1f] = value & (ATTRIBUTE_BITS[s.attributeIndex & 0x1f] ?? 0);
        s.attributeData = !s.attributeData;
        break;
      case MISC_WRITE_STATUS0:
        s.misc = value;
        break;
      case SEQUENCER_INDEX:
        s.sequencerIndex = value & 7;
        break;
      case SEQUENCER_DATA:
        s.sequencer[s.sequencerIndex] = value & (SEQUENCER_BITS[s.sequencerIndex] ?? 0);
        this.#remap();
        break;
      case DAC_MASK:
        s.dacMask = value;
        break;
      case DAC_READ_INDEX_STATE:
      case DAC_WRITE_INDEX:
        s.dacIndex = value;
        s.dacComponent = 0;
        s.dacRead = port === DAC_READ_INDEX_STATE;
        break;
      case DAC_DATA:
        s.dac[s.dacIndex * 3 + s.dacComponent] = value & 0x3f;
        this.#nextComponent();
        break;
      case GRAPHICS_INDEX:
        s.graphicsIndex = value & 0x0f;
        break;
      case GRAPHICS_DATA:
        s.graphics[s.graphicsIndex] = value & (GRAPHICS_BITS[s.graphicsIndex] ?? 0);
        this.#remap();
        break;
      case CRTC_INDEX:
      case CRTC_INDEX_MONO:
        s.crtcIndex = value & 0x3f;
        break;
      case CRTC_DATA:
      case CRTC_DATA_MONO:
        this.#writeCrtc(value);
        break;
      case STATUS1_FEATURE:
      case STATUS1_MONO:
        s.feature = value;
        break;
    }
  }

  /** Registers 0..7 are protected by bit 7 of register 11h, but for bit 4 of the overflow register. */
  #writeCrtc(value: number): void {
    const { crtc, crtcIndex } = this.#s;
    if (crtcIndex <= CRTC_OVERFLOW && crtc[CRTC_PROTECT] & 0x80) {
      if (crtcIndex === CRTC_OVERFLOW) crtc[CRTC_OVERFLOW] = (crtc[CRTC_OVERFLOW] & ~0x10) | (value & 0x10);
      return;
    }
    crtc[crtcIndex] = value;
  }

  #nextComponent(): void {
    const s = this.#s;
    if (++s.dacComponent < 3) return;
    s.dacComponent = 0;
    s.dacIndex = (s.dacIndex + 1) & 0xff;
  }

  /** After reset the registers are those of mode 3: what a video BIOS would have set up. */
  reset(): void {
    this.#s = powerOn();
    this.#remap();
  }

  save(): unknown {
    return copy(this.#s);
  }

  load(state: unknown): void {
    this.#s = copy(state as VgaState);
    this.#remap();
  }
}

function copy(s: VgaState): VgaState {
  return {
    ...s,
    sequencer: s.sequencer.slice(),
    crtc: s.crtc.slice(),
    graphics: s.graphics.slice(),
    attribute: s.attribute.slice(),
    dac: s.dac.slice(),
  };
}

function powerOn(): VgaState {
  return {
    misc: MODE3.misc,
    feature: 0,
    sequencerIndex: 0,
    sequencer: sized(MODE3.sequencer, 8),
    crtcIndex: 0,
    crtc: sized(MODE3.crtc, 64),
    graphicsIndex: 0,
    graphics: sized(MODE3.graphics, 16),
    attributeIndex: ATTRIBUTE_VIDEO_ENABLE,
    attribute: sized(MODE3.attribute, 32),
    attributeData: false,
    dacMask: 0xff,
    dacRead: false,
    dacIndex: 0,
    dacComponent: 0,
    dac: defaultPalette(),
  };
}
