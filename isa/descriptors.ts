/** Segment and gate descriptors: types and layouts (SDM 3A 3.4.5, 3.5, 6.11, 7.2.2; tables 3-1 and 3-2). */
import { type BitLayout, field, flag } from './bit-fields';

/** Type field of a code or data descriptor (S = 1). */
export interface SegmentType {
  type: number;
  name: string;
  code: boolean;
  /** Data: writable. Code: readable. */
  readWrite: boolean;
  /** Data: grows down. Code: conforming. */
  expandDownOrConforming: boolean;
  accessed: boolean;
}

const dataName = (type: number) =>
  ['data', type & 2 ? 'read/write' : 'read-only', type & 4 ? 'expand-down' : '', type & 1 ? 'accessed' : '']
    .filter(Boolean)
    .join(', ');
const codeName = (type: number) =>
  ['code', type & 2 ? 'execute/read' : 'execute-only', type & 4 ? 'conforming' : '', type & 1 ? 'accessed' : '']
    .filter(Boolean)
    .join(', ');

/** Types of code and data segments (table 3-1). */
export const segmentTypes: readonly SegmentType[] = Array.from({ length: 16 }, (_, type) => ({
  type,
  name: type & 8 ? codeName(type) : dataName(type),
  code: (type & 8) !== 0,
  readWrite: (type & 2) !== 0,
  expandDownOrConforming: (type & 4) !== 0,
  accessed: (type & 1) !== 0,
}));

/** Type field of a system descriptor (S = 0); the names in 16- and 32-bit mode and in IA-32e mode. */
export interface SystemDescriptorType {
  type: number;
  /** Outside IA-32e mode; empty where reserved. */
  legacy: string;
  /** In IA-32e mode; empty where reserved. */
  ia32e: string;
}

/** Types of system segments and gates (table 3-2). */
export const systemDescriptorTypes: readonly SystemDescriptorType[] = [
  { type: 0, legacy: '', ia32e: '' },
  { type: 1, legacy: '16-bit TSS (available)', ia32e: '' },
  { type: 2, legacy: 'LDT', ia32e: 'LDT' },
  { type: 3, legacy: '16-bit TSS (busy)', ia32e: '' },
  { type: 4, legacy: '16-bit call gate', ia32e: '' },
  { type: 5, legacy: 'task gate', ia32e: '' },
  { type: 6, legacy: '16-bit interrupt gate', ia32e: '' },
  { type: 7, legacy: '16-bit trap gate', ia32e: '' },
  { type: 8, legacy: '', ia32e: '' },
  { type: 9, legacy: '32-bit TSS (available)', ia32e: '64-bit TSS (available)' },
  { type: 10, legacy: '', ia32e: '' },
  { type: 11, legacy: '32-bit TSS (busy)', ia32e: '64-bit TSS (busy)' },
  { type: 12, legacy: '32-bit call gate', ia32e: '64-bit call gate' },
  { type: 13, legacy: '', ia32e: '' },
  { type: 14, legacy: '32-bit interrupt gate', ia32e: '64-bit interrupt gate' },
  { type: 15, legacy: '32-bit trap gate', ia32e: '64-bit trap gate' },
];

/** Numbers of the system descriptor types. */
export const SystemDescriptor = {
  Tss16Available: 1,
  Ldt: 2,
  Tss16Busy: 3,
  CallGate16: 4,
  TaskGate: 5,
  InterruptGate16: 6,
  TrapGate16: 7,
  Tss32Available: 9,
  Tss32Busy: 11,
  CallGate32: 12,
  InterruptGate32: 14,
  TrapGate32: 15,
} as const;

/** Name of a descriptor's type. */
export function descriptorTypeName(system: boolean, type: number, ia32e: boolean): string {
  if (!system) return segmentTypes[type & 15]!.name;
  const row = systemDescriptorTypes[type & 15]!;
  return (ia32e ? row.ia32e : row.legacy) || 'reserved';
}

/** The eight bytes of a segment descriptor. */
export const segmentDescriptorLayout: BitLayout = [
  field(0, 15, 'limit 15:0', 'Low part of the limit.'),
  field(16, 39, 'base 23:0', 'Low part of the base.'),
  field(40, 43, 'type', 'Type; its meaning depends on S.'),
  field(44, 44, 'S', 'Kind of descriptor.', { 0: 'system', 1: 'code or data' }),
  field(45, 46, 'DPL', 'Privilege level.'),
  flag(47, 'P', 'Present.'),
  field(48, 51, 'limit 19:16', 'High part of the limit.'),
  flag(52, 'AVL', 'Free for software.'),
  flag(53, 'L', '64-bit code.'),
  flag(54, 'D/B', '32-bit operands, or a 32-bit stack pointer.'),
  flag(55, 'G', 'The limit counts 4-KByte units.'),
  field(56, 63, 'base 31:24', 'High part of the base.'),
];

/** The low eight bytes of a call, interrupt or trap gate. */
export const gateDescriptorLayout: BitLayout = [
  field(0, 15, 'offset 15:0', 'Low part of the entry point.'),
  field(16, 31, 'selector', 'Code segment of the entry point.'),
  field(
    32,
    36,
    'parameter count or IST',
    'Call gate: words copied from the old stack. 64-bit interrupt and trap gates: stack from the TSS (bits 2:0).',
  ),
  field(40, 43, 'type', 'Type of gate.'),
  field(44, 44, 'S', 'Kind of descriptor.', { 0: 'system', 1: 'code or data' }),
  field(45, 46, 'DPL', 'Highest CPL that may use it by INT n or CALL.'),
  flag(47, 'P', 'Present.'),
  field(48, 63, 'offset 31:16', 'High part of the entry point.'),
];

/** Access rights as the VMCS holds them: bytes 5 and 6 of the descriptor, and bit 16 (SDM 3C 24.4.1, table 24-2). */
export const accessRightsLayout: BitLayout = [
  field(0, 3, 'type', 'Type; its meaning depends on S.'),
  field(4, 4, 'S', 'Kind of descriptor.', { 0: 'system', 1: 'code or data' }),
  field(5, 6, 'DPL', 'Privilege level.'),
  flag(7, 'P', 'Present.'),
  flag(12, 'AVL', 'Free for software.'),
  flag(13, 'L', '64-bit code (CS only).'),
  flag(14, 'D/B', '32-bit operands, or a 32-bit stack pointer.'),
  flag(15, 'G', 'The limit counts 4-KByte units.'),
  flag(16, 'unusable', 'The register holds no usable segment.'),
];

/** A segment selector. */
export const selectorLayout: BitLayout = [
  field(0, 1, 'RPL', 'Requested privilege level.'),
  field(2, 2, 'TI', 'Table.', { 0: 'GDT', 1: 'LDT' }),
  field(3, 15, 'index', 'Index of the descriptor.'),
];

/** Access rights in words: `code, execute/read, accessed; DPL 0; 64-bit`. */
export function describeAccessRights(rights: number, ia32e: boolean): string {
  if (rights & 0x10000) return 'unusable';
  const system = (rights & 0x10) === 0;
  const parts = [descriptorTypeName(system, rights & 15, ia32e), `DPL ${(rights >> 5) & 3}`];
  if (!(rights & 0x80)) parts.push('not present');
  if (!system) parts.push(rights & 0x2000 ? '64-bit' : rights & 0x4000 ? '32-bit' : '16-bit');
  return parts.join('; ');
}
