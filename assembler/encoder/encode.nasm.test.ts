/** A slice of the instruction campaign (test/campaigns/encode.ts), small enough for every run. */
import { describe, expect, it } from 'vitest';
import { hasNasm } from '../../test/campaigns/instructions/oracle';
import { run } from '../../test/campaigns/instructions/run';

const modes = [16, 32, 64] as const;

describe.skipIf(!hasNasm())('beside nasm', () => {
  it.each(modes)('every form in %i-bit mode makes the same bytes or is refused by both, and reads back', (bits) => {
    const totals = run({ part: 'forms', bits, all: false, step: 17, roundTrip: true });
    expect(totals.differences).toEqual([]);
    expect(totals.failures).toEqual([]);
    expect(totals.lengths).toEqual([]);
    expect(totals.cases).toBeGreaterThan(5000);
    expect(totals.decoded).toBeGreaterThan(1000);
  });

  it.each(modes)('every address in %i-bit mode is encoded alike', (bits) => {
    const totals = run({ part: 'forms', bits, all: true, only: /^(add|mov|vaddps|vgatherdps)$/, step: 3 });
    expect(totals.differences).toEqual([]);
    expect(totals.cases).toBeGreaterThan(1000);
  });

  it.each(modes)('operands of the wrong shape are refused alike in %i-bit mode', (bits) => {
    const totals = run({ part: 'shapes', bits, all: false, step: 199 });
    expect(totals.differences).toEqual([]);
    expect(totals.refused).toBeGreaterThan(1000);
  });

  it.each(modes)('prefixes are encoded alike in %i-bit mode', (bits) => {
    const totals = run({ part: 'prefixes', bits, all: false, step: 61 });
    expect(totals.differences).toEqual([]);
  });

  it.each([0, 1] as const)('-O%i chooses the same longer forms', (optimization) => {
    const only = /^(add|mov|push|imul|j[a-z]+|call|lea)$/;
    const totals = run({ part: 'forms', bits: 64, all: false, only, step: 5, options: { optimization } });
    expect(totals.differences).toEqual([]);
  });

  it('default rel makes bare addresses relative to RIP', () => {
    const totals = run({ part: 'forms', bits: 64, all: true, only: /^(add|mov|lea)$/, options: { defaultRel: true } });
    expect(totals.differences).toEqual([]);
  });
});
