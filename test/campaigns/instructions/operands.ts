/** Operands for the instruction campaigns: each as NASM text and as the parser would give it. */
import type { ParsedOperand, SegmentBase, Value } from '../../../assembler/encoder/instruction';
import type { OperandKind } from '../../../isa/form';
import { kindInfo } from '../../../isa/operand-kinds';
import { registerNamed, registerNames } from '../../../isa/registers';
import { type Address, addresses, type Bits, fewAddresses } from './addresses';

/** An operand in both shapes. */
export interface Operand {
  text: string;
  /** Made when the address of the instruction is known: `$` occurs in some. */
  parsed: (here: bigint) => ParsedOperand;
}

const range = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/** The one section of a `bin` program with `org 0`. */
export const section: SegmentBase = { name: '.text', external: false, address: 0n };

export function number(offset: bigint): Value {
  return { offset: BigInt.asIntN(64, offset), forward: false };
}

function inSection(offset: bigint): Value {
  return { offset, base: section, forward: false };
}

export const sizeWords: Record<number, string> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  64: 'qword',
  80: 'tword',
  128: 'oword',
  256: 'yword',
  512: 'zword',
};

export function register(name: string): Operand {
  const size = registerNamed(name)!.size;
  return { text: name, parsed: () => ({ kind: 'register', name, size, range }) };
}

/** An immediate, `size` bits written before it. */
export function immediate(value: bigint, size = 0, strict = false): Operand {
  const words = `${strict ? 'strict ' : ''}${size ? `${sizeWords[size]} ` : ''}`;
  const text = value < 0n ? `-0x${(-value).toString(16)}` : value < 10n ? `${value}` : `0x${value.toString(16)}`;
  return {
    text: words + text,
    parsed: () => ({ kind: 'immediate', value: number(value), size, strict, range }),
  };
}

/** A branch target at a distance from the beginning of the instruction. */
export function target(distance: bigint, words = ''): Operand {
  const size = words.includes('qword') ? 64 : words.includes('dword') ? 32 : words.includes('word') ? 16 : 0;
  const distanceWord = words.includes('short') ? 'short' : words.includes('near') ? 'near' : undefined;
  return {
    text: `${words ? `${words} ` : ''}$${distance < 0n ? '-' : '+'}${distance < 0n ? -distance : distance}`,
    parsed: (here) => ({
      kind: 'immediate',
      value: inSection(here + distance),
      size,
      strict: words.includes('strict'),
      distance: distanceWord,
      range,
    }),
  };
}

/** A far pointer. */
export function farPointer(segment: bigint, offset: bigint, size = 0): Operand {
  return {
    text: `${size ? `${sizeWords[size]} ` : ''}${segment}:${offset}`,
    parsed: () => ({ kind: 'far', segment: number(segment), offset: number(offset), size, range }),
  };
}

/** A memory operand. */
export function memory(address: Address, size = 0, words = ''): Operand {
  const { base, index, displacement = 0n } = address;
  const scale = address.scale ?? 1;
  let inside = '';
  if (address.segment) inside += `${address.segment}:`;
  if (address.addressSize) inside += `a${address.addressSize} `;
  if (address.relative !== undefined) inside += address.relative ? 'rel ' : 'abs ';
  if (address.nosplit) inside += 'nosplit ';
  if (address.displacementSize) inside += `${sizeWords[address.displacementSize]} `;
  const terms: string[] = [];
  if (base) terms.push(base);
  if (index && address.summed) terms.push(index, index);
  else if (index) terms.push(scale === 1 && address.hint !== 'index' ? index : `${index}*${scale}`);
  inside += terms.join('+');
  if (address.here) inside += '$';
  const bare = terms.length === 0 && !address.here;
  if (displacement !== 0n || bare) {
    const magnitude = displacement < 0n ? -displacement : displacement;
    inside += `${displacement < 0n ? '-' : bare ? '' : '+'}0x${magnitude.toString(16)}`;
  }
  const text = `${words ? `${words} ` : ''}${size ? `${sizeWords[size]} ` : ''}[${inside}]`;
  return {
    text,
    parsed: (at) => ({
      kind: 'memory',
      size,
      segment: address.segment,
      base,
      index,
      scale: address.summed ? 2 : scale,
      displacement: address.here ? inSection(at + displacement) : number(displacement),
      absolute: !base && !index,
      relative: address.relative,
      displacementSize: address.displacementSize ?? 0,
      addressSize: address.addressSize ?? 0,
      nosplit: address.nosplit ?? false,
      hint: address.summed ? 'summed' : address.hint,
      strict: false,
      far: words.includes('far'),
      near: words.includes('near'),
      range,
    }),
  };
}

/** Immediates at the edges of every width. */
export const boundaryValues: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  5n,
  127n,
  128n,
  -127n,
  -128n,
  -129n,
  255n,
  256n,
  -255n,
  -256n,
  0x7fffn,
  0x8000n,
  0xff7fn,
  0xff80n,
  0xffffn,
  0x10000n,
  -0x8000n,
  -0x8001n,
  0x7fffffffn,
  0x80000000n,
  0xffffff7fn,
  0xffffff80n,
  0xffffffffn,
  0x100000000n,
  -0x80000000n,
  -0x80000001n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffff80n,
  0xffffffffffffffffn,
];

function registersOf(file: keyof typeof registerNames, bits: Bits): Operand[] {
  const names = registerNames[file];
  const chosen = bits === 64 ? names : names.slice(0, 8);
  const extra = bits === 64 ? [] : names.slice(8, 9);
  return [...chosen, ...extra].map(register);
}

/** Everything worth trying for an operand of that kind. `all`: every address too. */
export function operandsFor(kind: OperandKind, bits: Bits, all: boolean): Operand[] {
  const info = kindInfo(kind);
  const places = all ? addresses(bits) : fewAddresses(bits);
  const inMemory = (size: number): Operand[] => [
    ...places.map((address) => memory(address, size)),
    ...[0, 8, 16, 32, 64, 80, 128, 256].filter((other) => other !== size).map((other) => memory(places[0], other)),
  ];
  switch (info.class) {
    case 'register':
      return info.file === 'gpr8'
        ? [...registersOf('gpr8', bits), ...registersOf('gpr8high', bits)]
        : registersOf(info.file!, bits);
    case 'rm': {
      const own =
        info.file === 'gpr8'
          ? [...registersOf('gpr8', bits), ...registersOf('gpr8high', bits)]
          : registersOf(info.file!, bits);
      return [...own, ...inMemory(info.size)];
    }
    case 'memory': {
      if (info.vsib) {
        const vectors = bits === 64 ? [`${info.vsib}1`, `${info.vsib}9`] : [`${info.vsib}1`];
        const base = bits === 64 ? 'rax' : 'eax';
        return vectors.flatMap((index) => [
          memory({ base, index, scale: 4, displacement: 5n }, info.size),
          memory({ index, scale: 8 }, info.size),
          memory({ base, index }),
          memory({ index }),
        ]);
      }
      const far = kind.startsWith('m16:') ? [0, 16, 32, 64].map((size) => memory(places[0], size, 'far')) : [];
      return [...inMemory(kind.includes('16:') || kind.includes('&') ? 0 : info.size), ...far];
    }
    case 'immediate': {
      const values = boundaryValues.map((value) => immediate(value));
      const sized = [8, 16, 32, 64].flatMap((size) => [5n, -1n, 500n, 0x12345n].map((value) => immediate(value, size)));
      const strict = [8, 16, 32, 64].flatMap((size) => [5n, 500n].map((value) => immediate(value, size, true)));
      return [...values, ...sized, ...strict, immediate(5n, 0, true), here()];
    }
    case 'relative':
      return [
        '',
        'short',
        'near',
        'strict near',
        'strict short',
        'word',
        'dword',
        'qword',
        'strict',
        'near dword',
        'strict word',
        'strict dword',
      ].flatMap((words) =>
        [0n, 2n, -126n, -125n, -127n, 129n, 130n, 131n, 132n, 133n, 1000n, -1000n].map((distance) =>
          target(distance, words),
        ),
      );
    case 'offset':
      return [
        ...inMemory(info.size),
        memory({ displacement: 0x1234n, displacementSize: 64 }),
        memory({ displacement: 0x123456789abcdef0n, displacementSize: 64 }, info.size),
      ];
    case 'far':
      return [
        farPointer(5n, 6n),
        farPointer(0xffffn, 0x1234n),
        farPointer(5n, 6n, 16),
        farPointer(5n, 6n, 32),
        farPointer(1n, 0x12345678n),
      ];
    case 'implied':
      return info.constant?.kind === 'immediate'
        ? [immediate(info.constant.kind === 'immediate' ? BigInt(info.constant.low) : 0n)]
        : [register(kind === 'st0' ? 'st0' : kind)];
  }
}

/** `$` as a number: an address in this section. */
function here(): Operand {
  return { text: '$', parsed: (at) => ({ kind: 'immediate', value: inSection(at), size: 0, strict: false, range }) };
}

/** One of each kind of operand, to try every combination that no form has. */
export function shapes(bits: Bits): Operand[] {
  const places = fewAddresses(bits);
  return [
    ...[
      'al',
      'cl',
      'dl',
      'ax',
      'cx',
      'dx',
      'eax',
      'ecx',
      'ebx',
      'rax',
      'rdx',
      'r9',
      'ds',
      'fs',
      'cr0',
      'dr7',
      'st0',
      'st1',
      'mm1',
      'xmm0',
      'xmm1',
      'ymm2',
    ].map(register),
    ...[0, 8, 16, 32, 64, 80, 128, 256].map((size) => memory(places[0], size)),
    memory(places[2], 0),
    immediate(1n),
    immediate(5n),
    immediate(500n),
    immediate(5n, 8),
    immediate(5n, 16),
    immediate(5n, 32),
    immediate(5n, 64),
  ];
}
