/**
 * QEMU's firmware configuration device (docs/specs/fw_cfg of QEMU): selector at port 510h, data at 511h. Guests know by
 * its signature that they run on an emulated PC, and read the number of CPUs and the memory size from it. It has no files
 * and no DMA.
 */
import type { AccessSize, PortDevice } from './device';

export const FW_CFG_SELECTOR = 0x510;
export const FW_CFG_DATA = 0x511;

// Items
const SIGNATURE = 0x00;
const ID = 0x01;
const RAM_SIZE = 0x03;
const NB_CPUS = 0x05;
const MAX_CPUS = 0x0f;
const FILE_DIR = 0x19;
/** Traditional interface only. */
const ID_VALUE = 0x01;

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
}

export class FwCfg implements PortDevice {
  readonly name = 'fw-cfg';
  readonly ports = [{ first: FW_CFG_SELECTOR, last: FW_CFG_DATA }];
  readonly widePorts = true;
  readonly #items: ReadonlyMap<number, readonly number[]>;
  #selected = 0;
  #offset = 0;

  constructor(options: { memory: number; cpus: number }) {
    this.#items = new Map<number, readonly number[]>([
      [SIGNATURE, [...'QEMU'].map((c) => c.charCodeAt(0))],
      [ID, little(ID_VALUE, 4)],
      [RAM_SIZE, little(options.memory, 8)],
      [NB_CPUS, little(options.cpus, 2)],
      [MAX_CPUS, little(options.cpus, 2)],
      [FILE_DIR, [0, 0, 0, 0]],
    ]);
  }

  readPort(port: number, _size: AccessSize): number {
    if (port === FW_CFG_SELECTOR) return this.#selected;
    return this.#items.get(this.#selected)?.[this.#offset++] ?? 0;
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port !== FW_CFG_SELECTOR) return;
    this.#selected = value & 0xffff;
    this.#offset = 0;
  }

  reset(): void {
    this.#selected = 0;
    this.#offset = 0;
  }

  save(): unknown {
    return { selected: this.#selected, offset: this.#offset };
  }

  load(state: unknown): void {
    const { selected, offset } = state as { selected: number; offset: number };
    this.#selected = selected;
    this.#offset = offset;
  }
}
