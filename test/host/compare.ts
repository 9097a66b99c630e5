import { decode, isDecoded } from '../../isa/decoder';
import { semanticsOf } from '../../machine/cpu/semantics/table';
import { hostForms, MEMORY, makeCase, type TestCase } from './cases';
import { imageDifferences, imageText, usesFloatState } from './fx-image';
import { type HostResult, runOnHost } from './host';
import { OurProcessor, type OurResult } from './ours';
import { Random } from './random';

const STATUS = 0x8d5 | 0x400;
/** Linux signals and the exceptions behind them. */
const SIGNALS: Readonly<Record<number, readonly number[]>> = {
  4: [6],
  8: [0, 16, 19],
  11: [13, 14, 12],
  5: [1, 3],
  7: [17],
};

const OF = 0x800;
const CF = 1;

/** Flags that are undefined: what the instruction's row says, and OF of shifts and rotates by more than one bit. */
function undefinedFlags(test: TestCase): number {
  const { mnemonic, operands, instruction } = test.form;
  let mask = instruction.flagsUndefined;
  if (/^(sh|sa|ro|rc)/.test(mnemonic) && operands.at(-1) !== '1') mask |= OF;
  // SDM 2B SAL/SAR/SHL/SHR: CF is undefined where the count reaches the size; SHLD, SHRD: everything where it exceeds it
  if (/^sh[lr]$|^sal$/.test(mnemonic)) mask |= /8$|16$/.test(operands[0]) ? CF : 0;
  return mask;
}

/** What differs, in a line; empty if nothing does. */
function difference(test: TestCase, host: HostResult, ours: OurResult): string {
  const parts: string[] = [];
  const vector = host.signal === 0 ? [-1] : (SIGNALS[host.signal] ?? []);
  if (!vector.includes(ours.vector)) return `signal ${host.signal}, exception ${ours.vector}`;
  host.gpr.forEach((value, i) => {
    if (value !== ours.gpr[i]) parts.push(`r${i} ${value.toString(16)} not ${ours.gpr[i].toString(16)}`);
  });
  if (host.signal === 0) {
    const mask = STATUS & ~undefinedFlags(test);
    if (((host.flags ^ ours.flags) & mask) !== 0) {
      parts.push(`flags ${(host.flags & mask).toString(16)} not ${(ours.flags & mask).toString(16)}`);
    }
    if (ours.advance !== test.code.length) parts.push(`rip +${ours.advance} not +${test.code.length}`);
  }
  if (usesFloatState(test.form)) parts.push(...imageDifferences(host.fx, ours.fx, test));
  for (let i = 0; i < host.memory.length; i++) {
    if (host.memory[i] !== ours.memory[i]) {
      parts.push(`memory +${i}: ${host.memory[i].toString(16)} not ${ours.memory[i].toString(16)}`);
      break;
    }
  }
  return parts.join('; ');
}

const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ');

function inputs(test: TestCase): string {
  if (!usesFloatState(test.form)) return '';
  const decoded = decode(new Uint8Array([...test.code, 0, 0, 0, 0]), 0, 64);
  if (!isDecoded(decoded)) return '';
  const registers = decoded.operands.flatMap((it) =>
    it.kind === 'register' && /st|mm/.test(it.file) ? [it.index] : [],
  );
  const memory = decoded.operands.find((it) => it.kind === 'memory');
  let text = `, ${imageText(test, registers)}`;
  if (memory?.kind === 'memory') {
    const at = Number(test.gpr[6]) + memory.displacement - MEMORY;
    text += ` memory ${hex([...test.memory.subarray(at, at + 16)].reverse()).replaceAll(' ', '')}`;
  }
  return text;
}

export interface Comparison {
  cases: number;
  differences: string[];
}

/** Runs random cases of every form on the host and here, interpreted and translated. */
export function compareWithHost(program: string, casesPerForm: number, seed: number, only?: RegExp): Comparison {
  const random = new Random(seed);
  const ours = new OurProcessor();
  const result: Comparison = { cases: 0, differences: [] };
  let batch: TestCase[] = [];
  const flush = (): void => {
    const host = runOnHost(program, batch);
    batch.forEach((test, i) => {
      // what is written in TypeScript leaves a translated region
      const ways = semanticsOf(test.form) === undefined ? [false] : [false, true];
      for (const translated of ways) {
        result.cases++;
        const text = difference(test, host[i], ours.run(test, translated));
        if (text === '') continue;
        const how = translated ? 'translated' : 'interpreted';
        result.differences.push(
          `${test.form.mnemonic} ${test.form.operands.join(',')} [${hex(test.code)}] ${how}: ${text} (flags in ${test.flags.toString(16)}${inputs(test)})`,
        );
      }
    });
    batch = [];
  };
  for (const form of hostForms) {
    if (only && !only.test(form.mnemonic)) continue;
    for (let i = 0; i < casesPerForm; i++) {
      const test = makeCase(form, random);
      if (test) batch.push(test);
    }
    if (batch.length > 2000) flush();
  }
  flush();
  return result;
}
