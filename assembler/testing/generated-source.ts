/** A small generator of numbers (Lehmer, 31 bits), so that a source is the same everywhere. */
function numbers(seed: number): (below: number) => number {
  let state = (seed * 48_271) % 0x7fffffff || 1;
  return (below) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
}

const wide = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r12', 'r15'];
const narrow = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'r8d', 'r9d', 'r12d', 'r15d'];
const operations = ['add', 'sub', 'and', 'or', 'xor', 'cmp'];
const conditions = ['jz', 'jnz', 'jc', 'ja', 'jl', 'jmp'];

/**
 * A 64-bit program of about so many lines as people write them: functions with local labels, jumps forwards and backwards,
 * data, constants, single-line and multi-line macros, conditional blocks, comments. For tests and measurements.
 */
export function generatedSource(lines: number, seed = 1): string {
  const next = numbers(seed);
  const of = (list: readonly string[]): string => list[next(list.length)]!;
  const out = ['; made by generatedSource', 'bits 64', 'org 0x100000', 'default rel'];
  const add = (...more: string[]): void => void out.push(...more);
  for (let i = 0; i < 8; i++) add(`SLOT_${i} equ ${8 * i + 16}`);
  add('%define FLAG(n) (1 << (n))', '%define PAGE_SIZE 4096');
  add('%macro save 1-*', '%rep %0', '        push    %1', '%rotate 1', '%endrep', '%endmacro');
  add(
    '%macro check 2',
    '        cmp     %1, %2',
    '        jne     %%bad',
    '        xor     eax, eax',
    '%%bad:',
    '%endmacro',
  );
  const memory = (): string => {
    switch (next(5)) {
      case 0:
        return `[${of(wide)}]`;
      case 1:
        return `[${of(wide)}+${1 + next(255)}]`;
      case 2:
        return `[${of(wide)}+${of(wide)}*${of(['1', '2', '4', '8'])}-${next(4096)}]`;
      case 3:
        return `[rel var_${next(32)}]`;
      default:
        return `[rsp+SLOT_${next(8)}]`;
    }
  };
  add('start:');
  let functions = 0;
  while (out.length < lines - 40) {
    functions++;
    add('', `; function ${functions}`, `func_${functions}:`, '        save    rbx, rbp, r12');
    let labels = 0;
    for (let body = 25 + next(30); body > 0; body--) {
      const kind = next(16);
      if (kind < 3) add(`        mov     ${of(wide)}, ${of(wide)}`);
      else if (kind < 5) add(`        mov     ${of(wide)}, ${memory()}`);
      else if (kind < 6) add(`        mov     ${memory()}, ${of(narrow)}`);
      else if (kind < 8) add(`        ${of(operations)}     ${of(narrow)}, ${next(100_000)}`);
      else if (kind < 9) add(`.l${++labels}:  nop                     ; label ${labels}`);
      else if (kind < 11) add(`        ${of(conditions)}     ${labels ? `.l${1 + next(labels)}` : '.out'}`);
      else if (kind < 12) add(`        ${of(conditions)}     .out`);
      else if (kind < 13) add(`        call    func_${Math.max(1, functions - next(30))}`);
      else if (kind < 14) add(`        mov     ${of(narrow)}, FLAG(${next(31)}) | 0x${next(4096).toString(16)}`);
      else if (kind < 15) add(`        check   ${of(wide)}, ${next(128)}`);
      else add('%if PAGE_SIZE > 2048', `        bt      ${of(narrow)}, ${next(32)}`, '%endif');
    }
    add('.out:', '        pop     r12', '        pop     rbp', '        pop     rbx', '        ret');
    if (functions % 8 !== 0) continue;
    add('align 16', `table_${functions}:`, `        dq      func_${1 + next(functions)}, func_${functions}`);
    add(
      `str_${functions}: db "message number ${functions}", 13, 10, 0`,
      `str_${functions}_len equ $ - str_${functions}`,
    );
  }
  add('align 16');
  for (let i = 0; i < 32; i++) add(`var_${i}: dq ${i}`);
  return `${out.join('\n')}\n`;
}
