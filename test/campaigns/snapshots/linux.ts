/** Linux from a bzImage, its console on the serial line; without a root file system, so it ends where it would mount that. */
import { readFileSync } from 'node:fs';
import type { VirtualizationMethod } from '../../../hypervisor/target';
import { powerOn } from '../../guests';

export const LINUX_MOMENTS = 20;

export function bootLinux(path: string, virtualization: VirtualizationMethod) {
  const program = new Uint8Array(readFileSync(path));
  return powerOn(program, { virtualization, memory: 256 << 20, commandLine: 'console=ttyS0 panic=-1' });
}
