/**
 * Where NASM's instruction table differs from what the operand kinds of a form say, without the bytes being different: which
 * sizes may be written before an operand. Found by comparison with nasm 2.16.01.
 */

import type { Form } from '../../isa/form';

/** Memory before which no size may be written. */
export const memoryWithoutSize: ReadonlySet<string> = new Set([
  'les',
  'lds',
  'lss',
  'lfs',
  'lgs',
  'bound',
  'clflush',
  'clflushopt',
  'clwb',
  'cldemote',
  'vmxon',
  'vmclear',
  'vmptrld',
  'vmptrst',
]);

/** Memory before which any size may be written. */
export const memoryWithAnySize: ReadonlySet<string> = new Set(['lea']);

/** Memory that is called a qword, though it is a cache line. */
export const memoryAsQword: ReadonlySet<string> = new Set(['prefetch', 'prefetchw']);

const noSize: ReadonlySet<string> = new Set('shld shrd pshufw pshufd pshufhw pshuflw pinsrw'.split(' '));
const packedShifts: ReadonlySet<string> = new Set('psllw pslld psllq psrlw psrld psrlq psraw psrad'.split(' '));

/** What size may be written before a byte immediate of the form, in bits; 0 none. */
export function immediateSizeOf(form: Form): number {
  const { mnemonic, operands, opcode } = form;
  if (noSize.has(mnemonic)) return 0;
  if (packedShifts.has(mnemonic)) return operands[0] === 'mm' ? 0 : 8;
  if (mnemonic === 'palignr') return operands[0] === 'mm' ? 64 : 0;
  if (mnemonic === 'pextrw') return opcode.map === 1 ? 0 : 8;
  return 8;
}

/** Byte registers without a REX prefix of their own, and none of AH to BH: NASM's PINSRB of a byte register. */
export const byteRegisterWithoutRex: ReadonlySet<string> = new Set(['pinsrb', 'vpinsrb']);

/** Byte memory whose size goes without saying, so that another is a mismatch. */
export function isSizedByMnemonic(form: Form): boolean {
  const { mnemonic, operands } = form;
  if (mnemonic.startsWith('set')) return operands[0] === 'rm8';
  return (mnemonic === 'movzx' || mnemonic === 'movsx') && operands[0] === 'r16';
}

/** Byte immediates of which another written size is no form at all, rather than a mismatch. */
export const strictByteImmediate: ReadonlySet<string> = new Set(
  'rol ror rcl rcr shl sal shr sar bt bts btr btc'.split(' '),
);

/** Memory of a register's size, of which NASM's table does not say so: another size is no such form. */
export const memoryNotSizedByRegister: ReadonlySet<string> = new Set(
  'adcx adox movbe crc32 popcnt lzcnt tzcnt andn bextr bzhi blsi blsmsk blsr'.split(' '),
);
