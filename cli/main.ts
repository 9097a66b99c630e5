/** Entry point of the `ringside` command with all that it can do; see launch.ts. */
import { coreToolchain } from '../debug-adapter/core-toolchain';
import { commands } from './commands';
import { runProcess } from './process';

runProcess(commands, coreToolchain);
