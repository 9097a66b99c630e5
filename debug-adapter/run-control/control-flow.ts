import type { Registers, Target } from '../../hypervisor/target';
import type { Decoded } from '../../isa/decoded';
import { instructionPointer, littleEndian, stackPointer } from '../inspect/addresses';

/** Reads the instruction at the start of some bytes; `undefined` where they are none. */
export type InstructionReader = (bytes: Uint8Array, bits: 16 | 32 | 64) => Decoded | undefined;

/** What an instruction does to the flow of control, as far as stepping cares. */
export type FlowKind =
  | 'plain'
  | 'jump'
  /** Comes back behind itself: CALL. */
  | 'call'
  /** The same through a gate: INT n, INT3, SYSCALL, SYSENTER, VMCALL. */
  | 'interrupt'
  /** A string instruction with a repeat prefix: each iteration retires on its own. */
  | 'repeat'
  | 'return';

export interface Flow {
  readonly kind: FlowKind;
  /** Bytes; 0 where there is no instruction to read. */
  readonly length: number;
  /** Linear address of the instruction. */
  readonly address: bigint;
  /** Linear address behind the instruction. */
  readonly fallThrough: bigint;
  /** Linear addresses where control can be next if nothing interrupts; `undefined` where that cannot be told beforehand. */
  readonly successors: readonly bigint[] | undefined;
}

const LONGEST_INSTRUCTION = 15;

const interrupts = new Set(['int', 'int3', 'int1', 'icebp', 'into', 'syscall', 'sysenter']);
const returns = new Set(['ret', 'retn', 'retf', 'iret', 'iretw', 'iretd', 'iretq', 'sysret', 'sysexit', 'rsm']);

/** Whether a mnemonic returns from a procedure or handler. */
export function isReturn(decoded: Decoded): boolean {
  return returns.has(decoded.form.mnemonic);
}

/** Whether it calls a procedure: near or far. */
export function isCall(decoded: Decoded): boolean {
  return decoded.form.mnemonic === 'call';
}

function kindOf(decoded: Decoded): FlowKind {
  const { mnemonic, repeat } = decoded.form;
  if (mnemonic === 'call') return 'call';
  if (interrupts.has(mnemonic)) return 'interrupt';
  if (returns.has(mnemonic)) return 'return';
  if (repeat !== 'none' && decoded.prefixes.repeat !== 0) return 'repeat';
  const first = decoded.operands[0]?.kind;
  if (first === 'relative' || first === 'far' || mnemonic === 'jmp') return 'jump';
  return 'plain';
}

/** How the instruction that a CPU is about to execute goes on. */
export function flowAt(target: Target, read: InstructionReader, registers: Registers, cpu = 0): Flow {
  const address = instructionPointer(registers);
  const decoded = read(target.readVirtual(address, LONGEST_INSTRUCTION, cpu), registers.codeBits);
  if (!decoded) return { kind: 'plain', length: 0, address, fallThrough: address, successors: undefined };
  const kind = kindOf(decoded);
  const linear = (offset: bigint, bits: number) => linearOf(registers, BigInt.asUintN(bits, offset));
  const next = registers.rip + BigInt(decoded.length);
  const fallThrough = linear(next, registers.codeBits);
  const flow = { kind, length: decoded.length, address, fallThrough };

  if (kind === 'repeat') return { ...flow, successors: [address, fallThrough] };
  if (kind === 'plain') return { ...flow, successors: [fallThrough] };
  const operand = decoded.operands[0];
  if (operand?.kind === 'relative') {
    // With a 16-bit operand size the target is cut to 16 bits (SDM 2A, JMP).
    const bits = registers.codeBits === 64 ? 64 : decoded.operandSize;
    const target = linear(next + BigInt(operand.displacement), bits);
    const always = decoded.form.mnemonic === 'jmp' || kind === 'call';
    return { ...flow, successors: always ? [target] : [fallThrough, target] };
  }
  if (decoded.form.mnemonic === 'ret' || decoded.form.mnemonic === 'retn') {
    const bits = registers.codeBits === 64 && decoded.operandSize !== 16 ? 64 : decoded.operandSize;
    const bytes = target.readVirtual(stackPointer(registers), bits / 8, cpu);
    if (bytes.length === bits / 8) return { ...flow, successors: [linear(littleEndian(bytes), bits)] };
  }
  return { ...flow, successors: undefined };
}

function linearOf(registers: Registers, offset: bigint): bigint {
  return registers.codeBits === 64 ? offset : BigInt.asUintN(32, registers.segments[1]!.base + offset);
}
