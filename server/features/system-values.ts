/** Numbers of the system's registers by name: MSRs, and the bits of the control register that is being changed. */

import type { BitLayout } from '../../isa/bit-fields';
import { cr0Layout, cr4Layout, eferLayout } from '../../isa/control-registers';
import { msrs } from '../../isa/msrs';
import { registerNamed } from '../../isa/registers';
import type { ProgramView } from '../model/program-view';
import { numberValue } from '../model/scan';
import { hex } from './format';

export interface NamedValue {
  name: string;
  /** How it is written in a source. */
  text: string;
  summary: string;
}

export function msrNumbers(): NamedValue[] {
  return msrs.map(({ name, index, summary }) => ({ name, text: hex(index), summary }));
}

const MASKING = new Set(['or', 'and', 'xor', 'test']);
const BIT_NUMBER = new Set(['bts', 'btr', 'btc', 'bt']);
/** A control register is read, changed and written back within a few lines. */
const LINES_BACK = 12;

function bitsOf(prefix: string, layout: BitLayout, asNumber: boolean): NamedValue[] {
  return layout
    .filter(({ width }) => width === 1)
    .map(({ name, bit, summary }) => ({
      name: `${prefix}.${name}`,
      text: asNumber ? `${bit}` : `1 << ${bit}`,
      summary,
    }));
}

/**
 * The named bits of what the register `target` was loaded from above: of CR0 or CR4 by MOV, of EFER by RDMSR. `mnemonic`
 * decides whether a mask or a bit number is wanted; others want none.
 */
export function controlBits(
  view: ProgramView,
  file: string,
  line: number,
  mnemonic: string,
  target: string,
): NamedValue[] {
  const asNumber = BIT_NUMBER.has(mnemonic);
  const register = registerNamed(target);
  if ((!asNumber && !MASKING.has(mnemonic)) || !register) return [];
  const statements = view.index(file)?.statements ?? [];
  let fromMsr = false;
  for (let at = line - 1; at >= 0 && at >= line - LINES_BACK; at--) {
    const { head, operands } = statements[at];
    const name = head?.text.toLowerCase();
    const first = operands[0]?.tokens[0]?.text.toLowerCase();
    const second = operands[1]?.tokens[0]?.text.toLowerCase();
    if (fromMsr && name === 'mov' && first === 'ecx') {
      const value = operands[1]?.tokens[0] && numberOf(view, operands[1].tokens[0].text);
      return value === 0xc0000080n ? bitsOf('EFER', eferLayout, asNumber) : [];
    }
    if (name === 'rdmsr' && register.index === 0) fromMsr = true;
    const loaded = first === undefined ? undefined : registerNamed(first);
    if (name !== 'mov' || loaded?.index !== register.index || !loaded.file.startsWith('gpr')) continue;
    if (fromMsr) continue;
    if (second === 'cr0') return bitsOf('CR0', cr0Layout, asNumber);
    if (second === 'cr4') return bitsOf('CR4', cr4Layout, asNumber);
    return [];
  }
  return [];
}

function numberOf(view: ProgramView, text: string): bigint | undefined {
  return numberValue(text) ?? view.assembled.valueOf(text);
}
