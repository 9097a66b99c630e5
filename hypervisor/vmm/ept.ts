import type { PhysicalMemory } from '../../machine/memory';
import type { HostFrames } from './host-frames';

const READ = 1n;
const WRITE = 2n;
const EXECUTE = 4n;
const WRITE_BACK = 6n << 3n;
const ADDRESS = 0x000ffffffffff000n;

/** What the guest may do with a page. */
export const EptRights = { ReadExecute: READ | EXECUTE, All: READ | WRITE | EXECUTE } as const;

/** The VMM's EPT paging structures: four levels in host memory, filled page by page as the guest touches its memory. */
export class Ept {
  readonly root: number;

  constructor(
    readonly memory: PhysicalMemory,
    readonly frames: HostFrames,
    root?: number,
  ) {
    this.root = root ?? frames.allocate();
  }

  /** EPT pointer: write-back, four levels, accessed and dirty flags on (SDM 3C table 24-9). */
  get pointer(): bigint {
    return BigInt(this.root) | 6n | (3n << 3n) | (1n << 6n);
  }

  /** Maps a 4 KiB guest-physical page to a host frame. */
  map(guestPhysical: number, frame: number, rights: bigint): void {
    this.#write(this.#leaf(guestPhysical), BigInt(frame) | rights | WRITE_BACK);
  }

  unmap(guestPhysical: number): void {
    this.#write(this.#leaf(guestPhysical), 0n);
  }

  /** HPA of the entry that maps a page, tables on the way made where missing. */
  #leaf(guestPhysical: number): number {
    let table = this.root;
    for (let shift = 39; shift > 12; shift -= 9) {
      const at = table + 8 * (Math.floor(guestPhysical / 2 ** shift) % 512);
      let entry = this.memory.view.getBigUint64(at, true);
      if ((entry & (READ | WRITE | EXECUTE)) === 0n) {
        entry = BigInt(this.frames.allocate()) | READ | WRITE | EXECUTE;
        this.#write(at, entry);
      }
      table = Number(entry & ADDRESS);
    }
    return table + 8 * (Math.floor(guestPhysical / 4096) % 512);
  }

  #write(at: number, entry: bigint): void {
    this.memory.write(at, 4, Number(entry & 0xffffffffn));
    this.memory.write(at + 4, 4, Number(entry >> 32n));
  }
}
