import { add, and, type Expr, i64, sub, wrap } from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** Width of what PUSH and POP move: the operand's; an immediate has the operand size. */
const width = (e: Emitter): number => e.form.opcode.operandSize || e.size;

function push(e: Emitter): void {
  const bits = width(e);
  const value = e.isImmediate(0) ? e.immediate(bits) : e.read(0);
  e.push(bits, value);
}

function pop(e: Emitter): void {
  const bits = width(e);
  const value = e.top(bits);
  if (!e.isMemory(0)) {
    // POP RSP: the value read wins over the increment
    e.dropStack(bits / 8);
    e.write(0, value);
    return;
  }
  // an address that uses RSP sees it incremented (SDM 2B POP), yet a faulting store must leave it alone
  e.store(bits, e.linear(e.effectiveAddress(bits / 8), bits, 'operand', true), value);
  e.dropStack(bits / 8);
}

/** PUSHA PUSHAD: eight registers, RSP as it was before; both pages that they may lie in are checked before the first store. */
function pushAll(bits: 16 | 32): Semantics {
  return (e) => {
    const rsp = e.gpr(4, 64);
    const mask = e.stackMask();
    const bytes = bits / 8;
    const values: Expr[] = [];
    for (let i = 0; i < 8; i++) values.push(i === 4 ? e.let(e.truncate(wrap(rsp), bits)) : e.gpr(i, bits));
    const at = (n: number): Expr => e.let(and(sub(rsp, i64(bytes * n)), mask));
    e.loadForModify(bits, e.linear(at(1), bits, 2, true));
    e.loadForModify(bits, e.linear(at(8), bits, 2, true));
    for (let i = 0; i < 8; i++) e.store(bits, e.linear(at(i + 1), bits, 2, true), values[i]);
    e.setStackPointer(rsp, at(8), mask);
  };
}

function popAll(bits: 16 | 32): Semantics {
  return (e) => {
    const rsp = e.gpr(4, 64);
    const mask = e.stackMask();
    const values: Expr[] = [];
    for (let i = 0; i < 8; i++) {
      values.push(e.load(bits, e.linear(e.let(and(add(rsp, i64((bits / 8) * i)), mask)), bits, 2, false)));
    }
    e.setStackPointer(rsp, e.let(and(add(rsp, i64(bits)), mask)), mask);
    for (let i = 0; i < 8; i++) if (i !== 3) e.setGpr(7 - i, bits, values[i]);
  };
}

function leave(e: Emitter): void {
  const bits = width(e);
  const mask = e.stackMask();
  const rbp = e.gpr(5, 64);
  const value = e.load(bits, e.linear(e.let(and(rbp, mask)), bits, 2, false));
  const rsp = e.gpr(4, 64);
  e.setStackPointer(rsp, e.let(and(add(rbp, i64(bits / 8)), mask)), mask);
  e.setGpr(5, bits, value);
}

export const stack: Record<string, Semantics> = {
  push,
  pop,
  pushaw: pushAll(16),
  pushad: pushAll(32),
  popaw: popAll(16),
  popad: popAll(32),
  leave,
};
