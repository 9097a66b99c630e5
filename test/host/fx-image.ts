/** x87, MXCSR and XMM registers of test cases, as the FXSAVE64 image (SDM 1 table 10-2). */
import type { Form } from '../../isa/form';
import { setControl, setStatus, setTags } from '../../machine/cpu/fpu/x87-state';
import { State } from '../../machine/cpu/layout';
import type { Processor } from '../../machine/cpu/processor';
import type { Random } from './random';

const BYTES = 512;
const MXCSR = 24;
const ST = 32;
const XMM = 160;

const floatFeatures = /^(FPU|MMX|SSE|SSSE|286|387|P6|CMOV)/;

export const isX87 = (form: Form): boolean =>
  form.opcode.map === 0 && ((form.opcode.byte >= 0xd8 && form.opcode.byte <= 0xdf) || form.mnemonic === 'fwait');

/** Whether the form reads or writes x87, MMX or XMM registers. */
export const usesFloatState = (form: Form): boolean =>
  isX87(form) || (form.opcode.map >= 1 && floatFeatures.test(form.feature) && !/^cmov/.test(form.mnemonic));

/** Masked exceptions, everything zero and empty. */
export function plainImage(): Uint8Array {
  const fx = new Uint8Array(BYTES);
  const view = new DataView(fx.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(MXCSR, 0x1f80, true);
  return fx;
}

/** A number of `exponentBits` and `fractionBits` at the edges of its format half of the time. */
function floatBits(random: Random, exponentBits: number, fractionBits: number): bigint {
  const most = (1 << exponentBits) - 1;
  const bias = most >> 1;
  const exponents = [
    0,
    0,
    1,
    2,
    most,
    most - 1,
    bias,
    bias,
    bias + 1,
    bias - 1,
    bias + fractionBits,
    bias + 31,
    bias + 63,
  ];
  let exponent: number;
  switch (random.below(4)) {
    case 0:
      exponent = random.below(most + 1);
      break;
    case 1:
      exponent = bias - 70 + random.below(140);
      break;
    default:
      exponent = exponents[random.below(exponents.length)];
  }
  exponent = Math.max(0, Math.min(most, exponent));
  const all = (1n << BigInt(fractionBits)) - 1n;
  const wide = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  let fraction: bigint;
  switch (random.below(6)) {
    case 0:
      fraction = 0n;
      break;
    case 1:
      fraction = all;
      break;
    case 2:
      fraction = 1n << BigInt(random.below(fractionBits));
      break;
    case 3:
      fraction = all ^ (1n << BigInt(random.below(fractionBits)));
      break;
    default:
      fraction = wide & all;
  }
  const sign = BigInt(random.below(2));
  return (((sign << BigInt(exponentBits)) | BigInt(exponent)) << BigInt(fractionBits)) | fraction;
}

/** Fills 16 bytes with numbers as the form's instructions take them. */
function fillVector(view: DataView, at: number, form: Form, random: Random): void {
  const { mnemonic } = form;
  let kind = random.below(5);
  if (/(ps|ss)(2|$)|2(ps|ss)$/.test(mnemonic) && random.below(5) !== 0) kind = 0;
  if (/(pd|sd)(2|$)|2(pd|sd)$/.test(mnemonic) && random.below(5) !== 0) kind = 1;
  if (isX87(form)) {
    const [operand] = form.operands;
    if (operand === 'm32') kind = 0;
    else if (operand === 'm64') kind = 1;
    else if (operand === 'm80') kind = 2;
    if (/^fi|^fbld/.test(mnemonic)) kind = 3;
  }
  if (kind === 0) for (let i = 0; i < 16; i += 4) view.setUint32(at + i, Number(floatBits(random, 8, 23)), true);
  else if (kind === 1) for (let i = 0; i < 16; i += 8) view.setBigUint64(at + i, floatBits(random, 11, 52), true);
  else if (kind === 2) fillExtended(view, at, random);
  else if (mnemonic === 'fbld')
    for (let i = 0; i < 16; i++) view.setUint8(at + i, random.below(10) * 16 + random.below(10));
  else for (let i = 0; i < 16; i += 8) view.setBigUint64(at + i, random.interesting64(), true);
}

function fillExtended(view: DataView, at: number, random: Random): void {
  const bits = floatBits(random, 15, 63);
  let low = bits & 0x7fffffffffffffffn;
  const high = Number(bits >> 63n);
  // the integer bit is as it should be nearly always
  const normal = (high & 0x7fff) !== 0;
  if (random.below(32) === 0 ? !normal : normal) low |= 1n << 63n;
  view.setBigUint64(at, low, true);
  view.setUint16(at + 8, high, true);
}

export function randomVectors(memory: Uint8Array, form: Form, random: Random): void {
  const view = new DataView(memory.buffer);
  for (let at = 0; at < memory.length; at += 16) fillVector(view, at, form, random);
}

/** Random registers, rounding modes, masks and sticky bits; nearly always everything is masked. */
export function randomImage(form: Form, random: Random): Uint8Array {
  const fx = plainImage();
  const view = new DataView(fx.buffer);
  const masks = (): number => (random.below(4) === 0 ? random.below(64) : 0x3f);
  const sseMasks = masks();
  const sticky = random.below(3) === 0 ? random.below(64) : 0;
  const modes = (random.below(4) << 13) | (random.below(6) === 0 ? 0x8000 : 0) | (random.below(6) === 0 ? 0x40 : 0);
  view.setUint32(MXCSR, (sseMasks << 7) | sticky | modes, true);
  const x87Masks = masks();
  view.setUint16(0, x87Masks | 0x40 | ([3, 3, 3, 2, 0, 1][random.below(6)] << 8) | (random.below(4) << 10), true);
  const pending = random.below(32) === 0;
  const errors = random.below(3) === 0 ? random.below(64) & (pending ? 0x3f : x87Masks) : 0;
  const summary = (errors & ~x87Masks) !== 0 ? 0x8080 : 0;
  view.setUint16(2, errors | summary | (random.below(8) << 11) | (random.u32() & 0x4700), true);
  // which registers are in use: all, or any
  const tag = random.below(3) !== 0 ? 0xff : random.below(256);
  view.setUint8(4, tag);
  for (let i = 0; i < 8; i++) fillExtended(view, ST + 16 * i, random);
  if (random.below(3) === 0) pairUp(view, random);
  if (/^fyl2x|^f2xm1|^fpatan|^fbstp|^fist|^frndint/.test(form.mnemonic) && random.below(2) === 0)
    moderate(view, random);
  for (let i = 0; i < 16; i++) fillVector(view, XMM + 16 * i, form, random);
  return fx;
}

/** Gives ST1 an exponent near that of ST0. */
function pairUp(view: DataView, random: Random): void {
  const exponent = view.getUint16(ST + 8, true);
  if ((exponent & 0x7fff) < 200 || (exponent & 0x7fff) > 0x7f00) return;
  view.setUint16(ST + 24, (exponent ^ (random.below(2) << 15)) + random.below(140) - 70, true);
  view.setBigUint64(ST + 16, view.getBigUint64(ST + 16, true) | (1n << 63n), true);
}

/** Gives ST0 a moderate exponent. */
function moderate(view: DataView, random: Random): void {
  view.setUint16(ST + 8, (random.below(2) << 15) | (0x3fff - 8 + random.below(72)), true);
  view.setBigUint64(ST, view.getBigUint64(ST, true) | (1n << 63n), true);
}

/** Puts the image into the processor. */
export function loadImage(processor: Processor, fx: Uint8Array): void {
  const { state } = processor;
  const view = new DataView(fx.buffer, fx.byteOffset);
  setControl(processor, view.getUint16(0, true));
  setStatus(processor, view.getUint16(2, true));
  const top = (view.getUint16(2, true) >>> 11) & 7;
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const to = State.x87 + 16 * ((top + i) & 7);
    state.u8.set(fx.subarray(ST + 16 * i, ST + 16 * i + 10), to);
    if (((view.getUint8(4) >>> i) & 1) === 0) tags |= 3 << (2 * i);
  }
  setTags(processor, tags);
  state.set32(State.fpuOpcode, view.getUint16(6, true));
  state.set64(State.fpuInstruction, view.getBigUint64(8, true));
  state.set64(State.fpuData, view.getBigUint64(16, true));
  state.set32(State.mxcsr, view.getUint32(MXCSR, true));
  state.u8.set(fx.subarray(XMM, XMM + 256), State.xmm);
}

/** The processor's registers as an image. */
export function storeImage(processor: Processor): Uint8Array {
  const { state } = processor;
  const fx = new Uint8Array(BYTES);
  const view = new DataView(fx.buffer);
  const status = state.get32(State.fpuStatus);
  view.setUint16(0, state.get32(State.fpuControl), true);
  view.setUint16(2, status, true);
  for (let i = 0; i < 8; i++) {
    if (((state.get32(State.fpuTag) >>> (2 * i)) & 3) !== 3) fx[4] |= 1 << i;
    const from = State.x87 + 16 * ((((status >>> 11) & 7) + i) & 7);
    fx.set(state.u8.subarray(from, from + 10), ST + 16 * i);
  }
  view.setUint16(6, state.get32(State.fpuOpcode), true);
  view.setBigUint64(8, state.get64(State.fpuInstruction), true);
  view.setBigUint64(16, state.get64(State.fpuData), true);
  view.setUint32(MXCSR, state.get32(State.mxcsr), true);
  fx.set(state.u8.subarray(State.xmm, State.xmm + 256), XMM);
  return fx;
}

const bytesText = (fx: Uint8Array, at: number, count: number): string =>
  Array.from(fx.subarray(at, at + count), (b) => b.toString(16).padStart(2, '0'))
    .reverse()
    .join('');

/** The processor promises less than one unit in the last place here, we give the correctly rounded result (SDM 1 8.3.10). */
const transcendental = /^(f2xm1|fyl2xp?1?|fpatan|fptan|fsin|fcos|fsincos)$/;
/** Rounding up, in the status word. */
const C1 = 0x200;

/** 80 bits of ST(i) as a number in which neighbours differ by one. */
function ordinal(fx: Uint8Array, i: number): bigint {
  const view = new DataView(fx.buffer, fx.byteOffset + ST + 16 * i);
  const low = view.getBigUint64(0, true) & 0x7fffffffffffffffn;
  return (BigInt(view.getUint16(8, true)) << 63n) | low;
}

/** Whether the results differ by one unit in the last place at most. */
function neighbours(host: Uint8Array, ours: Uint8Array, i: number): boolean {
  const difference = ordinal(host, i) - ordinal(ours, i);
  return difference >= -1n && difference <= 1n;
}

/** What differs between the host's image and ours, each in words. */
export function imageDifferences(
  host: Uint8Array,
  ours: Uint8Array,
  form: Form,
  excuse: (kind: 'approximate' | 'dataPointer') => void,
): string[] {
  const parts: string[] = [];
  const note = (name: string, at: number, count: number): void => {
    for (let i = at; i < at + count; i++) {
      if (host[i] === ours[i]) continue;
      parts.push(`${name} ${bytesText(host, at, count)} not ${bytesText(ours, at, count)}`);
      return;
    }
  };
  note('fcw', 0, 2);
  const approximate = transcendental.test(form.mnemonic);
  const word = (fx: Uint8Array): number => fx[2] | (fx[3] << 8);
  const differing = word(host) ^ word(ours);
  if (approximate && differing === C1) excuse('approximate');
  else if (differing !== 0) parts.push(`fsw ${word(host).toString(16)} not ${word(ours).toString(16)}`);
  note('ftw', 4, 1);
  note('fop', 6, 2);
  note('fip', 8, 8);
  // this host writes the data pointer only with an unmasked exception (CPUID.7.0:EBX[6]), our profile always
  // of addresses that are not canonical we keep no more than their upper bits
  const canonical = host[23] === 0 && host[22] === 0;
  if ((word(host) & 0x80) !== 0 && canonical) note('fdp', 16, 8);
  else if (host.subarray(16, 24).some((byte, i) => byte !== ours[16 + i])) excuse('dataPointer');
  note('mxcsr', MXCSR, 4);
  for (let i = 0; i < 8; i++) {
    const before = parts.length;
    note(`st${i}`, ST + 16 * i, 10);
    if (parts.length === before || !approximate || i > 1 || !neighbours(host, ours, i)) continue;
    parts.pop();
    excuse('approximate');
  }
  for (let i = 0; i < 16; i++) note(`xmm${i}`, XMM + 16 * i, 16);
  return parts;
}

/** The registers that a case began with, for the report of a difference. */
export function imageText(fx: Uint8Array, form: Form, decodedRegisters: readonly number[]): string {
  if (isX87(form)) {
    const registers = [0, 1].concat(decodedRegisters).map((i) => `st${i} ${bytesText(fx, ST + 16 * i, 10)}`);
    return `fcw ${bytesText(fx, 0, 2)} fsw ${bytesText(fx, 2, 2)} ftw ${bytesText(fx, 4, 1)} ${registers.join(' ')}`;
  }
  const registers = decodedRegisters.map((i) => `xmm${i} ${bytesText(fx, XMM + 16 * i, 16)}`);
  return `mxcsr ${bytesText(fx, MXCSR, 4)} ${registers.join(' ')}`;
}
