// A driver in miniature, after Virtual I/O Device (VIRTIO) Version 1.1, chapters 2.6, 3.1 and 4.1.
import { describe, expect, it } from 'vitest';
import { ArrayMemory, bytes32 } from '../memory-view';
import { hardDisk } from './disk-image';
import { VirtioBlk, VirtioConsole, VirtioRng } from './virtio-devices';
import type { VirtioPci } from './virtio-pci';

const BASE = 0xfe000000;
const DESC = 0x1000;
const AVAIL = 0x2000;
const USED = 0x3000;

class Driver {
  readonly line = {
    level: false,
    set: (level: boolean) => {
      this.line.level = level;
    },
  };
  #available = 0;
  #next = 0;

  constructor(readonly memory: ArrayMemory) {}

  write(device: VirtioPci, at: number, size: 1 | 2 | 4, value: number): void {
    device.writeMemory(BASE + at, size, value);
  }

  /** 3.1.1: reset, acknowledge, features, queues, DRIVER_OK. */
  start(device: VirtioPci, queues = 1): void {
    this.write(device, 0x14, 1, 0);
    this.write(device, 0x14, 1, 3);
    this.write(device, 0x08, 4, 1);
    this.write(device, 0x0c, 4, 1); // VERSION_1
    this.write(device, 0x14, 1, 11);
    expect(device.readMemory(BASE + 0x14, 1)).toBe(11);
    for (let i = 0; i < queues; i++) {
      const offset = i * 0x10000;
      this.write(device, 0x16, 2, i);
      this.write(device, 0x18, 2, 8);
      this.write(device, 0x20, 4, DESC + offset);
      this.write(device, 0x28, 4, AVAIL + offset);
      this.write(device, 0x30, 4, USED + offset);
      this.write(device, 0x1c, 2, 1);
    }
    this.write(device, 0x14, 1, 15);
  }

  /** Makes a chain available: [address, length, device writes it]. */
  offer(chain: [number, number, boolean][], queue = 0): void {
    const offset = queue * 0x10000;
    const head = this.#next;
    chain.forEach(([address, length, write], i) => {
      const at = DESC + offset + 16 * this.#next;
      const more = i + 1 < chain.length;
      this.#next = (this.#next + 1) % 8;
      this.memory.write(at, bytes32(address));
      this.memory.write(at + 4, bytes32(0));
      this.memory.write(at + 8, bytes32(length));
      this.memory.write(at + 12, bytes32((write ? 2 : 0) | (more ? 1 : 0) | (this.#next << 16)));
    });
    this.memory.write(AVAIL + offset + 4 + 2 * (this.#available % 8), Uint8Array.of(head, 0));
    this.#available++;
    this.memory.write(AVAIL + offset + 2, Uint8Array.of(this.#available, 0));
  }

  notify(device: VirtioPci, queue = 0): void {
    this.write(device, 0x3000 + 4 * queue, 2, queue);
  }

  used(queue = 0): { index: number; written: number } {
    const at = USED + queue * 0x10000;
    const index = this.memory.readU16(at + 2);
    return { index, written: this.memory.readU32(at + 4 + 8 * ((index - 1) % 8) + 4) };
  }
}

function disk() {
  const image = new Uint8Array(64 * 512);
  for (let i = 0; i < 64; i++) image.set(bytes32(i), i * 512);
  return hardDisk('vda', image);
}

describe('virtio over PCI', () => {
  it('lists its structures as vendor capabilities of region 4', () => {
    const driver = new Driver(new ArrayMemory(0x40000));
    const device = new VirtioBlk(5, BASE, driver.memory, driver.line, disk());
    const { config } = device.pci;
    const found: number[][] = [];
    for (let at = config[0x34]; at !== 0; at = config[at + 1]) {
      found.push([config[at], config[at + 3], config[at + 4], device.pci.get32(at + 8)]);
    }
    expect(found.sort((a, b) => a[1] - b[1])).toEqual([
      [9, 1, 4, 0],
      [9, 2, 4, 0x3000],
      [9, 3, 4, 0x1000],
      [9, 4, 4, 0x2000],
      [9, 5, 4, 0],
    ]);
    expect([device.pci.get16(0), device.pci.get16(2)]).toEqual([0x1af4, 0x1042]);
  });

  it('reaches its region through the configuration access capability', () => {
    const driver = new Driver(new ArrayMemory(0x40000));
    const { pci } = new VirtioBlk(5, BASE, driver.memory, driver.line, disk());
    pci.set32(0x98, 0x2000);
    pci.set32(0x9c, 4);
    pci.onRead(0xa0);
    expect(pci.get32(0xa0)).toBe(64); // capacity
  });

  it('does not keep FEATURES_OK for a driver without VERSION_1 or with unknown features', () => {
    const driver = new Driver(new ArrayMemory(0x40000));
    const device = new VirtioRng(5, BASE, driver.memory, driver.line);
    driver.write(device, 0x14, 1, 11);
    expect(device.readMemory(BASE + 0x14, 1)).toBe(3);
    driver.write(device, 0x08, 4, 1);
    driver.write(device, 0x0c, 4, 0x41);
    driver.write(device, 0x14, 1, 11);
    expect(device.readMemory(BASE + 0x14, 1)).toBe(3);
  });

  it('asks for a reset when a ring is nonsense', () => {
    const driver = new Driver(new ArrayMemory(0x40000));
    const device = new VirtioBlk(5, BASE, driver.memory, driver.line, disk());
    driver.start(device);
    driver.memory.write(AVAIL + 2, Uint8Array.of(200, 0));
    driver.notify(device);
    expect(device.readMemory(BASE + 0x14, 1) & 64).toBe(64);
    driver.write(device, 0x14, 1, 0);
    expect([device.readMemory(BASE + 0x14, 1), driver.line.level]).toEqual([0, false]);
  });
});

describe('virtio block device', () => {
  function started() {
    const driver = new Driver(new ArrayMemory(0x40000));
    const medium = disk();
    const device = new VirtioBlk(5, BASE, driver.memory, driver.line, medium);
    driver.start(device);
    const request = (type: number, sector: number, data: [number, number, boolean][]) => {
      driver.memory.write(0x8000, bytes32(type));
      driver.memory.write(0x8008, bytes32(sector));
      driver.memory.write(0x9000, Uint8Array.of(0xff));
      driver.offer([[0x8000, 16, false], ...data, [0x9000, 1, true]]);
      driver.notify(device);
      return driver.memory.readU8(0x9000);
    };
    return { driver, medium, device, request };
  }

  it('reads, and interrupts until the ISR is read', () => {
    const { driver, device, request } = started();
    expect(
      request(0, 9, [
        [0xa000, 512, true],
        [0xb000, 512, true],
      ]),
    ).toBe(0);
    expect([driver.memory.readU32(0xa000), driver.memory.readU32(0xb000)]).toEqual([9, 10]);
    expect(driver.used()).toEqual({ index: 1, written: 1025 });
    expect(driver.line.level).toBe(true);
    expect(device.readMemory(BASE + 0x1000, 1)).toBe(1);
    expect(driver.line.level).toBe(false);
  });

  it('writes, flushes, tells its name, and refuses the rest', () => {
    const { driver, medium, request } = started();
    driver.memory.write(0xa000, new Uint8Array(512).fill(0x77));
    expect(request(1, 3, [[0xa000, 512, false]])).toBe(0);
    expect(medium.read(3, 1)[100]).toBe(0x77);
    expect(request(4, 0, [])).toBe(0);
    expect(request(8, 0, [[0xc000, 20, true]])).toBe(0);
    expect(driver.memory.readU8(0xc000)).toBe(0x72);
    expect(request(0, 64, [[0xa000, 512, true]])).toBe(1);
    expect(request(99, 0, [])).toBe(2);
  });

  it('follows an indirect table', () => {
    const { driver, device } = started();
    const table = 0xd000;
    driver.memory.write(0x8000, new Uint8Array(16));
    driver.memory.write(0x8008, bytes32(20));
    const entries = [
      [0x8000, 16, 1, 1],
      [0xa000, 512, 3, 2],
      [0x9000, 1, 2, 0],
    ];
    entries.forEach(([address, length, flags, next], i) => {
      for (const [at, value] of [
        [0, address],
        [4, 0],
        [8, length],
        [12, flags | (next << 16)],
      ]) {
        driver.memory.write(table + 16 * i + at, bytes32(value));
      }
    });
    driver.offer([[table, 48, false]]);
    driver.memory.write(DESC + 12, bytes32(4)); // INDIRECT
    driver.notify(device);
    expect(driver.memory.readU32(0xa000)).toBe(20);
  });

  it('goes on from a saved state', () => {
    const a = started();
    a.request(0, 1, [[0xa000, 512, true]]);
    const b = new VirtioBlk(5, BASE, a.driver.memory, a.driver.line, a.medium);
    b.load(a.device.save());
    a.driver.memory.write(0x8008, bytes32(30));
    a.driver.offer([
      [0x8000, 16, false],
      [0xa000, 512, true],
      [0x9000, 1, true],
    ]);
    a.driver.notify(b);
    expect(a.driver.memory.readU32(0xa000)).toBe(30);
    expect(a.driver.used().index).toBe(2);
  });
});

describe('virtio console and entropy', () => {
  it('prints what is sent, and keeps what is typed until there is a buffer', () => {
    const driver = new Driver(new ArrayMemory(0x40000));
    let text = '';
    const device = new VirtioConsole(6, BASE, driver.memory, driver.line, (byte) => {
      text += String.fromCharCode(byte);
    });
    driver.start(device, 2);
    device.send(Uint8Array.of(0x68, 0x69));
    const receiver = new Driver(driver.memory);
    receiver.offer([[0xa000, 16, true]], 0);
    receiver.notify(device, 0);
    expect([driver.memory.readU16(0xa000), receiver.used(0).written]).toEqual([0x6968, 2]);
    driver.memory.write(0xb000, Uint8Array.of(0x4f, 0x4b));
    driver.offer([[0xb000, 2, false]], 1);
    driver.notify(device, 1);
    expect(text).toBe('OK');
  });

  it('gives bytes that are the same in every run', () => {
    const bytes = [0, 1].map(() => {
      const driver = new Driver(new ArrayMemory(0x40000));
      const device = new VirtioRng(7, BASE, driver.memory, driver.line);
      driver.start(device);
      driver.offer([[0xa000, 64, true]]);
      driver.notify(device);
      return [...driver.memory.read(0xa000, 64)];
    });
    expect(bytes[0]).toEqual(bytes[1]);
    expect(new Set(bytes[0]).size).toBeGreaterThan(40);
  });
});
