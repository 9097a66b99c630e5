/**
 * V8's code cache for a bundle of the command: the bytecode of the functions that a run over a source of every kind has
 * compiled, so that later runs compile nothing. cli/launch.ts uses it where it suits (another version of V8 refuses it) and
 * does without where it does not.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the stamp comes: launch.ts compares the first 64 characters of the bundle with the cache's. */
const blank = '0'.repeat(60);

/** A bundle that is run through a script of its own is one function expression, behind a stamp. */
export const compiledBanner = `/*${blank}*/(function (exports, require, module, __filename, __dirname) {`;
export const compiledFooter = '})';

/** What makes the assembler compile its functions: some of everything. */
const source = `
        bits 64
        org 0x1000
        default rel
size    equ 16
%define FLAG(n) (1 << (n))
%assign count 3
%macro save 1-*
%rep %0
        push    %1
%rotate 1
%endrep
%endmacro
%macro check 2
        cmp     %1, %2
        jne     %%bad
%ifidn %1, rax
        xor     eax, eax
%else
        nop
%endif
%%bad:
%endmacro
start:  mov     eax, size
.loop:  mov     rbx, [rax + rcx*4 - 128]
        mov     [rsp + size], ecx
        mov     edx, [rsp + size]
.again: mov     rbx, [rax + rcx*4 - 128]
        add     dword [value], 5
        mov     rdx, [rel value]
        mov     rcx, [rel value]
        mov     rcx, [rbx + rsi*2]
; a comment
        mov     qword [rbx], FLAG(3) | 0x40
        movzx   eax, byte [rbx + 1]
        lea     rsi, [rdi + rax*2]
        shl     ecx, 3
        inc     r9
        not     r10b
        movdqu  xmm1, [rax]
        save    rax, rbx, r12
        check   rax, 5
        call    far_away
        jmp     .loop
        jz      far_away
        loop    .loop
        in      al, 0x60
        out     dx, al
        rep movsb
        ret
        times   200 nop
far_away:
%if size > count
        test    al, 1
%endif
        align   16
value:  dq      start, far_away, 5
text:   db      "text", 13, 10, 0
length  equ     $ - text
        resb    8
        times   10 dw 0x1234
`;

/** @param {string} bundle path of the bundle, which is given its stamp */
export async function writeCodeCache(bundle) {
  const text = readFileSync(bundle, 'latin1');
  const stamp = createHash('sha256').update(text).digest('hex').slice(0, 60);
  writeFileSync(bundle, text.replace(blank, stamp), 'latin1');
  const folder = mkdtempSync(join(tmpdir(), 'ringside-build-'));
  try {
    const input = join(folder, 'warm.asm');
    writeFileSync(input, source);
    const args = [join(dirname(bundle), 'cli.js'), 'asm', input, '-o', join(folder, 'warm.bin')];
    const env = { ...process.env, RINGSIDE_WRITE_CODE_CACHE: `${bundle}.cache` };
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`build: the code cache was not made: ${stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
