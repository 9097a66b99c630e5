import { describeQualification } from '../../isa/vmx/exit-qualifications';
import { exitReasonName } from '../../isa/vmx/exit-reasons';
import type { ExitRecord, ExitSummary } from '../exit-record';
import { costOf } from './costs';

/** Records kept at least; twice as many at most. */
const KEPT = 16_384;
/** Bytes that a record takes, about. */
const RECORD_BYTES = 400;

/** What is noted at the exit itself; the words are made when somebody reads them. */
export interface RawExit {
  /** The vCPU. */
  cpu: number;
  reasonCode: number;
  instructions: number;
  qualification: bigint;
  /** Guest RIP, signed. */
  rip: number;
  /** Up to 15 bytes of the instruction at RIP, and how they decode; undefined if they could not be read. */
  code: { bytes: Uint8Array; bits: 16 | 32 | 64 } | undefined;
  guestLinear: bigint;
  guestPhysical: number | undefined;
  interruptionVector: number;
  cause: string;
}

/** An exit record that words itself on demand. */
class LoggedExit implements ExitRecord {
  readonly method = 'ept';
  action = '';

  constructor(
    readonly serial: number,
    private readonly raw: RawExit,
    private readonly disassemble: (raw: RawExit) => string,
  ) {}

  get cpu(): number {
    return this.raw.cpu;
  }
  get instructions(): number {
    return this.raw.instructions;
  }
  get reason(): string {
    return exitReasonName(this.raw.reasonCode);
  }
  get reasonCode(): number {
    return this.raw.reasonCode & 0xffff;
  }
  get qualification(): bigint {
    return this.raw.qualification;
  }
  get qualificationText(): string {
    const { reasonCode, qualification, interruptionVector } = this.raw;
    return describeQualification(reasonCode, qualification, { vector: interruptionVector });
  }
  get rip(): bigint {
    return BigInt.asUintN(64, BigInt(this.raw.rip));
  }
  get instruction(): string {
    return this.disassemble(this.raw);
  }
  get guestLinear(): bigint | undefined {
    return this.raw.guestLinear === 0n ? undefined : this.raw.guestLinear;
  }
  get guestPhysical(): number | undefined {
    return this.raw.guestPhysical;
  }
  get cause(): string {
    return this.raw.cause;
  }
  get cost(): number {
    return costOf(this.reason);
  }
}

/** The VM's exits: all are counted, the most recent ones are kept. */
export class ExitLog {
  #records: LoggedExit[] = [];
  #summary = new Map<string, ExitSummary>();
  /** Exits that some saved state holds. */
  #saved = 0;
  total = 0;
  cost = 0;
  /** Text of the instruction of an exit; set by whoever has a disassembler. */
  disassemble: (raw: RawExit) => string = () => '';

  /** The records kept, oldest first. */
  get records(): readonly ExitRecord[] {
    return this.#records;
  }

  add(raw: RawExit): ExitRecord & { action: string } {
    const record = new LoggedExit(this.total++, raw, (r) => this.disassemble(r));
    this.#records.push(record);
    if (this.#records.length >= 2 * KEPT) this.#records = this.#records.slice(-KEPT);
    const { reason } = record;
    const cost = costOf(reason);
    this.cost += cost;
    const sum = this.#summary.get(reason);
    if (sum) {
      sum.count++;
      sum.cost += cost;
    } else this.#summary.set(reason, { reason, count: 1, cost, firstCause: raw.cause });
    return record;
  }

  summary(): ExitSummary[] {
    return [...this.#summary.values()].map((sum) => ({ ...sum }));
  }

  counts(): Record<string, number> {
    return Object.fromEntries(
      [...this.#summary.values()].map((s) => [s.reason, s.count]).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** Bytes of the records that {@link save} would be the first to hold. */
  get unsavedBytes(): number {
    return (this.total - this.#saved) * RECORD_BYTES;
  }

  /** The state shares its records with the log: nothing but additions is ever made to an array of them. */
  save(): ExitLogState {
    this.#saved = this.total;
    const records = this.#records;
    return { total: this.total, cost: this.cost, summary: this.summary(), records, kept: records.length };
  }

  load(state: ExitLogState): void {
    this.#records = (state.records as LoggedExit[]).slice(0, state.kept);
    this.#saved = state.total;
    this.total = state.total;
    this.cost = state.cost;
    this.#summary = new Map(state.summary.map((sum) => [sum.reason, { ...sum }]));
  }
}

export interface ExitLogState {
  readonly total: number;
  readonly cost: number;
  readonly summary: readonly ExitSummary[];
  /** The records kept are the first `kept` of these. */
  readonly records: readonly ExitRecord[];
  readonly kept: number;
}
