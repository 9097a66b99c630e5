import type { CpuState } from '../../machine/cpu/cpu-state';
import { State } from '../../machine/cpu/layout';

/**
 * The guest's registers that no VMCS holds: general ones, CR2, DR0 to DR3 and DR6, XCR0, MSRs that the guest owns, x87 and SSE state. They
 * stay in the processor across exits and entries; a VMM that runs several vCPUs on it exchanges them by hand.
 */
const RANGES: readonly (readonly [first: number, end: number])[] = [
  [State.gpr, State.gpr + 128],
  [State.cr2, State.cr2 + 8],
  [State.xcr0, State.xcr0 + 8],
  [State.dr, State.dr + 40],
  [State.star, State.sysenterCs],
  [State.tscAux, State.tscOffset + 8],
  [State.miscEnable, State.miscEnable + 8],
  [State.pkru, State.pkru + 8],
  [State.mtrrDefType, State.cpl],
  [State.xmm, State.end],
];

/** A vCPU's place for them while another one has the processor. */
export class VCpuRegisters {
  readonly bytes = new Uint8Array(RANGES.reduce((sum, [first, end]) => sum + end - first, 0));

  /** Takes them out of the processor. */
  keep(state: CpuState): void {
    let at = 0;
    for (const [first, end] of RANGES) {
      this.bytes.set(state.u8.subarray(first, end), at);
      at += end - first;
    }
  }

  /** Puts them into the processor. */
  load(state: CpuState): void {
    let at = 0;
    for (const [first, end] of RANGES) {
      state.u8.set(this.bytes.subarray(at, at + end - first), first);
      at += end - first;
    }
  }
}
