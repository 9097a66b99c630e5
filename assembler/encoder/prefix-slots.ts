/** Prefixes as written, sorted into the slots in which NASM emits them. */

export interface PrefixSlots {
  wait: boolean;
  /** `rep repe repne xacquire xrelease bnd nobnd`, empty if none. */
  repeat: string;
  lock: boolean;
  /** Segment register, empty if none. */
  segment: string;
  /** `o16 o32 o64 osp`. */
  operandSize: string;
  /** `a16 a32 a64 asp`. */
  addressSize: string;
}

export const noPrefixes: Readonly<PrefixSlots> = {
  wait: false,
  repeat: '',
  lock: false,
  segment: '',
  operandSize: '',
  addressSize: '',
};

type TextSlot = 'repeat' | 'segment' | 'operandSize' | 'addressSize';

const slotOf: Record<string, TextSlot> = {
  rep: 'repeat',
  repe: 'repeat',
  repz: 'repeat',
  repne: 'repeat',
  repnz: 'repeat',
  xacquire: 'repeat',
  xrelease: 'repeat',
  bnd: 'repeat',
  nobnd: 'repeat',
  es: 'segment',
  cs: 'segment',
  ss: 'segment',
  ds: 'segment',
  fs: 'segment',
  gs: 'segment',
  o16: 'operandSize',
  o32: 'operandSize',
  o64: 'operandSize',
  osp: 'operandSize',
  a16: 'addressSize',
  a32: 'addressSize',
  a64: 'addressSize',
  asp: 'addressSize',
};

export interface SortedPrefixes {
  slots: PrefixSlots;
  redundant: boolean;
  conflicting: boolean;
}

/** Sorts prefixes; says whether one slot was asked for twice, alike or differently. */
export function sortPrefixes(prefixes: readonly string[]): SortedPrefixes {
  const slots: PrefixSlots = { ...noPrefixes };
  let redundant = false;
  let conflicting = false;
  for (const prefix of prefixes) {
    if (prefix === 'wait' || prefix === 'lock') {
      if (slots[prefix]) redundant = true;
      slots[prefix] = true;
      continue;
    }
    const slot = slotOf[prefix];
    if (slot === undefined) continue;
    if (slots[slot] === prefix) redundant = true;
    else if (slots[slot] !== '') conflicting = true;
    else slots[slot] = prefix;
  }
  return { slots, redundant, conflicting };
}

/** The byte of a repeat prefix; 0 for `nobnd`, which only switches `default bnd` off. */
export function repeatByte(repeat: string): number {
  switch (repeat) {
    case 'rep':
    case 'repe':
    case 'repz':
    case 'xrelease':
      return 0xf3;
    case 'repne':
    case 'repnz':
    case 'xacquire':
    case 'bnd':
      return 0xf2;
    default:
      return 0;
  }
}

/** The prefixes of lock elision (SDM 1 16.2). */
export function isElision(repeat: string): boolean {
  return repeat === 'xacquire' || repeat === 'xrelease';
}

const segmentBytes: Record<string, number> = { es: 0x26, cs: 0x2e, ss: 0x36, ds: 0x3e, fs: 0x64, gs: 0x65 };

export function segmentByte(name: string): number {
  return segmentBytes[name] ?? 0;
}
