import type { Expr, Type } from './expr';

const typeByte: Record<Type, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Appends an unsigned LEB128. */
export function unsignedLeb(out: number[], value: number): void {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Appends a signed LEB128 of an int32. */
export function signedLeb(out: number[], value: number): void {
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

function signedLeb64(out: number[], value: bigint): void {
  if (value >= -0x80000000n && value <= 0x7fffffffn) {
    signedLeb(out, Number(value));
    return;
  }
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

/** A place that `br` can go to. */
export interface Label {
  depth: number;
}

export type LocalExpr = Extract<Expr, { kind: 'local' }>;

/** The body of one WebAssembly function under construction. */
export class Code {
  bytes: number[] = [];
  #prologue: number[] = [];
  readonly #types: Type[] = [];
  readonly #free: Record<Type, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #scope: LocalExpr[] | undefined;
  #depth = 0;

  /** @param parameters types of the function's parameters: locals 0.. */
  constructor(readonly parameters: readonly Type[]) {}

  /** Emits what comes before everything else, when the rest is known. */
  prologue(body: () => void): void {
    const rest = this.bytes;
    this.bytes = this.#prologue;
    body();
    this.bytes = rest;
  }

  /** A local that lives for the whole function. */
  local(type: Type): LocalExpr {
    this.#types.push(type);
    return { kind: 'local', type, index: this.parameters.length + this.#types.length - 1 };
  }

  parameter(index: number): LocalExpr {
    return { kind: 'local', type: this.parameters[index], index };
  }

  /** Runs `body`; temporaries made in it are reused afterwards. */
  scoped(body: () => void): void {
    const outer = this.#scope;
    this.#scope = [];
    body();
    for (const local of this.#scope) this.#free[local.type].push(local.index);
    this.#scope = outer;
  }

  /** A local for the present scope. */
  temporary(type: Type): LocalExpr {
    const index = this.#free[type].pop();
    const local: LocalExpr = index === undefined ? this.local(type) : { kind: 'local', type, index };
    this.#scope?.push(local);
    return local;
  }

  /** Computes `value` now and gives it a name; constants pass through. */
  let(value: Expr): Expr {
    if (value.kind === 'i32' || value.kind === 'i64') return value;
    const local = this.temporary(value.type);
    this.set(local, value);
    return local;
  }

  set(local: LocalExpr, value: Expr): void {
    this.push(value);
    this.bytes.push(0x21);
    unsignedLeb(this.bytes, local.index);
  }

  /** Emits the computation of a tree; its value is left on the operand stack. */
  push(e: Expr): void {
    const out = this.bytes;
    switch (e.kind) {
      case 'i32':
        out.push(0x41);
        signedLeb(out, e.value);
        break;
      case 'i64':
        out.push(0x42);
        signedLeb64(out, e.value);
        break;
      case 'local':
        out.push(0x20);
        unsignedLeb(out, e.index);
        break;
      case 'op':
        this.push(e.a);
        if (e.b) this.push(e.b);
        out.push(e.opcode);
        break;
      case 'load':
        this.push(e.address);
        out.push(e.opcode, 0);
        unsignedLeb(out, e.offset);
        break;
      case 'simd':
        for (const argument of e.args) this.push(argument);
        out.push(0xfd);
        unsignedLeb(out, e.opcode);
        out.push(...e.immediates);
        break;
      case 'select':
        this.push(e.a);
        this.push(e.b);
        this.push(e.condition);
        out.push(0x1b);
        break;
      case 'call':
        for (const argument of e.args) this.push(argument);
        out.push(0x10);
        unsignedLeb(out, e.index);
        break;
    }
  }

  /** Stores the low `bits` of `value` at `address + offset`. */
  store(bits: number, address: Expr, value: Expr, offset = 0): void {
    this.push(address);
    this.push(value);
    const wide = value.type === 'i64';
    const opcode =
      bits === 8
        ? wide
          ? 0x3c
          : 0x3a
        : bits === 16
          ? wide
            ? 0x3d
            : 0x3b
          : bits === 32
            ? wide
              ? 0x3e
              : 0x36
            : 0x37;
    this.bytes.push(opcode, 0);
    unsignedLeb(this.bytes, offset);
  }

  /** Stores the 16 bytes of a vector. */
  storeVector(address: Expr, value: Expr): void {
    this.push(address);
    this.push(value);
    this.bytes.push(0xfd, 0x0b, 0, 0);
  }

  storeAt(bits: number, address: number, value: Expr): void {
    this.store(bits, { kind: 'i32', type: 'i32', value: 0 }, value, address);
  }

  /** Evaluates for effect. */
  drop(e: Expr): void {
    this.push(e);
    this.bytes.push(0x1a);
  }

  /** A call without result. */
  call(index: number, ...args: Expr[]): void {
    for (const argument of args) this.push(argument);
    this.bytes.push(0x10);
    unsignedLeb(this.bytes, index);
  }

  /** Copies `bytes` (i32) as if by way of a buffer: bulk memory operations of the core specification, 5.4.6. */
  copyMemory(to: Expr, from: Expr, bytes: Expr): void {
    this.push(to);
    this.push(from);
    this.push(bytes);
    this.bytes.push(0xfc, 0x0a, 0, 0);
  }

  /** Fills `bytes` (i32) with the low byte of `value` (i32). */
  fillMemory(to: Expr, value: Expr, bytes: Expr): void {
    this.push(to);
    this.push(value);
    this.push(bytes);
    this.bytes.push(0xfc, 0x0b, 0);
  }

  /** call_indirect through table `table` to a function of type `typeIndex`. */
  callIndirect(typeIndex: number, slot: Expr, args: readonly Expr[], table = 0): void {
    for (const argument of args) this.push(argument);
    this.push(slot);
    this.bytes.push(0x11);
    unsignedLeb(this.bytes, typeIndex);
    unsignedLeb(this.bytes, table);
  }

  /** `block`: a `br` to its label goes behind it. */
  block(body: (label: Label) => void): void {
    this.#structure(0x02, body);
  }

  /** `loop`: a `br` to its label starts it again. */
  loop(body: (label: Label) => void): void {
    this.#structure(0x03, body);
  }

  /**
   * Blocks around each other, one for each of `bodies`: a `br` to the i-th label goes to the i-th body, from where the flow
   * goes on into the next. Made in a loop, not by {@link block} within block: a dispatcher has a thousand of them, and
   * the stack of a web worker is small.
   */
  nestedBlocks(innermost: (labels: readonly Label[]) => void, bodies: readonly (() => void)[]): void {
    const labels: Label[] = [];
    for (let i = bodies.length - 1; i >= 0; i--) {
      this.bytes.push(0x02, 0x40);
      labels[i] = { depth: ++this.#depth };
    }
    innermost(labels);
    for (const body of bodies) {
      this.#depth--;
      this.bytes.push(0x0b);
      body();
    }
  }

  #structure(opcode: number, body: (label: Label) => void): void {
    this.bytes.push(opcode, 0x40);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.bytes.push(0x0b);
  }

  if(condition: Expr, then: () => void, otherwise?: () => void): void {
    if (condition.kind === 'i32') {
      if (condition.value !== 0) then();
      else otherwise?.();
      return;
    }
    this.push(condition);
    this.bytes.push(0x04, 0x40);
    this.#depth++;
    then();
    if (otherwise) {
      this.bytes.push(0x05);
      otherwise();
    }
    this.#depth--;
    this.bytes.push(0x0b);
  }

  br(label: Label): void {
    this.bytes.push(0x0c);
    unsignedLeb(this.bytes, this.#depth - label.depth);
  }

  brIf(label: Label, condition: Expr): void {
    this.push(condition);
    this.bytes.push(0x0d);
    unsignedLeb(this.bytes, this.#depth - label.depth);
  }

  brTable(index: Expr, labels: readonly Label[], otherwise: Label): void {
    this.push(index);
    this.bytes.push(0x0e);
    unsignedLeb(this.bytes, labels.length);
    for (const label of labels) unsignedLeb(this.bytes, this.#depth - label.depth);
    unsignedLeb(this.bytes, this.#depth - otherwise.depth);
  }

  return(value?: Expr): void {
    if (value) this.push(value);
    this.bytes.push(0x0f);
  }

  unreachable(): void {
    this.bytes.push(0x00);
  }

  /** The function's entry in the code section: size, locals, body, end. */
  encode(): Uint8Array {
    const locals: number[] = [];
    const runs: { type: Type; count: number }[] = [];
    for (const type of this.#types) {
      const last = runs[runs.length - 1];
      if (last && last.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    unsignedLeb(locals, runs.length);
    for (const run of runs) {
      unsignedLeb(locals, run.count);
      locals.push(typeByte[run.type]);
    }
    const size: number[] = [];
    unsignedLeb(size, locals.length + this.#prologue.length + this.bytes.length + 1);
    return joined([size, locals, this.#prologue, this.bytes, [0x0b]]);
  }
}

/** Pieces of a binary one after the other. */
export function joined(pieces: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export { typeByte };
