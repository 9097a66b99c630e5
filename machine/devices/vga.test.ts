// Expectations from the IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem".
import { describe, expect, it } from 'vitest';
import { ArrayMemory } from '../memory-view';
import { ManualClock } from './manual-clock';
import { Vga } from './vga';

function vga() {
  const clock = new ManualClock();
  const memory = new ArrayMemory(0x100000);
  const device = new Vga(clock, memory);
  const crtc = (index: number, value: number) => {
    device.writePort(0x3d4, 1, index);
    device.writePort(0x3d5, 1, value);
  };
  const print = (cell: number, text: string) => {
    for (let i = 0; i < text.length; i++) memory.write(0xb8000 + (cell + i) * 2, Uint8Array.of(text.charCodeAt(i), 7));
  };
  return { clock, memory, device, crtc, print };
}

describe('VGA text', () => {
  it('shows 80x25 from B8000h, code page 437, without trailing blanks', () => {
    const { device, print } = vga();
    expect(device.textSize).toEqual({ columns: 80, rows: 25 });
    print(0, 'Hello');
    print(80 * 24 + 79, '\xdb');
    const lines = device.screenText();
    expect(lines.length).toBe(25);
    expect(lines[0]).toBe('Hello');
    expect(lines[24]).toBe(`${' '.repeat(79)}█`);
  });

  it('scrolls by the start address and wraps in its 32 KiB', () => {
    const { device, crtc, print } = vga();
    print(80, 'second');
    crtc(0x0c, 0);
    crtc(0x0d, 80);
    expect(device.screenText()[0]).toBe('second');
  });

  it('gives the cursor cell, or none while it is off', () => {
    const { device, crtc } = vga();
    crtc(0x0e, (80 * 3 + 5) >> 8);
    crtc(0x0f, (80 * 3 + 5) & 0xff);
    expect(device.cursor).toEqual({ column: 5, row: 3 });
    crtc(0x0a, 0x20);
    expect(device.cursor).toBeUndefined();
  });

  it('protects CRTC registers 0..7 by bit 7 of register 11h', () => {
    const { device, crtc } = vga();
    crtc(0x01, 39);
    expect(device.textSize.columns).toBe(80);
    crtc(0x11, 0x0e);
    crtc(0x01, 39);
    expect(device.textSize.columns).toBe(40);
  });

  it('toggles 3C0h between index and data, reset by reading 3DAh', () => {
    const { device } = vga();
    device.readPort(0x3da, 1);
    device.writePort(0x3c0, 1, 0x30);
    device.writePort(0x3c0, 1, 0x0c);
    device.writePort(0x3c0, 1, 0x21);
    device.readPort(0x3da, 1);
    device.writePort(0x3c0, 1, 0x30);
    expect(device.readPort(0x3c1, 1)).toBe(0x0c);
  });

  it('steps through the palette three components an entry', () => {
    const { device } = vga();
    device.writePort(0x3c8, 1, 5);
    for (const value of [1, 2, 3, 4, 5, 6]) device.writePort(0x3c9, 1, value);
    device.writePort(0x3c7, 1, 5);
    expect([1, 2, 3, 4, 5, 6].map(() => device.readPort(0x3c9, 1))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('retraces about 70 times a second', () => {
    const { clock, device } = vga();
    let rises = 0;
    let before = false;
    for (let t = 0; t < 1_000_000_000; t += 20_000) {
      clock.set(t);
      const now = (device.readPort(0x3da, 1) & 8) !== 0;
      if (now && !before) rises++;
      before = now;
    }
    expect(rises).toBe(70);
  });
});
