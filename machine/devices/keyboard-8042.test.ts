// Expectations from the IBM PC/AT Technical Reference and the PS/2 Hardware Interface Technical Reference.
import { describe, expect, it } from 'vitest';
import { Keyboard8042 } from './keyboard-8042';
import { keysOfCharacter, scanCodes } from './scancodes';
import { A20Gate } from './system-control';

function keyboard() {
  const wire = () => ({
    level: false,
    edges: 0,
    set(level: boolean) {
      if (level && !this.level) this.edges++;
      this.level = level;
    },
  });
  const line = wire();
  const auxLine = wire();
  const a20 = new A20Gate();
  const resets = { count: 0 };
  const device = new Keyboard8042(line, auxLine, a20, () => resets.count++);
  const command = (value: number) => device.writePort(0x64, 1, value);
  const data = (value: number) => device.writePort(0x60, 1, value);
  const drain = () => {
    const out: number[] = [];
    while (device.readPort(0x64, 1) & 1) out.push(device.readPort(0x60, 1));
    return out;
  };
  const status = () => device.readPort(0x64, 1);
  return { device, line, auxLine, status, a20, resets, command, data, drain };
}

describe('8042', () => {
  it('translates set 2 into set 1 and interrupts once a byte', () => {
    const { device, line, drain } = keyboard();
    device.key('KeyA', true);
    device.key('KeyA', false);
    expect(drain()).toEqual([0x1e, 0x9e]);
    device.key('ArrowUp', true);
    device.key('ArrowUp', false);
    expect(drain()).toEqual([0xe0, 0x48, 0xe0, 0xc8]);
    expect(line.edges).toBe(6);
  });

  it('passes set 2 untranslated when told so', () => {
    const { device, command, data, drain } = keyboard();
    command(0x60);
    data(0x05);
    device.key('KeyA', false);
    expect(drain()).toEqual([0xf0, 0x1c]);
  });

  it('passes its self test and interface test', () => {
    const { command, drain } = keyboard();
    command(0xaa);
    expect(drain()).toEqual([0x55]);
    command(0xab);
    expect(drain()).toEqual([0x00]);
  });

  it('answers keyboard reset, identify, echo and LED commands', () => {
    const { device, command, data, drain } = keyboard();
    command(0x60);
    data(0x04);
    data(0xff);
    expect(drain()).toEqual([0xfa, 0xaa]);
    data(0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x83]);
    data(0xee);
    expect(drain()).toEqual([0xee]);
    data(0xed);
    data(0x02);
    expect(drain()).toEqual([0xfa, 0xfa]);
    expect(device.leds).toBe(2);
  });

  it('drives A20 and reset by its output port', () => {
    const { a20, resets, command, data, drain } = keyboard();
    command(0xd1);
    data(0xdd);
    expect(a20.enabled).toBe(false);
    command(0xd0);
    expect(drain()[0] & 0x03).toBe(0x01);
    command(0xd1);
    data(0xdf);
    expect(a20.enabled).toBe(true);
    command(0xfe);
    expect(resets.count).toBe(1);
  });

  it('holds keys back while the keyboard interface is disabled', () => {
    const { device, command, drain } = keyboard();
    command(0xad);
    device.key('Space', true);
    expect(drain()).toEqual([]);
    command(0xae);
    expect(drain()).toEqual([0x39]);
  });

  it('has an auxiliary port that passes its test, with a flag in the command byte', () => {
    const { command, drain } = keyboard();
    command(0xa9);
    expect(drain()).toEqual([0x00]);
    command(0xa8);
    command(0x20);
    expect(drain()[0] & 0x20).toBe(0);
    command(0xa7);
    command(0x20);
    expect(drain()[0] & 0x20).toBe(0x20);
  });

  it('D3h puts a byte into the output buffer as of the auxiliary device: IRQ 12, bit 5 of the status', () => {
    const { line, auxLine, command, data, drain, status } = keyboard();
    command(0x60);
    data(0x47);
    const before = line.edges;
    command(0xd3);
    data(0x5a);
    expect(status() & 0x21).toBe(0x21);
    expect([auxLine.level, line.level]).toEqual([true, false]);
    command(0xd0);
    expect(drain()).toEqual([0x5a, expect.any(Number)]);
    expect([auxLine.edges, auxLine.level, line.edges]).toEqual([1, false, before + 1]);
  });

  it('leads D4h to the mouse, and holds its answers back while the port is disabled', () => {
    const { device, auxLine, command, data, drain, status } = keyboard();
    command(0x60);
    data(0x47);
    command(0xd4);
    data(0xf4);
    expect(status() & 0x21).toBe(0x21);
    expect(drain()).toEqual([0xfa]);
    command(0xa7);
    device.mouse.move(1, 0, 0, 0);
    expect(status() & 1).toBe(0);
    command(0xa8);
    expect(drain()).toEqual([0x08, 1, 0]);
    expect(auxLine.edges).toBe(4);
  });

  it('keeps bytes of keyboard and mouse apart', () => {
    const { device, command, data, status } = keyboard();
    command(0x60);
    data(0x47);
    command(0xd4);
    data(0xf4);
    device.readPort(0x60, 1);
    device.mouse.move(0, 1, 0, 0);
    device.key('KeyA', true);
    const seen: [boolean, number][] = [];
    while (status() & 1) seen.push([(status() & 0x20) !== 0, device.readPort(0x60, 1)]);
    expect(seen.filter(([aux]) => aux).map(([, byte]) => byte)).toEqual([0x08, 0, 1]);
    expect(seen.filter(([aux]) => !aux).map(([, byte]) => byte)).toEqual([0x1e]);
  });

  it('restores a saved state with bytes of the mouse pending', () => {
    const { device, command, data } = keyboard();
    command(0x60);
    data(0x47);
    command(0xd4);
    data(0xff);
    const other = keyboard();
    other.device.load(device.save());
    expect(other.auxLine.level).toBe(true);
    expect(other.drain()).toEqual([0xfa, 0xaa, 0x00]);
  });

  it('restores a saved state with bytes pending', () => {
    const { device } = keyboard();
    device.key('KeyB', true);
    device.key('KeyB', false);
    const other = keyboard();
    other.device.load(device.save());
    expect(other.drain()).toEqual([0x30, 0xb0]);
    expect(other.line.edges).toBe(2);
  });
});

describe('scan codes', () => {
  it('names keys for characters of a US keyboard', () => {
    expect(keysOfCharacter('A')).toEqual({ code: 'KeyA', shift: true });
    expect(keysOfCharacter('?')).toEqual({ code: 'Slash', shift: true });
    expect(keysOfCharacter('\n')).toEqual({ code: 'Enter', shift: false });
    expect(keysOfCharacter('\x1b')).toEqual({ code: 'Escape', shift: false });
    expect(keysOfCharacter('é')).toBeUndefined();
  });
  it('has both sets of F7, whose set 2 code is the only one above 80h', () => {
    expect(scanCodes('F7', true, 2)).toEqual([0x83]);
    expect(scanCodes('F7', false, 1)).toEqual([0xc1]);
  });
});
