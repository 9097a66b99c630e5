/** Random instances of the table's user-mode forms in 64-bit mode, encoded straight from their rows. */
import { decode, isDecoded } from '../../isa/decoder';
import type { Form } from '../../isa/form';
import { Mode } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { forms } from '../../isa/table';
import { fpuHelpers } from '../../machine/cpu/fpu/helpers';
import { semanticsOf } from '../../machine/cpu/semantics/table';
import { plainImage, randomImage, randomVectors, usesFloatState } from './fx-image';
import type { Random } from './random';

export const MEMORY = 0x400700;
export const MEMORY_SIZE = 256;
export const CODE = 0x410000;

/** Control flow cannot return from the host's stub; what it computes is tested in guests. */
const excluded = /^(j|call|ret|loop|int[13o]?$|hlt)/;

/** Forms with a meaning of their own that the host can run one at a time. */
export const hostForms: readonly Form[] = forms.filter(
  (form) =>
    (form.modes & Mode.Bits64) !== 0 &&
    !form.encodeOnly &&
    form.opcode.space === 'legacy' &&
    (semanticsOf(form) !== undefined ||
      (fpuHelpers.has(form.mnemonic) &&
        form.operands.length + Number(form.opcode.fixedModrm >= 0 || form.opcode.map === 1) > 0)) &&
    !excluded.test(form.mnemonic) &&
    !form.operands.some((kind) => kind.startsWith('moffs')),
);

export interface TestCase {
  form: Form;
  code: number[];
  gpr: bigint[];
  flags: number;
  /** FXSAVE64 image: x87, MXCSR, XMM. */
  fx: Uint8Array;
  memory: Uint8Array;
}

/** Bytes of a form with random operands; memory operands point into the test memory by [rsi + rdi*1 + disp8] and the like. */
function encode(form: Form, random: Random, aligned: boolean): { code: number[]; usesMemory: boolean } {
  const { opcode } = form;
  const code: number[] = [];
  if (form.lock && random.below(8) === 0) code.push(0xf0);
  if (form.repeat !== 'none' && random.below(2) === 0) code.push(random.below(2) === 0 ? 0xf2 : 0xf3);
  // the environment of the x87 has a form of 16 bits
  const short = /^f(nstenv|ldenv|nsave|rstor)$/.test(form.mnemonic) && random.below(2) === 0;
  if (opcode.operandSize === 16 || short) code.push(0x66);
  if (opcode.mandatory === 0x66 || opcode.mandatory === 0xf2 || opcode.mandatory === 0xf3) code.push(opcode.mandatory);
  const wide = opcode.w === 1 || (opcode.operandSize === 64 && !opcode.defaultSize64);
  let modrm = -1;
  let tail: number[] = [];
  let usesMemory = form.operands.length === 0 && form.repeat !== 'none';
  let rex = wide ? 0x48 : random.below(3) === 0 ? 0x40 : 0;
  const extend = (bit: number): void => {
    if (random.below(2) === 0) rex |= 0x40 | bit;
  };
  if (opcode.digit >= 0) {
    const reg = opcode.digit === 8 ? random.below(8) : opcode.digit;
    if (opcode.digit === 8) extend(4);
    const classes = form.operands.map((kind) => kindInfo(kind).class);
    const mayMemory = classes.some((it) => it === 'rm' || it === 'memory');
    const mayRegister = !classes.includes('memory');
    if (mayMemory && (!mayRegister || random.below(2) === 0)) {
      usesMemory = true;
      // [rsi], [rsi+disp8], [rsi+rdi], [rdi+disp32]
      const shape = random.below(4);
      if (shape === 0) modrm = (reg << 3) | 6;
      else if (shape === 1) {
        modrm = 0x40 | (reg << 3) | 6;
        tail = [aligned ? 16 : random.below(16)];
      } else if (shape === 2) {
        modrm = (reg << 3) | 4;
        tail = [(random.below(4) << 6) | (4 << 3) | 6];
      } else {
        modrm = 0x80 | (reg << 3) | 6;
        tail = [aligned ? 16 : random.below(16), 0, 0, 0];
      }
    } else {
      modrm = 0xc0 | (reg << 3) | random.below(8);
      extend(1);
    }
  }
  let byte = opcode.byte;
  if (opcode.plusRegister) {
    byte |= random.below(8);
    extend(1);
  }
  if (rex) code.push(rex);
  if (opcode.map >= 1) code.push(0x0f);
  if (opcode.map === 2) code.push(0x38);
  if (opcode.map === 3) code.push(0x3a);
  code.push(byte);
  if (opcode.fixedModrm >= 0) code.push(opcode.fixedModrm);
  if (modrm >= 0) code.push(modrm, ...tail);
  for (const immediate of opcode.immediates) {
    const bytes = { ib: 1, iw: 2, id: 4, iq: 8 }[immediate as 'ib'] ?? 0;
    for (let i = 0; i < bytes; i++)
      code.push(random.below(3) === 0 ? [0, 0xff, 0x80, 1][random.below(4)] : random.below(256));
  }
  return { code, usesMemory };
}

/** A random case of a form; undefined where the bytes turned out to be another form. */
export function makeCase(form: Form, random: Random): TestCase | undefined {
  const vector = usesFloatState(form);
  // SSE operands in memory are aligned nearly always
  const aligned = vector && random.below(16) !== 0;
  const { code } = encode(form, random, aligned);
  const decoded = decode(new Uint8Array([...code, 0, 0, 0, 0]), 0, 64);
  if (!isDecoded(decoded) || decoded.form !== form || decoded.length !== code.length) return undefined;
  const gpr = Array.from({ length: 16 }, () => random.interesting());
  const middle = MEMORY + MEMORY_SIZE / 2;
  gpr[4] = BigInt(middle); // RSP
  gpr[6] = BigInt(middle - 16 + random.below(32)); // RSI
  gpr[7] = BigInt(middle - 16 + random.below(32)); // RDI
  if (aligned) for (const i of [6, 7]) gpr[i] &= ~15n;
  if (form.mnemonic === 'xlatb') gpr[3] = BigInt(MEMORY);
  if (form.mnemonic === 'leave') gpr[5] = BigInt(middle);
  if (form.repeat !== 'none') gpr[1] = BigInt(random.below(5));
  if (
    form.mnemonic.startsWith('bt') &&
    decoded.operands[0].kind === 'memory' &&
    decoded.operands[1].kind === 'register'
  ) {
    const index = decoded.operands[1].index;
    if (index === 4 || index === 6 || index === 7) return undefined;
    gpr[index] = BigInt.asUintN(64, BigInt(random.below(400) - 200));
  }
  const memory = new Uint8Array(MEMORY_SIZE);
  for (let i = 0; i < memory.length; i++)
    memory[i] = random.below(4) === 0 ? [0, 0xff, 0x80, 0x7f][random.below(4)] : random.below(256);
  if (vector) randomVectors(memory, form, random);
  const fx = vector ? randomImage(form, random) : plainImage();
  const df = form.repeat !== 'none' && random.below(2) === 0 ? 0x400 : 0;
  return { form, code, gpr, flags: (random.u32() & 0x8d5) | df | 0x202, fx, memory };
}
