import type { Watchpoint } from '../../hypervisor/target';

/** Everything that a run may stop at. */
export interface Stops {
  /** Linear addresses of instructions. */
  readonly breakpoints: readonly bigint[];
  /** Names of exit reasons. */
  readonly exits: readonly string[];
  readonly watchpoints: readonly Watchpoint[];
  /** Vectors. */
  readonly exceptions: readonly number[];
}

export const NO_STOPS: Stops = { breakpoints: [], exits: [], watchpoints: [], exceptions: [] };
