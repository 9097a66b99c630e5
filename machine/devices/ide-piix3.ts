/**
 * The IDE controller of the PIIX3 (82371SB data sheet 290550, chapter 2.3 and "Bus Master IDE Programming Interface",
 * SFF-8038i): two channels at the legacy ports 1F0h and 170h with IRQ 14 and 15, PIO and bus-master DMA.
 */
import type { GuestMemory } from '../memory-view';
import { type AtaDrive, COMMAND_STATUS, DATA, DEVICE, DEVICE_SELECT, SECTOR_COUNT } from './ata-drive';
import type { AccessSize, InterruptLine, PortDevice } from './device';
import { COMMAND_IO, COMMAND_MASTER, PciFunction, PciOffset } from './pci-bus';

const CHANNELS = [
  { command: 0x1f0, control: 0x3f6 },
  { command: 0x170, control: 0x376 },
] as const;

// Device control register
const CONTROL_NO_INTERRUPT = 0x02;
const CONTROL_RESET = 0x04;
const CONTROL_HIGH_ORDER = 0x80;

// Bus master registers of a channel
const BM_COMMAND = 0;
const BM_STATUS = 2;
const BM_TABLE = 4;
const BM_START = 0x01;
const BM_TO_MEMORY = 0x08;
const BM_ACTIVE = 0x01;
const BM_ERROR = 0x02;
const BM_INTERRUPT = 0x04;
const BM_CHANNEL_SIZE = 8;
/** Physical region descriptor: the last one has this bit in its second dword. */
const PRD_END = 0x80000000;
const MOST_PRDS = 8192;

/** Where firmware puts the bus master registers. */
const BUS_MASTER_PORTS = 0xc000;

interface ChannelState {
  selected: number;
  control: number;
  bmCommand: number;
  bmStatus: number;
  table: number;
}

class Channel {
  s: ChannelState = { selected: 0, control: 0, bmCommand: 0, bmStatus: 0, table: 0 };
  #asserted = false;

  constructor(
    private readonly drives: readonly (AtaDrive | undefined)[],
    private readonly irq: InterruptLine,
    private readonly memory: GuestMemory,
  ) {
    for (const drive of drives) {
      if (drive === undefined) continue;
      drive.onInterrupt = () => this.update();
      drive.onDma = () => this.#transfer();
    }
  }

  get #drive(): AtaDrive | undefined {
    return this.drives[this.s.selected];
  }

  /** INTRQ of the selected drive, unless nIEN floats it. The status bit is set when INTRQ rises (SFF-8038i). */
  update(): void {
    const asserted = this.#drive?.interrupt === true && (this.s.control & CONTROL_NO_INTERRUPT) === 0;
    if (asserted && !this.#asserted) this.s.bmStatus |= BM_INTERRUPT;
    this.#asserted = asserted;
    this.irq.set(asserted);
  }

  read(offset: number, size: number): number {
    const drive = this.#drive;
    // Nobody there: the other drive, if any, answers with zeros; an empty cable floats, with bit 7 pulled down.
    if (drive === undefined) return this.drives.some((other) => other) ? 0 : 0x7f;
    if (offset === DATA) return drive.readData(size);
    const high = (this.s.control & CONTROL_HIGH_ORDER) !== 0 && offset >= SECTOR_COUNT && offset < DEVICE;
    return high ? drive.readPrevious(offset) : drive.readRegister(offset);
  }

  write(offset: number, size: number, value: number): void {
    if (offset === DATA) {
      this.#drive?.writeData(size, value);
      return;
    }
    if (offset === COMMAND_STATUS) {
      // EXECUTE DEVICE DIAGNOSTIC (90h) goes to both drives
      if (value === 0x90) for (const drive of this.drives) drive?.writeCommand(value);
      else this.#drive?.writeCommand(value);
      return;
    }
    this.s.control &= ~CONTROL_HIGH_ORDER;
    for (const drive of this.drives) drive?.writeRegister(offset, value);
    if (offset === DEVICE) {
      this.s.selected = value & DEVICE_SELECT ? 1 : 0;
      this.update();
    }
  }

  /** Alternate status: does not end the interrupt. */
  alternateStatus(): number {
    return this.#drive?.status ?? (this.drives.some((other) => other) ? 0 : 0x7f);
  }

  writeControl(value: number): void {
    const released = (this.s.control & ~value & CONTROL_RESET) !== 0;
    this.s.control = value;
    if (released) {
      this.s.selected = 0;
      for (const drive of this.drives) drive?.reset();
    }
    this.update();
  }

  readBusMaster(offset: number): number {
    const { bmCommand, bmStatus, table } = this.s;
    if (offset === BM_COMMAND) return bmCommand;
    if (offset === BM_STATUS) return bmStatus | (this.drives[0] ? 0x20 : 0) | (this.drives[1] ? 0x40 : 0);
    return offset >= BM_TABLE ? (table >>> (8 * (offset - BM_TABLE))) & 0xff : 0;
  }

  writeBusMaster(offset: number, value: number): void {
    const s = this.s;
    if (offset === BM_COMMAND) {
      const started = (value & ~s.bmCommand & BM_START) !== 0;
      s.bmCommand = value & (BM_START | BM_TO_MEMORY);
      if (started) {
        s.bmStatus |= BM_ACTIVE;
        this.#transfer();
      } else if ((value & BM_START) === 0) s.bmStatus &= ~BM_ACTIVE;
    } else if (offset === BM_STATUS) {
      s.bmStatus &= ~(value & (BM_ERROR | BM_INTERRUPT)) & 0x9f;
    } else if (offset >= BM_TABLE) {
      const shift = 8 * (offset - BM_TABLE);
      s.table = ((s.table & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  /** Moves data when the engine runs and the drive asks. */
  #transfer(): void {
    const s = this.s;
    const drive = this.#drive;
    if ((s.bmStatus & BM_ACTIVE) === 0 || drive === undefined || drive.dmaRequest === 'none') return;
    const toMemory = drive.dmaRequest === 'to-memory';
    if (toMemory !== ((s.bmCommand & BM_TO_MEMORY) !== 0)) return;
    const buffer = drive.dmaBuffer;
    const data = toMemory ? buffer : new Uint8Array(buffer.length);
    let done = 0;
    let last = false;
    for (let i = 0; i < MOST_PRDS && done < data.length && !last; i++) {
      const at = (s.table >>> 0) + 8 * i;
      const address = this.memory.readU32(at) & ~1;
      const word = this.memory.readU32(at + 4);
      const length = Math.min(word & 0xfffe || 0x10000, data.length - done);
      if (toMemory) this.memory.write(address >>> 0, data.subarray(done, done + length));
      else data.set(this.memory.read(address >>> 0, length), done);
      done += length;
      last = (word & PRD_END) !== 0;
      // A table longer than the data leaves the engine active: SFF-8038i, "status bits".
      if (done >= data.length && last) s.bmStatus &= ~BM_ACTIVE;
    }
    if (done < data.length) {
      // The table ended first: the drive never gets what it wants, the engine stops.
      s.bmStatus &= ~BM_ACTIVE;
      return;
    }
    drive.finishDma(toMemory ? new Uint8Array(0) : data);
  }

  reset(): void {
    this.s = { selected: 0, control: 0, bmCommand: 0, bmStatus: 0, table: 0 };
    for (const drive of this.drives) drive?.reset();
    this.update();
  }

  save(): unknown {
    return { ...this.s, drives: this.drives.map((drive) => drive?.save()) };
  }

  load(state: unknown): void {
    const { drives, ...s } = state as ChannelState & { drives: unknown[] };
    this.s = { ...s };
    this.drives.forEach((drive, i) => {
      drive?.load(drives[i]);
    });
    this.update();
    this.s.bmStatus = s.bmStatus; // INTRQ did not rise just now
  }
}

export class IdePiix3 implements PortDevice {
  readonly name = 'ide';
  readonly widePorts = true;
  readonly pci: PciFunction;
  readonly #channels: Channel[];

  /** Drives in the order primary master, primary slave, secondary master, secondary slave. */
  constructor(
    drives: readonly (AtaDrive | undefined)[],
    irqs: readonly [InterruptLine, InterruptLine],
    memory: GuestMemory,
  ) {
    this.#channels = irqs.map((irq, i) => new Channel([drives[2 * i], drives[2 * i + 1]], irq, memory));
    const identity = { vendor: 0x8086, device: 0x7010, classCode: 0x010180 };
    this.pci = new PciFunction(0x09, identity, [{ index: 4, kind: 'io', size: 16 }]);
    this.pci.set32(PciOffset.baseAddress0 + 16, BUS_MASTER_PORTS | 1);
    this.pci.set16(PciOffset.command, COMMAND_IO | COMMAND_MASTER);
    this.pci.config.set([0x00, 0x80, 0x00, 0x80], 0x40); // IDE timing: both channels decode
    this.pci.writable(0x40, 0xff, 0xff, 0xff, 0xff, 0xff);
  }

  get ports(): { first: number; last: number }[] {
    const ports: { first: number; last: number }[] = CHANNELS.flatMap(({ command, control }) => [
      { first: command, last: command + 7 },
      { first: control, last: control },
    ]);
    const busMaster = this.pci.region(4);
    if (busMaster) ports.push({ first: busMaster.base, last: busMaster.base + busMaster.size - 1 });
    return ports;
  }

  /** Which channel and register a port is. */
  #decode(port: number): { channel: Channel; block: 'command' | 'control' | 'master'; offset: number } {
    for (const [i, { command, control }] of CHANNELS.entries()) {
      const channel = this.#channels[i];
      if (port >= command && port < command + 8) return { channel, block: 'command', offset: port - command };
      if (port === control) return { channel, block: 'control', offset: 0 };
    }
    const offset = port - (this.pci.region(4)?.base ?? port);
    return {
      channel: this.#channels[offset >= BM_CHANNEL_SIZE ? 1 : 0],
      block: 'master',
      offset: offset % BM_CHANNEL_SIZE,
    };
  }

  readPort(port: number, size: AccessSize): number {
    const { channel, block, offset } = this.#decode(port);
    if (block === 'command' && offset === DATA) return channel.read(DATA, size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) {
      const at = offset + i;
      const byte =
        block === 'command'
          ? channel.read(at, 1)
          : block === 'control'
            ? channel.alternateStatus()
            : channel.readBusMaster(at);
      value = value * 256 + byte;
    }
    return value;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    const { channel, block, offset } = this.#decode(port);
    if (block === 'command' && offset === DATA) {
      channel.write(DATA, size, value);
      return;
    }
    for (let i = 0; i < size; i++) {
      const byte = (value >>> (8 * i)) & 0xff;
      if (block === 'command') channel.write(offset + i, 1, byte);
      else if (block === 'control') channel.writeControl(byte);
      else channel.writeBusMaster(offset + i, byte);
    }
  }

  reset(): void {
    for (const channel of this.#channels) channel.reset();
  }

  save(): unknown {
    return this.#channels.map((channel) => channel.save());
  }

  load(state: unknown): void {
    (state as unknown[]).forEach((saved, i) => {
      this.#channels[i].load(saved);
    });
  }
}
