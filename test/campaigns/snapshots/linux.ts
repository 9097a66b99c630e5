/** Debian's Linux from power-on to a shell that answers and powers off: the guest of the campaign `real-guests`, in this process. */
import { readFileSync } from 'node:fs';
import { powerOn } from '../../guests';
import { LINUX_COMMAND_LINE, LINUX_INPUT, LINUX_MEMORY, linuxFiles, linuxPackages } from '../real-guests/linux';
import { unpacked } from '../real-guests/packages';
import type { Guest } from './guests';

/** The guest; where its packages cannot be fetched, why. */
export function linuxGuest(): Guest | { missing: string } {
  const at: string[] = [];
  for (const name of linuxPackages) {
    const where = unpacked(name);
    if ('missing' in where) return where;
    at.push(where.path);
  }
  const { kernel, initrd } = linuxFiles(at);
  const program = new Uint8Array(readFileSync(kernel));
  return {
    name: 'Linux',
    unpacks: true,
    powerOn(virtualization) {
      const options = { virtualization, memory: LINUX_MEMORY, commandLine: LINUX_COMMAND_LINE, initrd };
      const target = powerOn(program, options);
      target.serialInput(new TextEncoder().encode(LINUX_INPUT));
      return target;
    },
  };
}
