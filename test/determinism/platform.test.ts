/** What a launch gives every guest beside its RAM: a display with a frame buffer, and a virtio disk. */
import { describe, expect, it } from 'vitest';
import { VIDEO_MEMORY } from '../../hypervisor/launch-options';
import { assembleText, powerOn, runToEnd } from '../guests';

const MEBIBYTE = 1 << 20;

/** E820, then VBE mode 118h (1024x768 in 32 bits) by its linear frame buffer, from unreal mode. */
const display = assembleText(`
        org 0x7c00
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov di, 0x600
        xor ebx, ebx
again:  mov eax, 0xe820
        mov edx, 0x534d4150
        mov ecx, 20
        int 0x15
        jc done
        cmp dword [di + 16], 1          ; RAM: its end
        jne skip
        mov eax, [di]
        add eax, [di + 8]
        mov [0x500], eax
skip:   test ebx, ebx
        jnz again
done:   mov ax, 0x4f00
        mov di, 0x2000
        int 0x10
        mov [0x504], ax
        mov si, [0x200e]                ; the list of modes
        mov ds, [0x2010]
mode:   lodsw
        cmp ax, 0xffff
        je end
        mov cx, ax
        mov ax, 0x4f01
        mov di, 0x3000
        int 0x10
        cmp word [es:0x3012], 1024
        jne mode
        cmp byte [es:0x3019], 32
        jne mode
        mov bx, cx
        or bx, 0x4000
        mov ax, 0x4f02
        int 0x10
        mov [es:0x506], ax
end:    xor ax, ax
        mov ds, ax
        cli
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        mov edi, [0x3028]
        mov [0x508], edi
        mov dword [fs:edi + 4 * (1024 * 767 + 1023)], 0x00c0ffee
        mov al, 0
        out 0xf4, al
gdt:    dq 0
        dq 0x00cf92000000ffff
gdtr:   dw 15
        dd gdt
        times 510-($-$$) db 0
        dw 0xaa55
`);

/** What is at PCI device 5. */
const findVirtio = assembleText(`
        org 0x7c00
        xor ax, ax
        mov ds, ax
        mov dx, 0xcf8
        mov eax, 0x80002800
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        mov [0x500], eax
        mov al, 0
        out 0xf4, al
        times 510-($-$$) db 0
        dw 0xaa55
`);

describe.each(['none', 'ept'] as const)('%s', (virtualization) => {
  it('has a frame buffer behind the RAM, and tells of as much RAM as was asked for', () => {
    const target = powerOn(display, { virtualization, memory: 16 * MEBIBYTE });
    expect(runToEnd(target, 1e8)).toMatchObject({ kind: 'ended', reason: 'debug-exit' });
    const view = new DataView(target.readPhysical(0x500, 12).buffer);
    expect(view.getUint32(0, true)).toBe(16 * MEBIBYTE);
    expect(view.getUint16(4, true)).toBe(0x004f);
    expect(view.getUint16(6, true)).toBe(0x004f);
    expect(view.getUint32(8, true)).toBe(16 * MEBIBYTE);
    const last = target.readPhysical(16 * MEBIBYTE + 4 * (1024 * 768 - 1), 4);
    expect([...last]).toEqual([0xee, 0xff, 0xc0, 0x00]);
    expect(target.memorySize).toBe(16 * MEBIBYTE);
    expect(target.screen()).toEqual([expect.stringContaining('1024 x 768')]);
    expect(VIDEO_MEMORY).toBeGreaterThanOrEqual(4 * 1024 * 768);
  });

  // VIRTIO 1.1, 4.1.2: vendor 1AF4h, device 1040h + 2 for a block device
  it('has a virtio disk if it was given one', () => {
    const found = (virtioDisk?: Uint8Array) => {
      const target = powerOn(findVirtio, { virtualization, memory: MEBIBYTE, ...(virtioDisk && { virtioDisk }) });
      runToEnd(target, 1e7);
      return new DataView(target.readPhysical(0x500, 4).buffer).getUint32(0, true);
    };
    expect(found()).toBe(0xffffffff);
    expect(found(new Uint8Array(8192))).toBe(0x10421af4);
  });
});
