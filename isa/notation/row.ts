/** One line of the notation: operands, opcode, attributes. */
import { type Form, Mode } from '../form';
import { type ParsedOpcode, readOpcode } from './opcode-column';
import type { ParsedOperands } from './operand-column';

/** One line of the notation. */
export class Row {
  lock = false;
  repeat: Form['repeat'] = 'none';
  modes: number = Mode.All;
  d64 = false;
  f64 = false;
  decodeOnly = false;
  encodeOnly = false;
  wait = false;
  optionalSecond = false;
  to = false;
  encoding: string | undefined;
  private parsed: ParsedOpcode | undefined;

  constructor(
    /** Opcode and attributes. */
    private readonly text: string,
    readonly operands: ParsedOperands,
    public feature: string,
  ) {}

  /** By which letter the row asks for sizes; `''` if it is one form. */
  sizes(): '' | 'v' | 'y' | 'z' {
    const own = this.operands.sizes;
    if (own === 'v' || own === 'y') return own;
    return this.text.startsWith('ov ') ? 'v' : this.text.startsWith('oz ') ? 'z' : own;
  }

  /** The opcode column. */
  opcodeColumn(): string {
    const bar = this.text.indexOf('|');
    return (bar < 0 ? this.text : this.text.slice(0, bar)).trim();
  }

  /** Reads opcode and attributes, once. */
  read(): ParsedOpcode {
    if (this.parsed === undefined) {
      const bar = this.text.indexOf('|');
      if (bar >= 0) this.readAttributes(this.text.slice(bar + 1));
      this.parsed = readOpcode(this.opcodeColumn());
    }
    return this.parsed;
  }

  private readAttributes(text: string): void {
    for (const word of text.split(' ')) {
      switch (word) {
        case '':
          break;
        case 'lock':
          this.lock = true;
          break;
        case 'rep':
        case 'repe':
          this.repeat = word;
          break;
        case 'legacy':
          this.modes = Mode.Legacy;
          break;
        case 'long':
          this.modes = Mode.Bits64;
          break;
        case 'd64':
          this.d64 = true;
          break;
        case 'f64':
          this.f64 = true;
          break;
        case 'decode':
          this.decodeOnly = true;
          break;
        case 'encode':
          this.encodeOnly = true;
          break;
        case 'wait':
          this.wait = true;
          break;
        case 'to':
          this.to = true;
          break;
        case 'two':
          this.optionalSecond = true;
          break;
        default:
          if (word.startsWith('feature:')) this.feature = word.slice(8);
          else if (word.startsWith('en:')) this.encoding = word.slice(3);
          else throw new Error(`unknown attribute: ${word}`);
      }
    }
  }
}
