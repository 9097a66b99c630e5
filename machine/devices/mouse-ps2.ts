/**
 * PS/2 mouse (IBM PS/2 Hardware Interface Technical Reference, "Mouse") with the wheel of Microsoft's IntelliMouse, which a host turns on
 * by setting the sample rates 200, 100, 80 in a row: then the identity is 3, and packets have a fourth byte. It hangs on the auxiliary port
 * of the 8042. Its packets go out as the host takes them, not by the sample rate: time does not enter.
 */

export const MOUSE_ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_OK = 0xaa;

const SCALING_1 = 0xe6;
const SCALING_2 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS_REQUEST = 0xe9;
const STREAM_MODE = 0xea;
const READ_DATA = 0xeb;
const RESET_WRAP_MODE = 0xec;
const WRAP_MODE = 0xee;
const REMOTE_MODE = 0xf0;
const READ_TYPE = 0xf2;
const SET_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
const RESEND_LAST = 0xfe;
const RESET = 0xff;

const STANDARD = 0;
const INTELLIMOUSE = 3;
/** Sample rates that turn the wheel on. */
const KNOCK = [200, 100, 80];

/** First byte of a packet. */
const ALWAYS = 0x08;
const X_NEGATIVE = 0x10;
const Y_NEGATIVE = 0x20;
/** First byte of the status. */
const STATUS_SCALING = 0x10;
const STATUS_ENABLED = 0x20;
const STATUS_REMOTE = 0x40;

/** Buttons, as bits. */
export const MouseButton = { left: 1, right: 2, middle: 4 } as const;

const LARGEST = 255;
const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

interface MouseState {
  /** Bytes for the host. */
  queue: number[];
  /** What {@link RESEND_LAST} repeats. */
  last: number[];
  enabled: boolean;
  remote: boolean;
  wrap: boolean;
  doubled: boolean;
  resolution: number;
  rate: number;
  /** The last sample rates that were set. */
  rates: number[];
  identity: number;
  /** Command that waits for its parameter, 0 if none. */
  command: number;
  /** Movement that was not told yet: right, up, wheel towards the user. */
  x: number;
  y: number;
  wheel: number;
  buttons: number;
  /** Buttons as they were told last. */
  told: number;
}

function defaults(): MouseState {
  return {
    queue: [],
    last: [],
    enabled: false,
    remote: false,
    wrap: false,
    doubled: false,
    resolution: 2,
    rate: 100,
    rates: [],
    identity: STANDARD,
    command: 0,
    x: 0,
    y: 0,
    wheel: 0,
    buttons: 0,
    told: 0,
  };
}

export class MousePs2 {
  #s = defaults();

  /** @param onBytes there are bytes for the host now */
  constructor(private readonly onBytes: () => void) {}

  /**
   * The mouse moved, or its buttons are now these.
   * @param x to the right, in counts @param y away from the user @param wheel towards the user, in clicks
   * @param buttons bits of {@link MouseButton}
   */
  move(x: number, y: number, wheel: number, buttons: number): void {
    const s = this.#s;
    s.x += Math.trunc(x);
    s.y += Math.trunc(y);
    s.wheel += Math.trunc(wheel);
    s.buttons = buttons & 7;
    this.#stream();
  }

  get hasBytes(): boolean {
    return this.#s.queue.length > 0;
  }

  /** The next byte for the host. There must be one. */
  take(): number {
    return this.#s.queue.shift()!;
  }

  /** The host has taken everything: what happened since can be told. */
  taken(): void {
    this.#stream();
  }

  /** In stream mode: a packet where there is something to tell and the host has taken the one before. */
  #stream(): void {
    const s = this.#s;
    if (!s.enabled || s.remote || s.wrap || s.queue.length > 0 || s.command !== 0) return;
    const moved = s.x !== 0 || s.y !== 0 || (s.wheel !== 0 && s.identity === INTELLIMOUSE);
    if (!moved && s.buttons === s.told) return;
    this.#send(this.#packet(s.doubled));
  }

  /** Tells what happened, as much as a packet holds; the rest is for the next. */
  #packet(doubled: boolean): number[] {
    const s = this.#s;
    const x = clamp(s.x, -LARGEST, LARGEST);
    const y = clamp(s.y, -LARGEST, LARGEST);
    const wheel = clamp(s.wheel, -8, 7);
    s.x -= x;
    s.y -= y;
    s.told = s.buttons;
    const [right, up] = doubled ? [doubledCount(x), doubledCount(y)] : [x, y];
    const signs = (right < 0 ? X_NEGATIVE : 0) | (up < 0 ? Y_NEGATIVE : 0);
    const packet = [ALWAYS | s.buttons | signs, right & 0xff, up & 0xff];
    if (s.identity === INTELLIMOUSE) {
      s.wheel -= wheel;
      packet.push(wheel & 0xff);
    } else s.wheel = 0;
    return packet;
  }

  #send(bytes: readonly number[]): void {
    const s = this.#s;
    s.last = [...bytes];
    s.queue.push(...bytes);
    this.onBytes();
  }

  /** A byte from the host. */
  write(value: number): void {
    const s = this.#s;
    if (s.wrap && value !== RESET && value !== RESET_WRAP_MODE) {
      this.#send([value]);
      return;
    }
    // a command takes back what was on its way
    s.queue = [];
    const { command } = s;
    s.command = 0;
    if (command === SET_RESOLUTION) this.#parameter(value <= 3, () => (s.resolution = value));
    else if (command === SET_RATE) this.#parameter(true, () => this.#setRate(value));
    else this.#execute(value);
  }

  #parameter(valid: boolean, set: () => void): void {
    if (valid) set();
    this.#send([valid ? MOUSE_ACK : RESEND]);
  }

  #setRate(rate: number): void {
    const s = this.#s;
    s.rate = rate;
    s.rates = [...s.rates, rate].slice(-KNOCK.length);
    if (s.rates.join() === KNOCK.join()) s.identity = INTELLIMOUSE;
  }

  #execute(command: number): void {
    const s = this.#s;
    const answer: number[] = [MOUSE_ACK];
    switch (command) {
      case SCALING_1:
      case SCALING_2:
        s.doubled = command === SCALING_2;
        break;
      case SET_RESOLUTION:
      case SET_RATE:
        s.command = command;
        break;
      case STATUS_REQUEST:
        answer.push(this.#status(), s.resolution, s.rate);
        break;
      case STREAM_MODE:
      case REMOTE_MODE:
        s.remote = command === REMOTE_MODE;
        this.#forget();
        break;
      case READ_DATA:
        answer.push(...this.#packet(false));
        break;
      case WRAP_MODE:
      case RESET_WRAP_MODE:
        s.wrap = command === WRAP_MODE;
        this.#forget();
        break;
      case READ_TYPE:
        answer.push(s.identity);
        break;
      case ENABLE:
      case DISABLE:
        s.enabled = command === ENABLE;
        this.#forget();
        break;
      case DEFAULTS:
        this.#restore(s.identity);
        break;
      case RESET:
        this.#restore(STANDARD);
        answer.push(SELF_TEST_OK, STANDARD);
        break;
      case RESEND_LAST:
        this.#send(s.last);
        return;
      default:
        answer[0] = RESEND;
    }
    this.#send(answer);
  }

  /** Status: bits of the mode, and the buttons from left to right in bits 2 to 0. */
  #status(): number {
    const { buttons, doubled, enabled, remote } = this.#s;
    const seen =
      (buttons & MouseButton.left ? 4 : 0) |
      (buttons & MouseButton.middle ? 2 : 0) |
      (buttons & MouseButton.right ? 1 : 0);
    return seen | (doubled ? STATUS_SCALING : 0) | (enabled ? STATUS_ENABLED : 0) | (remote ? STATUS_REMOTE : 0);
  }

  /** Movement so far counts for nothing. */
  #forget(): void {
    Object.assign(this.#s, { x: 0, y: 0, wheel: 0, told: this.#s.buttons });
  }

  #restore(identity: number): void {
    const { buttons } = this.#s;
    this.#s = { ...defaults(), identity, buttons, told: buttons };
  }

  reset(): void {
    this.#s = defaults();
  }

  save(): unknown {
    return copy(this.#s);
  }

  load(state: unknown): void {
    this.#s = copy(state as MouseState);
  }
}

/** Scaling 2:1, in stream mode only: 0 1 1 3 6 9, then twice the count; within what a packet holds. */
function doubledCount(count: number): number {
  const size = Math.abs(count);
  const scaled = [0, 1, 1, 3, 6, 9][size] ?? Math.min(2 * size, LARGEST);
  return count < 0 ? -scaled : scaled;
}

const copy = (s: MouseState): MouseState => ({ ...s, queue: [...s.queue], last: [...s.last], rates: [...s.rates] });
