/** The same inputs at the same instants make the same run; what came in is logged, and the log replays it. */
import { describe, expect, it } from 'vitest';
import { inputLogText, parseInputLog, Replay } from '../../hypervisor/input-log';
import { isLoadError } from '../../hypervisor/launch-options';
import type { Target, VirtualizationMethod } from '../../hypervisor/target';
import { assembleText, powerOn } from '../guests';

/** Prints what comes in on the serial line and, in brackets, the scan codes of keys, by interrupts; a full stop ends it. */
const program = assembleText(`
        org 0x7c00
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov word [4 * 0x0c], serial     ; IRQ 4 and 1 at vectors 0Ch and 09h
        mov word [4 * 0x0c + 2], ax
        mov word [4 * 0x09], keyboard
        mov word [4 * 0x09 + 2], ax
        mov dx, 0x3fb
        mov al, 0x83
        out dx, al
        mov dx, 0x3f8
        mov al, 1                       ; 115200 baud
        out dx, al
        inc dx
        mov al, 0
        out dx, al
        mov dx, 0x3fb
        mov al, 3
        out dx, al
        mov dx, 0x3fc
        mov al, 0x0b                    ; OUT2 lets interrupts through
        out dx, al
        mov dx, 0x3f9
        mov al, 1
        out dx, al
        in al, 0x21
        and al, ~0x12
        out 0x21, al
        sti
again:  inc dword [ticks]
        jmp again

serial: push ax
        push dx
        mov dx, 0x3f8
        in al, dx
        out dx, al
        cmp al, '.'
        jne done
        mov al, 0
        out 0xf4, al
keyboard:
        push ax
        push dx
        mov dx, 0x3f8
        mov al, '['
        out dx, al
        in al, 0x60
        out dx, al
        mov al, ']'
        out dx, al
done:   mov al, 0x20
        out 0x20, al
        pop dx
        pop ax
        iret
ticks:  dd 0
        times 510-($-$$) db 0
        dw 0xaa55
`);
const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const on = (virtualization: VirtualizationMethod): Target => powerOn(program, { virtualization, memory: 1 << 20 });
const LIMIT = 3_000_000;
const outcome = (target: Target) => ({
  instructions: target.instructions,
  serial: target.serialOutput,
  hash: target.hash(),
  inputs: target.inputs,
  exits: target.exitTotal,
});

/** Somebody types while the guest runs. */
function typed(target: Target): Target {
  target.run(500_000);
  target.serialInput(bytes('ab'));
  target.run(510_123);
  target.keyInput('KeyA', true);
  target.run(700_001);
  target.serialInput(bytes('c'));
  target.keyInput('KeyA', false);
  target.run(1_200_000);
  target.serialInput(bytes('.'));
  expect(target.run(LIMIT)).toMatchObject({ kind: 'ended', value: 0 });
  return target;
}

const goOn = (target: Target, replay: Replay) => {
  for (let i = 0; i < 1000; i++) if (replay.run(target.instructions + 37_001).kind !== 'limit') break;
  return outcome(target);
};

describe.each(['none', 'ept'] as const)('%s', (method) => {
  const reference = outcome(typed(on(method)));

  // ten bits at 115200 baud take 87 microseconds: 86,800 ticks; a scan code comes at once
  it('has the scan codes of set 1 and the characters in the order of their coming', () => {
    expect(reference.serial).toBe('[\x1e]ab[\x9e]c.');
    expect(reference.inputs).toHaveLength(5);
    expect(reference.inputs[1]).toMatchObject({ at: { instructions: 510_123 }, input: { code: 'KeyA', down: true } });
  });

  it('replays a log to the same state', () => {
    const target = on(method);
    expect(goOn(target, new Replay(target, reference.inputs))).toEqual(reference);
  });

  it('replays a log that was written and read', () => {
    const log = parseInputLog(inputLogText(reference.inputs), 'log');
    if (isLoadError(log)) throw new Error(log.message);
    const target = on(method);
    expect(goOn(target, new Replay(target, log))).toEqual(reference);
  });

  it('keeps what is on its way when a snapshot goes to another target, and the log with it', () => {
    const source = on(method);
    source.run(500_000);
    source.serialInput(bytes('ab'));
    source.keyInput('KeyA', true);
    source.run(500_050);
    const snapshot = source.snapshot();
    source.run(800_000);
    const target = on(method);
    target.serialInput(bytes('forgotten'));
    target.restore(snapshot);
    target.run(800_000);
    expect(outcome(target)).toEqual(outcome(source));
    expect(target.inputs).toHaveLength(2);
  });

  it('replays an input that came at a breakpoint', () => {
    const first = on(method);
    first.run(500_000);
    first.setBreakpoints([first.registers().rip]);
    expect(first.run(LIMIT).kind).toBe('breakpoint');
    first.setBreakpoints([]);
    first.serialInput(bytes('x.'));
    first.run(LIMIT);
    const second = on(method);
    expect(goOn(second, new Replay(second, first.inputs))).toEqual(outcome(first));
  });
});

it('gives a log that is none back with one line that says what is wrong', () => {
  const error = (text: string) => {
    const log = parseInputLog(text, 'f.json');
    return isLoadError(log) ? log.message : 'fine';
  };
  expect(error('{')).toBe('f.json is no input log: it is no JSON');
  expect(error('null')).toContain('looked for an object with `version` 1');
  expect(error('{"version":2,"inputs":[]}')).toContain('`version` 1');
  expect(error('{"version":1,"inputs":[{"instructions":-1,"serial":"x"}]}')).toContain('input 0: `instructions`');
  expect(error('{"version":1,"inputs":[{"instructions":1}]}')).toContain('neither `serial`');
  expect(error('{"version":1,"inputs":[{"instructions":1,"serial":"\\u0100"}]}')).toContain('U+00FF');
  expect(error('{"version":1,"inputs":[{"instructions":1,"serial":"x","address":"7c00"}]}')).toContain('`address`');
  expect(error('{"version":1,"inputs":[{"instructions":2,"serial":"x"},{"instructions":1,"serial":"x"}]}')).toContain(
    'in the order of their moments',
  );
  expect(error('{"version":1,"inputs":[{"instructions":2,"key":"KeyA","down":true}]}')).toBe('fine');
});
