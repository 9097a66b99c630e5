import type { Registers } from '../../hypervisor/target';
import { type BitLayout, decodeBits, formatBits } from '../../isa/bit-fields';
import { describeAccessRights } from '../../isa/descriptors';
import { registerNames } from '../../isa/registers';
import type { DecodedBit, RegisterGroupView, RegisterView } from '../protocol';
import { hexOfWidth } from './addresses';
import { readRegister, registerLayouts } from './registers';

/** EFER.LMA: IA-32e mode, in which descriptor types mean something else. */
const EFER_LMA = 1n << 10n;

/** The bits of a value by their layout, lowest first. */
export function decodedBits(layout: BitLayout | undefined, value: bigint): DecodedBit[] {
  return decodeBits(layout ?? [], value).map(({ field, text }) => ({
    name: field.name,
    bit: field.bit,
    width: field.width,
    text,
    summary: field.summary,
  }));
}

/** Value of a register of the group views by its lower-case name: a way to compare two stops. */
function view(registers: Registers, before: Registers | undefined, name: string): RegisterView {
  const { value, width } = readRegister(registers, name)!;
  const layout = registerLayouts[name];
  const old = before && readRegister(before, name)?.value;
  return {
    name: name.toUpperCase(),
    value: hexOfWidth(value, width),
    width,
    ...(layout && { text: formatBits(layout, value), bits: decodedBits(layout, value) }),
    changedSinceLastStop: old !== undefined && old !== value,
  };
}

function segmentView(registers: Registers, before: Registers | undefined, index: number): RegisterView {
  const segment = registers.segments[index]!;
  const old = before?.segments[index];
  const rights = describeAccessRights(segment.access, (registers.efer & EFER_LMA) !== 0n);
  const changed =
    old !== undefined &&
    (old.selector !== segment.selector ||
      old.base !== segment.base ||
      old.limit !== segment.limit ||
      old.access !== segment.access);
  return {
    name: segment.name.toUpperCase(),
    value: hexOfWidth(BigInt(segment.selector), 16),
    width: 16,
    text: `base 0x${segment.base.toString(16)} limit 0x${segment.limit.toString(16)}; ${rights}`,
    changedSinceLastStop: changed,
  };
}

function tableView(registers: Registers, before: Registers | undefined, name: 'gdtr' | 'idtr'): RegisterView {
  const { base, limit } = registers[name];
  const old = before?.[name];
  return {
    name: name.toUpperCase(),
    value: hexOfWidth(base, 64),
    width: 64,
    text: `limit 0x${limit.toString(16)}`,
    changedSinceLastStop: old !== undefined && (old.base !== base || old.limit !== limit),
  };
}

/** All registers by group; `before` are those of the last stop, for what changed since. */
export function registerGroups(registers: Registers, before?: Registers): RegisterGroupView[] {
  const named = (names: readonly string[]) => names.map((name) => view(registers, before, name));
  return [
    { name: 'General', registers: named([...registerNames.gpr64, 'rip', 'rflags']) },
    { name: 'Segments', registers: registers.segments.slice(0, 6).map((_, i) => segmentView(registers, before, i)) },
    { name: 'Control', registers: named(['cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'efer']) },
    {
      name: 'System',
      registers: [
        tableView(registers, before, 'gdtr'),
        tableView(registers, before, 'idtr'),
        ...registers.segments.slice(6).map((_, i) => segmentView(registers, before, i + 6)),
      ],
    },
    { name: 'Debug', registers: named(['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7']) },
  ];
}
