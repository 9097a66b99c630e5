import { TICKS_PER_SECOND } from '../clock';

/**
 * An oscillator that runs beside the instruction clock: converts ticks to its cycles and back, exactly and without
 * drift (whole seconds and the remainder are scaled apart, so that nothing leaves the 53 bits of a number).
 */
export class Oscillator {
  constructor(/** Cycles per second, below 9,000,000. */ readonly hertz: number) {}

  /** Whole cycles completed at time `ticks`. */
  cyclesAt(ticks: number): number {
    const seconds = Math.floor(ticks / TICKS_PER_SECOND);
    const rest = ticks - seconds * TICKS_PER_SECOND;
    return seconds * this.hertz + Math.floor((rest * this.hertz) / TICKS_PER_SECOND);
  }

  /** The first tick at which {@link cyclesAt} gives `cycles`. */
  timeOf(cycles: number): number {
    const seconds = Math.floor(cycles / this.hertz);
    const rest = cycles - seconds * this.hertz;
    return seconds * TICKS_PER_SECOND + Math.ceil((rest * TICKS_PER_SECOND) / this.hertz);
  }
}
