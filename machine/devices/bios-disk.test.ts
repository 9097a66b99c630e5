import { describe, expect, it } from 'vitest';
import { ArrayMemory, bytes32 } from '../memory-view';
import { BIOS_DISK, BiosDisk } from './bios-disk';
import { cdrom, diskette, disketteKib, hardDisk } from './disk-image';

function numbered(sectors: number): Uint8Array {
  const image = new Uint8Array(sectors * 512);
  for (let i = 0; i < sectors; i++) image.set(bytes32(i), i * 512);
  return image;
}

describe('disk image', () => {
  it('takes diskette geometry from the size, and 1.44 MB for any other small image', () => {
    expect(diskette(new Uint8Array(737_280)).geometry).toEqual({ cylinders: 80, heads: 2, sectors: 9 });
    const odd = diskette(new Uint8Array(512));
    expect(odd.geometry).toEqual({ cylinders: 80, heads: 2, sectors: 18 });
    expect([odd.sectors, disketteKib(odd)]).toEqual([2880, 1440]);
  });

  it('takes hard disk geometry from the partition table where there is one', () => {
    const image = new Uint8Array(8 * 1024 * 1024);
    expect(hardDisk('disk', image).geometry).toEqual({ cylinders: 17, heads: 16, sectors: 63 });
    image.set([0x80, 1, 1, 0, 0x0c, 63, 32, 7], 0x1be);
    image.set([0x55, 0xaa], 510);
    expect(hardDisk('disk', image).geometry).toEqual({ cylinders: 8, heads: 64, sectors: 32 });
  });

  it('keeps what was written over an image it does not change, and goes back with its state', () => {
    const image = numbered(64);
    const disk = hardDisk('disk', image);
    const before = disk.save();
    disk.write(6, new Uint8Array(1536).fill(0xaa)); // over a block boundary: sectors 6, 7, 8
    expect([...disk.read(5, 5)].filter((b) => b === 0xaa).length).toBe(1536);
    expect(disk.read(5, 1)[0]).toBe(5);
    expect(disk.read(9, 1)[0]).toBe(9);
    expect(image[6 * 512]).toBe(6);
    const after = disk.save();
    disk.load(before);
    expect(disk.read(6, 1)[0]).toBe(6);
    disk.load(after);
    expect(disk.read(7, 1)[511]).toBe(0xaa);
  });
});

describe('BIOS disk port', () => {
  function port() {
    const memory = new ArrayMemory(0x10000);
    const drives = new Map([
      [0x80, hardDisk('disk', numbered(100))],
      [0xe0, cdrom(numbered(8))],
    ]);
    const device = new BiosDisk(memory, drives, [0x80, 0xe0]);
    const run = (command: number, drive: number, lba: number, count: number, buffer: number) => {
      for (const [offset, value] of [
        [4, drive],
        [8, lba],
        [12, 0],
        [16, count],
        [20, buffer],
        [0, command],
      ]) {
        device.writePort(BIOS_DISK + offset, 4, value);
      }
      return device.readPort(BIOS_DISK, 4);
    };
    return { memory, device, run, read: (offset: number) => device.readPort(BIOS_DISK + offset, 4) };
  }

  it('copies sectors into memory and back', () => {
    const { memory, run, read } = port();
    expect(run(1, 0x80, 7, 2, 0x2000)).toBe(0);
    expect([memory.readU32(0x2000), memory.readU32(0x2200), read(0x18)]).toEqual([7, 8, 2]);
    memory.write(0x2000, bytes32(0x1234));
    expect(run(2, 0x80, 50, 1, 0x2000)).toBe(0);
    run(1, 0x80, 50, 1, 0x4000);
    expect(memory.readU32(0x4000)).toBe(0x1234);
  });

  it('answers with INT 13h codes for no drive, no such sector, a write to CD-ROM and an unknown command', () => {
    const { run, read } = port();
    expect(run(1, 0x00, 0, 1, 0)).toBe(0x80);
    expect(run(1, 0x80, 99, 2, 0)).toBe(0x04);
    expect(read(0x18)).toBe(0);
    expect(run(2, 0xe0, 0, 1, 0)).toBe(0x03);
    expect(run(9, 0x80, 0, 1, 0)).toBe(0x01);
    expect(run(1, 0x80, 0, 0xffffffff, 0)).toBe(0x04);
  });

  it('describes drives and boot order', () => {
    const { device, read } = port();
    device.writePort(BIOS_DISK + 4, 4, 0xe0);
    expect([read(0x20), read(0x34), read(0x38), read(0x3c)]).toEqual([2, 2048, 1, 0xffffe080]);
    device.writePort(BIOS_DISK + 4, 4, 0x81);
    expect(read(0x20)).toBe(0);
  });

  it('shows an El Torito image on the CD as a diskette of 512-byte sectors, until that ends', () => {
    const memory = new ArrayMemory(0x10000);
    const device = new BiosDisk(memory, new Map([[0xe0, cdrom(numbered(4 * 800))]]), [0xe0]);
    const write = (offset: number, value: number) => device.writePort(BIOS_DISK + offset, 4, value);
    const read = (offset: number) => device.readPort(BIOS_DISK + offset, 4);
    for (const [offset, value] of [
      [8, 3],
      [16, 0x00],
      [20, 2],
      [0, 3],
    ])
      write(offset, value);
    write(4, 0);
    expect([read(0), read(0x20), read(0x28), read(0x2c), read(0x30), read(0x34)]).toEqual([0, 2880, 80, 2, 18, 512]);
    for (const [offset, value] of [
      [8, 5],
      [12, 0],
      [16, 3],
      [20, 0x4000],
      [0, 1],
    ])
      write(offset, value);
    expect([memory.readU32(0x4000), memory.readU32(0x4200), memory.readU32(0x4400)]).toEqual([17, 18, 19]);
    write(0, 2);
    expect(read(0)).toBe(0x03);
    write(0, 4);
    expect(read(0x20)).toBe(0);
  });
});
