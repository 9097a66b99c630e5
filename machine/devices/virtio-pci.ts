/**
 * Virtio over PCI, modern interface: Virtual I/O Device (VIRTIO) Version 1.1, chapter 4.1. One memory region holds common
 * configuration, ISR status, device configuration and notifications; interrupts are INTA# (no MSI-X).
 */
import type { GuestMemory } from '../memory-view';
import type { AccessSize, InterruptLine, MemoryDevice } from './device';
import {
  COMMAND_INTERRUPT_DISABLE,
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PciFunction,
  PciOffset,
  STATUS_INTERRUPT,
} from './pci-bus';
import { QUEUE_MAX, type QueueState, VirtQueue } from './virtio-queue';

const VENDOR = 0x1af4;
const DEVICE_BASE = 0x1040;
const BAR = 4;
const REGION_SIZE = 0x4000;
const COMMON = 0x0000;
const ISR = 0x1000;
const DEVICE_CONFIG = 0x2000;
const NOTIFY = 0x3000;
const PART_SIZE = 0x1000;
const NOTIFY_MULTIPLIER = 4;

const CAP_VENDOR = 0x09;
const CFG_COMMON = 1;
const CFG_NOTIFY = 2;
const CFG_ISR = 3;
const CFG_DEVICE = 4;
const CFG_PCI = 5;
/** Offset of the capability through which configuration accesses reach the region. */
const PCI_CFG_CAP = 0x90;

// Common configuration
const DEVICE_FEATURE_SELECT = 0x00;
const DEVICE_FEATURE = 0x04;
const DRIVER_FEATURE_SELECT = 0x08;
const DRIVER_FEATURE = 0x0c;
const MSIX_CONFIG = 0x10;
const NUM_QUEUES = 0x12;
const DEVICE_STATUS = 0x14;
const CONFIG_GENERATION = 0x15;
const QUEUE_SELECT = 0x16;
const QUEUE_SIZE = 0x18;
const QUEUE_MSIX_VECTOR = 0x1a;
const QUEUE_ENABLE = 0x1c;
const QUEUE_NOTIFY_OFF = 0x1e;
const QUEUE_DESC = 0x20;
const QUEUE_DRIVER = 0x28;
const QUEUE_DEVICE = 0x30;
const NO_VECTOR = 0xffff;

// Device status
export const STATUS_FEATURES_OK = 8;
export const STATUS_DRIVER_OK = 4;
const STATUS_NEEDS_RESET = 64;

const ISR_QUEUE = 1;
const ISR_CONFIG = 2;

/** VIRTIO_F_INDIRECT_DESC, and VIRTIO_F_VERSION_1 in the second word. */
export const FEATURE_INDIRECT = 2 ** 28;
const FEATURE_VERSION_1 = 1;

export interface VirtioIdentity {
  name: string;
  /** Device type number of chapter 5. */
  type: number;
  /** PCI class code. */
  classCode: number;
  queues: number;
  /** Device features 0..31. */
  features: number;
}

interface TransportState {
  deviceSelect: number;
  driverSelect: number;
  driverFeatures: [number, number];
  status: number;
  queueSelect: number;
  isr: number;
}

export abstract class VirtioPci implements MemoryDevice {
  readonly name: string;
  readonly pci: PciFunction;
  protected readonly queues: VirtQueue[];
  #t: TransportState = this.#initial();

  /** `slot` is the PCI device number; `base` the physical address firmware gives the region. */
  constructor(
    private readonly identity: VirtioIdentity,
    slot: number,
    base: number,
    protected readonly memory: GuestMemory,
    private readonly irq: InterruptLine,
  ) {
    this.name = identity.name;
    this.queues = Array.from({ length: identity.queues }, () => new VirtQueue(memory));
    this.pci = new PciFunction(
      slot << 3,
      {
        vendor: VENDOR,
        device: DEVICE_BASE + identity.type,
        classCode: identity.classCode,
        revision: 1,
        subsystemVendor: VENDOR,
        subsystem: 0x1100,
        interruptPin: 1,
      },
      [{ index: BAR, kind: 'memory', size: REGION_SIZE }],
    );
    this.pci.set32(PciOffset.baseAddress0 + 4 * BAR, base);
    this.pci.set16(PciOffset.command, COMMAND_MEMORY | COMMAND_MASTER);
    this.#capability(0x40, CFG_COMMON, COMMON);
    this.#capability(0x50, CFG_ISR, ISR);
    this.#capability(0x60, CFG_DEVICE, DEVICE_CONFIG);
    this.#capability(0x70, CFG_NOTIFY, NOTIFY, NOTIFY_MULTIPLIER);
    this.#capability(PCI_CFG_CAP, CFG_PCI, 0, 0);
    this.pci.config.fill(0, PCI_CFG_CAP + 12, PCI_CFG_CAP + 16);
    this.pci.writable(PCI_CFG_CAP + 4, 0xff);
    this.pci.writable(PCI_CFG_CAP + 8, ...new Array<number>(12).fill(0xff));
    this.pci.onWrite = (offset) => this.#configWritten(offset);
    this.pci.onRead = (offset) => this.#configRead(offset);
  }

  #initial(): TransportState {
    return { deviceSelect: 0, driverSelect: 0, driverFeatures: [0, 0], status: 0, queueSelect: 0, isr: 0 };
  }

  #capability(offset: number, type: number, at: number, extra?: number): void {
    const bytes = new Uint8Array(extra === undefined ? 14 : 18);
    const view = new DataView(bytes.buffer);
    bytes[0] = bytes.length + 2;
    bytes[1] = type;
    bytes[2] = BAR;
    view.setUint32(6, at, true);
    view.setUint32(10, PART_SIZE, true);
    if (extra !== undefined) view.setUint32(14, extra, true);
    this.pci.addCapability(offset, CAP_VENDOR, bytes);
  }

  /** The driver notified this queue. */
  protected abstract notified(queue: number): void;
  /** A byte of the device configuration. */
  protected abstract readConfig(offset: number): number;
  protected writeConfig(_offset: number, _value: number): void {}
  /** The driver reset the device, or the machine was. */
  protected deviceReset(): void {}

  get regions(): { base: number; size: number }[] {
    const region = this.pci.region(BAR);
    return region === undefined ? [] : [region];
  }

  /** The driver is ready to work with the queues. */
  protected get live(): boolean {
    return (this.#t.status & STATUS_DRIVER_OK) !== 0;
  }

  protected hasFeature(bit: number): boolean {
    return (this.#t.driverFeatures[0] & (1 << bit)) !== 0;
  }

  #updateLine(): void {
    const asserted = this.#t.isr !== 0;
    if (asserted) this.pci.config[PciOffset.status] |= STATUS_INTERRUPT;
    else this.pci.config[PciOffset.status] &= ~STATUS_INTERRUPT;
    this.irq.set(asserted && (this.pci.command & COMMAND_INTERRUPT_DISABLE) === 0);
  }

  protected interruptQueue(): void {
    this.#t.isr |= ISR_QUEUE;
    this.#updateLine();
  }

  /** Tells the driver that a queue broke the rules. */
  #checkQueue(queue: VirtQueue): void {
    if (!queue.broken || this.#t.status & STATUS_NEEDS_RESET) return;
    this.#t.status |= STATUS_NEEDS_RESET;
    this.#t.isr |= ISR_CONFIG;
    this.#updateLine();
  }

  #configWritten(offset: number): void {
    if (offset < PciOffset.status) this.#updateLine();
    if (offset >= PCI_CFG_CAP + 16 && offset < PCI_CFG_CAP + 20) {
      const { at, size } = this.#window();
      this.#write(at, size, this.pci.get32(PCI_CFG_CAP + 16) % 2 ** (8 * size));
    }
  }

  #configRead(offset: number): void {
    if (offset < PCI_CFG_CAP + 16 || offset >= PCI_CFG_CAP + 20) return;
    const { at, size } = this.#window();
    this.pci.set32(PCI_CFG_CAP + 16, this.#read(at, size));
  }

  #window(): { at: number; size: AccessSize } {
    const size = this.pci.get32(PCI_CFG_CAP + 12);
    return { at: this.pci.get32(PCI_CFG_CAP + 8), size: size === 1 || size === 2 ? size : 4 };
  }

  readMemory(address: number, size: AccessSize): number {
    return this.#read(address - this.regions[0].base, size);
  }

  writeMemory(address: number, size: AccessSize, value: number): void {
    this.#write(address - this.regions[0].base, size, value);
  }

  #read(at: number, size: AccessSize): number {
    if (at >= ISR && at < DEVICE_CONFIG) {
      const { isr } = this.#t;
      this.#t.isr = 0;
      this.#updateLine();
      return isr;
    }
    let value = 0;
    for (let i = size - 1; i >= 0; i--) {
      value =
        value * 256 + (at < ISR ? this.#commonByte(at + i) : at < NOTIFY ? this.readConfig(at + i - DEVICE_CONFIG) : 0);
    }
    return value;
  }

  /** A byte of the common configuration: registers are read at any size within them. */
  #commonByte(at: number): number {
    const part = (start: number, value: number) => Math.floor(value / 2 ** (8 * (at - start))) & 0xff;
    const t = this.#t;
    const queue = this.queues[t.queueSelect]?.state;
    const registers: readonly (readonly [number, number, () => number])[] = [
      [DEVICE_FEATURE_SELECT, 4, () => t.deviceSelect],
      [DEVICE_FEATURE, 4, () => this.#deviceFeatures(t.deviceSelect)],
      [DRIVER_FEATURE_SELECT, 4, () => t.driverSelect],
      [DRIVER_FEATURE, 4, () => t.driverFeatures[t.driverSelect] ?? 0],
      [MSIX_CONFIG, 2, () => NO_VECTOR],
      [NUM_QUEUES, 2, () => this.queues.length],
      [DEVICE_STATUS, 1, () => t.status],
      [CONFIG_GENERATION, 1, () => 0],
      [QUEUE_SELECT, 2, () => t.queueSelect],
      [QUEUE_SIZE, 2, () => queue?.size ?? 0],
      [QUEUE_MSIX_VECTOR, 2, () => NO_VECTOR],
      [QUEUE_ENABLE, 2, () => (queue?.enabled ? 1 : 0)],
      [QUEUE_NOTIFY_OFF, 2, () => t.queueSelect],
      [QUEUE_DESC, 8, () => queue?.descriptors ?? 0],
      [QUEUE_DRIVER, 8, () => queue?.driver ?? 0],
      [QUEUE_DEVICE, 8, () => queue?.device ?? 0],
    ];
    const found = registers.find(([start, length]) => at >= start && at < start + length);
    return found === undefined ? 0 : part(found[0], found[2]());
  }

  #deviceFeatures(word: number): number {
    if (word === 0) return (this.identity.features | FEATURE_INDIRECT) >>> 0;
    return word === 1 ? FEATURE_VERSION_1 : 0;
  }

  #write(at: number, size: AccessSize, value: number): void {
    if (at < ISR) this.#writeCommon(at, value);
    else if (at >= NOTIFY) {
      const index = Math.floor((at - NOTIFY) / NOTIFY_MULTIPLIER);
      if (!this.live || this.queues[index] === undefined) return;
      this.notified(index);
      this.#checkQueue(this.queues[index]);
    } else if (at >= DEVICE_CONFIG) {
      for (let i = 0; i < size; i++) this.writeConfig(at + i - DEVICE_CONFIG, (value >>> (8 * i)) & 0xff);
    }
  }

  #writeCommon(at: number, value: number): void {
    const t = this.#t;
    const queue = this.queues[t.queueSelect]?.state;
    switch (at) {
      case DEVICE_FEATURE_SELECT:
        t.deviceSelect = value;
        break;
      case DRIVER_FEATURE_SELECT:
        t.driverSelect = value;
        break;
      case DRIVER_FEATURE:
        if (t.driverSelect < 2) t.driverFeatures[t.driverSelect] = value;
        break;
      case DEVICE_STATUS:
        this.#writeStatus(value & 0xff);
        break;
      case QUEUE_SELECT:
        t.queueSelect = value & 0xffff;
        break;
      default:
        if (queue !== undefined) writeQueue(queue, at, value);
    }
  }

  #writeStatus(value: number): void {
    const t = this.#t;
    if (value === 0) {
      this.#resetTransport();
      return;
    }
    const unknown = t.driverFeatures.some((bits, i) => (bits & ~this.#deviceFeatures(i)) !== 0);
    const modern = (t.driverFeatures[1] & FEATURE_VERSION_1) !== 0;
    // FEATURES_OK does not stay when the driver chose what the device has not, or is not a 1.0 driver (3.1.1).
    t.status = value & STATUS_FEATURES_OK && (unknown || !modern) ? value & ~STATUS_FEATURES_OK : value;
  }

  #resetTransport(): void {
    this.#t = this.#initial();
    for (const [i] of this.queues.entries()) this.queues[i] = new VirtQueue(this.memory);
    this.deviceReset();
    this.#updateLine();
  }

  reset(): void {
    this.#resetTransport();
  }

  save(): unknown {
    const queues = this.queues.map(({ state, broken }) => ({ state: { ...state }, broken }));
    return { t: { ...this.#t, driverFeatures: [...this.#t.driverFeatures] }, queues, own: this.saveOwn() };
  }

  load(state: unknown): void {
    const { t, queues, own } = state as {
      t: TransportState;
      queues: { state: QueueState; broken: boolean }[];
      own: unknown;
    };
    this.#t = { ...t, driverFeatures: [...t.driverFeatures] };
    queues.forEach((saved, i) => {
      this.queues[i].state = { ...saved.state };
      this.queues[i].broken = saved.broken;
    });
    this.loadOwn(own);
    this.#updateLine();
  }

  protected saveOwn(): unknown {
    return null;
  }

  protected loadOwn(_state: unknown): void {}
}

/** Registers of the selected queue; fixed once it is enabled, and no larger than the device offered (4.1.4.3.2). */
function writeQueue(queue: QueueState, at: number, value: number): void {
  if (queue.enabled) return;
  const half = (now: number, high: boolean) =>
    high ? (now % 2 ** 32) + value * 2 ** 32 : now - (now % 2 ** 32) + value;
  switch (at) {
    case QUEUE_SIZE:
      if (value > 0 && value <= QUEUE_MAX && (value & (value - 1)) === 0) queue.size = value;
      break;
    case QUEUE_ENABLE:
      queue.enabled = value === 1;
      break;
    case QUEUE_DESC:
    case QUEUE_DESC + 4:
      queue.descriptors = half(queue.descriptors, at !== QUEUE_DESC);
      break;
    case QUEUE_DRIVER:
    case QUEUE_DRIVER + 4:
      queue.driver = half(queue.driver, at !== QUEUE_DRIVER);
      break;
    case QUEUE_DEVICE:
    case QUEUE_DEVICE + 4:
      queue.device = half(queue.device, at !== QUEUE_DEVICE);
      break;
  }
}
