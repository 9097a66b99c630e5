import type { AccessSize, MemoryDevice } from './device';
import type { LocalApic } from './local-apic';

/** The page at which a processor sees its own local APIC. */
export class LocalApicMemory implements MemoryDevice {
  readonly name = 'lapic-memory';

  /** `current` gives the local APIC of the processor that makes the access. */
  constructor(private readonly current: () => LocalApic) {}

  get regions(): { base: number; size: number }[] {
    const { base, enabled, x2apic } = this.current();
    return enabled && !x2apic ? [{ base: base - (base % 4096), size: 4096 }] : [];
  }

  /** Registers are 32 bits at multiples of 16; other accesses are undefined and read as 0 here. */
  readMemory(address: number, size: AccessSize): number {
    const offset = address % 4096;
    const value = this.current().readRegister(offset & 0xff0);
    const shift = (offset & 15) * 8;
    return shift >= 32 ? 0 : size === 4 ? value >>> shift : (value >>> shift) & ((1 << (8 * size)) - 1);
  }

  writeMemory(address: number, _size: AccessSize, value: number): void {
    const offset = address % 4096;
    if ((offset & 15) === 0) this.current().writeRegister(offset, value);
  }

  reset(): void {}
  save(): unknown {
    return null;
  }
  load(): void {}
}
