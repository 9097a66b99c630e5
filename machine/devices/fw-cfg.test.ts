// Expectations from QEMU's docs/specs/fw_cfg.
import { expect, it } from 'vitest';
import { FwCfg } from './fw-cfg';

it('fw_cfg gives signature, CPU count and memory byte by byte, zeros after the end and for unknown items', () => {
  const device = new FwCfg({ memory: 64 << 20, cpus: 3 });
  const read = (item: number, count: number) => {
    device.writePort(0x510, 2, item);
    return Array.from({ length: count }, () => device.readPort(0x511, 1));
  };
  expect(String.fromCharCode(...read(0, 4))).toBe('QEMU');
  expect(read(5, 4)).toEqual([3, 0, 0, 0]);
  expect(read(3, 8)).toEqual([0, 0, 0, 4, 0, 0, 0, 0]);
  expect(read(0x19, 4)).toEqual([0, 0, 0, 0]);
  expect(read(0x7777, 1)).toEqual([0]);
});
