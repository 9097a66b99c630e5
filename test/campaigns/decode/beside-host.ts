/** The decoder beside the host processor: every opcode, in three modes. */
import { readFileSync } from 'node:fs';
import type { Decoded } from '../../../isa/decoded';
import { decode, isDecoded } from '../../../isa/decoder';
import { probe } from '../../host/probe';
import type { Bits } from './bytes';
import { isLater, mnemonicOf } from './differences';
import { objdumpEach } from './disassemblers';
import { sweep } from './sweep';

export interface HostComparison {
  pieces: number;
  /** Instructions of extensions that this processor does not have. */
  absent: Set<string>;
  /** Instructions that the table leaves to later. */
  later: number;
  failures: string[];
}

/** Processors whose manual the decoder follows. */
export function isIntel(): boolean {
  try {
    return readFileSync('/proc/cpuinfo', 'latin1').includes('GenuineIntel');
  } catch {
    return false;
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** What the processor runs and no manual says: a hypervisor's guest leaves by VMCALL before its 66 is looked at. */
const isVmcall = (bytes: Uint8Array): boolean => /^66 (4\d )?0f 01 c1/.test(hex(bytes));

/** Test registers were those of 386 and 486 (SDM 3B 23.16); the table keeps them for what was written for these. */
const isTestRegister = ({ form }: Decoded): boolean => form.operands.includes('treg');

/** Sweeps the opcodes of one mode; undefined where the host cannot run it. */
export function compareWithHost(program: string, bits: Bits): HostComparison | undefined {
  const pieces = sweep(bits);
  const probed = probe(program, bits, pieces);
  if (probed === undefined) return undefined;
  const decoded = pieces.map((piece) => decode(piece, 0, bits));
  const ran = new Set<string>();
  probed.forEach((host, i) => {
    const ours = decoded[i];
    if (host && !host.undefinedOpcode && isDecoded(ours)) ran.add(ours.form.mnemonic);
  });
  const result: HostComparison = { pieces: 0, absent: new Set(), later: 0, failures: [] };
  const unknown: Uint8Array[] = [];
  pieces.forEach((piece, i) => {
    const host = probed[i];
    const ours = decoded[i];
    if (host === undefined) return;
    result.pieces++;
    if (!isDecoded(ours)) {
      if (!host.undefinedOpcode && !isVmcall(piece)) unknown.push(piece);
    } else if (host.undefinedOpcode) {
      if (isTestRegister(ours)) return;
      const { mnemonic } = ours.form;
      if (ran.has(mnemonic)) result.failures.push(`${bits}-bit ${hex(piece)}: here ${mnemonic}, the processor has #UD`);
      else if (!/^ud\d/.test(mnemonic)) result.absent.add(mnemonic);
    } else if (ours.length !== host.length) {
      result.failures.push(
        `${bits}-bit ${hex(piece)}: here ${ours.form.mnemonic} of ${ours.length} bytes, the processor takes ${host.length}`,
      );
    }
  });
  objdumpEach(unknown, bits).forEach(({ text }, i) => {
    if (isLater(mnemonicOf(text))) result.later++;
    else result.failures.push(`${bits}-bit ${hex(unknown[i])}: no instruction here, the processor runs it (${text})`);
  });
  return result;
}
