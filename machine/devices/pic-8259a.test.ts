// Expectations from the 8259A data sheet (231468-003).
import { describe, expect, it } from 'vitest';
import { Pic8259a } from './pic-8259a';

/** A pair initialized as a PC does: vectors 20h and 28h, all inputs unmasked. */
function pc(icw4 = 0x01): Pic8259a {
  const pic = new Pic8259a();
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, icw4],
    [0xa0, 0x11],
    [0xa1, 0x28],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0x21, 0x00],
    [0xa1, 0x00],
  ])
    pic.writePort(port, 1, value);
  return pic;
}
function pulse(pic: Pic8259a, irq: number): void {
  pic.setLine(irq, true);
  pic.setLine(irq, false);
}

describe('8259A', () => {
  it('gives base plus input as the vector and needs an EOI before the same input comes again', () => {
    const pic = pc();
    pulse(pic, 4);
    expect(pic.pending()).toBe(true);
    expect(pic.acknowledge()).toBe(0x24);
    pulse(pic, 4);
    expect(pic.pending()).toBe(false);
    pic.writePort(0x20, 1, 0x20);
    expect(pic.pending()).toBe(true);
  });

  it('serves IR0 before IR4 and lets a higher input interrupt a lower one in service', () => {
    const pic = pc();
    pulse(pic, 4);
    pulse(pic, 1);
    expect(pic.acknowledge()).toBe(0x21);
    expect(pic.pending()).toBe(false);
    pulse(pic, 0);
    expect(pic.acknowledge()).toBe(0x20);
    pic.writePort(0x20, 1, 0x0b);
    expect(pic.readPort(0x20, 1)).toBe(0x03); // ISR
    pic.writePort(0x20, 1, 0x0a);
    expect(pic.readPort(0x20, 1)).toBe(0x10); // IRR
  });

  it('carries the slave through IR2 and needs an EOI at both', () => {
    const pic = pc();
    pulse(pic, 8);
    expect(pic.acknowledge()).toBe(0x28);
    pic.writePort(0x20, 1, 0x0b);
    expect(pic.readPort(0x20, 1)).toBe(0x04);
    pulse(pic, 12);
    pic.writePort(0x20, 1, 0x20);
    expect(pic.pending()).toBe(false); // slave still has IR0 in service
    pic.writePort(0xa0, 1, 0x20);
    expect(pic.acknowledge()).toBe(0x2c);
  });

  it('latches edges while masked and delivers them when unmasked', () => {
    const pic = pc();
    pic.writePort(0x21, 1, 0x01);
    pulse(pic, 0);
    expect(pic.pending()).toBe(false);
    pic.writePort(0x21, 1, 0x00);
    expect(pic.acknowledge()).toBe(0x20);
  });

  it('answers default IR7 when a level request is gone at the acknowledge', () => {
    const pic = pc();
    pic.writePort(0x4d0, 1, 0x20); // IR5 by level
    pic.setLine(5, true);
    pic.setLine(5, false);
    expect(pic.pending()).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    pic.writePort(0x20, 1, 0x0b);
    expect(pic.readPort(0x20, 1)).toBe(0x00);
  });

  it('asks again for a level input that is still high after EOI', () => {
    const pic = pc();
    pic.writePort(0x4d1, 1, 0x08); // IRQ 11
    pic.setLine(11, true);
    expect(pic.acknowledge()).toBe(0x2b);
    pic.writePort(0xa0, 1, 0x20);
    pic.writePort(0x20, 1, 0x20);
    expect(pic.pending()).toBe(true);
    pic.setLine(11, false);
    expect(pic.pending()).toBe(false);
  });

  it('rotates on non-specific EOI: the input served becomes the lowest', () => {
    const pic = pc();
    pulse(pic, 0);
    pic.acknowledge();
    pic.writePort(0x20, 1, 0xa0); // rotate on non-specific EOI
    pulse(pic, 0);
    pulse(pic, 1);
    expect(pic.acknowledge()).toBe(0x21);
  });

  it('leaves no input in service in automatic EOI mode', () => {
    const pic = pc(0x03);
    pulse(pic, 3);
    expect(pic.acknowledge()).toBe(0x23);
    pic.writePort(0x20, 1, 0x0b);
    expect(pic.readPort(0x20, 1)).toBe(0x00);
  });

  it('lets lower inputs through in special mask mode when the one in service is masked', () => {
    const pic = pc();
    pulse(pic, 1);
    pic.acknowledge();
    pic.writePort(0x20, 1, 0x68);
    pic.writePort(0x21, 1, 0x02);
    pulse(pic, 6);
    expect(pic.pending()).toBe(true);
    expect(pic.acknowledge()).toBe(0x26);
  });

  it('acknowledges by poll: bit 7 and the input', () => {
    const pic = pc();
    pulse(pic, 6);
    pic.writePort(0x20, 1, 0x0c);
    expect(pic.readPort(0x20, 1)).toBe(0x86);
    pic.writePort(0x20, 1, 0x0c);
    expect(pic.readPort(0x20, 1)).toBe(0x00);
  });

  it('restores a saved state with requests and services pending', () => {
    const pic = pc();
    pulse(pic, 4);
    pulse(pic, 8);
    const other = new Pic8259a();
    other.load(pic.save());
    expect(other.acknowledge()).toBe(0x28);
    expect(other.save()).not.toEqual(pic.save());
    pic.acknowledge();
    expect(other.save()).toEqual(pic.save());
  });
});
