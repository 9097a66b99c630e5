import type { Cpu } from '../cpu';

/** What made the task switch (SDM 3C table 27-2, bits 31:30 of the exit qualification). */
export const TaskSwitchSource = { Call: 0, Iret: 1, Jump: 2, Gate: 3 } as const;

/** placeholder until the whole file follows */
export function switchTask(
  cpu: Cpu,
  selector: number,
  source: number,
  returnRip: number,
  length: number,
  ext: number,
  errorCode: number | undefined,
  resume: boolean,
): void {
  void [cpu, selector, source, returnRip, length, ext, errorCode, resume];
  throw new Error('hardware task switch');
}
