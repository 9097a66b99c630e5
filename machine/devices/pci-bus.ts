/**
 * PCI (PCI Local Bus Specification 3.0): bus 0 with configuration mechanism #1 at ports CF8h/CFCh, and what every
 * function's configuration space does. Base addresses move regions on the port and memory bus. The reset control register
 * of the chipset is at CF9h, inside the same range (82371AB data sheet, 4.1.7).
 */
import type { AccessSize, Device, InterruptLine, PortDevice } from './device';

export const CONFIG_ADDRESS = 0xcf8;
export const RESET_CONTROL = 0xcf9;
export const CONFIG_DATA = 0xcfc;

const ADDRESS_ENABLE = 0x80000000;
const RESET_CPU = 0x04;

// Configuration space header
export const PciOffset = {
  vendorId: 0x00,
  deviceId: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  programmingInterface: 0x09,
  subclass: 0x0a,
  classCode: 0x0b,
  headerType: 0x0e,
  baseAddress0: 0x10,
  subsystemVendorId: 0x2c,
  subsystemId: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

export const COMMAND_IO = 0x0001;
export const COMMAND_MEMORY = 0x0002;
export const COMMAND_MASTER = 0x0004;
export const COMMAND_INTERRUPT_DISABLE = 0x0400;
const COMMAND_WRITABLE = 0x0547;
export const STATUS_INTERRUPT = 0x0008;
const STATUS_CAPABILITIES = 0x0010;

/** One base address register. */
export interface BaseAddress {
  /** Index 0..5. */
  index: number;
  kind: 'io' | 'memory';
  /** Bytes, a power of two. */
  size: number;
}

export interface PciIdentity {
  vendor: number;
  device: number;
  /** Class, subclass, programming interface as one 24-bit number. */
  classCode: number;
  revision?: number;
  subsystemVendor?: number;
  subsystem?: number;
  /** 1 is INTA#, 0 none. */
  interruptPin?: number;
  multifunction?: boolean;
}

/** The configuration space of one function. */
export class PciFunction {
  readonly config = new Uint8Array(256);
  /** 1 bits may be written by software. */
  readonly #writable = new Uint8Array(256);
  /** 1 bits are cleared by writing 1. */
  readonly #clearable = new Uint8Array(256);
  #initial: Uint8Array | undefined;
  /** Base addresses or the command register changed. */
  onMap: () => void = () => {};
  /** Before a configuration read, with the offset of its first byte. */
  onRead: (offset: number) => void = () => {};
  /** After a configuration write, with the offset of its first byte. */
  onWrite: (offset: number) => void = () => {};

  constructor(
    /** Device number * 8 + function number. */
    readonly address: number,
    identity: PciIdentity,
    readonly baseAddresses: readonly BaseAddress[] = [],
  ) {
    this.set16(PciOffset.vendorId, identity.vendor);
    this.set16(PciOffset.deviceId, identity.device);
    this.config[PciOffset.revision] = identity.revision ?? 0;
    this.config[PciOffset.programmingInterface] = identity.classCode & 0xff;
    this.set16(PciOffset.subclass, identity.classCode >> 8);
    this.config[PciOffset.headerType] = identity.multifunction ? 0x80 : 0;
    this.set16(PciOffset.subsystemVendorId, identity.subsystemVendor ?? 0);
    this.set16(PciOffset.subsystemId, identity.subsystem ?? 0);
    this.config[PciOffset.interruptPin] = identity.interruptPin ?? 0;
    this.writable(PciOffset.command, COMMAND_WRITABLE & 0xff, COMMAND_WRITABLE >> 8);
    this.#clearable.set([0x00, 0xf9], PciOffset.status);
    this.writable(PciOffset.interruptLine, 0xff);
    this.writable(0x0c, 0xff, 0xff); // cache line size, latency timer
    for (const { index, kind, size } of baseAddresses) {
      const offset = PciOffset.baseAddress0 + 4 * index;
      this.config[offset] = kind === 'io' ? 1 : 0;
      const mask = (~(size - 1) & (kind === 'io' ? 0xfffffffc : 0xfffffff0)) >>> 0;
      for (let i = 0; i < 4; i++) this.#writable[offset + i] = (mask >>> (8 * i)) & 0xff;
    }
  }

  /** Lets software write the bits of `masks` at an offset. */
  writable(offset: number, ...masks: number[]): void {
    this.#writable.set(masks, offset);
  }

  get16(offset: number): number {
    return this.config[offset] | (this.config[offset + 1] << 8);
  }

  set16(offset: number, value: number): void {
    this.config[offset] = value & 0xff;
    this.config[offset + 1] = value >> 8;
  }

  get32(offset: number): number {
    return (this.get16(offset) | (this.get16(offset + 2) << 16)) >>> 0;
  }

  set32(offset: number, value: number): void {
    this.set16(offset, value & 0xffff);
    this.set16(offset + 2, value >>> 16);
  }

  /** Adds a capability of these bytes after its two header bytes; gives its offset. */
  addCapability(offset: number, id: number, bytes: ArrayLike<number>): void {
    this.config[offset] = id;
    this.config[offset + 1] = this.config[PciOffset.capabilities];
    this.config.set(bytes, offset + 2);
    this.config[PciOffset.capabilities] = offset;
    this.config[PciOffset.status] |= STATUS_CAPABILITIES;
  }

  get command(): number {
    return this.get16(PciOffset.command);
  }

  /** Address of a region while the command register lets it answer and it was given one. */
  region(index: number): { base: number; size: number } | undefined {
    const bar = this.baseAddresses.find((candidate) => candidate.index === index);
    if (bar === undefined) return undefined;
    if ((this.command & (bar.kind === 'io' ? COMMAND_IO : COMMAND_MEMORY)) === 0) return undefined;
    const value = this.get32(PciOffset.baseAddress0 + 4 * index);
    const base = value - (value % (bar.kind === 'io' ? 4 : 16));
    if (base === 0 || base + bar.size > (bar.kind === 'io' ? 0x10000 : 0x100000000)) return undefined;
    return { base, size: bar.size };
  }

  read(offset: number): number {
    return this.config[offset];
  }

  write(offset: number, value: number): void {
    const mask = this.#writable[offset];
    this.config[offset] = (this.config[offset] & ~mask & ~(value & this.#clearable[offset])) | (value & mask);
  }

  /** Keeps the present contents as those of reset. */
  freeze(): void {
    this.#initial = this.config.slice();
  }

  reset(): void {
    if (this.#initial !== undefined) this.config.set(this.#initial);
    this.onMap();
  }
}

/** Routes INTA#..INTD# of a slot to an interrupt request. */
export interface PciInterruptRouter {
  line(slot: number, pin: number): InterruptLine;
}

export class PciBus implements PortDevice {
  readonly name = 'pci';
  readonly ports = [{ first: CONFIG_ADDRESS, last: CONFIG_DATA + 3 }];
  readonly widePorts = true;
  readonly #functions = new Map<number, PciFunction>();
  #address = 0;
  #resetControl = 0;

  constructor(private readonly onReset: () => void) {}

  add(pciFunction: PciFunction): PciFunction {
    this.#functions.set(pciFunction.address, pciFunction);
    pciFunction.freeze();
    return pciFunction;
  }

  get functions(): readonly PciFunction[] {
    return [...this.#functions.values()];
  }

  #target(): PciFunction | undefined {
    if ((this.#address & ADDRESS_ENABLE) === 0 || (this.#address & 0xff0000) !== 0) return undefined;
    return this.#functions.get((this.#address >> 8) & 0xff);
  }

  readPort(port: number, size: AccessSize): number {
    if (port === CONFIG_ADDRESS && size === 4) return this.#address;
    if (port === RESET_CONTROL && size === 1) return this.#resetControl;
    if (port < CONFIG_DATA) return 2 ** (8 * size) - 1;
    const target = this.#target();
    const offset = (this.#address & 0xfc) + (port & 3);
    target?.onRead(offset);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (target?.read((offset + i) & 0xff) ?? 0xff);
    return value;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    if (port === CONFIG_ADDRESS && size === 4) this.#address = (value & 0x80fffffc) >>> 0;
    else if (port === RESET_CONTROL && size === 1) {
      const rise = (value & ~this.#resetControl & RESET_CPU) !== 0;
      this.#resetControl = value & 0x0a;
      if (rise) this.onReset();
    } else if (port >= CONFIG_DATA) this.#writeConfig((this.#address & 0xfc) + (port & 3), size, value);
  }

  #writeConfig(offset: number, size: AccessSize, value: number): void {
    const target = this.#target();
    if (target === undefined) return;
    for (let i = 0; i < size; i++) target.write((offset + i) & 0xff, (value >>> (8 * i)) & 0xff);
    const bars = offset < 0x28 && offset + size > PciOffset.baseAddress0;
    if (bars || (offset < PciOffset.status && offset + size > PciOffset.command)) target.onMap();
    target.onWrite(offset);
  }

  reset(): void {
    this.#address = 0;
    this.#resetControl = 0;
    for (const pciFunction of this.#functions.values()) pciFunction.reset();
  }

  save(): unknown {
    return {
      address: this.#address,
      resetControl: this.#resetControl,
      functions: [...this.#functions].map(([address, { config }]) => [address, config.slice()]),
    };
  }

  load(state: unknown): void {
    const { address, resetControl, functions } = state as {
      address: number;
      resetControl: number;
      functions: [number, Uint8Array][];
    };
    this.#address = address;
    this.#resetControl = resetControl;
    for (const [key, config] of functions) {
      const target = this.#functions.get(key);
      target?.config.set(config);
      target?.onMap();
    }
  }
}

/** A device that is on the PCI bus besides answering ports or memory. */
export interface PciDevice extends Device {
  readonly pci: PciFunction;
}
