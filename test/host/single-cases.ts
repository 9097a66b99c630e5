/** One instruction in one state of 64-bit mode at a time, for tests that ask the host processor about a form. */
import type { Form } from '../../isa/form';
import { runOnHost } from './host';
import { FX_SIZE, RESULT_SIZE, ResultField, START, STATE_SIZE, StateField, WINDOW } from './layout';

/** 256 bytes of memory, at a linear address; the code's address. */
export const MEMORY = WINDOW + 128;
export const MEMORY_SIZE = 256;
export const CODE = START;

export interface TestCase {
  form: Form;
  code: number[];
  gpr: bigint[];
  flags: number;
  /** FXSAVE64 image: x87, MXCSR, XMM. */
  fx: Uint8Array;
  memory: Uint8Array;
}

export interface HostResult {
  /** Number of the signal that Linux makes of the instruction's exception, 0 if there was none. */
  signal: number;
  gpr: bigint[];
  flags: number;
  fx: Uint8Array;
  memory: Uint8Array;
}

const signals: Readonly<Record<number, number>> = { 0: 8, 1: 5, 3: 5, 6: 4, 11: 7, 12: 7, 16: 8, 17: 7, 19: 8 };
const SIGSEGV = 11;
const GENERAL_PROTECTION = 13;

function stateOf(test: TestCase): Uint8Array {
  const state = new Uint8Array(STATE_SIZE + FX_SIZE);
  const view = new DataView(state.buffer);
  test.gpr.forEach((value, i) => {
    view.setBigUint64(StateField.gpr + 8 * i, value, true);
  });
  view.setUint32(StateField.rflags, test.flags, true);
  state.set(test.memory, StateField.memory + MEMORY - WINDOW);
  state.set(test.fx, StateField.fx);
  return state;
}

function resultOf(bytes: Uint8Array, length: number): HostResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const vector = view.getUint32(ResultField.vector, true);
  // the HLT behind the instruction
  const done = vector === GENERAL_PROTECTION && view.getBigUint64(ResultField.rip, true) >= BigInt(length);
  const memory = ResultField.memory + MEMORY - WINDOW;
  return {
    signal: done ? 0 : (signals[vector] ?? SIGSEGV),
    gpr: Array.from({ length: 16 }, (_, i) => view.getBigUint64(ResultField.gpr + 8 * i, true)),
    flags: view.getUint32(ResultField.rflags, true),
    fx: bytes.slice(RESULT_SIZE, RESULT_SIZE + FX_SIZE),
    memory: bytes.slice(memory, memory + MEMORY_SIZE),
  };
}

export function runCases(program: string, cases: readonly TestCase[]): HostResult[] {
  const groups = cases.map((test) => {
    const instance = { bits: 64 as const, code: new Uint8Array(test.code), float: true, segments: true };
    return { instance, count: 1, states: stateOf(test) };
  });
  return runOnHost(program, groups).map((bytes, i) => resultOf(bytes, cases[i].code.length));
}
