import { disassemble } from '../assembler/disassembler/disassemble';
import { decode, isDecoded } from '../isa/decoder';
import { vmcsFields } from '../isa/vmx/fields';
import type { Machine, MachineSnapshot } from '../machine/machine';
import type { PlatformState } from '../machine/platform';
import type { ExitRecord, ExitSummary } from './exit-record';
import { InputLog, type InputLogState, type LoggedInput, momentOf } from './input-log';
import { Hash, hashValues, readRegisters, snapshotCost, writeRegister } from './processor-view';
import type { Registers, Snapshot, Stop, Target, VmcsFieldValue, Watchpoint } from './target';
import { Transcript, type TranscriptMark } from './transcript';
import { CR0_FORCED, CR4_FORCED, guestViewOfCr0, guestViewOfCr4 } from './vmm/control-registers';
import type { ExitLogState, RawExit } from './vmm/exit-log';
import { walkGuest } from './vmm/guest-walk';
import type { VCpuSetState } from './vmm/vcpu-set';
import type { VmEnd, Vmm } from './vmm/vmm';

interface EptSnapshot extends Snapshot {
  readonly machine: MachineSnapshot;
  readonly platform: PlatformState;
  readonly frames: Float64Array;
  readonly nextFrame: number;
  readonly vcpus: VCpuSetState;
  readonly log: ExitLogState;
  readonly end: VmEnd | undefined;
  readonly serial: TranscriptMark | undefined;
  readonly inputs: InputLogState;
}

/**
 * A guest under the VMM with VT-x and EPT. Between calls the CPU stands in non-root mode with the guest's state loaded; the
 * VMCS in memory shows the guest as of the last exit, as hardware's does.
 */
export class EptTarget implements Target {
  readonly method = 'ept';
  readonly #serial = new Transcript();
  readonly #inputs = new InputLog();

  constructor(
    readonly machine: Machine,
    readonly vmm: Vmm,
  ) {
    vmm.platform.onSerial = (byte) => this.#serial.add(byte);
    vmm.log.disassemble = (raw) => this.#disassemble(raw);
  }

  get instructions(): number {
    return this.machine.retired;
  }

  get cpus(): number {
    return this.vmm.vcpus.count;
  }

  get currentCpu(): number {
    return this.vmm.vcpus.loaded;
  }

  instructionsOf(cpu: number): number {
    return this.vmm.vcpus.retired(cpu);
  }

  get memorySize(): number {
    return this.vmm.memory.size - this.vmm.videoMemory;
  }

  get serialOutput(): string {
    return this.#serial.text;
  }

  get exits(): readonly ExitRecord[] {
    return this.vmm.log.records;
  }

  get cost(): number {
    return this.vmm.log.cost;
  }

  run(instructions: number, turnOf?: number): Stop {
    const { vmm } = this;
    if (vmm.end) return vmm.end;
    const stop = this.machine.run(instructions, true, turnOf);
    if (vmm.end) return vmm.end;
    switch (stop.kind) {
      case 'breakpoint':
        return { kind: 'breakpoint', address: BigInt.asUintN(64, BigInt(this.machine.processor.state.linearIp)) };
      case 'triple-fault':
        return { kind: 'triple-fault', explanation: 'the host itself went into shutdown' };
      case 'vm-exit': {
        const record = vmm.stoppedAt;
        vmm.stoppedAt = undefined;
        return record ? { kind: 'exit', record } : { kind: 'limit' };
      }
      default:
        return stop;
    }
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

  setBreakOnExits(reasons: readonly string[]): void {
    this.vmm.breakOn = new Set(reasons);
  }

  /** The guest's registers as the guest sees them: CR0 and CR4 through the read shadows. */
  registers(cpu = this.currentCpu): Registers {
    const live = this.#live(cpu);
    const registers = { ...live, cr8: BigInt(this.vmm.vcpus.apic(cpu).taskPriority) };
    const { vmcs, waiting } = this.vmm.vcpus.all[cpu];
    // a vCPU that waits for a start-up IPI sleeps in its VMCS
    if (waiting) registers.halted = false;
    const mask0 = vmcs.read('cr0GuestHostMask');
    const mask4 = vmcs.read('cr4GuestHostMask');
    if (!this.machine.vmx.inNonRoot) return { ...registers, cr0: guestViewOfCr0(vmcs), cr4: guestViewOfCr4(vmcs) };
    return {
      ...registers,
      cr0: (registers.cr0 & ~mask0) | (vmcs.read('cr0ReadShadow') & mask0),
      cr4: (registers.cr4 & ~mask4) | (vmcs.read('cr4ReadShadow') & mask4),
    };
  }

  /** Registers as the processor has them in non-root mode. */
  #live(cpu: number): Registers {
    return this.vmm.vcpus.with(cpu, () => readRegisters(this.machine.processor));
  }

  /** Writes as the guest would see it: what the VMM owns of CR0 and CR4 goes into the read shadows too. */
  writeRegister(name: string, value: bigint, cpu = this.currentCpu): boolean {
    const { vcpus } = this.vmm;
    if (name === 'cr8') {
      vcpus.apic(cpu).taskPriority = Number(value & 15n);
      return true;
    }
    return vcpus.with(cpu, () => {
      if (name === 'cr0' || name === 'cr4') {
        const { vmcs } = vcpus.all[cpu];
        vmcs.write(name === 'cr0' ? 'cr0ReadShadow' : 'cr4ReadShadow', BigInt.asUintN(64, value));
        return writeRegister(this.machine.processor, name, value | (name === 'cr0' ? CR0_FORCED : CR4_FORCED));
      }
      return writeRegister(this.machine.processor, name, value);
    });
  }

  /** Reads by the guest's own tables and the VMM's map. */
  readVirtual(address: bigint, length: number, cpu?: number): Uint8Array {
    const out = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const physical = this.translate(at, cpu);
      if (physical === undefined) return out.subarray(0, done);
      const run = Math.min(length - done, 4096 - Number(at & 0xfffn));
      out.set(this.vmm.memory.read(physical, run), done);
      done += run;
    }
    return out;
  }

  writeVirtual(address: bigint, bytes: Uint8Array, cpu?: number): number {
    let done = 0;
    while (done < bytes.length) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const physical = this.translate(at, cpu);
      if (physical === undefined) break;
      const run = Math.min(bytes.length - done, 4096 - Number(at & 0xfffn));
      this.vmm.memory.write(physical, bytes.subarray(done, done + run));
      done += run;
    }
    return done;
  }

  translate(address: bigint, cpu = this.currentCpu): number | undefined {
    const { cr3, efer } = this.registers(cpu);
    const live = this.#live(cpu);
    const found = walkGuest(
      { guestCr0: live.cr0, guestCr3: cr3, guestCr4: live.cr4, guestIa32Efer: efer },
      this.vmm.memory,
      address,
      false,
      false,
    );
    if ('errorCode' in found || found.guestPhysical >= this.vmm.memory.size) return undefined;
    return found.guestPhysical;
  }

  readPhysical(address: number, length: number): Uint8Array {
    return this.vmm.memory.read(address, length);
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.vmm.memory.write(address, bytes);
  }

  snapshot(): EptSnapshot {
    const { vmm, machine } = this;
    return {
      instructions: this.instructions,
      bytes: snapshotCost(machine) + vmm.memory.unsavedBytes + vmm.log.unsavedBytes + this.#serial.unmarked,
      machine: machine.snapshot(),
      platform: vmm.platform.save(),
      frames: vmm.memory.save(),
      nextFrame: vmm.frames.next,
      vcpus: vmm.vcpus.save(),
      log: vmm.log.save(),
      end: vmm.end,
      serial: this.#serial.mark(),
      inputs: this.#inputs.save(),
    };
  }

  restore(snapshot: Snapshot): void {
    const s = snapshot as EptSnapshot;
    const { vmm, machine } = this;
    machine.restore(s.machine);
    vmm.loadPlatform(s.platform);
    vmm.vcpus.load(s.vcpus);
    vmm.memory.load(s.frames);
    vmm.frames.next = s.nextFrame;
    vmm.log.load(s.log);
    vmm.end = s.end;
    vmm.stoppedAt = undefined;
    this.#serial.restore(s.serial);
    this.#inputs.load(s.inputs);
  }

  serialInput(bytes: Uint8Array): void {
    this.#inputs.add(momentOf(this), { kind: 'serial', bytes: bytes.slice() });
    this.vmm.platform.serialInput(bytes);
  }

  keyInput(code: string, down: boolean): boolean {
    this.#inputs.add(momentOf(this), { kind: 'key', code, down });
    return this.vmm.platform.key(code, down);
  }

  mouseInput(x: number, y: number, wheel: number, buttons: number): void {
    this.#inputs.add(momentOf(this), { kind: 'mouse', x, y, wheel, buttons });
    this.vmm.platform.mouse(x, y, wheel, buttons);
  }

  get inputs(): readonly LoggedInput[] {
    return this.#inputs.entries;
  }

  screen(): string[] {
    return this.vmm.platform.screenText();
  }

  exitCounts(): Record<string, number> {
    return this.vmm.log.counts();
  }

  get exitTotal(): number {
    return this.vmm.log.total;
  }

  exitSummary(): ExitSummary[] {
    return this.vmm.log.summary();
  }

  vmcs(cpu = this.currentCpu): VmcsFieldValue[] {
    const { vmcs } = this.vmm.vcpus.all[cpu];
    return vmcsFields.map((field) => ({
      name: field.key,
      encoding: field.encoding,
      value: vmcs.readEncoding(field.encoding),
    }));
  }

  hash(): string {
    const hash = new Hash();
    for (let cpu = 0; cpu < this.cpus; cpu++) hashValues(this.registers(cpu), hash);
    const { frames, host } = this.vmm.memory;
    frames.forEach((frame, page) => {
      if (frame >= 0) hash.addBytes(host.bytes.subarray(frame, frame + 4096), page * 1024);
    });
    return hash.toString();
  }

  statistics(): Record<string, number> {
    const { machine, vmm } = this;
    return {
      instructions: machine.retired,
      time: machine.clock.now(),
      exits: vmm.log.total,
      hostFrames: (vmm.frames.next - 1024 * 1024) / 4096,
      regions: machine.translator.regions,
      translatedInstructions: machine.translator.instructions,
    };
  }

  #disassemble(raw: RawExit): string {
    if (!raw.code) return '';
    const decoded = decode(raw.code.bytes, 0, raw.code.bits);
    return isDecoded(decoded) ? disassemble(decoded, BigInt.asUintN(64, BigInt(raw.rip)), { bits: raw.code.bits }) : '';
  }
}
