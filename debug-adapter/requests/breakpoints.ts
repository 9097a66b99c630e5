import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Stop } from '../../hypervisor/target';
import { exitReasonNamed, exitReasons } from '../../isa/vmx/exit-reasons';
import { ANY_EXIT } from '../capabilities';
import type { Guest } from '../guest';
import { hex } from '../inspect/addresses';
import { ExpressionError, evaluate } from '../inspect/expression';
import { moveReference, parseMemoryReference } from '../inspect/memory';
import { normalizePath } from '../program/paths';
import { type DataBreakpoint, dataBreakpoint, meets } from './data-breakpoints';
import { type FaultBreakpoint, faultBreakpoint, isFaultFilter } from './fault-filters';

/** A breakpoint as the session keeps it. */
interface Kept {
  readonly id: number;
  readonly addresses: readonly bigint[];
  readonly condition?: string;
  readonly logMessage?: string;
  readonly instruction: boolean;
}

/** What a client gives with a breakpoint of any kind. */
interface Given {
  readonly condition?: string;
  readonly logMessage?: string;
}

/** A stop at VM exits of some reasons. */
interface ExitBreakpoint {
  readonly reasons: readonly string[];
  readonly condition?: string;
}

/** Turns the client's breakpoints into addresses, watchpoints, exit reasons and vectors, and decides at each hit whether it counts. */
export class Breakpoints {
  #nextId = 1;
  #byFile = new Map<string, Kept[]>();
  #functions: Kept[] = [];
  #instructions: Kept[] = [];
  #exits: ExitBreakpoint[] = [];
  #faults: FaultBreakpoint[] = [];
  #data: DataBreakpoint[] = [];
  #launched: ExitBreakpoint[] = [];

  /** @param log shows text in the console: log points, and conditions that cannot be evaluated */
  constructor(
    private readonly guest: Guest,
    private readonly log: (text: string, address: bigint) => void,
  ) {}

  /** Lines count from 0. */
  setSource(
    file: string,
    given: readonly (Given & { line: number })[],
  ): (DebugProtocol.Breakpoint & { at?: number })[] {
    const { lines } = this.guest.program;
    const kept: Kept[] = [];
    const answers = given.map(({ line, ...rest }) => {
      const found = lines.breakpoint(file, line);
      if (!found) return this.#unverified('no code is made by this line or any below it');
      const breakpoint = this.#keep(found.addresses, rest);
      kept.push(breakpoint);
      return { id: breakpoint.id, verified: true, at: found.line, instructionReference: hex(found.addresses[0]!) };
    });
    this.#byFile.set(normalizePath(file), kept);
    this.#apply();
    return answers;
  }

  setFunctions(given: readonly (Given & { name: string })[]): DebugProtocol.Breakpoint[] {
    this.#functions = [];
    const answers = given.map(({ name, ...rest }) => {
      const symbol = this.guest.program.symbols.find(name);
      if (symbol?.kind !== 'label') return this.#unverified(`there is no label \`${name}\``);
      const kept = this.#keep([BigInt.asUintN(64, symbol.value)], rest);
      this.#functions.push(kept);
      return { id: kept.id, verified: true, instructionReference: hex(kept.addresses[0]!) };
    });
    this.#apply();
    return answers;
  }

  setInstructions(given: readonly DebugProtocol.InstructionBreakpoint[]): DebugProtocol.Breakpoint[] {
    this.#instructions = [];
    const answers = given.map(({ instructionReference, offset, ...rest }) => {
      const reference = parseMemoryReference(String(instructionReference));
      if (!reference || reference.physical) return this.#unverified(`\`${instructionReference}\` is no linear address`);
      const { address } = moveReference(reference, offset ?? 0);
      const kept = { ...this.#keep([address], rest), instruction: true };
      this.#instructions.push(kept);
      return { id: kept.id, verified: true, instructionReference: hex(address) };
    });
    this.#apply();
    return answers;
  }

  setData(given: readonly DebugProtocol.DataBreakpoint[]): DebugProtocol.Breakpoint[] {
    this.#data = [];
    const answers = given.map((each) => {
      const made = dataBreakpoint(this.#nextId++, each);
      if (typeof made === 'string') return this.#unverified(made);
      this.#data.push(made);
      return { id: made.id, verified: true };
    });
    this.#apply();
    return answers;
  }

  /**
   * Filters are those of faults (fault-filters.ts), names of exit reasons, or {@link ANY_EXIT}; a condition of the latter may name
   * reasons.
   */
  setExceptions(filters: readonly { filter: string; condition?: string }[]): DebugProtocol.Breakpoint[] {
    this.#exits = [];
    this.#faults = [];
    const answers = filters.map(({ filter, condition }) => {
      if (isFaultFilter(filter)) {
        const fault = faultBreakpoint(filter, condition?.trim() ?? '');
        if (typeof fault === 'string') return this.#unverified(fault);
        this.#faults.push(fault);
        return { verified: true };
      }
      const breakpoint = exitBreakpoint(filter, condition?.trim() ?? '');
      if (typeof breakpoint === 'string') return this.#unverified(breakpoint);
      if (this.guest.target.method === 'none') return this.#unverified('without a hypervisor there are no VM exits');
      this.#exits.push(breakpoint);
      return { verified: true };
    });
    this.#apply();
    return answers;
  }

  /** `breakOnExits` of the launch configuration; gives what is wrong with it. */
  setLaunched(reasons: readonly string[]): string | undefined {
    const unknown = reasons.find((reason) => !exitReasonNamed(reason));
    if (unknown !== undefined) return `breakOnExits: there is no exit reason \`${unknown}\``;
    this.#launched = [{ reasons }];
    this.#apply();
    return undefined;
  }

  /** Whether a hit is one to stop at. Log points print here, unless the hit is only `replayed`. */
  accept(stop: Stop, replayed: boolean): boolean {
    if (stop.kind === 'exit') {
      const { reason } = stop.record;
      return [...this.#launched, ...this.#exits].some(
        (b) => b.reasons.includes(reason) && this.#holds(b.condition, stop),
      );
    }
    if (stop.kind === 'watchpoint') return this.dataHit(stop).length > 0;
    if (stop.kind === 'exception') {
      return this.#faults.some((b) => b.vectors.includes(stop.vector) && this.#holds(b.condition, stop));
    }
    if (stop.kind !== 'breakpoint') return true;
    let halt = false;
    for (const breakpoint of this.#at(stop.address)) {
      if (!this.#holds(breakpoint.condition, stop)) continue;
      if (breakpoint.logMessage === undefined) halt = true;
      else if (!replayed) this.log(this.#message(breakpoint.logMessage, stop), stop.address);
    }
    return halt;
  }

  /** Ids of the breakpoints at an address, and whether all are instruction breakpoints. */
  hit(address: bigint): { ids: number[]; instruction: boolean } {
    const here = this.#at(address);
    return { ids: here.map((b) => b.id), instruction: here.length > 0 && here.every((b) => b.instruction) };
  }

  /** Ids of the data breakpoints that an access meets. */
  dataHit(stop: Extract<Stop, { kind: 'watchpoint' }>): number[] {
    return this.#data.filter((each) => meets(each, stop) && this.#holds(each.condition, stop)).map(({ id }) => id);
  }

  #all(): Kept[] {
    return [...this.#byFile.values(), this.#functions, this.#instructions].flat();
  }

  #at(address: bigint): Kept[] {
    return this.#all().filter((b) => b.addresses.includes(address));
  }

  #keep(addresses: readonly bigint[], { condition, logMessage }: Given): Kept {
    return {
      id: this.#nextId++,
      addresses,
      instruction: false,
      ...(condition?.trim() && { condition }),
      ...(logMessage && { logMessage }),
    };
  }

  #unverified(message: string): DebugProtocol.Breakpoint {
    return { id: this.#nextId++, verified: false, message };
  }

  #apply(): void {
    const addresses = new Set(this.#all().flatMap((b) => b.addresses));
    const reasons = new Set([...this.#launched, ...this.#exits].flatMap((b) => b.reasons));
    this.guest.controller.setStops({
      breakpoints: [...addresses],
      exits: [...reasons],
      watchpoints: this.#data.map(({ watchpoint }) => watchpoint),
      exceptions: [...new Set(this.#faults.flatMap((b) => b.vectors))],
    });
  }

  #holds(condition: string | undefined, stop: Stop): boolean {
    if (condition === undefined) return true;
    try {
      return evaluate(condition, this.guest.evaluationContext(this.guest.target.currentCpu, stop)).value !== 0n;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.log(`the condition \`${condition}\` cannot be evaluated: ${error.message}`, 0n);
      return true;
    }
  }

  #message(text: string, stop: Stop): string {
    return text.replace(/\{([^{}]+)\}/g, (_, expression: string) => {
      try {
        return hex(evaluate(expression, this.guest.evaluationContext(this.guest.target.currentCpu, stop)).value);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return `{${expression}: ${error.message}}`;
      }
    });
  }
}

function exitBreakpoint(filter: string, condition: string): ExitBreakpoint | string {
  if (filter !== ANY_EXIT) {
    if (!exitReasonNamed(filter)) return `there is no exit reason \`${filter}\``;
    return { reasons: [filter], ...(condition && { condition }) };
  }
  const all = exitReasons.map((row) => row.name);
  if (condition === '') return { reasons: all };
  const names = condition.split(/[\s,]+/).filter((name) => name !== '');
  if (names.every((name) => exitReasonNamed(name.toUpperCase()))) {
    return { reasons: names.map((name) => name.toUpperCase()) };
  }
  return { reasons: all, condition };
}
