import { describe, expect, it } from 'vitest';
import { violatedSettings } from './capabilities';
import {
  controlsOf,
  controlWords,
  EntryControl,
  ExitControl,
  PinBasedControl,
  PrimaryControl,
  requirementsOf,
  SecondaryControl,
  vmxControls,
} from './controls';

describe('VMX controls', () => {
  it('have each bit once in their word, and no bit that is default1 without a use', () => {
    for (const word of controlWords) {
      const bits = controlsOf(word.word).map((c) => c.bit);
      expect(new Set(bits).size).toBe(bits.length);
      for (const bit of bits) expect(bit).toBeLessThan(word.width);
    }
  });

  // SDM 3C 24.6.1, 24.6.2, 24.7.1, 24.8.1: lists of default1 bits.
  it.each([
    ['pin-based', [1, 2, 4]],
    ['primary', [1, 4, 5, 6, 8, 13, 14, 15, 16, 26]],
    ['exit', [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 16, 17]],
    ['entry', [0, 1, 2, 3, 4, 5, 6, 7, 8, 12]],
    ['secondary', []],
  ])('the default1 bits of the %s word are those of the manual', (name, bits) => {
    const word = controlWords.find((w) => w.word === name)!;
    expect(word.default1).toBe(bits.reduce((mask, bit) => mask + 2 ** bit, 0));
  });

  // SDM 3C tables 24-5 to 24-15.
  it('have the masks of the manual', () => {
    expect(PinBasedControl['NMI exiting']).toBe(0x8);
    expect(PrimaryControl['HLT exiting']).toBe(0x80);
    expect(PrimaryControl['use MSR bitmaps']).toBe(0x1000_0000);
    expect(PrimaryControl['activate secondary controls']).toBe(0x8000_0000);
    expect(SecondaryControl['enable EPT']).toBe(0x2);
    expect(SecondaryControl['unrestricted guest']).toBe(0x80);
    expect(ExitControl['host address-space size']).toBe(0x200);
    expect(ExitControl['load IA32_EFER']).toBe(0x20_0000);
    expect(EntryControl['IA-32e mode guest']).toBe(0x200);
    expect(EntryControl['load IA32_EFER']).toBe(0x8000);
  });

  it('of the secondary word need that word', () => {
    const unrestricted = vmxControls.find((c) => c.name === 'unrestricted guest')!;
    expect(requirementsOf(unrestricted)).toEqual(['activate secondary controls', 'enable EPT']);
  });

  it('are compared with what the capability MSR allows', () => {
    // Allowed 0-settings 16H (must be 1), allowed 1-settings 7FH.
    const capability = 0x7f_0000_0016n;
    expect(violatedSettings(0x16, capability)).toEqual({ missing: 0, forbidden: 0 });
    expect(violatedSettings(0x81, capability)).toEqual({ missing: 0x16, forbidden: 0x80 });
  });
});
