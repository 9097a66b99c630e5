import { describe, expect, it } from 'vitest';
import { VmcsHistory } from './vmcs-history';

const stop = (rip: string, rsp: string) => [
  { fields: [{ name: 'Guest RIP', value: rip }] },
  { fields: [{ name: 'Guest RSP', value: rsp }] },
];

describe('what changed in the VMCS', () => {
  it('is nothing at the first stop', () => {
    const history = new VmcsHistory();
    history.stopped(stop('0x7c00', '0x7c00'));
    expect(history.changes).toBe(0);
    expect(history.previous({ name: 'Guest RIP' })).toBeUndefined();
  });

  it('is what differs from the stop before, with the value it had there', () => {
    const history = new VmcsHistory();
    history.stopped(stop('0x7c00', '0x7c00'));
    history.stopped(stop('0x7c05', '0x7c00'));
    expect(history.changes).toBe(1);
    expect(history.previous({ name: 'Guest RIP' })).toBe('0x7c00');
    expect(history.previous({ name: 'Guest RSP' })).toBeUndefined();
  });

  it('is forgotten at the next stop', () => {
    const history = new VmcsHistory();
    history.stopped(stop('0x7c00', '0x7c00'));
    history.stopped(stop('0x7c05', '0x7c00'));
    history.stopped(stop('0x7c05', '0x7bfe'));
    expect(history.previous({ name: 'Guest RIP' })).toBeUndefined();
    expect(history.previous({ name: 'Guest RSP' })).toBe('0x7c00');
  });

  it('does not count a field that was not there before, as when a guest hypervisor makes its first VMCS current', () => {
    const history = new VmcsHistory();
    history.stopped([]);
    history.stopped(stop('0x7c00', '0x7c00'));
    expect(history.changes).toBe(0);
  });
});
