import { describe, expect, it } from 'vitest';
import { controlsCausing, vmxControls } from './controls';
import { describeQualification, qualificationLayouts } from './exit-qualifications';
import { ExitReason, exitReasonName, exitReasonNamed, exitReasonOf, exitReasons } from './exit-reasons';
import { describeInstructionInformation } from './instruction-information';

describe('exit reasons', () => {
  it('have each number and name once, in order', () => {
    expect(exitReasons.map((r) => r.number)).toEqual(
      [...new Set(exitReasons.map((r) => r.number))].sort((a, b) => a - b),
    );
    expect(new Set(exitReasons.map((r) => r.name)).size).toBe(exitReasons.length);
  });

  it('leave out only the numbers that the manual leaves out (SDM 3D appendix C)', () => {
    const present = new Set(exitReasons.map((r) => r.number));
    const absent = Array.from({ length: 78 }, (_, n) => n).filter((n) => !present.has(n));
    expect(absent).toEqual([35, 38, 42, 71]);
  });

  // Numbers from SDM 3D appendix C.
  it.each([
    ['EXCEPTION_OR_NMI', 0],
    ['TRIPLE_FAULT', 2],
    ['CPUID', 10],
    ['HLT', 12],
    ['VMCALL', 18],
    ['VMXON', 27],
    ['CR_ACCESS', 28],
    ['IO_INSTRUCTION', 30],
    ['WRMSR', 32],
    ['ENTRY_FAILURE_GUEST_STATE', 33],
    ['MWAIT', 36],
    ['EPT_VIOLATION', 48],
    ['EPT_MISCONFIGURATION', 49],
    ['VMX_PREEMPTION_TIMER', 52],
    ['XSETBV', 55],
    ['XRSTORS', 64],
    ['BUS_LOCK', 74],
    ['TDCALL', 77],
  ] as const)('%s is %i', (name, number) => {
    expect(exitReasonNamed(name)?.number).toBe(number);
    expect(exitReasonOf(number)?.name).toBe(name);
  });

  it('are named in code by the same names', () => {
    expect(ExitReason.EptViolation).toBe(48);
    expect(ExitReason.IoInstruction).toBe(30);
    expect(ExitReason.Cpuid).toBe(10);
    expect(exitReasonName(0x8000_0021)).toBe('ENTRY_FAILURE_GUEST_STATE');
    expect(exitReasonName(35)).toBe('REASON_35');
  });

  it('name controls that exist and that name them back, where their cause is a control', () => {
    const names = new Set(vmxControls.map((c) => c.name));
    for (const control of vmxControls) {
      for (const reason of control.exits) expect(exitReasonNamed(reason), `${control.name}: ${reason}`).toBeDefined();
      for (const required of control.requires) expect(names, control.name).toContain(required);
    }
    expect(controlsCausing('HLT').map((c) => c.name)).toEqual(['HLT exiting']);
  });
});

describe('exit qualifications in words', () => {
  // Values built by SDM 3C tables 27-2 to 27-7.
  it.each([
    [28, 0x003n, 'MOV to CR3 from RAX'],
    [28, 0x314n, 'MOV from CR4 to RBX'],
    [28, 0x020n, 'CLTS'],
    [28, 0x0010_0030n, 'LMSW of 0x10 from a register'],
    [29, 0x107n, 'MOV to DR7 from RCX'],
    [29, 0x016n, 'MOV from DR6 to RAX'],
    [30, 0x03f8_0000n, 'OUT 1 byte to port 0x3f8 (DX)'],
    [30, 0x0060_0048n, 'IN 1 byte from port 0x60 (immediate)'],
    [30, 0x01f0_0039n, 'REP INS 2 bytes from port 0x1f0 (DX)'],
    [9, 0x4000_0028n, 'task switch to TSS selector 0x28 by IRET'],
    [48, 0x182n, 'write of the page of a linear address: the EPT does not map the page'],
    [48, 0x0aan, 'write of a guest paging structure: the EPT allows R-X'],
    [14, 0xb8000n, 'linear address 0xb8000'],
    [10, 0n, ''],
    [33, 4n, 'the VMCS link pointer is not valid'],
    [34, 3n, 'entry 3 of the VM-entry MSR-load list could not be loaded'],
    [44, 0x10b0n, 'offset=0xb0 access type=linear write by an instruction'],
    [45, 0x31n, 'vector=0x31'],
  ])('reason %i, qualification %i', (reason, qualification, words) => {
    expect(describeQualification(reason, qualification)).toBe(words);
  });

  it('of exceptions depend on the vector', () => {
    expect(describeQualification(0, 0x4001n, { vector: 1 })).toBe('debug exception: B0 BS');
    expect(describeQualification(0, 0xdead000n, { vector: 14 })).toBe('page fault at linear address 0xdead000');
    expect(describeQualification(0, 0n, { vector: 6 })).toBe('');
  });

  it('exist for every reason, whatever the value', () => {
    for (const { number } of exitReasons) {
      for (const value of [0n, 1n, 0xffff_ffff_ffff_ffffn]) {
        expect(describeQualification(number, value)).toBeTypeOf('string');
      }
    }
    expect(describeQualification(1000, 5n)).toBe('0x5');
  });

  it('have layouts whose fields do not overlap', () => {
    for (const [kind, layout] of Object.entries(qualificationLayouts)) {
      let seen = 0n;
      for (const f of layout!) {
        const mask = ((1n << BigInt(f.width)) - 1n) << BigInt(f.bit);
        expect(seen & mask, `${kind}: ${f.name}`).toBe(0n);
        seen |= mask;
      }
    }
  });
});

describe('instruction information in words', () => {
  // Values built by SDM 3C tables 27-11, 27-13 and 27-15.
  it.each([
    [46, (3 << 28) | (1 << 22) | (3 << 23) | (3 << 15) | (2 << 7), 'LIDT, [DS: RBX] (64-bit address)'],
    [47, (3 << 28) | (1 << 10) | (1 << 3), 'LTR, register RCX'],
    [57, (2 << 11) | (2 << 3), 'register RDX (64-bit)'],
    [23, (1 << 10) | (6 << 28), 'register RAX, register RSI'],
    [10, 0, ''],
  ])('reason %i, information %i', (reason, information, words) => {
    expect(describeInstructionInformation(reason, information)).toBe(words);
  });
});
