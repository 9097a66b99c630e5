/**
 * Random guests of several CPUs that end for sure: each CPU does a straight run of statements, with bounded loops, on memory that all
 * share: locked and plain accesses, interprocessor interrupts and NMIs, HLT and PAUSE, timers, code that others rewrite, stale translations,
 * INIT and start-up of others. What they compute depends on how the CPUs' turns fall, so it tells whether two runs are the same.
 */
import { Random } from '../equivalence/generator';

const STATEMENTS = 60;

class Guest {
  readonly lines: string[] = [];
  #labels = 0;

  constructor(
    readonly random: Random,
    readonly cpus: number,
  ) {}

  #label(): string {
    return `.l${this.#labels++}`;
  }

  #cell(): string {
    return `[shared + ${4 * this.random.below(16)}]`;
  }

  #number(): number {
    return this.random.of([1, 7, 0x1234, 0x7fffffff, this.random.below(65536)]);
  }

  /** A destination for the interrupt command register's upper half, or a shorthand in its lower one. */
  #send(mode: number): string[] {
    const { random } = this;
    const kind = random.below(4);
    const low = 0x4000 | mode;
    if (kind === 0) return [`mov dword [ICR], ${low | 0xc0000}`];
    const destination = kind === 1 ? 0xff : random.below(this.cpus);
    // NMIs to oneself and to all are well defined, but an NMI handler may be in one's way: others only
    if (mode !== 0x40 && kind === 1) return [`mov dword [ICR], ${low | 0xc0000}`];
    return [`mov dword [LAPIC + 0x310], ${destination * 0x1000000}`, `mov dword [ICR], ${low}`];
  }

  statement(): void {
    const { random, lines } = this;
    const cell = this.#cell();
    const page = random.below(8);
    const kinds: (() => string[])[] = [
      () => [
        `mov eax, ${cell}`,
        `add eax, ${this.#number()}`,
        ...random.of([[], ['pause'], ['cpuid_0']]),
        `mov ${cell}, eax`,
      ],
      () => [`mov eax, ${this.#number()}`, `lock xadd ${cell}, eax`, `add ${this.#cell()}, eax`],
      () => [`lock ${random.of(['inc', 'dec', 'not', 'neg'])} dword ${cell}`],
      () => [`lock ${random.of(['xor', 'add', 'or', 'sub'])} dword ${cell}, ${this.#number()}`],
      () => [`mov eax, ${cell}`, 'mov edx, ebx', `lock cmpxchg ${this.#cell()}, edx`, `adc dword ${cell}, 0`],
      () => ['mov eax, ebx', `xchg eax, ${cell}`, 'and eax, 31', `lock bts dword ${this.#cell()}, eax`],
      () => this.#spin(),
      () => ['sti', 'hlt', 'cli'],
      () => ['sti', ...Array.from({ length: 1 + random.below(20) }, () => 'nop'), 'cli'],
      () => this.#send(0x40),
      () => this.#send(0x40),
      () => this.#send(0x400),
      () => ['rdtsc', `add ${cell}, eax`],
      () => [`mov eax, [LAPIC + ${random.of(['0x390', '0x80', '0x20', '0xa0', '0x300'])}]`, `add ${cell}, eax`],
      () => [
        `mov dword [LAPIC + 0x80], ${random.of([0, 0x30, 0x50])}`,
        'sti',
        'nop',
        'nop',
        'cli',
        'mov dword [LAPIC + 0x80], 0',
      ],
      () => ['call everyones', `add ${cell}, eax`],
      () => [`mov dword [everyones + 1], ${this.#number()}`],
      () => [`mov al, ${random.below(256)}`, 'out 0x80, al'],
      () => [`mov dword [TABLE + ${4 * page}], ${random.of([0x410003, 0x411003, 0x412003])}`, `add ${cell}, ebx`],
      () => [`mov eax, [WINDOW + ${4096 * page}]`, `add ${cell}, eax`],
      () => [`add dword [WINDOW + ${4096 * page}], ${this.#number()}`],
      () => [`invlpg [WINDOW + ${4096 * page}]`],
      () => ['mov eax, cr3', 'mov cr3, eax'],
      () => ['mov eax, 0xb', 'xor ecx, ecx', 'push ebx', 'cpuid', 'pop ebx', `add ${cell}, edx`],
    ];
    lines.push(...random.of(kinds)());
  }

  #spin(): string[] {
    const [again, done] = [this.#label(), this.#label()];
    const wait = this.random.of(['pause', 'pause', 'nop', 'nop']);
    const count = this.random.of([10, 300, wait === 'nop' ? 8000 : 100]);
    const cell = this.#cell();
    return [`mov ecx, ${count}`, `${again}: cmp ${cell}, ecx`, `je ${done}`, wait, `loop ${again}`, `${done}:`];
  }
}

/** Source text of a guest for so many CPUs, to be assembled with the folder of smp.inc among its include folders. */
export function generateSmp(seed: number, cpus: number): string {
  const random = new Random(seed);
  const parts = Array.from({ length: cpus }, (_, cpu) => {
    const guest = new Guest(random, cpus);
    for (let i = 0; i < STATEMENTS; i++) {
      guest.statement();
      if (cpu === 0 && random.below(25) === 0) {
        const other = 1 + random.below(cpus - 1);
        guest.lines.push(`mov ecx, ${other}`, 'call restart');
      }
    }
    return `program${cpu}:\n${guest.lines.join('\n')}\nret`;
  });
  return `%define CPUS ${cpus}
%define SETTLE 20
%include "smp.inc"
DIRECTORY equ 0x400000
TABLE equ 0x401000
WINDOW equ 0x800000
%macro cpuid_0 0
        push eax
        push ebx
        xor eax, eax
        cpuid
        pop ebx
        pop eax
%endmacro

main:   gate 2, nmi
        gate 0x40, count
        gate 0x41, count
        mov edi, DIRECTORY
        mov eax, 0x83
        mov ecx, 1024
.entry: stosd
        add eax, 0x400000
        loop .entry
        mov dword [DIRECTORY + 8], TABLE | 3
        mov edi, TABLE
        mov ecx, 8
        mov eax, 0x410003
        rep stosd
        mov dword [go], 1
        xor ebx, ebx
        call begin
        call program0
        mov ecx, 1
.each:  pause
        cmp dword [done + 4 * ecx], 0
        je .each
        inc ecx
        cmp ecx, CPUS
        jb .each
        mov esi, shared
        mov ecx, 16
.cell:  lodsd
        call print_hex
        loop .cell
        ret

; CPU ECX begins its program anew
restart:
        mov dword [done + 4 * ecx], 0
        push ecx
        mov eax, 0x4500
        send
        pop ecx
        push ecx
        mov eax, 0x4600 | TRAMPOLINE >> 12
        send
        pop ecx
        ret

; paging, and a timer that wakes the CPU from HLT
begin:  mov eax, cr4
        or eax, 0x10
        mov cr4, eax
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        and eax, ~0x60000000
        mov cr0, eax
        mov dword [LAPIC + 0x3e0], 0xb
        mov dword [LAPIC + 0x320], 0x20041
        imul eax, ebx, 3000
        add eax, 17000
        mov [LAPIC + 0x380], eax
        ret

nmi:    lock inc dword [shared + 4]
        iret

count:  lock inc dword [shared]
        mov dword [LAPIC + 0xb0], 0
        iret

align 64
everyones: mov eax, 1
        ret

ap_main:
        pause
        cmp dword [go], 1
        jne ap_main
        call begin
        call [programs + 4 * ebx]
        mov dword [done + 4 * ebx], 1
        mov dword [LAPIC + 0x320], 0x10000
.sleep: hlt
        jmp .sleep

${parts.join('\n')}
align 64
programs: dd ${parts.map((_, cpu) => `program${cpu}`).join(', ')}
go:     dd 0
done:   times CPUS dd 0
align 64
shared: times 16 dd 0
`;
}
