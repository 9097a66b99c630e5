/**
 * Decoded instructions to NASM text, lower case, numbers in hexadecimal. The text assembles to the same bytes again: where
 * the assembler would choose another encoding, a keyword says which one it was (`strict`, `byte`, `near`, `o16`, `{vex3}`).
 */
import type { Decoded, DecodedOperand } from '../../isa/decoded';
import { registerName } from '../../isa/registers';
import { isMovdQword } from './assembler-view';
import { immediateText } from './immediate-text';
import { type MemoryOperand, memoryText } from './memory-text';
import { hereText, hex, sizeWord } from './number-text';
import { prefixText } from './prefix-text';

export interface DisassembleOptions {
  /** Code size in bits: CS.D or CS.L. */
  bits: 16 | 32 | 64;
  /**
   * Write RIP-relative addresses as `[rel $+0x10]`, which assembles anywhere. Else as `[rel 0x401000]`, which says more to a
   * reader and which NASM takes for an absolute address.
   */
  relativeToHere?: boolean;
  /** A name for an address, put in place of the number. */
  symbol?: (address: bigint) => string | undefined;
}

/**
 * @param address linear or segment-relative address of the instruction: branch targets are computed from it
 */
export function disassemble(decoded: Decoded, address: bigint, options: DisassembleOptions): string {
  const operands = decoded.operands.map((operand, i) => operandText(decoded, operand, i, address, options));
  arrange(decoded, operands);
  const head = prefixText(decoded, options.bits) + (isMovdQword(decoded) ? 'movd' : decoded.form.mnemonic);
  return operands.length === 0 ? head : `${head} ${operands.join(',')}`;
}

/** Puts operands as the assembler has to be told to make these bytes. */
function arrange(decoded: Decoded, operands: string[]): void {
  const { form } = decoded;
  const [first, second] = decoded.operands;
  // XCHG's registers stand the other way round in the table than NASM encodes them.
  if (form.mnemonic === 'xchg' && form.operandEncoding === 'MR' && first.kind === 'register') operands.reverse();
  // Of the two encodings of `fadd st0, st0`, the one that begins with D8 has one operand.
  if (form.opcode.space === 'legacy' && form.opcode.map === 0 && form.opcode.byte === 0xd8 && operands.length === 2) {
    if (second.kind === 'register' && second.index === 0) operands.shift();
  }
}

function operandText(
  decoded: Decoded,
  operand: DecodedOperand,
  position: number,
  address: bigint,
  options: DisassembleOptions,
): string {
  switch (operand.kind) {
    case 'register':
      return registerName(operand.file, operand.index);
    case 'memory':
      return memoryText(decoded, operand as MemoryOperand, position, address, options);
    case 'immediate':
      return immediateText(decoded, operand, position);
    case 'relative':
      return branchText(decoded, operand, address, options);
    case 'far':
      return farText(decoded, operand, options);
  }
}

/** The target address, with the word that selects this encoding. */
function branchText(
  decoded: Decoded,
  operand: Extract<DecodedOperand, { kind: 'relative' }>,
  address: bigint,
  options: DisassembleOptions,
): string {
  const { form, operandSize } = decoded;
  const { mnemonic } = form;
  const target = branchTarget(decoded, operand.displacement, address);
  const name = options.symbol?.(target);
  const jump = mnemonic === 'jmp' || (mnemonic[0] === 'j' && !mnemonic.endsWith('cxz'));
  let word = jump ? (operand.size === 8 ? 'short ' : 'near ') : '';
  if (operand.size !== 8 && operandSize !== options.bits) word += `${sizeWord(operandSize)} `;
  if (name !== undefined) return word + name;
  if (options.relativeToHere) return word + hereText(BigInt(decoded.length + operand.displacement));
  return word + hex(target);
}

/** Where a relative branch goes: the sum is cut to the operand size. */
export function branchTarget(decoded: Decoded, displacement: number, address: bigint): bigint {
  const sum = address + BigInt(decoded.length + displacement);
  return BigInt.asUintN(decoded.operandSize, sum);
}

function farText(
  decoded: Decoded,
  operand: Extract<DecodedOperand, { kind: 'far' }>,
  options: DisassembleOptions,
): string {
  const word = decoded.operandSize === options.bits ? '' : `${sizeWord(decoded.operandSize)} `;
  return `${word}${hex(BigInt(operand.selector))}:${hex(BigInt(operand.offset))}`;
}
