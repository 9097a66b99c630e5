// Expectations from the MC146818A data sheet; dates from GNU date.
import { describe, expect, it } from 'vitest';
import { fromUnixSeconds, toUnixSeconds } from './civil-time';
import { ManualClock } from './manual-clock';
import { RtcMc146818 } from './rtc-mc146818';

const SECOND = 1_000_000_000;

// date -u -d '2024-02-28 23:59:58' +%s -> 1709164798 (a Wednesday)
function rtc(start = 1_709_164_798) {
  const clock = new ManualClock();
  const line = {
    level: false,
    set(level: boolean) {
      line.level = level;
    },
  };
  const state = { heard: true };
  const device = new RtcMc146818(clock, line, () => state.heard, start);
  const read = (index: number) => {
    device.writePort(0x70, 1, index);
    return device.readPort(0x71, 1);
  };
  const write = (index: number, value: number) => {
    device.writePort(0x70, 1, index);
    device.writePort(0x71, 1, value);
  };
  const date = () => [0x32, 9, 8, 7, 6, 4, 2, 0].map(read);
  return { clock, line, device, read, write, date, state };
}

describe('calendar', () => {
  it.each([
    [0, 1970, 1, 1, 4],
    [951_782_400, 2000, 2, 29, 2],
    [1_735_689_600, 2025, 1, 1, 3],
    [4_107_542_400, 2100, 3, 1, 1],
    [-86_400, 1969, 12, 31, 3],
  ])('%i is %i-%i-%i, weekday %i', (seconds, year, month, day, weekday) => {
    const t = fromUnixSeconds(seconds);
    expect([t.year, t.month, t.day, t.weekday]).toEqual([year, month, day, weekday]);
    expect(toUnixSeconds(t)).toBe(seconds);
  });
});

describe('MC146818A', () => {
  it('shows BCD date and time, goes over a leap day', () => {
    const { clock, date } = rtc();
    expect(date()).toEqual([0x20, 0x24, 0x02, 0x28, 4, 0x23, 0x59, 0x58]);
    clock.advanceTo(2 * SECOND);
    expect(date()).toEqual([0x20, 0x24, 0x02, 0x29, 5, 0x00, 0x00, 0x00]);
  });

  it('shows binary and 12-hour forms by register B', () => {
    const { read, write } = rtc();
    write(0x0b, 0x06);
    expect(read(4)).toBe(23);
    write(0x0b, 0x04);
    expect(read(4)).toBe(0x80 | 11);
  });

  it('sets UIP before the update and UF after it; reading C clears it', () => {
    const { clock, read } = rtc();
    read(0x0c);
    clock.advanceTo(SECOND - 3_000_000);
    expect(read(0x0a)).toBe(0x26);
    clock.advanceTo(SECOND - 1_000_000);
    expect(read(0x0a)).toBe(0xa6);
    clock.advanceTo(SECOND);
    expect(read(0x0a)).toBe(0x26);
    expect(read(0x0c) & 0x10).toBe(0x10);
    expect(read(0x0c) & 0x10).toBe(0);
  });

  it('interrupts 1024 times a second at rate 6', () => {
    const { clock, line, read, write } = rtc();
    write(0x0b, 0x42);
    let count = 0;
    for (let i = 0; i < 2048; i++) {
      clock.advanceTo(Math.ceil(((i + 1) * SECOND) / 2048));
      if (line.level) {
        count++;
        expect(read(0x0c)).toBe(i === 2047 ? 0xd0 : 0xc0);
      }
    }
    expect(count).toBe(1024);
  });

  it('interrupts at the alarm time and with every update where enabled', () => {
    const { clock, line, read, write } = rtc();
    write(1, 0x05);
    write(3, 0x00);
    write(5, 0xff);
    write(0x0b, 0x22);
    clock.advanceTo(7 * SECOND - 1);
    expect(line.level).toBe(false);
    clock.advanceTo(7 * SECOND);
    expect(line.level).toBe(true);
    expect(read(0x0c) & 0xb0).toBe(0xb0);
    write(0x0b, 0x12);
    clock.advanceTo(8 * SECOND);
    expect(line.level).toBe(true);
  });

  it('stands while SET is on and goes on from the time written', () => {
    const { clock, date, write } = rtc();
    write(0x0b, 0x82);
    for (const [index, value] of [
      [0, 0x30],
      [2, 0x15],
      [4, 0x08],
      [7, 0x09],
      [8, 0x11],
      [9, 0x26],
    ])
      write(index, value);
    clock.advanceTo(5 * SECOND);
    expect(date()).toEqual([0x20, 0x26, 0x11, 0x09, 2, 0x08, 0x15, 0x30]);
    write(0x0b, 0x02);
    clock.advanceTo(7 * SECOND);
    expect(date()[7]).toBe(0x32);
  });

  it('keeps RAM through reset and clears the interrupt enables', () => {
    const { device, read, write } = rtc();
    write(0x50, 0x99);
    write(0x0b, 0x72);
    device.reset();
    expect(read(0x50)).toBe(0x99);
    expect(read(0x0b)).toBe(0x02);
  });
});
