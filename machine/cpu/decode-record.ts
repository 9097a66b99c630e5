import type { Decoded, DecodedOperand } from '../../isa/decoded';
import type { CpuState } from './cpu-state';
import type { InterpreterModule } from './interpreter';
import { Record as DecodedRecord, Handler, Segment, State } from './layout';
import { isString } from './semantics/table';

const ADDRESS_MASK = { 16: [0xffff, 0], 32: [-1, 0], 64: [-1, -1] } as const;

/** The REP prefix of a string instruction as its handler takes it: MOVS, STOS and LODS know only one kind. */
export function repeatOf(decoded: Decoded): 0 | 0xf2 | 0xf3 {
  if (decoded.form.repeat === 'none' || decoded.prefixes.repeat === 0) return 0;
  return decoded.form.repeat === 'rep' ? 0xf3 : decoded.prefixes.repeat;
}

/** The memory operand, if there is one. */
export function memoryOperand(decoded: Decoded): Extract<DecodedOperand, { kind: 'memory' }> | undefined {
  for (const operand of decoded.operands) if (operand.kind === 'memory') return operand;
  return undefined;
}

/** Address of the state slot that holds a register operand. */
export function registerSlot(operand: Extract<DecodedOperand, { kind: 'register' }>): number {
  if (operand.file === 'gpr8high') return State.gpr + 8 * operand.index + 1;
  if (operand.file === 'xmm') return State.xmm + 16 * operand.index;
  if (operand.file === 'mm') return State.x87 + 16 * operand.index; // physical registers: TOP does not matter
  return operand.file.startsWith('gpr') ? State.gpr + 8 * operand.index : State.zero;
}

/** Whether the handler of a decoded instruction is one for a memory operand. */
export const usesMemory = (decoded: Decoded): boolean => memoryOperand(decoded) !== undefined || isString(decoded.form);

/**
 * Fills a record for the interpreter.
 * @param offset of the instruction in its page
 */
export function fillRecord(
  state: CpuState,
  record: number,
  decoded: Decoded,
  offset: number,
  module: InterpreterModule,
): void {
  const { u8, u16, u32, i32 } = state;
  const at = record >>> 2;
  const handler = module.handlerOf(decoded.form, usesMemory(decoded), isString(decoded.form) ? repeatOf(decoded) : 0);
  u16[(record + DecodedRecord.handler) >>> 1] = handler;
  u16[(record + DecodedRecord.interpret) >>> 1] = handler;
  u8[record + DecodedRecord.length] = decoded.length;
  const mask = ADDRESS_MASK[decoded.addressSize];
  i32[at + (DecodedRecord.addressMask >>> 2)] = mask[0];
  i32[at + (DecodedRecord.addressMask >>> 2) + 1] = mask[1];
  if (handler === Handler.Helper) return;
  decoded.operands.forEach((operand, i) => {
    switch (operand.kind) {
      case 'register':
        u32[at + (DecodedRecord.operand >>> 2) + i] = registerSlot(operand);
        break;
      case 'immediate':
        i32[at + (DecodedRecord.immediate >>> 2)] = operand.low;
        i32[at + (DecodedRecord.immediate >>> 2) + 1] = operand.high;
        break;
      case 'relative': {
        const target = offset + decoded.length + operand.displacement;
        i32[at + (DecodedRecord.target >>> 2)] = target;
        i32[at + (DecodedRecord.displacement >>> 2)] = target;
        i32[at + (DecodedRecord.displacement >>> 2) + 1] = Math.floor(target / 4294967296);
        break;
      }
      case 'memory': {
        let displacement = operand.displacement;
        let high = operand.displacementHigh;
        if (operand.base === 16) {
          const sum = operand.displacement + offset + decoded.length;
          displacement = sum | 0;
          high = Math.floor(sum / 4294967296);
        }
        u32[at + (DecodedRecord.base >>> 2)] =
          operand.base === 16 ? State.linearPage : operand.base < 0 ? State.zero : State.gpr + 8 * operand.base;
        u32[at + (DecodedRecord.index >>> 2)] = operand.index < 0 ? State.zero : State.gpr + 8 * operand.index;
        u8[record + DecodedRecord.scale] = Math.log2(operand.scale);
        i32[at + (DecodedRecord.displacement >>> 2)] = displacement;
        i32[at + (DecodedRecord.displacement >>> 2) + 1] = high;
        u32[at + (DecodedRecord.segment >>> 2)] = State.segmentBase + 8 * operand.segment;
        break;
      }
      default:
        break;
    }
  });
  // strings, XLAT and MASKMOVQ address memory by registers that are no operands
  if (memoryOperand(decoded) === undefined) {
    const segment = decoded.prefixes.segment < 0 ? Segment.DS : decoded.prefixes.segment;
    u32[at + (DecodedRecord.segment >>> 2)] = State.segmentBase + 8 * segment;
  }
}
