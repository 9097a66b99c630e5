/** Entry point of `ringside asm` alone: without the machine it starts in a fraction of the time; see launch.ts. */
import { assemble } from '../assembler/assemble';
import { asmCommand } from './asm';
import { runProcess } from './process';

runProcess([asmCommand], { assemble });
