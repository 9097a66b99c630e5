/** The macro packages that `%use` brings in, by name: what NASM's manual promises of them, written for this assembler. */

const altreg = `
%define r0 rax
%define r1 rcx
%define r2 rdx
%define r3 rbx
%define r4 rsp
%define r5 rbp
%define r6 rsi
%define r7 rdi
%define r0d eax
%define r1d ecx
%define r2d edx
%define r3d ebx
%define r4d esp
%define r5d ebp
%define r6d esi
%define r7d edi
%define r0w ax
%define r1w cx
%define r2w dx
%define r3w bx
%define r4w sp
%define r5w bp
%define r6w si
%define r7w di
%define r0b al
%define r1b cl
%define r2b dl
%define r3b bl
%define r4b spl
%define r5b bpl
%define r6b sil
%define r7b dil
%define r0h ah
%define r1h ch
%define r2h dh
%define r3h bh
%define r0l al
%define r1l cl
%define r2l dl
%define r3l bl
%define r4l spl
%define r5l bpl
%define r6l sil
%define r7l dil
%define r8l r8b
%define r9l r9b
%define r10l r10b
%define r11l r11b
%define r12l r12b
%define r13l r13b
%define r14l r14b
%define r15l r15b
`;

const ifunc = `
%imacro __ilog2_names 0.nolist
%endmacro
%idefine ilog2(x) __?ilog2e?__ (x)
%idefine ilog2e(x) __?ilog2e?__ (x)
%idefine ilog2w(x) __?ilog2w?__ (x)
%idefine ilog2f(x) __?ilog2f?__ (x)
%idefine ilog2c(x) __?ilog2c?__ (x)
`;

const fp = `
%idefine Inf __?Infinity?__
%idefine NaN __?QNaN?__
%idefine QNaN __?QNaN?__
%idefine SNaN __?SNaN?__
%idefine float8(x) __?float8?__(x)
%idefine float16(x) __?float16?__(x)
%idefine bfloat16(x) __?bfloat16?__(x)
%idefine float32(x) __?float32?__(x)
%idefine float64(x) __?float64?__(x)
%idefine float80m(x) __?float80m?__(x)
%idefine float80e(x) __?float80e?__(x)
%idefine float128l(x) __?float128l?__(x)
%idefine float128h(x) __?float128h?__(x)
`;

const packages = new Map<string, string>([
  ['altreg', altreg],
  ['ifunc', ifunc],
  ['fp', fp],
]);

/** The text of a package; undefined where there is none of that name (in any case). */
export function packageNamed(name: string): string | undefined {
  return packages.get(name.toLowerCase());
}

export const packageNames: readonly string[] = [...packages.keys()];
