// Expectations from Bochs' description of its VBE display interface.
import { describe, expect, it } from 'vitest';
import { ArrayMemory } from '../memory-view';
import { VbeDispi } from './vbe-dispi';

function vbe(size = 0x100000) {
  const memory = new ArrayMemory(0x200000);
  const device = new VbeDispi(memory, 0x100000, size);
  const write = (index: number, value: number) => {
    device.writePort(0x1ce, 2, index);
    device.writePort(0x1cf, 2, value);
  };
  const read = (index: number) => {
    device.writePort(0x1ce, 2, index);
    return device.readPort(0x1cf, 2);
  };
  return { memory, device, write, read };
}

describe('VBE display interface', () => {
  it('names its version and memory', () => {
    const { read } = vbe();
    expect([read(0), read(0x0a), read(0x0b)]).toEqual([0xb0c5, 16, 16]);
  });

  it('shows a linear frame buffer once enabled, and clears it', () => {
    const { memory, device, write } = vbe();
    memory.write(0x100000, Uint8Array.of(1, 2, 3));
    for (const [index, value] of [
      [1, 320],
      [2, 200],
      [3, 32],
      [4, 0x41],
    ])
      write(index, value);
    expect(device.display()).toEqual({ width: 320, height: 200, bitsPerPixel: 32, address: 0x100000, pitch: 1280 });
    expect(memory.readU8(0x100000)).toBe(0);
    write(6, 400);
    write(8, 10);
    write(9, 5);
    expect(device.display()).toMatchObject({ pitch: 1600, address: 0x100000 + 5 * 1600 + 40 });
    write(4, 0);
    expect(device.display()).toBeUndefined();
  });

  it('does not enable what does not fit', () => {
    const { device, write } = vbe();
    for (const [index, value] of [
      [1, 1024],
      [2, 768],
      [3, 32],
      [4, 0x41],
    ])
      write(index, value);
    expect(device.enabled).toBe(false);
  });

  it('tells its limits on request', () => {
    const { read, write } = vbe();
    write(4, 2);
    expect([read(1), read(2), read(3)]).toEqual([2560, 1600, 32]);
  });
});
