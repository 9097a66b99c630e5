/** All that two runs of one guest must have in common at the same instruction: not the hash of a target alone. */
import { BareTarget } from '../../../hypervisor/bare-target';
import { EptTarget } from '../../../hypervisor/ept-target';
import { Hash } from '../../../hypervisor/processor-view';
import type { Stop, Target } from '../../../hypervisor/target';
import { State } from '../../../machine/cpu/layout';
import type { Machine } from '../../../machine/machine';

export interface Moment {
  readonly stop: string;
  readonly instructions: number;
  readonly hash: string;
  /** Ticks: what time it is, and when the next alarm comes. */
  readonly now: number;
  readonly next: number;
  readonly serial: string;
  readonly screen: string;
  readonly exits: number;
  readonly exitTable: string;
  readonly lastExit: string;
  readonly cost: number;
  /** Every register of the CPU that {@link Target.hash} leaves out, as hex by its offset in machine/cpu/layout.ts. */
  readonly cpu: string;
  /** Saved state of each device as text. */
  readonly devices: Record<string, string>;
}

const machineOf = (target: Target): Machine => {
  if (target instanceof BareTarget || target instanceof EptTarget) return target.machine;
  throw new Error(`no machine is known behind method ${target.method}`);
};

export const digest = (text: string): string => {
  const hash = new Hash();
  for (let i = 0; i < text.length; i++) hash.add32(text.charCodeAt(i));
  return `${text.length}:${hash}`;
};

/** Typed arrays as plain ones, maps as pairs; the same state gives the same text. */
export const plain = (_key: string, value: unknown): unknown => {
  if (value instanceof Map) return [...value];
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return bytes.length > 1024 ? digest(Buffer.from(bytes).toString('latin1')) : [...bytes];
  }
  return value;
};

/** Control, debug and model-specific registers; floating point and vectors. Not what lies between: slices and lazy flags. */
const REGISTERS = [
  [State.xcr0, State.cpl],
  [State.activity, State.codeBits + 4],
  [State.xmm, State.fpuData + 8],
] as const;

function registersText(machine: Machine): string {
  const { u8 } = machine.processor.state;
  return REGISTERS.map(([first, end]) => Buffer.from(u8.subarray(first, end)).toString('hex')).join(' ');
}

/** What is to be seen of a target now. */
export function momentOf(target: Target, stop: Stop): Moment {
  const machine = machineOf(target);
  const platform = target instanceof EptTarget ? target.vmm.platform : machine.platform;
  const last = target.exits.at(-1);
  const { devices } = platform.save();
  return {
    stop: stop.kind === 'ended' ? `${stop.kind} ${stop.reason} ${stop.value}` : stop.kind,
    instructions: target.instructions,
    hash: target.hash(),
    now: machine.clock.now(),
    next: machine.clock.next(),
    serial: target.serialOutput,
    screen: target.screen().join('\n'),
    exits: target.exitTotal,
    exitTable: JSON.stringify(target.exitCounts()),
    lastExit: last ? `${last.serial} ${last.reason} ${last.instructions} ${last.action}` : '',
    cost: target.cost,
    cpu: registersText(machine),
    devices: Object.fromEntries(Object.entries(devices).map(([name, state]) => [name, JSON.stringify(state, plain)])),
  };
}

/** In what two moments differ; empty if in nothing. */
export function differences(found: Moment, expected: Moment): string[] {
  const list: string[] = [];
  const short = (value: unknown) => String(value).slice(-200);
  for (const key of Object.keys(expected) as (keyof Moment)[]) {
    if (key !== 'devices' && found[key] !== expected[key])
      list.push(`${key}: ${short(found[key])} instead of ${short(expected[key])}`);
  }
  for (const name of Object.keys(expected.devices)) {
    if (found.devices[name] !== expected.devices[name])
      list.push(`device ${name}: ${found.devices[name]} instead of ${expected.devices[name]}`);
  }
  return list;
}
