import type { LaunchArguments } from '../debug-adapter/protocol';
import { BOOT_KINDS, DEFAULT_LAUNCH, TIER1_SWITCHES, VIRTUALIZATION_METHODS } from '../hypervisor/launch-options';
import type { OptionSpec, Options } from './options';

/** Options of `run` and `compare` that say what machine the guest gets. */
export const launchOptions: readonly OptionSpec[] = [
  { name: '--memory', value: 'SIZE', help: 'guest memory: bytes, or 64M (the default), 1G' },
  { name: '--cpus', value: 'N', help: 'virtual CPUs' },
  { name: '--boot', value: 'KIND', help: `${BOOT_KINDS.join(', ')}; the default finds it from the file` },
  { name: '--floppy', value: 'FILE', help: 'image of the floppy disk' },
  { name: '--disk', value: 'FILE', help: 'image of the hard disk' },
  { name: '--cdrom', value: 'FILE', help: 'image of the CD-ROM' },
  { name: '--virtio-disk', value: 'FILE', help: 'image of a disk on virtio' },
  { name: '--initrd', value: 'FILE', help: 'initial RAM disk of a Linux or Multiboot guest' },
  { name: '--cmdline', value: 'TEXT', help: 'command line of a Linux or Multiboot guest' },
  { name: '-I', value: 'DIR', repeated: true, help: 'folder searched by %include, for an .asm program' },
  { name: '-D', value: 'NAME=V', repeated: true, help: 'macro to define, for an .asm program' },
  { name: '--tier1', value: 'WHEN' },
];

export const virtualizationOption: OptionSpec = {
  name: '--virtualization',
  value: 'METHOD',
  help: `${VIRTUALIZATION_METHODS.join(', ')}; ept is the default`,
};

export const maxInstructionsOption: OptionSpec = {
  name: '--max-instructions',
  value: 'N',
  help: 'end with status 102 after so many instructions',
};

/** Launch arguments as the debug adapter has them, from a command line. */
export function launchArguments(program: string, options: Options): LaunchArguments {
  const given = (name: string) => options.get(name);
  const files = ['floppy', 'disk', 'cdrom', 'initrd', 'cmdline'] as const;
  const cpus = options.number('--cpus', 1);
  return {
    program,
    virtualization: options.choice('--virtualization', VIRTUALIZATION_METHODS, DEFAULT_LAUNCH.virtualization),
    boot: options.choice('--boot', BOOT_KINDS, DEFAULT_LAUNCH.boot),
    tier1: options.choice('--tier1', TIER1_SWITCHES, DEFAULT_LAUNCH.tier1),
    ...(given('--memory') !== undefined && { memory: given('--memory')! }),
    ...(cpus !== undefined && { cpus }),
    ...(given('--virtio-disk') !== undefined && { virtioDisk: given('--virtio-disk')! }),
    ...Object.fromEntries(files.filter((f) => given(`--${f}`) !== undefined).map((f) => [f, given(`--${f}`)])),
    includePaths: [...options.all('-I')],
    defines: [...options.all('-D')],
  };
}
