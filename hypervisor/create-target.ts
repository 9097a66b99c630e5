import { isLoadError as isBootError } from '../machine/boot/load-error';
import { planBoot } from '../machine/boot/plan';
import { applyBootState } from '../machine/cpu/apply-boot-state';
import { defaultProfile } from '../machine/cpu/system/cpuid';
import { guestMemory, Machine, type MachineOptions } from '../machine/machine';
import { DEFAULT_BOOT_ORDER } from '../machine/platform';
import { BareTarget } from './bare-target';
import { EptTarget } from './ept-target';
import { isLoadError, type LaunchOptions, type LoadError, VIDEO_MEMORY } from './launch-options';
import type { Target } from './target';
import { hostMemoryFor, Vmm } from './vmm/vmm';

const MEBIBYTE = 1024 * 1024;
/** Linear memory ends at 4 GiB; the engine's own tables take some of it. */
const MOST_MEMORY = 3 * 1024 * MEBIBYTE;

/** The I/O APIC's ID, four bits, comes after the CPUs'. */
const MOST_CPUS = 15;

const loadError = (message: string): LoadError => ({ kind: 'load-error', message });

/** What of the launch options cannot be, in words; undefined if all is well. */
function refuse(options: LaunchOptions): string | undefined {
  const { memory, cpus, virtualization } = options;
  if (!Number.isInteger(memory)) return 'memory: it must be a whole number of bytes, 1M to 3072M';
  if (!Number.isInteger(cpus)) return `cpus: it must be a whole number, 1 to ${MOST_CPUS}`;
  if (memory < MEBIBYTE || memory > MOST_MEMORY || memory % 65536 !== 0) {
    return `memory: ${memory} bytes; it must be 1M to 3072M, a multiple of 64K`;
  }
  if (cpus < 1 || cpus > MOST_CPUS) return `cpus: ${cpus}; it must be 1 to ${MOST_CPUS}`;
  if (virtualization !== 'none' && virtualization !== 'ept')
    return `virtualization "${virtualization}" is not there yet; use "ept" or "none"`;
  return undefined;
}

/** A machine, unless the host has not the memory for it: a browser's tab or a small container may not. */
function buildMachine(options: MachineOptions): Machine | LoadError {
  try {
    return new Machine(options);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    const mebibytes = Math.ceil(options.memory / MEBIBYTE);
    return loadError(`memory: this computer cannot give the machine ${mebibytes} MiB; ask for less`);
  }
}

/** Powers on a guest: the machine or VM that the options ask for, with the program loaded and nothing executed yet. */
export function createTarget(options: LaunchOptions): Target | LoadError {
  const refused = refuse(options);
  if (refused) return loadError(refused);
  const plan = planBoot({
    name: options.name,
    program: options.program,
    boot: options.boot,
    loadAddress: options.loadAddress,
    entryBits: options.entryBits,
    initrd: options.initrd,
    commandLine: options.commandLine,
    cpus: options.cpus,
    videoMemory: VIDEO_MEMORY,
  });
  if (isBootError(plan)) return loadError(plan.message);
  const { floppy, disk, cdrom, virtioDisk } = options;
  const drives = { floppy, disk, cdrom, virtioDisk, ...plan.drives };
  // the program's own drive comes first, whatever else is plugged in
  const own = DEFAULT_BOOT_ORDER.filter((drive) => plan.drives[drive] !== undefined);
  const bootOrder = [...own, ...DEFAULT_BOOT_ORDER.filter((drive) => !own.includes(drive))];
  const devices = { ...drives, bootOrder, realModeEntry: plan.realModeEntry, videoMemory: VIDEO_MEMORY };
  const memory = options.memory + VIDEO_MEMORY;
  if (options.virtualization === 'none') {
    const machine = buildMachine({ memory, cpus: options.cpus, tier1: options.tier1, ...devices });
    if (isLoadError(machine)) return machine;
    machine.processor.profile = defaultProfile({ vmx: true });
    const start = plan.place(guestMemory(machine.memory));
    if (isBootError(start)) return loadError(start.message);
    applyBootState(machine.processor, start.state);
    return new BareTarget(machine);
  }
  const machine = buildMachine({ memory: hostMemoryFor(memory), tier1: options.tier1 });
  if (isLoadError(machine)) return machine;
  const vmm = new Vmm(machine, memory, { ...devices, cpus: options.cpus });
  const start = plan.place(vmm.memory);
  if (isBootError(start)) return loadError(start.message);
  const target = new EptTarget(machine, vmm);
  vmm.start(start.state);
  return target;
}
