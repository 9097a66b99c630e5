import type { Registers, Target } from '../../hypervisor/target';
import { type InstructionReader, isCall } from '../run-control/control-flow';
import { Gpr, linearAddress, littleEndian, Segment, stackBits } from './addresses';

/** One level of the call stack, the present one first. */
export interface Frame {
  /** Linear address: of the next instruction, or where the procedure will be returned to. */
  readonly address: bigint;
  /** How it was found. */
  readonly found: 'current' | 'frame pointer' | 'plausible return address' | 'interrupted';
  /** Linear address of the stack slot with the return address; absent for the present one. */
  readonly slot?: bigint;
}

/** Stack slots looked through for return addresses, and frames shown. */
const SLOTS = 512;
const MOST_FRAMES = 64;
const LONGEST_CALL = 8;
/** RFLAGS bit 1 is always 1; these are always 0 (SDM 1 3.4.3). */
const FLAGS_ONE = 0x2n;
const FLAGS_ZERO = ~0x3f7fd7n;

/**
 * Finds who called whom. Assembly has no unwind information, so a caller is what the frame pointer leads to, or any value
 * on the stack that points right behind a CALL; and what an interrupt left: code address, CS, flags. Each is marked with
 * how it was found.
 */
export class CallStack {
  /**
   * @param isCode whether the program is known to have an instruction at a linear address
   */
  constructor(
    private readonly target: Target,
    private readonly read: InstructionReader,
    private readonly isCode: (address: bigint) => boolean,
  ) {}

  frames(cpu: number): Frame[] {
    const registers = this.target.registers(cpu);
    const width = stackBits(registers) / 8;
    const top = linearAddress(registers, Segment.Ss, registers.gpr[Gpr.Rsp]!, width * 8);
    const current: Frame = {
      address: linearAddress(registers, Segment.Cs, registers.rip, registers.codeBits === 64 ? 64 : 32),
      found: 'current',
    };
    const chain = this.#frameChain(registers, top, width, cpu);
    // What lies below the first frame that the frame pointer knows was pushed since; above it the chain knows better.
    const scanned = this.#scan(registers, top, width, cpu, chain[0]?.slot);
    return [current, ...scanned, ...chain].slice(0, MOST_FRAMES);
  }

  /** RBP points at the caller's RBP, the return address above it, and so on. */
  #frameChain(registers: Registers, top: bigint, width: number, cpu: number): Frame[] {
    const frames: Frame[] = [];
    const bits = width * 8;
    let pointer = linearAddress(registers, Segment.Ss, registers.gpr[Gpr.Rbp]!, bits);
    const limit = top + BigInt(SLOTS * width * 16);
    let below = top;
    while (pointer >= below && pointer < limit && frames.length < MOST_FRAMES) {
      const bytes = this.target.readVirtual(pointer, 2 * width, cpu);
      if (bytes.length < 2 * width) break;
      const address = this.#returnAddress(registers, littleEndian(bytes.subarray(width)), cpu);
      if (address === undefined) break;
      frames.push({ address, found: 'frame pointer', slot: pointer + BigInt(width) });
      below = pointer + BigInt(2 * width);
      pointer = linearAddress(registers, Segment.Ss, littleEndian(bytes.subarray(0, width)), bits);
    }
    return frames;
  }

  #scan(registers: Registers, top: bigint, width: number, cpu: number, end: bigint | undefined): Frame[] {
    const stack = this.target.readVirtual(top, SLOTS * width, cpu);
    const word = (i: number) => littleEndian(stack.subarray(i * width, (i + 1) * width));
    const words = Math.floor(stack.length / width);
    const frames: Frame[] = [];
    for (let i = 0; i < words && frames.length < MOST_FRAMES; i++) {
      const slot = top + BigInt(i * width);
      if (end !== undefined && slot >= end) break;
      const interrupted = i + 2 < words && this.#interrupted(registers, word(i), word(i + 1), word(i + 2));
      if (interrupted) {
        frames.push({ address: interrupted, found: 'interrupted', slot });
        i += 2;
        continue;
      }
      const address = this.#returnAddress(registers, word(i), cpu);
      if (address !== undefined) frames.push({ address, found: 'plausible return address', slot });
    }
    return frames;
  }

  /** Instruction pointer, code selector and flags, as an interrupt pushes them; gives the linear address. */
  #interrupted(registers: Registers, pointer: bigint, selector: bigint, flags: bigint): bigint | undefined {
    const cs = registers.segments[Segment.Cs]!;
    if (selector !== BigInt(cs.selector) || selector === 0n) return undefined;
    if (!(flags & FLAGS_ONE) || flags & FLAGS_ZERO) return undefined;
    const address = linearAddress(registers, Segment.Cs, pointer, registers.codeBits === 64 ? 64 : 32);
    return this.isCode(address) ? address : undefined;
  }

  /** The linear address of an offset in the code segment, if a CALL ends right before it. */
  #returnAddress(registers: Registers, offset: bigint, cpu: number): bigint | undefined {
    if (offset === 0n) return undefined;
    const bits = registers.codeBits;
    const address = linearAddress(registers, Segment.Cs, offset, bits === 64 ? 64 : 32);
    if (address < BigInt(LONGEST_CALL)) return undefined;
    const bytes = this.target.readVirtual(address - BigInt(LONGEST_CALL), LONGEST_CALL, cpu);
    if (bytes.length < LONGEST_CALL) return undefined;
    for (let length = 2; length <= LONGEST_CALL; length++) {
      const decoded = this.read(bytes.subarray(LONGEST_CALL - length), bits);
      if (decoded && decoded.length === length && isCall(decoded)) return address;
    }
    return undefined;
  }
}
