/** Memory operands as text. */
import type { Decoded, DecodedOperand } from '../../isa/decoded';
import { kindInfo } from '../../isa/operand-kinds';
import { registerName } from '../../isa/registers';
import { isMovdQword, memoryTemplate, needsSize } from './assembler-view';
import type { DisassembleOptions } from './disassemble';
import { hereText, hex, sizeWord } from './number-text';

export type MemoryOperand = Extract<DecodedOperand, { kind: 'memory' }>;

export function memoryText(
  decoded: Decoded,
  operand: MemoryOperand,
  position: number,
  address: bigint,
  options: DisassembleOptions,
): string {
  const { form, prefixes } = decoded;
  const far = form.operands[position].startsWith('m16:') && (form.mnemonic === 'jmp' || form.mnemonic === 'call');
  const word = (far ? 'far ' : '') + sizeText(decoded, operand, position, far, options);
  const segment = prefixes.segment >= 0 ? `${registerName('segment', prefixes.segment)}:` : '';
  return `${word}[${segment}${insideText(decoded, operand, position, address, options)}]`;
}

/** The size keyword, where no register tells the size. */
function sizeText(
  decoded: Decoded,
  operand: MemoryOperand,
  position: number,
  far: boolean,
  options: DisassembleOptions,
): string {
  if (far) return decoded.operandSize === options.bits ? '' : `${sizeWord(decoded.operandSize)} `;
  if (operand.size === 0) return '';
  if (isMovdQword(decoded)) return 'qword ';
  const template = memoryTemplate(decoded.form, position);
  if (template === undefined) return `${sizeWord(operand.size)} `;
  if (template.sizedByRegister && !isStoringSegment(decoded)) return '';
  if (template.size === 0 && template.allowed === 0) return '';
  if (kindInfo(decoded.form.operands[position]).class === 'offset') return '';
  if (template.size === 0 || template.size === operand.size) return `${sizeWord(operand.size)} `;
  return needsSize(decoded.form, position) ? `${sizeWord(template.size)} ` : '';
}

/** MOV of a segment register to memory always stores a word. */
function isStoringSegment(decoded: Decoded): boolean {
  return decoded.form.operands[1] === 'sreg';
}

function insideText(
  decoded: Decoded,
  operand: MemoryOperand,
  position: number,
  address: bigint,
  options: DisassembleOptions,
): string {
  const { base, index } = operand;
  if (base === 16) return relativeText(decoded, operand, address, options);
  if (base < 0 && index < 0) return bareText(decoded, operand, position, options);
  const vector = kindInfo(decoded.form.operands[position]).vsib;
  const general = decoded.addressSize === 16 ? 'gpr16' : decoded.addressSize === 32 ? 'gpr32' : 'gpr64';
  const terms: string[] = [];
  if (base >= 0) terms.push(registerName(general, base));
  if (index >= 0) {
    const name = registerName(vector ?? general, index);
    // A lone register without scale would become the base.
    const scaled = operand.scale !== 1 || (base < 0 && !vector);
    terms.push(scaled ? `${name}*${operand.scale}` : name);
  }
  const split = base < 0 && !vector && operand.scale <= 2 ? 'nosplit ' : '';
  return split + displacementKeyword(decoded, operand) + terms.join('+') + displacementText(operand);
}

function displacementText({ displacement }: MemoryOperand): string {
  if (displacement === 0) return '';
  const value = BigInt(displacement);
  return value < 0n ? hex(value) : `+${hex(value)}`;
}

/** `byte`, `word` or `dword` where the displacement is wider than it need be. */
function displacementKeyword(decoded: Decoded, operand: MemoryOperand): string {
  const { base, displacement, displacementBytes } = operand;
  if (displacementBytes === undefined || base < 0) return '';
  const wide = decoded.addressSize === 16 ? 2 : 4;
  const needsOne = decoded.addressSize === 16 ? base === 5 && operand.index < 0 : (base & 7) === 5;
  const least = displacement === 0 && !needsOne ? 0 : displacement >= -128 && displacement <= 127 ? 1 : wide;
  if (displacementBytes === least) return '';
  return displacementBytes === 1 ? 'byte ' : `${sizeWord(displacementBytes * 8)} `;
}

/** `[rel x]` */
function relativeText(decoded: Decoded, operand: MemoryOperand, address: bigint, options: DisassembleOptions): string {
  const distance = BigInt(decoded.length + operand.displacement);
  const target = BigInt.asUintN(64, address + distance);
  const shrunk = decoded.addressSize === 32 ? 'a32 ' : '';
  const name = options.symbol?.(target);
  if (name !== undefined) return `${shrunk}rel ${name}`;
  return `${shrunk}rel ${options.relativeToHere ? hereText(distance) : hex(target)}`;
}

const accumulators: ReadonlySet<string> = new Set(['al', 'ax', 'eax', 'rax']);

/** A bare address. */
function bareText(decoded: Decoded, operand: MemoryOperand, position: number, options: DisassembleOptions): string {
  const { addressSize, form } = decoded;
  const { bits } = options;
  const value = BigInt.asUintN(
    addressSize,
    (BigInt(operand.displacementHigh) << 32n) | BigInt(operand.displacement >>> 0),
  );
  const name = options.symbol?.(value);
  const text = name ?? hex(value);
  const offset = kindInfo(form.operands[position]).class === 'offset';
  const size = addressSize === bits ? '' : `a${addressSize} `;
  if (offset) return (addressSize === 64 ? 'qword ' : size) + text;
  // The accumulator's own form would be taken, had the address not this odd size.
  if (form.mnemonic === 'mov' && usesAccumulator(decoded) && addressSize !== 64)
    return `${size}${bits === 64 ? 'qword ' : 'byte '}${text}`;
  return size + text;
}

function usesAccumulator(decoded: Decoded): boolean {
  return decoded.operands.some(
    (operand) => operand.kind === 'register' && accumulators.has(registerName(operand.file, operand.index)),
  );
}
