/** Guests of four CPUs, in guests/*.asm; what each must print stands beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaunchOptions } from '../../hypervisor/launch-options';
import type { Target } from '../../hypervisor/target';
import { assembleFile, powerOn, root } from '../guests';

const folder = join(root, 'test/smp/guests');

export const smpGuests: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.asm'))
  .map((name) => name.slice(0, -4));

/**
 * QEMU 7.2 has no x2APIC but with KVM: what it must print is from SDM 3A 11.12. Its one thread does not get to the other CPUs while one
 * only faults: `stuck` prints what the guest counts.
 */
export const notInQemu: ReadonlySet<string> = new Set(['x2apic', 'stuck']);

export const expectedText = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'latin1');

const images = new Map<string, Uint8Array>();

/** @param short fewer rounds, and shorter waits until others have done what they were asked */
export function smpImage(name: string, short = false): Uint8Array {
  const key = `${name}/${short}`;
  let image = images.get(key);
  if (!image) {
    const defines: Record<string, string> = short ? { SETTLE: '50', ROUNDS: '300' } : {};
    image = assembleFile(join(folder, `${name}.asm`), defines);
    images.set(key, image);
  }
  return image;
}

export function powerOnSmp(name: string, options: Partial<LaunchOptions> = {}, short = false): Target {
  return powerOn(smpImage(name, short), { cpus: 4, ...options });
}
