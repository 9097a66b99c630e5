// Expectations from ATA/ATAPI-7, SFF-8038i and the 82371SB data sheet.
import { describe, expect, it } from 'vitest';
import { ArrayMemory, bytes32 } from '../memory-view';
import { AtaDisk } from './ata-disk';
import { AtapiCdrom } from './atapi-cdrom';
import { cdrom, hardDisk } from './disk-image';
import { IdePiix3 } from './ide-piix3';
import { ManualClock } from './manual-clock';

const SECTORS = 70_000;

function ide() {
  const clock = new ManualClock();
  const memory = new ArrayMemory(1 << 20);
  const image = new Uint8Array(SECTORS * 512);
  for (let i = 0; i < SECTORS; i++) image.set(bytes32(i), i * 512);
  const disk = hardDisk('disk', image);
  const disc = cdrom(image.slice(0, 200 * 2048));
  const lines = [false, false];
  const line = (i: number) => ({
    set: (level: boolean) => {
      lines[i] = level;
    },
  });
  const drives = [new AtaDisk(clock, disk), undefined, new AtapiCdrom(clock, disc), undefined];
  const device = new IdePiix3(drives, [line(0), line(1)], memory);
  device.reset();
  const out = (port: number, value: number, size: 1 | 2 | 4 = 1) => device.writePort(port, size, value);
  const inp = (port: number, size: 1 | 2 | 4 = 1) => device.readPort(port, size);
  const wait = () => clock.advanceTo(clock.now() + 20_000);
  /** A 28-bit LBA command on the primary master. */
  const command = (code: number, lba: number, count: number) => {
    out(0x1f2, count & 0xff);
    out(0x1f3, lba & 0xff);
    out(0x1f4, (lba >> 8) & 0xff);
    out(0x1f5, (lba >> 16) & 0xff);
    out(0x1f6, 0xe0 | (lba >> 24));
    out(0x1f7, code);
  };
  const words = (base: number, count: number) => Array.from({ length: count }, () => inp(base, 2));
  return { clock, memory, disk, lines, device, out, inp, wait, command, words };
}

describe('ATA disk', () => {
  it('identifies itself with its size in both address forms', () => {
    const { inp, wait, command, words, lines } = ide();
    command(0xec, 0, 0);
    expect(inp(0x3f6)).toBe(0xd0);
    expect(lines[0]).toBe(false);
    wait();
    expect(lines[0]).toBe(true);
    expect(inp(0x1f7)).toBe(0x58);
    expect(lines[0]).toBe(false);
    const w = words(0x1f0, 256);
    expect([w[60] | (w[61] << 16), w[100] | (w[101] << 16), w[83] & 0x400]).toEqual([SECTORS, SECTORS, 0x400]);
    expect(
      w
        .slice(27, 33)
        .map((x) => String.fromCharCode(x >> 8, x & 255))
        .join(''),
    ).toBe('Ringside dis');
    const sum = w.reduce((all, x) => all + (x & 255) + (x >> 8), 0) & 255;
    expect(sum).toBe(0);
    expect(inp(0x1f7)).toBe(0x50);
  });

  it('reads sectors by PIO with an interrupt each', () => {
    const { inp, wait, command, lines } = ide();
    command(0x20, 1000, 2);
    wait();
    expect(inp(0x1f7) & 8).toBe(8);
    expect(inp(0x1f0, 4)).toBe(1000);
    for (let i = 0; i < 127; i++) inp(0x1f0, 4);
    expect(lines[0]).toBe(true);
    expect(inp(0x1f7)).toBe(0x58);
    expect(inp(0x1f0, 4)).toBe(1001);
    for (let i = 0; i < 127; i++) inp(0x1f0, 4);
    expect([inp(0x1f7), lines[0]]).toEqual([0x50, false]);
  });

  it('writes sectors by PIO: no interrupt before the first, one after each', () => {
    const { disk, inp, out, wait, command, lines } = ide();
    command(0x30, 5, 1);
    wait();
    expect([inp(0x3f6), lines[0]]).toEqual([0x58, false]);
    for (let i = 0; i < 256; i++) out(0x1f0, 0xa5a5, 2);
    expect([lines[0], inp(0x1f7)]).toEqual([true, 0x50]);
    expect([...new Set(disk.read(5, 1))]).toEqual([0xa5]);
  });

  it('reads by CHS and refuses what is beyond the end', () => {
    const { inp, out, wait, command } = ide();
    for (const [port, value] of [
      [0x1f2, 1],
      [0x1f3, 3],
      [0x1f4, 2],
      [0x1f5, 0],
      [0x1f6, 0xa5],
      [0x1f7, 0x20],
    ])
      out(port, value);
    wait();
    expect(inp(0x1f0, 4)).toBe((2 * 16 + 5) * 63 + 2);
    command(0xef, 0, 0); // ends the transfer
    wait();
    command(0x20, SECTORS - 1, 2);
    wait();
    expect([inp(0x1f7) & 1, inp(0x1f1)]).toEqual([1, 0x10]);
  });

  it('reads 48-bit addresses from registers written twice', () => {
    const { inp, out, wait } = ide();
    for (const [port, value] of [
      [0x1f2, 0],
      [0x1f3, 0],
      [0x1f4, 0],
      [0x1f5, 0],
      [0x1f2, 1],
      [0x1f3, 0x55],
      [0x1f4, 0x01],
      [0x1f5, 0x01],
      [0x1f6, 0x40],
      [0x1f7, 0x24],
    ])
      out(port, value);
    wait();
    expect(inp(0x1f0, 4)).toBe(0x010155);
    out(0x3f6, 0x80);
    expect(inp(0x1f3)).toBe(0);
  });

  it('moves data by bus master through its descriptor table', () => {
    const { memory, disk, inp, out, wait, command, lines } = ide();
    memory.write(0x1000, bytes32(0x8000));
    memory.write(0x1004, bytes32(512));
    memory.write(0x1008, bytes32(0xa000));
    memory.write(0x100c, bytes32((0x80000000 | 1024) >>> 0));
    out(0xc004, 0x1000, 4);
    out(0xc000, 0x08);
    command(0xc8, 300, 3);
    out(0xc000, 0x09);
    wait();
    expect([memory.readU32(0x8000), memory.readU32(0xa000), memory.readU32(0xa200)]).toEqual([300, 301, 302]);
    expect([lines[0], inp(0xc002)]).toEqual([true, 0x24]);
    out(0xc000, 0x08);
    out(0xc002, 0x04);
    inp(0x1f7);
    expect(inp(0xc002)).toBe(0x20);
    // and back: three sectors from memory
    memory.write(0x8000, bytes32(0x11111111));
    out(0xc000, 0x00);
    command(0xca, 40, 3);
    out(0xc000, 0x01);
    wait();
    expect([...disk.read(40, 1).subarray(0, 4)]).toEqual([0x11, 0x11, 0x11, 0x11]);
    expect(disk.read(42, 1)[0]).toBe(302 & 255);
  });

  it('sets the interrupt bit of the bus master when INTRQ rises, not while it stays up, nor when a state is restored', () => {
    const { device, out, inp, wait, command } = ide();
    command(0xec, 0, 0);
    wait();
    expect(inp(0xc002) & 4).toBe(4);
    out(0xc002, 4);
    out(0x1f6, 0xe0);
    expect(inp(0xc002) & 4).toBe(0);
    device.load(device.save());
    expect(inp(0xc002) & 4).toBe(0);
  });

  it('aborts unknown commands, resets to its signature by SRST, and keeps quiet with nIEN', () => {
    const { inp, out, wait, command, lines } = ide();
    command(0xfe, 0, 0);
    wait();
    expect([inp(0x1f7), inp(0x1f1)]).toEqual([0x51, 0x04]);
    out(0x3f6, 0x06);
    out(0x3f6, 0x02);
    expect([inp(0x1f2), inp(0x1f3), inp(0x1f4), inp(0x1f5), inp(0x1f7)]).toEqual([1, 1, 0, 0, 0x50]);
    command(0xec, 0, 0);
    wait();
    expect(lines[0]).toBe(false);
  });

  it('reads as zeros for an absent slave and as floating for an empty cable', () => {
    const { inp, out } = ide();
    out(0x1f6, 0xb0);
    expect(inp(0x1f7)).toBe(0);
    const empty = new IdePiix3(
      [undefined, undefined, undefined, undefined],
      [{ set() {} }, { set() {} }],
      new ArrayMemory(4096),
    );
    expect(empty.readPort(0x1f7, 1)).toBe(0x7f);
  });

  it('goes on from a saved state in the middle of a sector', () => {
    const a = ide();
    a.command(0x20, 77, 2);
    a.wait();
    a.inp(0x1f0, 4);
    const b = ide();
    b.clock.clear();
    b.clock.set(a.clock.now());
    b.device.load(a.device.save());
    for (let i = 0; i < 127; i++) expect(b.inp(0x1f0, 4)).toBe(a.inp(0x1f0, 4));
    expect(b.inp(0x1f0, 4)).toBe(78);
  });
});

describe('ATAPI CD-ROM', () => {
  /** Sends a packet on the secondary master; waits for the first block or the end. */
  function packet(pc: ReturnType<typeof ide>, bytes: number[], dma = false): void {
    const { out, inp, wait } = pc;
    for (const [port, value] of [
      [0x176, 0xa0],
      [0x171, dma ? 1 : 0],
      [0x174, 0x00],
      [0x175, 0x08],
      [0x177, 0xa0],
    ])
      out(port, value);
    wait();
    expect([inp(0x177) & 0x08, inp(0x172)]).toEqual([8, 1]);
    const padded = [...bytes, ...new Array(12).fill(0)].slice(0, 12);
    for (let i = 0; i < 12; i += 2) out(0x170, padded[i] | (padded[i + 1] << 8), 2);
  }
  const bytes = (pc: ReturnType<typeof ide>) => {
    const count = pc.inp(0x174) | (pc.inp(0x175) << 8);
    return Array.from({ length: count / 2 }, () => pc.inp(0x170, 2)).flatMap((w) => [w & 255, w >> 8]);
  };

  it('shows the packet signature and reports a changed medium once', () => {
    const pc = ide();
    expect([pc.inp(0x174), pc.inp(0x175)]).toEqual([0x14, 0xeb]);
    packet(pc, [0x00]);
    expect([pc.inp(0x177) & 1, pc.inp(0x171) >> 4]).toEqual([1, 6]);
    packet(pc, [0x03, 0, 0, 0, 18]);
    const sense = bytes(pc);
    expect([sense[0], sense[2], sense[12]]).toEqual([0x70, 6, 0x28]);
    packet(pc, [0x00]);
    expect(pc.inp(0x177) & 1).toBe(0);
  });

  it('reads blocks of 2048 bytes in pieces of the byte count limit, and capacity and contents', () => {
    const pc = ide();
    packet(pc, [0x00]);
    packet(pc, [0x25]);
    expect(bytes(pc)).toEqual([0, 0, 0, 199, 0, 0, 8, 0]);
    expect(pc.inp(0x172)).toBe(3);
    packet(pc, [0x28, 0, 0, 0, 0, 10, 0, 0, 2]);
    expect(pc.inp(0x172)).toBe(2);
    const first = bytes(pc);
    expect([first.length, first[0]]).toEqual([2048, 40]);
    expect(pc.lines[1]).toBe(true);
    expect(bytes(pc)[0]).toBe(44);
    expect([pc.inp(0x177), pc.inp(0x172)]).toEqual([0x50, 3]);
    packet(pc, [0x43, 0, 0, 0, 0, 0, 0, 0, 20]);
    expect(bytes(pc).slice(0, 12)).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0]);
  });

  it('moves data by bus master', () => {
    const pc = ide();
    packet(pc, [0x00]);
    pc.memory.write(0x1000, bytes32(0x8000));
    pc.memory.write(0x1004, bytes32((0x80000000 | 4096) >>> 0));
    pc.out(0xc00c, 0x1000, 4);
    pc.out(0xc008, 0x08);
    packet(pc, [0xa8, 0, 0, 0, 0, 3, 0, 0, 0, 2], true);
    pc.out(0xc008, 0x09);
    expect([pc.memory.readU32(0x8000), pc.memory.readU32(0x8800)]).toEqual([12, 16]);
    expect(pc.inp(0xc00a) & 0x05).toBe(0x04);
  });

  it('refuses unknown packets and blocks beyond the end with sense data', () => {
    const pc = ide();
    packet(pc, [0x00]);
    packet(pc, [0xe7]);
    expect(pc.inp(0x171) >> 4).toBe(5);
    packet(pc, [0x28, 0, 0, 0, 0, 199, 0, 0, 2]);
    packet(pc, [0x03, 0, 0, 0, 18]);
    expect(bytes(pc)[12]).toBe(0x21);
  });
});
