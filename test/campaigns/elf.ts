/**
 * The campaign of objects: `npm run campaign -- elf`. Objects of the elf test cases say to readelf what nasm's say (sections,
 * symbols, relocations), it has no warning for them, and with -g neither; a 32-bit program links with GNU ld and runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemble } from '../../assembler/assemble';
import { assembleBoth, folderReader } from '../nasm';

const scratch = mkdtempSync(join(tmpdir(), 'ringside-elf-'));
const cases = 'assembler/test-cases';
let passed = 0;
let failed = 0;

function judge(name: string, good: boolean, detail = ''): void {
  if (good) passed++;
  else {
    failed++;
    console.log(`${name}: ${detail.slice(0, 500)}`);
  }
}

function run(command: string, ...args: string[]): { output: string; errors: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: scratch, encoding: 'utf8' });
  return { output: stdout, errors: stderr, status };
}

function object(name: string, bytes: Uint8Array): string {
  writeFileSync(join(scratch, name), bytes);
  return name;
}

function read(file: string): string {
  return run('readelf', '-W', '-r', '-s', '-S', '-h', file).output;
}

for (const file of readdirSync(cases).filter((name) => name.endsWith('.asm'))) {
  const given = /^; options: (.*)$/m.exec(readFileSync(join(cases, file), 'latin1'))?.[1]?.split(/\s+/) ?? [];
  const formats = given.includes('-f')
    ? [[]]
    : [
        ['-f', 'elf64'],
        ['-f', 'elf32'],
      ];
  for (const format of formats) {
    const args = [...format, ...given];
    if (args[args.indexOf('-f') + 1] === 'bin') continue;
    const { ours, nasm } = assembleBoth(cases, file, args, scratch);
    const name = `${file} ${args.join(' ')}`;
    if (nasm.status !== 0 || !nasm.output) {
      judge(name, ours.output === undefined, 'nasm refuses it');
      continue;
    }
    if (!ours.output) {
      judge(name, false, `refused: ${ours.diagnostics[0]?.message}`);
      continue;
    }
    if (args.includes('-g')) {
      const { errors } = run('readelf', '-a', '--debug-dump', object('debug.o', ours.output));
      judge(`${name}, read`, errors === '', errors);
      continue;
    }
    judge(`${name}, as nasm's`, read(object('a.o', ours.output)) === read(object('a.o', nasm.output)), 'differs');
    const mine = run('readelf', '-a', object('a.o', ours.output)).errors;
    const theirs = run('readelf', '-a', object('a.o', nasm.output)).errors;
    judge(`${name}, read`, mine === theirs, mine);
  }
}

const program = `        global  _start
        extern  message, length
        section .text
_start: mov     eax, 4
        mov     ebx, 1
        mov     ecx, message
        mov     edx, [length]
        int     0x80
        mov     eax, 1
        mov     ebx, [counter]
        add     ebx, 42
        int     0x80
        section .bss
counter: resd   1
`;
const data = `        global  message:data (message.end - message), length
        section .data
message: db     'thirty-two bits', 10
.end:
length: dd      message.end - message
`;
for (const [name, source] of Object.entries({ program, data })) {
  const result = assemble(`${name}.asm`, source, { format: 'elf32', debug: true }, folderReader(scratch));
  object(`${name}.o`, result.output ?? new Uint8Array());
}
const linked = run('ld', '-m', 'elf_i386', '-o', 'program', 'program.o', 'data.o');
judge('a 32-bit program links', linked.status === 0, linked.errors);
const ran = run('./program');
judge('a 32-bit program runs', ran.output === 'thirty-two bits\n' && ran.status === 42, JSON.stringify(ran));
const lines = run('gdb', '-batch', '-ex', 'info line _start', 'program');
judge('gdb shows its lines', /Line 4 of "program\.asm"/.test(lines.output), lines.output + lines.errors);

// Thread-local storage, weak and common symbols: what GCC's half says of them decides.
const linkage = readFileSync(join(cases, 'elf64-linkage.asm'), 'latin1');
object(
  'linkage.o',
  assemble('linkage.asm', linkage, { format: 'elf64' }, folderReader(scratch)).output ?? new Uint8Array(),
);
writeFileSync(
  join(scratch, 'main.c'),
  `#include <stdio.h>
extern __thread long counter;
extern char pool[64];
extern int small;
extern long twice(void);
extern int weakling(void), absent(void) __attribute__((weak));
extern long table[3];
char shared_buffer[16];
long helper(void) { return counter; }
int weakling(void) { return 8; }
int main(void) {
  *(int *)pool = 1000;
  long sum = twice();
  printf("%ld %ld %d %d %d %d\\n", sum, counter, weakling(), absent == 0, small, table[2] == (long)(shared_buffer + 8));
  return 0;
}
`,
);
const beside = run('gcc', '-o', 'linkage', 'main.c', 'linkage.o');
judge('thread-local, weak and common symbols link beside GCC', beside.status === 0, beside.errors);
const said = run('./linkage');
judge('and mean what GCC means', said.output === '42 42 8 1 0 1\n', JSON.stringify(said));

rmSync(scratch, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
