/**
 * The table's facts beside the host processor: which flags each user-mode form reads, writes and leaves alone, and that what
 * it calls privileged is refused in ring 3. Linux on x86-64 with a C compiler only; what the processor does not have is left out.
 */
import { arch } from 'node:os';
import { describe, expect, it } from 'vitest';

import { buildHarness } from '../../test/host/host';
import { instanceOf, USER_FLAGS } from '../../test/host/instances';
import { Random } from '../../test/host/random';
import { type HostResult, runCases, type TestCase } from '../../test/host/single-cases';
import { type Form, Mode } from '../form';
import { allForms } from '../table';

const program = arch() === 'x64' ? buildHarness() : undefined;

const SIGILL = 4;
const SIGSEGV = 11;
const flagBits = [
  ['CF', 0x1],
  ['PF', 0x4],
  ['AF', 0x10],
  ['ZF', 0x40],
  ['SF', 0x80],
  ['DF', 0x400],
  ['OF', 0x800],
] as const;
const namesOf = (mask: number): string[] => flagBits.filter(([, bit]) => mask & bit).map(([name]) => name);

/** Each case is run as it is, with each flag inverted, and with all inverted. */
const VARIANTS = flagBits.length + 2;
const ROUNDS = 8;
/** Of those that read flags: in some combinations only (NBE: CF matters where ZF is clear). */
const MORE_ROUNDS = 48;

/**
 * Left out: what leaves the harness (far branches, RET, INT, system calls, aborted transactions), ENTER of large frames, POPF,
 * of which TF would trap, WRFSBASE, which would move the C library's thread, and what never gives the same result twice.
 */
const excluded =
  /^(call|jmp|ret.*|enter|iret.*|int.*|hlt|ud\d.*|popf.*|sys.*|xbegin|xabort|xrstor.*|wr[fg]sbase|vmcall|vmgexit|vmmcall|rd(tsc|tscp|rand|seed|pid|pru)|cpuid)$/;

const candidates = allForms().filter((form) => (form.modes & Mode.Bits64) !== 0 && !excluded.test(form.mnemonic));

function variantsOf(test: TestCase): TestCase[] {
  const masks = [0, ...flagBits.map(([, bit]) => bit), USER_FLAGS];
  return masks.map((mask) => ({ ...test, flags: test.flags ^ mask }));
}

interface Observation {
  form: Form;
  ran: number;
  signals: Set<number>;
  /** Flags that came out otherwise than they went in. */
  changed: number;
  /** Flags that came out the same whichever way they went in. */
  determined: number;
  /** Flags on which something else depends. */
  read: number;
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** What one case shows, by its variants. */
function observe(it: Observation, cases: readonly TestCase[], results: readonly HostResult[]): void {
  for (const { signal } of results) it.signals.add(signal);
  if (results.some(({ signal }) => signal !== 0)) return;
  it.ran++;
  const [plain] = results;
  // The host's upper halves of YMM registers are not set up, so that only flags can be compared.
  const wide = it.form.operands.some((kind) => kind.startsWith('ymm'));
  for (const at of [0, VARIANTS - 1]) it.changed |= (results[at].flags ^ cases[at].flags) & USER_FLAGS;
  flagBits.forEach(([, bit], k) => {
    const other = results[k + 1];
    const difference = plain.flags ^ other.flags;
    if ((difference & bit) === 0) it.determined |= bit;
    // CMC: the flag comes out inverted.
    else if ((plain.flags ^ cases[0].flags) & bit) it.read |= bit;
    const rest = difference & USER_FLAGS & ~it.form.instruction.flagsUndefined & ~bit;
    const alike =
      plain.gpr.every((value, i) => value === other.gpr[i]) &&
      equalBytes(plain.memory, other.memory) &&
      (wide || equalBytes(plain.fx, other.fx));
    if (rest !== 0 || !alike) it.read |= bit;
  });
}

function observeAll(harness: string): Observation[] {
  const random = new Random(11);
  const observations: Observation[] = [];
  let batch: TestCase[] = [];
  let owners: Observation[] = [];
  const flush = (): void => {
    const results = runCases(harness, batch);
    owners.forEach((owner, i) => {
      const at = i * VARIANTS;
      observe(owner, batch.slice(at, at + VARIANTS), results.slice(at, at + VARIANTS));
    });
    batch = [];
    owners = [];
  };
  for (const form of candidates) {
    const observation: Observation = { form, ran: 0, signals: new Set(), changed: 0, determined: 0, read: 0 };
    // Vectors have no flags to speak of.
    const plain = /^(SSE|AVX|MMX|FMA)/.test(form.feature) && form.instruction.flagsWritten === 0;
    const rounds = plain ? 2 : form.instruction.flagsRead !== 0 ? MORE_ROUNDS : ROUNDS;
    let made = 0;
    for (let i = 0; i < 3 * rounds && made < rounds; i++) {
      const test = instanceOf(form, random);
      if (test === undefined) continue;
      made++;
      batch.push(...variantsOf(test));
      owners.push(observation);
    }
    if (made > 0) observations.push(observation);
    if (batch.length > 4000) flush();
  }
  flush();
  return observations;
}

describe.skipIf(program === undefined)('beside the host processor', () => {
  const observations = program === undefined ? [] : observeAll(program);
  const ran = observations.filter((it) => it.ran > 0);
  const list = (test: (it: Observation) => string[]): string[] =>
    ran.flatMap((it) => {
      const found = test(it);
      return found.length === 0 ? [] : [`${it.form.mnemonic} ${it.form.operands}: ${found.join(' ')}`];
    });

  it('most forms of 64-bit mode run', () => {
    expect(ran.length).toBeGreaterThan(1200);
  });

  it('no flag changes that a row does not name', () => {
    expect(
      list(({ form: { instruction }, changed }) =>
        namesOf(changed & ~(instruction.flagsWritten | instruction.flagsUndefined)),
      ),
    ).toEqual([]);
  });

  it('every flag that a row calls written is', () => {
    // Few rounds are made of vector forms, and CLD and its like change nothing where the flag was so already.
    expect(
      list(({ form: { instruction }, changed, determined }) =>
        namesOf(instruction.flagsWritten & USER_FLAGS & ~instruction.flagsUndefined & ~changed & ~determined),
      ),
    ).toEqual([]);
  });

  it('no flag is both written and undefined', () => {
    expect(list(({ form: { instruction } }) => namesOf(instruction.flagsWritten & instruction.flagsUndefined))).toEqual(
      [],
    );
  });

  it('results depend on those flags that a row calls read, and on no other', () => {
    expect(list(({ form: { instruction }, read }) => namesOf(read & ~instruction.flagsRead))).toEqual([]);
    expect(list(({ form: { instruction }, read }) => namesOf(instruction.flagsRead & USER_FLAGS & ~read))).toEqual([]);
  });

  it('privileged instructions do not run in ring 3, others are not refused for their privilege', () => {
    const privileged = observations.filter((it) => it.form.instruction.privilege !== 3);
    expect(privileged.length).toBeGreaterThan(50);
    for (const { form, ran: times, signals } of privileged) {
      expect(times, form.mnemonic).toBe(0);
      // #UD where the processor lacks it, or where that is the fault in ring 3 (CLAC, VMX); else #GP.
      for (const signal of signals) expect([SIGILL, SIGSEGV], form.mnemonic).toContain(signal);
      if (form.instruction.privilege === 'iopl') expect([...signals], form.mnemonic).toEqual([SIGSEGV]);
    }
    const refused = observations.filter(
      ({ form: { instruction }, signals }) =>
        signals.has(SIGSEGV) && instruction.privilege === 3 && !/#GP/.test(instruction.exceptions.join()),
    );
    expect(refused.map((it) => it.form.mnemonic)).toEqual([]);
  });

  it('#UD comes only where a row has it', () => {
    const undefinedOnes = observations.filter(
      ({ form: { instruction }, signals }) => signals.has(SIGILL) && !instruction.exceptions.includes('#UD'),
    );
    expect(undefinedOnes.map((it) => `${it.form.mnemonic} ${it.form.operands}`)).toEqual([]);
  });
});
