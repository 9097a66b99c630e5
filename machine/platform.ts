/**
 * The PC around the CPU: devices, their buses and wires. One class for the bare machine and for the virtual hardware of
 * a VMM's guest: it knows a clock and guest memory, and no CPU.
 */
import type { Clock } from './clock';
import { AcpiPm } from './devices/acpi-pm';
import { ApicBus } from './devices/apic-bus';
import { AtaDisk } from './devices/ata-disk';
import { AtapiCdrom } from './devices/atapi-cdrom';
import { BiosDisk } from './devices/bios-disk';
import { MemoryBus, PortBus } from './devices/bus';
import { cmosLayout } from './devices/cmos-layout';
import { CoprocessorError } from './devices/coprocessor-error';
import { DebugConsole, DebugExit, PostCode } from './devices/debug-ports';
import type { AccessSize, Device, InterruptController, MemoryDevice, PortDevice } from './devices/device';
import { cdrom, type DiskImage, diskette, disketteKib, hardDisk } from './devices/disk-image';
import { FwCfg } from './devices/fw-cfg';
import { IdePiix3 } from './devices/ide-piix3';
import { InterruptWires } from './devices/interrupt-wires';
import { EXTERNAL_INPUT, IO_APIC_INPUTS, IoApic } from './devices/io-apic';
import { Keyboard8042 } from './devices/keyboard-8042';
import { LocalApic } from './devices/local-apic';
import { LocalApicMemory } from './devices/local-apic-memory';
import { PciBus } from './devices/pci-bus';
import { hostBridge, Piix3 } from './devices/pci-chipset';
import { Pic8259a } from './devices/pic-8259a';
import { Pit8254 } from './devices/pit-8254';
import { RtcMc146818 } from './devices/rtc-mc146818';
import { keysOfCharacter } from './devices/scancodes';
import { A20Gate, SystemControlA, SystemControlB } from './devices/system-control';
import { Uart16550a } from './devices/uart-16550a';
import { type LinearDisplay, VbeDispi } from './devices/vbe-dispi';
import { Vga } from './devices/vga';
import type { IndexedFrame } from './devices/vga-frame';
import { VirtioBlk, VirtioConsole, VirtioRng } from './devices/virtio-devices';
import type { VirtioPci } from './devices/virtio-pci';
import type { GuestMemory } from './memory-view';

export interface PcOptions {
  /** Number of CPUs, each with a local APIC; the default is 1. */
  cpus?: number;
  /** Memory of the machine: video text is read from it, disks are copied to it. */
  memory: GuestMemory;
  /** The date at power-on, Unix seconds; the default is {@link DEFAULT_START}. */
  startTime?: number;
  /**
   * Bytes of `memory`, at its end, that are the display's frame buffer: a multiple of 64 KiB; programs are told of the
   * rest only. The default 0 is a display without VBE modes.
   */
  videoMemory?: number;
  /** Images of the drives' media, whole; the guest's writes are kept beside them. */
  floppy?: Uint8Array;
  disk?: Uint8Array;
  cdrom?: Uint8Array;
  /** A disk on virtio, which the BIOS does not boot from. */
  virtioDisk?: Uint8Array;
  /** In which order the BIOS looks for a boot sector; the default is {@link DEFAULT_BOOT_ORDER}. */
  bootOrder?: readonly BootDrive[];
  /** Physical address that the BIOS jumps to in real mode, after its self test, instead of reading a boot sector. */
  realModeEntry?: number;
}

export type BootDrive = 'floppy' | 'disk' | 'cdrom';

export const DEFAULT_BOOT_ORDER: readonly BootDrive[] = ['floppy', 'disk', 'cdrom'];

/** BIOS drive numbers. */
export const DRIVE_NUMBER: Readonly<Record<BootDrive, number>> = { floppy: 0x00, disk: 0x80, cdrom: 0xe0 };

/** 1 January 2025, 00:00:00 UTC: guest dates do not depend on the host's. */
export const DEFAULT_START = 1_735_689_600;

/**
 * Ticks that an access to an I/O port takes besides the instruction's own: a microsecond, as on PCs since the ISA bus.
 * Guests that poll a port until some time is over would need far too many instructions without it.
 */
const PORT_ACCESS = 1000;

/** State of all devices by name. */
export interface PlatformState {
  readonly devices: Readonly<Record<string, unknown>>;
}

/** Interrupt requests of the PC/AT. */
export const Irq = {
  timer: 0,
  keyboard: 1,
  com2: 3,
  com1: 4,
  rtc: 8,
  sci: 9,
  mouse: 12,
  coprocessor: 13,
  ide1: 14,
  ide2: 15,
} as const;

/** Where PCI devices are: device number, and the physical address firmware gives their memory. */
const VIRTIO = {
  console: { slot: 3, base: 0xfe000000 },
  rng: { slot: 4, base: 0xfe004000 },
  blk: { slot: 5, base: 0xfe008000 },
} as const;

/** The parts of a PC that others than the guest talk to. */
export interface PcDevices {
  readonly pic: Pic8259a;
  readonly pit: Pit8254;
  readonly keyboard: Keyboard8042;
  readonly vga: Vga;
  readonly vbe: VbeDispi;
  readonly com1: Uart16550a;
  readonly com2: Uart16550a;
  readonly a20: A20Gate;
  /** One for each CPU. */
  readonly localApics: readonly LocalApic[];
  /** Takes FERR# of the CPUs. */
  readonly coprocessorError: CoprocessorError;
  readonly pm: AcpiPm;
  readonly pci: PciBus;
  readonly virtioConsole: VirtioConsole;
}

/** Interrupt controllers: vectors 08h and 70h, timer, keyboard and cascade unmasked; timer: 18.2 Hz; keyboard: on. */
const FIRMWARE_SETUP: readonly (readonly [port: number, value: number])[] = [
  ...([
    [0x20, 0x11],
    [0x21, 0x08],
    [0x21, 0x04],
    [0x21, 0x01],
    [0x21, 0xb8],
  ] as const),
  ...([
    [0xa0, 0x11],
    [0xa1, 0x70],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0xa1, 0xff],
  ] as const),
  ...([
    [0x4d0, 0x00],
    [0x4d1, 0x0c],
  ] as const), // PCI's requests 10 and 11 by level
  ...([
    [0x43, 0x36],
    [0x40, 0x00],
    [0x40, 0x00],
  ] as const),
  ...([
    [0x64, 0x60],
    [0x60, 0x65],
  ] as const),
];

export class Platform {
  readonly #ports = new PortBus();
  readonly #memory = new MemoryBus();
  readonly #devices: Device[] = [];
  #pc: PcDevices | undefined;

  /** The guest wrote to port 0xF4: the run is over, with this value. */
  onDebugExit: (value: number) => void = () => {};
  /** The guest switched the machine off. */
  onPowerOff: () => void = () => {};
  /** The guest asked for a reset (keyboard controller, port 92h): the owner resets the CPU and calls {@link reset}. */
  onReset: () => void = () => {};
  /** A byte the guest sent on COM1. */
  onSerial: (byte: number) => void = () => {};
  /** A byte the guest sent on COM2. */
  onSerial2: (byte: number) => void = () => {};
  /** A byte the guest wrote to port 0xE9. */
  onDebugConsole: (byte: number) => void = () => {};
  /** A byte the guest sent on the virtio console. */
  onVirtioConsole: (byte: number) => void = () => {};
  /** Address bit 20 is let through (true) or masked. */
  onA20: (enabled: boolean) => void = () => {};

  /** The planes of the VGA answer at {@link PLANES_BASE} now (true), or plain memory does again. */
  onPlanes: (mapped: boolean) => void = () => {};

  constructor(readonly clock: Clock) {}

  /** The CPU that makes the accesses: it sees its own local APIC. */
  get currentCpu(): number {
    return this.#currentCpu;
  }

  #currentCpu = 0;
  #loading = false;

  /** Wires move because a state is being loaded: nothing happens. */
  get loading(): boolean {
    return this.#loading;
  }

  /** Another CPU makes the accesses from now on. Called by the CPUs' owner. */
  selectCpu(cpu: number): void {
    const { localApics } = this.pc;
    const before = localApics[this.#currentCpu];
    const after = localApics[cpu];
    this.#currentCpu = cpu;
    if (before.base !== after.base && !sameWindow(before, after)) this.remapMemory();
  }

  /** Plugs a device in. Devices are saved, loaded and reset in this order: interrupt controllers come first. */
  add<D extends Device>(device: D): D {
    if (this.#devices.some((other) => other.name === device.name)) throw new Error(`two devices named ${device.name}`);
    this.#devices.push(device);
    const kinds: Partial<PortDevice & MemoryDevice> = device as object;
    if (kinds.ports !== undefined) this.#ports.add(kinds as PortDevice);
    if (kinds.regions !== undefined) this.#memory.add(kinds as MemoryDevice);
    return device;
  }

  attachPc(pc: PcDevices): void {
    this.#pc = pc;
    pc.a20.onChange = (enabled) => this.onA20(enabled);
  }

  get pc(): PcDevices {
    if (this.#pc === undefined) throw new Error('no PC was built on this platform');
    return this.#pc;
  }

  /** What the boot processor asks for interrupts: its local APIC, with the 8259A behind LINT0. */
  get interrupts(): InterruptController {
    return this.pc.localApics[0];
  }

  /** Reads devices' memory regions again: one of them moved. */
  remapMemory(): void {
    this.#memory.remap();
  }

  /** Reads a device's port ranges again. */
  remapPorts(device: PortDevice): void {
    this.#ports.map(device);
  }

  /** Address bit 20 is let through. */
  get a20(): boolean {
    return this.pc.a20.enabled;
  }

  /** Value at a port, zero-extended; all ones where nothing answers. */
  readPort(port: number, size: AccessSize): number {
    const value = this.#ports.read(port, size);
    this.clock.onPass(PORT_ACCESS);
    return value;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.#ports.write(port, size, value);
    this.clock.onPass(PORT_ACCESS);
  }

  /** Some device answers this physical address. */
  isDeviceMemory(address: number): boolean {
    return this.#memory.find(address) !== undefined;
  }

  /** Value at a physical address outside RAM, zero-extended; all ones where nothing answers. */
  readMemory(address: number, size: AccessSize): number {
    return this.#memory.read(address, size);
  }

  writeMemory(address: number, size: AccessSize, value: number): void {
    this.#memory.write(address, size, value);
  }

  /**
   * The reset line: all devices at their reset state, then set up as PC firmware does it (the BIOS does it again; a
   * program that is started without it finds the same). Memory and disks keep their contents.
   */
  reset(): void {
    for (const device of this.#devices) device.reset();
    for (const [port, value] of FIRMWARE_SETUP) this.writePort(port, 1, value);
  }

  save(): PlatformState {
    return { devices: Object.fromEntries(this.#devices.map((device) => [device.name, device.save()])) };
  }

  /** Back to a saved state, on a clock that already shows that state's time. Pending alarms are dropped first. */
  load(state: PlatformState): void {
    this.clock.clear();
    this.#loading = true;
    for (const device of this.#devices) device.load(state.devices[device.name]);
    this.#loading = false;
  }

  /** Bytes typed on COM1's line; they arrive at line speed. */
  serialInput(bytes: Uint8Array): void {
    this.pc.com1.send(bytes);
  }

  /** Bytes typed on the virtio console. */
  virtioConsoleInput(bytes: Uint8Array): void {
    this.pc.virtioConsole.send(bytes);
  }

  /** The NMI button: LINT1 of every CPU, where its LVT entry lets it through. */
  nmi(): void {
    for (const apic of this.pc.localApics) {
      apic.setPin(1, true);
      apic.setPin(1, false);
    }
  }

  /** A key of the PC keyboard, named as by `KeyboardEvent.code`; false if it is unknown or the keyboard's buffer is full. */
  key(code: string, down: boolean): boolean {
    return this.pc.keyboard.key(code, down);
  }

  /** The mouse moved, in counts to the right and away from the user and clicks towards the user; buttons are bits of `MouseButton`. */
  mouse(x: number, y: number, wheel: number, buttons: number): void {
    this.pc.keyboard.mouse.move(x, y, wheel, buttons);
  }

  /** Presses and releases the keys of one character (US layout); false if there are none or no room. */
  typeCharacter(character: string): boolean {
    const keys = keysOfCharacter(character);
    if (keys === undefined || !this.pc.keyboard.idle) return false;
    if (keys.shift) this.key('ShiftLeft', true);
    this.key(keys.code, true);
    this.key(keys.code, false);
    if (keys.shift) this.key('ShiftLeft', false);
    return true;
  }

  /** The linear picture that is displayed: a VBE mode, or mode 13h; undefined for text. */
  display(): LinearDisplay | undefined {
    return this.pc.vbe.display() ?? this.pc.vga.display();
  }

  /** The picture of a planar VGA mode (0Dh, 0Eh, 10h, 12h, unchained 256 colours), if that is what is displayed. */
  planarFrame(): IndexedFrame | undefined {
    return this.pc.vbe.enabled ? undefined : this.pc.vga.planarFrame();
  }

  /** The text screen, lines without trailing blanks; in graphics modes one line that says which. */
  screenText(): string[] {
    const { vbe, vga } = this.pc;
    const planar = vbe.enabled ? undefined : vga.planarSize;
    const display = this.display();
    if (planar === undefined && display === undefined) return vga.screenText();
    const { width, height } = planar ?? display!;
    return [`[graphics mode: ${width} x ${height}, ${planar?.bits ?? display?.bitsPerPixel} bits a pixel]`];
  }
}

/** Two local APICs answer at the same place. */
function sameWindow(a: LocalApic, b: LocalApic): boolean {
  const window = ({ base, enabled, x2apic }: LocalApic): number => (enabled && !x2apic ? base - (base % 4096) : 0);
  return window(a) === window(b);
}

/** INTR of the 8259A: LINT0 of the boot processor, and an input of the I/O APIC, whose ExtINT messages ask it for vectors. */
function wireExternal(platform: Platform, pic: Pic8259a, boot: LocalApic, ioApic: IoApic, bus: ApicBus): void {
  boot.externalController = pic;
  pic.onChange = () => {
    if (platform.loading) return;
    const level = pic.pending();
    boot.setPin(0, level);
    ioApic.setInput(EXTERNAL_INPUT, level);
    boot.onChange();
  };
  bus.externalController = {
    acknowledge: () => {
      // INTR falls with the INTA cycle, and rises for what waits behind
      ioApic.setInput(EXTERNAL_INPUT, false);
      const vector = pic.acknowledge();
      ioApic.setInput(EXTERNAL_INPUT, pic.pending());
      return vector;
    },
  };
}

/** Builds the whole PC. Its devices are at their power-on state. */
export function createPc(clock: Clock, options: PcOptions): Platform {
  const platform = new Platform(clock);
  const { memory } = options;
  const cpus = options.cpus ?? 1;
  const ram = memory.size - (options.videoMemory ?? 0);
  const wires = new InterruptWires(IO_APIC_INPUTS);
  const pic = platform.add(new Pic8259a());
  const apicBus = new ApicBus();
  const localApics = Array.from({ length: cpus }, (_, cpu) => platform.add(new LocalApic(cpu, clock, apicBus)));
  platform.add(new LocalApicMemory(() => localApics[platform.currentCpu]));
  apicBus.onBaseChange = () => platform.remapMemory();
  const ioApic = platform.add(new IoApic(apicBus, cpus));
  wires.addSink(pic);
  wires.addSink(ioApic);
  const a20 = new A20Gate();
  const reset = () => platform.onReset();

  const drives = new Map<number, DiskImage>();
  const plug = (drive: BootDrive, disk: DiskImage) => drives.set(DRIVE_NUMBER[drive], platform.add(disk));
  const floppy = options.floppy && diskette(options.floppy);
  if (floppy) plug('floppy', floppy);
  const disk = options.disk && hardDisk('disk', options.disk);
  if (disk) plug('disk', disk);
  const disc = options.cdrom && cdrom(options.cdrom);
  if (disc) plug('cdrom', disc);
  const bootOrder = (options.bootOrder ?? DEFAULT_BOOT_ORDER)
    .map((drive) => DRIVE_NUMBER[drive])
    .filter((number) => drives.has(number));
  platform.add(new BiosDisk(memory, drives, bootOrder, options.realModeEntry));

  const timerWire = wires.wire(Irq.timer);
  const pit = platform.add(new Pit8254(clock, timerWire, () => timerWire.heard()));
  wires.addLazy(pit);
  platform.add(new SystemControlB(pit));
  platform.add(new SystemControlA(a20, reset));
  const rtcWire = wires.wire(Irq.rtc);
  const cmos = cmosLayout({
    memory: ram,
    disketteKib: floppy ? disketteKib(floppy) : 0,
    hardDisk: disk !== undefined,
  });
  const start = options.startTime ?? DEFAULT_START;
  const rtc = platform.add(new RtcMc146818(clock, rtcWire, () => rtcWire.heard(), start, cmos));
  wires.addLazy(rtc);
  const keyboard = platform.add(new Keyboard8042(wires.wire(Irq.keyboard), wires.wire(Irq.mouse), a20, reset));
  const com1 = platform.add(new Uart16550a('com1', 0x3f8, clock, wires.wire(Irq.com1), (b) => platform.onSerial(b)));
  const com2 = platform.add(new Uart16550a('com2', 0x2f8, clock, wires.wire(Irq.com2), (b) => platform.onSerial2(b)));
  const vga = platform.add(new Vga(clock, memory));
  platform.add(vga.planes);
  vga.onPlanes = (mapped) => {
    platform.remapMemory();
    platform.onPlanes(mapped);
  };
  const vbe = platform.add(new VbeDispi(memory, ram, memory.size - ram));
  platform.add(new PostCode());
  const coprocessorError = platform.add(new CoprocessorError(wires.wire(Irq.coprocessor)));
  platform.add(new DebugConsole((byte) => platform.onDebugConsole(byte)));
  platform.add(new DebugExit((value) => platform.onDebugExit(value)));
  const pm = platform.add(new AcpiPm(clock, wires.wire(Irq.sci), () => platform.onPowerOff()));
  const pci = platform.add(new PciBus(reset));
  const isaBridge = platform.add(new Piix3(wires));
  const ide = platform.add(
    new IdePiix3(
      [disk && new AtaDisk(clock, disk), undefined, disc && new AtapiCdrom(clock, disc), undefined],
      [wires.wire(Irq.ide1), wires.wire(Irq.ide2)],
      memory,
    ),
  );
  ide.pci.onMap = () => platform.remapPorts(ide);
  const intA = (slot: number) => isaBridge.line(slot, 1);
  const { slot, base } = VIRTIO.console;
  const virtioConsole = new VirtioConsole(slot, base, memory, intA(slot), (byte) => platform.onVirtioConsole(byte));
  const virtio: VirtioPci[] = [
    virtioConsole,
    new VirtioRng(VIRTIO.rng.slot, VIRTIO.rng.base, memory, intA(VIRTIO.rng.slot)),
  ];
  if (options.virtioDisk) {
    const medium = platform.add(hardDisk('virtio-disk', options.virtioDisk));
    virtio.push(new VirtioBlk(VIRTIO.blk.slot, VIRTIO.blk.base, memory, intA(VIRTIO.blk.slot), medium));
  }
  for (const device of virtio) {
    platform.add(device);
    device.pci.onMap = () => platform.remapMemory();
  }
  for (const chip of [hostBridge(), isaBridge.pci, ide.pci, ...virtio.map((device) => device.pci)]) pci.add(chip);
  platform.add(new FwCfg({ memory: ram, cpus }));
  wireExternal(platform, pic, localApics[0], ioApic, apicBus);
  platform.attachPc({
    pic,
    pit,
    keyboard,
    vga,
    vbe,
    com1,
    com2,
    a20,
    localApics,
    coprocessorError,
    pm,
    pci,
    virtioConsole,
  });
  platform.reset();
  return platform;
}
