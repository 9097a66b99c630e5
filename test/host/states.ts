/** Random states for an instruction to begin in: registers that make its operands' addresses, values at the edges, memory. */
import { plainImage, randomImage, randomVectors } from './fx-image';
import { codeSelectors, type Instance, isFar, type Pointer } from './instructions';
import {
  BOUNDARY,
  DATA_END,
  EDGE,
  EDGE_SIZE,
  FX_SIZE,
  READ_ONLY,
  START,
  STATE_SIZE,
  StateField,
  WINDOW,
  WINDOW_SIZE,
} from './layout';
import type { Random } from './random';

/** Addresses that no program has: null, not mapped, not canonical (with 4 and 5 levels of paging), the kernel's. */
const nowhere64 = [
  0n,
  0x10n,
  0x405000n,
  0x8000000000000000n,
  0x4123456789abcdefn,
  0x7fffffffffffffffn,
  0xfffffffffffffff8n,
  0xffff880000001000n,
  0xfffffffffffffffcn,
];
const nowhere32 = [0n, 0x10n, 0x405000n, 0xfffffffen, 0xfffffff0n];

const selectors = [
  0, 1, 3, 0x23, 0x2b, 0x2a, 0x28, 0x33, 0x63, 0x60, 0x6b, 0x73, 0x10, 0x13, 0x18, 0x1b, 0x7f, 0x83, 0xfff8, 0x07, 0x2f,
];

export class StateWriter {
  readonly #view: DataView;

  constructor(
    readonly buffer: Uint8Array,
    readonly random: Random,
  ) {
    this.#view = new DataView(buffer.buffer, buffer.byteOffset);
  }

  /** Writes one state at an offset of the buffer; with `float` the FXSAVE image stands behind it. */
  write(at: number, instance: Instance): void {
    const { random } = this;
    const view = this.#view;
    const { form, bits } = instance;
    for (let i = 0; i < 16; i++) this.#setWords(at, i, random.interesting());
    this.#prepareOperands(at, instance);
    const memory = at + StateField.memory;
    for (let i = 0; i < WINDOW_SIZE + EDGE_SIZE; i += 4) view.setUint32(memory + i, random.u32(), true);
    let operandAt = -1;
    let stringAt = -1;
    for (const pointer of instance.pointers) {
      let target = this.#address(instance, pointer, bits);
      if (pointer.role === 'string') {
        // source and destination often overlap
        if (stringAt >= 0 && !random.once(3)) target = BigInt(stringAt + random.below(40) - 20);
        stringAt = Number(target);
      }
      this.#point(at, pointer, target, bits);
      if (pointer.role === 'operand') operandAt = Number(target);
    }
    if (form.repeat !== 'none' && instance.decoded.prefixes.repeat !== 0) this.#setCount(at, instance);
    if (instance.float) this.#floats(at, instance, operandAt);
    this.#prepareMemory(at, instance, operandAt);
    if (bits === 32) for (let i = 0; i < 16; i++) view.setUint32(at + 8 * i + 4, 0, true);
    view.setUint32(at + StateField.rflags, this.#flags(instance), true);
    view.setUint32(at + StateField.rflags + 4, 0, true);
  }

  #flags(instance: Instance): number {
    const { random } = this;
    let flags = (random.u32() & 0x8d5) | 0x202;
    if (instance.form.repeat !== 'none' && random.once(2)) flags |= 0x400;
    // alignment is checked in user mode where CR0.AM and this are set
    if (random.once(16)) flags |= 0x40000;
    return flags;
  }

  #setWords(at: number, register: number, [low, high]: [number, number]): void {
    this.#view.setUint32(at + 8 * register, low, true);
    this.#view.setUint32(at + 8 * register + 4, high, true);
  }

  #set(at: number, register: number, value: bigint): void {
    this.#view.setBigUint64(at + 8 * register, BigInt.asUintN(64, value), true);
  }

  #get(at: number, register: number): bigint {
    return this.#view.getBigUint64(at + 8 * register, true);
  }

  /** A linear address: in the window, aligned or not; across the boundary; at the end of what is mapped; nowhere. */
  #address(instance: Instance, { role }: Pointer, bits: number): bigint {
    const { random } = this;
    // an IRET across cache lines counts as a split lock here: the kernel punishes it by sleeping
    if (role === 'stack' && instance.form.mnemonic.startsWith('iret'))
      return BigInt(BOUNDARY - 128 + 64 * random.below(4));
    const strict = instance.float && role === 'operand';
    const near = BOUNDARY - 160 + 16 * random.below(20);
    switch (random.below(32)) {
      case 0:
        return BigInt(DATA_END - random.below(20));
      case 1:
        return role === 'stack' && !random.once(4)
          ? BigInt(near)
          : BigInt(READ_ONLY + 16 * random.below(250) + random.below(2));
      case 2:
        // far transfers on a stack at zero never come back from this host
        if (role === 'stack' && (isFar(instance.form) || !random.once(4))) return BigInt(near);
        return bits === 64 ? random.pick(nowhere64) : random.pick(nowhere32);
      case 3:
      case 4:
      case 5:
        return BigInt(BOUNDARY - random.below(16));
      default:
        return BigInt(random.once(strict ? 8 : 2) ? near + random.below(16) : near);
    }
  }

  /** Gives registers the values with which `pointer` means a linear address. */
  #point(at: number, pointer: Pointer, linear: bigint, bits: number): void {
    const { random } = this;
    let offset = linear - BigInt(pointer.segmentBase) - BigInt(pointer.displacement);
    if (pointer.index >= 0) {
      const few = pointer.base < 0 ? BigInt(random.below(8)) : BigInt(random.below(33) - 16);
      this.#setAddress(at, pointer.index, few, pointer.size, bits);
      offset -= few * BigInt(pointer.scale);
    }
    if (pointer.base >= 0) this.#setAddress(at, pointer.base, offset, pointer.size, bits);
  }

  /** The part of a register above the address size does not count: it stays as it is. */
  #setAddress(at: number, register: number, value: bigint, size: 16 | 32 | 64, bits: number): void {
    if (size === 64 || size === bits) {
      this.#set(at, register, value);
      return;
    }
    const width = BigInt(size);
    const above = (this.#get(at, register) >> width) << width;
    // a stack pointer is used whole
    this.#set(at, register, BigInt.asUintN(size, value) | (register === 4 ? 0n : above));
  }

  #setCount(at: number, { decoded, bits }: Instance): void {
    this.#setAddress(at, 1, BigInt(this.random.below(13)), decoded.addressSize, bits);
  }

  /** Values that make an instruction do more than fault. */
  #prepareOperands(at: number, { form, decoded }: Instance): void {
    const { random } = this;
    const { mnemonic } = form;
    if (/^i?div$/.test(mnemonic) && !random.once(4)) {
      const negative = mnemonic === 'idiv' && random.once(2);
      this.#set(at, 2, negative ? -1n : BigInt(random.below(3)));
      if (form.operands[0] === 'rm8') this.#set(at, 0, BigInt(random.below(0x400)));
    }
    if (/^(bt|bt[src])$/.test(mnemonic)) {
      const [first, index] = decoded.operands;
      // not far from the operand, as the bit need not lie in it
      if (first?.kind === 'memory' && index.kind === 'register')
        this.#set(at, index.index, BigInt(random.below(400) - 200));
    }
    if (/^(call|jmp)$/.test(mnemonic) && decoded.operands[0]?.kind === 'register' && !random.once(4)) {
      this.#set(at, decoded.operands[0].index, BigInt(START + 16 + random.below(1000)));
    }
    if (/^(loop|j[er]?cxz)/.test(mnemonic) && random.once(2)) this.#set(at, 1, BigInt(random.below(3)));
    if (/^(pcmpestr)/.test(mnemonic)) {
      this.#set(at, 0, BigInt(random.below(40) - 20));
      this.#set(at, 2, BigInt(random.below(40) - 20));
    }
    if (
      /^(mov|push|l(ar|sl)|ver[rw]|arpl)$/.test(mnemonic) &&
      form.operands.some((kind) => /^(sreg|r32m16|rm16|r16|r64m16)$/.test(kind))
    ) {
      if (mnemonic === 'mov' && form.operands[0] !== 'sreg') return;
      for (const operand of decoded.operands)
        if (operand.kind === 'register' && operand.file.startsWith('gpr'))
          this.#set(at, operand.index, (this.#get(at, operand.index) & ~0xffffn) | BigInt(random.pick(selectors)));
    }
  }

  /** Numbers as the instruction takes them, in the registers and around its operand. */
  #floats(at: number, { form }: Instance, operandAt: number): void {
    const image = this.random.once(64) ? plainImage() : randomImage(form, this.random);
    this.buffer.set(image, at + STATE_SIZE);
    const where = this.#offsetOf(operandAt, 48);
    if (where < 0) return;
    const numbers = new Uint8Array(48);
    randomVectors(numbers, form, this.random);
    this.buffer.set(numbers, at + StateField.memory + where);
  }

  /** Where a linear address lies in the memory of the state, -1 if it does not for so many bytes. */
  #offsetOf(linear: number, bytes: number): number {
    if (linear >= WINDOW && linear + bytes <= WINDOW + WINDOW_SIZE) return linear - WINDOW;
    if (linear >= EDGE && linear + bytes <= EDGE + EDGE_SIZE) return WINDOW_SIZE + linear - EDGE;
    return -1;
  }

  #prepareFarPointer(at: number, bytes: number): void {
    const { random } = this;
    if (!random.once(6)) this.#prepareNumber(at, START + 16 + random.below(1000), bytes);
    this.#view.setUint16(at + bytes, random.pick(codeSelectors), true);
  }

  #prepareNumber(at: number, value: number, bytes: number): void {
    if (bytes === 2) this.#view.setUint16(at, value, true);
    else this.#view.setUint32(at, value, true);
    if (bytes === 8) this.#view.setUint32(at + 4, 0, true);
  }

  /** What RETF and IRET pop: offset, CS; flags; in 64-bit mode stack pointer and SS too. */
  #prepareFrame(at: number, { form, decoded, bits }: Instance): void {
    const { random } = this;
    const bytes = decoded.operandSize / 8;
    const room = (slots: number): boolean => at + slots * bytes <= this.buffer.length;
    if (!room(5)) return;
    this.#prepareFarPointer(at, bytes);
    if (form.mnemonic === 'retf') return;
    // TF and NT would have consequences of their own
    this.#prepareNumber(at + 2 * bytes, random.u32() & ~0x4100, bytes);
    if (bits === 32) return;
    this.#prepareNumber(at + 3 * bytes, BOUNDARY - 64 + random.below(128), bytes);
    this.#prepareNumber(at + 4 * bytes, random.once(4) ? random.pick(selectors) : 0x2b, bytes);
  }

  #prepareMemory(at: number, instance: Instance, operandAt: number): void {
    const { form, decoded } = instance;
    const { random } = this;
    const view = this.#view;
    const { mnemonic } = form;
    const memory = at + StateField.memory;
    const stack = this.#offsetOf(Number(this.#get(at, 4)), isFar(form) ? 40 : 16);
    const operand = this.#offsetOf(operandAt, 16);
    if (/^retn?$/.test(mnemonic) && stack >= 0 && !random.once(6)) {
      view.setUint32(memory + stack, START + 16 + random.below(1000), true);
      view.setUint32(memory + stack + 4, 0, true);
    }
    if (/^pop$/.test(mnemonic) && form.operands.some((kind) => /^[c-g]s|es|ss$/.test(kind)) && stack >= 0)
      view.setUint16(memory + stack, random.pick(selectors), true);
    if (/^popf/.test(mnemonic) && stack >= 0 && !random.once(4))
      view.setUint32(memory + stack, view.getUint32(memory + stack, true) & ~0x100, true);
    if (isFar(form) && form.operands.every((kind) => !kind.includes(':')) && stack >= 0)
      this.#prepareFrame(memory + stack, instance);
    if (operand < 0) return;
    if (isFar(form)) this.#prepareFarPointer(memory + operand, Number(/\d+$/.exec(form.operands[0])?.[0]) / 8);
    if (/^(call|jmp)$/.test(mnemonic) && !random.once(4)) {
      view.setUint32(memory + operand, START + 16 + random.below(1000), true);
      view.setUint32(memory + operand + 4, 0, true);
    }
    if (/^cmpxchg/.test(mnemonic) && random.once(2)) {
      const high = mnemonic === 'cmpxchg8b' ? 4 : 8;
      for (let i = 0; i < 8; i++) {
        this.buffer[memory + operand + i] = this.buffer[at + i];
        this.buffer[memory + operand + high + i] = this.buffer[at + 16 + i];
      }
    }
    if (/^l[defgs]s$/.test(mnemonic))
      view.setUint16(memory + operand + decoded.operandSize / 8, random.pick(selectors), true);
    if (/^(mov|l(ar|sl)|ver[rw]|arpl)$/.test(mnemonic) && (mnemonic !== 'mov' || form.operands[0] === 'sreg'))
      view.setUint16(memory + operand, random.pick(selectors), true);
    if (mnemonic === 'bound' && !random.once(4)) {
      const wide = decoded.operandSize === 32;
      view.setUint32(memory + operand, wide ? 0x80000000 : 0x7fff8000, true);
      if (wide) view.setUint32(memory + operand + 4, random.u32() >>> 1, true);
    }
    if (mnemonic === 'ldmxcsr')
      view.setUint32(memory + operand, random.u32() & (random.once(8) ? 0xffffffff : 0xffff), true);
  }
}

export const stateSize = (instance: Pick<Instance, 'float'>): number => STATE_SIZE + (instance.float ? FX_SIZE : 0);
