import { littleEndian, stackBits, stackPointer } from '../inspect/addresses';
import { type Flow, flowAt, type InstructionReader } from './control-flow';
import type { Execution, Halt } from './execution';

/** What stepping has to know of the program. */
export interface CodeLines {
  /** Names the source line that made the code at a linear address; `undefined` where there is no source. */
  lineAt(address: bigint): string | undefined;
  /** The address is that of the first instruction which its line made there. */
  startsLine(address: bigint): boolean;
  /** Linear addresses of all return instructions. */
  readonly returns: readonly bigint[];
  /** Where the procedure that a CPU is in may return to, nearest first. */
  callers(cpu: number): readonly { returnAddress: bigint; slot: bigint }[];
}

/** Bytes of the stack above its pointer that are remembered to tell a procedure's own return from a later one. */
const REMEMBERED_STACK = 16 * 1024;
/** Interrupts taken in front of one instruction before a step over them gives up and stops in the handler. */
const PATIENCE = 10_000;

/**
 * Steps into the future: by instruction or by source line, into or over calls, and out of a procedure. A step is of one CPU;
 * the others run on meanwhile, as their turns come.
 */
export class Forward {
  constructor(
    private readonly execution: Execution,
    private readonly read: InstructionReader,
    private readonly lines: CodeLines,
  ) {}

  async continue(): Promise<Halt> {
    const halt = await this.execution.run({});
    return halt === 'goal' ? { kind: 'pause' } : halt;
  }

  /**
   * One instruction. `over` takes a call, a software interrupt or a repeated string instruction as one, and also lets an
   * interrupt or fault that comes in between run its handler to the end.
   */
  async stepInstruction(over: boolean, cpu: number): Promise<Halt> {
    const { execution } = this;
    for (let tries = 0; ; tries++) {
      const flow = this.#flow(cpu);
      const level = stackPointer(execution.target.registers(cpu));
      const halt = await this.#oneInstruction(flow, over, cpu);
      if (halt.kind !== 'step' || !over || tries >= PATIENCE) return halt;
      const here = execution.timeline.position(cpu).address;
      if (flow.successors === undefined || here === flow.fallThrough || flow.successors.includes(here)) return halt;
      if (flow.kind === 'call' || flow.kind === 'interrupt') return halt;
      // Neither behind the instruction nor at its target: a handler was entered in front of it. Let it come back.
      const addresses = [flow.address, ...flow.successors];
      const back = await execution.run({ addresses, reached: (at) => stackPointer(at) === level }, cpu);
      if (back !== 'goal') return back;
      if (execution.timeline.position(cpu).address !== flow.address) return { kind: 'step' };
    }
  }

  /** To the next source line. Without source at the present place it is an instruction step. */
  async stepLine(over: boolean, cpu: number): Promise<Halt> {
    const { execution, lines } = this;
    const from = lines.lineAt(execution.timeline.position(cpu).address);
    for (;;) {
      const flow = this.#flow(cpu);
      const halt = await this.stepInstruction(over || flow.kind === 'repeat', cpu);
      if (halt.kind !== 'step' || from === undefined) return halt;
      const here = execution.timeline.position(cpu).address;
      const line = lines.lineAt(here);
      if (line === undefined && (flow.kind === 'call' || flow.kind === 'interrupt')) {
        // Stepped into something without source (the BIOS, say): that is no line to stop at.
        const back = await this.#returnTo(flow, cpu);
        if (back) return back;
        continue;
      }
      if (line !== from || lines.startsLine(here)) return halt;
    }
  }

  /** Runs until the procedure or handler that the CPU is in has returned. */
  async stepOut(cpu: number): Promise<Halt> {
    const { execution, lines } = this;
    const { target } = execution;
    if (this.#flow(cpu).kind === 'return') return this.stepInstruction(true, cpu);

    const registers = target.registers(cpu);
    const top = stackPointer(registers);
    const width = BigInt(stackBits(registers) / 8);
    const stack = target.readVirtual(top, REMEMBERED_STACK, cpu);
    const returns = new Set(lines.returns);
    // Where no return instruction of the program can lead out, a return address found on the stack has to do.
    const known = lines.lineAt(execution.timeline.position(cpu).address) !== undefined;
    const caller = known ? undefined : lines.callers(cpu)[0];

    const halt = await execution.run(
      {
        addresses: caller ? [...returns, caller.returnAddress] : [...returns],
        reached: (at) => {
          const slot = stackPointer(at);
          if (caller && slot > caller.slot) return true;
          // The return that leads out pops what lay on the stack when this began; a deeper call's lies below, and one
          // made after the stack was taken down overwrote what was there.
          const offset = Number(slot - top);
          if (offset < 0 || offset + Number(width) > stack.length) return false;
          const now = target.readVirtual(slot, Number(width), cpu);
          return littleEndian(now) === littleEndian(stack.subarray(offset, offset + Number(width)));
        },
      },
      cpu,
    );
    if (halt !== 'goal') return halt;
    return this.#flow(cpu).kind === 'return' ? this.stepInstruction(true, cpu) : { kind: 'step' };
  }

  #flow(cpu: number): Flow {
    const { target } = this.execution;
    return flowAt(target, this.read, target.registers(cpu), cpu);
  }

  async #oneInstruction(flow: Flow, over: boolean, cpu: number): Promise<Halt> {
    const { execution } = this;
    const comesBack = flow.kind === 'call' || flow.kind === 'interrupt' || flow.kind === 'repeat';
    if (over && comesBack) return (await this.#returnTo(flow, cpu)) ?? { kind: 'step' };
    const halt = await execution.run({ ownLimit: execution.target.instructionsOf(cpu) + 1 }, cpu);
    return halt === 'goal' ? { kind: 'step' } : halt;
  }

  /** Runs to behind a call, at its stack level; `undefined` when there. */
  async #returnTo(flow: Flow, cpu: number): Promise<Halt | undefined> {
    const level = stackPointer(this.execution.target.registers(cpu));
    const entered = this.execution.timeline.position(cpu).address !== flow.address;
    const halt = await this.execution.run(
      {
        addresses: [flow.fallThrough],
        reached: (registers) => (entered ? stackPointer(registers) > level : stackPointer(registers) >= level),
      },
      cpu,
    );
    return halt === 'goal' ? undefined : halt;
  }
}
