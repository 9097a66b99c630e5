import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installed } from '../../test/installed';
import type { AssembleOptions, SourceReader } from '../api';
import { assemble } from '../assemble';

/** Objects are judged by those who read them: GNU ld beside GCC's objects, readelf, gdb, and the processor. */
const folder = mkdtempSync(join(tmpdir(), 'ringside-elf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const included = '        nop\n        inc eax ; in the included file\n';
const reader: SourceReader = {
  resolve: (name) => (name === 'tail.inc' ? name : undefined),
  readText: () => included,
  readBytes: () => undefined,
};

function run(command: string, ...args: string[]): { output: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  return { output: stdout + stderr, status };
}

function object(name: string, source: string, options: AssembleOptions): void {
  const result = assemble(`${name}.asm`, source, options, reader);
  expect(result.diagnostics.map(({ message }) => message)).toEqual([]);
  writeFileSync(join(folder, `${name}.asm`), source);
  writeFileSync(join(folder, 'tail.inc'), included);
  writeFileSync(join(folder, `${name}.o`), result.output!);
}

const program = `        default rel
%macro  twice 1
        call    %1
        call    %1
%endmacro
        global  main:function (main.end - main)
        extern  puts, helper
        section .data
message: db     'from the assembler', 0
pointer: dq     message
        section .other progbits alloc exec
        global  side
side:   nop
        ret
        section .text
main:   push    rbx
        mov     rdi, [pointer]
        call    puts wrt ..plt
        twice   side
        mov     edi, 41
        call    [helper wrt ..got]
%include "tail.inc"
        pop     rbx
        ret
.end:
        section .note.GNU-stack noalloc noexec nowrite progbits
`;

describe.skipIf(!installed('gcc', 'ld', 'readelf', 'gdb'))('an elf64 object', () => {
  it('links beside an object of GCC and runs', () => {
    object('main64', program, { format: 'elf64', debug: true, directory: folder });
    writeFileSync(join(folder, 'helper.c'), 'int helper(int x) { return x + 1; }\n');
    expect(run('gcc', '-c', '-g', 'helper.c')).toEqual({ output: '', status: 0 });
    expect(run('gcc', '-o', 'main64', 'main64.o', 'helper.o')).toEqual({ output: '', status: 0 });
    expect(run('./main64')).toEqual({ output: 'from the assembler\n', status: 43 });
  });

  it('has nothing that readelf complains about', () => {
    expect(run('readelf', '-aW', '--debug-dump', 'main64.o').output).not.toMatch(/warning|error/i);
    const lines = run('readelf', '--debug-dump=decodedline', 'main64.o').output;
    expect(lines).toMatch(/main64\.asm\s+16\s+0\s/);
    expect(lines).toMatch(/tail\.inc\s+2\s+0x2[0-9a-f]\s/);
  });

  it('shows its lines in gdb: of the call of a macro, and of an included file', () => {
    writeFileSync(
      join(folder, 'script.gdb'),
      'break side\nrun\nup\nbreak tail.inc:2\ndelete 1\ncontinue\ninfo line *main\n',
    );
    const { output } = run('gdb', '-q', '-batch', '-x', 'script.gdb', 'main64');
    expect(output).toMatch(/#1 .* main \(\) at .*main64\.asm:19/);
    expect(output).toMatch(/19\t +twice +side/);
    expect(output).toContain('2\t        inc eax ; in the included file');
    expect(output).toMatch(/Line 16 of ".*main64.asm" starts at address 0x[0-9a-f]+ <main>/);
  });
});

describe.skipIf(!installed('gcc', 'ld', 'readelf', 'gdb'))('an elf32 object', () => {
  const source = `        global  _start
        extern  number
        section .text
_start: mov     ebx, [number]
        add     ebx, [two]
        cmp     dword [table + 4], _start
        jne     .bad
        mov     eax, 1
        int     80h
.bad:   xor     ebx, ebx
        mov     eax, 1
        int     80h
        section .data
two:    dd      2
table:  dd      two, _start
`;

  it('is linked by GNU ld with the addends in their places', () => {
    object('start32', source, { format: 'elf32', debug: true });
    object('number32', 'global number\nsection .data\ndb 0, 0, 0\nnumber: dd 40\n', { format: 'elf32' });
    expect(run('ld', '-m', 'elf_i386', '-o', 'start32', 'start32.o', 'number32.o')).toEqual({ output: '', status: 0 });
    const { output } = run('objdump', '-d', '-M', 'intel', 'start32');
    const text = (address: string): number => Number.parseInt(address, 16);
    const number = text(/mov +ebx,DWORD PTR ds:0x([0-9a-f]+)/.exec(output)![1]!);
    const two = text(/add +ebx,DWORD PTR ds:0x([0-9a-f]+)/.exec(output)![1]!);
    const symbols = run('nm', 'start32').output;
    expect(number).toBe(text(/([0-9a-f]+) D number/.exec(symbols)![1]!));
    expect(two).toBe(text(/([0-9a-f]+) d two/.exec(symbols)![1]!));
  });

  it('has nothing that readelf complains about', () => {
    expect(run('readelf', '-aW', '--debug-dump', 'start32.o').output).not.toMatch(/warning|error/i);
  });
});
