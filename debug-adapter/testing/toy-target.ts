/**
 * A guest for tests: a deterministic interpreter of a dozen 64-bit instructions in flat memory, in nothing but plain
 * TypeScript, so that run control and the protocol can be proved without the machine. Test code only.
 */

import type { ExitRecord, ExitSummary } from '../../hypervisor/exit-record';
import type { LoggedInput } from '../../hypervisor/input-log';
import type { Registers, Snapshot, Stop, Target, VmcsFieldValue } from '../../hypervisor/target';
import type { Decoded } from '../../isa/decoded';

export const TOY_MEMORY = 0x10000;
const STACK_TOP = 0x8000n;
const ZF = 1n << 6n;
const IF = 1n << 9n;

interface State {
  gpr: bigint[];
  rip: bigint;
  rflags: bigint;
  instructions: number;
  serial: string;
  exits: ExitRecord[];
  halted: boolean;
  typed: string;
  ended: Stop | undefined;
  memory: Uint8Array;
}

interface ToySnapshot extends Snapshot {
  readonly state: State;
}

/** Length and meaning of the instruction at the start of some bytes. */
function decode(bytes: Uint8Array): { mnemonic: string; length: number; register: number; value: bigint } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [a, b, c] = bytes;
  const out = (mnemonic: string, length: number, register = 0, value: bigint | number = 0n) =>
    length <= bytes.length ? { mnemonic, length, register, value: BigInt(value) } : undefined;
  if (a === undefined) return undefined;
  if (a === 0x90) return out('nop', 1);
  if (a === 0xc3) return out('ret', 1);
  if (a === 0xcf) return out('iretq', 1);
  if (a === 0xf4) return out('hlt', 1);
  if (a === 0xfa) return out('cli', 1);
  if (a === 0xfb) return out('sti', 1);
  if (a >= 0x50 && a < 0x58) return out('push', 1, a & 7);
  if (a >= 0x58 && a < 0x60) return out('pop', 1, a & 7);
  if (b === undefined) return undefined;
  if (a === 0xe6) return out('out', 2, 0, b);
  if (a === 0xcd) return out('int', 2, 0, b);
  if (a === 0x75) return out('jne', 2, 0, view.getInt8(1));
  if (a === 0xeb) return out('jmp', 2, 0, view.getInt8(1));
  if (a === 0x0f && b === 0xa2) return out('cpuid', 2);
  if (a === 0x0f && b === 0x0b) return out('ud2', 2);
  if (a === 0xf3 && b === 0xaa) return out('stosb', 2);
  if (a === 0xe8 && bytes.length >= 5) return out('call', 5, 0, view.getInt32(1, true));
  if (a === 0x48 && b === 0xff && c !== undefined && (c & 0xf0) === 0xc0) return out(c & 8 ? 'dec' : 'inc', 3, c & 7);
  if (a === 0x48 && b >= 0xb8 && b < 0xc0 && bytes.length >= 10)
    return out('mov', 10, b & 7, view.getBigUint64(2, true));
  return undefined;
}

/** The toy's instructions as the decoder of isa/ would give them, as far as run control looks at them. */
export function readToyInstruction(bytes: Uint8Array): Decoded | undefined {
  const found = decode(bytes);
  if (!found) return undefined;
  const { mnemonic, length, value } = found;
  const branch = mnemonic === 'call' || mnemonic === 'jmp' || mnemonic === 'jne';
  const repeated = mnemonic === 'stosb';
  return {
    form: { mnemonic, repeat: repeated ? 'rep' : 'none' } as Decoded['form'],
    length,
    prefixes: {
      lock: false,
      repeat: repeated ? 0xf3 : 0,
      segment: -1,
      operandSize: false,
      addressSize: false,
      rex: 0,
    },
    operandSize: 64,
    addressSize: 64,
    operands: branch ? [{ kind: 'relative', displacement: Number(value), size: length === 5 ? 32 : 8 }] : [],
  };
}

export interface ToyOptions {
  /** Linear addresses of handlers by vector. */
  vectors?: Record<number, bigint>;
  /** Raises vector 32 whenever so many instructions have retired, if IF is set. */
  timer?: number;
}

export class ToyTarget implements Target {
  readonly method = 'ept';
  readonly cpus = 1;
  readonly currentCpu = 0;
  readonly memorySize = TOY_MEMORY;
  #state: State;
  #breakpoints = new Set<bigint>();
  #breakOnExits = new Set<string>();
  /** How often each was called: what tests look at to see that replays are short. */
  readonly calls = { restore: 0, snapshot: 0 };

  instructionsOf(): number {
    return this.instructions;
  }

  constructor(
    program: Uint8Array,
    org: number,
    private readonly options: ToyOptions = {},
  ) {
    const memory = new Uint8Array(TOY_MEMORY);
    memory.set(program, org);
    this.#state = {
      gpr: Array.from({ length: 16 }, (_, i) => (i === 4 ? STACK_TOP : 0n)),
      rip: BigInt(org),
      rflags: 2n,
      instructions: 0,
      serial: '',
      exits: [],
      halted: false,
      typed: '',
      ended: undefined,
      memory,
    };
  }

  get instructions(): number {
    return this.#state.instructions;
  }

  run(instructions: number): Stop {
    const s = this.#state;
    for (let first = true; ; first = false) {
      if (s.ended) return s.ended;
      if (s.instructions >= instructions) return { kind: 'limit' };
      if (!first && this.#breakpoints.has(s.rip)) return { kind: 'breakpoint', address: s.rip };
      this.#interrupt();
      if (s.halted) return { kind: 'idle' };
      const stop = this.#execute();
      if (stop) return stop;
    }
  }

  #interrupt(): void {
    const s = this.#state;
    const tick = this.options.timer && s.instructions > 0 && s.instructions % this.options.timer === 0;
    if (!(s.rflags & IF)) return;
    if (tick || s.typed !== '') this.#deliver(32);
  }

  #deliver(vector: number): void {
    const s = this.#state;
    s.typed = '';
    const handler = this.options.vectors?.[vector];
    if (handler === undefined) {
      s.ended = { kind: 'triple-fault', explanation: `vector ${vector} has no handler` };
      return;
    }
    s.halted = false;
    this.#push(s.rflags);
    this.#push(s.rip);
    s.rflags &= ~IF;
    s.rip = handler;
  }

  #execute(): Stop | undefined {
    const s = this.#state;
    const at = s.rip;
    const i = decode(s.memory.subarray(Number(at), Number(at) + 15));
    if (!i || i.mnemonic === 'ud2') {
      this.#deliver(6);
      return s.ended;
    }
    s.rip += BigInt(i.length);
    s.instructions++;
    switch (i.mnemonic) {
      case 'inc':
      case 'dec':
        this.#setGpr(i.register, s.gpr[i.register]! + (i.mnemonic === 'inc' ? 1n : -1n));
        s.rflags = s.gpr[i.register] === 0n ? s.rflags | ZF : s.rflags & ~ZF;
        return undefined;
      case 'mov':
        this.#setGpr(i.register, i.value);
        return undefined;
      case 'push':
        this.#push(s.gpr[i.register]!);
        return undefined;
      case 'pop':
        this.#setGpr(i.register, this.#pop());
        return undefined;
      case 'jmp':
        s.rip += i.value;
        return undefined;
      case 'jne':
        if (!(s.rflags & ZF)) s.rip += i.value;
        return undefined;
      case 'call':
        this.#push(s.rip);
        s.rip += i.value;
        return undefined;
      case 'ret':
        s.rip = this.#pop();
        return undefined;
      case 'iretq':
        s.rip = this.#pop();
        s.rflags = this.#pop();
        return undefined;
      case 'int':
        this.#deliver(Number(i.value));
        return s.ended;
      case 'sti':
        s.rflags |= IF;
        return undefined;
      case 'cli':
        s.rflags &= ~IF;
        return undefined;
      case 'hlt':
        s.halted = true;
        if (!(s.rflags & IF)) s.ended = { kind: 'ended', reason: 'halted', value: 0 };
        return s.ended;
      case 'stosb':
        if (s.gpr[1] !== 0n) {
          s.memory[Number(s.gpr[7]! & 0xffffn)] = Number(s.gpr[0]! & 0xffn);
          this.#setGpr(7, s.gpr[7]! + 1n);
          this.#setGpr(1, s.gpr[1]! - 1n);
          if (s.gpr[1] !== 0n) s.rip = at;
        }
        return undefined;
      case 'out': {
        const al = Number(s.gpr[0]! & 0xffn);
        if (i.value === 0xf4n) s.ended = { kind: 'ended', reason: 'debug-exit', value: al };
        else s.serial += String.fromCharCode(al);
        return s.ended;
      }
      case 'cpuid':
        return this.#exit(at);
    }
    return undefined;
  }

  #exit(rip: bigint): Stop | undefined {
    const s = this.#state;
    const record: ExitRecord = {
      serial: s.exits.length,
      instructions: s.instructions - 1,
      cpu: 0,
      method: 'ept',
      reason: 'CPUID',
      reasonCode: 10,
      qualification: 0n,
      qualificationText: '',
      rip,
      instruction: 'cpuid',
      cause: 'CPUID always exits in VMX non-root mode',
      action: 'answered from the CPUID table',
      cost: 1200,
    };
    s.exits = [...s.exits, record];
    return this.#breakOnExits.has('CPUID') ? { kind: 'exit', record } : undefined;
  }

  #setGpr(register: number, value: bigint): void {
    this.#state.gpr[register] = BigInt.asUintN(64, value);
  }

  #push(value: bigint): void {
    const s = this.#state;
    s.gpr[4] = s.gpr[4]! - 8n;
    new DataView(s.memory.buffer).setBigUint64(Number(s.gpr[4] & 0xfff8n), value, true);
  }

  #pop(): bigint {
    const s = this.#state;
    const value = new DataView(s.memory.buffer).getBigUint64(Number(s.gpr[4]! & 0xfff8n), true);
    s.gpr[4] = s.gpr[4]! + 8n;
    return value;
  }

  setBreakpoints(addresses: readonly bigint[]): void {
    this.#breakpoints = new Set(addresses);
  }

  /** Only the real machine knows of accesses and exceptions. */
  setWatchpoints(): void {}

  setBreakOnExceptions(): void {}

  setBreakOnExits(reasons: readonly string[]): void {
    this.#breakOnExits = new Set(reasons);
  }

  registers(): Registers {
    const s = this.#state;
    const names = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS', 'LDTR', 'TR'];
    return {
      gpr: [...s.gpr],
      rip: s.rip,
      rflags: s.rflags,
      segments: names.map((name, i) => ({
        name,
        selector: i === 1 ? 8 : 16,
        base: 0n,
        limit: 0xffffffff,
        access: i === 1 ? 0xa09b : 0xc093,
      })),
      cr0: 0x80000011n,
      cr2: 0n,
      cr3: 0x1000n,
      cr4: 0x20n,
      cr8: 0n,
      efer: 0x500n,
      gdtr: { base: 0x500n, limit: 0x1f },
      idtr: { base: 0x5000n, limit: 0xfff },
      dr: [0n, 0n, 0n, 0n, 0xffff0ff0n, 0x400n],
      cpl: 0,
      codeBits: 64,
      mode: 'long',
      halted: s.halted,
    };
  }

  writeRegister(name: string, value: bigint): boolean {
    const index = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'].indexOf(name);
    if (index >= 0) this.#setGpr(index, value);
    else if (name === 'rip') this.#state.rip = value;
    else if (name === 'rflags') this.#state.rflags = value;
    else return false;
    return true;
  }

  readVirtual(address: bigint, length: number): Uint8Array {
    if (address >= BigInt(TOY_MEMORY)) return new Uint8Array();
    return this.#state.memory.slice(Number(address), Number(address) + length);
  }

  writeVirtual(address: bigint, bytes: Uint8Array): number {
    if (address >= BigInt(TOY_MEMORY)) return 0;
    const fit = bytes.subarray(0, TOY_MEMORY - Number(address));
    this.#state.memory.set(fit, Number(address));
    return fit.length;
  }

  translate(address: bigint): number | undefined {
    return address < BigInt(TOY_MEMORY) ? Number(address) : undefined;
  }

  readPhysical(address: number, length: number): Uint8Array {
    return this.readVirtual(BigInt(address), length);
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.writeVirtual(BigInt(address), bytes);
  }

  snapshot(): ToySnapshot {
    this.calls.snapshot++;
    const s = this.#state;
    return {
      instructions: s.instructions,
      bytes: TOY_MEMORY,
      state: { ...s, gpr: [...s.gpr], memory: s.memory.slice() },
    };
  }

  restore(snapshot: Snapshot): void {
    this.calls.restore++;
    const { state } = snapshot as ToySnapshot;
    this.#state = { ...state, gpr: [...state.gpr], memory: state.memory.slice() };
  }

  serialInput(bytes: Uint8Array): void {
    this.#state.typed += String.fromCharCode(...bytes);
    this.inputs.push({ at: { instructions: this.instructions }, input: { kind: 'serial', bytes } });
  }

  keyInput(): boolean {
    return false;
  }

  mouseInput(): void {}

  readonly inputs: LoggedInput[] = [];

  get serialOutput(): string {
    return this.#state.serial;
  }

  screen(): string[] {
    return [];
  }

  get exits(): readonly ExitRecord[] {
    return this.#state.exits;
  }

  get exitTotal(): number {
    return this.exits.length;
  }

  exitSummary(): ExitSummary[] {
    const { exits } = this;
    return exits.length > 0
      ? [{ reason: 'CPUID', count: exits.length, cost: this.cost, firstCause: exits[0].cause }]
      : [];
  }

  exitCounts(): Record<string, number> {
    return this.exits.length > 0 ? { CPUID: this.exits.length } : {};
  }

  get cost(): number {
    return this.exits.length * 1200;
  }

  vmcs(): VmcsFieldValue[] {
    const { rip, gpr, exits } = this.#state;
    return [
      { name: 'VM-execution control: primary', encoding: 0x4002, value: 0x84006172n },
      { name: 'Exit reason', encoding: 0x4402, value: BigInt(exits.at(-1)?.reasonCode ?? 0) },
      { name: 'Guest CR0', encoding: 0x6800, value: 0x80000011n },
      { name: 'Guest RSP', encoding: 0x681c, value: gpr[4]! },
      { name: 'Guest RIP', encoding: 0x681e, value: rip },
    ];
  }

  hash(): string {
    const { gpr, rip, rflags, instructions, memory } = this.#state;
    let h = 0xcbf29ce484222325n;
    for (const byte of memory) h = BigInt.asUintN(64, (h ^ BigInt(byte)) * 0x100000001b3n);
    return [h, ...gpr, rip, rflags, instructions].map((v) => v.toString(16)).join('-');
  }

  statistics(): Record<string, number> {
    return { instructions: this.instructions };
  }
}
