/** Decimal adjustment (SDM 2A AAA to AAS, DAA, DAS) and SALC: not in 64-bit mode. */
import { add, and, divU, type Expr, eqz, gtU, i32, mul, or, remU, select, shl, shrU, sub } from '../../wasm/expr';
import { Vector } from '../fault';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** AF as an i32 truth value. */
const auxiliary = (e: Emitter): Expr => and(shrU(e.arithmeticFlags(), i32(4)), i32(1));

/** AAA and AAS: with a digit beyond 9 or AF set AX moves by 106H and AF and CF are set; the upper half of AL is cleared. */
const adjustUnpacked =
  (op: (a: Expr, b: Expr) => Expr): Semantics =>
  (e) => {
    const ax = e.gpr(0, 16);
    const adjust = e.let(or(gtU(and(ax, i32(15)), i32(9)), auxiliary(e)));
    // AAS takes 6 from AX and then 1 from AH: as one subtraction it is the same
    const moved = select(adjust, op(ax, i32(0x106)), ax);
    const r = e.let(and(moved, i32(0xff0f)));
    e.setGpr(0, 16, r);
    e.withSize(8, () => e.flagsResult(e.let(and(r, i32(0xff))), adjust, i32(0), adjust));
  };

/** DAA and DAS: 6 for the low digit and 60H for the high one, each by its own carry. */
const adjustPacked =
  (op: (a: Expr, b: Expr) => Expr, borrows: boolean): Semantics =>
  (e) => {
    const al = e.gpr(0, 8);
    const carry = e.let(e.carry());
    const low = e.let(or(gtU(and(al, i32(15)), i32(9)), auxiliary(e)));
    const high = e.let(or(gtU(al, i32(0x99)), carry));
    const step = add(select(low, i32(6), i32(0)), select(high, i32(0x60), i32(0)));
    const r = e.let(and(op(al, step), i32(0xff)));
    e.setGpr(0, 8, r);
    // DAS: what the first step borrows is a carry too, where the second does not follow
    const cf = borrows ? e.let(or(high, and(low, gtU(i32(6), al)))) : high;
    e.withSize(8, () => e.flagsResult(r, cf, i32(0), low));
  };

/** SF, ZF and PF of AL; CF, OF and AF, which are undefined, are cleared. */
const flagsOfAl = (e: Emitter, al: Expr): void => e.withSize(8, () => e.flagsLogic(al));

export const decimal: Record<string, Semantics> = {
  aaa: adjustUnpacked(add),
  aas: adjustUnpacked(sub),
  daa: adjustPacked(add, false),
  das: adjustPacked(sub, true),
  aam: (e) => {
    const base = e.let(e.immediate(8));
    e.code.if(eqz(base), () => e.raise(Vector.DE, 0));
    const al = e.gpr(0, 8);
    const digit = e.let(remU(al, base));
    e.setGpr(0, 16, e.let(or(shl(divU(al, base), i32(8)), digit)));
    flagsOfAl(e, digit);
  },
  aad: (e) => {
    const ax = e.gpr(0, 16);
    const sum = add(mul(shrU(ax, i32(8)), e.immediate(8)), ax);
    const al = e.let(and(sum, i32(0xff)));
    e.setGpr(0, 16, al);
    flagsOfAl(e, al);
  },
  salc: (e) => e.setGpr(0, 8, e.let(sub(i32(0), e.carry()))),
};
