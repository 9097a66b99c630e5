/** Wrong sources, as users write them: what is said of them here is what nasm says, at the same lines. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installed } from '../test/installed';
import { assemble } from './assemble';

/** What is wrong, and a source with it; assembled to ELF where the name ends in ELF. */
const sources: [string, string][] = [
  ['undefined symbol', 'bits 32\nmov eax, foo\n'],
  ['undefined local', 'bits 32\na:\n jmp .x\n'],
  ['undefined twice', 'bits 32\nmov eax, foo\nmov eax, foo\ndd foo\n'],
  ['instruction expected', 'bits 32\n123\n'],
  ['instruction expected after label', 'a: 5\n'],
  ['instruction expected punctuation', ' , mov ax, 1\n'],
  ['unknown word', '  movzxx eax, bl\n'],
  ['unknown word operand', '  floop 5\n'],
  ['invalid combination', 'mov 1, ax\n'],
  ['invalid combination none', 'mov\n'],
  ['invalid combination three', 'add ax, bx, cx\n'],
  ['invalid combination control', 'bits 32\nmov cr0, 1\n'],
  ['invalid combination xmm', 'bits 32\naddps eax, ebx\n'],
  ['invalid combination two memory', 'bits 32\nmov [eax], [ebx]\n'],
  ['label redefined', 'a: nop\na: nop\n'],
  ['label redefined equ', 'a equ 1\na equ 2\n'],
  ['label redefined local', 'a:\n.b: nop\n.b: nop\n'],
  ['label redefined label equ', 'a: nop\na equ 4\n'],
  ['expression syntax', 'db 1 +\n'],
  ['expression syntax middle', 'db (1 + * 2)\n'],
  ['expression unclosed', 'mov ax, (1 + 2\n'],
  ['expression in brackets', 'mov ax, [bx +]\n'],
  ['comma expected', 'mov ax 1\n'],
  ['comma expected after operand', 'mov ax, bx cx\n'],
  ['end of line expected', 'resb 1 2\n'],
  ['size missing', 'bits 32\nmov [eax], 1\n'],
  ['size missing inc', 'inc [bx]\n'],
  ['size missing push', 'bits 32\npush [eax]\ncall [eax]\nmul [eax]\n'],
  ['size mismatch', 'bits 32\nmov eax, bx\n'],
  ['size mismatch memory', 'mov ax, byte [bx]\n'],
  ['size mismatch movzx', 'bits 32\nmovzx eax, [ebx]\n'],
  ['size mismatch imm', 'mov al, word 1\n'],
  ['unterminated string', "db 'abc\n"],
  ['unterminated string dq', 'db "abc\nnop\nfoo 1\n'],
  ['unterminated back', 'db `abc\n'],
  ['else without if', '%else\n'],
  ['elif without if', '%elif 1\n'],
  ['endif without if', '%endif\n'],
  ['else twice', '%if 0\n%else\n%else\n%endif\n'],
  ['elif after else', '%if 0\n%else\n%elif 1\n%endif\n'],
  ['endmacro without macro', '%endmacro\n'],
  ['endrep without rep', '%endrep\n'],
  ['exitrep outside', '%exitrep\n'],
  ['exitmacro outside', '%exitmacro\n'],
  ['macro redefined', '%macro m 1\n%endmacro\n%macro m 1\n%endmacro\n'],
  ['macro no name', '%macro\n%endmacro\n'],
  ['macro no count', '%macro m\n%endmacro\n'],
  ['macro range bad', '%macro m 3-1\n%endmacro\n'],
  ['macro parameter count', '%macro m 2\n db %1,%2\n%endmacro\nm 1\n'],
  ['macro parameter count many', '%macro m 2\n db %1,%2\n%endmacro\nm 1,2,3\n'],
  ['macro no parameter', '%macro m 1\n db 1 %1\n%endmacro\nm\n'],
  ['division by zero', 'db 1/0\n'],
  ['modulo by zero', 'db 1 % 0\ndb 1 // 0\ndb 1 %% 0\n'],
  ['division by zero equ', 'a equ 5/0\n'],
  ['division by zero if', '%if 1/0\n%endif\n'],
  ['division by nonconstant', 'x: db 1/x\n'],
  ['nonconstant resb', 'resb x\nx: nop\n'],
  ['nonconstant times', 'times x nop\nx:\n'],
  ['nonconstant equ', 'a equ b\nb: nop\n db c\nc equ d\n'],
  ['nonconstant if', '%if foo\n%endif\n'],
  ['nonconstant if reg', '%if ax\n%endif\n'],
  ['nonconstant rep', '%rep foo\n%endrep\n'],
  ['rep negative', '%rep -1\nnop\n%endrep\n'],
  ['times negative', 'times -1 nop\n'],
  ['times negative fill', 'nop\ntimes 0-($-$$) db 0\n'],
  ['times no count', 'times\n'],
  ['times noinsn', 'times 5\n'],
  ['invalid ea', 'bits 32\nmov eax, [eax*3+ebx*2]\n'],
  ['invalid ea three', 'bits 32\nmov eax, [eax+ebx+ecx]\n'],
  ['invalid ea esp', 'bits 32\nmov eax, [eax+esp*2]\n'],
  ['invalid ea 16', 'mov ax, [ax]\n'],
  ['invalid ea 16 mix', 'mov ax, [bx+bp]\n'],
  ['invalid ea segment', 'bits 32\nmov eax, [ds]\n'],
  ['invalid ea times', 'bits 32\nmov eax, [eax*ebx]\n'],
  ['invalid ea minus', 'bits 32\nmov eax, [5-eax]\n'],
  ['ea two segments', 'bits 32\nmov eax, [ds:es:eax]\n'],
  ['not in 64', 'bits 64\npush eax\npusha\naaa\n'],
  ['high byte with rex', 'bits 64\nmov ah, r8b\n'],
  ['byte out of bounds', 'db 256\ndb -129\ndw 65536\ndd 0x1ffffffff\n'],
  ['byte imm bounds', 'mov al, 256\nmov ax, 65536\nadd ax, byte 200\npush byte 300\n'],
  ['error directive', '%error something is wrong\n'],
  ['fatal directive', '%fatal all is lost\nnop\nfoo 1\n'],
  ['warning directive', '%warning mind this\n'],
  ['error in macro', '%macro m 0\n%error from m\n%endmacro\nm\n'],
  ['user if error', '%ifndef X\n%error "X is not defined"\n%endif\nmov 1,1\n'],
  ['include no name', '%include\n'],
  ['use unknown', '%use nosuch\n'],
  ['unknown directive', '[foo 1]\n'],
  ['bits bad', 'bits 17\n'],
  ['org missing', 'org\n'],
  ['org in elf', 'org 5\n'],
  ['section bad', 'section .a foo=1\n'],
  ['extern bin use', 'extern foo\nmov ax, foo\n'],
  ['global no name', 'global\n'],
  ['global number', 'global 5\n'],
  ['equ without label', 'equ 5\n'],
  ['equ no value', 'a equ\n'],
  ['define no name', '%define\n'],
  ['define number', '%define 5 6\n'],
  ['undef none', '%undef\n'],
  ['assign non constant', '%assign a foo\n'],
  ['assign none', '%assign a\n'],
  ['unknown pp', '%foo bar\n'],
  ['iffoo', '%iffoo bar\n%endif\n'],
  ['pop without push', '%pop\n'],
  ['pop wrong', '%push a\n%pop b\n'],
  ['context local outside', '%$a: nop\n'],
  ['strlen no string', '%strlen a 5\n'],
  ['substr bad', '%substr a 5 1\n'],
  ['rotate outside', '%rotate 1\n'],
  ['arg outside macro', 'db %1\n'],
  ['local label outside', '%%a: nop\n'],
  ['data none', 'db\n'],
  ['number bad', 'mov ax, 0x\nmov ax, 12abc\nmov ax, 0b12\n'],
  ['char bad', 'mov ax, ?\nmov ax, 5 ? 6\n'],
  ['lock on nonlockable', 'lock mov ax, bx\n'],
  ['prefix conflict', 'bits 32\nrep repne movsb\n'],
  ['far in 64', 'bits 64\njmp 5:6\n'],
  ['reg minus', 'x equ ax\n'],
  ['istruc bad', 'istruc a\niend\n'],
  ['nobits data', 'section .bss\ndb 5\n'],
  ['label orphan', 'foo\nbar\n'],
  ['align bad', 'align 3\n'],
  ['section attr elf', 'section .foo bar\n'],
  ['seg in bin', 'mov ax, seg x\nx: nop\n'],
  ['wrt', 'mov ax, x wrt y\nx: nop\ny: nop\n'],
  ['strict bad', 'mov ax, strict\n'],
  ['empty arg', '%macro m 1\n db 1\n%endmacro\nm ,\n'],
  ['error after include', '%line 10+1 other.asm\nmov 1,1\n'],
  ['ifidn bad', '%ifidn a\n%endif\n'],
  ['deftok', '%deftok a 5\n'],
  ['depend', '%depend\n'],
  ['arg no stack', '%arg\n'],
  ['push no name', '%pop\n%repl a\n'],
  ['imul mem', 'bits 32\nimul eax, 5, ebx\nshl eax, bl\nxchg [eax],[ebx]\nlea eax, ebx\n'],
  ['mixed reg sizes', 'bits 64\nadd rax, ebx\nmov al, bx\nmovsx eax, rbx\nmovzx ax, ebx\n'],
];

/** Both refuse, but in other places or with more words, each for the reason given. */
const other: [string, string, string][] = [
  ['what is open at the end is shown where it begins', '%if 1\nnop\n', "expected `%endif' before end of file"],
  ['what is open inside, too', '%ifdef a\n%if 1\n%endif\n', "expected `%endif' before end of file"],
  ['a macro without its end', '%macro m 0\nnop\n', "end of file while still defining macro `m'"],
  ['a repetition without its end', '%rep 3\nnop\n', 'end of file while still in %rep'],
  ['of a line that goes on, the part is shown', 'mov ax, \\\n foo\n', "symbol `foo' not defined"],
  [
    'errors of later passes are said at once',
    'bits 32\nmov eax, foo\nmov 1, 2\nbar baz\n',
    'parser: instruction expected',
  ],
  ['nasm adds a second error', 'bits 32\nmov eax, [ebx+cx]\n', 'impossible combination of address sizes'],
  ['nasm warns of the byte, too', 'bits 32\njmp short x\ntimes 200 nop\nx:\n', 'short jump is out of range'],
  ['errors stand side by side', 'bits 32\nmov rax, 1\nmov r8d, 1\n', 'invalid operands in non-64-bit mode'],
];

const folder = mkdtempSync(join(tmpdir(), 'ringside-diagnostics-'));
afterAll(() => rmSync(folder, { recursive: true }));

function saidByNasm(source: string, format: string): string[] {
  writeFileSync(join(folder, 'a.asm'), source);
  const args = ['-f', format, 'a.asm', '-o', 'a.out'];
  const { stderr } = spawnSync('nasm', args, { cwd: folder, encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => /: (error|warning|fatal): /.test(line));
  return [...new Set(lines.map((line) => line.replace(': fatal: ', ': error: ')))].sort();
}

function saidHere(source: string, format: 'bin' | 'elf64'): string[] {
  const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };
  const { diagnostics } = assemble('a.asm', source, { format }, noFiles);
  const lines = diagnostics
    .filter(({ severity }) => severity !== 'note')
    .map(({ range, severity, message, code }) => {
      const suffix = code ? ` [-w+${severity === 'error' ? 'error=' : ''}${code}]` : '';
      return `${range.file}:${range.line + 1}: ${severity}: ${message}${suffix}`;
    });
  return [...new Set(lines)].sort();
}

describe.skipIf(!installed('nasm'))('a wrong source', () => {
  it.each(sources)('%s: is said to be wrong as by nasm', (name, source) => {
    const format = / elf$/.test(name) ? 'elf64' : 'bin';
    const theirs = saidByNasm(source, format);
    expect(theirs.length).toBeGreaterThan(0);
    expect(saidHere(source, format)).toEqual(theirs);
  });

  it.each(other)('%s: both have the message', (_, source, message) => {
    expect(saidByNasm(source, 'bin').join()).toContain(message);
    expect(saidHere(source, 'bin').join()).toContain(message);
  });
});
