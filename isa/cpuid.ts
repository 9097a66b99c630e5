/** CPUID: what each bit of each leaf means (SDM 2A CPUID, table 3-8; AMD64 volume 3 appendix E for 8000_00xxH). */
import { type BitLayout, field, flag, formatBits } from './bit-fields';

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

export interface CpuidLeaf {
  leaf: number;
  /** -1 where ECX does not matter. */
  subleaf: number;
  name: string;
  /** Layouts of the registers that have bits to name. */
  registers: Readonly<Partial<Record<CpuidRegister, BitLayout>>>;
}

/** One feature bit. `feature` is the name used by the rows of the instruction table, where instructions depend on it. */
export interface CpuidFeature {
  leaf: number;
  subleaf: number;
  register: CpuidRegister;
  bit: number;
  name: string;
  summary: string;
}

const leaf1Eax: BitLayout = [
  field(0, 3, 'stepping', 'Stepping.'),
  field(4, 7, 'model', 'Low part of the model.'),
  field(8, 11, 'family', 'Family.'),
  field(12, 13, 'type', 'Processor type.'),
  field(16, 19, 'extended model', 'High part of the model.'),
  field(20, 27, 'extended family', 'Added to family 15.'),
];

const leaf1Ebx: BitLayout = [
  field(0, 7, 'brand index', 'Brand index.'),
  field(8, 15, 'CLFLUSH line size', 'Units of 8 bytes.'),
  field(16, 23, 'logical processors', 'Addressable logical processors in the package.'),
  field(24, 31, 'initial APIC ID', 'Number of the local APIC.'),
];

const leaf1Ecx: BitLayout = [
  flag(0, 'SSE3', 'SSE3.'),
  flag(1, 'PCLMULQDQ', 'Carry-less multiplication.'),
  flag(2, 'DTES64', '64-bit debug store.'),
  flag(3, 'MONITOR', 'MONITOR and MWAIT.'),
  flag(4, 'DS-CPL', 'Debug store by CPL.'),
  flag(5, 'VMX', 'Virtual-machine extensions.'),
  flag(6, 'SMX', 'Safer-mode extensions.'),
  flag(7, 'EIST', 'Enhanced SpeedStep.'),
  flag(8, 'TM2', 'Thermal monitor 2.'),
  flag(9, 'SSSE3', 'Supplemental SSE3.'),
  flag(10, 'CNXT-ID', 'L1 context ID.'),
  flag(11, 'SDBG', 'IA32_DEBUG_INTERFACE.'),
  flag(12, 'FMA', 'Fused multiply-add.'),
  flag(13, 'CMPXCHG16B', 'CMPXCHG16B.'),
  flag(14, 'xTPR', 'xTPR update control.'),
  flag(15, 'PDCM', 'Performance and debug capability MSR.'),
  flag(17, 'PCID', 'Process-context identifiers.'),
  flag(18, 'DCA', 'Direct cache access.'),
  flag(19, 'SSE4.1', 'SSE4.1.'),
  flag(20, 'SSE4.2', 'SSE4.2.'),
  flag(21, 'x2APIC', 'x2APIC.'),
  flag(22, 'MOVBE', 'MOVBE.'),
  flag(23, 'POPCNT', 'POPCNT.'),
  flag(24, 'TSC-Deadline', 'TSC-deadline mode of the APIC timer.'),
  flag(25, 'AESNI', 'AES instructions.'),
  flag(26, 'XSAVE', 'XSAVE and its state.'),
  flag(27, 'OSXSAVE', 'The system switched XSAVE on: CR4.OSXSAVE.'),
  flag(28, 'AVX', 'AVX.'),
  flag(29, 'F16C', 'Half-precision conversion.'),
  flag(30, 'RDRAND', 'RDRAND.'),
  flag(31, 'hypervisor', 'A hypervisor is there; 0 on a real processor.'),
];

const leaf1Edx: BitLayout = [
  flag(0, 'FPU', 'x87.'),
  flag(1, 'VME', 'Virtual-8086 mode enhancements.'),
  flag(2, 'DE', 'Debugging extensions: I/O breakpoints.'),
  flag(3, 'PSE', '4-MByte pages.'),
  flag(4, 'TSC', 'Time-stamp counter.'),
  flag(5, 'MSR', 'RDMSR and WRMSR.'),
  flag(6, 'PAE', 'Physical-address extension.'),
  flag(7, 'MCE', 'Machine-check exception.'),
  flag(8, 'CX8', 'CMPXCHG8B.'),
  flag(9, 'APIC', 'Local APIC; follows its enable bit.'),
  flag(11, 'SEP', 'SYSENTER and SYSEXIT.'),
  flag(12, 'MTRR', 'Memory-type range registers.'),
  flag(13, 'PGE', 'Global pages.'),
  flag(14, 'MCA', 'Machine-check architecture.'),
  flag(15, 'CMOV', 'CMOVcc; with FPU also FCMOVcc and FCOMI.'),
  flag(16, 'PAT', 'Page attribute table.'),
  flag(17, 'PSE-36', '36-bit addresses of 4-MByte pages.'),
  flag(18, 'PSN', 'Processor serial number.'),
  flag(19, 'CLFSH', 'CLFLUSH.'),
  flag(21, 'DS', 'Debug store.'),
  flag(22, 'ACPI', 'Thermal monitor and clock control.'),
  flag(23, 'MMX', 'MMX.'),
  flag(24, 'FXSR', 'FXSAVE and FXRSTOR.'),
  flag(25, 'SSE', 'SSE.'),
  flag(26, 'SSE2', 'SSE2.'),
  flag(27, 'SS', 'Self snoop.'),
  flag(28, 'HTT', 'The package may have several logical processors.'),
  flag(29, 'TM', 'Thermal monitor.'),
  flag(31, 'PBE', 'Pending break enable.'),
];

const leaf7Ebx: BitLayout = [
  flag(0, 'FSGSBASE', 'RDFSBASE and its like.'),
  flag(1, 'IA32_TSC_ADJUST', 'IA32_TSC_ADJUST.'),
  flag(2, 'SGX', 'Software guard extensions.'),
  flag(3, 'BMI1', 'Bit manipulation, first group.'),
  flag(4, 'HLE', 'Hardware lock elision.'),
  flag(5, 'AVX2', 'AVX2.'),
  flag(6, 'FDP_EXCPTN_ONLY', 'The x87 data pointer changes only on exceptions.'),
  flag(7, 'SMEP', 'Supervisor-mode execution prevention.'),
  flag(8, 'BMI2', 'Bit manipulation, second group.'),
  flag(9, 'ERMS', 'Enhanced REP MOVSB and STOSB.'),
  flag(10, 'INVPCID', 'INVPCID.'),
  flag(11, 'RTM', 'Restricted transactional memory.'),
  flag(12, 'RDT-M', 'Resource monitoring.'),
  flag(13, 'FCS/FDS deprecated', 'x87 CS and DS are saved as 0.'),
  flag(14, 'MPX', 'Memory protection extensions.'),
  flag(15, 'RDT-A', 'Resource allocation.'),
  flag(16, 'AVX512F', 'AVX-512 foundation.'),
  flag(17, 'AVX512DQ', 'AVX-512 doubleword and quadword.'),
  flag(18, 'RDSEED', 'RDSEED.'),
  flag(19, 'ADX', 'ADCX and ADOX.'),
  flag(20, 'SMAP', 'Supervisor-mode access prevention; CLAC and STAC.'),
  flag(21, 'AVX512_IFMA', 'AVX-512 integer fused multiply-add.'),
  flag(23, 'CLFLUSHOPT', 'CLFLUSHOPT.'),
  flag(24, 'CLWB', 'CLWB.'),
  flag(25, 'Intel PT', 'Processor Trace.'),
  flag(26, 'AVX512PF', 'AVX-512 prefetch.'),
  flag(27, 'AVX512ER', 'AVX-512 exponential and reciprocal.'),
  flag(28, 'AVX512CD', 'AVX-512 conflict detection.'),
  flag(29, 'SHA', 'SHA instructions.'),
  flag(30, 'AVX512BW', 'AVX-512 byte and word.'),
  flag(31, 'AVX512VL', 'AVX-512 vector length.'),
];

const leaf7Ecx: BitLayout = [
  flag(0, 'PREFETCHWT1', 'PREFETCHWT1.'),
  flag(1, 'AVX512_VBMI', 'AVX-512 vector byte manipulation.'),
  flag(2, 'UMIP', 'User-mode instruction prevention.'),
  flag(3, 'PKU', 'Protection keys for user pages.'),
  flag(4, 'OSPKE', 'The system switched protection keys on: CR4.PKE.'),
  flag(5, 'WAITPKG', 'TPAUSE, UMONITOR and UMWAIT.'),
  flag(6, 'AVX512_VBMI2', 'AVX-512 vector byte manipulation 2.'),
  flag(7, 'CET_SS', 'Shadow stacks.'),
  flag(8, 'GFNI', 'Galois-field instructions.'),
  flag(9, 'VAES', 'AES on wide vectors.'),
  flag(10, 'VPCLMULQDQ', 'Carry-less multiplication on wide vectors.'),
  flag(11, 'AVX512_VNNI', 'AVX-512 neural-network instructions.'),
  flag(12, 'AVX512_BITALG', 'AVX-512 bit algorithms.'),
  flag(13, 'TME_EN', 'Total memory encryption.'),
  flag(14, 'AVX512_VPOPCNTDQ', 'AVX-512 population count.'),
  flag(16, 'LA57', 'Five-level paging.'),
  field(17, 21, 'MAWAU', 'MPX address-width adjust.'),
  flag(22, 'RDPID', 'RDPID and IA32_TSC_AUX.'),
  flag(23, 'KL', 'Key Locker.'),
  flag(24, 'BUS_LOCK_DETECT', 'Bus locks may raise #DB.'),
  flag(25, 'CLDEMOTE', 'CLDEMOTE.'),
  flag(27, 'MOVDIRI', 'MOVDIRI.'),
  flag(28, 'MOVDIR64B', 'MOVDIR64B.'),
  flag(29, 'ENQCMD', 'ENQCMD and ENQCMDS.'),
  flag(30, 'SGX_LC', 'SGX launch configuration.'),
  flag(31, 'PKS', 'Protection keys for supervisor pages.'),
];

const leaf7Edx: BitLayout = [
  flag(1, 'SGX-KEYS', 'SGX attestation services.'),
  flag(2, 'AVX512_4VNNIW', 'AVX-512 4VNNIW.'),
  flag(3, 'AVX512_4FMAPS', 'AVX-512 4FMAPS.'),
  flag(4, 'FSRM', 'Fast short REP MOVSB.'),
  flag(5, 'UINTR', 'User interrupts.'),
  flag(8, 'AVX512_VP2INTERSECT', 'AVX-512 VP2INTERSECT.'),
  flag(9, 'SRBDS_CTRL', 'Mitigation control of RDRAND sampling.'),
  flag(10, 'MD_CLEAR', 'VERW clears buffers.'),
  flag(11, 'RTM_ALWAYS_ABORT', 'Transactions always abort.'),
  flag(13, 'RTM_FORCE_ABORT', 'Transactions can be made to abort.'),
  flag(14, 'SERIALIZE', 'SERIALIZE.'),
  flag(15, 'Hybrid', 'Cores of several kinds.'),
  flag(16, 'TSXLDTRK', 'Suspending of load tracking.'),
  flag(18, 'PCONFIG', 'PCONFIG.'),
  flag(19, 'LBR', 'Architectural last-branch records.'),
  flag(20, 'CET_IBT', 'Indirect-branch tracking.'),
  flag(22, 'AMX-BF16', 'AMX bfloat16.'),
  flag(23, 'AVX512_FP16', 'AVX-512 half precision.'),
  flag(24, 'AMX-TILE', 'AMX tiles.'),
  flag(25, 'AMX-INT8', 'AMX 8-bit integers.'),
  flag(26, 'IBRS/IBPB', 'Indirect-branch speculation controls.'),
  flag(27, 'STIBP', 'Single-thread indirect branch predictors.'),
  flag(28, 'L1D_FLUSH', 'IA32_FLUSH_CMD.'),
  flag(29, 'IA32_ARCH_CAPABILITIES', 'IA32_ARCH_CAPABILITIES.'),
  flag(30, 'IA32_CORE_CAPABILITIES', 'IA32_CORE_CAPABILITIES.'),
  flag(31, 'SSBD', 'Speculative store bypass disable.'),
];

const leaf7Sub1Eax: BitLayout = [
  flag(0, 'SHA512', 'SHA-512 instructions.'),
  flag(1, 'SM3', 'SM3 instructions.'),
  flag(2, 'SM4', 'SM4 instructions.'),
  flag(3, 'RAO-INT', 'Remote atomic operations.'),
  flag(4, 'AVX-VNNI', 'Neural-network instructions with VEX encoding.'),
  flag(5, 'AVX512_BF16', 'AVX-512 bfloat16.'),
  flag(6, 'LASS', 'Linear address-space separation.'),
  flag(7, 'CMPCCXADD', 'CMPccXADD.'),
  flag(10, 'FZRM', 'Fast zero-length REP MOVSB.'),
  flag(11, 'FSRS', 'Fast short REP STOSB.'),
  flag(12, 'FSRCS', 'Fast short REP CMPSB and SCASB.'),
  flag(17, 'FRED', 'Flexible return and event delivery.'),
  flag(18, 'LKGS', 'LKGS.'),
  flag(19, 'WRMSRNS', 'WRMSRNS.'),
  flag(21, 'AMX-FP16', 'AMX half precision.'),
  flag(22, 'HRESET', 'HRESET.'),
  flag(23, 'AVX-IFMA', 'Integer fused multiply-add with VEX encoding.'),
  flag(26, 'LAM', 'Linear-address masking.'),
  flag(27, 'MSRLIST', 'RDMSRLIST and WRMSRLIST.'),
];

const leaf7Sub1Edx: BitLayout = [
  flag(4, 'AVX-VNNI-INT8', 'Neural-network instructions on bytes with VEX encoding.'),
  flag(5, 'AVX-NE-CONVERT', 'Conversions of bfloat16 and half precision with VEX encoding.'),
  flag(8, 'AMX-COMPLEX', 'AMX on complex numbers.'),
  flag(14, 'PREFETCHI', 'PREFETCHIT0 and PREFETCHIT1.'),
  flag(18, 'CET_SSS', 'Supervisor shadow stacks may be used without fear of being left busy.'),
];

const leaf0DSub1Eax: BitLayout = [
  flag(0, 'XSAVEOPT', 'XSAVEOPT.'),
  flag(1, 'XSAVEC', 'XSAVEC and the compacted form.'),
  flag(2, 'XGETBV_ECX1', 'XGETBV with ECX = 1.'),
  flag(3, 'XSAVES', 'XSAVES, XRSTORS and IA32_XSS.'),
  flag(4, 'XFD', 'Extended feature disable.'),
];

const extended1Ecx: BitLayout = [
  flag(0, 'LAHF64', 'LAHF and SAHF in 64-bit mode.'),
  flag(1, 'CmpLegacy', 'Legacy multi-core (AMD).'),
  flag(2, 'SVM', 'Secure virtual machine (AMD).'),
  flag(3, 'ExtApicSpace', 'Extended APIC space (AMD).'),
  flag(4, 'AltMovCr8', 'LOCK MOV CR0 means CR8 (AMD).'),
  flag(5, 'LZCNT', 'LZCNT.'),
  flag(6, 'SSE4A', 'SSE4A (AMD).'),
  flag(7, 'MisAlignSse', 'Misaligned SSE mode (AMD).'),
  flag(8, 'PREFETCHW', 'PREFETCHW.'),
  flag(9, 'OSVW', 'OS-visible workaround (AMD).'),
  flag(10, 'IBS', 'Instruction-based sampling (AMD).'),
  flag(11, 'XOP', 'Extended operations (AMD).'),
  flag(12, 'SKINIT', 'SKINIT and STGI (AMD).'),
  flag(13, 'WDT', 'Watchdog timer (AMD).'),
  flag(16, 'FMA4', 'Four-operand fused multiply-add (AMD).'),
  flag(21, 'TBM', 'Trailing-bit manipulation (AMD).'),
  flag(22, 'TopologyExtensions', 'Topology leaves (AMD).'),
  flag(29, 'MONITORX', 'MONITORX and MWAITX (AMD).'),
];

const extended1Edx: BitLayout = [
  flag(11, 'SYSCALL', 'SYSCALL and SYSRET; on Intel only in 64-bit mode.'),
  flag(20, 'NX', 'Execute-disable pages.'),
  flag(22, 'MmxExt', 'AMD’s additions to MMX.'),
  flag(25, 'FFXSR', 'Fast FXSAVE (AMD).'),
  flag(26, 'Page1GB', '1-GByte pages.'),
  flag(27, 'RDTSCP', 'RDTSCP and IA32_TSC_AUX.'),
  flag(29, 'LM', 'Intel 64 (long mode).'),
  flag(30, '3DNowExt', 'AMD’s additions to 3DNow!.'),
  flag(31, '3DNow', '3DNow! (AMD).'),
];

/** The leaves with bits to name, by number. */
export const cpuidLeaves: readonly CpuidLeaf[] = [
  { leaf: 0x0, subleaf: -1, name: 'Highest basic leaf and vendor', registers: {} },
  {
    leaf: 0x1,
    subleaf: -1,
    name: 'Version and features',
    registers: { eax: leaf1Eax, ebx: leaf1Ebx, ecx: leaf1Ecx, edx: leaf1Edx },
  },
  { leaf: 0x2, subleaf: -1, name: 'Cache and TLB descriptors', registers: {} },
  {
    leaf: 0x4,
    subleaf: 0,
    name: 'Deterministic cache parameters',
    registers: {
      eax: [
        field(0, 4, 'type', 'Kind of cache.', { 0: 'none', 1: 'data', 2: 'instruction', 3: 'unified' }),
        field(5, 7, 'level', 'Level.'),
        flag(8, 'self-initializing', 'Needs no set-up.'),
        flag(9, 'fully associative', 'Fully associative.'),
        field(14, 25, 'sharing minus 1', 'Logical processors that share it, minus 1.'),
        field(26, 31, 'cores minus 1', 'Cores in the package, minus 1.'),
      ],
      ebx: [
        field(0, 11, 'line size minus 1', 'Bytes of a line, minus 1.'),
        field(12, 21, 'partitions minus 1', 'Partitions, minus 1.'),
        field(22, 31, 'ways minus 1', 'Ways, minus 1.'),
      ],
    },
  },
  {
    leaf: 0x5,
    subleaf: -1,
    name: 'MONITOR and MWAIT',
    registers: {
      eax: [field(0, 15, 'smallest line', 'Bytes.')],
      ebx: [field(0, 15, 'largest line', 'Bytes.')],
      ecx: [
        flag(0, 'extensions', 'The extensions are enumerated.'),
        flag(1, 'break on interrupt', 'Interrupts end MWAIT even while masked.'),
      ],
    },
  },
  {
    leaf: 0x6,
    subleaf: -1,
    name: 'Thermal and power management',
    registers: {
      eax: [
        flag(0, 'digital thermometer', 'Digital temperature sensor.'),
        flag(1, 'Turbo Boost', 'Turbo Boost.'),
        flag(2, 'ARAT', 'The APIC timer always runs.'),
        flag(4, 'PLN', 'Power limit notification.'),
        flag(5, 'ECMD', 'Clock modulation in fine steps.'),
        flag(6, 'PTM', 'Package thermal management.'),
        flag(7, 'HWP', 'Hardware-controlled performance states.'),
      ],
      ecx: [flag(0, 'APERFMPERF', 'IA32_APERF and IA32_MPERF.'), flag(3, 'EPB', 'IA32_ENERGY_PERF_BIAS.')],
    },
  },
  {
    leaf: 0x7,
    subleaf: 0,
    name: 'Structured extended features',
    registers: { ebx: leaf7Ebx, ecx: leaf7Ecx, edx: leaf7Edx },
  },
  {
    leaf: 0x7,
    subleaf: 1,
    name: 'Structured extended features, subleaf 1',
    registers: { eax: leaf7Sub1Eax, edx: leaf7Sub1Edx },
  },
  {
    leaf: 0xa,
    subleaf: -1,
    name: 'Performance monitoring',
    registers: {
      eax: [
        field(0, 7, 'version', 'Version; 0 says there is none.'),
        field(8, 15, 'counters', 'General counters.'),
        field(16, 23, 'counter width', 'Bits.'),
        field(24, 31, 'event mask length', 'Bits of EBX that count.'),
      ],
    },
  },
  {
    leaf: 0xb,
    subleaf: 0,
    name: 'Extended topology',
    registers: {
      eax: [field(0, 4, 'shift', 'Bits of the x2APIC ID below the next level.')],
      ebx: [field(0, 15, 'logical processors', 'At this level.')],
      ecx: [
        field(0, 7, 'level number', 'The subleaf.'),
        field(8, 15, 'level type', 'Kind of level.', { 0: 'invalid', 1: 'SMT', 2: 'core' }),
      ],
    },
  },
  { leaf: 0xd, subleaf: 0, name: 'XSAVE state components and sizes', registers: {} },
  { leaf: 0xd, subleaf: 1, name: 'XSAVE features', registers: { eax: leaf0DSub1Eax } },
  {
    leaf: 0x14,
    subleaf: 0,
    name: 'Processor Trace',
    registers: {
      ebx: [
        flag(0, 'CR3 filtering', 'Tracing may be limited to one CR3.'),
        flag(1, 'PSB', 'Configurable synchronization and cycle-accurate mode.'),
        flag(2, 'IP filtering', 'Tracing may be limited to address ranges.'),
        flag(3, 'MTC', 'Timing packets.'),
        flag(4, 'PTWRITE', 'PTWRITE.'),
        flag(5, 'power event trace', 'Power events are traced.'),
      ],
    },
  },
  {
    leaf: 0x15,
    subleaf: -1,
    name: 'Time-stamp counter and crystal clock',
    registers: {},
  },
  {
    leaf: 0x19,
    subleaf: -1,
    name: 'Key Locker',
    registers: {
      ebx: [
        flag(0, 'AESKLE', 'The system switched Key Locker on: CR4.KL.'),
        flag(2, 'WIDE_KL', 'Wide Key Locker instructions.'),
      ],
    },
  },
  { leaf: 0x4000_0000, subleaf: -1, name: 'Hypervisor: highest leaf and vendor', registers: {} },
  { leaf: 0x8000_0000, subleaf: -1, name: 'Highest extended leaf', registers: {} },
  { leaf: 0x8000_0001, subleaf: -1, name: 'Extended features', registers: { ecx: extended1Ecx, edx: extended1Edx } },
  { leaf: 0x8000_0002, subleaf: -1, name: 'Brand string, first part', registers: {} },
  { leaf: 0x8000_0003, subleaf: -1, name: 'Brand string, second part', registers: {} },
  { leaf: 0x8000_0004, subleaf: -1, name: 'Brand string, third part', registers: {} },
  {
    leaf: 0x8000_0006,
    subleaf: -1,
    name: 'Second-level cache',
    registers: {
      ecx: [
        field(0, 7, 'line size', 'Bytes.'),
        field(12, 15, 'associativity', 'Coded.'),
        field(16, 31, 'size', 'KBytes.'),
      ],
    },
  },
  {
    leaf: 0x8000_0007,
    subleaf: -1,
    name: 'Advanced power management',
    registers: {
      edx: [flag(8, 'invariant TSC', 'The time-stamp counter runs at a constant rate in all power states.')],
    },
  },
  {
    leaf: 0x8000_0008,
    subleaf: -1,
    name: 'Address sizes',
    registers: {
      eax: [
        field(0, 7, 'physical-address width', 'Bits.'),
        field(8, 15, 'linear-address width', 'Bits.'),
        field(16, 23, 'guest physical-address width', 'Bits; 0 says the same as the host’s (AMD).'),
      ],
      ebx: [flag(0, 'CLZERO', 'CLZERO (AMD).'), flag(4, 'RDPRU', 'RDPRU (AMD).'), flag(9, 'WBNOINVD', 'WBNOINVD.')],
    },
  },
  {
    leaf: 0x8000_000a,
    subleaf: -1,
    name: 'SVM (AMD)',
    registers: {
      eax: [field(0, 7, 'revision', 'SVM revision.')],
      edx: [
        flag(0, 'NP', 'Nested paging.'),
        flag(1, 'LbrVirt', 'Branch-record virtualization.'),
        flag(2, 'SVML', 'SVM lock.'),
        flag(3, 'NRIPS', 'Next RIP is saved on exits.'),
        flag(4, 'TscRateMsr', 'TSC scaling.'),
        flag(5, 'VmcbClean', 'Clean bits of the VMCB.'),
        flag(6, 'FlushByAsid', 'Flush by ASID.'),
        flag(7, 'DecodeAssists', 'Decode assists.'),
        flag(10, 'PauseFilter', 'PAUSE filter.'),
        flag(12, 'PauseFilterThreshold', 'PAUSE filter threshold.'),
        flag(13, 'AVIC', 'Virtual interrupt controller.'),
      ],
    },
  },
  {
    leaf: 0x8000_001f,
    subleaf: -1,
    name: 'Memory encryption (AMD)',
    registers: {
      eax: [
        flag(0, 'SME', 'Secure memory encryption.'),
        flag(1, 'SEV', 'Secure encrypted virtualization.'),
        flag(2, 'PageFlushMsr', 'Page flush MSR.'),
        flag(3, 'SEV_ES', 'Encrypted state.'),
        flag(4, 'SEV_SNP', 'Secure nested paging.'),
      ],
    },
  },
];

const registersInOrder: readonly CpuidRegister[] = ['eax', 'ebx', 'ecx', 'edx'];

/** Every one-bit feature of every leaf. */
export const cpuidFeatures: readonly CpuidFeature[] = cpuidLeaves.flatMap((leaf) =>
  registersInOrder.flatMap((register) =>
    (leaf.registers[register] ?? [])
      .filter((f) => f.width === 1)
      .map((f) => ({ leaf: leaf.leaf, subleaf: leaf.subleaf, register, bit: f.bit, name: f.name, summary: f.summary })),
  ),
);

const featureByName = new Map(cpuidFeatures.map((f) => [f.name, f]));

/** The feature bit of that name: `SSE4.1`, `VMX`. */
export function cpuidFeature(name: string): CpuidFeature | undefined {
  return featureByName.get(name);
}

/** The leaf of EAX and ECX as given to CPUID; undefined where the table has none. */
export function cpuidLeafOf(leaf: number, subleaf: number): CpuidLeaf | undefined {
  return cpuidLeaves.find((l) => l.leaf === leaf >>> 0 && (l.subleaf === -1 || l.subleaf === subleaf >>> 0));
}

/** One register of a leaf in words; empty where its bits have no names. */
export function describeCpuid(leaf: number, subleaf: number, register: CpuidRegister, value: number): string {
  const layout = cpuidLeafOf(leaf, subleaf)?.registers[register];
  return layout === undefined ? '' : formatBits(layout, BigInt(value >>> 0));
}
