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

const withoutW: ReadonlySet<string> = new Set(['jrcxz', 'retq', 'retnq', 'invlpga']);

/** Forms in which `o64` gives no REX.W, because NASM counts them as 64-bit without it. */
export function neverHasW(form: Form): boolean {
  const { mnemonic, operands, opcode } = form;
  if (opcode.space !== 'legacy' || opcode.w === 1 || (opcode.operandSize === 64 && !opcode.defaultSize64)) return false;
  if (mnemonic === 'push' && opcode.operandSize === 64) return opcode.map === 0;
  if (withoutW.has(mnemonic)) return opcode.defaultSize64 || opcode.addressSize === 64;
  if (operands.includes('r64') || operands.includes('rm64')) return true;
  return isOldMmx(form);
}

/** MMX and its SSE additions, of which NASM's table says that REX.W has no place there. */
function isOldMmx({ mnemonic, operands, opcode }: Form): boolean {
  if (operands[0] !== 'mm' || opcode.map !== 1 || mnemonic === 'movq' || mnemonic === 'paddq') return false;
  if (mnemonic === 'pshufw') return true;
  return operands[1] === 'mmm64' || operands[1] === 'mmm128';
}

const removed: ReadonlySet<string> = new Set(
  'ibts loadall loadall286 bb0_reset bb1_reset smintold cmpxchg486'.split(' '),
);

/** A warning and its class. */
export interface Warning {
  code: string;
  message: string;
}

/** NASM's warnings of instructions that processors do not have any more, or never had. */
export function warningOfObsolete(form: Form): Warning | undefined {
  const { mnemonic, opcode } = form;
  if (removed.has(mnemonic) || (opcode.map === 0 && opcode.byte === 0x0f) || (mnemonic === 'ud0' && opcode.digit < 0))
    return { code: 'obsolete-removed', message: 'instruction obsolete and removed from the target CPU' };
  if (mnemonic === 'pcommit')
    return { code: 'obsolete-nop', message: 'instruction never implemented and is a noop on the target CPU' };
  return undefined;
}

/** Near branches, which BND can stand before. */
export function takesBnd(form: Form): boolean {
  const { mnemonic, operands } = form;
  if (/^retn?[wdq]?$/.test(mnemonic)) return true;
  if (mnemonic === 'call' || mnemonic === 'jmp')
    return !operands[0].startsWith('ptr') && !operands[0].startsWith('m16:');
  return mnemonic[0] === 'j' && mnemonic !== 'jmpe' && !mnemonic.endsWith('cxz');
}
