/** VM exits at instruction boundaries (SDM 3C 25.2, 25.5), and the RF that exits save (SDM 3C 27.3.3). */
import { ExitControl } from '../../../isa/vmx/controls';
import { ExitReason } from '../../../isa/vmx/exit-reasons';
import type { CpuState } from '../cpu-state';
import { Vector } from '../fault';
import { State } from '../layout';
import { EventType } from '../system/event';
import type { InterceptUnit } from './intercept-unit';
import type { VmExit } from './vm-exit';

const INTERRUPT_FLAG = 0x200;
const STI_AND_MOV_SS = 3;
const NMI_BLOCKING = 8;

/** Exits that come at instruction boundaries. */
const BOUNDARY: ReadonlySet<number> = new Set([
  ExitReason.ExternalInterrupt,
  ExitReason.ExceptionOrNmi,
  ExitReason.InterruptWindow,
  ExitReason.NmiWindow,
  ExitReason.VmxPreemptionTimer,
  ExitReason.MonitorTrapFlag,
]);

/** An interrupt for the VMM, and why it exits. */
export interface ExternalInterrupt {
  vector: number;
  cause: string;
}

/**
 * The exit that is due before the next instruction in non-root mode: preemption timer, external interrupt, interrupt window, NMI window.
 * @param timerRanOut the VMX-preemption timer is active and has counted down
 */
export function boundaryExit(
  state: CpuState,
  intercepts: InterceptUnit,
  timerRanOut: boolean,
  interrupt: ExternalInterrupt | undefined,
): VmExit | undefined {
  if (timerRanOut) return intercepts.make(ExitReason.VmxPreemptionTimer, 'the VMX-preemption timer ran out');
  if (interrupt && intercepts.hasPin('external-interrupt exiting')) {
    const exit = intercepts.make(ExitReason.ExternalInterrupt, interrupt.cause);
    const acknowledge = (intercepts.vmcs.read32('exitControls') & ExitControl['acknowledge interrupt on exit']) !== 0;
    if (acknowledge) exit.interruptionInformation = (0x80000000 | interrupt.vector) >>> 0;
    return exit;
  }
  const blocking = state.get32(State.interruptibility);
  const shadow = (blocking & STI_AND_MOV_SS) !== 0;
  const interruptible = (state.get32(State.systemFlags) & INTERRUPT_FLAG) !== 0 && !shadow;
  if (interruptible && intercepts.hasPrimary('interrupt-window exiting') && state.get32(State.activity) <= 1) {
    return intercepts.make(
      ExitReason.InterruptWindow,
      'primary control "interrupt-window exiting" is 1, RFLAGS.IF is 1 and nothing blocks',
    );
  }
  if (intercepts.hasPrimary('NMI-window exiting') && !shadow && (blocking & NMI_BLOCKING) === 0) {
    return intercepts.make(ExitReason.NmiWindow, 'primary control "NMI-window exiting" is 1 and NMIs are not blocked');
  }
  return undefined;
}

/** An exception that is no trap. */
const isFault = (information: number): boolean =>
  information >>> 31 === 1 &&
  ((information >>> 8) & 7) === EventType.HardwareException &&
  (information & 0xff) !== Vector.DB;

/**
 * The event would push flags with RF 1, and that is what its exit saves (SDM 3C 27.3.3). Between the iterations of a repeated
 * string instruction RF counts as 1 for every exit there is, so that the interrupt that is injected then pushes it.
 */
export function savesResumeFlag(
  state: CpuState,
  { reason, interruptionInformation, vectoringInformation }: VmExit,
): boolean {
  if (isFault(vectoringInformation)) return true;
  if (reason === ExitReason.ExceptionOrNmi && isFault(interruptionInformation)) return true;
  return BOUNDARY.has(reason) && state.betweenIterations;
}
