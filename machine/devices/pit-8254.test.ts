// Expectations from the 8254 data sheet (231164-005), "Operation of the modes".
import { describe, expect, it } from 'vitest';
import type { InterruptLine } from './device';
import { ManualClock } from './manual-clock';
import { Counter, Pit8254 } from './pit-8254';

function counter(mode: number, count: number, gate = true): Counter {
  const c = new Counter(gate);
  c.setMode(3, mode, false);
  c.write(0, count & 0xff);
  c.write(0, count >> 8);
  return c;
}
/** Cycles after the write at which OUT is low, from 0. */
function lows(c: Counter, cycles: number): number[] {
  return Array.from({ length: cycles }, (_, i) => i).filter((i) => !c.output(i));
}

describe('8254 counter', () => {
  it('mode 0: OUT is low and goes high N + 1 clocks after the count was written', () => {
    const c = counter(0, 4);
    expect(lows(c, 10)).toEqual([0, 1, 2, 3, 4]);
    expect([1, 2, 3, 4, 5, 6].map((t) => c.value(t))).toEqual([4, 3, 2, 1, 0, 0xffff]);
  });

  it('mode 0: a low gate stops counting', () => {
    const c = counter(0, 4);
    c.setGate(3, false); // value 2
    expect(c.value(10)).toBe(2);
    c.setGate(10, true);
    expect(c.output(11)).toBe(false);
    expect(c.output(12)).toBe(true);
  });

  it('mode 1: a trigger makes OUT low for N clocks', () => {
    const c = counter(1, 3, false);
    expect(lows(c, 10)).toEqual([]);
    c.setGate(10, true);
    expect([10, 11, 12, 13, 14].map((t) => c.output(t))).toEqual([true, false, false, false, true]);
  });

  it('mode 2: OUT is low for one clock in N', () => {
    const c = counter(2, 3);
    expect(lows(c, 10)).toEqual([3, 6, 9]);
    expect([1, 2, 3, 4].map((t) => c.value(t))).toEqual([3, 2, 1, 3]);
  });

  it('mode 2: a count written during a period holds from the next period', () => {
    const c = counter(2, 4);
    c.write(2, 2);
    c.write(2, 0);
    expect(lows(c, 11)).toEqual([4, 6, 8, 10]);
  });

  it('mode 3: even counts are high N/2 and low N/2, odd ones high (N+1)/2 and low (N-1)/2', () => {
    expect(lows(counter(3, 4), 9)).toEqual([3, 4, 7, 8]);
    expect(lows(counter(3, 5), 11)).toEqual([4, 5, 9, 10]);
    expect([1, 2, 3, 4, 5].map((t) => counter(3, 4).value(t))).toEqual([4, 2, 4, 2, 4]);
    expect([1, 2, 3, 4, 5, 6].map((t) => counter(3, 5).value(t))).toEqual([4, 2, 0, 4, 2, 4]);
  });

  it('mode 3: a count written during the high half holds from the low half', () => {
    const c = counter(3, 4);
    c.write(1, 8);
    c.write(1, 0);
    expect(lows(c, 17)).toEqual([3, 4, 5, 6, 11, 12, 13, 14]);
    expect(counterRises(counter(3, 4), 8)).toEqual([5]);
  });

  it('mode 4: OUT strobes low for one clock, N + 1 clocks after the write', () => {
    expect(lows(counter(4, 3), 10)).toEqual([4]);
  });

  it('latches count and status by read-back until they are read', () => {
    const c = counter(2, 1000);
    c.latchStatus(10);
    c.latchCount(10);
    expect(c.read(500)).toBe(0x80 | 0x30 | 0x04);
    expect(c.read(500) | (c.read(500) << 8)).toBe(1000 - 9);
  });

  it('counts BCD: 0 stands for 10000', () => {
    const c = new Counter(true);
    c.setMode(3, 0, true);
    c.write(0, 0);
    c.write(0, 0);
    expect(c.value(2)).toBe(0x9999);
  });
});

function counterRises(c: Counter, until: number): number[] {
  const out: number[] = [];
  for (let t = c.nextRise(1); t <= until; t = c.nextRise(t)) out.push(t);
  return out;
}

function pit(heard = true) {
  const clock = new ManualClock();
  const edges: number[] = [];
  let level = true;
  const line: InterruptLine = {
    set(next) {
      if (next && !level) edges.push(clock.now());
      level = next;
    },
  };
  const state = { heard };
  const device = new Pit8254(clock, line, () => state.heard);
  device.reset();
  return { clock, device, edges, state };
}

describe('8254 in a PC', () => {
  it('gives 18.2 interrupts a second at the count 65536', () => {
    const { clock, device, edges } = pit();
    device.writePort(0x43, 1, 0x36);
    device.writePort(0x40, 1, 0);
    device.writePort(0x40, 1, 0);
    clock.advanceTo(10_000_000_000);
    // 10 s * 1193182 / 65536 = 182.06
    expect(edges.length).toBe(182);
    expect(edges[0]).toBe(Math.ceil((65537 * 1e9) / 1193182));
  });

  it('asks for no alarm while its interrupt is masked, and still tells the edge when looked at', () => {
    const { clock, device, edges, state } = pit(false);
    device.writePort(0x43, 1, 0x34);
    device.writePort(0x40, 1, 0xe8);
    device.writePort(0x40, 1, 0x03);
    expect(clock.next()).toBe(Number.POSITIVE_INFINITY);
    clock.advanceTo(2_000_000_000);
    device.catchUp();
    expect(edges.length).toBe(1);
    state.heard = true;
    device.heardChanged();
    expect(clock.next()).toBeLessThanOrEqual(2_000_838_096);
  });

  it('goes on from a saved state with the same edges', () => {
    const a = pit();
    a.device.writePort(0x43, 1, 0x36);
    a.device.writePort(0x40, 1, 0x00);
    a.device.writePort(0x40, 1, 0x10);
    a.clock.advanceTo(1_000_000);
    const saved = a.device.save();
    const b = pit();
    b.clock.clear();
    b.clock.set(1_000_000);
    b.device.load(saved);
    a.edges.length = 0;
    b.edges.length = 0;
    a.clock.advanceTo(50_000_000);
    b.clock.advanceTo(50_000_000);
    expect(b.edges).toEqual(a.edges);
    expect(a.edges.length).toBe(14);
  });
});
