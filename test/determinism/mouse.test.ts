// The mouse: IRQ 12 of a guest, the same under every method, and again from the log of its inputs.
import { describe, expect, it } from 'vitest';
import { inputLogText, parseInputLog, Replay } from '../../hypervisor/input-log';
import { isLoadError } from '../../hypervisor/launch-options';
import type { Target } from '../../hypervisor/target';
import { assembleText, powerOn } from '../guests';

/** Enables the mouse, sends what it tells to COM1 as it comes, and ends when the left and the right button are held. */
const program = assembleText(`
        bits 16
        org 0x7C00
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [4 * 0x74], handler
        mov word [4 * 0x74 + 2], ax
        mov al, 0xFB
        out 0x21, al
        mov al, 0xEF
        out 0xA1, al
        mov al, 0x60            ; command byte: IRQ 12, translation
        out 0x64, al
        mov al, 0x47
        out 0x60, al
        mov al, 0xD4            ; to the mouse: enable
        out 0x64, al
        mov al, 0xF4
        out 0x60, al
        sti
idle:   jmp idle
handler:
        in al, 0x64
        and al, 0x21
        cmp al, 0x21
        jne done
        in al, 0x60
        mov dx, 0x3F8
        out dx, al
        and al, 0x0B
        cmp al, 0x0B
        jne done
        mov al, 0
        out 0xF4, al
done:   mov al, 0x20
        out 0xA0, al
        out 0x20, al
        iret
        times 510 - ($ - $$) db 0
        dw 0xAA55
`);

function moved(target: Target): Target {
  target.run(500_000);
  target.mouseInput(3, -2, 0, 0);
  target.run(600_000);
  target.mouseInput(0, 0, 0, 1);
  target.mouseInput(1, 1, 0, 1);
  target.run(700_000);
  target.mouseInput(0, 0, 0, 3);
  expect(target.run(3_000_000)).toMatchObject({ kind: 'ended', value: 0 });
  return target;
}

const outcome = (target: Target) => ({
  instructions: target.instructions,
  serial: target.serialOutput,
  hash: target.hash(),
  inputs: target.inputs,
});

describe.each(['none', 'ept'] as const)('the mouse, %s', (virtualization) => {
  const on = () => powerOn(program, { virtualization, memory: 1 << 20 });
  const reference = outcome(moved(on()));

  it('interrupts with its answer and a packet for each event', () => {
    expect([...reference.serial].map((character) => character.charCodeAt(0))).toEqual([
      ...[0xfa, 0x28, 3, 0xfe],
      ...[0x09, 0, 0],
      ...[0x09, 1, 1],
      0x0b,
    ]);
  });

  it('does the same from its log, written and read', () => {
    const log = parseInputLog(inputLogText(reference.inputs), 'log');
    if (isLoadError(log)) throw new Error(log.message);
    const target = on();
    const replay = new Replay(target, log);
    for (let i = 0; i < 1000; i++) if (replay.run(target.instructions + 37_001).kind !== 'limit') break;
    expect(outcome(target)).toEqual(reference);
  });
});
