/**
 * Address decoding: which device answers a port or a physical address. Ports are looked up in a table of 64 Ki
 * entries; memory regions, of which there are few, in a sorted list with the last hit remembered.
 */
import type { AccessSize, MemoryDevice, PortDevice } from './device';

const PORTS = 0x10000;

/** The I/O port space. An access wider than the port's device range is split into bytes, as the ISA bridge does. */
export class PortBus {
  /** Index into #devices plus 1; 0 is nobody. */
  readonly #owner = new Uint8Array(PORTS);
  readonly #devices: PortDevice[] = [];

  add(device: PortDevice): void {
    this.#devices.push(device);
    this.map(device);
  }

  /** Enters the device's present ranges; ports of other devices stay theirs. */
  map(device: PortDevice): void {
    const index = this.#devices.indexOf(device) + 1;
    for (let port = 0; port < PORTS; port++) if (this.#owner[port] === index) this.#owner[port] = 0;
    for (const { first, last } of device.ports) {
      for (let port = first; port <= last; port++) if (this.#owner[port] === 0) this.#owner[port] = index;
    }
  }

  read(port: number, size: AccessSize): number {
    const owner = this.#owner[port];
    if (size === 1) return owner === 0 ? 0xff : this.#devices[owner - 1].readPort(port, 1) & 0xff;
    if (this.#owns(owner, port, size)) {
      const value = this.#devices[owner - 1].readPort(port, size);
      return size === 2 ? value & 0xffff : value >>> 0;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.read((port + i) & 0xffff, 1) << (8 * i);
    return value >>> 0;
  }

  write(port: number, size: AccessSize, value: number): void {
    const owner = this.#owner[port];
    if (size === 1) {
      if (owner !== 0) this.#devices[owner - 1].writePort(port, 1, value & 0xff);
    } else if (this.#owns(owner, port, size)) {
      this.#devices[owner - 1].writePort(port, size, size === 2 ? value & 0xffff : value >>> 0);
    } else {
      for (let i = 0; i < size; i++) this.write((port + i) & 0xffff, 1, (value >>> (8 * i)) & 0xff);
    }
  }

  /** The whole access falls to one device that takes accesses wider than a byte. */
  #owns(owner: number, port: number, size: number): boolean {
    if (owner === 0) return false;
    for (let i = 1; i < size; i++) if (this.#owner[port + i] !== owner) return false;
    return this.#devices[owner - 1].widePorts === true;
  }
}

interface Region {
  base: number;
  end: number;
  device: MemoryDevice;
}

/** Physical addresses that devices answer. */
export class MemoryBus {
  #regions: Region[] = [];
  readonly #devices: MemoryDevice[] = [];
  #last: Region | undefined;

  add(device: MemoryDevice): void {
    this.#devices.push(device);
    this.remap();
  }

  /** Reads all devices' present regions again (a PCI base address or the APIC base moved). */
  remap(): void {
    this.#last = undefined;
    this.#regions = this.#devices
      .flatMap((device) => device.regions.map(({ base, size }) => ({ base, end: base + size, device })))
      .sort((a, b) => a.base - b.base);
  }

  /** The device region that holds this physical address, undefined for RAM and empty space. */
  find(address: number): Region | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.base && address < last.end) return last;
    for (const region of this.#regions) {
      if (address >= region.base && address < region.end) {
        this.#last = region;
        return region;
      }
    }
    return undefined;
  }

  /** Value read, zero-extended; all ones where nobody answers. */
  read(address: number, size: AccessSize): number {
    const region = this.find(address);
    if (region === undefined) return size === 1 ? 0xff : size === 2 ? 0xffff : 0xffffffff;
    return region.device.readMemory(address, size) >>> 0;
  }

  write(address: number, size: AccessSize, value: number): void {
    this.find(address)?.device.writeMemory(address, size, value >>> 0);
  }
}
