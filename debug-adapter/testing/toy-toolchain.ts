/**
 * A toolchain for tests: assembles, disassembles and runs toy programs. One instruction a line, `name:` before it is a
 * label, `;` a comment, `org N` the origin; `fail` is an error. Test code only.
 */
import type { AssembleResult, Diagnostic, LineEntry, SourceRange, SymbolInfo } from '../../assembler/api';
import type { Toolchain } from '../toolchain';
import { ToyProgram } from './toy-program';
import { readToyInstruction, type ToyOptions, ToyTarget } from './toy-target';

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

function write(program: ToyProgram, mnemonic: string, operands: string[]): void {
  const [first = '', second = ''] = operands;
  const register = REGISTERS.indexOf(first);
  const simple: Record<string, () => unknown> = {
    nop: program.nop,
    ret: program.ret,
    iretq: program.iret,
    hlt: program.hlt,
    sti: program.sti,
    cpuid: program.cpuid,
    ud2: program.ud2,
    'rep stosb': program.repStosb,
    inc: () => program.inc(register),
    dec: () => program.dec(register),
    push: () => program.push(register),
    pop: () => program.pop(register),
    mov: () => program.mov(register, Number(second)),
    out: () => program.out(Number(first)),
    int: () => program.int(Number(first)),
    call: () => program.call(first),
    jmp: () => program.jmp(first),
    jne: () => program.jne(first),
  };
  const emit = simple[mnemonic];
  if (!emit) throw new Error(`parser: instruction expected, found \`${mnemonic}\``);
  emit();
}

function assemble(file: string, source: string): AssembleResult {
  const text = source.split('\n').map((line) => line.replace(/;.*/, '').trim());
  const org = Number(/^org\s+(\S+)/m.exec(text.join('\n'))?.[1] ?? '0x1000');
  const program = new ToyProgram(org);
  const lines: LineEntry[] = [];
  const diagnostics: Diagnostic[] = [];
  const labels: [string, SourceRange][] = [];
  text.forEach((each, line) => {
    const range = { file, line, column: 0, endLine: line, endColumn: each.length };
    const [, label, rest = ''] = /^(?:([\w.]+):)?\s*(.*)$/.exec(each)!;
    if (label) {
      program.label(label);
      labels.push([label, range]);
    }
    if (rest === '' || rest.startsWith('org')) return;
    const [, mnemonic = '', operands = ''] = /^(rep \w+|\w+)\s*(.*)$/.exec(rest) ?? [];
    const before = program.size;
    try {
      write(
        program,
        mnemonic,
        operands.split(',').map((o) => o.trim()),
      );
    } catch (error) {
      diagnostics.push({ severity: 'error', message: (error as Error).message, range, chain: [] });
      return;
    }
    const address = org + before;
    const length = program.size - before;
    const place = { file, line, callFile: file, callLine: line };
    lines.push({ address, length, fileOffset: before, section: '.text', ...place, bits: 64, code: true });
  });
  const symbols = labels.map(([name, definition]): SymbolInfo => {
    const value = BigInt(program.address(name));
    return { name, kind: 'label', scope: 'local', value, certain: true, section: '.text', definition, references: [] };
  });
  const output = diagnostics.length === 0 ? { output: program.bytes() } : {};
  return { ...output, diagnostics, symbols, macros: [], lines, dependencies: [file], origin: org };
}

/** @param options by symbol name where a vector goes */
export function toyToolchain(
  options: Omit<ToyOptions, 'vectors'> & { vectors?: Record<number, string> } = {},
): Toolchain {
  let symbols: SymbolInfo[] = [];
  return {
    assemble: (file, source) => {
      const result = assemble(file, source);
      symbols = result.symbols;
      return result;
    },
    read: readToyInstruction,
    disassemble: (bytes, _address, _bits, _name) => readToyInstruction(bytes)?.form.mnemonic ?? '?',
    createTarget: (launch) => {
      const vectors = Object.entries(options.vectors ?? {}).map(([vector, name]) => {
        return [vector, symbols.find((s) => s.name === name)?.value ?? 0n] as const;
      });
      const { timer } = options;
      const toy = { ...(timer !== undefined && { timer }), vectors: Object.fromEntries(vectors) };
      return new ToyTarget(launch.program, launch.loadAddress ?? 0x1000, toy);
    },
  };
}
