/**
 * Intel 8042 keyboard controller of the PC/AT with an MF-II keyboard (IBM PC/AT Technical Reference, "Keyboard
 * Controller"; IBM PS/2 Hardware Interface Technical Reference): ports 60h and 64h, IRQ 1, A20 and reset through its
 * output port; a mouse on the auxiliary port, with IRQ 12 (PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller").
 */
import type { AccessSize, InterruptLine, PortDevice } from './device';
import { MousePs2 } from './mouse-ps2';
import { EXTENDED, RELEASE, scanCodes, translate } from './scancodes';
import type { A20Gate } from './system-control';

export const KBC_DATA = 0x60;
export const KBC_STATUS_COMMAND = 0x64;

const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_NOT_LOCKED = 0x10;
/** The byte in the output buffer is of the auxiliary device. */
const STATUS_AUX_FULL = 0x20;

// Command byte
const CB_INTERRUPT = 0x01;
const CB_AUX_INTERRUPT = 0x02;
const CB_SYSTEM = 0x04;
const CB_DISABLE = 0x10;
const CB_AUX_DISABLE = 0x20;
const CB_TRANSLATE = 0x40;

// Output port
const OUT_NOT_RESET = 0x01;
const OUT_A20 = 0x02;
const OUT_OUTPUT_FULL = 0x10;
const OUT_AUX_FULL = 0x20;
const OUT_RESERVED = 0xcc;

// Controller commands
const READ_COMMAND_BYTE = 0x20;
const WRITE_COMMAND_BYTE = 0x60;
const SELF_TEST = 0xaa;
const INTERFACE_TEST = 0xab;
const DISABLE_KEYBOARD = 0xad;
const ENABLE_KEYBOARD = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_OUTPUT_BUFFER = 0xd2;
const WRITE_AUX_OUTPUT_BUFFER = 0xd3;
const WRITE_AUX = 0xd4;
const DISABLE_AUX = 0xa7;
const ENABLE_AUX = 0xa8;
const AUX_TEST = 0xa9;
const SELF_TEST_OK = 0x55;
/** Jumper and lock bits of the input port: keyboard not inhibited, colour display, manufacturing jumper absent. */
const INPUT_PORT = 0xb0;

// Keyboard commands and answers
const KBD_ACK = 0xfa;
const KBD_RESEND = 0xfe;
const KBD_SET_LEDS = 0xed;
const KBD_ECHO = 0xee;
const KBD_SCANCODE_SET = 0xf0;
const KBD_IDENTIFY = 0xf2;
const KBD_TYPEMATIC = 0xf3;
const KBD_ENABLE = 0xf4;
const KBD_DISABLE_DEFAULTS = 0xf5;
const KBD_DEFAULTS = 0xf6;
const KBD_RESET = 0xff;
const KBD_SELF_TEST_OK = 0xaa;
const KBD_ID = [0xab, 0x83];
const KEYBOARD_BUFFER = 16;

/** Marks bytes as of the auxiliary device. */
const FROM_AUX = 0x100;

interface KeyboardState {
  commandByte: number;
  /** Bytes of the controller on their way to the output buffer; with {@link FROM_AUX} where they come as of the auxiliary device. */
  controllerQueue: number[];
  keyboardQueue: number[];
  output: number;
  full: boolean;
  /** What is in the output buffer came from the auxiliary device. */
  aux: boolean;
  /** The last write went to port 64h. */
  lastWasCommand: boolean;
  /** Controller command that waits for its data byte, 0 if none. */
  pendingCommand: number;
  /** Keyboard command that waits for its parameter, 0 if none. */
  keyboardCommand: number;
  scanning: boolean;
  scancodeSet: number;
  leds: number;
  /** Translation saw F0h: the next byte is a key going up. */
  released: boolean;
}

function powerOn(): KeyboardState {
  return {
    commandByte: CB_SYSTEM | CB_TRANSLATE | CB_INTERRUPT | CB_AUX_DISABLE,
    controllerQueue: [],
    keyboardQueue: [],
    output: 0,
    full: false,
    aux: false,
    lastWasCommand: false,
    pendingCommand: 0,
    keyboardCommand: 0,
    scanning: true,
    scancodeSet: 2,
    leds: 0,
    released: false,
  };
}

export class Keyboard8042 implements PortDevice {
  readonly name = 'keyboard';
  readonly ports = [
    { first: KBC_DATA, last: KBC_DATA },
    { first: KBC_STATUS_COMMAND, last: KBC_STATUS_COMMAND },
  ];
  readonly mouse = new MousePs2(() => this.#fill());
  #s = powerOn();

  constructor(
    private readonly irq: InterruptLine,
    private readonly auxIrq: InterruptLine,
    private readonly a20: A20Gate,
    private readonly onReset: () => void,
  ) {}

  /** A key goes down or up, named as by `KeyboardEvent.code`. False if there is no such key or the buffer is full. */
  key(code: string, down: boolean): boolean {
    const s = this.#s;
    const bytes = scanCodes(code, down, s.scancodeSet === 1 ? 1 : 2);
    if (bytes === undefined || !s.scanning || s.keyboardQueue.length + bytes.length > KEYBOARD_BUFFER) return false;
    s.keyboardQueue.push(...bytes);
    this.#fill();
    return true;
  }

  /** The keyboard's buffer is empty: more keys may come. */
  get idle(): boolean {
    return !this.#s.full && this.#s.keyboardQueue.length === 0;
  }

  /** LED bits the guest set: 1 scroll lock, 2 num lock, 4 caps lock. */
  get leds(): number {
    return this.#s.leds;
  }

  /** Moves the next byte into the output buffer, controller answers first. */
  #fill(): void {
    const s = this.#s;
    while (!s.full) {
      if (s.controllerQueue.length > 0) {
        const byte = s.controllerQueue.shift()!;
        s.output = byte & 0xff;
        s.aux = (byte & FROM_AUX) !== 0;
        s.full = true;
      } else if (s.keyboardQueue.length > 0 && (s.commandByte & CB_DISABLE) === 0) {
        const byte = s.keyboardQueue.shift()!;
        s.aux = false;
        if ((s.commandByte & CB_TRANSLATE) === 0) {
          s.output = byte;
          s.full = true;
        } else if (byte === RELEASE) {
          s.released = true;
        } else {
          s.output = byte === EXTENDED ? byte : translate(byte, s.released);
          if (byte !== EXTENDED) s.released = false;
          s.full = true;
        }
      } else if (this.mouse.hasBytes && (s.commandByte & CB_AUX_DISABLE) === 0) {
        s.output = this.mouse.take();
        s.aux = true;
        s.full = true;
      } else break;
    }
    this.#updateIrq();
  }

  #updateIrq(): void {
    const { full, aux, commandByte } = this.#s;
    this.irq.set(full && !aux && (commandByte & CB_INTERRUPT) !== 0);
    this.auxIrq.set(full && aux && (commandByte & CB_AUX_INTERRUPT) !== 0);
  }

  #answer(...bytes: number[]): void {
    this.#s.controllerQueue.push(...bytes);
    this.#fill();
  }

  #keyboardAnswer(...bytes: number[]): void {
    this.#s.keyboardQueue.push(...bytes);
    this.#fill();
  }

  readPort(port: number, _size: AccessSize): number {
    const s = this.#s;
    if (port === KBC_DATA) {
      const value = s.output;
      s.full = false;
      this.#updateIrq();
      this.#fill(); // a further byte is a new edge
      if (!s.full) this.mouse.taken();
      return value;
    }
    return (
      (s.full ? STATUS_OUTPUT_FULL : 0) |
      (s.full && s.aux ? STATUS_AUX_FULL : 0) |
      (s.commandByte & CB_SYSTEM ? STATUS_SYSTEM : 0) |
      (s.lastWasCommand ? STATUS_COMMAND : 0) |
      STATUS_NOT_LOCKED
    );
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const s = this.#s;
    s.lastWasCommand = port === KBC_STATUS_COMMAND;
    if (port === KBC_STATUS_COMMAND) this.#command(value);
    else if (s.pendingCommand !== 0) this.#commandData(value);
    else this.#keyboard(value);
  }

  #command(command: number): void {
    const s = this.#s;
    s.pendingCommand = 0;
    switch (command) {
      case READ_COMMAND_BYTE:
        this.#answer(s.commandByte);
        break;
      case WRITE_COMMAND_BYTE:
      case WRITE_OUTPUT_PORT:
      case WRITE_OUTPUT_BUFFER:
      case WRITE_AUX_OUTPUT_BUFFER:
      case WRITE_AUX:
        s.pendingCommand = command;
        break;
      case DISABLE_AUX:
        s.commandByte |= CB_AUX_DISABLE;
        break;
      case ENABLE_AUX:
        s.commandByte &= ~CB_AUX_DISABLE;
        this.#fill();
        break;
      case SELF_TEST:
        s.commandByte |= CB_SYSTEM | CB_DISABLE | CB_AUX_DISABLE;
        this.#answer(SELF_TEST_OK);
        break;
      case INTERFACE_TEST:
      case AUX_TEST:
        this.#answer(0x00);
        break;
      case DISABLE_KEYBOARD:
        s.commandByte |= CB_DISABLE;
        break;
      case ENABLE_KEYBOARD:
        s.commandByte &= ~CB_DISABLE;
        this.#fill();
        break;
      case READ_INPUT_PORT:
        this.#answer(INPUT_PORT);
        break;
      case READ_OUTPUT_PORT:
        this.#answer(this.#outputPort());
        break;
      default:
        // F0h..FFh pulse output port bits 0..3 that are 0 in the command; bit 0 is the CPU's reset.
        if (command >= 0xf0 && (command & OUT_NOT_RESET) === 0) this.onReset();
    }
  }

  #outputPort(): number {
    const { full, aux } = this.#s;
    const buffer = full ? (aux ? OUT_AUX_FULL : OUT_OUTPUT_FULL) : 0;
    return OUT_NOT_RESET | (this.a20.enabled ? OUT_A20 : 0) | buffer | OUT_RESERVED;
  }

  #commandData(value: number): void {
    const s = this.#s;
    const command = s.pendingCommand;
    s.pendingCommand = 0;
    switch (command) {
      case WRITE_COMMAND_BYTE:
        s.commandByte = value;
        this.#fill();
        break;
      case WRITE_OUTPUT_PORT:
        this.a20.set((value & OUT_A20) !== 0);
        if ((value & OUT_NOT_RESET) === 0) this.onReset();
        break;
      case WRITE_OUTPUT_BUFFER:
        this.#answer(value);
        break;
      case WRITE_AUX_OUTPUT_BUFFER:
        this.#answer(value | FROM_AUX);
        break;
      case WRITE_AUX:
        // as with the keyboard, a byte for the device enables its interface
        s.commandByte &= ~CB_AUX_DISABLE;
        this.mouse.write(value);
        break;
    }
  }

  /** A byte to the keyboard itself, which enables its interface. */
  #keyboard(value: number): void {
    const s = this.#s;
    s.commandByte &= ~CB_DISABLE;
    const command = s.keyboardCommand;
    s.keyboardCommand = 0;
    if (command !== 0 && value < 0xed) {
      if (command === KBD_SET_LEDS) s.leds = value & 7;
      if (command === KBD_SCANCODE_SET) {
        if (value === 0) {
          this.#keyboardAnswer(KBD_ACK, s.scancodeSet);
          return;
        }
        if (value > 2) {
          this.#keyboardAnswer(KBD_RESEND); // set 3 is not offered
          return;
        }
        s.scancodeSet = value;
      }
      this.#keyboardAnswer(KBD_ACK);
      return;
    }
    switch (value) {
      case KBD_SET_LEDS:
      case KBD_SCANCODE_SET:
      case KBD_TYPEMATIC:
        s.keyboardCommand = value;
        this.#keyboardAnswer(KBD_ACK);
        break;
      case KBD_ECHO:
        this.#keyboardAnswer(KBD_ECHO);
        break;
      case KBD_IDENTIFY:
        this.#keyboardAnswer(KBD_ACK, ...KBD_ID);
        break;
      case KBD_ENABLE:
        s.scanning = true;
        this.#keyboardAnswer(KBD_ACK);
        break;
      case KBD_DISABLE_DEFAULTS:
      case KBD_DEFAULTS:
        s.scanning = value === KBD_DEFAULTS;
        s.scancodeSet = 2;
        s.keyboardQueue = [];
        this.#keyboardAnswer(KBD_ACK);
        break;
      case KBD_RESET:
        s.scanning = true;
        s.scancodeSet = 2;
        s.leds = 0;
        s.keyboardQueue = [];
        this.#keyboardAnswer(KBD_ACK, KBD_SELF_TEST_OK);
        break;
      default:
        this.#keyboardAnswer(KBD_RESEND);
    }
  }

  reset(): void {
    this.#s = powerOn();
    this.mouse.reset();
    this.#updateIrq();
  }

  save(): unknown {
    const s = this.#s;
    return {
      ...s,
      controllerQueue: [...s.controllerQueue],
      keyboardQueue: [...s.keyboardQueue],
      mouse: this.mouse.save(),
    };
  }

  load(state: unknown): void {
    const { mouse, ...saved } = state as KeyboardState & { mouse: unknown };
    this.mouse.load(mouse);
    this.#s = {
      ...saved,
      controllerQueue: [...saved.controllerQueue],
      keyboardQueue: [...saved.keyboardQueue],
    };
    this.#updateIrq();
  }
}
