import { expect, test } from 'vitest';
import { compareWithHost } from './compare';
import { buildHarness } from './host';

const CASES_PER_FORM = 2;
const program = process.arch === 'x64' && process.platform === 'linux' ? buildHarness() : undefined;

test.skipIf(program === undefined)(
  'random instructions do on both tiers what the host processor does (skipped without gcc on x86-64 Linux)',
  () => {
    // a failing seed stays failing: the cases follow from it
    const { cases, differences } = compareWithHost(program!, CASES_PER_FORM, 20261120);
    expect(differences).toEqual([]);
    expect(cases).toBeGreaterThan(2000);
  },
);
