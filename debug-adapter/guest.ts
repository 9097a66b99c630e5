import type { Registers, Stop, Target, VmcsFieldValue } from '../hypervisor/target';
import { hex, instructionPointer } from './inspect/addresses';
import { CallStack } from './inspect/call-stack';
import { Disassembly } from './inspect/disassembly';
import type { EvaluationContext } from './inspect/expression';
import type { LoadedProgram } from './program/load-program';
import { baseName } from './program/paths';
import type { RunHooks } from './run-control/execution';
import type { CodeLines } from './run-control/forward';
import { RunController } from './run-control/run-controller';
import type { Toolchain } from './toolchain';

/** What was to be seen at a stop: kept so that the next one can tell what changed. */
export interface Seen {
  readonly registers: Registers;
  readonly vmcs: VmcsFieldValue[] | undefined;
}

/** A guest under the debugger: the target, its program, and what is asked of both together. Knows nothing of the protocol. */
export class Guest {
  readonly controller: RunController;
  readonly callStack: CallStack;
  /** What was to be seen at the last stop and at the one before, by vCPU. */
  #now: Seen[] = [];
  #before: Seen[] = [];

  constructor(
    readonly target: Target,
    readonly program: LoadedProgram,
    readonly tools: Toolchain,
    hooks: RunHooks,
  ) {
    const { lines } = program;
    this.callStack = new CallStack(target, tools.read, (address) => lines.entryAt(address) !== undefined);
    const code: CodeLines = {
      lineAt: (address) => {
        const line = lines.lineAt(address);
        return line && `${line.file}:${line.line}`;
      },
      startsLine: (address) => lines.startsLine(address),
      returns: lines.returns,
      callers: (cpu) =>
        this.callStack
          .frames(cpu)
          .slice(1)
          .map((frame) => ({ returnAddress: frame.address, slot: frame.slot! })),
    };
    this.controller = new RunController(target, tools.read, code, hooks);
    this.noteStop();
  }

  /** Threads are vCPUs, counted from 1. */
  get threadIds(): number[] {
    return Array.from({ length: this.target.cpus }, (_, i) => i + 1);
  }

  /** Remembers what is to be seen at this stop. */
  noteStop(): void {
    this.#before = this.#now;
    this.#now = this.threadIds.map((id) => ({
      registers: this.target.registers(id - 1),
      vmcs: this.target.vmcs(id - 1),
    }));
  }

  /** What was to be seen at the stop before this one. */
  before(cpu: number): Seen | undefined {
    return this.#before[cpu];
  }

  registers(cpu: number): Registers {
    return this.target.registers(cpu);
  }

  /** Symbol and offset of a linear address, where the program has one near. */
  name(address: bigint, reach?: bigint): string | undefined {
    const assembled = this.program.lines.toAssembled(address) ?? address;
    return this.program.symbols.describe(assembled, reach);
  }

  /** The label exactly at a linear address. */
  labelAt(address: bigint): string | undefined {
    return this.program.symbols.at(this.program.lines.toAssembled(address) ?? address);
  }

  /** A linear address for a person: `0x7c3e print_string+0x2 (kernel.asm:210)`. */
  describe(address: bigint): string {
    const line = this.program.lines.lineAt(address);
    const name = this.name(address);
    return hex(address) + (name ? ` ${name}` : '') + (line ? ` (${baseName(line.file)}:${line.line + 1})` : '');
  }

  /** NASM syntax of the instruction that a vCPU is about to execute. */
  currentInstruction(cpu: number): string {
    const registers = this.registers(cpu);
    const address = instructionPointer(registers);
    const bytes = this.target.readVirtual(address, 15, cpu);
    if (!this.tools.read(bytes, registers.codeBits)) return bytes.length === 0 ? 'not mapped' : 'no valid instruction';
    return this.disassembleOne(bytes, address, registers.codeBits);
  }

  /** NASM syntax of the instruction at a linear address, in code of the present size. */
  disassembleAt(address: bigint, cpu: number): string {
    const { codeBits } = this.registers(cpu);
    const bits = this.program.lines.entryAt(address)?.bits ?? codeBits;
    const bytes = this.target.readVirtual(address, 15, cpu);
    return this.tools.read(bytes, bits) ? this.disassembleOne(bytes, address, bits) : 'code that cannot be read';
  }

  disassembleOne(bytes: Uint8Array, address: bigint, bits: 16 | 32 | 64): string {
    return this.tools.disassemble(bytes, address, bits, (a) => this.labelAt(a));
  }

  disassembly(cpu: number): Disassembly {
    const { target, tools, program } = this;
    const known = (address: bigint) => program.lines.startsLine(address);
    return new Disassembly(tools.read, (address, length) => target.readVirtual(address, length, cpu), known);
  }

  evaluationContext(cpu: number, stop?: Stop): EvaluationContext {
    const { target, program } = this;
    const registers = target.registers(cpu);
    const here = instructionPointer(registers);
    return {
      registers,
      symbol: (name) => program.symbols.find(name, program.lines.toAssembled(here) ?? here)?.value,
      named: (name) => stopValue(stop, name),
      readLinear: (address, length) => target.readVirtual(address, length, cpu),
      readPhysical: (address, length) =>
        target.readPhysical(address, Math.max(0, Math.min(length, target.memorySize - address))),
    };
  }
}

/** Names that a condition on a VM exit, or on an exception, may use. */
function stopValue(stop: Stop | undefined, name: string): bigint | undefined {
  if (stop?.kind === 'exception') {
    const { vector, errorCode = 0, address = 0n } = stop;
    return { vector: BigInt(vector), error_code: BigInt(errorCode), address }[name];
  }
  if (stop?.kind !== 'exit') return undefined;
  const { record } = stop;
  const values: Record<string, bigint | undefined> = {
    qualification: record.qualification,
    gla: record.guestLinear,
    gpa: record.guestPhysical === undefined ? undefined : BigInt(record.guestPhysical),
    reason: BigInt(record.reasonCode),
    exit_rip: record.rip,
  };
  return values[name];
}
