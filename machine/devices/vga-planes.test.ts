// The planes and what is displayed of them. What guests find in memory is compared with Bochs: cpu/system/guests/vga-planes.asm.
import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../test/guests';
import { ArrayMemory } from '../memory-view';
import { ManualClock } from './manual-clock';
import { Vga } from './vga';

/** Registers of mode 12h that matter for what is drawn (IBM VGA, 640x480 in 16 colours), and of mode 0Dh (320x200). */
const MODES = {
  '12h': { end: 0x4f, overflow: 0x3e, vertical: 0xdf, scan: 0x40, offset: 0x28 },
  '0Dh': { end: 0x27, overflow: 0x1f, vertical: 0x8f, scan: 0xc0, offset: 0x14 },
  'X (320x240, 256 colours)': { end: 0x4f, overflow: 0x3e, vertical: 0xdf, scan: 0x41, offset: 0x28 },
} as const;

function planar(mode: keyof typeof MODES) {
  const vga = new Vga(new ManualClock(), new ArrayMemory(0x100000));
  const set = (port: number, index: number, value: number) => {
    vga.writePort(port, 1, index);
    vga.writePort(port + 1, 1, value);
  };
  const attribute = (index: number, value: number) => {
    vga.readPort(0x3da, 1);
    vga.writePort(0x3c0, 1, index | 0x20);
    vga.writePort(0x3c0, 1, value);
  };
  const { end, overflow, vertical, scan, offset } = MODES[mode];
  set(0x3d4, 0x11, 0);
  set(0x3d4, 0x01, end);
  set(0x3d4, 0x07, overflow);
  set(0x3d4, 0x12, vertical);
  set(0x3d4, 0x09, scan);
  set(0x3d4, 0x13, offset);
  set(0x3c4, 2, 0x0f);
  set(0x3c4, 4, 0x06);
  set(0x3ce, 5, mode.startsWith('X') ? 0x40 : 0);
  set(0x3ce, 6, 0x05);
  for (let i = 0; i < 16; i++) attribute(i, i);
  attribute(0x10, 0x01);
  attribute(0x12, 0x0f);
  return { vga, set, attribute };
}

const at = (vga: Vga, x: number, y: number): number => {
  const frame = vga.planarFrame()!;
  return frame.pixels[y * frame.width + x];
};

describe('planar modes', () => {
  it.each([
    ['12h', 640, 480],
    ['0Dh', 320, 200],
    ['X (320x240, 256 colours)', 320, 240],
  ] as const)('mode %s is %i by %i', (mode, width, height) => {
    expect(planar(mode).vga.planarFrame()).toMatchObject({ width, height });
  });

  it('a pixel of 16 colours is a bit of each plane, the leftmost the highest, in colour by the palette registers', () => {
    const { vga, set, attribute } = planar('12h');
    set(0x3c4, 2, 0x0a);
    vga.planes.writeMemory(0xa0000 + 80 * 3 + 1, 1, 0x40);
    expect([at(vga, 8, 3), at(vga, 9, 3), at(vga, 10, 3)]).toEqual([0, 0x0a, 0]);
    attribute(0x0a, 0x3a);
    expect(at(vga, 9, 3)).toBe(0x3a);
    attribute(0x12, 0x07);
    expect(at(vga, 9, 3)).toBe(2);
  });

  it('the colour select register gives the upper bits of the DAC entry', () => {
    const { vga, attribute } = planar('12h');
    vga.planes.writeMemory(0xa0000, 1, 0x80);
    attribute(0x0f, 0x3f);
    attribute(0x14, 0x06);
    expect(at(vga, 0, 0)).toBe(0x7f);
    attribute(0x10, 0x81);
    expect(at(vga, 0, 0)).toBe(0x6f);
  });

  it('begins at the start address', () => {
    const { vga, set } = planar('0Dh');
    vga.planes.writeMemory(0xa0000 + 0x2000, 1, 0x80);
    expect(at(vga, 0, 0)).toBe(0);
    set(0x3d4, 0x0c, 0x20);
    set(0x3d4, 0x0d, 0x00);
    expect(at(vga, 0, 0)).toBe(0x0f);
  });

  it('of 256 colours unchained, the plane is the column modulo 4', () => {
    const { vga, set } = planar('X (320x240, 256 colours)');
    set(0x3c4, 2, 0x04);
    vga.planes.writeMemory(0xa0000 + 80 * 5 + 2, 1, 0xe7);
    expect([at(vga, 9, 5), at(vga, 10, 5), at(vga, 11, 5)]).toEqual([0, 0xe7, 0]);
  });

  it('come to A0000h and go as addressing is unchained and chained', () => {
    const { vga, set } = planar('12h');
    const log: boolean[] = [];
    vga.onPlanes = (mapped) => log.push(mapped);
    set(0x3c4, 4, 0x0e); // chain 4
    expect([vga.planes.regions, vga.planarFrame()]).toEqual([[], undefined]);
    set(0x3c4, 4, 0x06);
    set(0x3ce, 6, 0x0d); // memory at B8000h
    expect(log).toEqual([false, true, false]);
  });

  it('go on from a saved state, latches too', () => {
    const { vga, set } = planar('12h');
    vga.planes.writeMemory(0xa0000, 1, 0x99);
    vga.planes.readMemory(0xa0000, 1);
    const other = planar('12h');
    other.vga.load(vga.save());
    other.vga.planes.load(vga.planes.save());
    set(0x3ce, 5, 1);
    other.set(0x3ce, 5, 1);
    other.vga.planes.writeMemory(0xa0003, 1, 0);
    expect(other.vga.planes.readMemory(0xa0003, 1)).toBe(0x99);
  });
});

/** Draws a line of pixels by INT 10h in mode 12h, and a character. */
const drawing = assembleText(`
        bits 16
        org 0x7C00
        mov ax, 0x0012
        int 0x10
        mov cx, 100
line:   mov ax, 0x0C0C
        xor bx, bx
        mov dx, 200
        int 0x10
        inc cx
        cmp cx, 150
        jb line
        mov ax, 0x0EDB          ; a full block in colour 2
        mov bx, 0x0002
        int 0x10
        mov al, 0
        out 0xF4, al
        hlt
        times 510 - ($ - $$) db 0
        dw 0xAA55
`);

it('a guest draws in mode 12h alike on the bare machine and under the VMM, and a snapshot keeps the picture', () => {
  const [bare, vm] = (['none', 'ept'] as const).map((virtualization) => {
    const target = powerOn(drawing, { virtualization, memory: 2 << 20 });
    const start = target.snapshot();
    const run = () => ({ stop: runToEnd(target, 20e6), instructions: target.instructions, hash: target.hash() });
    const first = run();
    const screen = target.screen();
    target.restore(start);
    expect(target.screen()[0]).not.toMatch(/graphics/);
    expect(run()).toEqual(first);
    return { ...first, screen };
  });
  expect(bare.screen).toEqual(['[graphics mode: 640 x 480, 4 bits a pixel]']);
  expect(vm).toEqual(bare);
});
