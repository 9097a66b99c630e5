import { describe, expect, it } from 'vitest';
import type { AccessSize, MemoryDevice, PortDevice } from './devices/device';
import { ManualClock } from './devices/manual-clock';
import { ArrayMemory } from './memory-view';
import { createPc, Platform } from './platform';

function pc() {
  const clock = new ManualClock();
  const platform = createPc(clock, { memory: new ArrayMemory(0x200000) });
  return { clock, platform };
}

describe('platform', () => {
  it('splits wide accesses to byte devices and gives all ones where nothing answers', () => {
    const { platform } = pc();
    platform.writePort(0x84, 2, 0xbeef);
    expect(platform.readPort(0x84, 1)).toBe(0xef);
    expect(platform.readPort(0x84, 4)).toBe(0x0000beef);
    expect(platform.readPort(0x90, 4)).toBe(0xff02ffff); // of 90h..93h only 92h answers, with A20 on
    expect(platform.readPort(0x7000, 2)).toBe(0xffff);
    expect(platform.readMemory(0xd0000000, 4)).toBe(0xffffffff);
  });

  it('routes physical addresses to the device whose region holds them', () => {
    const platform = new Platform(new ManualClock());
    const log: string[] = [];
    const device = (name: string, base: number): MemoryDevice => ({
      name,
      regions: [{ base, size: 0x1000 }],
      readMemory: (address: number, size: AccessSize) => address - base + size,
      writeMemory: (address, size, value) => log.push(`${name} ${address.toString(16)} ${size} ${value}`),
      reset() {},
      save: () => null,
      load() {},
    });
    platform.add(device('a', 0xfec00000));
    platform.add(device('b', 0xfee00000));
    expect(platform.readMemory(0xfec00010, 4)).toBe(0x14);
    platform.writeMemory(0xfee00ffc, 4, 7);
    platform.writeMemory(0xfee01000, 4, 8);
    expect(log).toEqual(['b fee00ffc 4 7']);
    expect(platform.isDeviceMemory(0xfec00fff)).toBe(true);
    expect(platform.isDeviceMemory(0xfec01000)).toBe(false);
  });

  it('gives wide accesses whole to a device that takes them, as long as they are its own', () => {
    const platform = new Platform(new ManualClock());
    const seen: number[][] = [];
    const device: PortDevice = {
      name: 'wide',
      ports: [{ first: 0x100, last: 0x107 }],
      widePorts: true,
      readPort: () => 0x12345678,
      writePort: (port, size, value) => seen.push([port, size, value]),
      reset() {},
      save: () => null,
      load() {},
    };
    platform.add(device);
    expect(platform.readPort(0x100, 4)).toBe(0x12345678);
    platform.writePort(0x104, 2, 0xabcd);
    platform.writePort(0x107, 2, 0x1122); // half of it is nobody's
    expect(seen).toEqual([
      [0x104, 2, 0xabcd],
      [0x107, 1, 0x22],
    ]);
  });

  it('ends the run by port F4h with a byte or a dword', () => {
    const { platform } = pc();
    const values: number[] = [];
    platform.onDebugExit = (value) => values.push(value);
    platform.writePort(0xf4, 1, 0x10);
    platform.writePort(0xf4, 4, 0x12345678);
    expect(values).toEqual([0x10, 0x12345678]);
  });

  it('gives serial and debug console bytes to their owner', () => {
    const { platform } = pc();
    let text = '';
    platform.onSerial = (byte) => {
      text += String.fromCharCode(byte);
    };
    platform.onDebugConsole = (byte) => {
      text += `<${String.fromCharCode(byte)}>`;
    };
    platform.writePort(0x3f8, 1, 0x48);
    platform.writePort(0xe9, 1, 0x69);
    expect(text).toBe('H<i>');
    expect(platform.readPort(0xe9, 1)).toBe(0xe9);
  });

  it('masks A20 by port 92h and by the keyboard controller, and says so', () => {
    const { platform } = pc();
    const changes: boolean[] = [];
    platform.onA20 = (enabled) => changes.push(enabled);
    expect(platform.a20).toBe(true);
    platform.writePort(0x92, 1, 0x00);
    platform.writePort(0x64, 1, 0xd1);
    platform.writePort(0x60, 1, 0xdf);
    expect(platform.readPort(0x92, 1)).toBe(0x02);
    expect(changes).toEqual([false, true]);
  });

  it('asks for a reset by port 92h bit 0', () => {
    const { platform } = pc();
    let resets = 0;
    platform.onReset = () => resets++;
    platform.writePort(0x92, 1, 0x03);
    platform.writePort(0x92, 1, 0x03);
    expect(resets).toBe(1);
  });

  it('opens the speaker timer by port 61h and shows its output at bit 5', () => {
    const { clock, platform } = pc();
    platform.writePort(0x43, 1, 0xb0); // counter 2, mode 0
    platform.writePort(0x42, 1, 100);
    platform.writePort(0x42, 1, 0);
    platform.writePort(0x61, 1, 0x01);
    expect(platform.readPort(0x61, 1) & 0x21).toBe(0x01);
    clock.advanceTo(90_000);
    expect(platform.readPort(0x61, 1) & 0x20).toBe(0x20);
  });

  it('delivers the timer interrupt through the PIC, and wakes no slice while it is masked', () => {
    const { clock, platform } = pc();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x08],
      [0x21, 0x04],
      [0x21, 0x01],
      [0x21, 0xff],
    ]) {
      platform.writePort(port, 1, value);
    }
    platform.writePort(0x43, 1, 0x34);
    platform.writePort(0x40, 1, 0xa9);
    platform.writePort(0x40, 1, 0x04); // 1193 cycles: 1 ms
    expect(clock.next()).toBe(Number.POSITIVE_INFINITY);
    platform.writePort(0x21, 1, 0xfe);
    clock.advanceTo(999_000);
    expect(platform.interrupts.pending()).toBe(false);
    clock.advanceTo(1_001_000);
    expect(platform.interrupts.acknowledge()).toBe(0x08);
  });

  it('tells an edge that came while masked when the mask is lifted', () => {
    const { clock, platform } = pc();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x08],
      [0x21, 0x04],
      [0x21, 0x01],
      [0x21, 0xff],
    ]) {
      platform.writePort(port, 1, value);
    }
    platform.writePort(0x43, 1, 0x34);
    platform.writePort(0x40, 1, 0);
    platform.writePort(0x40, 1, 0);
    clock.advanceTo(60_000_000);
    platform.writePort(0x21, 1, 0xfe);
    expect(platform.interrupts.pending()).toBe(true);
  });

  it('saves and loads all devices into a fresh PC that then behaves the same', () => {
    const a = pc();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x08],
      [0x21, 0x04],
      [0x21, 0x01],
      [0x21, 0xee],
      [0x43, 0x36],
      [0x40, 0x00],
      [0x40, 0x20],
      [0x3f9, 0x01],
      [0x3fc, 0x0b],
    ])
      a.platform.writePort(port, 1, value);
    a.platform.serialInput(Uint8Array.of(0x41, 0x42));
    a.clock.advanceTo(3_000_000);
    const b = pc();
    b.clock.set(3_000_000);
    b.platform.load(a.platform.save());
    expect(b.platform.save()).toEqual(a.platform.save());
    const vectors = (p: typeof a) => {
      const out: string[] = [];
      p.platform.interrupts.onChange = () => {
        if (p.platform.interrupts.pending()) out.push(`${p.clock.now()}`);
      };
      while (p.clock.now() < 30_000_000) {
        p.clock.advanceTo(p.clock.now() + 500_000);
        if (p.platform.interrupts.pending()) {
          out.push(`v${p.platform.interrupts.acknowledge()}`);
          p.platform.readPort(0x3f8, 1);
          p.platform.writePort(0x20, 1, 0x20);
        }
      }
      return out;
    };
    const expected = vectors(a);
    expect(vectors(b)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(6);
  });

  it('types characters on the PC keyboard', () => {
    const { platform } = pc();
    expect(platform.typeCharacter('A')).toBe(true);
    expect(platform.typeCharacter('b')).toBe(false); // the keys of A are still in its buffer
    const codes: number[] = [];
    while (platform.readPort(0x64, 1) & 1) codes.push(platform.readPort(0x60, 1));
    expect(codes).toEqual([0x2a, 0x1e, 0x9e, 0xaa]);
  });
});
