import type { AutopsyDelivery, AutopsyFault } from '../../hypervisor/autopsy';
import type { Registers, Stop } from '../../hypervisor/target';
import { type BitLayout, field } from '../../isa/bit-fields';
import { descriptorTypeName, gateDescriptorLayout, segmentDescriptorLayout } from '../../isa/descriptors';
import { exceptionOf } from '../../isa/exceptions';
import type { Guest } from '../guest';
import { hex, Segment, stackPointer, toLittleEndian } from '../inspect/addresses';
import { errorCodeBits, errorCodeText } from '../inspect/error-code';
import { adviceOnCheck, adviceOnFault, sectionOf } from '../inspect/fault-advice';
import { decodedBits } from '../inspect/register-groups';
import type { AutopsyEntryView, AutopsyFaultView, AutopsyResponse, DecodedBit } from '../protocol';

const EFER_LMA = 1n << 10n;
const DF = 8;

const realGateLayout: BitLayout = [
  field(0, 15, 'offset', 'Entry point in its segment.'),
  field(16, 31, 'segment', 'Segment of the entry point.'),
];
const upperGateLayout: BitLayout = [field(0, 31, 'offset 63:32', 'Highest part of the entry point.')];

/** A register of the machine at the triple fault, or of what it looked at. */
interface Scene {
  readonly guest: Guest;
  readonly cpu: number;
  readonly registers: Registers;
}

const bytesText = (value: bigint, count: number): string =>
  [...toLittleEndian(value, count)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** The type of a descriptor in words beside its number. */
function withTypeName(bits: DecodedBit[], ia32e: boolean): DecodedBit[] {
  const system = bits.find(({ name }) => name === 'S')?.text === 'system';
  return bits.map((bit) =>
    bit.name === 'type' ? { ...bit, text: `${bit.text} ${descriptorTypeName(system, Number(bit.text), ia32e)}` } : bit,
  );
}

function gateFields(value: bigint, bytes: number, ia32e: boolean): DecodedBit[] {
  if (bytes === 4) return decodedBits(realGateLayout, value);
  const low = withTypeName(decodedBits(gateDescriptorLayout, value & 0xffffffffffffffffn), ia32e);
  const high = bytes === 16 ? decodedBits(upperGateLayout, value >> 64n) : [];
  return [...low, ...high.map((bit) => ({ ...bit, bit: bit.bit + 64 }))];
}

/** `ESP0 and SS0` is a pointer with a selector behind it; `RSP0` and `IST1` are pointers. */
function stackFields(name: string, bytes: number, value: bigint): DecodedBit[] {
  const [pointer = name, selector] = name.split(' and ');
  const pointerBits = bytes === 8 ? 64 : bytes === 6 ? 32 : 16;
  const layout: BitLayout = [
    field(0, pointerBits - 1, pointer, 'Stack pointer that the handler starts with.'),
    ...(selector ? [field(pointerBits, pointerBits + 15, selector, 'Its stack segment.')] : []),
  ];
  return decodedBits(layout, value);
}

function entry(
  { guest, cpu }: Scene,
  name: string,
  address: string,
  more: Pick<AutopsyEntryView, 'bytes' | 'text' | 'fields'>,
): AutopsyEntryView {
  const physical = guest.target.translate(BigInt(address), cpu);
  return { name, address, ...(physical !== undefined && { physical: hex(physical) }), ...more };
}

/** Bytes of an entry of the IDT: IVT in real mode (4), IDT (8), IDT in IA-32e mode (16). */
function gateSize({ mode, efer }: Registers): number {
  if (mode === 'real') return 4;
  return (efer & EFER_LMA) !== 0n ? 16 : 8;
}

function gateEntry(scene: Scene, vector: number, { idtr, idtEntry }: AutopsyDelivery): AutopsyEntryView {
  const name = `IDT gate ${vector}`;
  const { value, bytes, text } = idtEntry;
  if (value !== undefined) {
    const number = BigInt(value);
    const ia32e = (scene.registers.efer & EFER_LMA) !== 0n;
    const fields = gateFields(number, bytes, ia32e);
    return entry(scene, name, idtEntry.address, { bytes: bytesText(number, bytes), text, fields });
  }
  const size = gateSize(scene.registers);
  const offset = size * vector;
  const beyond = offset + size - 1 > Number(idtr.limit);
  const range = `bytes ${hex(offset)} to ${hex(offset + size - 1)} of the table`;
  const not = beyond ? `not read: ${range}, whose last is ${idtr.limit}` : `not read: ${range}`;
  return entry(scene, name, hex(BigInt(idtr.base) + BigInt(offset)), { text: not, fields: [] });
}

function deliveryView(scene: Scene, vector: number, next: AutopsyFault | undefined, delivery: AutopsyDelivery) {
  const { idtr, target, stack, failure } = delivery;
  const { registers } = scene;
  const ia32e = (registers.efer & EFER_LMA) !== 0n;
  const entries = [gateEntry(scene, vector, delivery)];
  if (target) {
    const value = BigInt(target.value);
    const fields = withTypeName(decodedBits(segmentDescriptorLayout, value), ia32e);
    const dpl = fields.find((bit) => bit.name === 'DPL')?.text;
    const type = fields.find((bit) => bit.name === 'type')?.text.replace(/^\S+ /, '');
    const text = `${type}; DPL ${Number(dpl)}${(value >> 47n) & 1n ? '' : '; not present'}`;
    const bytes = bytesText(value, 8);
    entries.push(
      entry(scene, `Descriptor ${target.selector} that the gate names`, target.address, { bytes, text, fields }),
    );
  }
  if (stack) {
    const value = BigInt(stack.value);
    const fields = stackFields(stack.name, stack.bytes, value);
    const bytes = bytesText(value, stack.bytes);
    entries.push(entry(scene, `${stack.name} of the TSS`, stack.address, { bytes, text: stack.text, fields }));
  }
  const tr = registers.segments[Segment.Tr]!;
  const shown = [{ name: 'IDTR', text: `base ${idtr.base}, limit ${idtr.limit}` }];
  if (target || /GDT|selector/.test(failure)) {
    shown.push({ name: 'GDTR', text: `base ${hex(registers.gdtr.base)}, limit ${hex(registers.gdtr.limit)}` });
  }
  if (stack || /TSS|task/.test(failure)) {
    shown.push({ name: 'TR', text: `selector ${hex(tr.selector)}, base ${hex(tr.base)}, limit ${hex(tr.limit)}` });
  }
  const section = sectionOf(failure, next?.vector ?? vector);
  // of a page fault, the address is what it is about
  const at = next?.cr2 === undefined ? '' : `: ${next.cr2}, ${meaningOfAddress(scene, BigInt(next.cr2))}`;
  return { registers: shown, entries, failure: failure + at, section };
}

/** What a page fault's address is, as far as the machine's tables tell. */
function meaningOfAddress({ guest, cpu, registers }: Scene, address: bigint): string {
  const inside = (base: bigint, limit: number) => address >= base && address <= base + BigInt(limit);
  const parts: string[] = [];
  const name = guest.name(address);
  if (name) parts.push(name);
  const top = stackPointer(registers);
  if (address < top && address >= top - 256n) {
    parts.push(`${top - address} bytes below the stack pointer: the frame that is pushed for a handler, or a push`);
  } else if (inside(registers.idtr.base, registers.idtr.limit)) parts.push('inside the IDT');
  else if (inside(registers.gdtr.base, registers.gdtr.limit)) parts.push('inside the GDT');
  else if (inside(registers.segments[Segment.Tr]!.base, registers.segments[Segment.Tr]!.limit))
    parts.push('inside the TSS');
  else if (address < 4096n) parts.push('in the first page: a null pointer, with an offset perhaps');
  const physical = guest.target.translate(address, cpu);
  parts.push(
    physical === undefined
      ? 'the page tables map nothing there'
      : `the page tables map it to guest-physical ${hex(physical)}: the access was not allowed`,
  );
  return parts.join('; ');
}

function instructionView(
  { guest }: Scene,
  instruction: NonNullable<AutopsyFault['instruction']>,
  toClientLine: (line: number) => number,
): AutopsyFaultView['instruction'] {
  const address = BigInt(instruction.address);
  const where = guest.name(address);
  const line = guest.program.lines.lineAt(address);
  return {
    ...instruction,
    ...(where && { where }),
    ...(line && { source: { path: line.file, line: toClientLine(line.line) } }),
  };
}

/** `ringside/autopsy` */
export function autopsyResponse(
  guest: Guest,
  stop: Stop | undefined,
  toClientLine: (line: number) => number,
): AutopsyResponse {
  if (stop?.kind !== 'triple-fault' || !stop.autopsy) return {};
  const cpu = guest.target.currentCpu;
  const scene: Scene = { guest, cpu, registers: guest.registers(cpu) };
  const { faults } = stop.autopsy;
  const views = faults.map((fault, i): AutopsyFaultView => {
    const { role, vector, name, errorCode, cr2, cs, rip, instruction, cause, delivery } = fault;
    const code = errorCode === undefined ? undefined : Number(errorCode);
    const raised = faults[i + 1]?.vector ?? vector;
    const advice = [
      // a later fault is what the delivery before it failed on: what to do is said there
      i === 0 ? adviceOnFault(vector, cause) : undefined,
      delivery && (adviceOnCheck(delivery.failure) ?? adviceOnFault(raised, delivery.failure)),
    ];
    return {
      role,
      vector,
      mnemonic: name,
      name: exceptionOf(vector)?.name ?? name,
      ...(code !== undefined && {
        errorCode: { value: hex(code), text: errorCodeText(vector, code), bits: errorCodeBits(vector, code) },
      }),
      ...(cr2 !== undefined && { cr2: { value: cr2, text: meaningOfAddress(scene, BigInt(cr2)) } }),
      cs,
      rip,
      ...(instruction && { instruction: instructionView(scene, instruction, toClientLine) }),
      cause: cause || (exceptionOf(vector)?.summary ?? name),
      section: vector === DF ? 'SDM 3A 6.15, interrupt 8; table 6-5' : sectionOf(cause, vector),
      ...(delivery && { delivery: deliveryView(scene, vector, faults[i + 1], delivery) }),
      advice: [...new Set(advice.filter((line) => line !== undefined))],
    };
  });
  return { faults: views, threadId: cpu + 1 };
}
