/**
 * What a guest may do to its devices, mostly senseless and partly nearly right: accesses to ports and device memory, rings and
 * tables full of loops and wild addresses in guest memory, and the passing of time.
 */
import type { AccessSize } from '../../../machine/devices/device';
import type { Random } from '../../host/random';

/** Everything a guest can do to the world outside its CPU, and what comes back. */
export interface World {
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
  readMemory(address: number, size: AccessSize): number;
  writeMemory(address: number, size: AccessSize, value: number): void;
  /** Puts bytes into guest memory. */
  poke(address: number, bytes: Uint8Array): void;
  /** Lets time pass, in ticks. */
  pass(ticks: number): void;
  /** Takes an interrupt if one asks; gives its vector, else -1. */
  acknowledge(): number;
  /** MSRs of the local APIC and the like; undefined where the access would be #GP. */
  readMsr(index: number): bigint | undefined;
  writeMsr(index: number, value: bigint): boolean;
  serialInput(bytes: Uint8Array): void;
  key(code: string, down: boolean): void;
  mouse(x: number, y: number, wheel: number, buttons: number): void;
  nmi(): void;
  /** Bytes of RAM. */
  readonly memory: number;
}

/** One thing to do; the result is what the guest would see. */
export type Operation = (world: World) => number | bigint | undefined;

/** Ports that some device of a PC answers: first and last. */
const PORTS: readonly (readonly [number, number])[] = [
  [0x20, 0x21],
  [0xa0, 0xa1],
  [0x4d0, 0x4d1],
  [0x40, 0x43],
  [0x60, 0x64],
  [0x70, 0x71],
  [0x92, 0x92],
  [0x3f8, 0x3ff],
  [0x2f8, 0x2ff],
  [0x3b0, 0x3df],
  [0x1ce, 0x1d0],
  [0x1f0, 0x1f7],
  [0x170, 0x177],
  [0x376, 0x376],
  [0x3f6, 0x3f6],
  [0xcf8, 0xcff],
  [0xc000, 0xc00f],
  [0x600, 0x63f],
  [0xb00, 0xb3f],
  [0x510, 0x51b],
  [0xb2, 0xb3],
  [0x80, 0x80],
];
/** Port F4h ends the guest, and what powers off or resets is masked by the world. */
const APIC = 0xfee00000;
const IO_APIC = 0xfec00000;
const VIRTIO = [0xfe000000, 0xfe004000, 0xfe008000];
const SIZES: readonly AccessSize[] = [1, 2, 4];
const KEYS = ['KeyA', 'Enter', 'ShiftLeft', 'ArrowUp', 'F5', 'Pause', 'NoSuchKey', 'PrintScreen', 'NumpadEnter'];

/** 64 bits: all or none of them, a single one, an address, or anything. */
export function wide(random: Random): bigint {
  const bit = 1n << BigInt(random.below(64));
  const values = [0n, bit, bit - 1n, BigInt.asUintN(64, -bit), BigInt(random.below(256)), BigInt(random.u32())];
  return values[random.below(8)] ?? (BigInt(random.u32()) << 32n) | BigInt(random.u32());
}

/** A value at which things happen: small, a bit, all ones, an address, or anything. */
function value(random: Random, memory: number): number {
  switch (random.below(8)) {
    case 0:
      return random.below(4);
    case 1:
      return random.below(256);
    case 2:
      return (1 << random.below(32)) >>> 0;
    case 3:
      return 0xffffffff;
    case 4:
      return (random.below(memory / 4096) * 4096) >>> 0;
    case 5:
      return 0x1000 + random.below(0x8000);
    default:
      return random.u32();
  }
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;

function portAccess(random: Random, memory: number): Operation {
  const [first, last] = random.below(20) === 0 ? [0, 0xffff] : pick(random, PORTS);
  let port = first + random.below(last - first + 1);
  if (port === 0xf4) port = 0x80;
  const size = pick(random, SIZES);
  const written = value(random, memory);
  if (random.below(2) === 0) return (world) => world.readPort(port, size);
  return (world) => {
    world.writePort(port, size, written);
    return undefined;
  };
}

function memoryAccess(random: Random, memory: number): Operation {
  const places = [
    APIC + 16 * random.below(64),
    APIC + random.below(4096),
    IO_APIC,
    IO_APIC + 0x10,
    IO_APIC + random.below(256),
    pick(random, VIRTIO) + pick(random, [0, 0, 0x1000, 0x2000, 0x3000]) + random.below(0x40),
    pick(random, VIRTIO) + random.below(0x4000),
    0xa0000 + random.below(0x20000),
    random.u32(),
  ];
  const address = pick(random, places);
  const size = pick(random, SIZES);
  const written = value(random, memory);
  if (random.below(2) === 0) return (world) => world.readMemory(address, size);
  return (world) => {
    world.writeMemory(address, size, written);
    return undefined;
  };
}

/** A virtqueue with one ring of chains, set up by the book and filled with rubbish, then notified. */
function virtqueue(random: Random, memory: number): Operation {
  const base = pick(random, VIRTIO);
  const queue = random.below(3);
  const sizes = [1, 2, 4, 8, 16, 64, 256, 32768];
  const size = pick(random, sizes);
  const at = random.below(8) === 0 ? value(random, memory) : 0x10000 + 0x1000 * random.below(16);
  const rings = { descriptors: at, driver: at + 0x4000, device: at + 0x6000 };
  const entries = Math.min(size, 64);
  const table = new Uint8Array(16 * entries);
  const view = new DataView(table.buffer);
  for (let i = 0; i < entries; i++) {
    const wild = random.below(4) === 0;
    view.setUint32(16 * i, wild ? value(random, memory) : 0x20000 + random.below(0x10000), true);
    view.setUint32(16 * i + 4, random.below(16) === 0 ? random.u32() : 0, true);
    view.setUint32(16 * i + 8, pick(random, [0, 1, 16, 512, 513, 4096, wild ? random.u32() : 64]), true);
    view.setUint16(16 * i + 12, random.below(8) === 0 ? random.below(8) : pick(random, [0, 1, 1, 2, 3]), true);
    view.setUint16(16 * i + 14, random.below(4) === 0 ? random.below(65536) : random.below(entries), true);
  }
  const available = new Uint8Array(4 + 2 * entries);
  const ring = new DataView(available.buffer);
  ring.setUint16(0, random.below(2), true);
  ring.setUint16(2, random.below(8) === 0 ? random.below(65536) : random.below(entries + 1), true);
  for (let i = 0; i < entries; i++) ring.setUint16(4 + 2 * i, random.below(8) === 0 ? random.below(65536) : i, true);
  const request = new Uint8Array(16);
  request[0] = pick(random, [0, 1, 4, 8, 77]);
  request[8] = random.below(256);
  const features = random.below(4) === 0 ? random.u32() : 0;
  const requestAt = 0x20000 + 16 * random.below(64);
  return (world) => {
    world.poke(rings.descriptors, table);
    world.poke(rings.driver, available);
    world.poke(requestAt, request);
    const write = (offset: number, bytes: AccessSize, what: number) => world.writeMemory(base + offset, bytes, what);
    write(0x14, 1, 0);
    write(0x14, 1, 3);
    write(0x08, 4, 0);
    write(0x0c, 4, features);
    write(0x08, 4, 1);
    write(0x0c, 4, 1);
    write(0x14, 1, 0x0b);
    write(0x16, 2, queue);
    write(0x18, 2, size);
    write(0x20, 4, rings.descriptors);
    write(0x28, 4, rings.driver);
    write(0x30, 4, rings.device);
    write(0x1c, 2, 1);
    write(0x14, 1, 0x0f);
    write(0x3000 + 4 * queue, 2, queue);
    return world.readMemory(base + 0x14, 1) + 256 * world.readMemory(base + 0x1000, 1);
  };
}

const ATA_COMMANDS = [
  0x00, 0x08, 0x10, 0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0x70, 0x90, 0x91, 0xa0, 0xa1, 0xc4, 0xc5,
  0xc6, 0xc8, 0xca, 0xe0, 0xe5, 0xe7, 0xea, 0xec, 0xef, 0xf8,
];

/** A command of an IDE drive with a table of physical regions, and some of its data. */
function ide(random: Random, memory: number): Operation {
  const base = pick(random, [0x1f0, 0x170]);
  const master = base === 0x1f0 ? 0xc000 : 0xc008;
  const table = 0x30000 + 8 * random.below(64);
  const count = 1 + random.below(4);
  const regions = new Uint8Array(8 * count);
  const view = new DataView(regions.buffer);
  for (let i = 0; i < count; i++) {
    view.setUint32(8 * i, random.below(4) === 0 ? value(random, memory) : 0x40000 + random.below(0x8000), true);
    const end = i === count - 1 && random.below(8) !== 0 ? 0x80000000 : 0;
    view.setUint32(8 * i + 4, (end | (random.below(4) === 0 ? random.below(65536) : 512)) >>> 0, true);
  }
  const command = random.below(8) === 0 ? random.below(256) : pick(random, ATA_COMMANDS);
  const registers = [0, 0, 0, 0].map(() => (random.below(3) === 0 ? random.below(256) : random.below(4)));
  const device = pick(random, [0xa0, 0xb0, 0xe0, 0xf0, random.below(256)]);
  const packet = Uint8Array.from({ length: 12 }, () => (random.below(2) ? 0 : random.below(256)));
  packet[0] = pick(random, [0x00, 0x03, 0x12, 0x25, 0x28, 0x43, 0xa8, 0xbe, 0x1b, 0x46, random.below(256)]);
  const direction = random.below(2) * 8;
  const words = random.below(600);
  return (world) => {
    world.poke(table, regions);
    world.writePort(base + 6, 1, device);
    registers.forEach((register, i) => {
      world.writePort(base + 2 + i, 1, register);
    });
    world.writePort(base + 1, 1, direction ? 1 : 0);
    world.writePort(master + 4, 4, table);
    world.writePort(master, 1, direction);
    world.writePort(base + 7, 1, command);
    world.pass(50_000);
    if (command === 0xa0) {
      for (let i = 0; i < 12; i += 2)
        world.writePort(base, 2, (packet[i] as number) | ((packet[i + 1] as number) << 8));
      world.pass(50_000);
    }
    world.writePort(master, 1, direction | 1);
    world.pass(50_000);
    let sum = 0;
    for (let i = 0; i < words; i++) {
      if ((world.readPort(base + 7, 1) & 0x88) !== 0x08) break;
      if (words & 1) sum = (sum * 31 + world.readPort(base, 2)) >>> 0;
      else world.writePort(base, 2, i);
      if (i % 256 === 255) world.pass(20_000);
    }
    return sum + world.readPort(base + 7, 1) + 256 * world.readPort(base + 1, 1);
  };
}

/** A command of the BIOS's own disk port, an fw_cfg item, a configuration register, a redirection entry: index, then data. */
function indexed(random: Random, memory: number): Operation {
  const data = value(random, memory);
  const index = random.below(256);
  switch (random.below(9)) {
    case 0: {
      const slot = random.below(8);
      const port = 0xcfc + random.below(4);
      const size = pick(random, SIZES);
      const write = random.below(2) === 0;
      const at = (0x80000000 | (slot << 11) | (random.below(64) * 4)) >>> 0;
      return (world) => {
        world.writePort(0xcf8, 4, at);
        if (write) world.writePort(port, size, data);
        return world.readPort(port, size);
      };
    }
    case 1:
      return (world) => {
        world.writePort(0x70, 1, index);
        if (data & 1) world.writePort(0x71, 1, data & 0xff);
        return world.readPort(0x71, 1);
      };
    case 2:
      return (world) => {
        world.writePort(0x1ce, 2, index % 16);
        if (data & 1) world.writePort(0x1cf, 2, data & 0xffff);
        return world.readPort(0x1cf, 2);
      };
    case 3: {
      const port = pick(random, [0x3c0, 0x3c4, 0x3c7, 0x3c8, 0x3ce, 0x3d4]);
      return (world) => {
        world.readPort(0x3da, 1);
        world.writePort(port, 1, index);
        world.writePort(port === 0x3c0 ? 0x3c0 : port + 1, 1, data & 0xff);
        return world.readPort(port + 1, 1);
      };
    }
    case 4:
      return (world) => {
        world.writeMemory(IO_APIC, 4, index % 0x48);
        world.writeMemory(IO_APIC + 0x10, 4, data & 0x1ffff);
        return world.readMemory(IO_APIC + 0x10, 4);
      };
    case 5: {
      const item = random.below(2) ? index : data & 0xffff;
      return (world) => {
        world.writePort(0x510, 2, item);
        let sum = 0;
        for (let i = 0; i < 8; i++) sum = (sum * 31 + world.readPort(0x511, 1)) >>> 0;
        return sum;
      };
    }
    case 6: {
      const registers = [data, 0, random.below(64), value(random, memory)];
      const drive = pick(random, [0, 0x80, 0x81, 0xe0, index]);
      const command = pick(random, [1, 1, 2, 3, 4, data]);
      const small = random.below(4) !== 0;
      return (world) => {
        world.writePort(0xb04, 4, drive);
        registers.forEach((register, i) => {
          world.writePort(0xb08 + 4 * i, 4, small && i === 0 ? register % 64 : register);
        });
        world.writePort(0xb00, 4, command);
        return world.readPort(0xb00, 4);
      };
    }
    case 7: {
      const register = 0x800 + random.below(0x40);
      const written = wide(random);
      const write = random.below(2) === 0;
      return (world) => (write ? (world.writeMsr(register, written) ? 1 : 0) : world.readMsr(register));
    }
    default: {
      const register = pick(random, [0x1b, 0x6e0, 0x10, 0x277, 0x80b]);
      // the APIC stays where it is, most of the time
      const written = register === 0x1b ? 0xfee00900n | BigInt(random.below(4) << 10) : wide(random);
      return (world) => (world.writeMsr(register, written) ? 1 : 0);
    }
  }
}

function outside(random: Random): Operation {
  const bytes = Uint8Array.from({ length: random.below(20) }, () => random.below(256));
  const code = pick(random, KEYS);
  const down = random.below(2) === 0;
  if (random.below(2) === 0)
    return (world) => {
      world.serialInput(bytes);
      return undefined;
    };
  const [x, y] = [random.below(600) - 300, random.below(600) - 300];
  const [wheel, buttons] = [random.below(20) - 10, random.below(8)];
  const kind = random.below(4);
  return (world) => {
    if (kind === 0) world.mouse(x, y, wheel, buttons);
    else if (kind === 1) world.nmi();
    else world.key(code, down);
    return undefined;
  };
}

/** The next thing to do. */
export function operation(random: Random, memory: number): Operation {
  const kind = random.below(100);
  if (kind < 45) return portAccess(random, memory);
  if (kind < 65) return memoryAccess(random, memory);
  if (kind < 83) return indexed(random, memory);
  if (kind < 85) return virtqueue(random, memory);
  if (kind < 86) return ide(random, memory);
  if (kind < 88) return outside(random);
  if (kind < 94) return (world) => world.acknowledge();
  const ticks = pick(random, [1, 100, 1000, 30_000, 1_000_000, 100_000_000, random.u32()]);
  return (world) => {
    world.pass(ticks);
    return undefined;
  };
}
