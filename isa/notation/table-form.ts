/** A form of the table, which reads its row when something of it is asked for. */
import { type Form, type Instruction, Mode, type Opcode, type OperandKind } from '../form';
import type { Immediate } from './opcode-column';
import { operandEncoding } from './operand-column';
import type { Row } from './row';

const sizedImmediates: Record<string, readonly [Immediate, Immediate, Immediate]> = {
  iz: ['iw', 'id', 'id'],
  iv: ['iw', 'id', 'iq'],
  cz: ['cw', 'cd', 'cd'],
  cpz: ['cp16', 'cp32', 'cp32'],
};

/** Processor generations that come before the 386, whose 32-bit forms need a 386. */
const before386 = new Set(['8086', '186', '286']);
const before64 = new Set(['8086', '186', '286', '386', '486', 'PENTIUM', 'P6']);

function copyOpcode(opcode: Opcode): Opcode {
  return {
    space: opcode.space,
    map: opcode.map,
    byte: opcode.byte,
    fixedModrm: opcode.fixedModrm,
    mandatory: opcode.mandatory,
    operandSize: opcode.operandSize,
    addressSize: opcode.addressSize,
    defaultSize64: opcode.defaultSize64,
    w: opcode.w,
    l: opcode.l,
    digit: opcode.digit,
    plusRegister: opcode.plusRegister,
    suffix: opcode.suffix,
    immediates: [],
  };
}

/** A form of a row at one operand size. Many are never looked at, so that everything is read when asked for. */
export class TableForm implements Form {
  private index = -1;
  private ownOpcode: Opcode | undefined;

  constructor(
    private readonly number: () => void,
    readonly instruction: Instruction,
    private readonly row: Row,
    private readonly column: 0 | 1 | 2,
    /** The operand size that made this form of the row, 0 where the row is one form. */
    private readonly size: 0 | 16 | 32 | 64,
  ) {}

  get id(): number {
    if (this.index < 0) this.number();
    return this.index;
  }

  set id(index: number) {
    this.index = index;
  }

  get mnemonic(): string {
    return this.instruction.mnemonic;
  }

  get operands(): readonly OperandKind[] {
    return this.row.operands.kinds[this.column];
  }

  get operandEncoding(): string {
    const { opcode } = this.row.read();
    return this.row.encoding ?? operandEncoding(this.row.operands, opcode);
  }

  get opcode(): Opcode {
    if (this.ownOpcode === undefined) this.ownOpcode = this.makeOpcode();
    return this.ownOpcode;
  }

  private makeOpcode(): Opcode {
    const { row, size } = this;
    const { opcode: general, immediates } = row.read();
    // A row without sizes is one form, and what was read is its own.
    const opcode = size === 0 ? general : copyOpcode(general);
    for (const word of immediates) opcode.immediates.push(sizedImmediates[word]?.[this.column] ?? (word as Immediate));
    if (size === 0) {
      if (row.f64 || (row.d64 && opcode.operandSize === 64)) opcode.defaultSize64 = true;
    } else if (row.sizes() === 'y') opcode.w = size === 64 ? 1 : 0;
    else if (row.f64 && size === 64) opcode.defaultSize64 = true;
    else {
      opcode.operandSize = size;
      opcode.defaultSize64 = row.d64 && size === 64;
    }
    return opcode;
  }

  get modes(): number {
    const { opcode } = this.row.read();
    const { size, row } = this;
    let { modes } = row;
    // VEX.W exists in every mode, REX.W only in 64-bit mode.
    const rexW = opcode.w === 1 && opcode.space === 'legacy';
    if (size === 64 || opcode.operandSize === 64 || rexW || opcode.addressSize === 64) modes &= Mode.Bits64;
    else if (size !== 0 && (row.f64 || (row.d64 && size === 32))) modes &= Mode.Legacy;
    return modes;
  }

  get feature(): string {
    const size = this.size || this.row.read().opcode.operandSize;
    const { feature } = this.row;
    if (size === 64 && before64.has(feature)) return 'X86_64';
    return size === 32 && before386.has(feature) ? '386' : feature;
  }

  get lock(): boolean {
    this.row.read();
    return this.row.lock;
  }

  get repeat(): Form['repeat'] {
    this.row.read();
    return this.row.repeat;
  }

  get decodeOnly(): boolean {
    this.row.read();
    return this.row.decodeOnly;
  }

  get encodeOnly(): boolean {
    this.row.read();
    return this.row.encodeOnly;
  }

  get wait(): boolean {
    this.row.read();
    return this.row.wait;
  }

  get to(): boolean {
    this.row.read();
    return this.row.to;
  }

  get optionalSecond(): boolean {
    this.row.read();
    return this.row.optionalSecond;
  }

  /** The opcode column with sizes put in for the templates. */
  get notation(): string {
    const words = this.row.opcodeColumn().split(/ +/);
    const sized = words.filter((word) => word !== 'ov' && word !== 'oz').map((word) => this.immediateWord(word));
    const { row } = this;
    const rexW = this.size === 64 && row.read().opcode.space === 'legacy' && !row.d64 && !row.f64;
    return (rexW ? 'REX.W ' : '') + sized.join(' ');
  }

  private immediateWord(word: string): string {
    const immediate = sizedImmediates[word]?.[this.column];
    if (immediate === undefined) return word;
    // The manual's names: io for 8 bytes, cd and cp for far pointers of 4 and 6.
    return immediate === 'cp16' ? 'cd' : immediate === 'cp32' ? 'cp' : immediate === 'iq' ? 'io' : immediate;
  }
}
