/** Entry point of `ringside asm` alone: without the machine it starts in a fraction of the time; see launch.ts. */
import { setFlagsFromString } from 'node:v8';
import { assemble } from '../assembler/assemble';
import { asmCommand } from './asm';
import { runProcess } from './process';

/** Characters of a source from which on it pays to optimize earlier than launch.ts says: about fifty thousand lines. */
const LONG_SOURCE = 1_200_000;

runProcess([asmCommand], {
  assemble(file, source, options, reader) {
    if (source.length > LONG_SOURCE) setFlagsFromString('--interrupt-budget=1000000');
    return assemble(file, source, options, reader);
  },
});
