import { describe, expect, it } from 'vitest';
import { type BitLayout, decodeBits, formatBits } from './bit-fields';
import * as controlRegisters from './control-registers';
import { cpuidFeature, cpuidFeatures, cpuidLeaves, describeCpuid } from './cpuid';
import { descriptorTypeName, segmentTypes, systemDescriptorTypes } from './descriptors';
import { combineExceptions, exceptionNamed, exceptionOf, exceptions, Vector } from './exceptions';
import { MsrIndex, msrName, msrOf, msrs } from './msrs';
import * as paging from './paging';
import { registerName, registerNamed, registers } from './registers';
import { ept4KLayout, eptMisconfiguration } from './vmx/ept';

function expectNoOverlap(layout: BitLayout, what: string): void {
  let seen = 0n;
  for (const f of layout) {
    const mask = ((1n << BigInt(f.width)) - 1n) << BigInt(f.bit);
    expect(seen & mask, `${what}: ${f.name}`).toBe(0n);
    expect(f.bit + f.width, `${what}: ${f.name}`).toBeLessThanOrEqual(64);
    seen |= mask;
  }
}

describe('layouts', () => {
  it('have no overlapping fields', () => {
    for (const [name, value] of Object.entries({ ...controlRegisters, ...paging })) {
      if (Array.isArray(value)) expectNoOverlap(value as BitLayout, name);
    }
    for (const msr of msrs) if (msr.layout) expectNoOverlap(msr.layout, msr.name);
    for (const leaf of cpuidLeaves) {
      for (const [register, layout] of Object.entries(leaf.registers))
        expectNoOverlap(layout, `${leaf.leaf} ${register}`);
    }
  });

  it('have the same bits as the masks of the same names', () => {
    const pairs: [Record<string, number>, BitLayout][] = [
      [controlRegisters.Cr0, controlRegisters.cr0Layout],
      [controlRegisters.Cr4, controlRegisters.cr4Layout],
      [controlRegisters.Efer, controlRegisters.eferLayout],
      [controlRegisters.Rflags, controlRegisters.rflagsLayout],
      [controlRegisters.Dr6, controlRegisters.dr6Layout],
    ];
    for (const [masks, layout] of pairs) {
      for (const [name, mask] of Object.entries(masks)) {
        const f = layout.find((x) => x.name === name)!;
        expect(mask, name).toBe(Number(((1n << BigInt(f.width)) - 1n) << BigInt(f.bit)));
      }
    }
  });

  it('put values into words', () => {
    expect(formatBits(controlRegisters.rflagsLayout, 0x246n)).toBe('PF ZF IF');
    expect(formatBits(controlRegisters.cr4Layout, 0x1_0000_0020n)).toBe('PAE reserved 0x100000000');
    expect(formatBits(controlRegisters.cr0Layout, 0n)).toBe('0');
    // A write to a present read-only page from user mode: SDM 3A figure 4-12.
    expect(formatBits(controlRegisters.pageFaultErrorCodeLayout, 7n)).toBe('P=protection W/R=write U/S=user');
    expect(decodeBits(controlRegisters.dr7Layout, 0xd0402n).find((d) => d.field.name === 'R/W0')?.text).toBe('write');
  });
});

describe('exceptions', () => {
  it('have the vectors and classes of SDM 3A table 6-1', () => {
    expect(exceptions.map((e) => e.vector)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21,
    ]);
    expect(exceptions.filter((e) => e.errorCode !== 'none').map((e) => e.vector)).toEqual([
      8, 10, 11, 12, 13, 14, 17, 21,
    ]);
    expect(exceptions.filter((e) => e.class === 'abort').map((e) => e.vector)).toEqual([8, 9, 18]);
    expect(exceptionOf(14)?.class).toBe('fault');
    expect(exceptionNamed('#GP(0)')?.vector).toBe(13);
    for (const [name, vector] of Object.entries(Vector)) {
      expect(exceptionOf(vector)?.mnemonic.replace('#', '')).toBe(name);
    }
  });

  it('combine by SDM 3A table 6-5', () => {
    expect(combineExceptions(Vector.UD, Vector.GP)).toBe('serial');
    expect(combineExceptions(Vector.GP, Vector.NP)).toBe('double fault');
    expect(combineExceptions(Vector.GP, Vector.PF)).toBe('serial');
    expect(combineExceptions(Vector.PF, Vector.GP)).toBe('double fault');
    expect(combineExceptions(Vector.PF, Vector.PF)).toBe('double fault');
    expect(combineExceptions(Vector.DF, Vector.NP)).toBe('triple fault');
    expect(combineExceptions(Vector.DF, Vector.PF)).toBe('triple fault');
  });
});

describe('registers', () => {
  it('have unique names and numbers as the encodings count them (SDM 2A table 2-2, 3-1)', () => {
    expect(new Set(registers.map((r) => r.name)).size).toBe(registers.length);
    expect(registerNamed('BX')).toMatchObject({ file: 'gpr16', index: 3, size: 16, needsRex: false });
    expect(registerNamed('sil')).toMatchObject({ file: 'gpr8', index: 6, needsRex: true });
    expect(registerNamed('dh')).toMatchObject({ file: 'gpr8high', index: 2, forbidsRex: true });
    expect(registerNamed('r13d')).toMatchObject({ file: 'gpr32', index: 13, needsRex: true });
    expect(registerNamed('fs')).toMatchObject({ file: 'segment', index: 4 });
    expect(registerNamed('rip')).toBeUndefined();
    expect(registerName('gpr64', 5)).toBe('rbp');
  });
});

describe('MSRs', () => {
  it('have unique indexes and names', () => {
    expect(new Set(msrs.map((m) => m.index)).size).toBe(msrs.length);
    expect(new Set(msrs.map((m) => m.name)).size).toBe(msrs.length);
  });

  // SDM 4 table 2-2.
  it('have the indexes of the manual', () => {
    expect(MsrIndex.IA32_EFER).toBe(0xc000_0080);
    expect(MsrIndex.IA32_APIC_BASE).toBe(0x1b);
    expect(MsrIndex.IA32_SYSENTER_EIP).toBe(0x176);
    expect(MsrIndex.IA32_PAT).toBe(0x277);
    expect(MsrIndex.IA32_VMX_EPT_VPID_CAP).toBe(0x48c);
    expect(msrOf(0x480)?.name).toBe('IA32_VMX_BASIC');
    expect(msrName(0x20f)).toBe('IA32_MTRR_PHYSMASK7');
    expect(msrName(0x1234)).toBe('MSR 0x1234');
    expect(msrs.filter((m) => m.name.startsWith('IA32_VMX_')).map((m) => m.index)).toEqual(
      Array.from({ length: 0x14 }, (_, n) => 0x480 + n),
    );
  });
});

describe('descriptors', () => {
  it('have the types of SDM 3A tables 3-1 and 3-2', () => {
    expect(segmentTypes[11]?.name).toBe('code, execute/read, accessed');
    expect(segmentTypes[6]?.name).toBe('data, read/write, expand-down');
    expect(descriptorTypeName(true, 14, true)).toBe('64-bit interrupt gate');
    expect(descriptorTypeName(true, 5, true)).toBe('reserved');
    expect(descriptorTypeName(true, 5, false)).toBe('task gate');
    expect(systemDescriptorTypes.map((t) => t.type)).toEqual(Array.from({ length: 16 }, (_, n) => n));
  });
});

describe('EPT entries', () => {
  const options = { executeOnly: false, physicalWidth: 40, modeBasedExecute: false };
  // SDM 3C 28.3.3.1.
  it.each([
    [1, 0n, undefined],
    [1, 0x1037n, undefined],
    [1, 0x1002n, 'writes are allowed but reads are not'],
    [1, 0x1004n, 'execute-only pages are not supported'],
    [1, 0x101fn, 'memory type 3 is reserved'],
    [1, (1n << 40n) | 7n, 'the address is beyond the physical-address width'],
    [4, 0x1087n, 'reserved bits of a table entry are set'],
    [2, 0x2000b7n, undefined],
    [2, 0x2010b7n, 'address bits below the page size are set'],
  ] as const)('level %i, entry %i: %s', (level, entry, expected) => {
    expect(eptMisconfiguration(level, entry, options)).toBe(expected);
  });

  it('are put into words', () => {
    expect(formatBits(ept4KLayout, 0x1037n)).toBe('R W X memory type=WB page=0x1');
  });
});

describe('CPUID', () => {
  it('has the bits of SDM 2A table 3-8 and of AMD64 volume 3', () => {
    expect(cpuidFeature('VMX')).toMatchObject({ leaf: 1, register: 'ecx', bit: 5 });
    expect(cpuidFeature('SSE4.2')).toMatchObject({ leaf: 1, register: 'ecx', bit: 20 });
    expect(cpuidFeature('CX8')).toMatchObject({ leaf: 1, register: 'edx', bit: 8 });
    expect(cpuidFeature('SMAP')).toMatchObject({ leaf: 7, register: 'ebx', bit: 20 });
    expect(cpuidFeature('NX')).toMatchObject({ leaf: 0x8000_0001, register: 'edx', bit: 20 });
    expect(cpuidFeature('SVM')).toMatchObject({ leaf: 0x8000_0001, register: 'ecx', bit: 2 });
    expect(new Set(cpuidFeatures.map((f) => `${f.leaf}.${f.subleaf}.${f.register}.${f.bit}`)).size).toBe(
      cpuidFeatures.length,
    );
    expect(describeCpuid(1, 0, 'edx', 0x2000_0011)).toBe('FPU TSC TM');
  });
});
