/**
 * x87 errors of a guest with CR0.NE clear. VMX operation fixes CR0.NE to 1 (SDM 3C 23.8), so that the processor raises #MF, which exits;
 * the VMM does what a processor with CR0.NE clear does: FERR# to the virtual platform, and IRQ 13 from there (SDM 1 D.2.1).
 */
import type { Vm } from './exit-handlers';
import type { VCpu } from './vcpu';

const RF = 0x10000;
const STI_AND_MOV_SS = 3;

/** #MF exited, and the guest believes that CR0.NE is clear. Says what was done. */
export function handleCoprocessorError(vcpu: VCpu, vm: Vm): string {
  const { vmcs, processor } = vcpu;
  // it is no fault to the guest
  vmcs.write32('guestRflags', vmcs.read32('guestRflags') & ~RF);
  if (vm.platform.pc.coprocessorError.signal(true)) {
    vm.emulateIgnoringError();
    return 'did the x87 instruction in spite of the error: CR0.NE is 0 and the virtual platform asserts IGNNE#';
  }
  // it waits in front of the instruction, and time goes on
  vmcs.write32('guestInterruptibilityState', vmcs.read32('guestInterruptibilityState') & ~STI_AND_MOV_SS);
  processor.countRetired();
  processor.endSlice();
  return 'asserted FERR# of the virtual platform, as CR0.NE is 0: the instruction waits for an interrupt';
}
