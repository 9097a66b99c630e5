import type { Decoded } from '../../isa/decoded';
import { decode, isDecoded } from '../../isa/decoder';
import type { PhysicalMemory } from '../memory';
import type { CodePage } from './code-cache';
import { GuestFault, raise, Vector } from './fault';
import { PAGE_SIZE } from './layout';
import type { Mmu } from './system/mmu';

/** Fetches an instruction's bytes and decodes them; raises what the fetch raises: #UD, #GP, #PF. */
export class InstructionReader {
  readonly #fetchBytes = new Uint8Array(16);
  #fetchPhysical = 0;

  constructor(
    private readonly memory: PhysicalMemory,
    private readonly mmu: Mmu,
  ) {}

  /** @returns the instruction at an offset of a page with code, and whether it reaches into the next page */
  read(code: CodePage, offset: number, linear: number, bits: 16 | 32 | 64): { decoded: Decoded; crossing: boolean } {
    const { memory } = this;
    if (code.cached) {
      const end = (code.page + 1) * PAGE_SIZE;
      const result = decode(memory.bytes.subarray(code.page * PAGE_SIZE, end), offset, bits);
      if (isDecoded(result)) return { decoded: result, crossing: false };
      if (result === undefined) raise(Vector.UD, undefined, 'no such instruction');
      if (result.kind === 'too-long') raise(Vector.GP, 0, 'the instruction is longer than 15 bytes');
    }
    const bytes = this.#fetchBytes.fill(0);
    let available = 15;
    for (let i = 0; i < 15; i++) {
      const at = linear + i;
      try {
        if (i === 0 || (at & 0xfff) === 0)
          this.#fetchPhysical = this.mmu.translateFetch(at | 0, Math.floor(at / 4294967296) | 0) - i;
      } catch (thrown) {
        if (i === 0 || !(thrown instanceof GuestFault)) throw thrown;
        available = i;
        break;
      }
      bytes[i] = memory.read(this.#fetchPhysical + i, 1);
    }
    const result = decode(bytes.subarray(0, available), 0, bits);
    if (isDecoded(result)) return { decoded: result, crossing: true };
    if (result === undefined) raise(Vector.UD, undefined, 'no such instruction');
    if (result.kind === 'too-long' || available === 15) raise(Vector.GP, 0, 'the instruction is longer than 15 bytes');
    const next = linear + available;
    this.mmu.translateFetch(next | 0, Math.floor(next / 4294967296) | 0); // raises the fault of the second page
    return raise(Vector.GP, 0, 'the instruction could not be fetched');
  }
}
