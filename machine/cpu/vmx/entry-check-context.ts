import {
  EntryControl,
  ExitControl,
  PinBasedControl,
  PrimaryControl,
  SecondaryControl,
} from '../../../isa/vmx/controls';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import type { Cpu } from '../cpu';
import { PHYSICAL_ADDRESS_BITS } from '../system/paging';
import type { Vmcs } from './vmcs';

/** True if the check passes. */
export type Predicate = (c: CheckContext) => boolean;

/** What the predicates of VM-entry checks ask: fields and control bits by the manual's names. */
export class CheckContext {
  constructor(
    readonly cpu: Cpu,
    readonly vmcs: Vmcs,
  ) {}

  read(key: VmcsFieldKey): bigint {
    return this.vmcs.read(key);
  }

  read32(key: VmcsFieldKey): number {
    return this.vmcs.read32(key);
  }

  pin(name: keyof typeof PinBasedControl): boolean {
    return (this.read32('pinBasedControls') & PinBasedControl[name]) !== 0;
  }

  primary(name: keyof typeof PrimaryControl): boolean {
    return (this.read32('primaryProcessorBasedControls') & PrimaryControl[name]) !== 0;
  }

  /** Secondary controls count as 0 unless they are activated (SDM 3C 24.6.2). */
  secondary(name: keyof typeof SecondaryControl): boolean {
    return (
      this.primary('activate secondary controls') &&
      (this.read32('secondaryProcessorBasedControls') & SecondaryControl[name]) !== 0
    );
  }

  exit(name: keyof typeof ExitControl): boolean {
    return (this.read32('exitControls') & ExitControl[name]) !== 0;
  }

  entry(name: keyof typeof EntryControl): boolean {
    return (this.read32('entryControls') & EntryControl[name]) !== 0;
  }

  /** Aligned to `alignment` bytes and within the physical-address width. */
  isPhysical(address: bigint, alignment: bigint): boolean {
    return address % alignment === 0n && address >> BigInt(PHYSICAL_ADDRESS_BITS) === 0n;
  }

  /** Bits 63:47 all equal. */
  isCanonical(address: bigint): boolean {
    const top = BigInt.asIntN(64, address) >> 47n;
    return top === 0n || top === -1n;
  }
}
