import { describe, expect, it } from 'vitest';
import { failureOf, vmEntryCheck, vmEntryChecks } from './entry-checks';
import { vmcsFields } from './fields';
import { vmInstructionErrorOf, vmInstructionErrors } from './instruction-errors';

describe('VM-entry checks', () => {
  it('have each id once', () => {
    expect(new Set(vmEntryChecks.map((c) => c.id)).size).toBe(vmEntryChecks.length);
  });

  it('name fields of the VMCS, and a sentence', () => {
    const keys = new Set<string>(vmcsFields.map((f) => f.key));
    for (const check of vmEntryChecks) {
      for (const key of check.fields) expect(keys, check.id).toContain(key);
      expect(check.summary, check.id).toMatch(/^([A-Z“]|x2APIC).*\.$/);
    }
  });

  it('cover every section of SDM 3C 26.2 and 26.3', () => {
    expect([...new Set(vmEntryChecks.map((c) => c.section))]).toEqual([
      '26.2.1.1',
      '26.2.1.2',
      '26.2.1.3',
      '26.2.2',
      '26.2.3',
      '26.2.4',
      '26.3.1.1',
      '26.3.1.2',
      '26.3.1.3',
      '26.3.1.4',
      '26.3.1.5',
      '26.3.1.6',
      '26.4',
    ]);
  });

  it('fail as the manual says of their group', () => {
    expect(failureOf(vmEntryCheck('cr3-target-count').group)).toEqual({ kind: 'vmfail', error: 7 });
    expect(failureOf(vmEntryCheck('host-cr0-fixed').group)).toEqual({ kind: 'vmfail', error: 8 });
    expect(failureOf(vmEntryCheck('rflags-reserved').group)).toEqual({ kind: 'exit', reason: 33 });
    expect(failureOf(vmEntryCheck('entry-msr-value').group)).toEqual({ kind: 'exit', reason: 34 });
    expect(vmEntryCheck('link-pointer-address').qualification).toBe(4);
    expect(vmEntryCheck('pdpte-reserved').qualification).toBe(2);
  });

  it('name host fields only in host checks and the other way round', () => {
    for (const check of vmEntryChecks) {
      if (check.group === 'host') continue;
      for (const key of check.fields) expect(key.startsWith('host'), check.id).toBe(false);
    }
  });
});

describe('VM-instruction errors', () => {
  it('leave out only the numbers that the manual leaves out (SDM 3C table 30-1)', () => {
    const present = new Set(vmInstructionErrors.map((e) => e.number));
    expect(Array.from({ length: 29 }, (_, n) => n).filter((n) => !present.has(n))).toEqual([0, 14, 21, 27]);
    expect(vmInstructionErrorOf(12)?.name).toBe('VMREAD/VMWRITE from/to unsupported VMCS component');
  });
});
