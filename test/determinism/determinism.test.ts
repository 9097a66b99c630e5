import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LaunchOptions } from '../../hypervisor/launch-options';
import type { Target } from '../../hypervisor/target';
import { assembleFile, assembleText, powerOn, root, runToEnd } from '../guests';

const samples = {
  'boot-sector': assembleFile(join(root, 'samples/boot-sector/boot.asm')),
  'long-mode': assembleFile(join(root, 'samples/long-mode/kernel.asm')),
};

/** What must not depend on how a guest was run. */
const outcome = (target: Target): object => ({
  instructions: target.instructions,
  hash: target.hash(),
  serial: target.serialOutput,
  screen: target.screen(),
});

const finish = (target: Target): object => ({ stop: runToEnd(target), ...outcome(target) });

describe.each(Object.entries(samples))('%s', (_name, program) => {
  const reference = finish(powerOn(program));
  const same = (options: Partial<LaunchOptions>): void => {
    expect(finish(powerOn(program, options))).toEqual(reference);
  };

  it('ends the same when it is run again', () => same({}));
  it('ends the same without translation', () => same({ tier1: 'off' }));
  it('ends the same with everything translated', () => same({ tier1: 'always' }));
  it('ends the same under the VMM', () => same({ virtualization: 'ept' }));
  it('ends the same under the VMM without translation', () => same({ virtualization: 'ept', tier1: 'off' }));
  it('ends the same under the VMM with everything translated', () => same({ virtualization: 'ept', tier1: 'always' }));

  it.each(['none', 'ept'] as const)('ends the same single-stepped, %s', (virtualization) => {
    const target = powerOn(program, { virtualization });
    for (let i = 0; i < 3000 && target.run(target.instructions + 1).kind === 'limit'; i++);
    expect(finish(target)).toEqual(reference);
  });

  it.each(['none', 'ept'] as const)('ends the same in odd slices, %s', (virtualization) => {
    const target = powerOn(program, { virtualization });
    const stop = runToEnd(target, 1e9, 97);
    expect({ stop, ...outcome(target) }).toEqual(reference);
  });

  it.each(['none', 'ept'] as const)('ends the same with breakpoints on the way, %s', (virtualization) => {
    const target = powerOn(program, { virtualization });
    target.run(500);
    const visited = new Set<bigint>();
    for (let i = 0; i < 50 && target.run(target.instructions + 1).kind === 'limit'; i++)
      visited.add(target.registers().rip);
    target.setBreakpoints([...visited]);
    for (let i = 0; i < 2000; i++) if (runToEnd(target).kind !== 'breakpoint') break;
    target.setBreakpoints([]);
    expect(finish(target)).toEqual(reference);
  });

  it.each(['none', 'ept'] as const)('goes on the same after a restored snapshot, %s', (virtualization) => {
    const target = powerOn(program, { virtualization });
    const snapshots = [target.snapshot()];
    while (target.run(target.instructions + 1500).kind === 'limit') snapshots.push(target.snapshot());
    for (const snapshot of snapshots.reverse()) {
      target.restore(snapshot);
      expect(target.instructions).toBe(snapshot.instructions);
      expect(finish(target)).toEqual(reference);
    }
  });
});

/** The handler of #UD is UD2 itself: a processor faults for ever, and its stack wraps. */
const hopeless = assembleText(`
        org 0x7c00
        cli
        xor ax, ax
        mov ds, ax
        mov word [6 * 4], bad
        mov [6 * 4 + 2], ax
        mov ax, 0x2000                  ; the stack wraps where nothing else is
        mov ss, ax
bad:    ud2
        times 510-($-$$) db 0
        dw 0xaa55
`);

describe.each(['none', 'ept'] as const)('a guest that only faults, %s', (virtualization) => {
  it('does not keep control', () => {
    const target = powerOn(hopeless, { virtualization });
    expect(target.run(1e9)).toEqual({ kind: 'limit' });
    const { instructions } = target;
    expect(instructions).toBeLessThan(100_000);
    expect(target.run(1e9)).toEqual({ kind: 'limit' });
    expect(target.instructions).toBe(instructions);
    expect(target.registers().rip).toBe(0x7c13n);
  });
});
