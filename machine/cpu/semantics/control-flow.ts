import { add, and, type Expr, eqz, gtU, i32, i64, loadAt, ne, or, shrS, sub, wrap, zext64 } from '../../wasm/expr';
import { Vector } from '../fault';
import { Segment, SegmentField, State } from '../layout';
import type { Emitter } from './emitter';
import { conditionNames } from './moves';
import type { Semantics } from './semantics';

/** Operand size of a near branch: in 64-bit mode 64 whatever the prefixes. */
const branchSize = (e: Emitter): number => e.form.opcode.operandSize || 64;

/** An instruction pointer of the branch's operand size, as i64. */
const ipOf = (e: Emitter, value: Expr): Expr => e.let(zext64(e.truncate(value, branchSize(e))));

const LA57 = 0x1000;

/** Limit of CS in bytes, granularity applied. */
const CS_LIMIT = State.segments + SegmentField.size * Segment.CS + SegmentField.limit;

/**
 * #GP(0) for a target that is not canonical or, outside 64-bit mode, beyond the CS limit: the branch faults, not the fetch (SDM
 * 2A CALL, JMP; 2B RET). Relative targets are looked at when they are decoded: system/branch-limits.ts.
 */
function requireReachable(e: Emitter, target: Expr): void {
  if (branchSize(e) !== 64) {
    e.code.if(gtU(target, zext64(loadAt(32, CS_LIMIT))), () => e.raise(Vector.GP, 0));
    return;
  }
  const beyond = (bits: number): Expr => gtU(add(shrS(target, i64(bits - 1)), i64(1)), i64(1));
  e.code.if(beyond(48), () => {
    const wide = and(loadAt(32, State.cr4), i32(LA57));
    e.code.if(or(eqz(wide), beyond(57)), () => e.raise(Vector.GP, 0));
  });
}

function call(e: Emitter): void {
  const bits = branchSize(e);
  const target = e.form.operands[0].startsWith('rel') ? undefined : ipOf(e, e.read(0));
  const ip = e.nextIp();
  const check = target && ((): void => requireReachable(e, target));
  e.push(bits, bits === 64 ? ip : e.truncate(wrap(ip), bits), check);
  if (target) e.jump(target);
  else e.jumpRelative();
}

function ret(e: Emitter): void {
  const bits = branchSize(e);
  const ip = ipOf(e, e.top(bits));
  requireReachable(e, ip);
  const extra = e.form.operands.length > 0 ? (zext64(e.immediate(16)) as Expr) : i64(0);
  e.dropStack(
    extra.kind === 'i64'
      ? Number(extra.value) + bits / 8
      : e.let({ kind: 'op', type: 'i64', opcode: 0x7c, a: extra, b: i64(bits / 8) }),
  );
  e.jump(ip);
}

/** The count register of the address size, as i64. */
function counter(e: Emitter): { value: Expr; bits: number } {
  const bits = e.form.opcode.addressSize || 64;
  return { value: e.let(zext64(e.gpr(1, bits))), bits };
}

/** LOOP LOOPE LOOPNE: count down, go while not zero (and ZF as wanted); flags stay. */
function loop(zeroFlag: boolean | undefined): Semantics {
  return (e) => {
    const { value, bits } = counter(e);
    const next = e.let(sub(value, i64(1)));
    const remaining = ne(and(next, i64((1n << BigInt(bits)) - 1n)), i64(0));
    const zf = e.condition(4);
    const taken = zeroFlag === undefined ? remaining : and(remaining, zeroFlag ? zf : eqz(zf));
    const go = e.let(taken);
    e.setGpr(1, bits, bits === 64 ? next : e.let(e.truncate(wrap(next), bits)));
    e.branch(go);
  };
}

const jumpIfCounterZero: Semantics = (e) => e.branch(e.let(eqz(counter(e).value)));

const controlFlow: Record<string, Semantics> = {
  call,
  ret,
  retn: ret,
  jmp: (e) => {
    if (e.form.operands[0].startsWith('rel')) e.jumpRelative();
    else {
      const target = ipOf(e, e.read(0));
      requireReachable(e, target);
      e.jump(target);
    }
  },
  loop: loop(undefined),
  loope: loop(true),
  loopz: loop(true),
  loopne: loop(false),
  loopnz: loop(false),
  jcxz: jumpIfCounterZero,
  jecxz: jumpIfCounterZero,
  jrcxz: jumpIfCounterZero,
};

conditionNames.forEach((names, cc) => {
  for (const name of names) controlFlow[`j${name}`] = (e) => e.branch(e.condition(cc));
});

export { controlFlow };
