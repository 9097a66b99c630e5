/** CRC32 (SDM 2A): the CRC-32C of Castagnoli, bit-reversed polynomial 82F63B78H. */
import { and, type Expr, i32, i64, shrU, sub, wrap, xor, zext64 } from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

const POLYNOMIAL = 0x82f63b78 | 0;

/** Takes `bits` bits (at most 32) that were added to the low end of the remainder, one a turn. */
function reduce(e: Emitter, start: Expr, bits: number): Expr {
  const { code } = e;
  const remainder = code.temporary('i32');
  const count = code.temporary('i32');
  code.set(remainder, start);
  code.set(count, i32(bits));
  code.loop((again) => {
    const feedback = and(sub(i32(0), and(remainder, i32(1))), i32(POLYNOMIAL));
    code.set(remainder, xor(shrU(remainder, i32(1)), feedback));
    code.set(count, sub(count, i32(1)));
    code.brIf(again, count);
  });
  return remainder;
}

export const checksum: Record<string, Semantics> = {
  crc32: (e) => {
    const bits = e.sizeOf(1);
    const data = e.read(1);
    const start = e.getRegister(0, 32);
    let r: Expr;
    if (bits === 64) {
      const low = reduce(e, e.let(xor(start, wrap(data))), 32);
      r = reduce(e, e.let(xor(low, wrap(shrU(data, i64(32))))), 32);
    } else r = reduce(e, e.let(xor(start, data)), bits);
    e.setRegister(0, 64, e.let(zext64(r)));
  },
};
