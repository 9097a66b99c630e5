/** Compares our processor with the host's, case by case. */
import { decode, isDecoded } from '../../isa/decoder';
import { semanticsOf } from '../../machine/cpu/semantics/table';
import { difference, gprNames, newTally, type Tally } from './difference';
import { imageText } from './fx-image';
import { type Group, resultSize, runOnHost } from './host';
import { type Bits, hostForms, type Instance, makeInstance } from './instructions';
import { ResultField, STATE_SIZE, StateField, WINDOW } from './layout';
import { OurProcessor } from './ours';
import { Random } from './random';
import { StateWriter, stateSize } from './states';

const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(' ');

/** The state that a differing case began in, as far as it matters. */
function inputs(instance: Instance, state: Uint8Array): string {
  const view = new DataView(state.buffer, state.byteOffset);
  const decoded = decode(new Uint8Array([...instance.code, 0, 0, 0, 0]), 0, instance.bits);
  let text = `flags ${view.getUint32(StateField.rflags, true).toString(16)}`;
  for (let i = 0; i < (instance.bits === 64 ? 16 : 8); i++)
    text += ` ${gprNames[i]} ${view.getBigUint64(8 * i, true).toString(16)}`;
  if (!isDecoded(decoded)) return text;
  const registers = decoded.operands.flatMap((it) =>
    it.kind === 'register' && /st|mm/.test(it.file) ? [it.index] : [],
  );
  if (instance.float) text += `, ${imageText(state.subarray(STATE_SIZE), instance.form, registers)}`;
  const memory = decoded.operands.find((it) => it.kind === 'memory');
  if (memory?.kind === 'memory' && memory.base >= 0 && memory.base < 16 && memory.index < 0) {
    const at = Number(view.getBigUint64(8 * memory.base, true)) + memory.displacement - WINDOW;
    if (at >= 0 && at < 496)
      text += `, memory ${hex(
        state
          .subarray(StateField.memory + at, StateField.memory + at + 16)
          .slice()
          .reverse(),
      ).replaceAll(' ', '')}`;
  }
  return text;
}

export interface Comparison {
  /** Instructions in states: each was run on the host, and here on every tier that has it. */
  cases: number;
  /** Those of them run in 32-bit code. */
  cases32: number;
  /** Cases that ended in an exception of the instruction itself. */
  faults: number;
  /** Results compared: a case counts once for each tier. */
  comparisons: number;
  differences: string[];
  forms: Set<number>;
  /** What differed and is not compared. */
  tally: Tally;
}

export interface Plan {
  /** Random encodings of each form in each mode. */
  instances: number;
  /** States that each is run in. */
  states: number;
  seed: number;
  only?: RegExp;
  /** Takes every `of`-th form, beginning with the `part`-th. */
  part?: number;
  of?: number;
}

const BATCH_BYTES = 16 << 20;

/** Runs random cases of every form on the host and here, interpreted and translated. */
export function compareWithHost(program: string, plan: Plan, note: (line: string) => void = () => {}): Comparison {
  const ours = new OurProcessor();
  const result: Comparison = {
    cases: 0,
    cases32: 0,
    faults: 0,
    comparisons: 0,
    differences: [],
    forms: new Set(),
    tally: newTally(),
  };
  let batch: Group[] = [];
  let bytes = 0;
  const flush = (): void => {
    const expected = runOnHost(program, batch);
    batch.forEach((group, i) => {
      compareGroup(ours, group, expected[i], result, note);
    });
    batch = [];
    bytes = 0;
  };
  for (const bits of [64, 32] as Bits[]) {
    hostForms(bits).forEach((form, index) => {
      if (plan.only && !plan.only.test(form.mnemonic)) return;
      if (index % (plan.of ?? 1) !== (plan.part ?? 0)) return;
      // a form's cases depend on nothing but the seed and the form
      const random = new Random(plan.seed * 65537 + form.id * 8 + bits);
      for (let i = 0; i < plan.instances; i++) {
        const instance = makeInstance(form, bits, random);
        if (!instance) continue;
        const size = stateSize(instance);
        const states = new Uint8Array(plan.states * size);
        const writer = new StateWriter(states, random);
        for (let k = 0; k < plan.states; k++) writer.write(k * size, instance);
        batch.push({ instance, count: plan.states, states });
        result.forms.add(form.id);
        bytes += states.length;
        if (bytes > BATCH_BYTES) flush();
      }
    });
  }
  flush();
  return result;
}

function compareGroup(
  ours: OurProcessor,
  group: Group,
  host: Uint8Array,
  result: Comparison,
  note: (line: string) => void,
): void {
  const { instance, count, states } = group;
  const size = resultSize(instance);
  const { form } = instance;
  result.cases += count;
  if (instance.bits === 32) result.cases32 += count;
  // what is written in TypeScript leaves a translated region
  const ways = semanticsOf(form) === undefined ? [false] : [false, true];
  ways.forEach((translated, way) => {
    const results = ours.run(group, translated);
    for (let i = 0; i < count; i++) {
      result.comparisons++;
      const expected = host.subarray(i * size, (i + 1) * size);
      if (way === 0 && expected.subarray(ResultField.rip, ResultField.rip + 8).every((byte) => byte === 0))
        result.faults++;
      const state = states.subarray(i * stateSize(instance), (i + 1) * stateSize(instance));
      const text = difference(instance, state, expected, results.subarray(i * size, (i + 1) * size), result.tally);
      if (text === '') continue;
      const how = translated ? 'translated' : 'interpreted';
      const line = `${form.mnemonic} ${form.operands.join(',')} [${hex(instance.code)}] ${instance.bits} bits, ${how}: ${text} (${inputs(instance, state)})`;
      result.differences.push(line);
      note(line);
    }
  });
}
