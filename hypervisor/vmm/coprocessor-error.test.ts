import { expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../test/guests';

/** An x87 division by zero with CR0.NE clear, twice: prints E in the handler of IRQ 13, and what the waiting instructions left. */
const guest = `
        bits 16
        org 0x7C00
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [4 * 0x3D], handler
        mov word [4 * 0x3D + 2], ax
%macro OUTPUT 2
        mov al, %2
        out %1, al
%endmacro
        OUTPUT 0x20, 0x11
        OUTPUT 0xA0, 0x11
        OUTPUT 0x21, 0x48
        OUTPUT 0xA1, 0x38
        OUTPUT 0x21, 4
        OUTPUT 0xA1, 2
        OUTPUT 0x21, 1
        OUTPUT 0xA1, 1
        OUTPUT 0x21, 0xFB
        OUTPUT 0xA1, 0xDF
        mov eax, cr0
        and eax, ~0x2E
        mov cr0, eax
        mov cx, 2
again:  fninit
        fldcw [control]
        fld1
        fldz
        fdivp
        sti
        fwait           ; waits for IRQ 13, and goes on under IGNNE#
        fld1            ; so does this
        cli
        fnstsw ax
        shr ax, 11
        and al, 7
        add al, '0'
        out dx, al
        fnclex          ; IGNNE# is gone with the error
        loop again
        OUTPUT 0xF4, 0
        hlt
handler:
        mov dx, 0x3F8
        OUTPUT dx, 'E'
        OUTPUT 0xF0, 0
        OUTPUT 0xA0, 0x20
        OUTPUT 0x20, 0x20
        iret
control: dw 0x37B
`;

it('an x87 error of a guest with CR0.NE clear is IRQ 13, and port F0h lets it go on (SDM 1 D.2.1), bare and under the VMM alike', () => {
  const [bare, vm] = (['none', 'ept'] as const).map((virtualization) => {
    const options = { boot: 'flat', entryBits: 16, virtualization, memory: 4 << 20, tier1: 'off' } as const;
    const target = powerOn(assembleText(guest), options);
    const stop = runToEnd(target, 1e6);
    return { stop, serial: target.serialOutput, instructions: target.instructions, hash: target.hash() };
  });
  // SDM 1 8.5.3: an unmasked error leaves the operands, so TOP stays 6, and FLD1 makes it 5
  expect(bare.serial).toBe('E5E5');
  expect(vm).toEqual(bare);
});
