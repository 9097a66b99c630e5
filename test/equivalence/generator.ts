/**
 * Random guest programs that end for sure: straight runs of instructions with bounded loops, in 16-, 32- or 64-bit mode, of what
 * a VMM has to do with: I/O, CPUID, control registers, page tables, MSRs, exceptions, interrupts of the timer, device memory.
 */

/** A linear congruential generator of 32 bits (Numerical Recipes' constants): the same programs everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer below `bound`. */
  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

export type Bits = 16 | 32 | 64;

/** Data that programs read and write: 4 KiB from here. */
const DATA = 0x10000;
/** A 64-bit guest's own page tables, made by the prologue: 4 KiB pages of 2 MiB from 40000000H, all leading to DATA. */
const TABLE = 0x18000;
const WINDOW = 0x40000000;

class Program {
  readonly lines: string[] = [];
  #labels = 0;

  constructor(
    readonly bits: Bits,
    readonly random: Random,
  ) {}

  label(): string {
    return `l${this.#labels++}`;
  }

  /** A general register that programs may change; never the stack pointer or a loop counter. */
  register(): string {
    const names = ['ax', 'cx', 'dx', 'si'];
    const name = this.random.of(names);
    return this.bits === 16 ? name : this.bits === 32 || this.random.below(2) ? `e${name}` : `r${name}`;
  }

  /** Offset of the data. */
  get data(): number {
    return this.bits === 16 ? 0 : DATA;
  }

  value(): string {
    return `0x${this.random.of([0, 1, 0x7fff, 0xff, 0x1234, this.random.below(65536)]).toString(16)}`;
  }

  memory(): string {
    const offset = this.random.below(0xff0);
    return this.bits === 16 ? `[${offset}]` : `[${DATA + offset}]`;
  }

  statement(depth: number): void {
    const { random, bits, lines } = this;
    const kinds: (() => void)[] = [
      () => lines.push(`${random.of(['add', 'sub', 'xor', 'adc', 'mov', 'cmp'])} ${this.register()}, ${this.value()}`),
      () => lines.push(`mov ${this.memory()}, ${bits === 16 ? 'ax' : 'eax'}`),
      () => lines.push(`${random.of(['add', 'xor', 'xchg'])} ${this.memory()}, ${bits === 16 ? 'dx' : 'edx'}`),
      () => lines.push(`out 0xE9, al`),
      () => lines.push(`mov dx, 0x3F8`, `mov al, '${random.of([...'abcdefgh'])}'`, 'out dx, al'),
      () => lines.push(`in al, ${random.of(['0x21', '0x40', '0x61', '0x71', '0x92'])}`),
      () =>
        lines.push(
          `mov eax, ${random.of(['0', '1', '7', '13', '0x80000000', '0x80000001'])}`,
          'xor ecx, ecx',
          'cpuid',
          'and ecx, ~0x20',
        ),
      () => this.#control(),
      () => lines.push('mov ecx, 0xC0000080', 'rdmsr', `xor eax, ${random.of([0, 1, 0x800])}`, 'wrmsr'),
      () => lines.push(`mov ecx, ${random.of(['0x174', '0x175', '0x277'])}`, 'rdmsr', 'wrmsr'),
      () =>
        lines.push(
          `mov edi, ${this.data + random.below(0xe00)}`,
          `mov cl, ${random.below(9)}`,
          'movzx ecx, cl',
          'mov dx, 0x21',
          'a32 rep insb',
        ),
      () =>
        lines.push(
          `mov esi, ${this.data + random.below(0xe00)}`,
          `mov cl, ${random.below(9)}`,
          'movzx ecx, cl',
          'mov dx, 0xE9',
          'a32 rep outsb',
        ),
      () => lines.push('sti', 'nop', 'nop', 'cli'),
      () => lines.push('sti', 'hlt', 'cli'),
      () => lines.push('pushf', random.of(['sti', 'cld', 'stc']), 'popf'),
      () => this.#fault(random.of(['ud2', 'int 0x30', 'mov ecx, 0x9999\nrdmsr', 'vmcall', 'xor esi, esi\ndiv esi'])),
      () => this.#step(),
      () => lines.push('rdtsc'),
      () => lines.push('wbinvd'),
    ];
    if (bits !== 16) {
      kinds.push(
        () => lines.push(`mov edi, 0xFEE000${random.of(['20', '30', '80', 'F0'])}`, 'mov eax, [edi]'),
        () => lines.push('mov edi, 0xFEE00080', `or dword [edi], ${random.below(16)}`),
        () => lines.push(`not dword [0xF${random.below(16).toString(16)}000]`),
        () => lines.push(`add dword [${random.of([0x180000, 0x1c0000, 0x200000])} + ${4 * random.below(1024)}], eax`),
        () => this.#fault('mov eax, cr0\nor eax, 0x20000000\nand eax, 0xBFFFFFFF\nmov cr0, eax', bits === 32),
      );
    }
    if (bits === 64)
      kinds.push(
        () => this.#pages(),
        () => this.#pages(),
      );
    if (depth < 2 && random.below(8) === 0) {
      this.#loop(depth);
      return;
    }
    // whatever faults: the handler goes on behind the statement, with the stack as it was before
    const next = this.label();
    lines.push(this.remember, this.goOn(next));
    random.of(kinds)();
    lines.push(`${next}:`);
  }

  /** Notes where a fault goes on. */
  goOn(label: string): string {
    if (this.bits === 64) return `mov r14, ${label}`;
    return this.bits === 32 ? `mov dword [0x11FF4], ${label}` : `mov word [0x1FF4], ${label}`;
  }

  get remember(): string {
    return this.bits === 64 ? 'mov r15, rsp' : this.bits === 32 ? 'mov [0x11FF0], esp' : 'mov [0x1FF0], sp';
  }

  #control(): void {
    const { random, lines, bits } = this;
    const a = bits === 64 ? 'rax' : 'eax';
    lines.push(
      ...random.of([
        [`mov ${a}, cr0`, 'xor eax, 8', `mov cr0, ${a}`, 'clts'],
        [`mov ${a}, cr0`, 'or eax, 0x60000000', `mov cr0, ${a}`, 'and eax, 0x9FFFFFFF', `mov cr0, ${a}`],
        [`mov ${a}, cr0`, 'xor eax, 0x10020', `mov cr0, ${a}`],
        [`mov ${a}, cr4`, `xor eax, ${random.of(['4', '0x80', '0x200', '0x40000'])}`, `mov cr4, ${a}`],
        [`mov ${a}, cr3`, `mov cr3, ${a}`],
        ['smsw ax', 'or al, 2', 'lmsw ax'],
      ]),
    );
  }

  /** An instruction that faults; the handler prints the vector and goes on behind it. */
  #fault(code: string, when = true): void {
    if (!when) return;
    this.lines.push(...code.split('\n'));
  }

  /** A few instructions under the trap flag. */
  #step(): void {
    const flags = this.bits === 64 ? 'rsp' : this.bits === 32 ? 'esp' : 'bp';
    this.lines.push(
      'mov eax, ss',
      'pushf',
      this.bits === 16 ? 'mov bp, sp' : 'nop',
      `or word [${flags}], 0x100`,
      'popf',
    );
    this.lines.push(this.random.of(['nop', 'cpuid', 'in al, 0x61', 'mov ss, ax\ncpuid', 'mov ss, ax\nnop']), 'nop');
  }

  /** Unmaps a page of the window and touches it, or maps it again, with and without INVLPG. */
  #pages(): void {
    const page = this.random.below(8);
    const entry = `[${TABLE + 8 * page}]`;
    const address = `[${WINDOW + 4096 * page + 8 * this.random.below(400)}]`;
    this.lines.push(`mov qword ${entry}, ${this.random.of([0, DATA | 3, DATA | 1, DATA | 0x63])}`, `invlpg ${address}`);
    this.#fault(
      this.random.of([
        `mov eax, ${address}`,
        `add ${address}, edx`,
        `mov esi, ${WINDOW + 4096 * page + 0xffe}\nmov dx, 0xE9\noutsd`,
      ]),
    );
  }

  #loop(depth: number): void {
    const start = this.label();
    const counter = this.bits === 16 ? 'di' : this.bits === 32 ? 'ebp' : `r${8 + depth}d`;
    const save = this.bits === 64 ? `r${8 + depth}` : counter;
    this.lines.push(`push ${save}`, `mov ${counter}, ${1 + this.random.below(12)}`, `${start}:`, `push ${save}`);
    for (let i = 1 + this.random.below(4); i > 0; i--) this.statement(depth + 1);
    this.lines.push(`pop ${save}`, `dec ${counter}`, `jnz near ${start}`, `pop ${save}`);
  }
}

/** Vector of the timer. */
const TIMER = 0x28;

/** Handlers print a letter for their vector; faults go on where the program noted it, the timer returns. */
function handlers(bits: Bits): string {
  const sp = bits === 64 ? 'rsp' : bits === 32 ? 'esp' : 'sp';
  const goOn = bits === 64 ? 'r14' : bits === 32 ? 'dword [0x11FF4]' : 'word [0x1FF4]';
  const [a, d] = bits === 64 ? ['rax', 'rdx'] : bits === 32 ? ['eax', 'edx'] : ['ax', 'dx'];
  const vectors = [0, 1, 6, 13, 14, 0x30];
  return `${vectors.map((vector) => `handler${vector}: mov al, ${65 + (vector & 31)}\njmp resume`).join('\n')}
resume: mov dx, 0x3F8
        out dx, al
        mov ${sp}, ${bits === 64 ? 'r15' : bits === 32 ? '[0x11FF0]' : '[0x1FF0]'}
        push ${goOn}
        ${bits === 16 ? 'push word 2\npopf' : bits === 32 ? 'push dword 2\npopfd' : 'push qword 2\npopfq'}
        ret
handler${TIMER}: push ${a}
        push ${d}
        mov al, 'T'
        mov dx, 0x3F8
        out dx, al
        mov al, 0x20
        out 0x20, al
        pop ${d}
        pop ${a}
        ${bits === 64 ? 'iretq' : bits === 32 ? 'iretd' : 'iret'}`;
}

function prologue(bits: Bits): string {
  const lines: string[] = ['cli', 'cld'];
  const vectors = [0, 1, 6, 13, 14, 0x30, TIMER];
  if (bits === 16) {
    lines.push('xor ax, ax', 'mov es, ax', 'mov ss, ax', 'mov sp, 0x7000');
    for (const vector of vectors)
      lines.push(`mov word [es:${4 * vector}], handler${vector}`, `mov word [es:${4 * vector + 2}], 0`);
    lines.push(`mov ax, ${DATA >> 4}`, 'mov ds, ax', 'mov es, ax');
  } else {
    const size = bits === 64 ? 16 : 8;
    lines.push(bits === 64 ? 'mov rsp, 0x7000' : 'mov esp, 0x7000');
    for (const vector of vectors) {
      const at = 0x9000 + 0x4000 + size * vector;
      lines.push(`mov word [${at}], handler${vector}`, 'mov ax, cs', `mov [${at + 2}], ax`);
      lines.push(`mov dword [${at + 4}], 0x8E00`);
      if (bits === 64) lines.push(`mov qword [${at + 8}], 0`);
    }
    lines.push('mov word [0xCF00], 0xFFF', 'mov dword [0xCF02], 0xD000', 'mov dword [0xCF06], 0', 'lidt [0xCF00]');
  }
  if (bits === 64) {
    lines.push('mov rax, cr3', 'and rax, ~0xFFF', 'mov rax, [rax]', 'and rax, ~0xFFF');
    lines.push(`mov dword [rax + 8], ${TABLE + 0x1000 + 3}`, 'mov dword [rax + 12], 0');
    lines.push(`mov qword [${TABLE + 0x1000}], ${TABLE + 3}`, 'mov rax, cr3', 'mov cr3, rax');
    lines.push('mov r15, rsp');
  }
  const outs = [
    [0x20, 0x11],
    [0x21, 0x20 + 8],
    [0x21, 4],
    [0x21, 1],
    [0x21, 0xfe],
    [0x43, 0x34],
    [0x40, 0xe8],
    [0x40, 0x03],
  ];
  for (const [port, value] of outs) lines.push(`mov al, ${value}`, `out ${port}, al`);
  return lines.join('\n');
}

/** Source text of a program, to be loaded flat at 7C00H and entered in the given mode. */
export function generate(seed: number, bits: Bits, statements = 30): string {
  const program = new Program(bits, new Random(seed));
  for (let i = 0; i < statements; i++) program.statement(0);
  return `bits ${bits}\norg 0x7C00\n${prologue(bits)}\n${program.lines.join('\n')}\nmov al, 0\nout 0xF4, al\nhlt\n${handlers(bits)}\n`;
}
