/**
 * What matching depends on, as a number: two instructions of one mnemonic with equal shapes match the same template. So the
 * choice is made once for a shape; programs have few.
 */

import { findTemplate, type MatchRequest, type MatchResult } from './match';
import type { ClassedOperand } from './operand-class';
import type { Template } from './template';

const sizeIndex: Record<number, number> = { 0: 0, 8: 1, 16: 2, 32: 3, 64: 4, 80: 5, 128: 6, 256: 7, 512: 8 };

/** Below 4096. */
export function operandShape(operand: ClassedOperand): number {
  const { register } = operand;
  if (register !== undefined) return register.id;
  const size = sizeIndex[operand.size];
  const distance = operand.far ? 3 : operand.near ? 2 : operand.short ? 1 : 0;
  // Immediates have the classes of bits 3 to 8, memory those from bit 20.
  if (operand.isMemory)
    return 0x800 | ((operand.class >> 20) & 1) | ((operand.class >> 21) & 6) | (size << 3) | (distance << 7);
  if (operand.parsed.kind === 'far') return 0xc00 | size;
  return 0x1000 | ((operand.class >> 3) & 63) | (size << 6) | (distance << 10);
}

/** The shape of all operands, -1 where there are too many or the result depends on more. */
function shapeOf(operands: readonly ClassedOperand[]): number {
  if (operands.length > 3) return -1;
  let shape = 0;
  for (let i = 0; i < operands.length; i++) {
    if (operands[i].to) return -1;
    shape = shape * 0x2000 + operandShape(operands[i]);
  }
  return shape;
}

const cache = new WeakMap<readonly Template[], Map<number, MatchResult>[]>();

/** Is the choice among these a matter of shape alone? */
function isShapely(templates: readonly Template[]): boolean {
  return !templates.some((template) => template.shortJump);
}

/** As {@link findTemplate}, remembering. */
export function findByShape(request: MatchRequest): MatchResult {
  const { templates, bits, optimizing, encodingHint } = request;
  if (encodingHint !== '' || request.cpu !== undefined || request.elided) return findTemplate(request);
  let maps = cache.get(templates);
  if (maps === undefined) {
    maps = isShapely(templates) ? Array.from({ length: 6 }, () => new Map()) : [];
    cache.set(templates, maps);
  }
  if (maps.length === 0) return findTemplate(request);
  const shape = shapeOf(request.operands);
  if (shape < 0) return findTemplate(request);
  const map = maps[(bits >> 5) + (optimizing ? 3 : 0)];
  const known = map.get(shape);
  if (known !== undefined) return known;
  const found = findTemplate(request);
  map.set(shape, found);
  return found;
}
