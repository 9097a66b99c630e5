/**
 * Ticks that PAUSE takes besides its own, as on processors since Skylake (Intel's optimization manual, 2.5.4: up to 140
 * cycles): guests that wait for a time in such a loop would else need far too many instructions. None where another CPU could
 * run, which then has its turn: what is waited for may be up to it.
 */
export const PAUSE_TICKS = 140;

/** Instructions that a CPU runs before it is the next one's turn. */
export const QUANTUM = 10_000;

/**
 * Whose turn it is among several CPUs that share one engine (the bare machine's), or one processor (a VMM's vCPUs): round robin in
 * quanta of instructions. Everything is a function of instruction counts and the CPUs' states, so that a run can be
 * repeated, and a guest under the VMM is interleaved as it is on the bare machine.
 */
export class CpuScheduler {
  current = 0;
  /** Count of retired instructions (of all CPUs) at which the present turn ends. */
  turnEnd: number;

  /** @param runnable the CPU would execute an instruction, or take an event, if it had its turn */
  constructor(
    readonly count: number,
    private readonly runnable: (cpu: number) => boolean,
  ) {
    this.turnEnd = count > 1 ? QUANTUM : Number.POSITIVE_INFINITY;
  }

  /** Whose turn it is after `retired` instructions; to be asked at instruction boundaries. Where no CPU can run it stays. */
  next(retired: number): number {
    if (this.count === 1 || (retired < this.turnEnd && this.runnable(this.current))) return this.current;
    for (let step = 1; step <= this.count; step++) {
      const cpu = (this.current + step) % this.count;
      if (!this.runnable(cpu)) continue;
      this.current = cpu;
      this.turnEnd = retired + QUANTUM;
      break;
    }
    return this.current;
  }

  /** Another CPU than the present one could run. */
  get contended(): boolean {
    for (let cpu = 0; cpu < this.count; cpu++) if (cpu !== this.current && this.runnable(cpu)) return true;
    return false;
  }

  /** PAUSE: the CPU waits for another one. Where one could run, the turn is over after the present instruction: true. */
  pause(): boolean {
    if (!this.contended) return false;
    this.turnEnd = 0;
    return true;
  }

  reset(retired: number): void {
    this.current = 0;
    if (this.count > 1) this.turnEnd = retired + QUANTUM;
  }
}
