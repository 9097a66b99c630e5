/** The instruction table as a source names it: by mnemonic in any case. */

import type { Instruction } from '../../isa/form';
import { instructions } from '../../isa/table';

/** The instruction of the mnemonic, in any case. */
export function findInstruction(mnemonic: string): Instruction | undefined {
  return instructions.get(mnemonic) ?? instructions.get(mnemonic.toLowerCase());
}

/** All of them, by lower-case mnemonic. */
export function allInstructions(): Iterable<[string, Instruction]> {
  return instructions;
}
