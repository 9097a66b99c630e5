import type { Snapshot } from '../../hypervisor/target';

/** A snapshot and how many of the user's edits it already contains. */
export interface Keepsake {
  readonly snapshot: Snapshot;
  /** Edits of the {@link Timeline} that were made before it. */
  readonly edits: number;
}

/**
 * The snapshots from which the past is replayed, sorted by time, bounded in number and in bytes.
 *
 * When there are too many, the one goes whose loss makes the smallest gap in relation to its distance from the present.
 * So they end up spaced geometrically: close together near the present, where stepping back happens, and ever wider
 * apart towards power-on. The first is never dropped: everything can be replayed from it.
 */
export class SnapshotStore {
  #kept: Keepsake[] = [];

  /**
   * @param maximum number of snapshots, at least 2
   * @param maximumBytes of memory that they hold together, as far as the target tells
   */
  constructor(
    private readonly maximum = 64,
    private readonly maximumBytes = 512 * 1024 * 1024,
  ) {}

  get count(): number {
    return this.#kept.length;
  }

  /** Bytes held beyond the first snapshot. */
  get bytes(): number {
    return this.#kept.slice(1).reduce((sum, k) => sum + (k.snapshot.bytes ?? 0), 0);
  }

  /** From the earliest to the latest. */
  all(): readonly Keepsake[] {
    return this.#kept;
  }

  /** Adds one, unless there is one at its time; `now` is the instruction count around which they shall be dense. */
  add(keepsake: Keepsake, now: number): void {
    const at = keepsake.snapshot.instructions;
    const later = this.#indexAfter(at);
    if (this.#kept[later - 1]?.snapshot.instructions === at) return;
    this.#kept.splice(later, 0, keepsake);
    while (this.#kept.length > 2 && (this.#kept.length > this.maximum || this.bytes > this.maximumBytes)) {
      this.#dropOne(now);
    }
  }

  /** The latest at or before an instruction count; the first one where there is none. */
  latestAtOrBefore(instructions: number): Keepsake {
    return this.#kept[Math.max(this.#indexAfter(instructions) - 1, 0)]!;
  }

  /** Forgets everything later than an instruction count: it belongs to a future that will not happen. */
  dropAfter(instructions: number): void {
    this.#kept = this.#kept.filter((k, i) => i === 0 || k.snapshot.instructions <= instructions);
  }

  #indexAfter(instructions: number): number {
    const index = this.#kept.findIndex((k) => k.snapshot.instructions > instructions);
    return index < 0 ? this.#kept.length : index;
  }

  #dropOne(now: number): void {
    let drop = 1;
    let smallest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#kept.length; i++) {
      const time = this.#kept[i]!.snapshot.instructions;
      const after = this.#kept[i + 1]?.snapshot.instructions ?? Math.max(now, time);
      const gap = after - this.#kept[i - 1]!.snapshot.instructions;
      const relative = gap / (Math.abs(now - time) + 1);
      if (relative < smallest) {
        smallest = relative;
        drop = i;
      }
    }
    this.#kept.splice(drop, 1);
  }
}
