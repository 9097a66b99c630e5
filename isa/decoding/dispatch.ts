/**
 * From opcode bytes to the forms that they may be, made once from the table. For each mode, encoding space, map and
 * opcode byte a {@link Node}; in it, by ModRM.reg and by whether ModRM.rm is a register, the few candidates that prefixes
 * and sizes then tell apart.
 */
import { type Form, Mode, type Opcode } from '../form';
import { type KindInfo, kindInfo } from '../operand-kinds';

/** A form with all that the decoder asks of it, flat. */
export interface Candidate {
  form: Form;
  /** -1 any, 0 none, 0x66, 0xF2, 0xF3; -2 none but 0x66, which is the operand size. */
  mandatory: number;
  /** 0 any. */
  operandSize: number;
  addressSize: number;
  /** In 64-bit mode the operand size is 64, or 16 with 0x66. */
  defaultSize64: boolean;
  /** -1 any. */
  w: number;
  l: number;
  fixedModrm: number;
  /** Not with REX.B: 90 is NOP only as long as its register is rAX. */
  notRexB: boolean;
  /** The encoding uses VEX.vvvv; where it does not, vvvv must be 1111b. */
  usesVvvv: boolean;
  operands: readonly KindInfo[];
  /** Operand letters (`M R V O I 4 -`) as character codes. */
  letters: readonly number[];
  immediates: Opcode['immediates'];
}

export interface Node {
  modrm: boolean;
  /** Without ModRM one list; with it sixteen, by ModRM.reg, those from 8 on with a register in ModRM.rm. */
  lists: Candidate[][];
}

function candidateOf(form: Form, longMode: boolean): Candidate {
  const { opcode } = form;
  const operands = form.operands.map(kindInfo);
  const general = operands.some((info) => info.file === 'gpr32' || info.file === 'gpr64');
  return {
    form,
    // The maps 0F 38 and 0F 3A are told apart by F2 and F3 throughout (SDM 2D A.3).
    mandatory: opcode.mandatory === -1 && opcode.map >= 2 ? -2 : opcode.mandatory,
    operandSize: opcode.operandSize,
    addressSize: opcode.addressSize,
    defaultSize64: opcode.defaultSize64,
    // Outside 64-bit mode VEX.W of general registers is ignored (SDM 2A 2.5, BMI).
    w: opcode.space !== 'legacy' && !longMode && general ? -1 : opcode.w,
    l: opcode.l,
    fixedModrm: opcode.fixedModrm,
    notRexB: opcode.space === 'legacy' && opcode.map === 0 && opcode.byte === 0x90 && !opcode.plusRegister,
    usesVvvv: form.operandEncoding.includes('V'),
    operands,
    letters: [...form.operandEncoding].map((letter) => letter.charCodeAt(0)),
    immediates: opcode.immediates,
  };
}

/** What ModRM.mod a form allows: bit 0 memory, bit 1 register. */
function modsOf(candidate: Candidate): number {
  const at = candidate.form.operandEncoding.indexOf('M');
  if (at < 0) return 3;
  const kind = candidate.operands[at];
  return kind.class === 'rm' ? 3 : kind.class === 'register' ? (isIgnoringMod(candidate.form) ? 3 : 2) : 1;
}

/** MOV of control, debug and test registers takes ModRM.rm as a register whatever ModRM.mod says (SDM 2B, MOV). */
function isIgnoringMod(form: Form): boolean {
  const { map, byte, space } = form.opcode;
  return space === 'legacy' && map === 1 && byte >= 0x20 && byte <= 0x26;
}

/** The more a candidate demands, the earlier it is asked. */
function demands(candidate: Candidate): number {
  return (
    (candidate.fixedModrm >= 0 || candidate.notRexB ? 8 : 0) +
    (candidate.mandatory > 0 ? 4 : candidate.mandatory === 0 ? 2 : 0) +
    (candidate.form.operandEncoding.includes('M') && modsOf(candidate) !== 3 ? 1 : 0)
  );
}

function hasModrm(form: Form): boolean {
  return form.opcode.digit >= 0 || form.opcode.fixedModrm >= 0;
}

/** The forms that a key of {@link Dispatch.node} can mean, in every mode. */
type Index = readonly (Form[] | undefined)[];

function buildIndex(forms: readonly Form[]): Index {
  const result: (Form[] | undefined)[] = new Array(2048).fill(undefined);
  for (const form of forms) {
    const { opcode } = form;
    if (form.encodeOnly || opcode.space === 'evex') continue;
    const base = ((opcode.space === 'vex' ? 1 : 0) << 10) | (opcode.map << 8);
    for (let r = 0; r < (opcode.plusRegister ? 8 : 1); r++) {
      const key = base | (opcode.byte + r);
      const list = result[key];
      if (list) list.push(form);
      else result[key] = [form];
    }
  }
  return result;
}

/** The dispatch of one mode; its nodes are made when first met. */
export class Dispatch {
  private static index: Index | undefined;
  private readonly index: Index;
  private readonly nodes: (Node | null | undefined)[] = new Array(2048).fill(undefined);

  constructor(
    forms: readonly Form[],
    private readonly bits: 16 | 32 | 64,
  ) {
    Dispatch.index ??= buildIndex(forms);
    this.index = Dispatch.index;
  }

  /**
   * The node of an opcode byte, `null` if no form of this mode begins so.
   * @param key `space << 10 | map << 8 | byte` (space 0 legacy, 1 VEX)
   */
  node(key: number): Node | null {
    const known = this.nodes[key];
    if (known !== undefined) return known;
    const made = this.makeNode(key);
    this.nodes[key] = made;
    return made;
  }

  private makeNode(key: number): Node | null {
    const mode = this.bits === 16 ? Mode.Bits16 : this.bits === 32 ? Mode.Bits32 : Mode.Bits64;
    const forms = this.index[key]?.filter((form) => (form.modes & mode) !== 0);
    if (!forms || forms.length === 0) return null;
    const node: Node = { modrm: false, lists: [] };
    for (const form of forms) place(node, candidateOf(form, this.bits === 64));
    // Stable: among equal demands the order of the table decides.
    for (const list of node.lists) list?.sort((a, b) => demands(b) - demands(a));
    return node;
  }
}

function place(node: Node, candidate: Candidate): void {
  if (!hasModrm(candidate.form)) {
    append(node, 0, candidate);
    return;
  }
  node.modrm = true;
  const { digit, fixedModrm } = candidate.form.opcode;
  const mods = fixedModrm >= 0 ? (fixedModrm >= 0xc0 ? 2 : 1) : modsOf(candidate);
  for (let reg = 0; reg < 8; reg++) {
    const wanted = fixedModrm >= 0 ? (fixedModrm >> 3) & 7 : digit;
    if (wanted !== 8 && wanted !== reg) continue;
    if (mods & 1) append(node, reg, candidate);
    if (mods & 2) append(node, 8 + reg, candidate);
  }
}

function append(node: Node, at: number, candidate: Candidate): void {
  const list = node.lists[at];
  if (list) list.push(candidate);
  else node.lists[at] = [candidate];
}
