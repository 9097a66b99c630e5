/** Floating-point instructions, whose meaning is written in TypeScript, by mnemonic as in isa/table. */
import type { InstructionHelper } from '../cpu';
import { sseControl } from './sse-control';
import { sseInstructions } from './sse-instructions';
import { x87Control } from './x87-control';

export const fpuHelpers: ReadonlyMap<string, InstructionHelper> = new Map([
  ...x87Control,
  ...sseControl,
  ...sseInstructions,
]);
