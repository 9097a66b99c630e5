// Expectations from the IBM PS/2 Hardware Interface Technical Reference, "Mouse", and Microsoft's description of the IntelliMouse.
import { describe, expect, it } from 'vitest';
import { MousePs2 } from './mouse-ps2';

function mouse() {
  const device = new MousePs2(() => {});
  const drain = () => {
    const bytes: number[] = [];
    while (device.hasBytes) {
      bytes.push(device.take());
      if (!device.hasBytes) device.taken();
    }
    return bytes;
  };
  const send = (...bytes: number[]) =>
    bytes.flatMap((byte) => {
      device.write(byte);
      return drain();
    });
  return { device, drain, send };
}

describe('PS/2 mouse', () => {
  it('answers a reset with its self test and identity, and tells nothing before it is enabled', () => {
    const { device, drain, send } = mouse();
    expect(send(0xff)).toEqual([0xfa, 0xaa, 0x00]);
    device.move(5, 5, 0, 1);
    expect(drain()).toEqual([]);
    expect(send(0xf4)).toEqual([0xfa]);
    device.move(0, 0, 0, 0);
    expect(drain()).toEqual([0x08, 0, 0]);
  });

  it('tells movement in nine bits with their signs, and buttons', () => {
    const { device, drain, send } = mouse();
    send(0xf4);
    device.move(3, -2, 0, 0);
    expect(drain()).toEqual([0x28, 3, 0xfe]);
    device.move(-1, 4, 0, 5);
    expect(drain()).toEqual([0x1d, 0xff, 4]);
    device.move(0, 0, 0, 5);
    expect(drain()).toEqual([]);
  });

  it('tells far movement in several packets, and adds up what comes while the host does not read', () => {
    const { device, drain, send } = mouse();
    send(0xf4);
    device.move(300, 0, 0, 0);
    device.move(10, 1, 0, 2);
    expect(drain()).toEqual([0x08, 255, 0, 0x0a, 55, 1]);
  });

  it('becomes an IntelliMouse by the rates 200, 100, 80, and has a wheel then', () => {
    const { device, drain, send } = mouse();
    expect(send(0xf2)).toEqual([0xfa, 0x00]);
    send(0xf3, 200, 0xf3, 100, 0xf3, 80);
    expect(send(0xf2)).toEqual([0xfa, 0x03]);
    send(0xf4);
    device.move(0, 0, -1, 0);
    expect(drain()).toEqual([0x08, 0, 0, 0xff]);
    expect(send(0xff)).toEqual([0xfa, 0xaa, 0x00]);
    expect(send(0xf2)).toEqual([0xfa, 0x00]);
  });

  it('has no wheel to tell of as a standard mouse', () => {
    const { device, drain, send } = mouse();
    send(0xf4);
    device.move(0, 0, 1, 0);
    expect(drain()).toEqual([]);
  });

  it('answers a status request with modes, buttons, resolution and rate', () => {
    const { device, send } = mouse();
    expect(send(0xe9)).toEqual([0xfa, 0x00, 2, 100]);
    send(0xe8, 3, 0xf3, 40, 0xe7, 0xf4, 0xf0);
    device.move(0, 0, 0, 1);
    expect(send(0xe9)).toEqual([0xfa, 0x74, 3, 40]);
    send(0xf6);
    expect(send(0xe9)).toEqual([0xfa, 0x04, 2, 100]);
  });

  it('tells in remote mode only when asked', () => {
    const { device, drain, send } = mouse();
    send(0xf4, 0xf0);
    device.move(2, 0, 0, 0);
    expect(drain()).toEqual([]);
    expect(send(0xeb)).toEqual([0xfa, 0x08, 2, 0]);
    expect(send(0xeb)).toEqual([0xfa, 0x08, 0, 0]);
  });

  it('sends everything back in wrap mode until that is reset', () => {
    const { send } = mouse();
    expect(send(0xee)).toEqual([0xfa]);
    expect(send(0xf4, 0x12)).toEqual([0xf4, 0x12]);
    expect(send(0xec)).toEqual([0xfa]);
    expect(send(0xf2)).toEqual([0xfa, 0x00]);
  });

  it('scales 2:1 in stream mode, not when asked', () => {
    const { device, drain, send } = mouse();
    send(0xe7, 0xf4);
    const told = [1, 2, 3, 4, 5, 6, 100].map((x) => {
      device.move(x, 0, 0, 0);
      return drain()[1];
    });
    expect(told).toEqual([1, 1, 3, 6, 9, 12, 200]);
    send(0xf0);
    device.move(5, 0, 0, 0);
    expect(send(0xeb)[2]).toBe(5);
  });

  it('asks for what it does not know again, and repeats its last answer on request', () => {
    const { send } = mouse();
    expect(send(0xe0)).toEqual([0xfe]);
    expect(send(0xe8, 4)).toEqual([0xfa, 0xfe]);
    expect(send(0xf2, 0xfe)).toEqual([0xfa, 0x00, 0xfa, 0x00]);
  });

  it('goes on from a saved state', () => {
    const { device, send } = mouse();
    send(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf4);
    device.move(1, 2, 3, 4);
    const other = mouse();
    other.device.load(device.save());
    expect(other.drain()).toEqual([0x0c, 1, 2, 3]);
  });
});
