/** Who may use x87, MMX and SSE: expectations from SDM 3A tables 2-2, 12-1, 13-1 and 2A FINIT. */
import { describe, expect, test } from 'vitest';
import { START as CODE, WINDOW as MEMORY } from '../../../test/host/layout';
import { OurProcessor } from '../../../test/host/ours';
import { State } from '../layout';

const MP = 2;
const EM = 4;
const TS = 8;
const NE = 0x20;
/** Protected mode, ET. */
const CR0 = 0x11;
const OSFXSR = 0x200;
const OSXMMEXCPT = 0x400;

const ours = new OurProcessor();
const { processor } = ours;
const { state } = processor;
let vector = -1;
processor.deliverFault = (fault) => {
  vector = fault.vector;
  return true;
};

/** Runs one instruction; gives the exception's vector, -1 for none. */
function run(code: number[], cr0: number, cr4 = OSFXSR | OSXMMEXCPT): number {
  processor.memory.writeBytes(CODE, new Uint8Array([...code, 0x0f, 0x0b]));
  processor.flushCode();
  state.setNumber(State.cr0, CR0 | cr0);
  state.setNumber(State.cr4, 0x20 | cr4);
  state.setGpr64(6, BigInt(MEMORY));
  state.rip = CODE;
  vector = -1;
  processor.slice(1, false);
  return vector;
}

const instructions = {
  fninit: [0xdb, 0xe3],
  fwait: [0x9b],
  fld1: [0xd9, 0xe8],
  fnstsw: [0xdf, 0xe0],
  fdiv: [0xd8, 0xf1],
  emms: [0x0f, 0x77],
  paddb: [0x0f, 0xfc, 0xc1],
  addps: [0x0f, 0x58, 0xc1],
  divss: [0xf3, 0x0f, 0x5e, 0xc1],
  stmxcsr: [0x0f, 0xae, 0x1e],
  ldmxcsr: [0x0f, 0xae, 0x16],
};

describe('CR0.EM, TS and MP', () => {
  test('x87 instructions raise #NM while EM or TS is set', () => {
    for (const code of [instructions.fninit, instructions.fld1, instructions.fnstsw]) {
      expect(run(code, NE | EM)).toBe(7);
      expect(run(code, NE | TS)).toBe(7);
      expect(run(code, NE)).toBe(-1);
    }
  });
  test('WAIT raises #NM only while MP and TS are set', () => {
    run(instructions.fninit, NE);
    expect(run(instructions.fwait, NE | MP | TS)).toBe(7);
    expect(run(instructions.fwait, NE | TS)).toBe(-1);
    expect(run(instructions.fwait, NE | EM)).toBe(-1);
  });
  test('MMX raises #UD while EM is set, #NM while TS is', () => {
    for (const code of [instructions.emms, instructions.paddb]) {
      expect(run(code, NE | EM | TS)).toBe(6);
      expect(run(code, NE | TS)).toBe(7);
      expect(run(code, NE)).toBe(-1);
    }
  });
  test('SSE raises #UD while EM is set or OSFXSR clear, #NM while TS is set', () => {
    for (const code of [instructions.addps, instructions.stmxcsr]) {
      expect(run(code, NE | EM)).toBe(6);
      expect(run(code, NE | TS, 0)).toBe(6);
      expect(run(code, NE | TS)).toBe(7);
      expect(run(code, NE)).toBe(-1);
    }
  });
});

describe('errors', () => {
  /** Leaves an unmasked zero divide pending: 1.0 / +0.0 with ZM clear. */
  function divideByZero(cr0: number): void {
    run(instructions.fninit, cr0);
    run([0xd9, 0xee], cr0); // fldz
    run(instructions.fld1, cr0);
    state.set32(State.fpuControl, 0x37b);
    expect(run(instructions.fdiv, cr0)).toBe(-1);
    expect(state.get32(State.fpuStatus) & 0x80ff).toBe(0x8084);
  }

  test('an unmasked error is #MF at the next waiting instruction, not at a non-waiting one', () => {
    divideByZero(NE);
    expect(run(instructions.fnstsw, NE)).toBe(-1);
    expect(run(instructions.fld1, NE)).toBe(16);
    expect(run(instructions.fwait, NE)).toBe(16);
    expect(run(instructions.paddb, NE)).toBe(16);
    expect(run([0xdb, 0xe2], NE)).toBe(-1); // fnclex
    expect(run(instructions.fwait, NE)).toBe(-1);
  });
  test('with NE clear the error is FERR#', () => {
    let asserted = 0;
    let ignored = false;
    processor.floatingPointError = (pending) => {
      if (pending) asserted++;
      return ignored;
    };
    divideByZero(0);
    expect(asserted).toBe(0);
    expect(run(instructions.fwait, 0)).toBe(-1);
    expect(asserted).toBe(1);
    // it waits for an interrupt in front of the instruction
    expect(state.rip).toBe(CODE);
    ignored = true;
    expect(run(instructions.fwait, 0)).toBe(-1);
    expect(state.rip).toBe(CODE + instructions.fwait.length);
    processor.floatingPointError = undefined;
    run(instructions.fninit, NE);
  });
  test('an unmasked SSE exception is #XM, without OSXMMEXCPT #UD; the flag is set, the destination stays', () => {
    for (const [cr4, expected] of [
      [OSFXSR | OSXMMEXCPT, 19],
      [OSFXSR, 6],
    ]) {
      state.set32(State.mxcsr, 0x1d80);
      state.set64(State.xmm, 0x3f800000n);
      state.set64(State.xmm + 16, 0n);
      expect(run(instructions.divss, NE, cr4)).toBe(expected);
      expect(state.get32(State.mxcsr)).toBe(0x1d84);
      expect(state.get64(State.xmm)).toBe(0x3f800000n);
    }
    state.set32(State.mxcsr, 0x1f80);
  });
  test('LDMXCSR raises #GP(0) on a reserved bit', () => {
    processor.memory.write(MEMORY, 4, 0x10000);
    expect(run(instructions.ldmxcsr, NE)).toBe(13);
    processor.memory.write(MEMORY, 4, 0xffff);
    expect(run(instructions.ldmxcsr, NE)).toBe(-1);
    expect(state.get32(State.mxcsr)).toBe(0xffff);
    state.set32(State.mxcsr, 0x1f80);
  });
});

describe('initialization', () => {
  test('FNINIT masks everything, rounds to nearest with 64 bits, and empties the stack', () => {
    run(instructions.fninit, NE);
    expect(state.get32(State.fpuControl)).toBe(0x37f);
    expect(state.get32(State.fpuStatus)).toBe(0);
    expect(state.get32(State.fpuTag)).toBe(0xffff);
  });
  test('EMMS empties all registers that MMX made valid', () => {
    run(instructions.paddb, NE);
    expect(state.get32(State.fpuTag)).toBe(0);
    run(instructions.emms, NE);
    expect(state.get32(State.fpuTag)).toBe(0xffff);
  });
});
