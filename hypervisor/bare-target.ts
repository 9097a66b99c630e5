import type { Processor } from '../machine/cpu/processor';
import type { Machine, MachineSnapshot } from '../machine/machine';
import type { ExitRecord, ExitSummary } from './exit-record';
import { explainTripleFault } from './explain';
import { InputLog, type InputLogState, type LoggedInput, momentOf } from './input-log';
import {
  Hash,
  hashValues,
  probe,
  readRegisters,
  readVirtual,
  snapshotCost,
  writeRegister,
  writeVirtual,
} from './processor-view';
import type { Registers, Snapshot, Stop, Target, VmcsFieldValue, Watchpoint } from './target';
import { Transcript, type TranscriptMark } from './transcript';

interface BareSnapshot extends Snapshot {
  readonly machine: MachineSnapshot;
  readonly serial: TranscriptMark | undefined;
  readonly inputs: InputLogState;
}

/** The bare machine as a target: no VMM, guest-physical addresses are host-physical. */
export class BareTarget implements Target {
  readonly method = 'none';
  readonly exits: readonly ExitRecord[] = [];
  readonly cost = 0;
  readonly #serial = new Transcript();
  readonly #inputs = new InputLog();

  constructor(readonly machine: Machine) {
    machine.platform.onSerial = (byte) => this.#serial.add(byte);
  }

  get instructions(): number {
    return this.machine.retired;
  }

  get memorySize(): number {
    return this.machine.memory.size - (this.machine.options.videoMemory ?? 0);
  }

  get serialOutput(): string {
    return this.#serial.text;
  }

  run(instructions: number, turnOf?: number): Stop {
    const stop = this.machine.run(instructions, true, turnOf);
    switch (stop.kind) {
      case 'breakpoint':
        return { kind: 'breakpoint', address: BigInt.asUintN(64, BigInt(this.machine.processor.state.linearIp)) };
      case 'triple-fault':
        return explainTripleFault(stop.fault, this.cpus > 1 ? `CPU ${stop.cpu}: ` : '');
      case 'vm-exit':
        return { kind: 'limit' };
      default:
        return stop;
    }
  }

  get cpus(): number {
    return this.machine.cpus.count;
  }

  get currentCpu(): number {
    return this.machine.cpus.current;
  }

  instructionsOf(cpu: number): number {
    return this.machine.cpus.retired(cpu);
  }

  /** Looks at a CPU: the current one where none is named. */
  #of<T>(cpu: number | undefined, look: (processor: Processor) => T): T {
    const { cpus, processor } = this.machine;
    return cpus.with(cpu ?? cpus.current, () => look(processor));
  }

  setBreakpoints(addresses: readonly bigint[]): void {
    this.machine.processor.setBreakpoints(addresses.map((address) => Number(BigInt.asIntN(64, address))));
  }

  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.machine.processor.setWatchpoints(
      watchpoints.map((each) => ({ ...each, address: Number(BigInt.asIntN(64, each.address)) })),
    );
  }

  setBreakOnExceptions(vectors: readonly number[]): void {
    this.machine.setExceptionStops(vectors);
  }

  setBreakOnExits(): void {}

  registers(cpu?: number): Registers {
    return this.#of(cpu, readRegisters);
  }

  writeRegister(name: string, value: bigint, cpu?: number): boolean {
    return this.#of(cpu, (processor) => writeRegister(processor, name, value));
  }

  readVirtual(address: bigint, length: number, cpu?: number): Uint8Array {
    return this.#of(cpu, (processor) => readVirtual(processor, address, length));
  }

  writeVirtual(address: bigint, bytes: Uint8Array, cpu?: number): number {
    return this.#of(cpu, (processor) => writeVirtual(processor, address, bytes));
  }

  translate(address: bigint, cpu?: number): number | undefined {
    return this.#of(cpu, (processor) => probe(processor, address));
  }

  readPhysical(address: number, length: number): Uint8Array {
    return this.machine.memory.readBytes(address, length);
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.machine.memory.writeBytes(address, bytes);
  }

  snapshot(): BareSnapshot {
    return {
      instructions: this.instructions,
      bytes: snapshotCost(this.machine) + this.#serial.unmarked,
      machine: this.machine.snapshot(),
      serial: this.#serial.mark(),
      inputs: this.#inputs.save(),
    };
  }

  restore(snapshot: Snapshot): void {
    const { machine, serial, inputs } = snapshot as BareSnapshot;
    this.machine.restore(machine);
    this.#serial.restore(serial);
    this.#inputs.load(inputs);
  }

  serialInput(bytes: Uint8Array): void {
    this.#inputs.add(momentOf(this), { kind: 'serial', bytes: bytes.slice() });
    this.machine.platform.serialInput(bytes);
  }

  keyInput(code: string, down: boolean): boolean {
    this.#inputs.add(momentOf(this), { kind: 'key', code, down });
    return this.machine.platform.key(code, down);
  }

  mouseInput(x: number, y: number, wheel: number, buttons: number): void {
    this.#inputs.add(momentOf(this), { kind: 'mouse', x, y, wheel, buttons });
    this.machine.platform.mouse(x, y, wheel, buttons);
  }

  get inputs(): readonly LoggedInput[] {
    return this.#inputs.entries;
  }

  screen(): string[] {
    return this.machine.platform.screenText();
  }

  get exitTotal(): number {
    return 0;
  }

  exitCounts(): Record<string, number> {
    return {};
  }

  exitSummary(): ExitSummary[] {
    return [];
  }

  vmcs(): VmcsFieldValue[] | undefined {
    return undefined;
  }

  hash(): string {
    const hash = new Hash();
    for (let cpu = 0; cpu < this.cpus; cpu++) hashValues(this.registers(cpu), hash);
    hash.addBytes(this.machine.memory.bytes);
    return hash.toString();
  }

  statistics(): Record<string, number> {
    const { machine } = this;
    return {
      instructions: machine.retired,
      time: machine.clock.now(),
      regions: machine.translator.regions,
      translatedInstructions: machine.translator.instructions,
    };
  }
}
