/**
 * What came into a guest from outside, each with its moment: the same inputs at the same moments make the same run.
 * The log of a run can be written to a file and replayed; docs/command-line.md describes the file.
 */
import { type LoadError, loadError } from '../machine/boot/load-error';
import type { Stop, Target } from './target';

export type Input =
  /** Bytes typed on COM1's line. */
  | { readonly kind: 'serial'; readonly bytes: Uint8Array }
  /** A key of the PC keyboard, named as by `KeyboardEvent.code`, went down or up. */
  | { readonly kind: 'key'; readonly code: string; readonly down: boolean }
  /** The mouse moved or its buttons changed: see {@link Target.mouseInput}. */
  | {
      readonly kind: 'mouse';
      readonly x: number;
      readonly y: number;
      readonly wheel: number;
      readonly buttons: number;
    };

/**
 * When an input came. Several states may have one instruction count (a fault and a VM exit retire nothing): the address of the
 * next instruction and the number of exits tell them apart. Both are absent where the first state of the count is meant.
 */
export interface InputMoment {
  readonly instructions: number;
  /** Linear address of the next instruction. */
  readonly address?: bigint;
  /** VM exits so far. */
  readonly exits?: number;
}

export interface LoggedInput {
  readonly at: InputMoment;
  readonly input: Input;
}

/** The inputs of a run, oldest first. Snapshots share them: nothing but additions is ever made to an array of them. */
export class InputLog {
  #entries: LoggedInput[] = [];

  get entries(): readonly LoggedInput[] {
    return this.#entries;
  }

  add(at: InputMoment, input: Input): void {
    this.#entries.push({ at, input });
  }

  save(): InputLogState {
    return { entries: this.#entries, count: this.#entries.length };
  }

  load(state: InputLogState): void {
    this.#entries = state.entries.slice(0, state.count);
  }
}

export interface InputLogState {
  readonly entries: readonly LoggedInput[];
  readonly count: number;
}

/** Linear address of the next instruction: 64-bit code has no CS base. */
function nextAddress(target: Target): bigint {
  const { segments, codeBits, rip } = target.registers();
  return codeBits === 64 ? rip : BigInt.asUintN(32, (segments[1]?.base ?? 0n) + rip);
}

/** The present moment of a target. */
export function momentOf(target: Target): InputMoment {
  return { instructions: target.instructions, address: nextAddress(target), exits: target.exitTotal };
}

/** A target that gets the inputs of a log at their moments while it runs. */
export class Replay {
  #next = 0;

  constructor(
    readonly target: Target,
    private readonly log: readonly LoggedInput[],
  ) {}

  /** Inputs that are still to come. */
  get left(): number {
    return this.log.length - this.#next;
  }

  /** {@link Target.run}; comes back from HLT without alarms only when there is nothing left that could wake it. */
  run(instructions: number): Stop {
    const { target } = this;
    for (;;) {
      const next = this.log[this.#next];
      if (!next || next.at.instructions > instructions) return target.run(instructions);
      const stop = this.#runTo(next.at);
      if (stop.kind !== 'limit' && stop.kind !== 'idle') return stop;
      this.#next++;
      apply(target, next.input);
    }
  }

  #isAt({ address, exits }: InputMoment): boolean {
    const { target } = this;
    return address === undefined || (nextAddress(target) === address && target.exitTotal === exits);
  }

  /** To a moment; `idle` where the CPU waits for the input. */
  #runTo(at: InputMoment): Stop {
    const { target } = this;
    // a run of no instruction may take the interrupt of the input before
    while (target.instructions < at.instructions) {
      const stop = target.run(at.instructions);
      if (stop.kind !== 'limit') return stop;
    }
    const { address } = at;
    if (address === undefined || this.#isAt(at)) return { kind: 'limit' };
    const stopBefore = target.run(at.instructions);
    if (stopBefore.kind !== 'limit') return stopBefore;
    if (this.#isAt(at)) return { kind: 'limit' };
    // a later state of the same count: behind a fault or an exit
    target.setBreakpoints([address]);
    const stop = target.run(at.instructions + 1);
    target.setBreakpoints([]);
    return stop.kind === 'breakpoint' ? { kind: 'limit' } : stop;
  }
}

function apply(target: Target, input: Input): void {
  if (input.kind === 'serial') target.serialInput(input.bytes);
  else if (input.kind === 'key') target.keyInput(input.code, input.down);
  else target.mouseInput(input.x, input.y, input.wheel, input.buttons);
}

// ---- as text

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

function contents(input: Input): object {
  if (input.kind === 'serial') return { serial: latin1(input.bytes) };
  if (input.kind === 'key') return { key: input.code, down: input.down };
  const { x, y, wheel, buttons } = input;
  return { mouse: { x, y, wheel, buttons } };
}

/** An input as an object of the file. */
export function inputObject({ at, input }: LoggedInput): object {
  const address = at.address === undefined ? {} : { address: `0x${at.address.toString(16)}` };
  return {
    instructions: at.instructions,
    ...address,
    ...(at.exits !== undefined && { exits: at.exits }),
    ...contents(input),
  };
}

/** The file's text. */
export function inputLogText(log: readonly LoggedInput[]): string {
  return `${JSON.stringify({ version: 1, inputs: log.map(inputObject) }, undefined, 1)}\n`;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

function parseInput(value: unknown): LoggedInput | string {
  if (typeof value !== 'object' || value === null) return 'it is no object';
  const { instructions, address, exits, serial, key, down, mouse } = value as Record<string, unknown>;
  if (!isCount(instructions)) return '`instructions` is no whole number of at least 0';
  if (exits !== undefined && !isCount(exits)) return '`exits` is no whole number of at least 0';
  if (address !== undefined && !(typeof address === 'string' && /^0x[0-9a-f]{1,16}$/i.test(address)))
    return '`address` is no text of a hexadecimal number, `0x7c00`';
  const at = {
    instructions,
    ...(typeof address === 'string' && { address: BigInt(address) }),
    ...(exits !== undefined && { exits }),
  };
  if (typeof serial === 'string' && key === undefined) {
    const bytes = Uint8Array.from(serial, (character) => character.charCodeAt(0));
    if ([...serial].some((character) => character.charCodeAt(0) > 0xff)) return '`serial` has characters above U+00FF';
    return { at, input: { kind: 'serial', bytes } };
  }
  if (typeof key === 'string' && typeof down === 'boolean' && serial === undefined)
    return { at, input: { kind: 'key', code: key, down } };
  if (typeof mouse === 'object' && mouse !== null && serial === undefined && key === undefined) {
    const { x = 0, y = 0, wheel = 0, buttons = 0 } = mouse as Record<string, unknown>;
    if (isInteger(x) && isInteger(y) && isInteger(wheel) && isInteger(buttons))
      return { at, input: { kind: 'mouse', x, y, wheel, buttons } };
    return '`mouse` has something other than whole numbers `x`, `y`, `wheel` and `buttons`';
  }
  return 'it has neither `serial`, a text, nor `key`, a text, with `down`, true or false, nor `mouse`, an object';
}

/** The inputs of a file's text. @param name the file as the user named it, for messages */
export function parseInputLog(text: string, name: string): LoggedInput[] | LoadError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return loadError(`${name} is no input log: it is no JSON`);
  }
  const { version, inputs } = (value ?? {}) as { version?: unknown; inputs?: unknown };
  if (version !== 1 || !Array.isArray(inputs))
    return loadError(`${name} is no input log: looked for an object with \`version\` 1 and a list \`inputs\``);
  const log: LoggedInput[] = [];
  for (const [i, each] of inputs.entries()) {
    const input = parseInput(each);
    if (typeof input === 'string') return loadError(`${name}: input ${i}: ${input}`);
    const before = log.at(-1);
    if (before && before.at.instructions > input.at.instructions)
      return loadError(`${name}: input ${i} comes before input ${i - 1}: they must be in the order of their moments`);
    log.push(input);
  }
  return log;
}
