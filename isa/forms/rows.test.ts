/** What every row of general-purpose and system instructions has to say, and lists of the manuals that it has to agree with. */
import { describe, expect, it } from 'vitest';
import { cpuidFeature } from '../cpuid';
import { exceptionNamed } from '../exceptions';
import type { Instruction } from '../form';
import { allForms, instructions } from '../table';
import { vmxControls } from '../vmx/controls';
import { vmcsFields } from '../vmx/fields';
import { arithmetic } from './arithmetic';
import { bits } from './bits';
import { controlTransfer } from './control-transfer';
import { dataMovement } from './data-movement';
import { flags } from './flags';
import { obsolete } from './obsolete';
import { strings } from './strings';
import { system } from './system';
import { virtualization } from './virtualization';

const families = [
  arithmetic,
  dataMovement,
  bits,
  controlTransfer,
  strings,
  flags,
  system,
  virtualization,
  obsolete,
].flat();
const names = new Set(families.map((source) => source.mnemonic));
/** Every instruction of the table once: MOV is six. */
const all: readonly Instruction[] = [...new Set(allForms().map((form) => form.instruction))];
const general = all.filter(({ mnemonic, summary }) =>
  families.some((source) => source.mnemonic === mnemonic && source.summary === summary),
);

const mnemonicsWith = (test: (instruction: Instruction) => boolean): string[] =>
  [...new Set(all.filter(test).map((instruction) => instruction.mnemonic))].sort();

const words = (text: string): string[] => text.trim().split(/\s+/).sort();

/** Opcodes, so that synonyms can be told from instructions that share a text. */
const opcodesOf = ({ forms: own }: Instruction): Set<string> =>
  new Set(
    own.map(({ opcode }) => `${opcode.space} ${opcode.map} ${opcode.byte} ${opcode.fixedModrm} ${opcode.digit & 7}`),
  );

describe('every general-purpose and system instruction', () => {
  it('is among the rows looked at', () => {
    expect(general.length).toBe(families.length);
    expect(names.size).toBeGreaterThan(350);
  });

  it('says in one sentence what it does', () => {
    for (const { mnemonic, summary } of general) {
      expect(summary, mnemonic).toMatch(/^(AMD: |VIA: |Cyrix[^:]*: )?[A-Za-z].*[a-zA-Z0-9)]\.$/);
      // A sentence, no paragraph; `e.g.` and the like do not occur.
      expect(summary.match(/\.( |$)/g), mnemonic).toHaveLength(1);
      expect(summary.length, mnemonic).toBeGreaterThan(12);
      expect(summary.length, mnemonic).toBeLessThan(170);
      expect(summary.toLowerCase(), mnemonic).not.toBe(`${mnemonic}.`);
    }
  });

  it('shares its sentence only with its synonyms and its sizes', () => {
    const bySummary = new Map<string, Instruction[]>();
    for (const instruction of general) {
      const list = bySummary.get(instruction.summary);
      if (list) list.push(instruction);
      else bySummary.set(instruction.summary, [instruction]);
    }
    for (const [summary, [first, ...others]] of bySummary) {
      // 0F 18 to 0F 1F are one block of the opcode map.
      if (first.mnemonic.startsWith('hint_nop')) continue;
      const opcodes = opcodesOf(first);
      for (const other of others)
        expect(
          [...opcodesOf(other)].some((opcode) => opcodes.has(opcode)),
          `${first.mnemonic} and ${other.mnemonic}: ${summary}`,
        ).toBe(true);
    }
  });

  it('names exceptions and CPUID features that exist', () => {
    // Generations of processors, and what has no CPUID bit.
    const generations = new Set(
      words('8086 186 286 386 486 PENTIUM P6 X86_64 OBSOLETE CYRIX PADLOCK EPT VPID MSR SVM MONITORX PREFETCHI'),
    );
    const unknown = new Set<string>();
    for (const { mnemonic, exceptions, forms: own } of general) {
      for (const exception of exceptions) expect(exceptionNamed(exception), mnemonic).toBeDefined();
      for (const { feature } of own) if (!generations.has(feature) && !cpuidFeature(feature)) unknown.add(feature);
    }
    expect([...unknown]).toEqual([]);
  });

  it('says #GP or #UD if it is privileged', () => {
    for (const { mnemonic, privilege, exceptions } of general)
      if (privilege !== 3) expect(exceptions.join(), mnemonic).toMatch(/#GP|#UD/);
  });
});

describe('Popek and Goldberg', () => {
  it('privileged instructions are those that trap outside their ring', () => {
    for (const { mnemonic, privilege, popekGoldberg } of all)
      expect(popekGoldberg === 'privileged', mnemonic).toBe(privilege !== 3);
  });

  it('the holes are the 17 instructions that Robin and Irvine found (USENIX Security 2000)', () => {
    // MOV, PUSH and POP of segment registers, far CALL, JMP and RET; names of sizes and IRET beside them.
    expect(mnemonicsWith(({ popekGoldberg }) => popekGoldberg === 'hole')).toEqual(
      words(`sgdt sidt sldt smsw pushf pushfw pushfd pushfq popf popfw popfd popfq lar lsl verr verw pop push call jmp int
        retf iret iretw iretd iretq str mov`),
    );
    const operandsOfHoles = (mnemonic: string): string[] =>
      all
        .filter((instruction) => instruction.mnemonic === mnemonic && instruction.popekGoldberg === 'hole')
        .flatMap((instruction) => instruction.forms.map((form) => form.operands.join()));
    for (const operands of ['mov', 'push', 'pop'].flatMap(operandsOfHoles))
      expect(operands).toMatch(/sreg|^[c-gs]s$|^es$/);
    for (const operands of ['call', 'jmp'].flatMap(operandsOfHoles)) expect(operands).toMatch(/^(ptr|m)16:/);
  });
});

describe('in VMX non-root operation', () => {
  it('those exit always that SDM 3C 25.1.2 lists, and RSM', () => {
    expect(mnemonicsWith(({ vmx }) => vmx === 'always')).toEqual(
      words(
        `cpuid getsec invd xsetbv invept invvpid vmcall vmclear vmlaunch vmptrld vmptrst vmresume vmxoff vmxon rsm`,
      ),
    );
  });

  it('those exit on conditions that SDM 3C 25.1.3 lists; VMFUNC, ENQCMD and SMSW depend on controls too', () => {
    expect(mnemonicsWith(({ vmx }) => typeof vmx === 'object')).toEqual(
      words(`clts encls enclv enqcmd enqcmds hlt in insb insw insd out outsb outsw outsd invlpg invpcid lgdt lidt lldt ltr
        sgdt sidt sldt str lmsw monitor mov mwait pause pconfig rdmsr rdmsrlist rdpmc rdrand rdseed rdtsc rdtscp smsw tpause
        umwait vmfunc vmread vmwrite wbinvd wbnoinvd wrmsr wrmsrlist wrmsrns xrstors xrstors64 xsaves xsaves64`),
    );
  });

  it('conditions are the names of controls or of VMCS fields', () => {
    const known = new Set([...vmxControls.map((control) => control.name), ...vmcsFields.map((field) => field.name)]);
    for (const { mnemonic, vmx } of all) {
      if (typeof vmx === 'string') continue;
      for (const name of vmx.control.split(', ')) expect(known, `${mnemonic}: ${name}`).toContain(name);
    }
  });

  it('a control that makes an instruction exit is named by it', () => {
    for (const { name, exits } of vmxControls) {
      for (const exit of exits ?? []) {
        const instruction = instructions.get(exit.toLowerCase());
        if (instruction === undefined || !name.endsWith(' exiting')) continue;
        expect(JSON.stringify(instruction.vmx), `${exit}: ${name}`).toContain(name);
      }
    }
  });
});
