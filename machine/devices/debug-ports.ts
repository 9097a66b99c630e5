/**
 * Ports that emulators have for people: the debug console at E9h (Bochs documentation, "port_e9_hack"; QEMU's
 * isa-debugcon: reads give E9h), the test exit at F4h (QEMU's isa-debug-exit: iobase 0xF4, size 4), and the POST code
 * port 80h of the PC/AT, which latches what is written.
 */
import type { AccessSize, PortDevice } from './device';

export const DEBUG_CONSOLE = 0xe9;
export const DEBUG_EXIT = 0xf4;
export const POST_CODE = 0x80;

export class DebugConsole implements PortDevice {
  readonly name = 'debugcon';
  readonly ports = [{ first: DEBUG_CONSOLE, last: DEBUG_CONSOLE }];

  constructor(private readonly onByte: (byte: number) => void) {}

  readPort(): number {
    return DEBUG_CONSOLE;
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.onByte(value);
  }

  reset(): void {}
  save(): unknown {
    return null;
  }
  load(): void {}
}

export class DebugExit implements PortDevice {
  readonly name = 'debugexit';
  readonly ports = [{ first: DEBUG_EXIT, last: DEBUG_EXIT + 3 }];
  readonly widePorts = true;

  constructor(private readonly onExit: (value: number) => void) {}

  readPort(): number {
    return 0;
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.onExit(value);
  }

  reset(): void {}
  save(): unknown {
    return null;
  }
  load(): void {}
}

/** Port 80h, and the other page registers of the DMA controller that software uses as scratch: 81h..8Fh. */
export class PostCode implements PortDevice {
  readonly name = 'post';
  readonly ports = [{ first: POST_CODE, last: POST_CODE + 15 }];
  readonly #latches = new Uint8Array(16);

  readPort(port: number): number {
    return this.#latches[port - POST_CODE];
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    this.#latches[port - POST_CODE] = value;
  }

  reset(): void {
    this.#latches.fill(0);
  }

  save(): unknown {
    return this.#latches.slice();
  }

  load(state: unknown): void {
    this.#latches.set(state as Uint8Array);
  }
}
