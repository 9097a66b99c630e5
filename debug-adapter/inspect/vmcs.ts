import type { VmcsFieldValue } from '../../hypervisor/target';
import { describeField, type FieldContext, fieldLayouts, hexOfField } from '../../isa/vmx/field-format';
import { bitsOfField, groupOfEncoding, VmcsEncoding, vmcsFieldOf } from '../../isa/vmx/fields';
import type { VmcsFieldView, VmcsGroupView } from '../protocol';
import { hex } from './addresses';
import { decodedBits } from './register-groups';

/** In the order in which they are shown: what a stop is mostly about comes first. */
const GROUPS = ['guest state', 'exit information', 'control', 'host state'] as const;

const ENTRY_IA32E = 1n << 9n;

function contextOf(values: ReadonlyMap<number, bigint>): FieldContext {
  const reason = values.get(VmcsEncoding.exitReason);
  const event = values.get(VmcsEncoding.exitInterruptionInformation) ?? 0n;
  return {
    exitReason: Number(reason ?? 0n),
    ...(event & (1n << 31n) && { vector: Number(event & 0xffn) }),
    ia32e: ((values.get(VmcsEncoding.entryControls) ?? 0n) & ENTRY_IA32E) !== 0n,
  };
}

/** The VMCS by groups, each field with its words and bits; `before` is the VMCS at the last stop. */
export function vmcsGroups(
  fields: readonly VmcsFieldValue[],
  before: readonly VmcsFieldValue[] | undefined,
): VmcsGroupView[] {
  const values = new Map(fields.map((f) => [f.encoding, f.value]));
  const old = new Map(before?.map((f) => [f.encoding, f.value]));
  const context = contextOf(values);
  return GROUPS.map((name) => ({
    name,
    fields: fields
      .filter((f) => groupOfEncoding(f.encoding) === name)
      .map((f) => fieldView(f, old.get(f.encoding), context)),
  }));
}

function fieldView(field: VmcsFieldValue, old: bigint | undefined, context: FieldContext): VmcsFieldView {
  const row = vmcsFieldOf(field.encoding);
  const changed = old !== undefined && old !== field.value;
  if (!row) {
    const value = hex(field.value);
    const plain = { name: field.name, encoding: field.encoding, width: 64, value, text: '', bits: [], summary: '' };
    return { ...plain, changedSinceLastStop: changed, ...(changed && { previous: hex(old) }) };
  }
  return {
    name: row.name,
    encoding: field.encoding,
    width: bitsOfField(row),
    value: hexOfField(row, field.value),
    text: describeField(row, field.value, context),
    bits: decodedBits(fieldLayouts[row.format], field.value),
    summary: row.summary,
    changedSinceLastStop: changed,
    ...(changed && { previous: hexOfField(row, old) }),
  };
}
