import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../test/guests';
import { VIDEO_MEMORY } from './launch-options';

const sector = (body: string) =>
  assembleText(`bits 16\norg 0x7c00\n${body}\ncli\nhlt\ntimes 510 - ($ - $$) db 0\ndw 0xaa55\n`);
const image = (body: string, bytes: number) => {
  const out = new Uint8Array(bytes);
  out.set(sector(body));
  return out;
};
const print = (letter: string) => `mov dx, 0x3f8\nmov al, '${letter}'\nout dx, al`;
const DISKETTE = 1_474_560;
const DISK = 4 << 20;

describe.each(['none', 'ept'] as const)('%s', (virtualization) => {
  it('boots from the program where another drive would come first', () => {
    const target = powerOn(image(print('P'), DISK), { virtualization, floppy: image(print('F'), DISKETTE) });
    runToEnd(target, 50_000_000);
    expect(target.serialOutput).toBe('P');
  });

  it('has VBE modes, and the screen says which one is on', () => {
    // VBE 3.0, 4F02h: mode 118h is 1024 x 768 with 24 or 32 bits; function 4F00h tells of the memory in units of 64 KiB
    const target = powerOn(
      sector(`mov ax, 0x4f02
mov bx, 0x4118
int 0x10
cmp ax, 0x004f
jne no
${print('Y')}
no: mov di, 0x8000
push cs
pop es
mov ax, 0x4f00
int 0x10
mov ax, [0x8000 + 18]`),
      { virtualization },
    );
    runToEnd(target, 50_000_000);
    expect(target.serialOutput).toBe('Y');
    expect(target.screen()).toEqual([expect.stringMatching(/^\[graphics mode: 1024 x 768, (24|32) bits a pixel\]$/)]);
    expect(Number(target.registers().gpr[0]! & 0xffffn)).toBe(VIDEO_MEMORY / 65536);
  });

  it('waits for a time with few instructions where PAUSE is in the loop', () => {
    const target = powerOn(
      sector(`rdtsc
mov esi, eax
again: pause
rdtsc
sub eax, esi
cmp eax, 10000000
jb again`),
      { virtualization },
    );
    runToEnd(target, 50_000_000);
    const loops = target.instructions / 5;
    expect(loops).toBeLessThan(10_000_000 / 140 + 20_000);
    expect(loops).toBeGreaterThan(10_000_000 / 160);
  });
});
