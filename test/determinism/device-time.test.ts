import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../guests';

/** Reads the local APIC timer's current count twice, so many instructions apart, and ends with the difference in EBX. */
const timer = (between: number): Uint8Array =>
  assembleText(`
bits 32
org 0x7c00
    mov esi, 0xfee00000
    mov dword [esi + 0x0f0], 0x1ff      ; SDM 3A 10.4.7.2: software enable
    mov dword [esi + 0x3e0], 0x0b       ; SDM 3A 10.5.4: divide by 1
    mov dword [esi + 0x320], 0x10000    ; masked, one-shot
    mov edi, 200                        ; often enough to be translated
again:
    mov dword [esi + 0x380], 1000000
    mov eax, [esi + 0x390]
${'    nop\n'.repeat(between)}
    mov ebx, [esi + 0x390]
    sub eax, ebx
    mov ebx, eax
    dec edi
    jnz again
    cli
    hlt
`);

const elapsed = (between: number, tier1: 'on' | 'off' | 'always'): bigint => {
  const target = powerOn(timer(between), { boot: 'flat', loadAddress: 0x7c00, entryBits: 32, tier1 });
  expect(runToEnd(target)).toMatchObject({ kind: 'ended', reason: 'halted' });
  return target.registers().gpr[3]!;
};

describe.each(['off', 'on', 'always'] as const)('with translation %s', (tier1) => {
  it('a device sees the time of the instruction that accesses it', () => {
    // each instruction is a tick, and the timer counts ticks: the first read and what stands between
    for (const between of [0, 1, 100, 999]) expect(elapsed(between, tier1)).toBe(BigInt(between + 1));
  });
});
