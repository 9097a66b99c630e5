/** What run control relies on in a target, asked of the real ones in every tier. */
import { describe, expect, it } from 'vitest';
import type { Target } from '../../hypervisor/target';
import { coreToolchain } from '../core-toolchain';
import { loadProgram } from '../program/load-program';
import { filesOf } from '../testing/dap-client';

/** A procedure with a hot loop, called for ever. */
const PROGRAM = `
        org 0x7C00
        bits 16
        cli
        xor ax, ax
        mov ss, ax
        mov sp, 0x7C00
again:  call inner
behind: jmp again
inner:  inc si
        mov bx, 900
spin:   dec bx
        jnz spin
finish: ret
        times 510-($-$$) db 0
        dw 0xAA55
`;
/** CLI, XOR, two MOV, CALL, INC, MOV, and 900 times DEC and JNZ come before the first RET. */
const FIRST_RETURN = 7 + 1800;
/** RET, JMP, CALL, INC, MOV and the loop come between one RET and the next. */
const PERIOD = 5 + 1800;

async function powerOn(
  virtualization: string,
  tier1: string,
): Promise<{ target: Target; at: (name: string) => bigint }> {
  const args = { program: '/p.asm', virtualization, tier1, memory: '1M' };
  const program = await loadProgram(args, filesOf({ '/p.asm': PROGRAM }), coreToolchain);
  if (program.kind === 'load-error') throw new Error(program.message);
  const target = coreToolchain.createTarget(program.launch);
  if ('kind' in target) throw new Error(target.message);
  // To the first instruction of the program, past the firmware's.
  target.setBreakpoints([0x7c00n]);
  expect(target.run(10_000_000).kind).toBe('breakpoint');
  target.setBreakpoints([]);
  return { target, at: (name) => program.symbols.find(name)!.value };
}

describe.each(['none', 'ept'])('under %s', (method) => {
  describe.each(['off', 'on', 'always'])('with tier 1 %s', (tier1) => {
    it('a breakpoint behind a hot loop stops each time, exactly there', async () => {
      const { target, at } = await powerOn(method, tier1);
      const start = target.instructions;
      target.setBreakpoints([at('finish')]);
      const counts: number[] = [];
      for (let i = 0; i < 20; i++) {
        expect(target.run(target.instructions + 100_000)).toEqual({ kind: 'breakpoint', address: at('finish') });
        counts.push(target.instructions - start);
      }
      expect(counts).toEqual(Array.from({ length: 20 }, (_, i) => FIRST_RETURN + i * PERIOD));
    });

    it('a breakpoint inside a hot loop stops each time around', async () => {
      const { target, at } = await powerOn(method, tier1);
      target.run(target.instructions + 20_000);
      target.setBreakpoints([at('spin')]);
      target.run(target.instructions + 100_000);
      for (let i = 0; i < 50; i++) {
        const before = target.instructions;
        expect(target.run(before + 100)).toEqual({ kind: 'breakpoint', address: at('spin') });
        expect([2, 7]).toContain(target.instructions - before);
      }
    });

    it('the instruction at the present address runs though a breakpoint was just set there', async () => {
      const { target, at } = await powerOn(method, tier1);
      for (const name of ['again', 'inner', 'finish', 'behind', 'again', 'spin', 'spin']) {
        target.setBreakpoints([at(name)]);
        expect(target.run(target.instructions + 100_000)).toEqual({ kind: 'breakpoint', address: at(name) });
        const before = target.instructions;
        // Set anew, as a debugger does: it must still be passed over once.
        target.setBreakpoints([at(name), 0xffffn]);
        expect(target.run(before + 1)).toEqual({ kind: 'limit' });
        expect(target.instructions).toBe(before + 1);
      }
    });

    it('running to a count step by step, in one go, or from a snapshot leads to the same state', async () => {
      const { target } = await powerOn(method, tier1);
      const snapshot = target.snapshot();
      const goal = target.instructions + 3000;
      target.run(goal);
      const hash = target.hash();
      target.restore(snapshot);
      while (target.instructions < goal) expect(target.run(target.instructions + 1)).toEqual({ kind: 'limit' });
      expect(target.hash()).toBe(hash);
      target.restore(snapshot);
      target.run(goal);
      expect(target.hash()).toBe(hash);
    });
  });
});
