/**
 * The PC/AT's way of x87 errors: FERR# of the processor raises IRQ 13; a write to port F0h takes the request back and asserts
 * IGNNE#, with which x87 instructions go on although the error is pending, until FERR# is negated (82371AB PIIX4 data sheet,
 * "Coprocessor error support" and register F0h; SDM 1 D.2).
 */
import type { AccessSize, InterruptLine, PortDevice } from './device';

export const COPROCESSOR_ERROR = 0xf0;

interface State {
  error: boolean;
  requested: boolean;
  ignored: boolean;
}

export class CoprocessorError implements PortDevice {
  readonly name = 'coprocessor-error';
  readonly ports = [{ first: COPROCESSOR_ERROR, last: COPROCESSOR_ERROR }];
  #error = false;
  #requested = false;
  #ignored = false;

  constructor(private readonly line: InterruptLine) {}

  /**
   * The level of FERR#: an x87 instruction waits for the error before it, or the error is gone.
   * @returns IGNNE#: the instruction may go on
   */
  signal(pending: boolean): boolean {
    this.#error = pending;
    if (!pending) this.#ignored = false;
    else if (!this.#ignored) this.#request(true);
    return this.#ignored;
  }

  #request(level: boolean): void {
    this.#requested = level;
    this.line.set(level);
  }

  readPort(_port: number, _size: AccessSize): number {
    return 0xff;
  }

  writePort(_port: number, _size: AccessSize, _value: number): void {
    // IGNNE# follows only where an error is there to be ignored
    if (this.#error) this.#ignored = true;
    this.#request(false);
  }

  reset(): void {
    this.#error = false;
    this.#ignored = false;
    this.#request(false);
  }

  save(): State {
    return { error: this.#error, requested: this.#requested, ignored: this.#ignored };
  }

  load(state: unknown): void {
    const { error, requested, ignored } = state as State;
    this.#error = error;
    this.#ignored = ignored;
    this.#request(requested);
  }
}
