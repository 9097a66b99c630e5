/** Writes the bytes of a toy program, with labels; addresses count from `org`. Test code only. */
export class ToyProgram {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixups: { at: number; size: 1 | 4; label: string }[] = [];
  /** Address of each instruction written, in order. */
  readonly instructions: number[] = [];

  constructor(readonly org = 0x1000) {}

  label(name: string): this {
    this.#labels.set(name, this.org + this.#bytes.length);
    return this;
  }

  emit(...bytes: number[]): this {
    this.instructions.push(this.org + this.#bytes.length);
    this.#bytes.push(...bytes);
    return this;
  }

  nop = () => this.emit(0x90);
  ret = () => this.emit(0xc3);
  iret = () => this.emit(0xcf);
  hlt = () => this.emit(0xf4);
  sti = () => this.emit(0xfb);
  cpuid = () => this.emit(0x0f, 0xa2);
  ud2 = () => this.emit(0x0f, 0x0b);
  repStosb = () => this.emit(0xf3, 0xaa);
  inc = (register: number) => this.emit(0x48, 0xff, 0xc0 | register);
  dec = (register: number) => this.emit(0x48, 0xff, 0xc8 | register);
  push = (register: number) => this.emit(0x50 | register);
  pop = (register: number) => this.emit(0x58 | register);
  out = (port: number) => this.emit(0xe6, port);
  int = (vector: number) => this.emit(0xcd, vector);

  mov(register: number, value: number): this {
    return this.emit(0x48, 0xb8 | register, ...[0, 8, 16, 24].map((s) => (value >>> s) & 0xff), 0, 0, 0, 0);
  }

  call(label: string): this {
    return this.#branch([0xe8], 4, label);
  }

  jmp(label: string): this {
    return this.#branch([0xeb], 1, label);
  }

  jne(label: string): this {
    return this.#branch([0x75], 1, label);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#bytes.length;
  }

  address(label: string): number {
    const found = this.#labels.get(label);
    if (found === undefined) throw new Error(`no label ${label}`);
    return found;
  }

  bytes(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    for (const { at, size, label } of this.#fixups) {
      const displacement = this.address(label) - (this.org + at + size);
      if (size === 4) view.setInt32(at, displacement, true);
      else view.setInt8(at, displacement);
    }
    return bytes;
  }

  #branch(opcode: number[], size: 1 | 4, label: string): this {
    this.emit(...opcode, ...Array(size).fill(0));
    this.#fixups.push({ at: this.#bytes.length - size, size, label });
    return this;
  }
}
