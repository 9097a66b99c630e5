import type { PhysicalMemory } from '../../machine/memory';

/** Hands out 4 KiB frames of host-physical memory, lowest first; they are zero. Frames are never given back. */
export class HostFrames {
  constructor(
    readonly memory: PhysicalMemory,
    /** HPA of the next frame. */
    public next: number,
  ) {}

  /** HPA of a fresh frame. */
  allocate(): number {
    const frame = this.next;
    if (frame + 4096 > this.memory.size) throw new Error('the host is out of memory: the VMM planned too few frames');
    this.next += 4096;
    return frame;
  }
}
