import type { Target } from '../../hypervisor/target';

/** What must not depend on how a guest was run. */
export const outcome = (target: Target): { serial: string; instructions: number; each: number[]; hash: string } => ({
  instructions: target.instructions,
  each: Array.from({ length: target.cpus }, (_, cpu) => target.instructionsOf(cpu)),
  hash: target.hash(),
  serial: target.serialOutput,
});
