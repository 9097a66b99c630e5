import { bitsOfField, VmcsEncoding, type VmcsField, type VmcsFieldKey, vmcsFields } from '../../../isa/vmx/fields';
import type { PhysicalMemory } from '../../memory';

/** VMCS revision identifier that IA32_VMX_BASIC reports (bits 30:0). */
export const VMCS_REVISION = 0x52534431; // "RSD1"
/** Bytes of a VMCS region. */
export const VMCS_SIZE = 4096;
/** "No current VMCS". */
export const NO_VMCS = 0xffffffffffffffffn;

const ABORT = 4;
const LAUNCH_STATE = 8;
const FIELDS = 16;

/** Byte offset of each field in the region: the format is the processor's own (SDM 3C 24.2); here in order of encoding. */
const offsets = new Map<number, number>(vmcsFields.map((field, i) => [field.encoding, FIELDS + 8 * i]));

/** The same by key. */
export const vmcsOffset = Object.fromEntries(vmcsFields.map((field, i) => [field.key, FIELDS + 8 * i])) as Readonly<
  Record<VmcsFieldKey, number>
>;
const masks = new Map<number, bigint>(
  vmcsFields.map((field) => [field.encoding, (1n << BigInt(bitsOfField(field))) - 1n]),
);

/** A VMCS region in physical memory. Every access reads or writes that memory: nothing is kept beside it. */
export class Vmcs {
  /** @param address physical address of the region, a multiple of 4096 */
  constructor(
    readonly memory: PhysicalMemory,
    readonly address: number,
  ) {}

  /** Value of a field by its encoding (even, full access), zero-extended. */
  readEncoding(encoding: number): bigint {
    const at = this.address + offsets.get(encoding)!;
    return this.memory.view.getBigUint64(at, true);
  }

  writeEncoding(encoding: number, value: bigint): void {
    const at = this.address + offsets.get(encoding)!;
    this.touch();
    this.memory.view.setBigUint64(at, value & masks.get(encoding)!, true);
  }

  read(key: VmcsFieldKey): bigint {
    return this.memory.view.getBigUint64(this.address + vmcsOffset[key], true);
  }

  write(key: VmcsFieldKey, value: bigint): void {
    this.writeEncoding(VmcsEncoding[key], value);
  }

  /** The low 32 bits of a field, unsigned. */
  read32(key: VmcsFieldKey): number {
    return this.memory.view.getUint32(this.address + vmcsOffset[key], true);
  }

  /** Writes a field of up to 32 bits, or a wider one with upper bits zero. 16-bit fields get 16. */
  write32(key: VmcsFieldKey, value: number): void {
    this.touch();
    const at = this.address + vmcsOffset[key];
    this.memory.view.setUint32(at, value, true);
    this.memory.view.setUint32(at + 4, 0, true);
  }

  /** A field as a signed number, exact to 53 bits. */
  readNumber(key: VmcsFieldKey): number {
    const at = this.address + vmcsOffset[key];
    return this.memory.view.getInt32(at + 4, true) * 4294967296 + this.memory.view.getUint32(at, true);
  }

  /** Writes a signed number into a field of 64 bits. */
  writeNumber(key: VmcsFieldKey, value: number): void {
    this.touch();
    const at = this.address + vmcsOffset[key];
    this.memory.view.setUint32(at, value % 4294967296, true);
    this.memory.view.setInt32(at + 4, Math.floor(value / 4294967296), true);
  }

  /** The region is about to change. */
  touch(): void {
    if (this.memory.dirty[this.address >>> 12] === 0) this.memory.noteWrite(this.address);
  }

  get revision(): number {
    return this.memory.view.getUint32(this.address, true);
  }

  /** 0 clear, 1 launched. */
  get launched(): boolean {
    return this.memory.view.getUint32(this.address + LAUNCH_STATE, true) !== 0;
  }

  set launched(value: boolean) {
    this.memory.write(this.address + LAUNCH_STATE, 4, value ? 1 : 0);
  }

  /** VMX-abort indicator (SDM 3C 27.7). */
  set abort(indicator: number) {
    this.memory.write(this.address + ABORT, 4, indicator);
  }

  /** All fields with their values, in order of encoding. */
  entries(): { field: VmcsField; value: bigint }[] {
    return vmcsFields.map((field) => ({ field, value: this.readEncoding(field.encoding) }));
  }
}
