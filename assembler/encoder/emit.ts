/** The bytes of a chosen template: prefixes, REX or VEX, opcode, ModRM and SIB, displacement, immediates (SDM 2A 2.1). */
import type { Form } from '../../isa/form';
import { ByteWriter } from './byte-writer';
import { type EffectiveAddress, encodeAddress } from './effective-address';
import { type Encoding, Refusal } from './encoding';
import { immediateBytes, putImmediates } from './immediates';
import type { MemoryOperand, Value } from './instruction';
import { dataWarning, overflows } from './numbers';
import type { ClassedOperand, ClassedRegister } from './operand-class';
import { byteRegisterWithoutRex } from './peculiarities';
import { isElision, repeatByte, segmentByte } from './prefix-slots';
import type { Template } from './template';

const rexW = 8;
const rexR = 4;
const rexX = 2;
const rexB = 1;

/** Writes the instruction; throws {@link Refusal} where the operands cannot be encoded together. */
export function emit(encoding: Encoding, template: Template): ByteWriter {
  const emitter = new Emitter(encoding, template);
  emitter.run();
  return emitter.writer;
}

class Emitter {
  readonly writer: ByteWriter;
  private readonly form: Form;
  private rex = 0;
  /** A REX prefix is needed even if it is 0x40. */
  private needsRex: boolean;
  private forbidsRex = false;
  private modrmReg: number;
  private modrmRegister = 0;
  private opcodeRegister = 0;
  private vvvv = 0;
  private lockAsRex = false;
  private memory: MemoryOperand | undefined;
  private address: EffectiveAddress | undefined;

  constructor(
    private readonly encoding: Encoding,
    private readonly template: Template,
  ) {
    this.form = template.form;
    this.writer = new ByteWriter(encoding.context.address);
    this.needsRex = encoding.instruction.encodingHint === 'rex';
    const { digit } = this.form.opcode;
    this.modrmReg = digit >= 0 && digit < 8 ? digit : 0;
  }

  run(): void {
    const { form, encoding, template, writer } = this;
    const { opcode } = form;
    const { operands } = encoding;
    // One written operand can serve as two.
    const sources = template.doubled ? [operands[0], ...operands] : operands;
    if (!template.jumpOverJump) this.checkOperandSizePrefix();
    this.rex = this.rexOfSize();
    for (let i = 0; i < sources.length; i++) this.placeOperand(template.encoding.charCodeAt(i), sources[i]);
    this.checkRex();
    this.putPrefixes();
    // FWAIT is its own prefix: what stands before it comes after.
    if (isWait(form)) return;
    if (template.jumpOverJump) {
      this.putJumpOverJump();
      return;
    }
    if (opcode.space === 'vex') this.putVex();
    else this.putLegacyOpcode();
    writer.put(opcode.byte | this.opcodeRegister);
    if (opcode.fixedModrm >= 0) writer.put(opcode.fixedModrm);
    else if (opcode.digit >= 0) this.putModrm();
    if (opcode.immediates.length > 0) putImmediates(encoding, writer, template, sources);
    if (opcode.suffix >= 0) writer.put(opcode.suffix);
  }

  /** Puts an operand where its letter says. */
  private placeOperand(letter: number, source: ClassedOperand): void {
    const { register } = source;
    if (register === undefined) {
      if (letter !== 77 /* M */) return;
      this.memory = source.parsed as MemoryOperand;
      this.address = this.encodeMemory(this.memory);
      this.rex |= this.address.rex;
      return;
    }
    const extended = register.index >= 8;
    switch (letter) {
      case 77: // M
        this.modrmRegister = register.code;
        if (extended) this.rex |= rexB;
        break;
      case 82: // R
        this.modrmReg = register.code;
        // AMD reaches CR8 outside 64-bit mode by LOCK; NASM writes that.
        if (extended && register.file === 'control' && this.encoding.context.bits !== 64) this.lockAsRex = true;
        else if (extended) this.rex |= rexR;
        break;
      case 68: // D: one register in both fields
        this.modrmReg = register.code;
        this.modrmRegister = register.code;
        if (extended) this.rex |= rexR | rexB;
        break;
      case 79: // O
        this.opcodeRegister = register.code;
        if (extended) this.rex |= rexB;
        break;
      case 86: // V
        this.vvvv = register.index;
        break;
    }
    if (register.size === 8) this.noteByteRegister(register);
  }

  private noteByteRegister(register: ClassedRegister): void {
    if (byteRegisterWithoutRex.has(this.form.mnemonic)) {
      if (register.forbidsRex) throw new Refusal('instruction cannot use high registers');
    } else if (register.forbidsRex) this.forbidsRex = true;
    else if (register.index >= 4) this.needsRex = true;
  }

  private encodeMemory(memory: MemoryOperand): EffectiveAddress {
    const { context, addressSize } = this.encoding;
    const { bits, defaultRel } = context;
    const address = encodeAddress(memory, { bits, addressSize, defaultRel });
    if (address === undefined) throw new Refusal(`invalid ${bits}-bit effective address`);
    if (memory.relative && !memory.absolute) {
      // NASM looks at the address twice, which its listing shows.
      for (let i = 0; i < 2; i++) this.encoding.warn('other', 'indirect address displacements cannot be RIP-relative');
    }
    if (address.warning !== '') {
      const code = address.warning.startsWith('absolute') ? 'ea-absolute' : 'ea-dispsize';
      this.encoding.warn(code, address.warning);
    }
    return address;
  }

  private checkOperandSizePrefix(): void {
    const written = this.encoding.slots.operandSize;
    if (written === '' || written === 'osp') return;
    const size = this.form.opcode.operandSize;
    if (size !== 0 && written !== `o${size}`)
      this.encoding.warn('prefix-opsize', `invalid operand size prefix, must be o${size}`);
  }

  /** REX.W where the form or `o64` asks for it. */
  private rexOfSize(): number {
    const { opcode } = this.form;
    const size = this.encoding.operandSizeOf(this.form);
    if (size === 64 && opcode.operandSize === 0) return rexW;
    if (opcode.space !== 'legacy' || (this.template.neverW && !this.isUnsizedBranch())) return 0;
    if (this.encoding.slots.operandSize === 'o64' || opcode.w === 1) return rexW;
    return size === 64 && !opcode.defaultSize64 ? rexW : 0;
  }

  /** `o64 jmp [x]` has the REX.W that `o64 jmp qword [x]` has not. */
  private isUnsizedBranch(): boolean {
    const { mnemonic } = this.form;
    const [operand] = this.encoding.operands;
    return (mnemonic === 'jmp' || mnemonic === 'call') && operand.isMemory && operand.size === 0;
  }

  private checkRex(): void {
    const { context, instruction } = this.encoding;
    const legacy = this.form.opcode.space === 'legacy';
    if (instruction.encodingHint === 'rex' && (context.bits !== 64 || !legacy))
      throw new Refusal('instruction not encodable with {rex} prefix');
    const used = this.rex !== 0 || this.needsRex;
    if (this.forbidsRex && used) throw new Refusal('cannot use high byte register in rex instruction');
    if (context.bits !== 64 && (used || this.vvvv >= 8)) throw new Refusal('invalid operands in non-64-bit mode');
  }

  private putPrefixes(): void {
    const { encoding, form, writer } = this;
    const { slots } = encoding;
    if (slots.wait || this.template.wait || isWait(form)) writer.put(0x9b);
    const repeat = this.repeatOf();
    if (repeat !== 0) writer.put(repeat);
    if (slots.lock || this.lockAsRex) writer.put(0xf0);
    const toMemory = this.memory !== undefined && form.operandEncoding[0] === 'M';
    const lockable = form.lock && toMemory;
    if (slots.lock && !lockable) encoding.warn('prefix-lock', 'instruction is not lockable');
    if (isElision(slots.repeat)) this.checkElision(toMemory, lockable);
    if (slots.segment !== '') writer.put(segmentByte(slots.segment));
    if (encoding.needsOperandSizeByte(form)) writer.put(0x66);
    if (encoding.needsAddressSizeByte()) writer.put(0x67);
    if (encoding.needsFormsAddressSizeByte(form)) writer.put(0x67);
  }

  /** SDM 1 16.2: XCHG with memory, locked instructions and, to release, MOV to memory; NASM's table lacks CMPXCHG16B. */
  private checkElision(toMemory: boolean, lockable: boolean): void {
    const { encoding, form } = this;
    const { slots } = encoding;
    const { mnemonic, operands } = form;
    if (lockable && mnemonic !== 'cmpxchg16b') {
      if (mnemonic !== 'xchg' && !slots.lock)
        encoding.warn('prefix-hle', `${slots.repeat} with this instruction requires lock`);
      return;
    }
    const stores = mnemonic === 'mov' && toMemory && operands[1] !== 'sreg';
    if (!stores || slots.repeat !== 'xrelease')
      encoding.warn('prefix-hle', `${slots.repeat} invalid with this instruction`);
  }

  /** The byte of REP, BND and their like; 0 for none. */
  private repeatOf(): number {
    const { encoding, form, template } = this;
    const { repeat } = encoding.slots;
    const { bindable } = template;
    if (repeat === '' && template.repeatsByItself) return 0xf3;
    const short = form.opcode.byte === 0xeb;
    if (repeat === '') return encoding.context.defaultBnd && bindable && !short ? 0xf2 : 0;
    if (repeat === 'bnd' || repeat === 'nobnd') {
      const asked = encoding.operands[0]?.short;
      if (!bindable || (asked && short)) throw new Refusal(`${repeat} prefix is not allowed`);
      if (repeat === 'bnd' && short) {
        encoding.warn('prefix-bnd', 'jmp short does not init bnd regs - bnd prefix dropped');
        return 0;
      }
    }
    if (bindable && !template.shortJump && !short && (repeat === 'repne' || repeat === 'repnz'))
      throw new Refusal(`${repeat} prefix is not allowed`);
    return repeatByte(repeat);
  }

  private putLegacyOpcode(): void {
    const { form, writer } = this;
    const { opcode } = form;
    if (opcode.mandatory > 0 && !this.template.repeatsByItself) writer.put(opcode.mandatory);
    if (this.rex !== 0 || this.needsRex) writer.put(0x40 | this.rex);
    if (opcode.map > 0) {
      writer.put(0x0f);
      if (opcode.map === 2) writer.put(0x38);
      else if (opcode.map === 3) writer.put(0x3a);
    }
  }

  /** The opposite condition jumps over a near JMP to the target. */
  private putJumpOverJump(): void {
    const { writer, encoding, form } = this;
    const distanceBytes = encoding.context.bits === 16 ? 2 : 4;
    writer.put(form.opcode.byte ^ 1);
    writer.put(1 + distanceBytes);
    writer.put(0xe9);
    const target = encoding.operands[0].parsed;
    if (target.kind === 'immediate') writer.putRelative(target.value, distanceBytes, writer.length + distanceBytes);
  }

  /** VEX in two bytes where it fits (SDM 2A 2.3.5). */
  private putVex(): void {
    const { rex, writer } = this;
    const { opcode } = this.form;
    const hint = this.encoding.instruction.encodingHint;
    const w = opcode.w === 1 ? 0x80 : 0;
    const l = opcode.l === 1 ? 4 : 0;
    const pp = opcode.mandatory === 0x66 ? 1 : opcode.mandatory === 0xf3 ? 2 : opcode.mandatory === 0xf2 ? 3 : 0;
    const low = ((~this.vvvv & 15) << 3) | l | pp;
    const r = rex & rexR ? 0 : 0x80;
    const short = opcode.map === 1 && w === 0 && (rex & (rexX | rexB)) === 0;
    if (!short && hint === 'vex2') throw new Refusal('instruction not encodable with {vex2} prefix');
    if (short && hint !== 'vex3') {
      writer.put(0xc5);
      writer.put(r | low);
      return;
    }
    writer.put(0xc4);
    writer.put(r | (rex & rexX ? 0 : 0x40) | (rex & rexB ? 0 : 0x20) | opcode.map);
    writer.put(w | low);
  }

  private putModrm(): void {
    const { address, memory, writer } = this;
    const reg = this.modrmReg << 3;
    if (address === undefined || memory === undefined) {
      writer.put(0xc0 | reg | this.modrmRegister);
      return;
    }
    writer.put((address.mod << 6) | reg | address.rm);
    if (address.sib >= 0) writer.put(address.sib);
    const bytes = address.displacementBytes;
    if (bytes === 0) return;
    if (address.ripRelative) {
      writer.putRelative(memory.displacement, 4, writer.length + 4 + immediateBytes(this.form, this.encoding));
      return;
    }
    this.checkDisplacement(memory.displacement, bytes);
    writer.putValue(memory.displacement, bytes, this.encoding.context.bits === 64);
  }

  private checkDisplacement(value: Value, bytes: number): void {
    if (value.base !== undefined || value.forward) return;
    const { addressSize } = this.encoding;
    const { offset } = value;
    if (overflows(offset, addressSize >> 3) || BigInt.asIntN(addressSize, offset) !== BigInt.asIntN(bytes * 8, offset))
      this.encoding.warn('number-overflow', dataWarning(bytes));
  }
}

function isWait(form: Form): boolean {
  return form.opcode.map === 0 && form.opcode.byte === 0x9b;
}
