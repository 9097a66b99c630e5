/** Decoded instructions as NASM source: text that assembles to the same instruction. */
import type { Decoded, DecodedOperand } from '../../isa/decoded';
import { registerName, segmentRegisters } from '../../isa/registers';

export interface DisassembleOptions {
  /** A name for an address, put in place of the number: `func+0x10`. */
  name?: (address: bigint) => string | undefined;
}

const sizeWords: Readonly<Record<number, string>> = {
  8: 'byte ',
  16: 'word ',
  32: 'dword ',
  64: 'qword ',
  80: 'tword ',
  128: 'oword ',
  256: 'yword ',
};

const hex = (value: bigint): string => (value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);

type Memory = Extract<DecodedOperand, { kind: 'memory' }>;

/** Default segment of an address: SS with rBP or rSP as base, else DS. */
function defaultSegment(memory: Memory): number {
  return memory.base === 4 || memory.base === 5 ? 2 : 3;
}

function memoryText(decoded: Decoded, memory: Memory, address: bigint, options: DisassembleOptions): string {
  const { addressSize, prefixes, length } = decoded;
  const file = addressSize === 64 ? 'gpr64' : addressSize === 32 ? 'gpr32' : 'gpr16';
  const displacement = (BigInt(memory.displacementHigh) << 32n) | BigInt(memory.displacement >>> 0);
  const segment =
    prefixes.segment >= 0 && memory.segment !== defaultSegment(memory) ? `${segmentRegisters[memory.segment]}:` : '';
  if (memory.base === 16) {
    const target = BigInt.asUintN(64, address + BigInt(length) + displacement);
    return `[${segment}rel ${options.name?.(target) ?? hex(target)}]`;
  }
  const parts: string[] = [];
  if (memory.base >= 0) parts.push(registerName(file, memory.base));
  if (memory.index >= 0) {
    parts.push(registerName(file, memory.index) + (memory.scale > 1 || memory.base < 0 ? `*${memory.scale}` : ''));
  }
  if (parts.length === 0) {
    const at = BigInt.asUintN(addressSize, displacement);
    return `[${segment}${addressSize === 64 ? 'abs ' : ''}${options.name?.(at) ?? hex(at)}]`;
  }
  const signed = BigInt.asIntN(addressSize, displacement);
  const tail = signed === 0n ? '' : signed < 0n ? hex(signed) : `+${hex(signed)}`;
  return `[${segment}${parts.join('+')}${tail}]`;
}

/** Whether the size of a memory operand follows from another operand, a register of its size. */
function sizeIsKnown(decoded: Decoded, size: number): boolean {
  return decoded.operands.some(
    (other, i) =>
      other.kind === 'register' &&
      decoded.form.operands[i] !== 'cl' &&
      new RegExp(`(?:^|[a-z])${size}$`).test(decoded.form.operands[i] ?? '') &&
      !decoded.form.operands[i].includes('m'),
  );
}

function operandText(decoded: Decoded, operand: DecodedOperand, address: bigint, options: DisassembleOptions): string {
  switch (operand.kind) {
    case 'register':
      return registerName(operand.file, operand.index);
    case 'memory': {
      const word = operand.size > 0 && !sizeIsKnown(decoded, operand.size) ? (sizeWords[operand.size] ?? '') : '';
      return word + memoryText(decoded, operand, address, options);
    }
    case 'immediate': {
      const value = (BigInt(operand.high) << 32n) | BigInt(operand.low >>> 0);
      const bits = operand.size || 64;
      const signed = BigInt.asIntN(64, value);
      if (signed < 0n && signed >= -0x80n) return hex(signed);
      return hex(BigInt.asUintN(bits === 8 ? Math.max(decoded.operandSize, 8) : bits, value));
    }
    case 'relative': {
      const bits = decoded.operandSize === 16 ? 16 : decoded.form.opcode.operandSize === 32 ? 32 : 64;
      const target = BigInt.asUintN(bits, address + BigInt(decoded.length + operand.displacement));
      return options.name?.(target) ?? hex(target);
    }
    case 'far':
      return `0x${operand.selector.toString(16)}:0x${(operand.offset >>> 0).toString(16)}`;
  }
}

function prefixText({ prefixes, form }: Decoded): string {
  let text = prefixes.lock ? 'lock ' : '';
  if (form.repeat !== 'none' && prefixes.repeat === 0xf3) text += form.repeat === 'repe' ? 'repe ' : 'rep ';
  else if (form.repeat !== 'none' && prefixes.repeat === 0xf2) text += 'repne ';
  const hasMemory = form.operands.some((kind) => kind.includes('m'));
  if (form.operands.length === 0 && prefixes.segment >= 0 && !hasMemory && form.repeat !== 'none') {
    text += `${segmentRegisters[prefixes.segment]} `;
  }
  return text;
}

/**
 * One instruction in NASM's syntax, lower case.
 * @param address of its first byte: relative targets are shown as addresses
 */
export function disassemble(decoded: Decoded, address: bigint, options: DisassembleOptions = {}): string {
  const operands = decoded.operands.map((operand) => operandText(decoded, operand, address, options));
  const text = prefixText(decoded) + decoded.form.mnemonic;
  return operands.length > 0 ? `${text} ${operands.join(', ')}` : text;
}
