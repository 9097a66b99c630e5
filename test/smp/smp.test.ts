// Guests of four CPUs print what QEMU's four print (the same image, in qemu.test.ts); x2APIC what SDM 3A 11.12 says.
import { describe, expect, it } from 'vitest';
import { resultObject } from '../../cli/run';
import { endingOf } from '../../debug-adapter/exit-status';
import type { Target } from '../../hypervisor/target';
import { assembleText, powerOn, runToEnd } from '../guests';
import { expectedText, powerOnSmp, smpGuests } from './guests';
import { outcome } from './outcome';

describe('four CPUs', () => {
  it.each(smpGuests)('%s, on the bare machine and under the VMM alike', (name) => {
    const run = (virtualization: 'none' | 'ept') => {
      const target = powerOnSmp(name, { virtualization });
      return { stop: runToEnd(target, 1e9), ...outcome(target) };
    };
    const bare = run('none');
    expect(bare).toMatchObject({ stop: { kind: 'ended', reason: 'debug-exit', value: 0 }, serial: expectedText(name) });
    expect(run('ept')).toEqual(bare);
  });
});

describe.each(['none', 'ept'] as const)('Several CPUs, %s', (virtualization) => {
  const guest = (ap: string, main: string): Target =>
    powerOn(
      assembleText(`
bits 16
org 0x7C00
        mov ax, 0x900
        mov es, ax
        mov ds, ax
        mov si, ap
        xor di, di
        mov cx, ap_end - ap
        cs rep movsb
        ; the local APIC through 32-bit addresses: unreal mode
        lgdt [cs:gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        mov ebx, 0xFEE00000
        mov dword [fs:ebx + 0x300], 0xC4500
        mov dword [fs:ebx + 0x300], 0xC4609
        ${main}
ap:     ${ap}
ap_end:
gdt:    dq 0, 0x00cf92000000ffff
gdtr:   dw 15
        dd gdt
        times 510 - ($ - $$) db 0
        dw 0xAA55`),
      { cpus: 3, virtualization },
    );

  it('a triple fault of one stops the machine and names it', () => {
    const target = guest('lidt [cs:zero - ap]\nud2\nzero: dq 0', 'jmp $');
    const stop = runToEnd(target, 1e6);
    expect(stop.kind).toBe('triple-fault');
    expect(stop.kind === 'triple-fault' && stop.explanation).toMatch(/^CPU 1: triple fault\n1\. #UD/);
    expect(target.currentCpu).toBe(1);
    expect(target.registers().segments[1].selector).toBe(0x900);
  });

  it('end when all halt with interrupts off, not before', () => {
    const target = guest('cli\nmov cx, 30000\nl: loop l\nhlt', 'cli\nhlt');
    expect(runToEnd(target, 1e6)).toEqual({ kind: 'ended', reason: 'halted', value: 0 });
    expect([target.instructionsOf(1), target.instructionsOf(2)]).toEqual([30003, 30003]);
    expect([0, 1, 2].map((cpu) => target.registers(cpu).halted)).toEqual([true, true, true]);
  });

  it('a reset stops all but the first, which begins anew', () => {
    const target = guest(
      'cli\ninc word [cs:0x800]\nl: pause\njmp l',
      `w: pause
        cmp word [0x800], 2
        jne w
        inc word [0x802]
        cmp word [0x802], 2
        je twice
        mov word [0x800], 0
        mov al, 0xFE
        out 0x64, al
        jmp $
twice:  mov al, 5
        out 0xF4, al`,
    );
    // the boot sector clears nothing: the counter at 9802H tells both boots apart
    expect(runToEnd(target, 5e6)).toEqual({ kind: 'ended', reason: 'debug-exit', value: 5 });
  });

  it('are named one by one in the object of run --json', () => {
    const target = guest('cli\nmov cx, 99\nl: loop l\nhlt', 'cli\nhlt');
    const ending = endingOf(runToEnd(target, 1e6))!;
    expect(resultObject('guest', target, ending)).toMatchObject({
      reason: 'halted',
      instructions: target.instructions,
      cpus: [
        { cpu: 0, registers: { rbx: '0xfee00000' } },
        { cpu: 1, instructions: 102, halted: true, registers: { rcx: '0x0', mode: 'real' } },
        { cpu: 2, instructions: 102, halted: true },
      ],
    });
  });

  it('registers of each can be written, and the others keep theirs', () => {
    const target = guest('cli\nmov cx, 7\nl: pause\njmp l', 'l2: pause\njmp l2');
    runToEnd(target, 200_000);
    expect(target.writeRegister('rbx', 0x1234n, 2)).toBe(true);
    expect([0, 1, 2].map((cpu) => target.registers(cpu).gpr[3])).toEqual([0xfee00000n, 0n, 0x1234n]);
    expect([1, 2].map((cpu) => target.registers(cpu).gpr[1])).toEqual([7n, 7n]);
    const before = target.instructions;
    target.run(before + 100_000);
    expect(target.registers(2).gpr[3]).toBe(0x1234n);
  });
});
