/** Floating-point instructions, whose meaning is written in TypeScript, by mnemonic as in isa/table. */
import type { InstructionHelper } from '../cpu';
import { sseApproximations } from './sse-approximations';
import { sseControl } from './sse-control';
import { sseInstructions } from './sse-instructions';
import { sseStrings } from './sse-strings';
import { x87Arithmetic } from './x87-arithmetic';
import { x87Comparisons } from './x87-compare';
import { x87Control } from './x87-control';
import { x87Environment } from './x87-environment';
import { x87Moves } from './x87-moves';
import { x87Transcendental } from './x87-transcendental';

export const fpuHelpers: ReadonlyMap<string, InstructionHelper> = new Map([
  ...x87Control,
  ...x87Environment,
  ...x87Moves,
  ...x87Arithmetic,
  ...x87Comparisons,
  ...x87Transcendental,
  ...sseControl,
  ...sseInstructions,
  ...sseApproximations,
  ...sseStrings,
]);
