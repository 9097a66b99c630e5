/** Random instances of the table's user-mode forms, encoded straight from their rows, and how their operands are reached. */
import type { Decoded } from '../../isa/decoded';
import { decode, isDecoded } from '../../isa/decoder';
import type { Form } from '../../isa/form';
import { Mode } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { allForms } from '../../isa/table';
import { isEnumerated } from '../../machine/cpu/enumerated';
import { fpuHelpers } from '../../machine/cpu/fpu/helpers';
import { semanticsOf } from '../../machine/cpu/semantics/table';
import { defaultProfile } from '../../machine/cpu/system/cpuid';
import { instructionHelpers } from '../../machine/cpu/system/helpers';
import { usesFloatState } from './fx-image';
import { BOUNDARY, CODE, FS_BASE, GS_BASE, START } from './layout';
import type { Random } from './random';

export type Bits = 32 | 64;

/**
 * What cannot be compared: calls of the kernel; what tells of the machine or its time; what the kernel does in the
 * instruction's stead (UMIP); state that this host's kernel leaves off.
 */
const excluded =
  /^(syscall|sysenter|sysexit|sysret|cpuid|rdtscp?|rdpmc|rdpid|rdrand|rdseed|xgetbv|sgdt|sidt|sldt|str|smsw|hlt|rdpkru|wrpkru|xsave|xsave64|xrstor|xrstor64|endbr(32|64)|vmcall|vmfunc|pause|rdssp[dq])$/;

const profile = defaultProfile();

const hasMeaning = (form: Form): boolean =>
  semanticsOf(form) !== undefined || fpuHelpers.has(form.mnemonic) || instructionHelpers.has(form.mnemonic);

/** Far JMP, CALL and RET, and IRET: they load CS. */
export const isFar = (form: Form): boolean =>
  /^(retf|iret[wdq]?)$/.test(form.mnemonic) || (/^(jmp|call)$/.test(form.mnemonic) && form.operands[0].includes(':'));

/** Forms whose results can be compared in a mode. Privileged ones are among them: their exception is compared. */
export const hostForms = (bits: Bits): readonly Form[] =>
  allForms().filter(
    (form) =>
      (form.modes & (bits === 64 ? Mode.Bits64 : Mode.Bits32)) !== 0 &&
      !form.encodeOnly &&
      form.opcode.space === 'legacy' &&
      isEnumerated(form, profile.features) &&
      hasMeaning(form) &&
      !excluded.test(form.mnemonic) &&
      !/^(vm|inv(ept|vpid))/.test(form.mnemonic),
  );

/** A register whose value makes an address: `address - displacement` goes into it. */
export interface Pointer {
  /** General register, -1 where the address is fixed. */
  base: number;
  index: number;
  scale: number;
  displacement: number;
  /** Linear address of offset 0 in the segment. */
  segmentBase: number;
  /** Bits of the address. */
  size: 16 | 32 | 64;
  /** What stands there: the operand, a source or destination string, the stack, a frame. */
  role: 'operand' | 'string' | 'stack';
}

/** One instruction to run in many states. */
export interface Instance {
  form: Form;
  bits: Bits;
  decoded: Decoded;
  code: Uint8Array;
  float: boolean;
  /** Changes or shows segment registers. */
  segments: boolean;
  pointers: Pointer[];
}

const isStackInstruction = /^(push|pop|call|ret|enter|leave)/;
const usesSegments = (form: Form): boolean =>
  isFar(form) ||
  form.operands.some((kind) => /^(sreg|[c-g]s|es|ss)$/.test(kind)) ||
  /^(l[defgs]s|(rd|wr)[fg]sbase)$/.test(form.mnemonic);

const segmentPrefixes = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** Linear address of a segment's start; the selectors are those that harness.c loads. */
const segmentBase = (segment: number): number => (segment === 4 ? FS_BASE : segment === 5 ? GS_BASE : 0);

/** Of code segments most of the time; those with a level of their own, data, null and nothing. */
export const codeSelectors = [
  0x23, 0x33, 0x23, 0x33, 0x23, 0x33, 0x20, 0x2b, 0x10, 0x13, 0, 3, 0x63, 0x43, 0x07, 0xfff8,
] as const;

interface Encoding {
  code: number[];
  /** Where a RIP-relative or absolute displacement stands, to be filled in: offset in `code`, -1 none. */
  fixup: number;
  ripRelative: boolean;
}

function modrmByMode(random: Random, reg: number, bits: Bits, short: boolean, extend: (bit: number) => void): Encoding {
  const result: Encoding = { code: [], fixup: -1, ripRelative: false };
  const out = result.code;
  const displacement = (mod: number, wide: number): void => {
    if (mod === 1) out.push(random.once(2) ? random.below(256) : random.below(16));
    else if (mod === 2) {
      const value = random.once(8) ? random.u32() : random.below(512) - 256;
      for (let i = 0; i < wide; i++) out.push((value >> (8 * i)) & 0xff);
    }
  };
  const mod = random.below(3);
  if (short) {
    let rm = random.below(8);
    if (mod === 0 && rm === 6) rm = 7;
    out.push((mod << 6) | (reg << 3) | rm);
    displacement(mod, 2);
    return result;
  }
  const rm = random.below(8);
  if (mod === 0 && rm === 5) {
    out.push((reg << 3) | 5);
    result.fixup = out.length;
    result.ripRelative = bits === 64;
    out.push(0, 0, 0, 0);
    return result;
  }
  out.push((mod << 6) | (reg << 3) | rm);
  if (bits === 64) extend(1);
  if (rm === 4) {
    const base = random.below(8);
    const index = random.below(8);
    if (bits === 64) extend(2);
    out.push((random.below(4) << 6) | (index << 3) | base);
    if (mod === 0 && base === 5) {
      result.fixup = out.length;
      out.push(0, 0, 0, 0);
      return result;
    }
  }
  displacement(mod, 4);
  return result;
}

const immediateBytes: Readonly<Record<string, number>> = { ib: 1, iw: 2, id: 4, iq: 8, cb: 1, cw: 2, cd: 4 };

function encodeImmediate(form: Form, kind: string, random: Random): number[] {
  if (kind.startsWith('cp')) return farPointer(kind === 'cp16' ? 2 : 4, random);
  // the kernel's own gate
  if (form.mnemonic === 'int') return [random.below(128) + 128 * random.below(2)].map((n) => (n === 0x80 ? 3 : n));
  const size = immediateBytes[kind] ?? 0;
  if (form.mnemonic === 'enter' && kind === 'iw') {
    return random.once(6) ? [random.below(256), random.below(256)] : [random.below(128), 0];
  }
  if (form.mnemonic === 'enter') return [random.once(3) ? 0 : random.below(64)];
  if (kind.startsWith('c') && size > 1 && !random.once(8)) {
    const near = random.below(0xe00) - 0x700;
    return Array.from({ length: size }, (_, i) => (near >> (8 * i)) & 0xff);
  }
  return Array.from({ length: size }, () => (random.once(3) ? random.pick([0, 0xff, 0x80, 1]) : random.below(256)));
}

/** Selectors of code and others, and what lies in the page of code. */
function farPointer(bytes: 2 | 4, random: Random): number[] {
  const target = START + 16 + random.below(1000);
  const selector = random.pick(codeSelectors);
  return [...Array.from({ length: bytes }, (_, i) => (target >> (8 * i)) & 0xff), selector & 0xff, selector >> 8];
}

/** A random instance of a form; undefined where the bytes turned out to be another form, or cannot be run. */
export function makeInstance(form: Form, bits: Bits, random: Random): Instance | undefined {
  const { opcode } = form;
  const prefixes: number[] = [];
  const classes = form.operands.map((kind) => kindInfo(kind).class);
  const mayMemory = classes.some((it) => it === 'rm' || it === 'memory');
  const mayRegister = !classes.includes('memory');
  const memory = opcode.digit >= 0 && mayMemory && (!mayRegister || random.once(2));
  const addressed =
    memory || form.repeat !== 'none' || /^(xlatb|maskmov)/.test(form.mnemonic) || classes.includes('offset');
  // LOCK where it is allowed, and once in a while where it is #UD
  if (random.once(form.lock ? 6 : 400)) prefixes.push(0xf0);
  if (form.repeat !== 'none' && random.once(2)) prefixes.push(random.once(3) ? 0xf2 : 0xf3);
  const short16 = opcode.addressSize === 16 || (bits === 32 && opcode.addressSize === 0 && addressed && random.once(5));
  const override = addressed && (short16 ? !random.once(6) : random.once(5));
  if (override) prefixes.push(short16 && !random.once(8) ? 0x64 : random.pick(segmentPrefixes));
  // the environment of the x87 has a form of 16 bits
  const environment = /^f(nstenv|ldenv|nsave|rstor)$/.test(form.mnemonic) && random.once(2);
  if (opcode.operandSize === 16 || environment) prefixes.push(0x66);
  let address: 16 | 32 | 64 = bits;
  if (
    short16 ||
    (bits === 64 && (opcode.addressSize === 32 || (opcode.addressSize === 0 && addressed && random.once(6))))
  ) {
    prefixes.push(0x67);
    address = bits === 64 ? 32 : 16;
  }
  if (opcode.mandatory > 0) prefixes.push(opcode.mandatory);
  // prefixes come in any order
  for (let i = prefixes.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [prefixes[i], prefixes[j]] = [prefixes[j], prefixes[i]];
  }
  let rex = 0;
  if (bits === 64) {
    if (opcode.w === 1 || (opcode.operandSize === 64 && !opcode.defaultSize64)) rex = 0x48;
    else if (random.once(3)) rex = 0x40;
  }
  const extend = (bit: number): void => {
    if (bits === 64 && random.once(2)) rex |= 0x40 | bit;
  };
  let tail: Encoding = { code: [], fixup: -1, ripRelative: false };
  if (opcode.digit >= 0) {
    const reg = opcode.digit === 8 ? random.below(8) : opcode.digit;
    if (opcode.digit === 8) extend(4);
    if (memory) tail = modrmByMode(random, reg, bits, address === 16, extend);
    else {
      tail.code.push(0xc0 | (reg << 3) | random.below(8));
      extend(1);
    }
  } else if (opcode.fixedModrm >= 0) tail.code.push(opcode.fixedModrm);
  let byte = opcode.byte;
  if (opcode.plusRegister) {
    byte |= random.below(8);
    extend(1);
  }
  const head = [...prefixes, ...(rex ? [rex] : [])];
  if (opcode.map >= 1) head.push(0x0f);
  if (opcode.map === 2) head.push(0x38);
  if (opcode.map === 3) head.push(0x3a);
  head.push(byte);
  const immediates = opcode.immediates.flatMap((kind) => encodeImmediate(form, kind, random));
  if (classes.includes('offset')) immediates.push(...offsetBytes(address, prefixes, random));
  const code = [...head, ...tail.code, ...immediates];
  if (tail.fixup >= 0) fixUp(code, head.length + tail.fixup, tail.ripRelative, prefixes, bits, random);
  return finish(form, bits, new Uint8Array(code));
}

/** An address in the window, for operands that no register addresses. */
function fixedAddress(random: Random, prefixes: readonly number[], bits: Bits): number {
  const at = random.once(4)
    ? BOUNDARY - random.below(16)
    : BOUNDARY - 192 + 16 * random.below(24) + (random.once(2) ? random.below(16) : 0);
  const segment = [0x64, 0x65].find((prefix) => prefixes.includes(prefix));
  void bits;
  return at - (segment === 0x64 ? FS_BASE : segment === 0x65 ? GS_BASE : 0);
}

function offsetBytes(address: number, prefixes: readonly number[], random: Random): number[] {
  const at = fixedAddress(random, prefixes, 64);
  return Array.from({ length: address / 8 }, (_, i) => (i < 4 ? (at >> (8 * i)) & 0xff : 0));
}

function fixUp(
  code: number[],
  at: number,
  relative: boolean,
  prefixes: readonly number[],
  bits: Bits,
  random: Random,
): void {
  const target = fixedAddress(random, prefixes, bits) - (relative ? START + code.length : 0);
  for (let i = 0; i < 4; i++) code[at + i] = (target >> (8 * i)) & 0xff;
}

function finish(form: Form, bits: Bits, code: Uint8Array): Instance | undefined {
  if (code.length > 15) return undefined;
  const decoded = decode(new Uint8Array([...code, 0xf4, 0xf4, 0xf4, 0xf4]), 0, bits);
  // LOCK where it must not be has no form: those are compared as they are
  const locked = decoded === undefined && code.includes(0xf0);
  if (!locked && (!isDecoded(decoded) || decoded.form !== form || decoded.length !== code.length)) return undefined;
  const pointers: Pointer[] = [];
  const instance: Instance = {
    form,
    bits,
    decoded: locked
      ? { form, length: code.length, operands: [], operandSize: 32, addressSize: bits, prefixes: noPrefixes }
      : (decoded as Decoded),
    code,
    float: usesFloatState(form),
    segments: usesSegments(form),
    pointers,
  };
  if (!addPointers(instance)) return undefined;
  return instance;
}

const noPrefixes = { lock: true, repeat: 0, segment: -1, operandSize: false, addressSize: false, rex: 0 } as const;

function addPointers(instance: Instance): boolean {
  const { form, decoded, bits, pointers } = instance;
  const { mnemonic } = form;
  const size = decoded.addressSize;
  const override = decoded.prefixes.segment;
  const data = (segment: number): number => (bits === 64 && segment < 4 ? 0 : segmentBase(segment));
  const implicit = (base: number, segment: number, role: Pointer['role'], bitsOfAddress: 16 | 32 | 64 = size): void => {
    pointers.push({
      base,
      index: -1,
      scale: 1,
      displacement: 0,
      segmentBase: data(segment),
      size: bitsOfAddress,
      role,
    });
  };
  implicit(4, 2, 'stack', bits);
  if (mnemonic === 'leave' || mnemonic === 'enter') implicit(5, 2, 'stack', bits);
  const source = override < 0 ? 3 : override;
  if (form.repeat !== 'none') {
    implicit(6, source, 'string');
    implicit(7, 0, 'string');
  }
  if (mnemonic === 'xlatb') implicit(3, source, 'operand');
  if (mnemonic.startsWith('maskmov')) implicit(7, source, 'operand');
  for (const operand of decoded.operands) {
    if (operand.kind === 'relative') {
      const target = decoded.length + operand.displacement;
      // back into the instruction: that would not end
      if (target >= 0 && target < decoded.length) return false;
    }
    if (operand.kind !== 'memory') continue;
    if (operand.base >= 0 && operand.base < 16 && operand.base === operand.index) return false;
    if (/^bt/.test(mnemonic)) {
      const index = decoded.operands[1];
      // the bit offset is part of the address
      if (index.kind === 'register' && (index.index === operand.base || index.index === operand.index)) return false;
    }
    pointers.push({
      base: operand.base === 16 ? -1 : operand.base,
      index: operand.index,
      scale: operand.scale,
      displacement: operand.displacement,
      segmentBase: data(operand.segment),
      size,
      role: 'operand',
    });
  }
  return true;
}

export { CODE, isStackInstruction };
