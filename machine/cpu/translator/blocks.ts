import type { Decoded } from '../../../isa/decoded';
import { repeatOf } from '../decode-record';
import { PAGE_SIZE } from '../layout';
import { isString, semanticsOf } from '../semantics/table';

/** How a block ends. */
export type Terminator =
  /** Falls into the block at `next`. */
  | { kind: 'next'; next: number }
  /** A relative branch; `next` is undefined for JMP and CALL. */
  | { kind: 'branch'; taken: number; next: number | undefined }
  /** A target known only at run time: JMP/CALL through a register or memory, RET. */
  | { kind: 'dynamic' }
  /** The instruction at `at` must be interpreted. */
  | { kind: 'interpret'; at: number };

export interface Instruction {
  offset: number;
  decoded: Decoded;
}

/** Straight-line code of one page, entered only at its start. */
export interface Block {
  start: number;
  instructions: Instruction[];
  terminator: Terminator;
}

/** Blocks of a region, and the offsets where it can be entered from outside. */
export interface BlockGraph {
  blocks: Map<number, Block>;
  entries: Set<number>;
}

const MAX_BLOCK = 48;
const MAX_BLOCKS = 120;
const MAX_INSTRUCTIONS = 800;
/** Entries are numbered in 8 bits. */
const MAX_ENTRIES = 200;

/** What an instruction does to control flow. */
type Flow = 'none' | 'branch' | 'jump' | 'call' | 'dynamic' | 'interpret';

export function flowOf(decoded: Decoded): Flow {
  const { form } = decoded;
  if (!semanticsOf(form)) return 'interpret';
  if (isString(form) && repeatOf(decoded) !== 0) return 'interpret';
  const { mnemonic } = form;
  const relative = decoded.operands[0]?.kind === 'relative';
  if (mnemonic === 'call') return relative ? 'call' : 'dynamic';
  if (mnemonic === 'jmp') return relative ? 'jump' : 'dynamic';
  if (mnemonic === 'ret' || mnemonic === 'retn') return 'dynamic';
  return relative ? 'branch' : 'none';
}

/** Relative branches with a 16-bit operand size wrap in CS: their target is computed when they run. */
export const isStatic = (decoded: Decoded): boolean => decoded.form.opcode.operandSize !== 16;

/**
 * Finds the blocks reachable from `start` without leaving the page.
 * @param decodeAt decodes at an offset; undefined where that fails, is not kept, or must be interpreted (a breakpoint)
 */
export function findBlocks(start: number, decodeAt: (offset: number) => Decoded | undefined): BlockGraph {
  const decodedAt = new Map<number, Decoded | undefined>();
  const leaders = new Set([start]);
  const entries = new Set([start]);
  const work = [start];
  let instructions = 0;

  const leader = (offset: number): void => {
    if (offset < 0 || offset >= PAGE_SIZE || leaders.has(offset) || leaders.size >= MAX_BLOCKS) return;
    leaders.add(offset);
    work.push(offset);
  };
  const entry = (offset: number): void => {
    if (entries.size < MAX_ENTRIES && offset < PAGE_SIZE) entries.add(offset);
    leader(offset);
  };

  while (work.length > 0) {
    let at = work.pop()!;
    while (at < PAGE_SIZE && !decodedAt.has(at) && instructions < MAX_INSTRUCTIONS) {
      const decoded = decodeAt(at);
      decodedAt.set(at, decoded);
      if (!decoded) break;
      instructions++;
      const next = at + decoded.length;
      const flow = flowOf(decoded);
      const operand = decoded.operands[0];
      const target = operand?.kind === 'relative' ? next + operand.displacement : -1;
      if (flow === 'none') {
        at = next;
        continue;
      }
      if (flow === 'branch') {
        if (isStatic(decoded)) leader(target);
        else entry(next);
        if (target <= at && leaders.has(target)) entries.add(target);
        leader(next);
      } else if (flow === 'jump') {
        if (isStatic(decoded)) leader(target);
      } else if (flow === 'call') {
        if (isStatic(decoded) && target >= 0) entry(target);
        entry(next);
      } else if (flow === 'interpret') entry(next);
      else if (decoded.form.mnemonic === 'call') entry(next);
      break;
    }
  }
  const blocks = new Map<number, Block>();
  for (const offset of leaders) {
    const block = buildBlock(offset, decodedAt, leaders);
    blocks.set(offset, block);
    // a block cut for its length goes on in another, unless that would be a new leader: then it is left
  }
  return { blocks, entries: new Set([...entries].filter((offset) => blocks.has(offset))) };
}

function buildBlock(start: number, decodedAt: Map<number, Decoded | undefined>, leaders: Set<number>): Block {
  const instructions: Instruction[] = [];
  let at = start;
  for (;;) {
    const decoded = decodedAt.get(at);
    if (!decoded) return { start, instructions, terminator: { kind: 'interpret', at } };
    const flow = flowOf(decoded);
    if (flow === 'interpret') return { start, instructions, terminator: { kind: 'interpret', at } };
    instructions.push({ offset: at, decoded });
    const next = at + decoded.length;
    if (flow !== 'none') {
      const operand = decoded.operands[0];
      if (flow === 'dynamic' || (operand.kind === 'relative' && !isStatic(decoded))) {
        return { start, instructions, terminator: { kind: 'dynamic' } };
      }
      const taken = operand.kind === 'relative' ? next + operand.displacement : -1;
      return { start, instructions, terminator: { kind: 'branch', taken, next: flow === 'branch' ? next : undefined } };
    }
    at = next;
    if (leaders.has(at) || instructions.length >= MAX_BLOCK || at >= PAGE_SIZE) {
      return { start, instructions, terminator: { kind: 'next', next: at } };
    }
  }
}
