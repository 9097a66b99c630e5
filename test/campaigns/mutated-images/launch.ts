/** Launch options that make no sense: one clear line, or a guest. */
import type { LaunchOptions } from '../../../hypervisor/launch-options';
import { BOOT_KINDS, TIER1_SWITCHES, VIRTUALIZATION_METHODS } from '../../../hypervisor/launch-options';
import { Random } from '../../host/random';
import type { Outcome } from './devices';
import { type Image, images } from './images';
import { start } from './programs';

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;
const bytes = (random: Random, most: number) => new Uint8Array(random.below(3) === 0 ? 0 : random.below(most));
const NUMBERS = [
  0,
  -1,
  1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  4096,
  65535,
  65536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
];

/** Sound options, some of them replaced. */
function spoilt(random: Random, all: readonly Image[]): LaunchOptions {
  const options: LaunchOptions = {
    name: pick(random, ['image', '', 'a b.img']),
    program: random.below(12) === 0 ? bytes(random, 2000) : pick(random, all).bytes,
    boot: pick(random, ['auto', 'auto', ...BOOT_KINDS]),
    virtualization: pick(random, ['none', 'ept', ...VIRTUALIZATION_METHODS]),
    memory: pick(random, [1 << 20, 4 << 20, 4 << 20]),
    cpus: 1,
    tier1: pick(random, TIER1_SWITCHES),
  };
  for (let i = 0; i < 1 + random.below(3); i++) {
    switch (random.below(8)) {
      case 0:
        options.memory = pick(random, [...NUMBERS, (3072 << 20) + 65536, 5 << 20, (1 << 20) - 65536, 1_100_000]);
        break;
      case 1:
        options.cpus = pick(random, [...NUMBERS, 2, 4, 15, 16, 255]);
        break;
      case 2:
        options.loadAddress = pick(random, [...NUMBERS, 0x7c00, 0xffff, 0x12340, 0xf0000, 0x3ffff0, random.u32()]);
        options.boot = 'flat';
        break;
      case 3:
        options.entryBits = pick(random, [16, 32, 64] as const);
        options.boot = 'flat';
        break;
      case 4:
        options.initrd = random.below(4) === 0 ? new Uint8Array(8 << 20) : bytes(random, 100_000);
        break;
      case 5:
        options.commandLine = pick(random, ['', 'x'.repeat(100_000), '\0', '\u{1f600}', 'console=ttyS0']);
        break;
      case 6:
        options[pick(random, ['floppy', 'disk', 'cdrom'] as const)] = bytes(random, 3_000_000);
        break;
      default:
        options.name = pick(random, ['x'.repeat(300), '../../etc', 'image']);
    }
  }
  return options;
}

/** @param count sets of options */
export function runLaunches(count: number, firstSeed: number): Outcome {
  const outcome = { passed: 0, failed: 0 };
  const all = images();
  let errors = 0;
  for (let i = 0; i < count; i++) {
    const verdict = start(spoilt(new Random(firstSeed + i), all), true);
    if ('kind' in verdict) {
      outcome.passed++;
      if (verdict.kind === 'error') errors++;
    } else {
      outcome.failed++;
      console.log(`launch options, seed ${firstSeed + i}: ${verdict.wrong}`);
    }
  }
  console.log(`launch options: ${count} sets, ${errors} refused`);
  return outcome;
}
