/** Packages of Debian with NASM sources, and how their build files call nasm. */
export interface SourcePackage {
  name: string;
  /** What is assembled, in this order of attempts. */
  builds: readonly Build[];
  /** Files that a configure script would make, by name; found by -I. */
  files?: Readonly<Record<string, string>>;
}

export interface Build {
  /** Files by their path in the package. */
  files: RegExp;
  /** NASM's options. */
  args: string;
}

const elf64 = '-f elf64';
const elf32 = '-f elf32';

/** Settings that the x86inc family of libraries takes from its config.asm. */
function x86inc(prefix: string, more: Readonly<Record<string, number>> = {}): string {
  const lines = [
    '%ifidn __OUTPUT_FORMAT__,elf32',
    '%define ARCH_X86_32 1',
    '%define ARCH_X86_64 0',
    '%else',
    '%define ARCH_X86_32 0',
    '%define ARCH_X86_64 1',
    '%define PIC 1',
    '%endif',
    `%define private_prefix ${prefix}`,
    '%define STACK_ALIGNMENT 16',
    '%define FORCE_VEX_ENCODING 0',
    ...Object.entries(more).map(([name, value]) => `%define ${name} ${value}`),
  ];
  return `${lines.join('\n')}\n`;
}

const ffmpegSettings: Record<string, number> = {};
for (const name of (
  'MMX_EXTERNAL MMXEXT_EXTERNAL SSE_EXTERNAL SSE2_EXTERNAL SSE3_EXTERNAL SSSE3_EXTERNAL SSE4_EXTERNAL SSE42_EXTERNAL ' +
  'AVX_EXTERNAL XOP_EXTERNAL FMA3_EXTERNAL FMA4_EXTERNAL AVX2_EXTERNAL AESNI_EXTERNAL ALIGNED_STACK CPUNOP'
).split(' '))
  ffmpegSettings[`HAVE_${name}`] = name.startsWith('XOP') || name.startsWith('FMA4') ? 0 : 1;
for (const name of 'AVX512_EXTERNAL AVX512ICL_EXTERNAL'.split(' ')) ffmpegSettings[`HAVE_${name}`] = 0;
for (const name of 'GPL SWSCALE_ALPHA HARDCODED_TABLES MEMORY_POISONING SMALL'.split(' '))
  ffmpegSettings[`CONFIG_${name}`] = 0;

const vpx = x86inc('vpx', { CONFIG_PIC: 1, CONFIG_VP9_HIGHBITDEPTH: 1, CONFIG_POSTPROC: 1, HAVE_AVX: 1 });
const aom = x86inc('aom', { CONFIG_PIC: 1, CONFIG_AV1_HIGHBITDEPTH: 1, HAVE_AVX: 1 });

export const packages: readonly SourcePackage[] = [
  {
    name: 'nasm',
    builds: [
      { files: /(^|\/)(test|travis\/test)\/(?!manysecs|moresecs|mostsecs|fewsecs)[^/]*\.asm$/, args: '-f bin' },
      { files: /(^|\/)(test|travis\/test)\/(?!manysecs|moresecs|mostsecs|fewsecs)[^/]*\.asm$/, args: elf64 },
      { files: /(^|\/)(test|travis\/test)\/(?!manysecs|moresecs|mostsecs|fewsecs)[^/]*\.asm$/, args: elf32 },
    ],
  },
  {
    name: 'dav1d',
    builds: [
      { files: /src\/x86\/.*\.asm$/, args: `${elf64} -Isrc/ -I./` },
      { files: /src\/x86\/.*\.asm$/, args: `${elf32} -Isrc/ -I./` },
    ],
    files: { 'config.asm': x86inc('dav1d') },
  },
  {
    name: 'x264',
    builds: [8, 10].flatMap((depth) => [
      {
        files: /(common|tools)\/.*\.asm$/,
        args: `${elf64} -Icommon/x86/ -I./ -DARCH_X86_64=1 -DPIC -DSTACK_ALIGNMENT=64 -DBIT_DEPTH=${depth} -DHIGH_BIT_DEPTH=${depth > 8 ? 1 : 0} -Dprivate_prefix=x264`,
      },
      {
        files: /(common|tools)\/.*\.asm$/,
        args: `${elf32} -Icommon/x86/ -I./ -DARCH_X86_64=0 -DSTACK_ALIGNMENT=4 -DBIT_DEPTH=${depth} -DHIGH_BIT_DEPTH=${depth > 8 ? 1 : 0} -Dprivate_prefix=x264`,
      },
    ]),
  },
  {
    name: 'libjpeg-turbo',
    builds: [
      { files: /simd\/x86_64\/.*\.asm$/, args: `${elf64} -DELF -D__x86_64__ -DPIC -Isimd/nasm/ -Isimd/x86_64/` },
      { files: /simd\/i386\/.*\.asm$/, args: `${elf32} -DELF -DPIC -Isimd/nasm/ -Isimd/i386/` },
      { files: /simd\/i386\/.*\.asm$/, args: `${elf32} -DELF -Isimd/nasm/ -Isimd/i386/` },
    ],
  },
  {
    name: 'syslinux',
    builds: [
      { files: /(memdisk|dosutil|mbr|diag|core)\/.*\.asm$/, args: '-f bin -Icore/ -Imemdisk/ -I./ -DDATE_STR="x"' },
      { files: /core\/.*\.(asm|inc)$/, args: `${elf32} -Icore/ -I./ -DDATE_STR='x' -DHEXDATE=0x12345678` },
    ],
    files: { 'version.gen': '%define VERSION "6.04"\n%define VER_MAJOR 6\n%define VER_MINOR 4\n%define YEAR "2019"\n' },
  },
  {
    name: 'libisal',
    builds: [
      {
        files: /^(erasure_code|raid|crc|igzip|mem)\/(?!aarch64|ppc).*\.asm$/,
        args: `${elf64} -Iinclude/ -I./ -Iigzip/ -Ierasure_code/ -Icrc/`,
      },
      {
        files: /^(erasure_code|raid|crc|igzip|mem)\/(?!aarch64|ppc).*\.asm$/,
        args: `${elf64} -Iinclude/ -I./ -Iigzip/ -Ierasure_code/ -DHAVE_AS_KNOWS_AVX512 -DAS_FEATURE_LEVEL=10 -DPIC`,
      },
    ],
  },
  {
    name: 'openh264',
    builds: [
      { files: /codec\/.*\/x86\/.*\.asm$/, args: `${elf64} -DUNIX64 -DHAVE_AVX2 -DPIC -Icodec/common/x86/` },
      { files: /codec\/.*\/x86\/.*\.asm$/, args: `${elf32} -DX86_32 -DHAVE_AVX2 -Icodec/common/x86/` },
      { files: /codec\/.*\/x86\/.*\.asm$/, args: `${elf32} -DX86_32 -DX86_32_PICASM -DPIC -Icodec/common/x86/` },
    ],
  },
  { name: 'lame', builds: [{ files: /i386\/.*\.nas$/, args: `${elf32} -Ilibmp3lame/i386/` }] },
  {
    name: 'libvpx',
    builds: [
      { files: /^(vp8|vp9|vpx_dsp|vpx_ports)\/.*\.asm$/, args: `${elf64} -I./ -Ithird_party/x86inc/` },
      { files: /^(vp8|vp9|vpx_dsp|vpx_ports)\/.*\.asm$/, args: `${elf32} -I./ -Ithird_party/x86inc/` },
    ],
    files: { 'vpx_config.asm': vpx },
  },
  {
    name: 'aom',
    builds: [
      { files: /^(av1|aom_dsp|aom_ports)\/.*\.asm$/, args: `${elf64} -I./ -Ithird_party/x86inc/` },
      { files: /^(av1|aom_dsp|aom_ports)\/.*\.asm$/, args: `${elf32} -I./ -Ithird_party/x86inc/` },
    ],
    files: { 'config/aom_config.asm': aom },
  },
  {
    name: 'x265',
    builds: [
      ...[8, 10].map((depth) => ({
        files: /source\/common\/x86\/.*\.asm$/,
        args: `${elf64} -Isource/common/x86/ -DARCH_X86_64=1 -DPIC -DSTACK_ALIGNMENT=32 -DX265_NS=x265 -DBIT_DEPTH=${depth} -DHIGH_BIT_DEPTH=${depth > 8 ? 1 : 0}`,
      })),
      {
        files: /source\/common\/x86\/.*\.asm$/,
        args: `${elf32} -Isource/common/x86/ -DARCH_X86_64=0 -DX86_32 -DSTACK_ALIGNMENT=4 -DX265_NS=x265 -DBIT_DEPTH=8 -DHIGH_BIT_DEPTH=0`,
      },
    ],
  },
  {
    name: 'ffmpeg',
    builds: [
      { files: /^lib[a-z]+\/x86\/.*\.asm$/, args: `${elf64} -g -F dwarf -I./ -Pconfig.asm` },
      { files: /^lib[a-z]+\/x86\/.*\.asm$/, args: `${elf32} -I./ -Pconfig.asm` },
    ],
    files: { 'config.asm': x86inc('ff', ffmpegSettings) },
  },
  {
    name: 'libass',
    builds: [
      {
        files: /libass\/x86\/.*\.asm$/,
        args: `${elf64} -Ilibass/ -Ilibass/x86/ -DARCH_X86_64=1 -DPIC -Dprivate_prefix=ass -DHAVE_ALIGNED_STACK=1 -DSTACK_ALIGNMENT=16`,
      },
      {
        files: /libass\/x86\/.*\.asm$/,
        args: `${elf32} -Ilibass/ -Ilibass/x86/ -DARCH_X86_64=0 -Dprivate_prefix=ass -DHAVE_ALIGNED_STACK=0 -DSTACK_ALIGNMENT=4`,
      },
    ],
  },
  { name: 'libsdl1.2', builds: [{ files: /hermes\/.*\.asm$/, args: `${elf32} -Isrc/hermes/` }] },
  { name: 'visualboyadvance', builds: [{ files: /i386\/.*\.asm$/, args: elf32 }] },
  {
    name: 'intel-ipsec-mb',
    builds: [
      {
        files: /^lib\/.*\.asm$/,
        args: `${elf64} -Ilib/ -Ilib/include/ -DLINUX -D__linux__ -DSAFE_DATA -DSAFE_PARAM -DSAFE_LOOKUP -DAESNI_EMU`,
      },
    ],
  },
  {
    name: 'edk2',
    builds: [
      {
        files: /\/(X64|x64)\/.*\.nasm$/,
        args: `${elf64} -IMdePkg/Include/X64/ -IMdePkg/Include/ -IUefiCpuPkg/Include/ -DARCH_X64`,
      },
      { files: /\/(Ia32|IA32)\/.*\.nasm$/, args: `${elf32} -IMdePkg/Include/Ia32/ -IMdePkg/Include/ -DARCH_IA32` },
      { files: /\/(X64|Ia32|ResetVector|Vtf0)\/.*\.nasmb?$/, args: '-f bin -IMdePkg/Include/' },
    ],
  },
];
