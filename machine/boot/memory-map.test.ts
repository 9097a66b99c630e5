import { expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../test/guests';
import { memoryMap } from './memory-map';

/** Sends all entries of INT 15h AX=E820h to COM1. */
const lister = assembleText(`
        bits 16
        org 0x7C00
        xor bx, bx
        mov ds, bx
        mov es, bx
        xor ebx, ebx
again:  mov eax, 0xE820
        mov edx, 0x534D4150
        mov ecx, 20
        mov di, 0x7000
        int 0x15
        mov si, 0x7000
        mov cx, 20
        mov dx, 0x3F8
        rep outsb
        test ebx, ebx
        jnz again
        mov al, 0
        out 0xF4, al
        times 510 - ($ - $$) db 0
        dw 0xAA55
`);

it('reserves the frame buffer behind the RAM, as no PCI function tells of it (ACPI 6.4, 15.2); the BIOS and the loaders have one map', () => {
  const size = 32 << 20;
  const target = powerOn(lister, { memory: size });
  runToEnd(target, 1e6);
  const view = new DataView(Uint8Array.from(target.serialOutput, (character) => character.charCodeAt(0)).buffer);
  const entries = Array.from({ length: view.byteLength / 20 }, (_, i) => ({
    base: Number(view.getBigUint64(20 * i, true)),
    size: Number(view.getBigUint64(20 * i + 8, true)),
    type: view.getUint32(20 * i + 16, true),
  }));
  const [frameBuffer] = entries.slice(-1);
  expect(frameBuffer).toMatchObject({ base: size, type: 2 });
  expect(frameBuffer.size).toBeGreaterThan(0);
  expect(entries).toEqual(memoryMap({ size, frameBuffer: frameBuffer.size }));
});
