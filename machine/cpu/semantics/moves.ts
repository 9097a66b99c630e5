import { and, type Expr, i32, i64, or, rotl, select, shl, shrS, shrU, signed64, wrap, zext64 } from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** Reverses the bytes of a value of 16, 32 or 64 bits. */
function reverseBytes(e: Emitter, value: Expr, bits: number): Expr {
  if (bits === 16) return e.let(and(or(shl(value, i32(8)), shrU(value, i32(8))), i32(0xffff)));
  if (bits === 32) {
    return e.let(or(and(rotl(value, i32(8)), i32(0x00ff00ff)), and(rotl(value, i32(24)), i32(0xff00ff00 | 0))));
  }
  const swapped = e.let(
    or(and(shrU(value, i64(8)), i64(0x00ff00ff00ff00ffn)), shl(and(value, i64(0x00ff00ff00ff00ffn)), i64(8))),
  );
  const pairs = e.let(
    or(and(shrU(swapped, i64(16)), i64(0x0000ffff0000ffffn)), shl(and(swapped, i64(0x0000ffff0000ffffn)), i64(16))),
  );
  return e.let(rotl(pairs, i64(32)));
}

/** CBW CWDE CDQE: the accumulator of half the size, sign-extended. */
const widenAccumulator =
  (bits: 16 | 32 | 64): Semantics =>
  (e) =>
    e.setGpr(0, bits, e.let(e.signExtendTo(e.gpr(0, bits / 2), bits / 2, bits)));

/** CWD CDQ CQO: RDX gets the sign of RAX. */
const signIntoRdx =
  (bits: 16 | 32 | 64): Semantics =>
  (e) => {
    const sign = shrS(signed64(e.gpr(0, bits), bits), i64(63));
    e.setGpr(2, bits, e.let(bits === 64 ? sign : e.truncate(wrap(sign), bits)));
  };

function moveExtended(e: Emitter, signed: boolean): void {
  const from = e.sizeOf(1);
  const value = e.read(1);
  e.write(0, e.let(signed ? e.signExtendTo(value, from, e.size) : e.truncate(value, e.size)));
}

function exchange(e: Emitter): void {
  const b = e.isMemory(1) ? e.modify(1) : e.read(1);
  const a = e.modify(0);
  e.writeBack(0, b);
  e.writeBack(1, a);
}

function conditionalMove(cc: number): Semantics {
  return (e) => {
    const value = e.read(1);
    const old = e.read(0);
    e.write(0, e.let(select(e.condition(cc), value, old)));
  };
}

const moves: Record<string, Semantics> = {
  mov: (e) => e.write(0, e.read(1)),
  movzx: (e) => moveExtended(e, false),
  movsx: (e) => moveExtended(e, true),
  movsxd: (e) => moveExtended(e, true),
  lea: (e) => {
    const address = e.effectiveAddress();
    e.write(0, e.let(e.truncate(e.size === 64 ? address : wrap(address), e.size)));
  },
  xchg: exchange,
  bswap: (e) => {
    // BSWAP of a 16-bit register is undefined; processors give zero
    e.write(0, e.size === 16 ? i32(0) : reverseBytes(e, e.read(0), e.size));
  },
  movbe: (e) => e.write(0, reverseBytes(e, e.read(1), e.size)),
  cbw: widenAccumulator(16),
  cwde: widenAccumulator(32),
  cdqe: widenAccumulator(64),
  cwd: signIntoRdx(16),
  cdq: signIntoRdx(32),
  cqo: signIntoRdx(64),
  xlatb: (e) => {
    const address = e.let(and(zext64ToAddress(e), e.addressMask()));
    e.setGpr(0, 8, e.load(8, e.linear(address, 8, 'operand', false)));
  },
  lahf: (e) => {
    const flags = e.let(or(and(e.arithmeticFlags(), i32(0xd5)), i32(2)));
    const ax = e.gpr(0, 16);
    e.setGpr(0, 16, e.let(or(and(ax, i32(0xff)), shl(flags, i32(8)))));
  },
  sahf: (e) => {
    const ah = e.let(shrU(e.gpr(0, 16), i32(8)));
    const overflow = and(e.arithmeticFlags(), i32(0x800));
    e.setFlagsFrom(e.let(or(and(ah, i32(0xd5)), overflow)));
  },
  nop: () => {},
  cld: (e) => e.setSystemFlags(e.let(and(e.systemFlags(), i32(~0x400)))),
  std: (e) => e.setSystemFlags(e.let(or(e.systemFlags(), i32(0x400)))),
};

/** RBX + AL for XLAT. */
function zext64ToAddress(e: Emitter): Expr {
  return { kind: 'op', type: 'i64', opcode: 0x7c, a: e.gpr(3, 64), b: zext64(e.gpr(0, 8)) };
}

/** Condition codes in the order of their encoding, each with all its names. */
export const conditionNames: readonly (readonly string[])[] = [
  ['o'],
  ['no'],
  ['b', 'c', 'nae'],
  ['ae', 'nb', 'nc'],
  ['e', 'z'],
  ['ne', 'nz'],
  ['be', 'na'],
  ['a', 'nbe'],
  ['s'],
  ['ns'],
  ['p', 'pe'],
  ['np', 'po'],
  ['l', 'nge'],
  ['ge', 'nl'],
  ['le', 'ng'],
  ['g', 'nle'],
];

// 0F 18 to 0F 1F: hints that this processor does not know (compilers' ENDBR and prefetches among them) do nothing
for (let n = 0; n < 64; n++) moves[`hint_nop${n}`] = () => {};

conditionNames.forEach((names, cc) => {
  for (const name of names) {
    moves[`cmov${name}`] = conditionalMove(cc);
    moves[`set${name}`] = (e) => e.write(0, e.let(e.condition(cc)));
  }
});

export { moves };
