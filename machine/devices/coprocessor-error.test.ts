/** Expectations: PIIX4 data sheet, register F0h; SDM 1 D.2 (MS-DOS compatible x87 error handling). */
import { expect, test } from 'vitest';
import { COPROCESSOR_ERROR, CoprocessorError } from './coprocessor-error';

function device(): { device: CoprocessorError; level: () => boolean } {
  let level = false;
  const line = {
    set: (value: boolean): void => {
      level = value;
    },
  };
  return { device: new CoprocessorError(line), level: () => level };
}

test('FERR# requests IRQ 13 until port F0h is written, which lets x87 instructions go on until the error is gone', () => {
  const { device: it, level } = device();
  expect(it.signal(true)).toBe(false);
  expect(level()).toBe(true);
  it.writePort(COPROCESSOR_ERROR, 1, 0);
  expect(level()).toBe(false);
  expect(it.signal(true)).toBe(true);
  expect(level()).toBe(false);
  it.signal(false);
  expect(it.signal(true)).toBe(false);
  expect(level()).toBe(true);
});

test('a write to port F0h ignores no error that is gone, or never was', () => {
  const { device: it } = device();
  it.writePort(COPROCESSOR_ERROR, 1, 0);
  expect(it.signal(true)).toBe(false);
  it.signal(false);
  it.writePort(COPROCESSOR_ERROR, 1, 0);
  expect(it.signal(true)).toBe(false);
});

test('state comes back with the level of the line', () => {
  const { device: it } = device();
  it.signal(true);
  const { device: other, level } = device();
  other.load(it.save());
  expect(level()).toBe(true);
});
