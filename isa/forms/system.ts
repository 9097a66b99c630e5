/** Instructions of operating systems: descriptor tables, modes, caches and TLBs, MSRs, state saving, and the extensions. */
import { type InstructionSource, instruction } from '../notation';

const kernel = { privilege: 0, exceptions: '#GP(0)' } as const;
const descriptorTable = 'descriptor-table exiting';
const prefetch = (mnemonic: string, row: string, summary: string, feature = 'SSE'): InstructionSource =>
  instruction(mnemonic, summary, { feature }, row);

/** The processor ignores ModRM.rm of the fences (SDM 2A, LFENCE). @param modrm with rm = 0, as assemblers write it */
const fence = (modrm: number): string =>
  Array.from({ length: 8 }, (_, rm) => {
    const byte = (modrm + rm).toString(16).toUpperCase();
    return `| NP 0F AE ${byte}${rm === 0 ? '' : ' | decode'}`;
  }).join('\n');

const descriptors: readonly InstructionSource[] = [
  instruction(
    'sgdt',
    'Stores the GDT register: limit and base; any ring may see the host’s unless UMIP forbids it.',
    { class: 'hole', vmx: descriptorTable, exceptions: '#UD', feature: '286' },
    `
    m16&32 | 0F 01 /0 | legacy
    m16&64 | 0F 01 /0 | long f64`,
  ),
  instruction(
    'sidt',
    'Stores the IDT register: limit and base; any ring may see the host’s unless UMIP forbids it.',
    { class: 'hole', vmx: descriptorTable, exceptions: '#UD', feature: '286' },
    `
    m16&32 | 0F 01 /1 | legacy
    m16&64 | 0F 01 /1 | long f64`,
  ),
  instruction(
    'lgdt',
    'Loads the GDT register: limit and base of the global descriptor table; 16-bit code loads 24 bits of base.',
    { ...kernel, vmx: descriptorTable, feature: '286' },
    `
    m16&32 | oz 0F 01 /2 | legacy
    m16&64 | 0F 01 /2 | long f64`,
  ),
  instruction(
    'lidt',
    'Loads the IDT register: limit and base of the interrupt descriptor table; 16-bit code loads 24 bits of base.',
    { ...kernel, vmx: descriptorTable, feature: '286' },
    `
    m16&32 | oz 0F 01 /3 | legacy
    m16&64 | 0F 01 /3 | long f64`,
  ),
  instruction(
    'sldt',
    'Stores the selector of the local descriptor table; any ring may see the host’s unless UMIP forbids it.',
    { class: 'hole', vmx: descriptorTable, exceptions: '#UD', feature: '286' },
    'm16 | 0F 00 /0 | encode\nr64 | 0F 00 /0 | long encode\nrvm16 | 0F 00 /0',
  ),
  instruction(
    'str',
    'Stores the selector of the task register; any ring may see the host’s unless UMIP forbids it.',
    { class: 'hole', vmx: descriptorTable, exceptions: '#UD', feature: '286' },
    'm16 | 0F 00 /1 | encode\nrvm16 | 0F 00 /1',
  ),
  instruction(
    'lldt',
    'Loads the local descriptor table register from a descriptor in the GDT.',
    { privilege: 0, vmx: descriptorTable, exceptions: '#UD #GP #NP #SS', feature: '286' },
    'rm16 | 0F 00 /2',
  ),
  instruction(
    'ltr',
    'Loads the task register from a TSS descriptor in the GDT and marks it busy.',
    { privilege: 0, vmx: descriptorTable, exceptions: '#UD #GP #NP #SS', feature: '286' },
    'rm16 | 0F 00 /3',
  ),
  instruction(
    'verr',
    'Sets ZF if the segment of the selector may be read from here.',
    { class: 'hole', writes: 'ZF', exceptions: '#UD', feature: '286' },
    'rm16 | 0F 00 /4',
  ),
  instruction(
    'verw',
    'Sets ZF if the segment of the selector may be written from here; also clears CPU buffers.',
    { class: 'hole', writes: 'ZF', exceptions: '#UD', feature: '286' },
    'rm16 | 0F 00 /5',
  ),
  instruction(
    'lar',
    'Loads the access rights of a descriptor that is visible from here, and sets ZF if it is.',
    { class: 'hole', writes: 'ZF', exceptions: '#UD', feature: '286' },
    `
    rv, rvm16 | 0F 02 /r
    rv, r16   | 0F 02 /r | encode
    rv, r32   | 0F 02 /r | encode
    rv, r64   | 0F 02 /r | encode long`,
  ),
  instruction(
    'lsl',
    'Loads the limit of a segment whose descriptor is visible from here, and sets ZF if it is.',
    { class: 'hole', writes: 'ZF', exceptions: '#UD', feature: '286' },
    `
    rv, rvm16 | 0F 03 /r
    rv, r16   | 0F 03 /r | encode
    rv, r32   | 0F 03 /r | encode
    rv, r64   | 0F 03 /r | encode long`,
  ),
  instruction(
    'arpl',
    'Raises the RPL of a selector to that of another, so that a caller’s rights are kept.',
    { writes: 'ZF', exceptions: '#UD', feature: '286' },
    'rm16, r16 | 63 /r | legacy',
  ),
  instruction(
    'smsw',
    'Stores the low part of CR0; any ring may see the host’s unless UMIP forbids it.',
    { class: 'hole', exceptions: '#UD', vmx: 'CR0 read shadow', feature: '286' },
    'm16 | 0F 01 /4 | encode\nrvm16 | 0F 01 /4',
  ),
  instruction(
    'lmsw',
    'Loads the low four bits of CR0; it can set PE and not clear it.',
    { ...kernel, vmx: 'CR0 guest/host mask', feature: '286' },
    'rm16 | 0F 01 /6',
  ),
  instruction(
    'clts',
    'Clears CR0.TS: the FPU may be used again without #NM.',
    { ...kernel, vmx: 'CR0 guest/host mask', feature: '286' },
    '| 0F 06',
  ),
];

const processor: readonly InstructionSource[] = [
  instruction('hlt', 'Stops until an interrupt comes.', { ...kernel, vmx: 'HLT exiting' }, '| F4'),
  instruction(
    'cpuid',
    'Tells the processor’s identity and features by the leaf in EAX and ECX.',
    { vmx: 'always', feature: '486' },
    '| 0F A2',
  ),
  instruction(
    'rdtsc',
    'Reads the time-stamp counter into EDX:EAX.',
    { vmx: 'RDTSC exiting', exceptions: '#GP(0)', feature: 'TSC' },
    '| 0F 31',
  ),
  instruction(
    'rdtscp',
    'Reads the time-stamp counter into EDX:EAX and IA32_TSC_AUX into ECX, after all earlier instructions.',
    { vmx: 'RDTSC exiting', exceptions: '#UD #GP(0)', feature: 'RDTSCP' },
    '| 0F 01 F9',
  ),
  instruction(
    'rdpmc',
    'Reads the performance counter that ECX selects into EDX:EAX.',
    { vmx: 'RDPMC exiting', exceptions: '#GP(0)', feature: 'P6' },
    '| 0F 33',
  ),
  instruction(
    'rdpid',
    'Reads IA32_TSC_AUX, where systems keep the processor’s number.',
    { exceptions: '#UD', feature: 'RDPID' },
    `
    r32 | F3 0F C7 /7 | legacy
    r64 | F3 0F C7 /7 | long f64
    r32 | F3 0F C7 /7 | long encode`,
  ),
  instruction(
    'rdmsr',
    'Reads the model-specific register that ECX selects into EDX:EAX.',
    { ...kernel, vmx: 'use MSR bitmaps', feature: 'MSR' },
    '| 0F 32',
  ),
  instruction(
    'wrmsr',
    'Writes EDX:EAX to the model-specific register that ECX selects.',
    { ...kernel, vmx: 'use MSR bitmaps', feature: 'MSR' },
    '| 0F 30',
  ),
  instruction(
    'wrmsrns',
    'Writes EDX:EAX to the model-specific register that ECX selects, without serializing.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'use MSR bitmaps', feature: 'WRMSRNS' },
    '| NP 0F 01 C6 | long\n| NP 0F 01 C6 | legacy decode',
  ),
  instruction(
    'rdmsrlist',
    'Reads up to 64 model-specific registers by a list in memory.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'enable MSR-list instructions, use MSR bitmaps', feature: 'MSRLIST' },
    '| F2 0F 01 C6 | long',
  ),
  instruction(
    'wrmsrlist',
    'Writes up to 64 model-specific registers by lists in memory.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'enable MSR-list instructions, use MSR bitmaps', feature: 'MSRLIST' },
    '| F3 0F 01 C6 | long',
  ),
  instruction(
    'rsm',
    'Leaves system-management mode and restores the state saved on entry.',
    { exceptions: '#UD', writes: 'all', privilege: 0, vmx: 'always', feature: 'PENTIUM' },
    '| 0F AA',
  ),
  instruction(
    'syscall',
    'Enters the kernel at the address in IA32_LSTAR; keeps RIP in RCX and RFLAGS in R11.',
    { exceptions: '#UD', writes: 'all', feature: 'SYSCALL' },
    '| 0F 05 | long\n| 0F 05 | legacy encode',
  ),
  instruction(
    'sysret',
    'Returns from SYSCALL to user code: RIP from RCX, RFLAGS from R11; 64-bit with REX.W.',
    { ...kernel, exceptions: '#UD #GP(0)', writes: 'all', feature: 'SYSCALL' },
    `
    | W0 0F 07 | long
    | W0 0F 07 | legacy encode
    | REX.W 0F 07`,
  ),
  instruction(
    'sysenter',
    'Enters the kernel at the address in IA32_SYSENTER_EIP; saves nothing.',
    { exceptions: '#GP(0)', writes: 'VM IF RF', feature: 'SEP' },
    '| 0F 34',
  ),
  instruction(
    'sysexit',
    'Returns from SYSENTER to user code: RIP from RDX, RSP from RCX; 64-bit with REX.W.',
    { ...kernel, feature: 'SEP' },
    `
    | W0 0F 35
    | REX.W 0F 35`,
  ),
  instruction(
    'swapgs',
    'Swaps the GS base with IA32_KERNEL_GS_BASE.',
    { ...kernel, feature: 'X86_64' },
    '| 0F 01 F8 | long',
  ),
  instruction(
    'rdfsbase',
    'Reads the FS base address.',
    { exceptions: '#UD', feature: 'FSGSBASE' },
    'ry | F3 0F AE /0 | long',
  ),
  instruction(
    'rdgsbase',
    'Reads the GS base address.',
    { exceptions: '#UD', feature: 'FSGSBASE' },
    'ry | F3 0F AE /1 | long',
  ),
  instruction(
    'wrfsbase',
    'Writes the FS base address.',
    { exceptions: '#UD #GP(0)', feature: 'FSGSBASE' },
    'ry | F3 0F AE /2 | long',
  ),
  instruction(
    'wrgsbase',
    'Writes the GS base address.',
    { exceptions: '#UD #GP(0)', feature: 'FSGSBASE' },
    'ry | F3 0F AE /3 | long',
  ),
  instruction(
    'rdrand',
    'Reads a random number from the hardware generator; CF says that there was one.',
    { writes: 'status', vmx: 'RDRAND exiting', exceptions: '#UD', feature: 'RDRAND' },
    'rv | NFx 0F C7 /6',
  ),
  instruction(
    'rdseed',
    'Reads a random seed from the hardware’s entropy source; CF says that there was one.',
    { writes: 'status', vmx: 'RDSEED exiting', exceptions: '#UD', feature: 'RDSEED' },
    'rv | NFx 0F C7 /7',
  ),
  instruction(
    'monitor',
    'Arms the monitor on the cache line at DS:rAX, for MWAIT.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'MONITOR exiting', feature: 'MONITOR' },
    `
                  | NP 0F 01 C8
    rax, ecx, edx | NP 0F 01 C8 | long encode
    eax, ecx, edx | NP 0F 01 C8 | legacy encode`,
  ),
  instruction(
    'mwait',
    'Waits until the monitored line is written or an interrupt comes.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'MWAIT exiting', feature: 'MONITOR' },
    `
             | NP 0F 01 C9
    eax, ecx | NP 0F 01 C9 | encode`,
  ),
  instruction(
    'monitorx',
    'AMD: arms the monitor on the cache line at DS:rAX, in any ring.',
    { exceptions: '#UD', feature: 'MONITORX' },
    `
                  | NP 0F 01 FA
    rax, ecx, edx | NP 0F 01 FA | long encode
    eax, ecx, edx | NP 0F 01 FA | encode
    ax, ecx, edx  | NP 0F 01 FA | encode`,
  ),
  instruction(
    'mwaitx',
    'AMD: waits until the monitored line is written, or for a time in EBX, in any ring.',
    { exceptions: '#UD', feature: 'MONITORX' },
    `
             | NP 0F 01 FB
    eax, ecx | NP 0F 01 FB | encode`,
  ),
  instruction(
    'umonitor',
    'Arms the user-level monitor on the cache line at the address in the register.',
    { exceptions: '#UD #GP(0)', feature: 'WAITPKG' },
    `
    r16 | F3 a16 0F AE /6 | legacy
    r32 | F3 a32 0F AE /6
    r64 | F3 a64 0F AE /6 | long`,
  ),
  instruction(
    'umwait',
    'Waits until the monitored line is written or the time in EDX:EAX has come.',
    { writes: 'status', exceptions: '#UD #GP(0)', vmx: 'RDTSC exiting', feature: 'WAITPKG' },
    'r32 | F2 0F AE /6\nr32, edx, eax | F2 0F AE /6 | encode',
  ),
  instruction(
    'tpause',
    'Waits until the time in EDX:EAX has come.',
    { writes: 'status', exceptions: '#UD #GP(0)', vmx: 'RDTSC exiting', feature: 'WAITPKG' },
    'r32 | 66 0F AE /6\nr32, edx, eax | 66 0F AE /6 | encode',
  ),
  instruction(
    'serialize',
    'Waits until all earlier instructions are done and all their effects visible.',
    { exceptions: '#UD', feature: 'SERIALIZE' },
    '| NP 0F 01 E8',
  ),
  instruction(
    'getsec',
    'Runs the trusted-execution function that EAX selects.',
    { exceptions: '#UD #GP(0)', vmx: 'always', feature: 'SMX' },
    '| NP 0F 37',
  ),
  instruction(
    'pconfig',
    'Configures platform features such as memory encryption, by the leaf in EAX.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'enable PCONFIG', writes: 'status', feature: 'PCONFIG' },
    '| NP 0F 01 C5',
  ),
  instruction(
    'hreset',
    'Resets the processor’s prediction history, by the mask in EAX.',
    { ...kernel, exceptions: '#UD #GP(0)', feature: 'HRESET' },
    'imm8 | F3 0F 3A F0 C0 ib\nimm8, eax | F3 0F 3A F0 C0 ib | encode',
  ),
  instruction(
    'encls',
    'Runs the SGX supervisor function that EAX selects.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'enable ENCLS exiting', writes: 'status', feature: 'SGX' },
    '| NP 0F 01 CF',
  ),
  instruction(
    'enclu',
    'Runs the SGX user function that EAX selects.',
    { writes: 'status', exceptions: '#UD #GP(0)', feature: 'SGX' },
    '| NP 0F 01 D7',
  ),
  instruction(
    'enclv',
    'Runs the SGX virtualization function that EAX selects.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'enable ENCLV exiting', writes: 'status', feature: 'SGX' },
    '| NP 0F 01 C0',
  ),
  instruction(
    'ptwrite',
    'Writes the operand into the processor trace.',
    { exceptions: '#UD', feature: 'PTWRITE' },
    `
    rmy | F3 0F AE /4 | decode
    rmy | NP 0F AE /4 | encode`,
  ),
  instruction(
    'rdpru',
    'AMD: reads the performance register that ECX selects into EDX:EAX.',
    { exceptions: '#UD', feature: 'RDPRU' },
    '| NP 0F 01 FD | decode',
  ),
  instruction(
    'clzero',
    'AMD: writes zeros to the cache line at rAX.',
    { exceptions: '#UD', feature: 'CLZERO' },
    `
        | NP 0F 01 FC
    ax  | NP a16 0F 01 FC | legacy encode
    eax | NP a32 0F 01 FC | encode
    rax | NP a64 0F 01 FC | long encode`,
  ),
];

const caches: readonly InstructionSource[] = [
  instruction(
    'invd',
    'Empties the caches without writing anything back.',
    { ...kernel, vmx: 'always', feature: '486' },
    '| 0F 08',
  ),
  instruction(
    'wbinvd',
    'Writes the caches back to memory and empties them.',
    { ...kernel, vmx: 'WBINVD exiting', feature: '486' },
    '| 0F 09',
  ),
  instruction(
    'wbnoinvd',
    'Writes the caches back to memory and keeps their contents.',
    { ...kernel, vmx: 'WBINVD exiting', feature: 'WBNOINVD' },
    '| F3 0F 09',
  ),
  instruction(
    'invlpg',
    'Drops the translation of the page that holds the address from the TLB.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'INVLPG exiting', feature: '486' },
    'm | 0F 01 /7',
  ),
  instruction(
    'invpcid',
    'Drops translations of one address, one address space or all of them from the TLB.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'INVLPG exiting', feature: 'INVPCID' },
    `
    r32, m128 | 66 0F 38 82 /r | legacy
    r64, m128 | 66 REX.W 0F 38 82 /r | encode
    r64, m128 | 66 0F 38 82 /r | long f64 decode`,
  ),
  instruction(
    'clflush',
    'Writes the cache line that holds the address back to memory and drops it from all caches.',
    { exceptions: '#UD', feature: 'CLFSH' },
    'm8 | NP 0F AE /7',
  ),
  instruction(
    'clflushopt',
    'Drops a cache line like CLFLUSH, less strictly ordered and so faster.',
    { exceptions: '#UD', feature: 'CLFLUSHOPT' },
    'm8 | 66 0F AE /7',
  ),
  instruction(
    'clwb',
    'Writes the cache line that holds the address back to memory and may keep it.',
    { exceptions: '#UD', feature: 'CLWB' },
    'm8 | 66 0F AE /6',
  ),
  instruction(
    'cldemote',
    'Hints that the cache line should move to a cache farther from the core.',
    { feature: 'CLDEMOTE' },
    'm8 | NP 0F 1C /0',
  ),
  instruction(
    'lfence',
    'Waits for all earlier loads, and for all earlier instructions to complete.',
    { feature: 'SSE2' },
    fence(0xe8),
  ),
  instruction(
    'mfence',
    'Makes all earlier loads and stores visible before all later ones.',
    { feature: 'SSE2' },
    fence(0xf0),
  ),
  instruction('sfence', 'Makes all earlier stores visible before all later ones.', { feature: 'SSE' }, fence(0xf8)),
  prefetch(
    'prefetchnta',
    'm8 | 0F 18 /0',
    'Fetches a cache line that is used once, with little disturbance of the caches.',
  ),
  prefetch('prefetcht0', 'm8 | 0F 18 /1', 'Fetches a cache line into all levels of cache.'),
  prefetch('prefetcht1', 'm8 | 0F 18 /2', 'Fetches a cache line into the second-level cache.'),
  prefetch('prefetcht2', 'm8 | 0F 18 /3', 'Fetches a cache line into the third-level cache.'),
  prefetch('prefetchit0', 'm8 | 0F 18 /7', 'Fetches a line of code into all levels of cache.', 'PREFETCHI'),
  prefetch('prefetchit1', 'm8 | 0F 18 /6', 'Fetches a line of code into the second-level cache.', 'PREFETCHI'),
  prefetch('prefetch', 'm8 | 0F 0D /0', 'Fetches a cache line.', 'PREFETCHW'),
  prefetch('prefetchw', 'm8 | 0F 0D /1', 'Fetches a cache line that is going to be written.', 'PREFETCHW'),
  prefetch(
    'prefetchwt1',
    'm8 | 0F 0D /2',
    'Fetches a cache line that is going to be written, into the second-level cache.',
    'PREFETCHWT1',
  ),
];

const stateSaving: readonly InstructionSource[] = [
  instruction(
    'xgetbv',
    'Reads the extended control register that ECX selects into EDX:EAX.',
    { exceptions: '#UD #GP(0)', feature: 'XSAVE' },
    '| NP 0F 01 D0',
  ),
  instruction(
    'xsetbv',
    'Writes EDX:EAX to the extended control register that ECX selects: which state XSAVE manages.',
    { ...kernel, exceptions: '#UD #GP(0)', vmx: 'always', feature: 'XSAVE' },
    '| NP 0F 01 D1',
  ),
  instruction(
    'xsave',
    'Saves the processor state components that EDX:EAX selects.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVE' },
    'm | NP 0F AE /4',
  ),
  instruction(
    'xsave64',
    'Saves the processor state components that EDX:EAX selects, in the 64-bit format.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVE' },
    'm | NP REX.W 0F AE /4',
  ),
  instruction(
    'xrstor',
    'Restores the processor state components that EDX:EAX selects.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVE' },
    'm | NP 0F AE /5',
  ),
  instruction(
    'xrstor64',
    'Restores the processor state components that EDX:EAX selects, in the 64-bit format.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVE' },
    'm | NP REX.W 0F AE /5',
  ),
  instruction(
    'xsaveopt',
    'Saves state components like XSAVE, but skips those unchanged since they were restored.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVEOPT' },
    'm | NP 0F AE /6',
  ),
  instruction(
    'xsaveopt64',
    'Saves state components like XSAVE64, but skips those unchanged since they were restored.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVEOPT' },
    'm | NP REX.W 0F AE /6',
  ),
  instruction(
    'xsavec',
    'Saves state components in compact format.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVEC' },
    'm | NP 0F C7 /4',
  ),
  instruction(
    'xsavec64',
    'Saves state components in compact 64-bit format.',
    { exceptions: '#UD #NM #GP(0)', feature: 'XSAVEC' },
    'm | NP REX.W 0F C7 /4',
  ),
  instruction(
    'xsaves',
    'Saves state components, supervisor ones too, in compact format.',
    { ...kernel, exceptions: '#UD #NM #GP(0)', vmx: 'XSS-exiting bitmap', feature: 'XSAVES' },
    'm | NP 0F C7 /5',
  ),
  instruction(
    'xsaves64',
    'Saves state components, supervisor ones too, in compact 64-bit format.',
    { ...kernel, exceptions: '#UD #NM #GP(0)', vmx: 'XSS-exiting bitmap', feature: 'XSAVES' },
    'm | NP REX.W 0F C7 /5',
  ),
  instruction(
    'xrstors',
    'Restores state components, supervisor ones too.',
    { ...kernel, exceptions: '#UD #NM #GP(0)', vmx: 'XSS-exiting bitmap', feature: 'XSAVES' },
    'm | NP 0F C7 /3',
  ),
  instruction(
    'xrstors64',
    'Restores state components, supervisor ones too, from the 64-bit format.',
    { ...kernel, exceptions: '#UD #NM #GP(0)', vmx: 'XSS-exiting bitmap', feature: 'XSAVES' },
    'm | NP REX.W 0F C7 /3',
  ),
  instruction(
    'rdpkru',
    'Reads the protection-key rights of user pages into EAX.',
    { exceptions: '#UD #GP(0)', feature: 'PKU' },
    '| NP 0F 01 EE | long\n| NP 0F 01 EE | legacy decode',
  ),
  instruction(
    'wrpkru',
    'Writes EAX to the protection-key rights of user pages.',
    { exceptions: '#UD #GP(0)', feature: 'PKU' },
    '| NP 0F 01 EF | long\n| NP 0F 01 EF | legacy decode',
  ),
];

const controlFlowEnforcement: readonly InstructionSource[] = [
  instruction(
    'endbr64',
    'Marks where indirect jumps and calls of 64-bit code may land.',
    { feature: 'CET_IBT' },
    '| F3 0F 1E FA',
  ),
  instruction(
    'endbr32',
    'Marks where indirect jumps and calls of 32-bit code may land.',
    { feature: 'CET_IBT' },
    '| F3 0F 1E FB',
  ),
  instruction(
    'rdsspd',
    'Reads the low half of the shadow-stack pointer; does nothing where shadow stacks are off.',
    { feature: 'CET_SS' },
    'r32 | F3 o32 0F 1E /1 | encode\nr32 | F3 W0 0F 1E /1 | decode',
  ),
  instruction(
    'rdsspq',
    'Reads the shadow-stack pointer; does nothing where shadow stacks are off.',
    { feature: 'CET_SS' },
    'r64 | F3 REX.W 0F 1E /1',
  ),
  instruction(
    'incsspd',
    'Raises the shadow-stack pointer by four times the operand.',
    { exceptions: '#UD', feature: 'CET_SS' },
    'r32 | F3 o32 0F AE /5 | encode\nr32 | F3 W0 0F AE /5 | decode',
  ),
  instruction(
    'incsspq',
    'Raises the shadow-stack pointer by eight times the operand.',
    { exceptions: '#UD', feature: 'CET_SS' },
    'r64 | F3 REX.W 0F AE /5',
  ),
  instruction(
    'saveprevssp',
    'Saves a restore token for the previous shadow stack.',
    { exceptions: '#UD #GP(0)', feature: 'CET_SS' },
    '| F3 0F 01 EA',
  ),
  instruction(
    'rstorssp',
    'Switches to the shadow stack whose restore token is at the address.',
    { writes: 'status', exceptions: '#UD #GP(0) #CP', feature: 'CET_SS' },
    'm64 | F3 0F 01 /5',
  ),
  instruction(
    'wrssd',
    'Writes 32 bits to a shadow stack.',
    { exceptions: '#UD', feature: 'CET_SS' },
    'm32, r32 | NP o32 0F 38 F6 /r | encode\nm32, r32 | NP W0 0F 38 F6 /r | decode',
  ),
  instruction(
    'wrssq',
    'Writes 64 bits to a shadow stack.',
    { exceptions: '#UD', feature: 'CET_SS' },
    'm64, r64 | NP REX.W 0F 38 F6 /r',
  ),
  instruction(
    'wrussd',
    'Writes 32 bits to a user shadow stack, from the kernel.',
    { ...kernel, exceptions: '#UD #GP(0)', feature: 'CET_SS' },
    'm32, r32 | 66 o32 0F 38 F5 /r | encode\nm32, r32 | 66 W0 0F 38 F5 /r | decode',
  ),
  instruction(
    'wrussq',
    'Writes 64 bits to a user shadow stack, from the kernel.',
    { ...kernel, exceptions: '#UD #GP(0)', feature: 'CET_SS' },
    'm64, r64 | 66 REX.W 0F 38 F5 /r',
  ),
  instruction(
    'setssbsy',
    'Marks the supervisor shadow stack of IA32_PL0_SSP busy and switches to it.',
    { ...kernel, exceptions: '#UD #CP', feature: 'CET_SS' },
    '| F3 0F 01 E8',
  ),
  instruction(
    'clrssbsy',
    'Clears the busy mark of a supervisor shadow stack.',
    { ...kernel, writes: 'status', exceptions: '#UD #GP(0)', feature: 'CET_SS' },
    'm64 | F3 0F AE /6',
  ),
];

const transactions: readonly InstructionSource[] = [
  instruction(
    'xbegin',
    'Begins a memory transaction; an abort goes to the target with the cause in EAX.',
    { feature: 'RTM' },
    `
    rel16 | o16 C7 F8 cw | legacy
    rel32 | o32 C7 F8 cd | legacy
    rel16 | o16 C7 F8 cw | long decode
    rel32 | C7 F8 cd     | long f64`,
  ),
  instruction(
    'xabort',
    'Aborts the memory transaction with the immediate as cause.',
    { feature: 'RTM' },
    'imm8 | C6 F8 ib',
  ),
  instruction(
    'xend',
    'Ends the memory transaction: all its writes become visible at once.',
    { exceptions: '#UD #GP(0)', feature: 'RTM' },
    '| NP 0F 01 D5',
  ),
  instruction(
    'xtest',
    'Clears ZF inside a memory transaction, sets it outside.',
    { writes: 'status', exceptions: '#UD', feature: 'RTM' },
    '| NP 0F 01 D6',
  ),
  instruction(
    'xsusldtrk',
    'Stops the tracking of loads in a memory transaction.',
    { exceptions: '#UD', feature: 'TSXLDTRK' },
    '| F2 0F 01 E8',
  ),
  instruction(
    'xresldtrk',
    'Takes the tracking of loads in a memory transaction up again.',
    { exceptions: '#UD', feature: 'TSXLDTRK' },
    '| F2 0F 01 E9',
  ),
];

const directStores: readonly InstructionSource[] = [
  instruction(
    'movdiri',
    'Stores a register to memory past the caches.',
    { exceptions: '#UD', feature: 'MOVDIRI' },
    'my, ry | NP 0F 38 F9 /r',
  ),
  instruction(
    'movdir64b',
    'Stores 64 bytes as one write to the address in the register, past the caches.',
    { exceptions: '#UD #GP(0)', feature: 'MOVDIR64B' },
    `
    r16, m512 | 66 a16 0F 38 F8 /r | legacy
    r32, m512 | 66 a32 0F 38 F8 /r
    r64, m512 | 66 a64 0F 38 F8 /r | long`,
  ),
  instruction(
    'enqcmd',
    'Submits a 64-byte command to a device’s queue; ZF says that it has to be tried again.',
    { writes: 'status', exceptions: '#UD #GP(0)', vmx: 'PASID translation', feature: 'ENQCMD' },
    `
    r16, m512 | F2 a16 0F 38 F8 /r | legacy
    r32, m512 | F2 a16 0F 38 F8 /r | legacy encode
    r32, m512 | F2 a32 0F 38 F8 /r | long
    r32, m512 | F2 a32 0F 38 F8 /r | legacy decode
    r64, m512 | F2 REX.W a64 0F 38 F8 /r | encode
    r64, m512 | F2 a64 0F 38 F8 /r | long decode`,
  ),
  instruction(
    'enqcmds',
    'Submits a 64-byte command of the kernel to a device’s queue; ZF says to try again.',
    { ...kernel, writes: 'status', exceptions: '#UD #GP(0)', vmx: 'PASID translation', feature: 'ENQCMD' },
    `
    r16, m512 | F3 a16 0F 38 F8 /r | legacy
    r32, m512 | F3 a16 0F 38 F8 /r | legacy encode
    r32, m512 | F3 a32 0F 38 F8 /r | long
    r32, m512 | F3 a32 0F 38 F8 /r | legacy decode
    r64, m512 | F3 REX.W a64 0F 38 F8 /r | encode
    r64, m512 | F3 a64 0F 38 F8 /r | long decode`,
  ),
  instruction(
    'senduipi',
    'Sends a user interrupt to the target of that index.',
    { exceptions: '#UD #GP(0)', feature: 'UINTR' },
    'r64 | F3 0F C7 /6 | long f64',
  ),
  instruction(
    'uiret',
    'Returns from a user-interrupt handler.',
    { writes: 'status TF DF NT RF AC ID', exceptions: '#UD #GP(0)', feature: 'UINTR' },
    '| F3 0F 01 EC | long',
  ),
];

export const system: readonly InstructionSource[] = [
  ...descriptors,
  ...processor,
  ...caches,
  ...stateSaving,
  ...controlFlowEnforcement,
  ...transactions,
  ...directStores,
];
