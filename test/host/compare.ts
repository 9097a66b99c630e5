/** Compares our processor with the host's, case by case. */
import { decode, isDecoded } from '../../isa/decoder';
import type { Form } from '../../isa/form';
import { semanticsOf } from '../../machine/cpu/semantics/table';
import { COMPARED, exceptions, undefinedFlags } from './flag-masks';
import { imageDifferences, imageText } from './fx-image';
import { type Group, resultSize, runOnHost } from './host';
import { type Bits, hostForms, type Instance, makeInstance } from './instructions';
import { MEMORY_SIZE, RESULT_SIZE, ResultField, STATE_SIZE, StateField, WINDOW } from './layout';
import { OurProcessor } from './ours';
import { Random } from './random';
import { StateWriter, stateSize } from './states';

const PAGE_FAULT = 14;
const ALIGNMENT = 17;
/** From here on the kernel hides from programs whether a page is there (bit 0 of the error code). */
const KERNEL_START = 0x7ffffffff000n;

const gprNames = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const segmentNames = 'es cs ss ds fs gs'.split(' ');

/** What differs between two results, in a line; empty if nothing does. */
function difference(instance: Instance, host: Uint8Array, ours: Uint8Array): string {
  const h = new DataView(host.buffer, host.byteOffset);
  const o = new DataView(ours.buffer, ours.byteOffset);
  const parts: string[] = [];
  const vector = h.getUint32(ResultField.vector, true);
  const where = (view: DataView): string => {
    const rip = view.getBigInt64(ResultField.rip, true);
    return `exception ${view.getUint32(ResultField.vector, true)} at ${rip < 0n ? '' : '+'}${rip}`;
  };
  const partial = instance.form.mnemonic === 'call' || exceptions.longStores.forms.test(instance.form.mnemonic);
  const maskedStore = exceptions.maskedStores.forms.test(instance.form.mnemonic);
  if (
    maskedStore &&
    (vector === PAGE_FAULT || vector === ALIGNMENT) &&
    o.getUint32(ResultField.vector, true) !== vector
  )
    return '';
  if (
    vector !== o.getUint32(ResultField.vector, true) ||
    h.getBigUint64(ResultField.rip, true) !== o.getBigUint64(ResultField.rip, true)
  )
    return `${where(h)}, not ${where(o)}`;
  let error = 0xffffffff;
  if (vector === PAGE_FAULT) {
    const address = h.getBigUint64(ResultField.cr2, true);
    if (address >= KERNEL_START) error = 0xfffffffe;
    if (exceptions.address.forms.test(instance.form.mnemonic)) error = 0;
    if (address !== o.getBigUint64(ResultField.cr2, true) && !exceptions.address.forms.test(instance.form.mnemonic))
      parts.push(`cr2 ${address.toString(16)} not ${o.getBigUint64(ResultField.cr2, true).toString(16)}`);
  }
  const [hostError, ourError] = [h, o].map((view) => view.getUint32(ResultField.error, true) & error);
  if (hostError !== ourError) parts.push(`error code ${hostError} not ${ourError}`);
  const done = h.getBigUint64(ResultField.rip, true) !== 0n;
  const { mnemonic } = instance.form;
  const zero = (o.getUint32(ResultField.gpr + 8, true) | h.getUint32(ResultField.gpr + 8, true)) === 0;
  const counts = (!done || zero) && instance.form.repeat !== 'none' && instance.decoded.addressSize === 32;
  const popped = !done && exceptions.popAll.forms.test(mnemonic);
  for (let i = 0; i < 16; i++) {
    if (popped && i !== 4) continue;
    const at = ResultField.gpr + 8 * i;
    if (h.getUint32(at, true) === o.getUint32(at, true)) {
      // 32-bit code leaves the upper halves undefined (SDM 1 3.4.1.1)
      if (
        instance.bits === 32 ||
        (counts && [1, 6, 7].includes(i)) ||
        h.getUint32(at + 4, true) === o.getUint32(at + 4, true)
      )
        continue;
    }
    parts.push(`${gprNames[i]} ${h.getBigUint64(at, true).toString(16)} not ${o.getBigUint64(at, true).toString(16)}`);
  }
  // a fault at the instruction itself changes no flag
  const mask = done ? COMPARED & ~undefinedFlags(instance.form).flags : COMPARED;
  const [hostFlags, ourFlags] = [h, o].map((view) => view.getUint32(ResultField.rflags, true) & mask);
  if (hostFlags !== ourFlags) parts.push(`flags ${hostFlags.toString(16)} not ${ourFlags.toString(16)}`);
  for (let i = 0; i < 6; i++) {
    // the way out of the kernel makes 0 of all null selectors (SDM 2A IRET)
    const [a, b] = [h, o].map((view) => view.getUint16(ResultField.selectors + 2 * i, true));
    if (a !== b && ((a | b) & 0xfffc) !== 0) parts.push(`${segmentNames[i]} ${a.toString(16)} not ${b.toString(16)}`);
  }
  if (instance.segments) {
    for (let i = 0; i < 2; i++) {
      const [a, b] = [h, o].map((view) => view.getBigUint64(ResultField.bases + 8 * i, true));
      if (a !== b) parts.push(`${segmentNames[4 + i]} base ${a.toString(16)} not ${b.toString(16)}`);
    }
  }
  for (let i = 0; i < MEMORY_SIZE && (done || !partial); i++) {
    const at = ResultField.memory + i;
    if (host[at] === ours[at]) continue;
    parts.push(`memory +${i}: ${host[at].toString(16)} not ${ours[at].toString(16)}`);
    break;
  }
  if (instance.float) {
    const image = (result: Uint8Array): Uint8Array => result.subarray(RESULT_SIZE);
    const mmx = instance.form.operands.some((kind) => kind.startsWith('mm'));
    if (done || !mmx) parts.push(...imageDifferences(image(host), image(ours), instance.form));
  }
  return parts.join('; ');
}

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
  forms: Set<Form>;
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
  const result: Comparison = { cases: 0, cases32: 0, faults: 0, comparisons: 0, differences: [], forms: new Set() };
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
        result.forms.add(form);
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
      const text = difference(instance, expected, results.subarray(i * size, (i + 1) * size));
      if (text === '') continue;
      const how = translated ? 'translated' : 'interpreted';
      const state = states.subarray(i * stateSize(instance), (i + 1) * stateSize(instance));
      const line = `${form.mnemonic} ${form.operands.join(',')} [${hex(instance.code)}] ${instance.bits} bits, ${how}: ${text} (${inputs(instance, state)})`;
      result.differences.push(line);
      note(line);
    }
  });
}
