/**
 * The 32 and 64-bit guests of ../shared/bench at full length, from a diskette's boot sector: every checksum as counts.py there
 * works it out. `none` and `ept`; bare, each workload's instructions too, by the TSC that counts them.
 * Arguments: methods, else both.
 */
import type { VirtualizationMethod } from '../../../hypervisor/target';
import { powerOn, runToEnd } from '../../guests';
import { type BenchBits, benchImage, expectedOf, hasBench } from './image';

const MEMORY = 64 << 20;
/** More than a guest takes at full length. */
const LIMIT = 6e9;
/** Ticks that a port access takes beside its instruction. */
const PORT = 1000;
/** Instructions and port accesses of the markers that count into a workload's TSC difference. */
const MARKER = { least: 0, most: 40 };

const methods = (process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['none', 'ept']) as VirtualizationMethod[];
let passed = 0;
let failed = 0;
const check = (ok: boolean, name: string): void => {
  if (ok) passed++;
  else {
    failed++;
    console.log(`WRONG: ${name}`);
  }
};

function runBench(bits: BenchBits, method: VirtualizationMethod): void {
  const name = `bench${bits}, ${method}`;
  const target = powerOn(benchImage(bits), { virtualization: method, memory: MEMORY });
  const began = performance.now();
  const stop = runToEnd(target, LIMIT, 10_000_000);
  const seconds = (performance.now() - began) / 1000;
  console.log(`${name}: ${target.instructions} instructions in ${seconds.toFixed(1)} s`);
  check(stop.kind === 'ended' && stop.reason === 'debug-exit' && stop.value === 0, `${name}: ends with ${stop.kind}`);
  const lines = target.serialOutput.split('\n');
  check(lines[0] === 'S' && lines.includes(`BENCH${bits}`) && lines.includes('DONE'), `${name}: says that it is done`);
  for (const [workload, { instr, check: sum }] of Object.entries(expectedOf(bits))) {
    const ended = lines.find((line) => line.startsWith(`E ${workload} `))?.split(' ');
    check(ended?.[2] === sum, `${name}: ${workload} comes to ${ended?.[2]} instead of ${sum}`);
    if (method !== 'none' || !ended) continue;
    // time passes by instructions, and by port accesses: two a turn in portio
    const ports = workload === 'portio' ? 2 * (PORT * 1_000_000) : 0;
    const over = Number.parseInt(ended[3] as string, 16) - ports - instr;
    const faults = workload === 'pgfault' ? 300_000 : 0;
    check(
      over >= MARKER.least && over <= MARKER.most + faults,
      `${name}: ${workload} takes ${over} ticks more than ${instr} instructions`,
    );
  }
}

if (hasBench) {
  for (const bits of ['32', '64'] as const) for (const method of methods) runBench(bits, method);
} else console.log('there are no benchmark guests in ../shared/bench: nothing was run');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
