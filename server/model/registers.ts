/** What registers are for, in words, beside the facts in isa/registers. */

import { type Register, registerName } from '../../isa/registers';

/** What convention, or the instructions that use it implicitly, make of each general register (SDM 1 3.4.1). */
const GENERAL = [
  'accumulator: operand of many short encodings, result of MUL and DIV, port data',
  'counter: shifts and rotates, LOOP, REP; MSR number for RDMSR and WRMSR',
  'data: upper half of MUL and DIV operands, port number for IN and OUT',
  'base: pointer to data; kept across calls by convention',
  'stack pointer',
  'frame pointer by convention; addresses the stack segment by default',
  'source of string instructions',
  'destination of string instructions, in ES',
];

const SEGMENT = [
  'extra segment: destination of string instructions',
  'code segment: its descriptor decides between 16, 32 and 64-bit code, its low two bits are the CPL',
  'stack segment',
  'data segment: default for memory operands',
  'data segment whose base counts also in 64-bit mode (IA32_FS_BASE)',
  'data segment whose base counts also in 64-bit mode (IA32_GS_BASE, SWAPGS)',
];

const CONTROL: Readonly<Record<number, string>> = {
  0: 'modes of the processor: protection, paging, caches, x87',
  2: 'linear address of the last page fault',
  3: 'physical address of the top page table, how it is cached, and the PCID',
  4: 'features that the operating system turns on',
  8: 'task priority: bits 7:4 of the local APIC TPR',
};

const DEBUG: Readonly<Record<number, string>> = {
  0: 'linear address of breakpoint 0',
  1: 'linear address of breakpoint 1',
  2: 'linear address of breakpoint 2',
  3: 'linear address of breakpoint 3',
  4: 'another name of DR6 unless CR4.DE is set',
  5: 'another name of DR7 unless CR4.DE is set',
  6: 'debug status: which condition caused the last #DB',
  7: 'debug control: enables, conditions and lengths of the breakpoints',
};

const BITS: Readonly<Record<string, string>> = {
  gpr8: 'bits 7:0',
  gpr8high: 'bits 15:8',
  gpr16: 'bits 15:0',
  gpr32: 'bits 31:0',
};

/** Whether the register exists only in 64-bit mode. */
export function only64(register: Register): boolean {
  return register.file === 'gpr64' || register.needsRex;
}

/** One phrase: what the register is. */
export function describeRegister({ file, index }: Register): string {
  switch (file) {
    case 'gpr8':
    case 'gpr8high':
    case 'gpr16':
    case 'gpr32':
    case 'gpr64': {
      const use = GENERAL[index] ?? 'general register of 64-bit mode';
      if (file === 'gpr64') return use;
      const clears = file === 'gpr32' ? '; in 64-bit mode a write clears bits 63:32' : '';
      return `${BITS[file]} of ${registerName('gpr64', index).toUpperCase()}; ${use}${clears}`;
    }
    case 'segment':
      return SEGMENT[index] ?? 'segment register';
    case 'control':
      return CONTROL[index] ?? 'reserved control register: using it raises #UD';
    case 'debug':
      return DEBUG[index] ?? 'reserved debug register: using it raises #UD';
    case 'test':
      return 'test register of the 386 and 486; later processors raise #UD';
    case 'st':
      return index === 0 ? 'top of the x87 register stack' : `x87 register, ${index} below the top of the stack`;
    case 'mm':
      return 'MMX register: the low 64 bits of an x87 register';
    case 'xmm':
      return 'SSE register of 128 bits';
    case 'ymm':
      return `AVX register of 256 bits; the lower half is XMM${index}`;
  }
}
