import { describe, expect, it } from 'vitest';
import { SnapshotStore } from './snapshot-store';

const at = (instructions: number, bytes?: number) => ({
  snapshot: { instructions, ...(bytes !== undefined && { bytes }) },
  edits: 0,
});

describe('snapshots', () => {
  it('are spaced ever wider the further back they lie, and the first one stays', () => {
    const store = new SnapshotStore(20);
    for (let time = 0; time <= 1_000_000; time += 1000) store.add(at(time), time);
    const ages = store.all().map((k) => 1_000_000 - k.snapshot.instructions);
    expect(ages).toHaveLength(20);
    expect(ages[0]).toBe(1_000_000);
    expect(ages.at(-1)).toBe(0);
    // Going back any distance replays no more than that distance again, and a little for the newest.
    for (let i = 1; i < ages.length; i++) expect(ages[i - 1]).toBeLessThanOrEqual(3 * ages[i]! + 3000);
  });

  it('are found by time', () => {
    const store = new SnapshotStore();
    for (const time of [0, 10, 20]) store.add(at(time), time);
    expect(store.latestAtOrBefore(19).snapshot.instructions).toBe(10);
    expect(store.latestAtOrBefore(20).snapshot.instructions).toBe(20);
    store.dropAfter(10);
    expect(store.latestAtOrBefore(30).snapshot.instructions).toBe(10);
    store.add(at(10), 10);
    expect(store.count).toBe(2);
  });

  it('stay within their bytes', () => {
    const store = new SnapshotStore(100, 1000);
    for (let time = 0; time < 50; time++) store.add(at(time, 100), time);
    expect(store.bytes).toBeLessThanOrEqual(1000);
    expect(store.all()[0]!.snapshot.instructions).toBe(0);
  });
});
