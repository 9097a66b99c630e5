/**
 * Where the decoder and objdump differ, and the manual's reason. Each rule looks at the bytes: it says not just that the tool is
 * known to be wrong somewhere, but that it is here.
 */
import { type DecodeResult, decode, isDecoded } from '../../../isa/decoder';
import { laterExtension } from '../../../isa/later-extensions';
import { type Bits, legacyPrefixes } from './bytes';
import type { Line } from './disassemblers';

/** One place where the two say different things. */
export interface Site {
  bits: Bits;
  /** From the beginning of the instruction, at least 16 of them. */
  bytes: Uint8Array;
  ours: DecodeResult;
  theirs: Line;
}

interface Prefixes {
  list: number[];
  /** Offset of the opcode. */
  opcode: number;
  has: (byte: number) => boolean;
  /** A REX that does not stand before the opcode itself. */
  strayRex: boolean;
  /** A REX before the opcode. */
  rex: boolean;
}

function prefixesOf({ bytes, bits }: Site): Prefixes {
  const isRex = (byte: number): boolean => bits === 64 && (byte & 0xf0) === 0x40;
  let opcode = 0;
  while (legacyPrefixes.includes(bytes[opcode]) || isRex(bytes[opcode])) opcode++;
  const list = [...bytes.subarray(0, opcode)];
  return {
    list,
    opcode,
    has: (byte) => list.includes(byte),
    strayRex: list.slice(0, -1).some(isRex),
    rex: list.length > 0 && isRex(list[list.length - 1]),
  };
}

/** objdump's mnemonic without prefixes. */
export function mnemonicOf(text: string): string {
  const prefix =
    /^(data16|data32|addr16|addr32|lock|rep\w*|bnd|notrack|x(acquire|release)|rex\S*|[c-gs]s|es|\{\w+\}) +/;
  let rest = text;
  while (prefix.test(rest)) rest = rest.replace(prefix, '');
  return rest.split(/[ \t(]/)[0];
}

/** The same bytes without one of the prefixes, decoded. */
function without(site: Site, prefix: number): DecodeResult {
  return decode(
    site.bytes.filter((byte, i) => !(i < prefixesOf(site).opcode && byte === prefix)),
    0,
    site.bits,
  );
}

/** Opcodes of x87 that no manual names and that processors run as others: D9 D8 is FSTP, DC D0 FCOM, … */
function isX87Alias([first, second]: Uint8Array): boolean {
  const group = second >> 3;
  switch (first) {
    case 0xd9:
      return group === 0xd8 >> 3;
    case 0xdc:
      return group === 0xd0 >> 3 || group === 0xd8 >> 3;
    case 0xdd:
      return group === 0xc8 >> 3;
    case 0xde:
      return group === 0xd0 >> 3;
    case 0xdf:
      return second >= 0xc8 && second < 0xe0;
    default:
      return false;
  }
}

type Rule = [string, (site: Site, prefixes: Prefixes) => boolean];

const rules: readonly Rule[] = [
  [
    'SDM 2A 2.2.1: a REX that does not stand before the opcode is ignored; objdump shows it as an instruction of its own',
    ({ theirs }, { strayRex }) => strayRex && /(^| )rex(\.\w+)?$/.test(theirs.text),
  ],
  [
    'SDM 2A LOCK: #UD where the instruction cannot be locked or its destination is no memory',
    (site, { has }) => {
      if (!has(0xf0) || isDecoded(site.ours)) return false;
      const unlocked = without(site, 0xf0);
      if (!isDecoded(unlocked)) return true;
      return !unlocked.form.lock || !unlocked.operands.some((operand) => operand.kind === 'memory');
    },
  ],
  [
    'SDM 2A 2.3.2 and 2.3.3: #UD of VEX after 66, F2, F3, LOCK or REX',
    ({ ours, bytes }, { list, opcode, rex }) =>
      !isDecoded(ours) &&
      (bytes[opcode] === 0xc4 || bytes[opcode] === 0xc5) &&
      (rex || list.some((byte) => [0x66, 0xf2, 0xf3, 0xf0].includes(byte))),
  ],
  [
    'SDM 1 8.1: FWAIT is an instruction of its own; objdump takes it and the x87 instruction after it for one',
    ({ bytes, ours }, { opcode }) => bytes[opcode] === 0x9b && isDecoded(ours) && ours.length === opcode + 1,
  ],
  [
    'x87 opcodes that no manual names are run by processors as their neighbours',
    ({ bytes, ours }, { opcode }) => isDecoded(ours) && isX87Alias(bytes.subarray(opcode)),
  ],
  [
    'SDM 2B MOV: #UD of control registers that do not exist, of CS and of segment registers 6 and 7',
    ({ bytes, ours }, { opcode }) => {
      if (isDecoded(ours)) return false;
      if (bytes[opcode] === 0x8c || bytes[opcode] === 0x8e) return true;
      return bytes[opcode] === 0x0f && bytes[opcode + 1] >= 0x20 && bytes[opcode + 1] <= 0x26;
    },
  ],
  [
    'SDM 2D table A-3: 0F 0D and 0F 18 to 0F 1F are hints that do nothing, whatever their operands',
    ({ bytes, ours }, { opcode }) =>
      isDecoded(ours) &&
      bytes[opcode] === 0x0f &&
      (bytes[opcode + 1] === 0x0d || (bytes[opcode + 1] >= 0x18 && bytes[opcode + 1] <= 0x1f)),
  ],
  [
    'SDM 2A LFENCE, MFENCE, 2B SFENCE: the processor ignores ModRM.rm',
    ({ bytes }, { opcode }) => bytes[opcode] === 0x0f && bytes[opcode + 1] === 0xae && bytes[opcode + 2] >= 0xe8,
  ],
  [
    'SDM 2A VLDMXCSR, 2B VSTMXCSR, 2C VZEROALL, VZEROUPPER: VEX.pp must be 0; objdump takes any',
    ({ ours, theirs }) => !isDecoded(ours) && /vzero(all|upper)$|v(ld|st)mxcsr /.test(theirs.text),
  ],
  [
    'later: AVX-512 (EVEX), XOP, 3DNow!',
    ({ bytes, ours }, { opcode }) =>
      !isDecoded(ours) &&
      (bytes[opcode] === 0x62 ||
        bytes[opcode] === 0x8f ||
        (bytes[opcode] === 0x0f && [0x0e, 0x0f].includes(bytes[opcode + 1]))),
  ],
  [
    'SDM 2B SYSCALL, SYSRET: #UD outside 64-bit mode',
    ({ bits, bytes }, { opcode }) =>
      bits !== 64 && bytes[opcode] === 0x0f && (bytes[opcode + 1] === 0x05 || bytes[opcode + 1] === 0x07),
  ],
  [
    'SDM 2B RDFSBASE, 2C WRFSBASE, SWAPGS: #UD outside 64-bit mode',
    ({ bits, ours, theirs }) => bits !== 64 && !isDecoded(ours) && /((rd|wr)[fg]sbase|swapgs)\b/.test(theirs.text),
  ],
  [
    'SDM 2D table A-3: 0F A6 and 0F A7 are reserved; VIA PadLock',
    ({ bytes, ours }, { opcode }) =>
      !isDecoded(ours) && bytes[opcode] === 0x0f && (bytes[opcode + 1] === 0xa6 || bytes[opcode + 1] === 0xa7),
  ],
  [
    'SDM 2A 3.1.1.1: #UD of NP and NFx instructions after 66, F2 or F3; objdump shows the prefix as one without meaning',
    ({ ours, theirs }) =>
      !isDecoded(ours) && /^((addr|[c-gs]s|es|rex)\S* )*(data16|data32|repz|repnz) /.test(theirs.text),
  ],
  [
    'later: extensions that the table does not have yet',
    ({ ours, theirs }) => !isDecoded(ours) && isLater(mnemonicOf(theirs.text)),
  ],
];

/** Key Locker, AMX and what else objdump knows and nasm 2.16 does not, or by other names. */
const laterOfObjdump =
  /^(aes(enc|dec)\w*kl|loadiwkey|td(call|x\w+)|seam\w+|tlbsync|invlpgb|mcommit|psmash|rmp\w+|encodekey\w*|aor|t(dp|ile|cmm)\w*|(ld|st)tilecfg|k[a-z]+[bwdq]|vpermil2p[sd]|frstpm|vp?(dp|madd52)\w+|vcvtne\w+|vbcst\w+|v?gf2p8\w+|vsm[34]\w*|vsha512\w*)$/;

/** Is it an instruction of an extension that the table does not have yet? */
export function isLater(mnemonic: string): boolean {
  return laterExtension(mnemonic) !== undefined || laterOfObjdump.test(mnemonic);
}

/** The rule that explains the difference, `undefined` if none does. */
export function explain(site: Site): string | undefined {
  const prefixes = prefixesOf(site);
  return rules.find(([, holds]) => holds(site, prefixes))?.[0];
}
