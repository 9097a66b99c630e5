import { Segment, SegmentField, State } from './layout';

const TWO_32 = 4294967296;
/** Multiplying by it is exact, and faster than dividing. */
const INVERSE_TWO_32 = 1 / TWO_32;

/** Access-rights bits of a cached descriptor (SDM 3C table 24-2). */
export const Access = {
  typeMask: 15,
  system: 1 << 4,
  dplShift: 5,
  present: 1 << 7,
  available: 1 << 12,
  long: 1 << 13,
  big: 1 << 14,
  granularity: 1 << 15,
  unusable: 1 << 16,
} as const;

/**
 * Typed access to the architectural state in linear memory. 64-bit registers are read as two halves, as a signed
 * `number` (exact for canonical 48-bit addresses and anything below 2^53), or as `bigint` for the outer edges.
 */
export class CpuState {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  /** Set by every assignment of `rip`: an instruction that leaves it false falls through to the next. */
  ripAssigned = false;
  /** Interrupts and exceptions that were delivered: the instruction in which it changes raises no single-step trap. */
  delivered = 0;

  constructor(readonly buffer: ArrayBuffer) {
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer, 0, buffer.byteLength >>> 1);
    this.u32 = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
    this.i32 = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    this.u64 = new BigUint64Array(buffer, 0, buffer.byteLength >>> 3);
  }

  /** The last instruction that retired was an iteration of the repeated string instruction in hand. */
  get betweenIterations(): boolean {
    const iteration = this.i32[State.iteration >>> 2];
    return iteration !== 0 && iteration === this.i32[State.remaining >>> 2] + 1;
  }

  /** u32 at a state offset. */
  get32(offset: number): number {
    return this.u32[offset >>> 2];
  }

  set32(offset: number, value: number): void {
    this.u32[offset >>> 2] = value;
  }

  /** The 64-bit value at a state offset as a signed number; exact to 53 bits. */
  getNumber(offset: number): number {
    return this.i32[(offset >>> 2) + 1] * TWO_32 + this.u32[offset >>> 2];
  }

  /** Stores a signed (or unsigned below 2^63) number into the 64 bits at a state offset. */
  setNumber(offset: number, value: number): void {
    this.u32[offset >>> 2] = value; // modulo 2^32, as typed arrays store
    this.i32[(offset >>> 2) + 1] = Math.floor(value * INVERSE_TWO_32);
  }

  get64(offset: number): bigint {
    return this.u64[offset >>> 3];
  }

  set64(offset: number, value: bigint): void {
    this.u64[offset >>> 3] = value;
  }

  /** General register `index`, low 32 bits, unsigned. */
  gpr32(index: number): number {
    return this.u32[(State.gpr + 8 * index) >>> 2];
  }

  /** Writes the low 32 bits and clears the upper ones, as a 32-bit destination does. */
  setGpr32(index: number, value: number): void {
    this.u32[(State.gpr + 8 * index) >>> 2] = value;
    this.u32[(State.gpr + 8 * index + 4) >>> 2] = 0;
  }

  gpr16(index: number): number {
    return this.u16[(State.gpr + 8 * index) >>> 1];
  }

  setGpr16(index: number, value: number): void {
    this.u16[(State.gpr + 8 * index) >>> 1] = value;
  }

  gprNumber(index: number): number {
    return this.getNumber(State.gpr + 8 * index);
  }

  setGprNumber(index: number, value: number): void {
    this.setNumber(State.gpr + 8 * index, value);
  }

  gpr64(index: number): bigint {
    return this.get64(State.gpr + 8 * index);
  }

  setGpr64(index: number, value: bigint): void {
    this.set64(State.gpr + 8 * index, value);
  }

  /** Linear address of the current instruction, signed. */
  get linearIp(): number {
    return this.getNumber(State.linearPage) + this.get32(State.offset);
  }

  /** RIP of the current instruction: an offset in CS. */
  get rip(): number {
    const linear = this.linearIp - this.segmentBase(Segment.CS);
    const bits = this.codeBits;
    if (bits === 64) return linear;
    return bits === 32 || this.ip32 ? linear >>> 0 : linear & 0xffff;
  }

  /** EIP may exceed 16 bits in 16-bit code when CS has a large limit; masked only where the limit says so. */
  private get ip32(): boolean {
    return this.segmentLimit(Segment.CS) > 0xffff;
  }

  /** Moves execution to an offset in CS; the code table is looked up anew. No checks. */
  set rip(value: number) {
    const linear = this.segmentBase(Segment.CS) + value;
    const page = State.linearPage >>> 2;
    this.i32[page] = linear & ~0xfff;
    this.i32[page + 1] = this.codeBits === 64 ? Math.floor(linear * INVERSE_TWO_32) : 0;
    this.set32(State.offset, linear & 0xfff);
    this.set32(State.codeTable, 0);
    this.ripAssigned = true;
  }

  get codeBits(): 16 | 32 | 64 {
    return this.u32[State.codeBits >>> 2] as 16 | 32 | 64;
  }

  get cpl(): number {
    return this.u32[State.cpl >>> 2];
  }

  selector(segment: number): number {
    return this.u16[(State.segments + SegmentField.size * segment + SegmentField.selector) >>> 1];
  }

  /** Access rights of a cached descriptor, see {@link Access}. */
  access(segment: number): number {
    return this.u32[(State.segments + SegmentField.size * segment + SegmentField.access) >>> 2];
  }

  /** Base of the cached descriptor (also of those that 64-bit mode ignores), linear, signed. */
  segmentBase(segment: number): number {
    return this.getNumber(State.segments + SegmentField.size * segment + SegmentField.base);
  }

  /** Limit in bytes, granularity applied. */
  segmentLimit(segment: number): number {
    return this.u32[(State.segments + SegmentField.size * segment + SegmentField.limit) >>> 2];
  }

  /** RFLAGS, all bits. */
  get rflags(): number {
    return (this.get32(State.systemFlags) | this.arithmeticFlags()) >>> 0;
  }

  set rflags(value: number) {
    this.set32(State.systemFlags, (value & ~0x8d5) | 2);
    this.setArithmeticFlags(value);
  }

  /** CF PF AF ZF SF OF out of their lazy form (semantics/flags.ts says what the five words mean). */
  arithmeticFlags(): number {
    const { i32 } = this;
    const x0 = i32[State.flagX >>> 2];
    const x1 = i32[(State.flagX >>> 2) + 1];
    const y0 = i32[State.flagY >>> 2];
    const y1 = i32[(State.flagY >>> 2) + 1];
    const s0 = i32[State.flagS >>> 2];
    const s1 = i32[(State.flagS >>> 2) + 1];
    const d0 = i32[State.flagDelta >>> 2];
    const d1 = i32[(State.flagDelta >>> 2) + 1];
    const r0 = i32[State.flagResult >>> 2];
    const r1 = i32[(State.flagResult >>> 2) + 1];
    const carries = (x1 & y1) | ((x1 | y1) & ~s1);
    let parity = (r0 ^ (d0 >> 8)) & 0xff;
    parity ^= parity >> 4;
    let flags = 0;
    if ((carries ^ (d1 << 1)) < 0) flags |= 0x001;
    if ((0x9669 >> (parity & 15)) & 1) flags |= 0x004;
    flags |= (x0 ^ y0 ^ s0) & 0x010;
    if ((r0 | r1) === 0) flags |= 0x040;
    if ((r1 ^ d1) < 0) flags |= 0x080;
    if (((x1 ^ s1) & (y1 ^ s1)) < 0) flags |= 0x800;
    return flags;
  }

  setArithmeticFlags(flags: number): void {
    const set = (offset: number, low: number, high: number): void => {
      this.i32[offset >>> 2] = low;
      this.i32[(offset >>> 2) + 1] = high;
    };
    const carry = flags & 1 ? -1 : 0;
    set(State.flagX, carry, carry);
    set(State.flagY, carry, carry);
    // OF = (x ^ s) < 0 with x = y; AF = bit 4 of s
    const overflow = flags & 0x800 ? -1 : 0;
    set(State.flagS, flags & 0x10, carry ^ overflow);
    // ZF by result 0 or 1; SF and PF as differences from what that result would give
    const zero = (flags & 0x40) !== 0;
    set(State.flagResult, zero ? 0 : 1, 0);
    const plainParity = zero; // 0 has even parity, 1 odd
    const flipParity = plainParity !== ((flags & 4) !== 0);
    set(State.flagDelta, flipParity ? 0x100 : 0, flags & 0x80 ? -0x80000000 : 0);
  }
}
