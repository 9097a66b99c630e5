import { SourceLine } from '../source/source-line';
import { T, Token } from '../source/token';
import { encodeUtf8 } from '../source/utf8';
import { numberToken, stringToken } from './expander';
import { definePreprocessorFunctions } from './functions';
import type { BodyLine } from './multi-line-macro';
import type { Preprocessor } from './preprocessor';
import { type ComputedBody, globalScope, SingleLineMacro } from './single-line-macro';

/** The user-level form of a directive that takes the rest of the line. */
const passOn = (name: string): string => `
%imacro ${name} 1+.nolist
[${name} %1]
%endmacro`;

/** The user-level form of a directive that takes one name at a time. */
const each = (name: string): string => `
%imacro ${name} 1-*.nolist
%rep %0
[${name} %1]
%rotate 1
%endrep
%endmacro`;

/** The user-level form of a directive that a later \`__?SECT?__\` repeats. */
const section = (name: string): string => `
%imacro ${name} 1+.nolist
%define __?SECT?__ [${name} %1]
__?SECT?__
%endmacro`;

const floatState = ['daz', 'nodaz']
  .map((v) => ['DAZ', v])
  .concat(['near', 'up', 'down', 'zero'].map((v) => ['ROUND', v]));

/** Macros every source has, whatever the output format. */
const standard = `
%define __?SECT?__
${['section', 'segment', 'absolute'].map(section).join('')}
%define __?SECTALIGN_ALIGN_UPDATES_SECTION?__ 1
%imacro sectalign 1+.nolist
%ifidni %1,on
%define __?SECTALIGN_ALIGN_UPDATES_SECTION?__ 1
%elifidni %1,off
%define __?SECTALIGN_ALIGN_UPDATES_SECTION?__ 0
%else
[sectalign %1]
%endif
%endmacro
%imacro struc 1-2.nolist 0
%push
%define %$strucname %1
[absolute %2]
%$strucname:
%endmacro
%imacro endstruc 0.nolist
%{$strucname}_size equ ($-%$strucname)
%pop
__?SECT?__
%endmacro
%imacro istruc 1.nolist
%push
%define %$strucname %1
%$strucstart:
%endmacro
%imacro at 1-2+.nolist
%defstr %$member %1
%substr %$dot %$member 1
%ifidn %$dot,'.'
times (%$strucname%1-%$strucname)-($-%$strucstart) db 0
%else
times (%1-%$strucname)-($-%$strucstart) db 0
%endif
%2
%endmacro
%imacro iend 0.nolist
times %{$strucname}_size-($-%$strucstart) db 0
%pop
%endmacro
%imacro align 1-2+.nolist nop
%if __?SECTALIGN_ALIGN_UPDATES_SECTION?__
sectalign %1
%endif
times (((%1) - (($-$$) % (%1))) % (%1)) %2
%endmacro
%imacro alignb 1-2+.nolist
%if __?SECTALIGN_ALIGN_UPDATES_SECTION?__
sectalign %1
%endif
%ifempty %2
[warning push]
[warning -zeroing]
resb (((%1) - (($-$$) % (%1))) % (%1))
[warning pop]
%else
times (((%1) - (($-$$) % (%1))) % (%1)) %2
%endif
%endmacro
${['bits', 'cpu', 'default'].map(passOn).join('')}
${[16, 32, 64].map((n) => `%imacro use${n} 0.nolist\n[bits ${n}]\n%endmacro\n`).join('')}
${['rel', 'abs', 'bnd', 'nobnd'].map((n) => `%imacro use${n} 0.nolist\n[default ${n}]\n%endmacro\n`).join('')}
${['extern', 'static', 'global', 'required', 'common'].map(each).join('')}
%define __?FLOAT_DAZ?__ nodaz
%define __?FLOAT_ROUND?__ near
%define __?FLOAT?__ __?FLOAT_DAZ?__,__?FLOAT_ROUND?__
%imacro float 1-*.nolist
%rep %0
[float %1]
%ifidni %1,default
%define __?FLOAT_DAZ?__ nodaz
%define __?FLOAT_ROUND?__ near
${floatState.map(([what, value]) => `%elifidni %1,${value}\n%define __?FLOAT_${what}?__ ${value}\n`).join('')}%endif
%rotate 1
%endrep
%endmacro
%imacro incbin 1-2+.nolist 0
%push
%pathsearch %$file %1
%depend %$file
%?? %$file,%2
%pop
%endmacro
%define __?NASM_MAJOR?__ 2
%define __?NASM_MINOR?__ 16
%define __?NASM_SUBMINOR?__ 1
%define __?NASM_PATCHLEVEL?__ 0
%define __?NASM_VERSION_ID?__ 002100100h
%define __?NASM_VER?__ "2.16.01"
`;

/** Names without question marks, as before NASM 2.15, for the names with them. */
const oldNames =
  'SECT FLOAT_DAZ FLOAT_ROUND FLOAT SECTALIGN_ALIGN_UPDATES_SECTION NASM_MAJOR NASM_MINOR NASM_SUBMINOR ' +
  'NASM_PATCHLEVEL NASM_SNAPSHOT NASM_VERSION_ID NASM_VER OUTPUT_FORMAT DEBUG_FORMAT DATE DATE_NUM TIME TIME_NUM ' +
  'UTC_DATE UTC_DATE_NUM UTC_TIME UTC_TIME_NUM POSIX_TIME FILE LINE BITS PTR PASS';

/** Functions and float names: these go by any case. */
const operators =
  'infinity nan qnan snan float8 float16 float32 float64 float80m float80e float128l float128h utf16 utf16le utf16be ' +
  'utf32 utf32le utf32be ilog2e ilog2w ilog2f ilog2c';

/** Macros that stand for others: the old names, and the operators by any case. */
export function defineAliases(pp: Preprocessor): void {
  const line = new SourceLine('', 0, '', undefined, true);
  const define = (name: string, caseSensitive: boolean, type: number, text: string, alias: boolean): void => {
    const named = type === T.Identifier ? pp.lexer.identifier(text) : undefined;
    const token = new Token(type, text, false, line, 0, 0, named, undefined, 0);
    addMacro(pp, new SingleLineMacro(name, caseSensitive, [], [token], alias, undefined));
  };
  for (const name of oldNames.split(' ')) define(`__${name}__`, true, T.Identifier, `__?${name}?__`, true);
  for (const name of operators.split(' ')) {
    define(`__?${name}?__`, false, T.MacroName, '%?', false);
    define(`__${name}__`, false, T.Identifier, `__?${name}?__`, true);
  }
}

function addMacro(pp: Preprocessor, macro: SingleLineMacro): void {
  const identifier = pp.lexer.identifier(macro.name);
  macro.next = globalScope.first(identifier);
  globalScope.replaceFirst(identifier, macro);
}

const formats: Readonly<Record<string, string>> = {
  bin: `%define __?SECT?__ [section .text]${passOn('org')}\n`,
  elf32: '%define __?SECT?__ [section .text]\n%imacro osabi 1+.nolist\n[osabi %1]\n%endmacro\n',
  elf64: '%define __?SECT?__ [section .text]\n%imacro osabi 1+.nolist\n[osabi %1]\n%endmacro\n',
};

/** The built-in macros as lines, with what depends on the output format and the time. */
export function builtinLines(pp: Preprocessor): BodyLine[] {
  const { host } = pp;
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = (d: Date, utc: boolean): string[] =>
    utc
      ? [String(d.getUTCFullYear()), two(d.getUTCMonth() + 1), two(d.getUTCDate())]
      : [String(d.getFullYear()), two(d.getMonth() + 1), two(d.getDate())];
  const clock = (d: Date, utc: boolean): string[] =>
    utc
      ? [two(d.getUTCHours()), two(d.getUTCMinutes()), two(d.getUTCSeconds())]
      : [two(d.getHours()), two(d.getMinutes()), two(d.getSeconds())];
  let text = `${standard}${formats[host.formatName] ?? ''}`;
  for (const [prefix, utc] of [
    ['', false],
    ['UTC_', true],
  ] as const) {
    const day = date(host.time, utc);
    const time = clock(host.time, utc);
    text += `%define __?${prefix}DATE?__ "${day.join('-')}"\n%define __?${prefix}DATE_NUM?__ ${day.join('')}\n`;
    text += `%define __?${prefix}TIME?__ "${time.join(':')}"\n%define __?${prefix}TIME_NUM?__ ${time.join('')}\n`;
  }
  text += `%define __?POSIX_TIME?__ ${Math.floor(host.time.getTime() / 1000)}\n`;
  text += `%define __?OUTPUT_FORMAT?__ ${host.formatName}\n`;
  if (host.debugFormat) text += `%define __?DEBUG_FORMAT?__ ${host.debugFormat}\n`;
  text += `%define __?PASS?__ ${host.passNumber}\n`;
  return pp.bodyLines(text);
}

/** Defines a macro whose text is made when it is used. */
export function defineComputed(pp: Preprocessor, name: string, compute: ComputedBody): void {
  addMacro(pp, new SingleLineMacro(name, true, [], [], false, compute));
}

export function defineComputedMacros(pp: Preprocessor): void {
  defineComputed(pp, '__?FILE?__', (call) => [stringToken(encodeUtf8(pp.reportedLine().file), call)]);
  defineComputed(pp, '__?LINE?__', (call) => [numberToken(pp.reportedLine().number + 1, call)]);
  defineComputed(pp, '__?BITS?__', (call) => [numberToken(pp.host.bits, call)]);
  defineComputed(pp, '__?PTR?__', (call) => {
    const word = pp.host.bits === 16 ? 'word' : pp.host.bits === 32 ? 'dword' : 'qword';
    return [
      new Token(
        T.Identifier,
        word,
        false,
        call.line,
        call.column,
        call.end,
        pp.lexer.identifier(word),
        call.expansion,
        0,
      ),
    ];
  });
  definePreprocessorFunctions(pp);
}
