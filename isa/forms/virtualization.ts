/** VMX (SDM 3C chapter 31) and SVM (APM 3). */
import { type InstructionSource, instruction } from '../notation';

const vmx = { privilege: 0, exceptions: '#UD #GP(0)', vmx: 'always', feature: 'VMX' } as const;
const vmxFlags = { ...vmx, writes: 'status' } as const;
const svm = { privilege: 0, exceptions: '#UD #GP(0)', feature: 'SVM' } as const;

export const virtualization: readonly InstructionSource[] = [
  instruction(
    'vmxon',
    'Enters VMX root operation, with the VMXON region at the physical address in memory.',
    vmxFlags,
    'm64 | F3 0F C7 /6',
  ),
  instruction('vmxoff', 'Leaves VMX operation.', vmxFlags, '| NP 0F 01 C4'),
  instruction(
    'vmclear',
    'Writes a VMCS back to memory and makes it clear, inactive and not current.',
    vmxFlags,
    'm64 | 66 0F C7 /6',
  ),
  instruction('vmptrld', 'Makes the VMCS at the physical address in memory current.', vmxFlags, 'm64 | NP 0F C7 /6'),
  instruction(
    'vmptrst',
    'Stores the physical address of the current VMCS, all ones if none.',
    vmxFlags,
    'm64 | NP 0F C7 /7',
  ),
  instruction(
    'vmread',
    'Reads a field of the current VMCS, whose encoding is in the second operand.',
    { ...vmxFlags, vmx: 'VMCS shadowing' },
    `
    rm32, r32 | NP 0F 78 /r | legacy
    rm64, r64 | NP 0F 78 /r | long f64`,
  ),
  instruction(
    'vmwrite',
    'Writes a field of the current VMCS, whose encoding is in the first operand.',
    { ...vmxFlags, vmx: 'VMCS shadowing' },
    `
    r32, rm32 | NP 0F 79 /r | legacy
    r64, rm64 | NP 0F 79 /r | long f64`,
  ),
  instruction(
    'vmlaunch',
    'Enters the virtual machine of the current VMCS for the first time.',
    vmxFlags,
    '| NP 0F 01 C2',
  ),
  instruction('vmresume', 'Enters the virtual machine of the current VMCS again.', vmxFlags, '| NP 0F 01 C3'),
  instruction(
    'vmcall',
    'Calls the hypervisor: exits from a guest to the VMM.',
    { vmx: 'always', exceptions: '#UD', writes: 'status', feature: 'VMX' },
    '| NP 0F 01 C1',
  ),
  instruction(
    'vmfunc',
    'Runs the VM function that EAX selects without an exit: 0 switches the EPT pointer.',
    { vmx: 'enable VM functions', exceptions: '#UD', feature: 'VMX' },
    '| NP 0F 01 D4',
  ),
  instruction(
    'invept',
    'Drops translations that were made through an EPT from the TLB.',
    { ...vmxFlags, feature: 'EPT' },
    `
    r32, m128 | 66 0F 38 80 /r | legacy
    r64, m128 | 66 0F 38 80 /r | long f64`,
  ),
  instruction(
    'invvpid',
    'Drops translations of a virtual processor from the TLB.',
    { ...vmxFlags, feature: 'VPID' },
    `
    r32, m128 | 66 0F 38 81 /r | legacy
    r64, m128 | 66 0F 38 81 /r | long f64`,
  ),
  instruction(
    'vmrun',
    'AMD: runs the guest of the VMCB whose physical address is in rAX until it exits.',
    svm,
    '| 0F 01 D8',
  ),
  instruction('vmmcall', 'AMD: calls the hypervisor.', { exceptions: '#UD', feature: 'SVM' }, '| 0F 01 D9'),
  instruction('vmload', 'AMD: loads the processor state that VMRUN leaves alone from a VMCB.', svm, '| 0F 01 DA'),
  instruction('vmsave', 'AMD: saves the processor state that VMRUN leaves alone to a VMCB.', svm, '| 0F 01 DB'),
  instruction('stgi', 'AMD: sets the global interrupt flag.', svm, '| 0F 01 DC'),
  instruction('clgi', 'AMD: clears the global interrupt flag; even NMIs wait.', svm, '| 0F 01 DD'),
  instruction(
    'skinit',
    'AMD: starts a measured loader securely.',
    { ...svm, writes: 'status' },
    '| 0F 01 DE | long\n| 0F 01 DE | legacy decode',
  ),
  instruction(
    'invlpga',
    'AMD: drops the translation of an address in an address space (ASID) from the TLB.',
    svm,
    `
             | 0F 01 DF
    ax, ecx  | a16 0F 01 DF | legacy encode
    eax, ecx | a32 0F 01 DF | encode
    rax, ecx | a64 0F 01 DF | long encode`,
  ),
  instruction(
    'vmgexit',
    'AMD: exits from an encrypted guest to the VMM, with the guest’s consent.',
    { exceptions: '#UD', feature: 'SEV_ES' },
    `
    | F2 0F 01 C1
    | F3 0F 01 C1 | decode`,
  ),
  instruction(
    'pvalidate',
    'AMD: validates or rescinds a guest page in the reverse map table.',
    { privilege: 0, writes: 'status', exceptions: '#UD #GP(0)', feature: 'SEV_SNP' },
    '| F2 0F 01 FF',
  ),
  instruction(
    'rmpadjust',
    'AMD: changes the rights of a guest page in the reverse map table.',
    { privilege: 0, writes: 'status', exceptions: '#UD #GP(0)', feature: 'SEV_SNP' },
    '| F3 0F 01 FE',
  ),
];
