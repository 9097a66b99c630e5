import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Registers, Stop, Watchpoint } from '../../hypervisor/target';
import type { Guest } from '../guest';
import { Gpr, hex, instructionPointer, linearAddress, Segment, stackBits } from '../inspect/addresses';
import { evaluate } from '../inspect/expression';
import { RequestError } from './request-error';

/** A stretch of linear memory; its id is `0x7e00/8`: address, and length in bytes. */
interface Stretch {
  readonly address: bigint;
  readonly length: number;
}

/** A data breakpoint as the session keeps it. */
export interface DataBreakpoint {
  readonly id: number;
  readonly watchpoint: Watchpoint;
  readonly condition?: string;
}

type Info = NonNullable<DebugProtocol.DataBreakpointInfoResponse['body']>;

/** Bytes that one data breakpoint may watch: more is a mistake. */
const MOST_BYTES = 16 * 1024 * 1024;
const ACCESS_TYPES: DebugProtocol.DataBreakpointAccessType[] = ['write', 'read', 'readWrite'];

/** Registers whose value is an offset into the stack segment. */
const STACK_REGISTERS: Readonly<Record<string, number>> = { rsp: Gpr.Rsp, rbp: Gpr.Rbp };

/** Where a register points: a linear address. */
function pointedAt(registers: Registers, name: string, value: bigint): bigint {
  const register = name.toLowerCase();
  if (register === 'rip') return instructionPointer(registers);
  const stack = STACK_REGISTERS[register];
  if (stack === undefined) return value;
  return linearAddress(registers, Segment.Ss, registers.gpr[stack]!, stackBits(registers));
}

/**
 * What a data breakpoint on an expression would watch: the memory that it names (`word [count]`), that a register points at, or that
 * begins at its value, as with a label or a number.
 * @param name an expression; of a variable, that which gives its value
 * @param bytes to watch; by default as many as the expression reads, else as an address of the running code has
 */
export function dataBreakpointInfo(guest: Guest, cpu: number, name: string, bytes?: number, asAddress = false): Info {
  const context = guest.evaluationContext(cpu);
  const { value, width, location, register } = evaluate(name, context);
  if (location?.physical) {
    return { dataId: null, description: 'physical memory cannot be watched: accesses are seen by linear address' };
  }
  if (register !== undefined && (width ?? 0) < 16) {
    return { dataId: null, description: `${name} is no address: there is no memory that it points at` };
  }
  const named = location !== undefined && !asAddress;
  const address = named ? location.address : register ? pointedAt(context.registers, register, value) : value;
  // VS Code 1.100 gives the length of a range `start - end` as a negative number
  const length = (bytes && Math.abs(bytes)) ?? (named ? (width ?? 8) / 8 : context.registers.codeBits / 8);
  if (!Number.isSafeInteger(length) || length < 1 || length > MOST_BYTES) {
    throw new RequestError(`dataBreakpointInfo: ${length} bytes cannot be watched: between 1 and ${MOST_BYTES} can`);
  }
  const what = named || /^(0x)?[0-9a-f]+$/i.test(name) ? '' : register ? ` that ${name} points at` : ` at ${name}`;
  return {
    dataId: `${hex(address)}/${length}`,
    description: `${length} byte${length === 1 ? '' : 's'}${what}: ${guest.describe(address)}`,
    accessTypes: ACCESS_TYPES,
    // the addresses of symbols and registers are others the next time
    canPersist: asAddress,
  };
}

function parseDataId(text: string): Stretch | undefined {
  const found = /^0x([0-9a-f]{1,16})\/(\d{1,8})$/.exec(text);
  const length = Number(found?.[2]);
  if (!found || length < 1 || length > MOST_BYTES) return undefined;
  return { address: BigInt(`0x${found[1]}`), length };
}

/** A data breakpoint as a client gives it; what is wrong with it instead where it cannot be set. */
export function dataBreakpoint(id: number, given: DebugProtocol.DataBreakpoint): DataBreakpoint | string {
  const stretch = parseDataId(given.dataId);
  if (!stretch) return `\`${given.dataId}\` is no id of dataBreakpointInfo`;
  const access = given.accessType ?? 'write';
  if (!ACCESS_TYPES.includes(access)) return `\`${access}\` is no access: write, read, readWrite are`;
  const condition = given.condition?.trim();
  const watchpoint = { ...stretch, reads: access !== 'write', writes: access !== 'read' };
  return { id, watchpoint, ...(condition && { condition }) };
}

/** Whether an access was one that a data breakpoint waits for. */
export function meets({ watchpoint }: DataBreakpoint, stop: Extract<Stop, { kind: 'watchpoint' }>): boolean {
  const { address, length, reads, writes } = watchpoint;
  const inside = stop.address >= address && stop.address < address + BigInt(length);
  return inside && (stop.access === 'write' ? writes : reads);
}
