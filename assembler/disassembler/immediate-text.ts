/** Immediate operands as text. */
import type { Decoded, DecodedOperand } from '../../isa/decoded';
import { sizeOfForm } from '../encoder/template';
import { hex, sizeWord } from './number-text';

type ImmediateOperand = Extract<DecodedOperand, { kind: 'immediate' }>;

/** Instructions that have a form with a sign-extended byte too, which the assembler would take for small numbers. */
const withSignedByte: ReadonlySet<string> = new Set('add or adc sbb and sub xor cmp imul push'.split(' '));

/** Shifts have a form for 1. */
const withOne: ReadonlySet<string> = new Set('rol ror rcl rcr shl sal shr sar'.split(' '));

export function immediateText(decoded: Decoded, operand: ImmediateOperand, position: number): string {
  const { form } = decoded;
  const kind = form.operands[position];
  const value = (BigInt(operand.high) << 32n) | BigInt(operand.low >>> 0);
  const size = sizeOfForm(form);
  switch (kind) {
    case 'simm8':
      return prefixedPush(form.mnemonic, decoded.operandSize, decoded) + hex(BigInt.asIntN(8, value));
    case 'imm8':
      return byteKeyword(decoded, value) + hex(BigInt.asUintN(8, value));
    case 'imm16':
    case 'imm32': {
      const bits = kind === 'imm16' ? 16 : 32;
      const small = isSmall(BigInt.asIntN(bits, value));
      const word = withSignedByte.has(form.mnemonic) ? wide(decoded, small, bits) : '';
      return word + hex(BigInt.asUintN(bits, value));
    }
    case 'simm32':
      return signedText(decoded, value, size);
    case 'imm64':
      return (fitsDword(BigInt.asIntN(64, value)) ? 'strict qword ' : '') + hex(BigInt.asUintN(64, value));
    default:
      return hex(BigInt.asUintN(64, value));
  }
}

/** Keywords that select the encoding: shifts by 1 have one of their own, and PEXTRW to a register has two. */
function byteKeyword({ form, operands }: Decoded, value: bigint): string {
  if (withOne.has(form.mnemonic)) return value === 1n ? 'strict byte ' : '';
  const wordOfVector = form.mnemonic === 'pextrw' && form.opcode.map === 3 && operands[0].kind === 'register';
  return wordOfVector ? 'byte ' : '';
}

function isSmall(value: bigint): boolean {
  return value >= -128n && value <= 127n;
}

/** MOV of a 64-bit register takes a shorter form for these. */
function fitsDword(value: bigint): boolean {
  return value >= -0x80000000n && value <= 0xffffffffn;
}

/** Keywords for a full-width immediate: `strict` where a byte would do; the size where PUSH needs it. */
function wide(decoded: Decoded, small: boolean, bits: number): string {
  const { mnemonic } = decoded.form;
  if (small) return `strict ${sizeWord(bits)} `;
  return mnemonic === 'push' ? `${sizeWord(bits)} ` : '';
}

function prefixedPush(mnemonic: string, size: number, decoded: Decoded): string {
  if (mnemonic !== 'push') return '';
  return decoded.prefixes.operandSize ? `${sizeWord(size)} ` : '';
}

/** A 32-bit immediate of a 64-bit operation. */
function signedText(decoded: Decoded, value: bigint, size: number): string {
  const { form } = decoded;
  const signed = BigInt.asIntN(64, value);
  if (form.mnemonic === 'mov' && decoded.operands[0].kind === 'register') return `dword ${hex(signed)}`;
  if (withSignedByte.has(form.mnemonic) && isSmall(signed)) return `strict ${sizeWord(size)} ${hex(signed)}`;
  return hex(signed);
}
