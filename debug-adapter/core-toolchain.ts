import { assemble } from '../assembler/assemble';
import { disassemble } from '../assembler/disassembler/disassemble';
import { createTarget } from '../hypervisor/create-target';
import { decode, isDecoded } from '../isa/decoder';
import type { Toolchain } from './toolchain';

function read(bytes: Uint8Array, bits: 16 | 32 | 64) {
  const result = decode(bytes, 0, bits);
  return isDecoded(result) ? result : undefined;
}

/** The real one: assembler, decoder, disassembler and machine of this house. */
export const coreToolchain: Toolchain = {
  assemble,
  read,
  disassemble(bytes, address, bits, name) {
    const decoded = read(bytes, bits);
    return decoded ? disassemble(decoded, address, { bits, symbol: name }) : '';
  },
  createTarget,
};
