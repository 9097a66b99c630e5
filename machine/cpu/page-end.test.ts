// Execution goes on in the next page where the last instruction of a page flushed the TLB, or a CPU's turn ended after it.
// With the flush, SDM 3A 4.10.4.1: only what is fetched after it is translated anew, and that is the next page.
import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../test/guests';
import { Gpr } from './layout';

describe.each(['off', 'on', 'always'] as const)('With translation %s', (tier1) => {
  /** 32-bit code under 4-KByte pages, the first 4 MiB one to one; ends by HLT. */
  const paged = (body: string) => {
    const program = assembleText(`
bits 32
org 0x7c00
DIRECTORY equ 0x20000
TABLE equ 0x21000
        mov edi, TABLE
        mov eax, 3
        mov ecx, 1024
.entry: stosd
        add eax, 4096
        loop .entry
        mov dword [DIRECTORY], TABLE | 3
        mov ecx, DIRECTORY
        mov cr3, ecx
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        xor eax, eax
        ${body}`);
    const target = powerOn(program, { boot: 'flat', loadAddress: 0x7c00, entryBits: 32, tier1 });
    const stop = runToEnd(target, 100_000);
    return { stop, eax: target.registers().gpr[Gpr.RAX] };
  };
  const halted = { kind: 'ended', reason: 'halted', value: 0 };

  it('a flush at the end of a page leaves that page where it is', () => {
    const body = `
        jmp at_end
        times 0x8010 - 0x7c00 - ($ - $$) nop
        mov al, 1
        cli
        hlt
        times 0x8ffd - 0x7c00 - ($ - $$) nop
at_end: mov cr3, ecx
        jmp 0x8010                      ; at 9000H
        times 0x9010 - 0x7c00 - ($ - $$) nop
        mov al, 2
        cli
        hlt`;
    expect(paged(body)).toEqual({ stop: halted, eax: 1n });
  });

  it('a page may unmap itself with its last instruction', () => {
    const body = `
        mov esi, 0x9000
        jmp at_end
        times 0x9ff6 - 0x7c00 - ($ - $$) nop
at_end: mov dword [TABLE + 4 * 9], eax
        times 0x9ffd - 0x7c00 - ($ - $$) nop
        invlpg [esi]
        mov al, 3                       ; at A000H
        cli
        hlt`;
    expect(paged(body)).toEqual({ stop: halted, eax: 3n });
  });

  it('turns of CPUs may end there', () => {
    // seven instructions a round: turns of 10,000 end after each of them
    const program = assembleText(`
bits 16
org 0x7c00
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        mov ebx, 0xfee00000             ; the local APIC: INIT, then a start-up IPI to 9000H
        mov dword [fs:ebx + 0x300], 0xc4500
        mov dword [fs:ebx + 0x300], 0xc4609
        jmp both
gdt:    dq 0, 0x00cf92000000ffff
gdtr:   dw 15
        dd gdt
        times 0x9000 - 0x7c00 - ($ - $$) nop
        jmp 0:both
both:   mov cx, 30000
        xor ax, ax
        xor si, si
        jmp at_end
        times 0xa010 - 0x7c00 - ($ - $$) nop
round:  inc ax
        dec cx
        jz done
        jmp at_end
done:   cli
        hlt
        times 0xaffe - 0x7c00 - ($ - $$) nop
at_end: inc di
        inc di
        jmp round                       ; at B000H
        times 0xb010 - 0x7c00 - ($ - $$) nop
        inc si
        dec cx
        jz done
        jmp at_end`);
    const target = powerOn(program, { boot: 'flat', loadAddress: 0x7c00, entryBits: 16, cpus: 2, tier1 });
    expect(runToEnd(target, 1e6)).toEqual(halted);
    for (const cpu of [0, 1]) {
      const { gpr } = target.registers(cpu);
      expect([gpr[Gpr.RAX] & 0xffffn, gpr[Gpr.RSI]]).toEqual([30000n, 0n]);
    }
  });
});
