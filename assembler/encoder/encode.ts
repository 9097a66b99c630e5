/**
 * From a parsed instruction to bytes, as NASM 2.16 chooses them. Where a field cannot be known yet (another section, an
 * external symbol) the bytes hold zero and a fixup says what belongs there.
 */
import type { Form, Opcode } from '../../isa/form';
import { type KindInfo, kindInfo } from '../../isa/operand-kinds';
import { type EffectiveAddress, encodeAddress } from './effective-address';
import type {
  EncodeContext,
  Encoded,
  EncodeError,
  Fixup,
  MemoryOperand,
  ParsedInstruction,
  ParsedOperand,
  Value,
} from './instruction';
import { findTemplate, Match } from './match';
import { dataWarning, overflows, overflowsSigned, signedWarning, writeNumber } from './numbers';
import { type ClassedOperand, classify, registerByName } from './operand-class';
import { byteRegisterWithoutRex } from './peculiarities';
import { noPrefixes, type PrefixSlots, repeatByte, segmentByte, sortPrefixes } from './prefix-slots';
import { sizeOfForm, type Template, templatesFor } from './template';

/** Tells an error from a result. */
export function isEncodeError(result: Encoded | EncodeError): result is EncodeError {
  return 'message' in result;
}

/** Is there an instruction of that name (lower case)? */
export function isMnemonic(name: string): boolean {
  return templatesFor(name) !== undefined;
}

const nothing: readonly never[] = [];

/** Encodes one instruction. */
export function encode(instruction: ParsedInstruction, context: EncodeContext): Encoded | EncodeError {
  return new Encoder(instruction, context).encode();
}

/** NASM's error, as an exception inside the encoder only. */
class Refusal extends Error {}

const rexW = 8;
const rexR = 4;
const rexB = 1;

/** Bytes of the instruction under construction: shared, because encoding is not reentrant. */
const buffer = new Uint8Array(32);

class Encoder {
  private length = 0;
  private slots: PrefixSlots = noPrefixes;
  private addressSize: 16 | 32 | 64;
  private fixups: Fixup[] | undefined;
  private warnings: Encoded['warnings'] | undefined;
  private operands: ClassedOperand[] = [];

  constructor(
    private readonly instruction: ParsedInstruction,
    private readonly context: EncodeContext,
  ) {
    this.addressSize = context.bits;
  }

  encode(): Encoded | EncodeError {
    const { instruction } = this;
    const set = templatesFor(instruction.mnemonic);
    if (set === undefined) return { message: 'parser: instruction expected', range: instruction.range };
    try {
      this.takePrefixes();
      const template = this.match(set[instruction.operands.length]);
      this.emit(template);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { message: error.message, range: instruction.range };
    }
    return {
      bytes: buffer.slice(0, this.length),
      fixups: this.fixups ?? (nothing as never),
      warnings: this.warnings ?? (nothing as never),
    };
  }

  private warn(code: string, message: string): void {
    this.warnings ??= [];
    this.warnings.push({ code, message, range: this.instruction.range });
  }

  // --- prefixes and address size -------------------------------------------------------------------------------------

  private takePrefixes(): void {
    const { instruction, context } = this;
    if (instruction.prefixes.length > 0) {
      const { slots, redundant, conflicting } = sortPrefixes(instruction.prefixes);
      if (conflicting) throw new Refusal('instruction has conflicting prefixes');
      if (redundant) this.warn('other', 'instruction has redundant prefixes');
      this.slots = slots;
    }
    const { operands } = instruction;
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      if (operand.kind !== 'memory') continue;
      if (operand.segment !== undefined) this.takeSegment(operand.segment);
      if (operand.addressSize) this.takeAddressSize(operand.addressSize);
    }
    this.chooseAddressSize(operands);
    if (context.bits === 64 && this.slots.segment !== '' && segmentByte(this.slots.segment) < 0x40) {
      this.warn('prefix-seg', `${this.slots.segment} segment base generated, but will be ignored in 64-bit mode`);
    }
  }

  private takeSegment(segment: string): void {
    if (this.slots.segment !== '') throw new Refusal('instruction has conflicting segment overrides');
    this.slots = { ...this.slots, segment };
  }

  private takeAddressSize(size: number): void {
    const name = `a${size}`;
    if (this.slots.addressSize !== '' && this.slots.addressSize !== name)
      throw new Refusal('instruction has conflicting prefixes');
    this.slots = { ...this.slots, addressSize: name };
  }

  /** The address size that all memory operands and prefixes allow; the mode's own if it is among them. */
  private chooseAddressSize(operands: readonly ParsedOperand[]): void {
    const { bits } = this.context;
    let valid = bits === 64 ? 64 | 32 : 32 | 16;
    switch (this.slots.addressSize) {
      case '':
        break;
      case 'asp':
        valid &= bits === 32 ? 16 : 32;
        break;
      default:
        valid &= Number(this.slots.addressSize.slice(1));
    }
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      if (operand.kind === 'memory') valid &= this.addressSizesOf(operand);
    }
    const other = bits === 32 ? 16 : 32;
    if (valid & bits) this.addressSize = bits;
    else if (valid & other) this.addressSize = other;
    else throw new Refusal('impossible combination of address sizes');
    if (this.addressSize !== bits && this.slots.addressSize === '')
      this.slots = { ...this.slots, addressSize: `a${this.addressSize}` };
  }

  /** Address sizes that a memory operand allows, as a bit set of the sizes themselves. */
  private addressSizesOf(operand: MemoryOperand): number {
    const { base, index, displacementSize } = operand;
    if (base === undefined && index === undefined) {
      if (this.context.bits === 64) return displacementSize === 16 ? 16 : -1;
      return displacementSize > 8 ? displacementSize : -1;
    }
    let valid = -1;
    for (const name of [base, index]) {
      if (name === undefined) continue;
      const register = registerByName(name);
      if (register.file.startsWith('gpr')) valid &= register.size;
    }
    return valid;
  }

  // --- choice of the template ----------------------------------------------------------------------------------------

  private match(templates: readonly Template[] | undefined): Template {
    const { instruction, context } = this;
    if (templates === undefined) throw new Refusal('invalid combination of opcode and operands');
    const parsed = instruction.mnemonic === 'lea' ? instruction.operands.map(asAddress) : instruction.operands;
    for (let i = 0; i < parsed.length; i++) {
      this.operands.push(
        classify(parsed[i], context.bits, this.addressSize, context.defaultRel, context.optimization > 0),
      );
    }
    const { template, outcome } = findTemplate({
      templates,
      operands: this.operands,
      bits: context.bits,
      encodingHint: instruction.encodingHint,
      reachesShort: (candidate) => this.reachesShort(candidate),
    });
    if (template === undefined) throw new Refusal(this.messageOf(outcome));
    if (context.cpu !== undefined && !context.cpu.has(template.form.feature))
      throw new Refusal('no instruction for this cpu level');
    return template;
  }

  private messageOf(outcome: number): string {
    switch (outcome) {
      case Match.SizeMissing:
        return 'operation size not specified';
      case Match.SizeMismatch:
        return 'mismatch in operand sizes';
      case Match.BadMode:
        return `instruction not supported in ${this.context.bits}-bit mode`;
      case Match.Encoding:
        return `instruction not encodable with {${this.instruction.encodingHint}} prefix`;
      default:
        return 'invalid combination of opcode and operands';
    }
  }

  /** Is the target in reach of the two-byte jump? Nothing known means yes, as in NASM's first pass. */
  private reachesShort(template: Template): boolean {
    const { context } = this;
    if (context.optimization === 0) return false;
    const target = this.operands[0].parsed;
    if (target.kind !== 'immediate' || target.strict) return false;
    if (target.value.forward) return true;
    if (target.value.base !== context.address.base || target.value.segment) return false;
    const length = this.prefixLength(template) + 2;
    const distance = target.value.offset - context.address.offset - BigInt(length);
    return distance >= -128n && distance <= 127n;
  }

  private prefixLength(template: Template): number {
    const { slots, context } = this;
    let length = slots.wait ? 1 : 0;
    if (repeatByte(slots.repeat) !== 0 && !(slots.repeat === 'bnd' && template.form.opcode.byte === 0xeb)) length++;
    if (slots.lock) length++;
    if (slots.segment !== '') length++;
    if (this.operandSizeByte(template.form)) length++;
    if (this.addressSizeByte()) length++;
    if (this.formNeedsAddressSize(template.form)) length++;
    if (slots.operandSize === 'o64' && context.bits === 64) length++;
    return length;
  }

  // --- bytes ---------------------------------------------------------------------------------------------------------

  private put(byte: number): void {
    buffer[this.length++] = byte;
  }

  /** 0x66 where the form or a written prefix asks for it. */
  private operandSizeByte(form: Form): boolean {
    const { bits } = this.context;
    switch (this.slots.operandSize) {
      case 'o16':
        return bits !== 16;
      case 'o32':
        return bits === 16;
      case 'osp':
        return true;
      case 'o64':
        return false;
    }
    const { operandSize } = form.opcode;
    return operandSize === 16 ? bits !== 16 : operandSize === 32 && bits === 16;
  }

  private addressSizeByte(): boolean {
    const { bits } = this.context;
    switch (this.slots.addressSize) {
      case 'a16':
        return bits !== 16;
      case 'a32':
        return bits !== 32;
      case 'asp':
        return true;
    }
    return false;
  }

  /** The form's own address size (JECXZ), beside what was written. */
  private formNeedsAddressSize(form: Form): boolean {
    const { bits } = this.context;
    const { addressSize } = form.opcode;
    if (addressSize === 0 || addressSize === 64 || addressSize === bits) return false;
    return this.slots.addressSize !== `a${addressSize}`;
  }

  private emit(template: Template): void {
    const { form } = template;
    const { opcode } = form;
    const { bits } = this.context;
    const sources = this.operandsOf(template);
    this.checkOperandSizePrefix(form);
    let rex = this.rexOfSize(template);
    let needsRex = this.instruction.encodingHint === 'rex';
    let forbidsRex = false;
    let modrmReg: number = opcode.digit >= 0 && opcode.digit < 8 ? opcode.digit : 0;
    let modrmRegister = -1;
    let address: EffectiveAddress | undefined;
    let memory: MemoryOperand | undefined;
    let opcodeRegister = 0;
    let vvvv = 0;
    let lockAsRex = false;
    const { operandEncoding } = form;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i];
      const { register } = source;
      switch (operandEncoding.charCodeAt(i)) {
        case 77: // M
          if (register !== undefined) {
            modrmRegister = register.code;
            if (register.index >= 8) rex |= rexB;
          } else {
            memory = source.parsed as MemoryOperand;
            address = this.encodeMemory(memory);
            rex |= address.rex;
          }
          break;
        case 82: // R
          modrmReg = register!.code;
          if (register!.index >= 8) {
            if (register!.file === 'control' && bits !== 64) lockAsRex = true;
            else rex |= rexR;
          }
          break;
        case 68: // D: one register in both fields
          modrmReg = register!.code;
          modrmRegister = modrmReg;
          if (register!.index >= 8) rex |= rexR | rexB;
          break;
        case 79: // O
          opcodeRegister = register!.code;
          if (register!.index >= 8) rex |= rexB;
          break;
        case 86: // V
          vvvv = register!.index;
          break;
      }
      if (register !== undefined && (register.file === 'gpr8' || register.file === 'gpr8high')) {
        if (byteRegisterWithoutRex.has(form.mnemonic)) {
          if (register.forbidsRex) throw new Refusal('instruction cannot use high registers');
        } else if (register.forbidsRex) forbidsRex = true;
        else if (register.index >= 4) needsRex = true;
      }
    }
    if (this.instruction.encodingHint === 'rex' && (bits !== 64 || opcode.space !== 'legacy'))
      throw new Refusal('instruction not encodable with {rex} prefix');
    if (forbidsRex && (rex !== 0 || needsRex)) throw new Refusal('cannot use high byte register in rex instruction');
    if (bits !== 64 && (rex !== 0 || needsRex || vvvv >= 8)) throw new Refusal('invalid operands in non-64-bit mode');
    this.putPrefixes(template, lockAsRex, memory !== undefined);
    if (opcode.space === 'vex') this.putVex(opcode, rex, vvvv);
    else this.putLegacyOpcode(opcode, rex, needsRex);
    this.put(opcode.byte | opcodeRegister);
    if (opcode.fixedModrm >= 0) this.put(opcode.fixedModrm);
    else if (opcode.digit >= 0) this.putModrm(modrmReg, modrmRegister, address, memory, this.immediateBytes(opcode));
    this.putImmediates(form, sources);
    if (opcode.suffix >= 0) this.put(opcode.suffix);
  }

  /** The operands as the form has them: one written operand can serve as two. */
  private operandsOf(template: Template): readonly ClassedOperand[] {
    if (!template.doubled) return this.operands;
    return [this.operands[0], ...this.operands];
  }

  private checkOperandSizePrefix(form: Form): void {
    const written = this.slots.operandSize;
    if (written === '' || written === 'osp') return;
    const size = form.opcode.operandSize;
    if (size !== 0 && written !== `o${size}`)
      this.warn('prefix-opsize', `invalid operand size prefix, must be o${size}`);
  }

  /** REX.W where the form or `o64` asks for it. */
  private rexOfSize(template: Template): number {
    const { opcode } = template.form;
    if (opcode.space !== 'legacy' || template.neverW) return 0;
    if (this.slots.operandSize === 'o64' || opcode.w === 1) return rexW;
    return opcode.operandSize === 64 && !opcode.defaultSize64 ? rexW : 0;
  }

  private encodeMemory(memory: MemoryOperand): EffectiveAddress {
    const { context } = this;
    const address = encodeAddress(memory, {
      bits: context.bits,
      addressSize: this.addressSize,
      defaultRel: context.defaultRel,
    });
    if (address === undefined) throw new Refusal(`invalid ${context.bits}-bit effective address`);
    if (address.warning !== '')
      this.warn(address.warning.startsWith('absolute') ? 'ea-absolute' : 'ea-dispsize', address.warning);
    return address;
  }

  private putPrefixes(template: Template, lockAsRex: boolean, memory: boolean): void {
    const { slots } = this;
    const { form } = template;
    if (slots.wait || form.wait) this.put(0x9b);
    const repeat = this.repeatOf(template);
    if (repeat !== 0) this.put(repeat);
    if (slots.lock || lockAsRex) this.put(0xf0);
    if (slots.lock && !(form.lock && memory && form.operandEncoding[0] === 'M'))
      this.warn('prefix-lock', 'instruction is not lockable');
    if (slots.segment !== '') this.put(segmentByte(slots.segment));
    if (this.operandSizeByte(form)) this.put(0x66);
    if (this.addressSizeByte()) this.put(0x67);
    if (this.formNeedsAddressSize(form)) this.put(0x67);
  }

  private repeatOf(template: Template): number {
    const { repeat } = this.slots;
    const { form } = template;
    const bindable = this.takesBnd(form);
    if (repeat === '') return this.context.defaultBnd && bindable && form.opcode.byte !== 0xeb ? 0xf2 : 0;
    if (repeat === 'bnd' || repeat === 'nobnd') {
      if (!bindable) throw new Refusal('bnd prefix is not allowed');
      if (repeat === 'bnd' && form.opcode.byte === 0xeb) {
        this.warn('other', 'jmp short does not init bnd regs - bnd prefix dropped.');
        return 0;
      }
    }
    if (bindable && !template.shortJump && (repeat === 'repne' || repeat === 'repnz'))
      throw new Refusal(`${repeat} prefix is not allowed`);
    return repeatByte(repeat);
  }

  /** Near branches, which BND can stand before. */
  private takesBnd(form: Form): boolean {
    const { mnemonic, operands } = form;
    if (mnemonic === 'ret' || mnemonic === 'retn') return true;
    if (mnemonic === 'jmp' || mnemonic === 'call') {
      return !operands[0].startsWith('ptr') && !operands[0].startsWith('m16:');
    }
    return mnemonic[0] === 'j' && operands[0].startsWith('rel') && mnemonic !== 'jmpe' && !mnemonic.endsWith('cxz');
  }

  private putLegacyOpcode(opcode: Opcode, rex: number, needsRex: boolean): void {
    if (opcode.mandatory > 0) this.put(opcode.mandatory);
    if (rex !== 0 || needsRex) this.put(0x40 | rex);
    if (opcode.map > 0) {
      this.put(0x0f);
      if (opcode.map === 2) this.put(0x38);
      else if (opcode.map === 3) this.put(0x3a);
    }
  }

  private putVex(opcode: Opcode, rex: number, vvvv: number): void {
    const hint = this.instruction.encodingHint;
    const w = opcode.w === 1 ? 1 : 0;
    const l = opcode.l === 1 ? 1 : 0;
    const pp = opcode.mandatory === 0x66 ? 1 : opcode.mandatory === 0xf3 ? 2 : opcode.mandatory === 0xf2 ? 3 : 0;
    const low = ((~vvvv & 15) << 3) | (l << 2) | pp;
    const r = rex & rexR ? 0 : 0x80;
    const short = opcode.map === 1 && w === 0 && (rex & 3) === 0;
    if (!short && hint === 'vex2') throw new Refusal('instruction not encodable with {vex2} prefix');
    if (short && hint !== 'vex3') {
      this.put(0xc5);
      this.put(r | low);
      return;
    }
    this.put(0xc4);
    this.put(r | (rex & 2 ? 0 : 0x40) | (rex & rexB ? 0 : 0x20) | opcode.map);
    this.put((w << 7) | low);
  }

  private immediateBytes(opcode: Opcode): number {
    let bytes = opcode.suffix >= 0 ? 1 : 0;
    for (const format of opcode.immediates) bytes += this.bytesOf(format);
    return bytes;
  }

  private bytesOf(format: Opcode['immediates'][number]): number {
    switch (format) {
      case 'ib':
      case 'cb':
      case 'is4':
        return 1;
      case 'iw':
      case 'cw':
        return 2;
      case 'id':
      case 'cd':
      case 'cp16':
        return 4;
      case 'iq':
        return 8;
      case 'cp32':
        return 6;
      case 'ow':
        return this.addressSize >> 3;
    }
  }

  private putModrm(
    reg: number,
    register: number,
    address: EffectiveAddress | undefined,
    memory: MemoryOperand | undefined,
    trailing: number,
  ): void {
    if (address === undefined || memory === undefined) {
      this.put(0xc0 | (reg << 3) | Math.max(register, 0));
      return;
    }
    this.put((address.mod << 6) | (reg << 3) | address.rm);
    if (address.sib >= 0) this.put(address.sib);
    const bytes = address.displacementBytes;
    if (bytes === 0) return;
    if (address.ripRelative) this.putRelative(memory.displacement, 4, this.length + 4 + trailing);
    else {
      this.checkDisplacement(memory.displacement, bytes);
      this.putValue(memory.displacement, bytes, this.context.bits === 64);
    }
  }

  private checkDisplacement(value: Value, bytes: number): void {
    if (value.base !== undefined || value.forward) return;
    const outside = bytes === 1 ? overflowsSigned(value.offset, 1) : overflows(value.offset, bytes);
    const high = bytes === 4 && this.context.bits === 64 && overflowsSigned(value.offset, 4);
    if (outside || high) this.warn('number-overflow', dataWarning(bytes));
  }

  private putImmediates(form: Form, sources: readonly ClassedOperand[]): void {
    const { immediates } = form.opcode;
    if (immediates.length === 0) return;
    let next = 0;
    const { operandEncoding } = form;
    for (let i = 0; i < sources.length; i++) {
      const letter = operandEncoding.charCodeAt(i);
      if (letter === 52 /* 4 */) {
        this.put(sources[i].register!.index << 4);
        next++;
      } else if (letter === 73 /* I */) {
        this.putImmediate(form, kindInfo(form.operands[i]), immediates[next++], sources[i]);
      }
    }
  }

  private putImmediate(form: Form, info: KindInfo, format: Opcode['immediates'][number], source: ClassedOperand): void {
    const { parsed } = source;
    const bytes = this.bytesOf(format);
    if (parsed.kind === 'far') {
      this.putFar(parsed, info);
    } else if (parsed.kind === 'memory') {
      this.checkDisplacement(parsed.displacement, bytes);
      this.putValue(parsed.displacement, bytes, false);
    } else if (parsed.kind === 'immediate') {
      if (info.class === 'relative') this.putBranch(form, parsed.value, bytes);
      else if (info.class === 'far') this.putFarTarget(parsed.value, info);
      else {
        this.checkImmediate(form, info, parsed.value, bytes);
        this.putValue(parsed.value, bytes, info.signed && bytes === 4);
      }
    }
  }

  private checkImmediate(form: Form, info: KindInfo, value: Value, bytes: number): void {
    if (value.base !== undefined || value.forward) return;
    const { offset } = value;
    if (info.signed && bytes === 1) {
      // A sign-extended byte also stands for the same pattern of the operand size: 0xFFF0 as a word.
      const width = sizeOfForm(form) === 16 ? 16 : sizeOfForm(form) === 64 ? 64 : 32;
      if (overflowsSigned(BigInt.asIntN(width, offset), 1)) this.warn('number-overflow', signedWarning(1));
    } else if (info.signed && bytes === 4) {
      if (overflowsSigned(offset, 4)) this.warn('number-overflow', 'signed dword immediate exceeds bounds');
    } else if (overflows(offset, bytes)) {
      this.warn('number-overflow', dataWarning(bytes));
    }
  }

  private putFar(parsed: Extract<ParsedOperand, { kind: 'far' }>, info: KindInfo): void {
    this.putValue(parsed.offset, info.size >> 3, false);
    this.putValue(parsed.segment, 2, false);
  }

  /** `jmp far x`: the offset of a symbol, then the segment it lies in. */
  private putFarTarget(value: Value, info: KindInfo): void {
    this.putValue(value, info.size >> 3, false);
    this.putValue({ ...value, offset: 0n, segment: true }, 2, false);
  }

  private putBranch(form: Form, value: Value, bytes: number): void {
    const start = this.length;
    this.putRelative(value, bytes, start + bytes);
    if (bytes !== 1 || value.forward || value.base !== this.context.address.base) return;
    const distance = value.offset - this.context.address.offset - BigInt(start + bytes);
    if (form.operands[0] === 'rel8' && (distance < -128n || distance > 127n))
      throw new Refusal('short jump is out of range');
  }

  /** A field that counts from the end of the instruction, which is at `end` bytes from its beginning. */
  private putRelative(value: Value, bytes: number, end: number): void {
    const { address } = this.context;
    if (value.forward) {
      writeNumber(buffer, this.length, 0n, bytes);
    } else if (value.base === address.base && !value.segment) {
      writeNumber(buffer, this.length, value.offset - address.offset - BigInt(end), bytes);
    } else {
      const target = absoluteOf(value);
      const own = absoluteOf(address);
      const known = target !== undefined && own !== undefined;
      writeNumber(buffer, this.length, known ? target - own - BigInt(end) : 0n, bytes);
      this.addFixup({ offset: this.length, size: bytes, value, relative: true, signed: true });
    }
    this.length += bytes;
  }

  private putValue(value: Value, bytes: number, signed: boolean): void {
    const known = absoluteOf(value);
    writeNumber(buffer, this.length, value.forward || known === undefined ? 0n : known, bytes);
    if (value.base !== undefined || value.segment)
      this.addFixup({ offset: this.length, size: bytes, value, relative: false, signed });
    this.length += bytes;
  }

  private addFixup(fixup: Fixup): void {
    this.fixups ??= [];
    this.fixups.push(fixup);
  }
}

/** The number that a value is, where that is known before linking. */
function absoluteOf(value: Value): bigint | undefined {
  if (value.segment) return undefined;
  if (value.base === undefined) return value.offset;
  return value.base.address === undefined ? undefined : value.base.address + value.offset;
}

/** NASM takes `lea eax, x` as `lea eax, [x]`. */
function asAddress(operand: ParsedOperand, position: number): ParsedOperand {
  if (operand.kind !== 'immediate' || position === 0) return operand;
  return {
    kind: 'memory',
    size: operand.size,
    scale: 1,
    displacement: operand.value,
    absolute: true,
    relative: false,
    displacementSize: 0,
    addressSize: 0,
    nosplit: false,
    strict: operand.strict,
    far: false,
    near: false,
    range: operand.range,
  };
}
