/** A PC with nothing but its devices at work: the CPU stands, and a test does to them what a guest could. */
import { BareTarget } from '../../../hypervisor/bare-target';
import { EptTarget } from '../../../hypervisor/ept-target';
import type { Snapshot, Target, VirtualizationMethod } from '../../../hypervisor/target';
import type { Machine } from '../../../machine/machine';
import type { Platform } from '../../../machine/platform';
import { powerOn } from '../../guests';
import type { World } from './device-operations';

const MEMORY = 4 << 20;
const APIC_BASE = 0x1b;
const TSC_DEADLINE = 0x6e0;

/** Boot sector that only waits. */
const program = new Uint8Array(512);
program.set([0xeb, 0xfe]);
program.set([0x55, 0xaa], 510);

const noise = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const disk = noise(256 * 512);
const cdrom = noise(64 * 2048);

export class DeviceWorld implements World {
  readonly memory = MEMORY;
  readonly target: Target;
  readonly machine: Machine;
  readonly platform: Platform;
  /** Bytes that came out of serial lines and consoles. */
  printed = 0;
  powerOffs = 0;
  resets = 0;

  constructor(method: VirtualizationMethod) {
    this.target = powerOn(program, { virtualization: method, memory: MEMORY, disk, cdrom, boot: 'boot-sector' });
    if (!(this.target instanceof BareTarget || this.target instanceof EptTarget)) throw new Error(`no ${method} here`);
    this.machine = this.target.machine;
    this.platform = this.target instanceof EptTarget ? this.target.vmm.platform : this.machine.platform;
    const { platform } = this;
    platform.onPowerOff = () => this.powerOffs++;
    platform.onDebugExit = () => this.powerOffs++;
    platform.onReset = () => this.resets++;
    const count = () => this.printed++;
    platform.onSerial2 = count;
    platform.onDebugConsole = count;
    platform.onVirtioConsole = count;
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    return this.platform.readPort(port, size);
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.platform.writePort(port, size, value);
    if (this.resets > 0) this.reset();
  }

  readMemory(address: number, size: 1 | 2 | 4): number {
    return address < MEMORY ? 0 : this.platform.readMemory(address, size);
  }

  writeMemory(address: number, size: 1 | 2 | 4, value: number): void {
    if (address >= MEMORY || this.platform.isDeviceMemory(address)) this.platform.writeMemory(address, size, value);
  }

  poke(address: number, bytes: Uint8Array): void {
    this.target.writePhysical(address, bytes.subarray(0, Math.max(0, MEMORY - address)));
  }

  pass(ticks: number): void {
    const { clock } = this.machine;
    const end = clock.now() + ticks;
    // alarm by alarm, as a CPU in HLT would, but not for ever: a timer may ring each microsecond
    for (let i = 0; i < 200 && clock.next() <= end; i++) {
      this.machine.idle += Math.max(0, clock.next() - clock.now());
      clock.fireDue(clock.now());
    }
    this.machine.idle += Math.max(0, end - clock.now());
    clock.fireDue(clock.now());
  }

  acknowledge(): number {
    const { interrupts } = this.platform;
    return interrupts.pending() ? interrupts.acknowledge() : -1;
  }

  readMsr(index: number): bigint | undefined {
    const [apic] = this.platform.pc.localApics;
    return index === APIC_BASE ? BigInt(apic?.base ?? 0) : apic?.readMsr(index);
  }

  writeMsr(index: number, value: bigint): boolean {
    const [apic] = this.platform.pc.localApics;
    if (!apic) return false;
    if (index === APIC_BASE) return apic.setBase(Number(value));
    if (index !== TSC_DEADLINE) return apic.writeMsr(index, value);
    apic.setDeadline(Number(value % 2n ** 52n));
    return true;
  }

  serialInput(bytes: Uint8Array): void {
    if (this.platform.pc.com1.queued < 1000) this.platform.serialInput(bytes);
  }

  key(code: string, down: boolean): void {
    this.platform.key(code, down);
  }

  mouse(x: number, y: number, wheel: number, buttons: number): void {
    this.platform.mouse(x, y, wheel, buttons);
  }

  nmi(): void {
    this.platform.nmi();
  }

  reset(): void {
    this.resets = 0;
    this.platform.reset();
  }

  snapshot(): Snapshot {
    return this.target.snapshot();
  }

  restore(snapshot: Snapshot): void {
    this.target.restore(snapshot);
  }
}
