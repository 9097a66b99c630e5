import { describe, expect, it } from 'vitest';
import { describeField, fieldLayouts, hexOfField } from './field-format';
import {
  bitsOfField,
  groupOfEncoding,
  VmcsEncoding,
  vmcsField,
  vmcsFieldOf,
  vmcsFields,
  widthOfEncoding,
} from './fields';

describe('VMCS fields', () => {
  it('have each encoding, key and name once', () => {
    expect(new Set(vmcsFields.map((f) => f.encoding)).size).toBe(vmcsFields.length);
    expect(new Set(vmcsFields.map((f) => f.key)).size).toBe(vmcsFields.length);
    expect(new Set(vmcsFields.map((f) => f.name)).size).toBe(vmcsFields.length);
  });

  it('have encodings whose reserved bits are 0 (SDM 3C table 24-21)', () => {
    for (const field of vmcsFields) {
      expect(field.encoding & ~0x6ffe, field.name).toBe(0);
    }
  });

  it('say in their key what the type bits of their encoding say', () => {
    for (const field of vmcsFields) {
      const type = (field.encoding >> 10) & 3;
      if (field.key.startsWith('host')) expect(type, field.key).toBe(3);
      if (field.key.startsWith('guest') && field.group !== 'exit information') expect(type, field.key).toBe(2);
    }
  });

  it('are read-only exactly where they are exit information', () => {
    for (const field of vmcsFields) expect(field.readOnly).toBe(((field.encoding >> 10) & 3) === 1);
  });

  // Encodings from SDM 3D appendix B.
  it.each([
    ['virtualProcessorIdentifier', 0x0000, 16],
    ['guestTrSelector', 0x080e, 16],
    ['pmlIndex', 0x0812, 16],
    ['hostTrSelector', 0x0c0c, 16],
    ['msrBitmapAddress', 0x2004, 64],
    ['eptPointer', 0x201a, 64],
    ['tscMultiplier', 0x2032, 64],
    ['guestPhysicalAddress', 0x2400, 64],
    ['vmcsLinkPointer', 0x2800, 64],
    ['guestIa32Efer', 0x2806, 64],
    ['hostIa32Efer', 0x2c02, 64],
    ['pinBasedControls', 0x4000, 32],
    ['exitControls', 0x400c, 32],
    ['secondaryProcessorBasedControls', 0x401e, 32],
    ['exitReason', 0x4402, 32],
    ['exitInstructionInformation', 0x440e, 32],
    ['guestTrAccessRights', 0x4822, 32],
    ['guestActivityState', 0x4826, 32],
    ['vmxPreemptionTimerValue', 0x482e, 32],
    ['hostIa32SysenterCs', 0x4c00, 32],
    ['cr0GuestHostMask', 0x6000, 64],
    ['exitQualification', 0x6400, 64],
    ['guestLinearAddress', 0x640a, 64],
    ['guestCr0', 0x6800, 64],
    ['guestRip', 0x681e, 64],
    ['guestIa32SysenterEip', 0x6826, 64],
    ['hostCr0', 0x6c00, 64],
    ['hostRip', 0x6c16, 64],
  ] as const)('%s has encoding %i and %i bits', (key, encoding, bits) => {
    expect(VmcsEncoding[key]).toBe(encoding);
    expect(bitsOfField(vmcsField(key))).toBe(bits);
  });

  it('are found by their high access type only where they have 64 bits', () => {
    expect(vmcsFieldOf(0x2801)?.key).toBe('vmcsLinkPointer');
    expect(vmcsFieldOf(0x4001)).toBeUndefined();
    expect(vmcsFieldOf(0x6801)).toBeUndefined();
    expect(vmcsFieldOf(0x7ffe)).toBeUndefined();
  });

  it('have widths and groups by the encoding rule', () => {
    expect([0x0800, 0x2800, 0x4800, 0x6800].map(widthOfEncoding)).toEqual([16, 64, 32, 'natural']);
    expect([0x6000, 0x6400, 0x6800, 0x6c00].map(groupOfEncoding)).toEqual([
      'control',
      'exit information',
      'guest state',
      'host state',
    ]);
  });

  it('can all be put into words', () => {
    for (const field of vmcsFields) {
      expect(describeField(field, 0n, { exitReason: 10 }), field.key).toBeTypeOf('string');
      expect(describeField(field, 0xffff_ffff_ffff_ffffn, { exitReason: 28 }), field.key).toBeTypeOf('string');
    }
  });

  it('decode registers, controls and descriptors', () => {
    expect(describeField(vmcsField('guestCr0'), 0x8005_0033n)).toBe('PE MP ET NE WP AM PG');
    expect(describeField(vmcsField('guestIa32Efer'), 0x501n)).toBe('SCE LME LMA');
    // 64-bit kernel code segment, as a VMM loads it: SDM 3C table 24-2.
    expect(describeField(vmcsField('guestCsAccessRights'), 0xa09bn)).toBe(
      'code, execute/read, accessed; DPL 0; 64-bit',
    );
    expect(describeField(vmcsField('guestLdtrAccessRights'), 0x10000n)).toBe('unusable');
    expect(describeField(vmcsField('guestTrAccessRights'), 0x8bn, { ia32e: true })).toBe('64-bit TSS (busy); DPL 0');
    expect(describeField(vmcsField('eptPointer'), 0x1234_501en)).toBe(
      'memory type=WB page-walk length minus 1=0x3 table=0x12345',
    );
    expect(describeField(vmcsField('guestIa32Pat'), 0x0007_0406_0007_0406n)).toBe(
      'PA0=WB PA1=WT PA2=UC- PA3=UC PA4=WB PA5=WT PA6=UC- PA7=UC',
    );
    expect(describeField(vmcsField('exitInterruptionInformation'), 0x8000_0b0en)).toBe(
      'vector=0xe type=hardware exception error code valid',
    );
    expect(describeField(vmcsField('entryInterruptionInformation'), 0n)).toBe('none');
    expect(describeField(vmcsField('vmInstructionError'), 7n)).toBe('VM entry with invalid control field(s)');
    expect(describeField(vmcsField('exceptionBitmap'), (1n << 14n) | (1n << 6n))).toBe('#UD #PF');
    expect(describeField(vmcsField('guestActivityState'), 1n)).toBe('state=HLT');
    expect(describeField(vmcsField('vmcsLinkPointer'), 0xffff_ffff_ffff_ffffn)).toBe('none');
    expect(hexOfField(vmcsField('guestCr0'), 0x33n)).toBe('0x0000000000000033');
    expect(hexOfField(vmcsField('guestCsSelector'), 8n)).toBe('0x0008');
  });

  it('have layouts whose fields do not overlap', () => {
    for (const [format, layout] of Object.entries(fieldLayouts)) {
      let seen = 0n;
      for (const f of layout!) {
        const mask = ((1n << BigInt(f.width)) - 1n) << BigInt(f.bit);
        expect(seen & mask, `${format}: ${f.name}`).toBe(0n);
        seen |= mask;
      }
    }
  });
});
