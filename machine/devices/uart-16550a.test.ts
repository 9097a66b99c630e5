// Expectations from the PC16550D data sheet (June 1995), sections 8.2..8.7.
import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock';
import { Uart16550a } from './uart-16550a';

const BASE = 0x3f8;

function uart() {
  const clock = new ManualClock();
  const sent: number[] = [];
  const line = {
    level: false,
    set(level: boolean) {
      line.level = level;
    },
  };
  const device = new Uart16550a('com1', BASE, clock, line, (byte) => sent.push(byte));
  const write = (offset: number, value: number) => device.writePort(BASE + offset, 1, value);
  const read = (offset: number) => device.readPort(BASE + offset, 1);
  // 115200 8N1, OUT2 on
  write(3, 0x80);
  write(0, 1);
  write(1, 0);
  write(3, 0x03);
  write(4, 0x0b);
  return { clock, sent, line, device, write, read };
}
/** One character at 115200 8N1: 10 bits. */
const CHARACTER = Math.round(1e10 / 115200);

describe('16550A', () => {
  it('sends at once: THRE and TEMT stay 1', () => {
    const { sent, write, read } = uart();
    write(0, 0x41);
    expect(sent).toEqual([0x41]);
    expect(read(5)).toBe(0x60);
  });

  it('raises the THRE interrupt when enabled; reading IIR clears it, a further write sets it again', () => {
    const { line, write, read } = uart();
    write(1, 0x02);
    expect(line.level).toBe(true);
    expect(read(2)).toBe(0x02);
    expect(line.level).toBe(false);
    expect(read(2)).toBe(0x01);
    write(0, 0x42);
    expect(line.level).toBe(true);
  });

  it('receives at line speed and interrupts; reading RBR ends the interrupt', () => {
    const { clock, device, line, write, read } = uart();
    write(1, 0x01);
    device.send(Uint8Array.of(0x61, 0x62));
    clock.advanceTo(CHARACTER - 1);
    expect(read(5) & 1).toBe(0);
    clock.advanceTo(CHARACTER);
    expect(read(5) & 1).toBe(1);
    expect(line.level).toBe(true);
    expect(read(2)).toBe(0x04);
    expect(read(0)).toBe(0x61);
    expect(line.level).toBe(false);
    clock.advanceTo(2 * CHARACTER);
    expect(read(0)).toBe(0x62);
  });

  it('interrupts at the FIFO trigger level, and by time-out four characters after the last', () => {
    const { clock, device, line, write, read } = uart();
    write(2, 0x41); // enabled, trigger 4
    write(1, 0x01);
    expect(read(2)).toBe(0xc1);
    device.send(Uint8Array.of(1, 2, 3));
    clock.advanceTo(4 * CHARACTER);
    expect(line.level).toBe(false);
    clock.advanceTo(7 * CHARACTER);
    expect(read(2)).toBe(0xcc);
    device.send(Uint8Array.of(4));
    clock.advanceTo(8 * CHARACTER);
    expect(read(2)).toBe(0xc4);
  });

  it('holds at most 16 characters; the other end waits for room', () => {
    const { clock, device, write, read } = uart();
    write(2, 0x01);
    device.send(Uint8Array.from({ length: 20 }, (_, i) => i));
    clock.advanceTo(40 * CHARACTER);
    expect(device.queued).toBe(4);
    const got: number[] = [];
    for (let i = 0; i < 20; i++) {
      got.push(read(0));
      clock.advanceTo(clock.now() + CHARACTER);
    }
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('clears the receiver FIFO by FCR bit 1 and when FIFO mode changes', () => {
    const { clock, device, write, read } = uart();
    write(2, 0x01);
    device.send(Uint8Array.of(1, 2));
    clock.advanceTo(3 * CHARACTER);
    expect(read(5) & 1).toBe(1);
    write(2, 0x03);
    expect(read(5) & 1).toBe(0);
  });

  it('loses nothing typed ahead: what a clear of the FIFO threw away comes again', () => {
    const { clock, device, write, read } = uart();
    device.send(Uint8Array.of(1, 2, 3));
    clock.advanceTo(2 * CHARACTER);
    write(2, 0x01); // the driver looks whether there are FIFOs, with one character unread
    expect(read(5) & 1).toBe(0);
    clock.advanceTo(5 * CHARACTER);
    write(2, 0x03);
    clock.advanceTo(10 * CHARACTER);
    expect([read(0), read(0), read(0), read(5) & 1]).toEqual([1, 2, 3, 0]);
  });

  it('does not send again what it looped back', () => {
    const { clock, write, read } = uart();
    write(4, 0x1b);
    write(0, 0x55);
    write(2, 0x01);
    write(4, 0x0b);
    clock.advanceTo(5 * CHARACTER);
    expect(read(5) & 1).toBe(0);
  });

  it('loops back: data to the receiver, modem outputs to modem inputs', () => {
    const { sent, write, read } = uart();
    write(4, 0x1a); // LOOP, OUT2, RTS
    expect(read(6) & 0xf0).toBe(0x90); // OUT2 -> DCD, RTS -> CTS
    write(0, 0x5a);
    expect(sent).toEqual([]);
    expect(read(0)).toBe(0x5a);
  });

  it('interrupts only with OUT2 set', () => {
    const { line, write } = uart();
    write(4, 0x03);
    write(1, 0x02);
    expect(line.level).toBe(false);
    write(4, 0x0b);
    expect(line.level).toBe(true);
  });

  it('keeps divisor latch and scratch register apart from data', () => {
    const { write, read } = uart();
    write(7, 0xa5);
    write(3, 0x83);
    expect([read(0), read(1)]).toEqual([1, 0]);
    write(3, 0x03);
    expect(read(7)).toBe(0xa5);
  });

  it('goes on from a saved state in the middle of a character', () => {
    const a = uart();
    a.device.send(Uint8Array.of(7));
    a.clock.advanceTo(100);
    const b = uart();
    b.clock.clear();
    b.clock.set(100);
    b.device.load(a.device.save());
    b.clock.advanceTo(CHARACTER - 1);
    expect(b.read(5) & 1).toBe(0);
    b.clock.advanceTo(CHARACTER);
    expect(b.read(0)).toBe(7);
  });
});
