import { describe, expect, it } from 'vitest';
import { differences } from './compare';

// a slice of `npm run campaign -- equivalence`
describe.each([16, 32, 64] as const)('%d-bit guests', (bits) => {
  it.each([1, 2, 3, 4])('end the same bare and under the VMM, interpreted and translated: seed %d', (seed) => {
    expect(differences(seed, bits)).toEqual([]);
  });
});
