// Expectations from the ACPI Specification 6.4, chapter 4.8.
import { describe, expect, it } from 'vitest';
import { AcpiPm } from './acpi-pm';
import { ManualClock } from './manual-clock';

function pm() {
  const clock = new ManualClock();
  const line = {
    level: false,
    set(level: boolean) {
      line.level = level;
    },
  };
  let off = 0;
  const device = new AcpiPm(clock, line, () => off++);
  return { clock, line, device, off: () => off };
}

describe('ACPI power management', () => {
  it('switches off by sleep type 5 with SLP_EN, and by no other', () => {
    const { device, off } = pm();
    device.writePort(0x604, 2, 0x2400); // sleep type 1
    expect(off()).toBe(0);
    device.writePort(0x604, 2, 0x2000);
    expect(off()).toBe(1);
    expect(device.readPort(0x604, 2)).toBe(0x0001); // SCI_EN; SLP_EN reads 0
  });

  it('counts 3.579545 MHz in 32 bits', () => {
    const { clock, device } = pm();
    clock.advanceTo(1_000_000_000);
    expect(device.readPort(0x608, 4)).toBe(3_579_545);
    clock.advanceTo(2_000_000_000_000);
    expect(device.readPort(0x608, 4)).toBe((3_579_545 * 2000) % 2 ** 32);
  });

  it("raises SCI when the timer's high bit changes, if enabled; writing 1 clears the status", () => {
    const { clock, line, device } = pm();
    device.writePort(0x602, 2, 0x0001);
    const half = Math.ceil((2 ** 31 / 3_579_545) * 1e9);
    clock.advanceTo(half - 1);
    expect(line.level).toBe(false);
    clock.advanceTo(half);
    expect(line.level).toBe(true);
    device.writePort(0x600, 2, 0x0001);
    expect(line.level).toBe(false);
    expect(device.readPort(0x600, 4)).toBe(0x00010000);
  });

  it('keeps the enable bits of every fixed event', () => {
    const { device } = pm();
    device.writePort(0x602, 2, 0xffff);
    expect(device.readPort(0x602, 2)).toBe(0x0721);
  });

  it('raises SCI for the power button', () => {
    const { line, device } = pm();
    device.pressPowerButton();
    expect(line.level).toBe(false);
    device.writePort(0x602, 2, 0x0100);
    expect(line.level).toBe(true);
    expect(device.readPort(0x601, 1)).toBe(1);
  });
});
