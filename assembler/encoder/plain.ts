/**
 * A short cut for instructions as most are: a legacy opcode, registers, an address with registers and small numbers, no prefix
 * written. Operands are looked into once, the choice of the form and all that follows from it once for operands of the same
 * kind; then the bytes are put down directly. Whatever is not so plain is left to encode.ts, which is also what this is
 * tested against.
 */
import { type EffectiveAddress, encodeAddress } from './effective-address';
import type { EncodeContext, ParsedOperand } from './instruction';
import { findTemplate, Match } from './match';
import { type ClassedOperand, classify } from './operand-class';
import { byteRegisterWithoutRex } from './peculiarities';
import { operandShape } from './shape';
import type { Template } from './template';
import { templatesFor } from './templates';

/** An operand with all that its bytes are made from. */
export interface PlainOperand {
  readonly parsed: ParsedOperand;
  readonly classed: ClassedOperand;
  /** Operands of the same shape match the same form. */
  readonly shape: number;
  readonly address: EffectiveAddress | undefined;
  /** The displacement of memory, or the number that it is. */
  readonly number: number;
}

/** What the bytes of a form have in common, whatever registers and numbers there are. */
interface Plan {
  /** 0x66 and the mandatory prefix, 0 for none. */
  operandSizeByte: number;
  mandatory: number;
  rex: number;
  map: number;
  byte: number;
  fixedModrm: number;
  /** ModRM.reg where no register stands there; -1 without ModRM. */
  reg: number;
  /** Where each operand goes. */
  letters: string;
  immediateBytes: number;
  immediateSigned: boolean;
}

const files: readonly string[] = ['gpr8', 'gpr8high', 'gpr16', 'gpr32', 'gpr64', 'mm', 'xmm'];

/** They read their operands in ways of their own. */
const leftOut: ReadonlySet<string> = new Set(['lea', 'jmp', 'call']);

const immediateSizes: Partial<Record<string, number>> = { ib: 1, iw: 2, id: 4, iq: 8 };

/** Encodes what is plain in one mode. */
export class PlainEncoder {
  private readonly plans = new Map<string, Map<number, Plan | null>>();

  constructor(private readonly context: EncodeContext) {}

  /** The operand, if it is plain. */
  operand(parsed: ParsedOperand): PlainOperand | undefined {
    const { bits, defaultRel, optimization } = this.context;
    let address: EffectiveAddress | undefined;
    let number = 0;
    if (parsed.kind === 'far') return undefined;
    if (parsed.kind === 'memory') {
      if (parsed.absolute || parsed.segment !== undefined || parsed.addressSize !== 0) return undefined;
      const { displacement } = parsed;
      if (displacement.base !== undefined || displacement.segment || displacement.forward) return undefined;
      address = encodeAddress(parsed, { bits, addressSize: bits, defaultRel });
      if (address === undefined || address.warning !== '' || address.ripRelative) return undefined;
      number = Number(displacement.offset);
      const limit = 2 ** (8 * address.displacementBytes - 1);
      if (address.displacementBytes > 0 && !(number >= -limit && number < limit)) return undefined;
    } else if (parsed.kind === 'immediate') {
      const { value } = parsed;
      if (value.base !== undefined || value.segment || value.forward || parsed.distance !== undefined) return undefined;
      number = Number(value.offset);
      if (!Number.isSafeInteger(number)) return undefined;
    } else if (parsed.to) return undefined;
    const classed = classify(parsed, bits, bits, defaultRel, optimization > 0);
    if (classed.register !== undefined && !files.includes(classed.register.file)) return undefined;
    return { parsed, classed, shape: shapeOf(classed), address, number };
  }

  /**
   * Puts an instruction's bytes into `out` at `at`.
   * @returns how many they are; 0 where it is not plain after all
   */
  encode(mnemonic: string, operands: readonly PlainOperand[], out: Uint8Array, at: number): number {
    let key = 0;
    for (let i = 0; i < operands.length; i++) key = key * 0x2000 + operands[i].shape + 1;
    let plans = this.plans.get(mnemonic);
    if (plans === undefined) {
      plans = new Map();
      this.plans.set(mnemonic, plans);
    }
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = this.makePlan(mnemonic, operands) ?? null;
      plans.set(key, plan);
    }
    return plan === null ? 0 : this.put(plan, operands, out, at);
  }

  private makePlan(mnemonic: string, operands: readonly PlainOperand[]): Plan | undefined {
    const { bits, optimization, cpu, defaultBnd } = this.context;
    const templates = templatesFor(mnemonic)?.[operands.length];
    if (templates === undefined || cpu !== undefined || defaultBnd || optimization <= 1) return undefined;
    if (templates.some((template) => template.shortJump) || leftOut.has(mnemonic)) return undefined;
    const { template, outcome } = findTemplate({
      templates,
      // The search may write a guessed size into them.
      operands: operands.map(({ classed }) => ({ ...classed })),
      bits,
      encodingHint: '',
      optimizing: true,
      reachesShort: () => false,
    });
    return outcome === Match.Good && template !== undefined ? planOf(template, bits) : undefined;
  }

  private put(plan: Plan, operands: readonly PlainOperand[], out: Uint8Array, start: number): number {
    let { rex, reg } = plan;
    let needsRex = false;
    let forbidsRex = false;
    let rm = -1;
    let low = 0;
    let address: EffectiveAddress | undefined;
    let displacement = 0;
    let immediate = 0;
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      const { register } = operand.classed;
      const letter = plan.letters.charCodeAt(i);
      if (register === undefined) {
        if (operand.address !== undefined) {
          address = operand.address;
          displacement = operand.number;
          rex |= address.rex;
        } else if (letter === 73 /* I */) immediate = operand.number;
        continue;
      }
      const extended = register.index >= 8;
      if (letter === 77 /* M */) {
        rm = register.code;
        if (extended) rex |= 1;
      } else if (letter === 82 /* R */) {
        reg = register.code;
        if (extended) rex |= 4;
      } else if (letter === 79 /* O */) {
        low = register.code;
        if (extended) rex |= 1;
      }
      if (register.size === 8) {
        if (register.forbidsRex) forbidsRex = true;
        else if (register.index >= 4) needsRex = true;
      }
    }
    const usesRex = rex !== 0 || needsRex;
    if (usesRex && (forbidsRex || this.context.bits !== 64)) return 0;
    const size = plan.immediateBytes;
    if (size > 0 && size < 8) {
      // Whatever would be warned of, or fits in one way only, is not plain.
      const limit = 2 ** (8 * size - 1);
      if (immediate < -limit || immediate >= (plan.immediateSigned ? limit : 2 * limit)) return 0;
    }
    let at = start;
    if (plan.operandSizeByte !== 0) out[at++] = 0x66;
    if (plan.mandatory !== 0) out[at++] = plan.mandatory;
    if (usesRex) out[at++] = 0x40 | rex;
    if (plan.map > 0) {
      out[at++] = 0x0f;
      if (plan.map === 2) out[at++] = 0x38;
      else if (plan.map === 3) out[at++] = 0x3a;
    }
    out[at++] = plan.byte | low;
    if (plan.fixedModrm >= 0) out[at++] = plan.fixedModrm;
    else if (reg >= 0) {
      if (address === undefined) out[at++] = 0xc0 | (reg << 3) | Math.max(rm, 0);
      else {
        out[at++] = (address.mod << 6) | (reg << 3) | address.rm;
        if (address.sib >= 0) out[at++] = address.sib;
        for (let i = 0; i < address.displacementBytes; i++) out[at++] = displacement >> (8 * i);
      }
    }
    for (let i = 0; i < size && i < 4; i++) out[at++] = immediate >> (8 * i);
    if (size === 8) for (let i = 0; i < 4; i++) out[at++] = Math.floor(immediate / 0x100000000) >> (8 * i);
    return at - start;
  }
}

/**
 * Registers of one file match the same forms, but for those that forms name: the accumulator, CL, DX and XMM0. Those with the
 * numbers 0 to 2 and the high bytes count for themselves.
 */
function shapeOf(operand: ClassedOperand): number {
  const { register } = operand;
  if (register === undefined || register.index <= 2 || register.file === 'gpr8high') return operandShape(operand);
  return 0x400 | files.indexOf(register.file);
}

function planOf(template: Template, bits: 16 | 32 | 64): Plan | undefined {
  const { form, kinds, encoding, neverW } = template;
  const { opcode } = form;
  if (opcode.space !== 'legacy' || template.wait || template.doubled || template.repeatsByItself) return undefined;
  if (template.warning !== undefined || opcode.suffix >= 0 || opcode.addressSize !== 0) return undefined;
  if (opcode.mandatory < 0 && opcode.mandatory !== -1 && opcode.mandatory !== -2) return undefined;
  if (byteRegisterWithoutRex.has(form.mnemonic) || (opcode.map === 0 && opcode.byte === 0x9b)) return undefined;
  if (opcode.immediates.length > 1) return undefined;
  let immediateBytes = 0;
  let immediateSigned = false;
  for (let i = 0; i < encoding.length; i++) {
    const letter = encoding.charCodeAt(i);
    // M, R, O, I; `-` is an operand that no bytes tell.
    if (letter === 73) {
      const size = immediateSizes[opcode.immediates[0] ?? ''];
      if (kinds[i].class !== 'immediate' || size === undefined) return undefined;
      immediateBytes = size;
      immediateSigned = kinds[i].signed;
    } else if (letter !== 77 && letter !== 82 && letter !== 79 && letter !== 45) return undefined;
  }
  if (opcode.immediates.length !== (immediateBytes > 0 ? 1 : 0)) return undefined;
  const { operandSize } = opcode;
  const wide = !neverW && (opcode.w === 1 || (operandSize === 64 && !opcode.defaultSize64));
  return {
    operandSizeByte: (operandSize === 16 && bits !== 16) || (operandSize === 32 && bits === 16) ? 0x66 : 0,
    mandatory: Math.max(opcode.mandatory, 0),
    rex: wide ? 8 : 0,
    map: opcode.map,
    byte: opcode.byte,
    fixedModrm: opcode.fixedModrm,
    reg: opcode.digit < 0 ? -1 : opcode.digit < 8 ? opcode.digit : 0,
    letters: encoding,
    immediateBytes,
    immediateSigned,
  };
}
