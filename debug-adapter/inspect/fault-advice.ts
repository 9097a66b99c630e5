/** Where the manual has the checks that faults are found on, and what a person may do about them. */
import { exceptionOf } from '../../isa/exceptions';

interface Rule {
  /** Of the words that the check says. */
  readonly says: RegExp;
  /** Volume and section of the SDM. */
  readonly section: string;
  /** What to do next. */
  readonly advice: string;
}

const GATE = 'SDM 3A 6.11';
const STACK = 'SDM 3A 6.12.1, 6.14.2';

/** Checks of the delivery of an event; the first that fits counts. */
const RULES: readonly Rule[] = [
  {
    says: /is beyond the IDT limit/,
    section: 'SDM 3A 6.10',
    advice:
      'Load IDTR (LIDT) with a table that reaches this vector before anything can fault, and see that its limit is its size less 1. A limit of 0 means that no LIDT was done in this mode, or that its operand was read from elsewhere.',
  },
  {
    says: /^IDT entry .* has type/,
    section: `${GATE}, 6.14.1`,
    advice:
      'Fill this entry of the IDT: type 0xE (interrupt gate) or 0xF (trap gate). An entry of zeros was never written; another value often means that entries of 8 bytes stand in a table of 16-byte ones (64-bit mode), or that IDTR points elsewhere.',
  },
  {
    says: /^IDT entry .* gate DPL is below CPL/,
    section: 'SDM 3A 6.12.1.2',
    advice: 'Set the DPL of the gate to 3 if user code may use it by INT n, INT3 or INTO.',
  },
  {
    says: /^IDT entry .* is not present/,
    section: `${GATE}; 6.15, interrupt 11`,
    advice: 'Set bit 47 (P) of the entry once its handler exists.',
  },
  {
    says: /the gate has a null code selector/,
    section: 'SDM 3A 6.12.1, 6.15 interrupt 13',
    advice: 'Put the selector of the kernel’s code segment into bits 31:16 of the gate.',
  },
  {
    says: /is not 64-bit code/,
    section: 'SDM 3A 6.14.1',
    advice: 'In IA-32e mode every handler is 64-bit code: the descriptor that the gate names needs L = 1 and D = 0.',
  },
  {
    says: /in the gate is not code|in the gate: DPL|in the gate is not present/,
    section: 'SDM 3A 6.12.1, 3.4.5',
    advice:
      'Let the gate name a present code segment whose DPL is not above the level that is interrupted: the kernel’s, of DPL 0.',
  },
  {
    says: /beyond the (GDT|LDT) limit|is in the LDT and there is none/,
    section: 'SDM 3A 3.5.1, 2.4.1',
    advice:
      'Compare the selector with the limit in GDTR: the table is shorter than the selector says, or another table is loaded than the one meant.',
  },
  {
    says: /the gate's offset is not canonical|the gate's offset is beyond the code segment limit/,
    section: 'SDM 3A 6.12.1, 6.14.1',
    advice: 'See how the address of the handler is split into the gate: bits 15:0, 31:16 and, in IA-32e mode, 63:32.',
  },
  {
    says: /handler of an interrupt from virtual-8086 mode is not at level 0/,
    section: 'SDM 3B 20.3.1.1',
    advice: 'Let the gate name a code segment of DPL 0 that is not conforming.',
  },
  {
    says: /the stack pointer for the handler is not canonical/,
    section: `${STACK}, 6.14.5`,
    advice:
      'Write a canonical address into this slot (RSPn or ISTn) of the TSS, the end of a stack that is mapped. A slot that was never written, or a TSS descriptor with a wrong base, gives such values.',
  },
  {
    says: /the stack selector in the TSS is null|stack selector .* (RPL|is not writable|DPL|the segment is not present)/,
    section: STACK,
    advice:
      'Set SS0 of the TSS to the kernel’s data segment, writable and of DPL 0, before the first return to user mode.',
  },
  {
    says: /TSS offset .* is beyond the TSS limit/,
    section: 'SDM 3A 7.2.1, 7.7',
    advice: 'Load TR (LTR) with a TSS whose limit is 67h at least; a limit of 0 means that no LTR was done.',
  },
  {
    says: /the stack has no room for the interrupt frame/,
    section: `${STACK}; 6.15, interrupt 12`,
    advice: 'Set SS:ESP to the end of a stack with room for the frame. In real mode an SP below 6 wraps.',
  },
  {
    says: /TSS|task/,
    section: 'SDM 3A 7.2, 7.3',
    advice: 'See what the task gate names: a TSS in the GDT, present and available, with valid segments in it.',
  },
];

const rule = (text: string): Rule | undefined => RULES.find(({ says }) => says.test(text));

/** Section of the manual that has a check, by what it says; that of the exception where no rule fits. */
export function sectionOf(text: string, vector: number): string {
  return rule(text)?.section ?? (vector === 14 ? 'SDM 3A 4.7; 6.15, interrupt 14' : `SDM 3A 6.15, interrupt ${vector}`);
}

/** Whether there is a rule for a check of event delivery. */
export function isKnownCheck(text: string): boolean {
  return rule(text) !== undefined;
}

/** What to do about a failed delivery: empty where nothing is known. */
export function adviceOnCheck(text: string): string | undefined {
  return rule(text)?.advice;
}

/** What to do about the fault that came first, by what raised it. */
const FIRST: Readonly<Record<number, string>> = {
  0: 'See the divisor, and the upper half of the dividend: EDX:EAX (DX:AX) is divided, so EDX must be set too.',
  6: 'Is this meant to be code? If the bytes are data or zeros, control came here by a wrong jump, return or call: step back to see from where. If it is an instruction, the CPU is in another mode than it was assembled for, or does not have it.',
  7: 'Clear CR0.TS and CR0.EM before x87 and SSE instructions; SSE needs CR4.OSFXSR too.',
  10: 'See TR and the TSS.',
  11: 'Set the present bit of the descriptor, or load another selector.',
  12: 'See SS and the stack pointer: is the stack where it is meant to be?',
  13: 'See the operands of the instruction: the selector that it loads, the limit of its segment, a canonical address, an MSR or a control-register bit that exists, and the privilege level.',
  14: 'See the page tables for the address in CR2, and what the instruction meant to reach there. Step back to see where the address came from.',
  17: 'Align the operand, or clear CR0.AM or RFLAGS.AC.',
};

/** What to do about a fault itself, as against its delivery. */
export function adviceOnFault(vector: number, cause: string): string | undefined {
  return adviceOnCheck(cause) ?? FIRST[vector] ?? exceptionOf(vector)?.summary;
}
