import type { Machine, MachineSnapshot } from '../machine/machine';
import type { ExitRecord, ExitSummary } from './exit-record';
import { explainTripleFault } from './explain';
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
import type { Registers, Snapshot, Stop, Target, VmcsFieldValue } from './target';
import { Transcript, type TranscriptMark } from './transcript';

interface BareSnapshot extends Snapshot {
  readonly machine: MachineSnapshot;
  readonly serial: TranscriptMark | undefined;
}

/** The bare machine as a target: no VMM, guest-physical addresses are host-physical. */
export class BareTarget implements Target {
  readonly method = 'none';
  readonly cpus = 1;
  readonly exits: readonly ExitRecord[] = [];
  readonly cost = 0;
  readonly #serial = new Transcript();

  constructor(readonly machine: Machine) {
    machine.platform.onSerial = (byte) => this.#serial.add(byte);
  }

  get instructions(): number {
    return this.machine.retired;
  }

  get memorySize(): number {
    return this.machine.memory.size;
  }

  get serialOutput(): string {
    return this.#serial.text;
  }

  run(instructions: number): Stop {
    const stop = this.machine.run(instructions, true);
    switch (stop.kind) {
      case 'breakpoint':
        return { kind: 'breakpoint', address: BigInt.asUintN(64, BigInt(this.machine.processor.state.linearIp)) };
      case 'triple-fault':
        return { kind: 'triple-fault', explanation: explainTripleFault(stop.fault) };
      case 'vm-exit':
        return { kind: 'limit' };
      default:
        return stop;
    }
  }

  setBreakpoints(addresses: readonly bigint[]): void {
    this.machine.processor.setBreakpoints(addresses.map((address) => Number(BigInt.asIntN(64, address))));
  }

  setBreakOnExits(): void {}

  registers(): Registers {
    return readRegisters(this.machine.processor);
  }

  writeRegister(name: string, value: bigint): boolean {
    return writeRegister(this.machine.processor, name, value);
  }

  readVirtual(address: bigint, length: number): Uint8Array {
    return readVirtual(this.machine.processor, address, length);
  }

  writeVirtual(address: bigint, bytes: Uint8Array): number {
    return writeVirtual(this.machine.processor, address, bytes);
  }

  translate(address: bigint): number | undefined {
    return probe(this.machine.processor, address);
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
      bytes: snapshotCost(this.machine.memory) + this.#serial.unmarked,
      machine: this.machine.snapshot(),
      serial: this.#serial.mark(),
    };
  }

  restore(snapshot: Snapshot): void {
    const { machine, serial } = snapshot as BareSnapshot;
    this.machine.restore(machine);
    this.#serial.restore(serial);
  }

  serialInput(bytes: Uint8Array): void {
    this.machine.platform.serialInput(bytes);
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
    hashValues(this.registers(), hash);
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
