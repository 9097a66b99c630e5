/** VM-instruction error numbers: why a VMX instruction failed with VMfailValid (SDM 3C 30.4, table 30-1). */

export interface VmInstructionError {
  number: number;
  /** One sentence in the manual's terms. */
  name: string;
  /** What to look at. */
  remedy: string;
}

export const vmInstructionErrors: readonly VmInstructionError[] = [
  {
    number: 1,
    name: 'VMCALL executed in VMX root operation',
    remedy: 'VMCALL calls the VMM only from a guest; in root operation it calls an SMM monitor, which is not set up.',
  },
  {
    number: 2,
    name: 'VMCLEAR with invalid physical address',
    remedy: 'The VMCS address has to be 4-KByte aligned and within the physical-address width.',
  },
  {
    number: 3,
    name: 'VMCLEAR with VMXON pointer',
    remedy: 'The VMXON region is no VMCS: give each VMCS a region of its own.',
  },
  {
    number: 4,
    name: 'VMLAUNCH with non-clear VMCS',
    remedy: 'This VMCS was launched already: use VMRESUME, or VMCLEAR it first.',
  },
  {
    number: 5,
    name: 'VMRESUME with non-launched VMCS',
    remedy: 'The first entry with a VMCS after VMCLEAR is VMLAUNCH.',
  },
  {
    number: 6,
    name: 'VMRESUME after VMXOFF',
    remedy: 'VMXOFF and VMXON came between launch and resume: VMCLEAR the VMCS and launch it again.',
  },
  {
    number: 7,
    name: 'VM entry with invalid control field(s)',
    remedy: 'Compare the controls with the capability MSRs and with each other (SDM 3C 26.2.1).',
  },
  {
    number: 8,
    name: 'VM entry with invalid host-state field(s)',
    remedy: 'Compare the host-state area with SDM 3C 26.2.2 to 26.2.4.',
  },
  {
    number: 9,
    name: 'VMPTRLD with invalid physical address',
    remedy: 'The VMCS address has to be 4-KByte aligned and within the physical-address width.',
  },
  {
    number: 10,
    name: 'VMPTRLD with VMXON pointer',
    remedy: 'The VMXON region is no VMCS: give each VMCS a region of its own.',
  },
  {
    number: 11,
    name: 'VMPTRLD with incorrect VMCS revision identifier',
    remedy: 'Write bits 30:0 of IA32_VMX_BASIC into the first four bytes of the region; bit 31 only for a shadow VMCS.',
  },
  {
    number: 12,
    name: 'VMREAD/VMWRITE from/to unsupported VMCS component',
    remedy: 'The encoding names no field that this processor has.',
  },
  {
    number: 13,
    name: 'VMWRITE to read-only VMCS component',
    remedy: 'Exit-information fields can be written only where IA32_VMX_MISC[29] is 1.',
  },
  { number: 15, name: 'VMXON executed in VMX root operation', remedy: 'VMX operation is already on.' },
  {
    number: 16,
    name: 'VM entry with invalid executive-VMCS pointer',
    remedy: 'Only an SMM monitor meets this: see SDM 3C 31.15.',
  },
  {
    number: 17,
    name: 'VM entry with non-launched executive VMCS',
    remedy: 'Only an SMM monitor meets this: see SDM 3C 31.15.',
  },
  {
    number: 18,
    name: 'VM entry with executive-VMCS pointer not VMXON pointer',
    remedy: 'Deactivating the dual-monitor treatment needs the VMXON pointer there.',
  },
  {
    number: 19,
    name: 'VMCALL with non-clear VMCS',
    remedy: 'Activating the dual-monitor treatment needs a clear VMCS.',
  },
  {
    number: 20,
    name: 'VMCALL with invalid VM-exit control fields',
    remedy: 'Activating the dual-monitor treatment checks the VM-exit controls.',
  },
  {
    number: 22,
    name: 'VMCALL with incorrect MSEG revision identifier',
    remedy: 'The MSEG header does not fit this processor.',
  },
  {
    number: 23,
    name: 'VMXOFF under dual-monitor treatment of SMIs and SMM',
    remedy: 'End the dual-monitor treatment first.',
  },
  {
    number: 24,
    name: 'VMCALL with invalid SMM-monitor features',
    remedy: 'The MSEG header asks for features that are not there.',
  },
  {
    number: 25,
    name: 'VM entry with invalid VM-execution control fields in executive VMCS',
    remedy: 'Only an SMM monitor meets this: see SDM 3C 31.15.',
  },
  {
    number: 26,
    name: 'VM entry with events blocked by MOV SS',
    remedy: 'Put an instruction between MOV SS or POP SS and the VM entry.',
  },
  {
    number: 28,
    name: 'Invalid operand to INVEPT/INVVPID',
    remedy: 'The type or the descriptor is not one that IA32_VMX_EPT_VPID_CAP allows.',
  },
];

const byNumber = new Map(vmInstructionErrors.map((e) => [e.number, e]));

/** The error of that number; undefined where the manual has none. */
export function vmInstructionErrorOf(number: number): VmInstructionError | undefined {
  return byNumber.get(number);
}
