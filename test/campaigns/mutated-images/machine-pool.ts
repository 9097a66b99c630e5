/**
 * Machines that are used again: powering one on costs ten times what starting an image on it does. An image takes the steps of
 * `createTarget`, but for the building of the machine; drives are given another medium by writing over its bytes.
 */
import { BareTarget } from '../../../hypervisor/bare-target';
import { EptTarget } from '../../../hypervisor/ept-target';
import { isLoadError, type LaunchOptions, type LoadError } from '../../../hypervisor/launch-options';
import type { Snapshot, Target } from '../../../hypervisor/target';
import { hostMemoryFor, Vmm } from '../../../hypervisor/vmm/vmm';
import type { BootPlan } from '../../../machine/boot/boot-plan';
import { planBoot } from '../../../machine/boot/plan';
import { applyBootState } from '../../../machine/cpu/apply-boot-state';
import { defaultProfile } from '../../../machine/cpu/system/cpuid';
import { guestMemory, Machine } from '../../../machine/machine';

/** Bytes of a drive's medium. */
const MEDIUM = 64 * 1024;

interface Pooled {
  readonly target: BareTarget | EptTarget;
  readonly pristine: Snapshot;
  readonly medium: Uint8Array;
  place(plan: BootPlan): LoadError | undefined;
}

const pool = new Map<string, Pooled>();

function build(options: LaunchOptions, plan: BootPlan): Pooled {
  const medium = new Uint8Array(MEDIUM);
  const drives = Object.fromEntries(Object.keys(plan.drives).map((drive) => [drive, medium]));
  const devices = { ...drives, realModeEntry: plan.realModeEntry };
  if (options.virtualization === 'none') {
    const machine = new Machine({ memory: options.memory, tier1: options.tier1, ...devices });
    machine.processor.profile = defaultProfile({ vmx: true });
    const target = new BareTarget(machine);
    const place = (plan_: BootPlan) => {
      const start = plan_.place(guestMemory(machine.memory));
      if (isLoadError(start)) return start as LoadError;
      applyBootState(machine.processor, start.state);
      return undefined;
    };
    return { target, pristine: target.snapshot(), medium, place };
  }
  const machine = new Machine({ memory: hostMemoryFor(options.memory), tier1: options.tier1 });
  const vmm = new Vmm(machine, options.memory, devices);
  const target = new EptTarget(machine, vmm);
  const place = (plan_: BootPlan) => {
    const start = plan_.place(vmm.memory);
    if (isLoadError(start)) return start as LoadError;
    vmm.start(start.state);
    return undefined;
  };
  return { target, pristine: target.snapshot(), medium, place };
}

/** Powers on in a machine that others used before. */
export function powerOnAgain(options: LaunchOptions): Target | LoadError {
  const plan = planBoot(options);
  if (isLoadError(plan)) return plan as LoadError;
  const drive = Object.values(plan.drives)[0];
  const key = [options.virtualization, options.memory, Object.keys(plan.drives).join(), plan.realModeEntry].join(' ');
  const pooled = pool.get(key) ?? build(options, plan);
  pool.set(key, pooled);
  pooled.medium.fill(0);
  if (drive) pooled.medium.set(drive.subarray(0, MEDIUM));
  pooled.target.restore(pooled.pristine);
  return pooled.place(plan) ?? pooled.target;
}
