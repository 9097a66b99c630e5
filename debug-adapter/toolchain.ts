import type { AssembleOptions, AssembleResult, SourceReader } from '../assembler/api';
import type { LaunchOptions, LoadError } from '../hypervisor/launch-options';
import type { Target } from '../hypervisor/target';
import type { InstructionReader } from './run-control/control-flow';

/** Gives a name to a linear address, if there is one: `message`, `loop+0x3`. */
export type NameAddress = (address: bigint) => string | undefined;

/** What the adapter and the command line take from the core; tests put in something smaller. */
export interface Toolchain {
  assemble(file: string, source: string, options: AssembleOptions, reader: SourceReader): AssembleResult;
  readonly read: InstructionReader;
  /** NASM syntax of the instruction at the start of `bytes`, which stands at `address`. */
  disassemble(bytes: Uint8Array, address: bigint, bits: 16 | 32 | 64, name: NameAddress): string;
  createTarget(launch: LaunchOptions): Target | LoadError;
}
