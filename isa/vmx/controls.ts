/** VMX controls: the bits that decide what exits, what entries and exits load and save (SDM 3C 24.6 to 24.8, appendix A). */
import type { ExitReasonName } from './exit-reasons';
import type { VmcsFieldKey } from './fields';

export type ControlWord = 'pin-based' | 'primary' | 'secondary' | 'tertiary' | 'exit' | 'secondary-exit' | 'entry';

export interface VmxControl<Name extends string = string> {
  word: ControlWord;
  bit: number;
  /** The manual's name: `HLT exiting`. Unique over all words but for the load/save pairs of exit and entry. */
  name: Name;
  /** One sentence: what a 1 does. */
  summary: string;
  /** Exit reasons that a 1 makes possible. */
  exits: readonly ExitReasonName[];
  /** Controls that must be 1 for this one to be 1 (checked by VM entry), by name. */
  requires: readonly string[];
}

/** One control word: where it stands, which MSRs say what is allowed, and which bits are 1 by default. */
export interface ControlWordInfo {
  word: ControlWord;
  /** The manual's name of the field. */
  name: string;
  field: VmcsFieldKey;
  /** Bits of the word. */
  width: 32 | 64;
  /** Capability MSR: allowed 0-settings in its low half, allowed 1-settings in its high half (64-bit words: allowed 1-settings only). */
  capabilityMsr: number;
  /** The same with the default1 bits that may be 0 on this processor; 0 where there is none. */
  trueCapabilityMsr: number;
  /** Bits that the first processors with VMX demanded to be 1. */
  default1: number;
}

/** All control words (SDM 3C appendix A.3 to A.5). */
export const controlWords: readonly ControlWordInfo[] = [
  {
    word: 'pin-based',
    name: 'Pin-based VM-execution controls',
    field: 'pinBasedControls',
    width: 32,
    capabilityMsr: 0x481,
    trueCapabilityMsr: 0x48d,
    default1: 0x0000_0016,
  },
  {
    word: 'primary',
    name: 'Primary processor-based VM-execution controls',
    field: 'primaryProcessorBasedControls',
    width: 32,
    capabilityMsr: 0x482,
    trueCapabilityMsr: 0x48e,
    default1: 0x0401_e172,
  },
  {
    word: 'secondary',
    name: 'Secondary processor-based VM-execution controls',
    field: 'secondaryProcessorBasedControls',
    width: 32,
    capabilityMsr: 0x48b,
    trueCapabilityMsr: 0,
    default1: 0,
  },
  {
    word: 'tertiary',
    name: 'Tertiary processor-based VM-execution controls',
    field: 'tertiaryProcessorBasedControls',
    width: 64,
    capabilityMsr: 0x492,
    trueCapabilityMsr: 0,
    default1: 0,
  },
  {
    word: 'exit',
    name: 'Primary VM-exit controls',
    field: 'exitControls',
    width: 32,
    capabilityMsr: 0x483,
    trueCapabilityMsr: 0x48f,
    default1: 0x0003_6dff,
  },
  {
    word: 'secondary-exit',
    name: 'Secondary VM-exit controls',
    field: 'secondaryExitControls',
    width: 64,
    capabilityMsr: 0x493,
    trueCapabilityMsr: 0,
    default1: 0,
  },
  {
    word: 'entry',
    name: 'VM-entry controls',
    field: 'entryControls',
    width: 32,
    capabilityMsr: 0x484,
    trueCapabilityMsr: 0x490,
    default1: 0x0000_11ff,
  },
];

function bits<Word extends ControlWord>(word: Word) {
  return <Name extends string>(
    bit: number,
    name: Name,
    summary: string,
    more: { exits?: readonly ExitReasonName[]; requires?: readonly string[] } = {},
  ): VmxControl<Name> => ({ word, bit, name, summary, exits: more.exits ?? [], requires: more.requires ?? [] });
}

const pin = bits('pin-based');
const primary = bits('primary');
const secondary = bits('secondary');
const tertiary = bits('tertiary');
const exit = bits('exit');
const secondaryExit = bits('secondary-exit');
const entry = bits('entry');

/** Primary control that switches the secondary word on. */
const activateSecondary = 'activate secondary controls';

const pinBased = [
  pin(0, 'external-interrupt exiting', 'Hardware interrupts exit instead of going through the guest’s IDT.', {
    exits: ['EXTERNAL_INTERRUPT'],
  }),
  pin(3, 'NMI exiting', 'Non-maskable interrupts exit instead of going through the guest’s IDT.', {
    exits: ['EXCEPTION_OR_NMI'],
  }),
  pin(5, 'virtual NMIs', 'NMI blocking is the guest’s own, so that the VMM can give it NMIs.', {
    requires: ['NMI exiting'],
  }),
  pin(6, 'activate VMX-preemption timer', 'A timer counts down in the guest and exits at zero.', {
    exits: ['VMX_PREEMPTION_TIMER'],
  }),
  pin(
    7,
    'process posted interrupts',
    'Interrupts posted in a descriptor in memory are delivered to the running guest without an exit.',
    { requires: ['virtual-interrupt delivery', 'acknowledge interrupt on exit', 'external-interrupt exiting'] },
  ),
] as const;

const primaryProcessorBased = [
  primary(2, 'interrupt-window exiting', 'Exits as soon as the guest can take an interrupt.', {
    exits: ['INTERRUPT_WINDOW'],
  }),
  primary(3, 'use TSC offsetting', 'The TSC offset is added to the time-stamp counter that the guest reads.'),
  primary(7, 'HLT exiting', 'HLT exits.', { exits: ['HLT'] }),
  primary(9, 'INVLPG exiting', 'INVLPG and INVPCID exit.', { exits: ['INVLPG', 'INVPCID'] }),
  primary(10, 'MWAIT exiting', 'MWAIT exits.', { exits: ['MWAIT'] }),
  primary(11, 'RDPMC exiting', 'RDPMC exits.', { exits: ['RDPMC'] }),
  primary(12, 'RDTSC exiting', 'RDTSC, RDTSCP, TPAUSE and UMWAIT exit.', {
    exits: ['RDTSC', 'RDTSCP', 'UMWAIT', 'TPAUSE'],
  }),
  primary(15, 'CR3-load exiting', 'MOV to CR3 exits, unless the value is one of the CR3-target values.', {
    exits: ['CR_ACCESS'],
  }),
  primary(16, 'CR3-store exiting', 'MOV from CR3 exits.', { exits: ['CR_ACCESS'] }),
  primary(17, 'activate tertiary controls', 'The tertiary controls are in force.'),
  primary(19, 'CR8-load exiting', 'MOV to CR8 exits.', { exits: ['CR_ACCESS'] }),
  primary(20, 'CR8-store exiting', 'MOV from CR8 exits.', { exits: ['CR_ACCESS'] }),
  primary(21, 'use TPR shadow', 'CR8 and the task-priority register are those of the virtual-APIC page.', {
    exits: ['TPR_BELOW_THRESHOLD'],
  }),
  primary(22, 'NMI-window exiting', 'Exits as soon as the guest can take an NMI.', {
    exits: ['NMI_WINDOW'],
    requires: ['virtual NMIs'],
  }),
  primary(23, 'MOV-DR exiting', 'MOV to and from debug registers exits.', { exits: ['MOV_DR'] }),
  primary(24, 'unconditional I/O exiting', 'Every I/O instruction exits, unless I/O bitmaps are in use.', {
    exits: ['IO_INSTRUCTION'],
  }),
  primary(25, 'use I/O bitmaps', 'I/O instructions exit on the ports whose bit in the I/O bitmaps is set.', {
    exits: ['IO_INSTRUCTION'],
  }),
  primary(27, 'monitor trap flag', 'Exits after the next guest instruction.', { exits: ['MONITOR_TRAP_FLAG'] }),
  primary(
    28,
    'use MSR bitmaps',
    'RDMSR and WRMSR exit on the MSRs whose bit in the MSR bitmaps is set; with a 0 on all.',
    { exits: ['RDMSR', 'WRMSR'] },
  ),
  primary(29, 'MONITOR exiting', 'MONITOR exits.', { exits: ['MONITOR'] }),
  primary(30, 'PAUSE exiting', 'PAUSE exits.', { exits: ['PAUSE'] }),
  primary(31, 'activate secondary controls', 'The secondary controls are in force; with a 0 all of them count as 0.'),
] as const;

const secondaryProcessorBased = [
  secondary(0, 'virtualize APIC accesses', 'Accesses to the APIC-access page are virtualized or exit.', {
    exits: ['APIC_ACCESS'],
  }),
  secondary(1, 'enable EPT', 'Guest-physical addresses are translated by the extended page tables.', {
    exits: ['EPT_VIOLATION', 'EPT_MISCONFIGURATION'],
  }),
  secondary(2, 'descriptor-table exiting', 'LGDT, LIDT, LLDT, LTR, SGDT, SIDT, SLDT and STR exit.', {
    exits: ['GDTR_IDTR_ACCESS', 'LDTR_TR_ACCESS'],
  }),
  secondary(3, 'enable RDTSCP', 'RDTSCP and RDPID exist in the guest; with a 0 they raise #UD.', { exits: ['RDTSCP'] }),
  secondary(4, 'virtualize x2APIC mode', 'RDMSR and WRMSR on the x2APIC’s registers go to the virtual-APIC page.', {
    requires: ['use TPR shadow'],
  }),
  secondary(5, 'enable VPID', 'TLB entries carry the guest’s VPID, so that entries and exits need not flush.'),
  secondary(6, 'WBINVD exiting', 'WBINVD and WBNOINVD exit.', { exits: ['WBINVD'] }),
  secondary(7, 'unrestricted guest', 'The guest may run without paging and in real mode.', {
    requires: ['enable EPT'],
  }),
  secondary(
    8,
    'APIC-register virtualization',
    'Reads of most APIC registers come from the virtual-APIC page; some writes exit after it took them.',
    { exits: ['APIC_WRITE'], requires: ['use TPR shadow'] },
  ),
  secondary(
    9,
    'virtual-interrupt delivery',
    'Pending virtual interrupts are evaluated and delivered without an exit.',
    { exits: ['VIRTUALIZED_EOI'], requires: ['use TPR shadow', 'external-interrupt exiting'] },
  ),
  secondary(10, 'PAUSE-loop exiting', 'A series of PAUSEs in a loop that lasts too long exits.', { exits: ['PAUSE'] }),
  secondary(11, 'RDRAND exiting', 'RDRAND exits.', { exits: ['RDRAND'] }),
  secondary(12, 'enable INVPCID', 'INVPCID exists in the guest; with a 0 it raises #UD.', { exits: ['INVPCID'] }),
  secondary(13, 'enable VM functions', 'VMFUNC exists in the guest.', { exits: ['VMFUNC'] }),
  secondary(
    14,
    'VMCS shadowing',
    'VMREAD and VMWRITE of the guest go to a shadow VMCS, but for encodings that the bitmaps name.',
    { exits: ['VMREAD', 'VMWRITE'] },
  ),
  secondary(15, 'enable ENCLS exiting', 'ENCLS leaves whose bit in the ENCLS-exiting bitmap is set exit.', {
    exits: ['ENCLS'],
  }),
  secondary(16, 'RDSEED exiting', 'RDSEED exits.', { exits: ['RDSEED'] }),
  secondary(17, 'enable PML', 'A write that sets a dirty bit in the EPT logs the page.', {
    exits: ['PAGE_MODIFICATION_LOG_FULL'],
    requires: ['enable EPT'],
  }),
  secondary(18, 'EPT-violation #VE', 'EPT violations may come to the guest as exception #VE instead of an exit.'),
  secondary(19, 'conceal VMX from PT', 'Processor Trace in the guest does not show that it is a guest.'),
  secondary(20, 'enable XSAVES/XRSTORS', 'XSAVES and XRSTORS exist in the guest; with a 0 they raise #UD.', {
    exits: ['XSAVES', 'XRSTORS'],
  }),
  secondary(21, 'PASID translation', 'ENQCMD and ENQCMDS translate the guest’s PASID by the PASID directories.', {
    exits: ['ENQCMD_PASID_TRANSLATION_FAILURE', 'ENQCMDS_PASID_TRANSLATION_FAILURE'],
  }),
  secondary(
    22,
    'mode-based execute control for EPT',
    'EPT entries have separate execute bits for supervisor and user pages.',
    { requires: ['enable EPT'] },
  ),
  secondary(23, 'sub-page write permissions for EPT', 'EPT entries may allow writes to 128-byte parts of a page.', {
    exits: ['SPP_EVENT'],
    requires: ['enable EPT'],
  }),
  secondary(
    24,
    'Intel PT uses guest physical addresses',
    'Processor Trace in the guest writes to guest-physical addresses.',
    { requires: ['enable EPT', 'load IA32_RTIT_CTL', 'clear IA32_RTIT_CTL'] },
  ),
  secondary(25, 'use TSC scaling', 'The time-stamp counter that the guest reads is multiplied by the TSC multiplier.'),
  secondary(
    26,
    'enable user wait and pause',
    'TPAUSE, UMONITOR and UMWAIT exist in the guest; with a 0 they raise #UD.',
    { exits: ['UMWAIT', 'TPAUSE'] },
  ),
  secondary(27, 'enable PCONFIG', 'PCONFIG exists in the guest; leaves whose bit in its bitmap is set exit.', {
    exits: ['PCONFIG'],
  }),
  secondary(28, 'enable ENCLV exiting', 'ENCLV leaves whose bit in the ENCLV-exiting bitmap is set exit.', {
    exits: ['ENCLV'],
  }),
  secondary(30, 'VMM bus-lock detection', 'A bus lock in the guest exits.', { exits: ['BUS_LOCK'] }),
  secondary(31, 'instruction timeout', 'A guest that passes no instruction boundary for too long exits.', {
    exits: ['INSTRUCTION_TIMEOUT'],
  }),
] as const;

const tertiaryProcessorBased = [
  tertiary(0, 'LOADIWKEY exiting', 'LOADIWKEY exits.', { exits: ['LOADIWKEY'] }),
  tertiary(1, 'enable HLAT', 'Part of the linear addresses is translated by paging structures that the VMM owns.', {
    requires: ['enable EPT'],
  }),
  tertiary(
    2,
    'EPT paging-write control',
    'EPT entries may allow writes to the guest’s paging structures by page walks only.',
    { requires: ['enable EPT'] },
  ),
  tertiary(
    3,
    'guest-paging verification',
    'EPT entries may demand that a translation used only pages marked for paging.',
    { requires: ['enable EPT'] },
  ),
  tertiary(
    4,
    'IPI virtualization',
    'Interprocessor interrupts of the guest are posted to their target without an exit.',
    { requires: ['use TPR shadow'] },
  ),
  tertiary(
    5,
    'GPAW',
    'Guest-physical addresses are 52 bits wide for the choice between shared and private EPT; with a 0, 48 bits.',
  ),
  tertiary(6, 'enable MSR-list instructions', 'RDMSRLIST and WRMSRLIST exist in the guest; with a 0 they raise #UD.', {
    exits: ['RDMSRLIST', 'WRMSRLIST'],
  }),
  tertiary(7, 'virtualize IA32_SPEC_CTRL', 'The guest sees and changes IA32_SPEC_CTRL through a mask and a shadow.'),
] as const;

const exitBits = [
  exit(2, 'save debug controls', 'DR7 and IA32_DEBUGCTL are saved.'),
  exit(
    9,
    'host address-space size',
    'The host runs in 64-bit mode after the exit (CS.L, EFER.LME and EFER.LMA become 1).',
  ),
  exit(12, 'load IA32_PERF_GLOBAL_CTRL', 'IA32_PERF_GLOBAL_CTRL is loaded from the host-state area.'),
  exit(15, 'acknowledge interrupt on exit', 'An exit for an interrupt acknowledges it and records its vector.'),
  exit(18, 'save IA32_PAT', 'IA32_PAT is saved.'),
  exit(19, 'load IA32_PAT', 'IA32_PAT is loaded from the host-state area.'),
  exit(20, 'save IA32_EFER', 'IA32_EFER is saved.'),
  exit(21, 'load IA32_EFER', 'IA32_EFER is loaded from the host-state area.'),
  exit(22, 'save VMX-preemption timer value', 'What is left of the VMX-preemption timer is saved.', {
    requires: ['activate VMX-preemption timer'],
  }),
  exit(23, 'clear IA32_BNDCFGS', 'IA32_BNDCFGS is cleared.'),
  exit(24, 'conceal VMX from PT', 'Processor Trace does not show the exit.'),
  exit(25, 'clear IA32_RTIT_CTL', 'IA32_RTIT_CTL is cleared.'),
  exit(26, 'clear IA32_LBR_CTL', 'IA32_LBR_CTL is cleared.'),
  exit(27, 'clear UINV', 'The user-interrupt notification vector is cleared.'),
  exit(28, 'load CET state', 'CET state and SSP are loaded from the host-state area.'),
  exit(29, 'load PKRS', 'IA32_PKRS is loaded from the host-state area.'),
  exit(30, 'save IA32_PERF_GLOBAL_CTRL', 'IA32_PERF_GLOBAL_CTRL is saved.'),
  exit(31, 'activate secondary controls', 'The secondary VM-exit controls are in force.'),
] as const;

const secondaryExitBits = [
  secondaryExit(0, 'save IA32_FRED', 'The FRED MSRs are saved.'),
  secondaryExit(1, 'load IA32_FRED', 'The FRED MSRs are loaded from the host-state area.'),
  secondaryExit(3, 'prematurely busy shadow stack', 'An exit says when it left a shadow stack marked busy too early.'),
] as const;

const entryBits = [
  entry(2, 'load debug controls', 'DR7 and IA32_DEBUGCTL are loaded from the guest-state area.'),
  entry(9, 'IA-32e mode guest', 'The guest is in IA-32e mode (EFER.LMA becomes 1) after the entry.'),
  entry(10, 'entry to SMM', 'The guest is in system-management mode after the entry.'),
  entry(11, 'deactivate dual-monitor treatment', 'The entry ends the dual-monitor treatment of SMM.'),
  entry(13, 'load IA32_PERF_GLOBAL_CTRL', 'IA32_PERF_GLOBAL_CTRL is loaded from the guest-state area.'),
  entry(14, 'load IA32_PAT', 'IA32_PAT is loaded from the guest-state area.'),
  entry(15, 'load IA32_EFER', 'IA32_EFER is loaded from the guest-state area.'),
  entry(16, 'load IA32_BNDCFGS', 'IA32_BNDCFGS is loaded from the guest-state area.'),
  entry(17, 'conceal VMX from PT', 'Processor Trace does not show the entry.'),
  entry(18, 'load IA32_RTIT_CTL', 'IA32_RTIT_CTL is loaded from the guest-state area.'),
  entry(19, 'load UINV', 'The user-interrupt notification vector is loaded from the guest-state area.'),
  entry(20, 'load CET state', 'CET state and SSP are loaded from the guest-state area.'),
  entry(21, 'load guest IA32_LBR_CTL', 'IA32_LBR_CTL is loaded from the guest-state area.'),
  entry(22, 'load PKRS', 'IA32_PKRS is loaded from the guest-state area.'),
  entry(23, 'load IA32_FRED', 'The FRED MSRs are loaded from the guest-state area.'),
] as const;

/** Controls of one word by bit, and masks by the manual's name: `PinBasedControl['NMI exiting']` is 8. */
function masks<Name extends string>(rows: readonly VmxControl<Name>[]): Readonly<Record<Name, number>> {
  // Bit 31 must come out positive.
  return Object.fromEntries(rows.map((r) => [r.name, (1 << r.bit) >>> 0])) as Record<Name, number>;
}

export const PinBasedControl = masks(pinBased);
export const PrimaryControl = masks(primaryProcessorBased);
export const SecondaryControl = masks(secondaryProcessorBased);
/** All bits defined so far stand in the low half of the 64-bit word. */
export const TertiaryControl = masks(tertiaryProcessorBased);
export const ExitControl = masks(exitBits);
/** All bits defined so far stand in the low half of the 64-bit word. */
export const SecondaryExitControl = masks(secondaryExitBits);
export const EntryControl = masks(entryBits);

/** Every control of every word. */
export const vmxControls: readonly VmxControl[] = [
  ...pinBased,
  ...primaryProcessorBased,
  ...secondaryProcessorBased,
  ...tertiaryProcessorBased,
  ...exitBits,
  ...secondaryExitBits,
  ...entryBits,
];

/** The controls of one word, lowest bit first. */
export function controlsOf(word: ControlWord): readonly VmxControl[] {
  return vmxControls.filter((c) => c.word === word);
}

/** Requirements name controls; a tertiary or secondary control also needs its word to be activated. */
export function requirementsOf(control: VmxControl): readonly string[] {
  if (control.word === 'secondary') return [activateSecondary, ...control.requires];
  if (control.word === 'tertiary') return ['activate tertiary controls', ...control.requires];
  return control.requires;
}

/** Controls that make exits of that reason possible. */
export function controlsCausing(reason: ExitReasonName): readonly VmxControl[] {
  return vmxControls.filter((c) => c.exits.includes(reason));
}
