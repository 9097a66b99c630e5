// Expectations from the PCI Local Bus Specification 3.0, chapter 6, and the 82371SB data sheet.
import { describe, expect, it } from 'vitest';
import { InterruptWires } from './interrupt-wires';
import { PciBus, PciFunction } from './pci-bus';
import { hostBridge, Piix3, pirqOf } from './pci-chipset';

function bus() {
  let resets = 0;
  const pci = new PciBus(() => resets++);
  const read = (address: number, offset: number, size: 1 | 2 | 4 = 4) => {
    pci.writePort(0xcf8, 4, (0x80000000 | (address << 8) | (offset & 0xfc)) >>> 0);
    return pci.readPort(0xcfc + (offset & 3), size);
  };
  const write = (address: number, offset: number, value: number, size: 1 | 2 | 4 = 4) => {
    pci.writePort(0xcf8, 4, (0x80000000 | (address << 8) | (offset & 0xfc)) >>> 0);
    pci.writePort(0xcfc + (offset & 3), size, value);
  };
  return { pci, read, write, resets: () => resets };
}

describe('PCI configuration', () => {
  it('shows functions by mechanism 1 and all ones where none is', () => {
    const { pci, read } = bus();
    pci.add(hostBridge());
    expect(read(0, 0)).toBe(0x12378086);
    expect(read(0, 0x0a, 2)).toBe(0x0600);
    expect(read(0x10, 0)).toBe(0xffffffff);
    pci.writePort(0xcf8, 4, 0);
    expect(pci.readPort(0xcfc, 4)).toBe(0xffffffff);
  });

  it('sizes base addresses by writing ones, and maps them when the command register allows', () => {
    const { pci, read, write } = bus();
    const fn = pci.add(
      new PciFunction(0x18, { vendor: 1, device: 2, classCode: 0x010180 }, [
        { index: 0, kind: 'io', size: 32 },
        { index: 1, kind: 'memory', size: 0x1000 },
      ]),
    );
    write(0x18, 0x10, 0xffffffff);
    write(0x18, 0x14, 0xffffffff);
    expect([read(0x18, 0x10), read(0x18, 0x14)]).toEqual([0xffffffe1, 0xfffff000]);
    write(0x18, 0x10, 0xc000);
    write(0x18, 0x14, 0xe0000000);
    expect(fn.region(0)).toBeUndefined();
    write(0x18, 0x04, 0x0003, 2);
    expect([fn.region(0), fn.region(1)]).toEqual([
      { base: 0xc000, size: 32 },
      { base: 0xe0000000, size: 0x1000 },
    ]);
    write(0x18, 0x00, 0);
    expect(read(0x18, 0)).toBe(0x00020001); // identity is read-only
  });

  it('lists capabilities from the pointer at 34h', () => {
    const fn = new PciFunction(0x20, { vendor: 1, device: 2, classCode: 0 });
    fn.addCapability(0x40, 9, [4, 1]);
    fn.addCapability(0x50, 9, [4, 2]);
    expect([fn.config[0x34], fn.config[0x51], fn.config[0x41]]).toEqual([0x50, 0x40, 0]);
    expect(fn.config[0x06] & 0x10).toBe(0x10);
  });

  it('resets by CF9h', () => {
    const { pci, resets } = bus();
    pci.writePort(0xcf9, 1, 0x02);
    pci.writePort(0xcf9, 1, 0x06);
    expect(resets()).toBe(1);
  });

  it('restores configuration after reset and from a saved state', () => {
    const { pci, read, write } = bus();
    pci.add(new PciFunction(0x18, { vendor: 1, device: 2, classCode: 0 }));
    write(0x18, 0x3c, 11, 1);
    const saved = pci.save();
    pci.reset();
    expect(read(0x18, 0x3c, 1)).toBe(0);
    pci.load(saved);
    expect(read(0x18, 0x3c, 1)).toBe(11);
  });
});

describe('PIIX3 interrupt router', () => {
  it('turns pins by slot and holds a shared request while any of them asks', () => {
    expect([pirqOf(1, 1), pirqOf(2, 1), pirqOf(1, 2), pirqOf(5, 1)]).toEqual([0, 1, 1, 0]);
    const wires = new InterruptWires(16);
    const bridge = new Piix3(wires);
    const a = bridge.line(3, 1); // PIRQC -> 11
    const b = bridge.line(7, 1); // the same
    a.set(true);
    b.set(true);
    a.set(false);
    expect(wires.wire(11).level).toBe(true);
    b.set(false);
    expect(wires.wire(11).level).toBe(false);
  });

  it('follows its PIRQ registers', () => {
    const wires = new InterruptWires(16);
    const bridge = new Piix3(wires);
    bridge.line(1, 1).set(true);
    expect(wires.wire(10).level).toBe(true);
    bridge.pci.config[0x60] = 5;
    bridge.pci.onWrite(0x60);
    expect([wires.wire(10).level, wires.wire(5).level]).toEqual([false, true]);
    bridge.pci.config[0x60] = 0x80;
    bridge.pci.onWrite(0x60);
    expect(wires.wire(5).level).toBe(false);
  });
});
