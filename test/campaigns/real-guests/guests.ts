/** The guests, what they are started with, and what they must show. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LINUX_COMMAND_LINE, LINUX_INPUT, LINUX_MEMORY, linuxFiles, linuxPackages } from './linux';
import { bytesOf, fileIn, folder } from './packages';

export interface Guest {
  name: string;
  packages: readonly string[];
  /** Arguments of `ringside run` but `--virtualization`; `at` has the folders of the packages, in order. */
  args(at: readonly string[]): string[];
  /** Typed on the serial line. */
  input?: string;
  /** Each must be found in the serial output or, a line for itself, on the screen. */
  serial?: readonly RegExp[];
  screen?: readonly RegExp[];
  /** Exit status; the default is what fits `--until` and the end by itself: 0. */
  status?: number;
  /** Methods under which it is run; the default is both. */
  methods?: readonly string[];
}

/** Status of a run that ended at its limit of instructions, or that waits for input. */
const LIMIT = 102;

const written = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const ipxe = [
  /iPXE initialising devices\.\.\.ok/,
  /iPXE 1\.\d.* -- Open Source Network Boot Firmware/,
  /^Features: /,
  /^No more network devices/,
  /^No bootable disk/,
];

const grubMenu = [/GNU GRUB {2}version 2\.\d+/, /\*GNU\/Linux/, /Press enter to boot the selected OS/];

const linuxArgs = (at: readonly string[]): string[] => {
  const { kernel, initrd } = linuxFiles(at);
  const initramfs = ['--initrd', written('initramfs.cpio', initrd)];
  return [kernel, ...initramfs, '--memory', String(LINUX_MEMORY), '--cmdline', LINUX_COMMAND_LINE];
};

const linux = {
  packages: linuxPackages,
  input: LINUX_INPUT,
  serial: [
    /Linux version 6\.1\.0/,
    /BusyBox v1\.\d+/,
    /guest# uname -a\r?\nLinux \(none\) 6\.1\.0-\d+-amd64 #1 SMP PREEMPT_DYNAMIC Debian .* x86_64 GNU\/Linux/,
    /\nsum 42\r?\n/,
    /serio: i8042 AUX port at 0x60,0x64 irq 12/,
    /reboot: Power down/,
  ],
};

const installer = (architecture: string) => ({
  args: ([at = '']: readonly string[]) => {
    const path = `usr/lib/debian-installer/images/12/${architecture}/text/debian-installer/${architecture}`;
    const files = [join(at, path, 'linux'), '--initrd', join(at, path, 'initrd.gz')];
    return [...files, '--cmdline', 'console=ttyS0', '--memory', '512M', '--until', 'activates buttons'];
  },
  serial: [/Starting system log daemon: syslogd, klogd\./, /Entering low memory mode|Select a language|\[!+\]/],
  methods: ['none'],
});

/** Longest first: two run at a time. */
export const guests: readonly Guest[] = [
  {
    name: "Debian's installer: to its first screen",
    packages: ['debian-installer-12-netboot-amd64'],
    ...installer('amd64'),
  },
  {
    name: "Debian's installer of 32 bits: to its first screen",
    packages: ['debian-installer-12-netboot-i386'],
    ...installer('i386'),
  },
  { name: 'Linux 6.1: a shell that answers, power-off', ...linux, args: linuxArgs },
  {
    name: 'Linux 6.1 on two CPUs',
    ...linux,
    args: (at) => [...linuxArgs(at), '--cpus', '2'],
    serial: [...linux.serial, /smp: Brought up 1 node, 2 CPUs/],
    methods: ['none'],
  },
  {
    name: 'memtest86+: its tests run',
    packages: ['memtest86+'],
    args: ([at = '']) => [join(at, 'boot/memtest86+x64.bin'), '--memory', '64M', '--max-instructions', '600000000'],
    screen: [
      /Memtest86\+ v6/,
      /L1 Cache: +\d+KB/,
      /Memory {2}: +64MB/,
      /Testing: +\d+MB - 64MB/,
      /Status: Testing/,
      /Errors: 0/,
    ],
    status: LIMIT,
  },
  {
    name: 'memtest86+ of 32 bits: its tests run',
    packages: ['memtest86+'],
    args: ([at = '']) => [join(at, 'boot/memtest86+ia32.bin'), '--memory', '64M', '--max-instructions', '600000000'],
    screen: [/Memtest86\+ v6/, /Memory {2}: +64MB/, /Status: Testing/, /Errors: 0/, /\.x32$/],
    status: LIMIT,
  },
  {
    name: 'iPXE from CD: ISOLINUX loads it, it finds no network and leaves',
    packages: ['ipxe'],
    args: ([at = '']) => [join(at, 'usr/lib/ipxe/ipxe.iso'), '--max-instructions', '2000000000'],
    screen: [/^ISOLINUX 6\./, /Loading ipxe\.krn\.\.\. ok/, ...ipxe],
    status: LIMIT,
  },
  {
    name: 'iPXE as a kernel: it finds no network and leaves',
    packages: ['ipxe'],
    args: ([at = '']) => [join(at, 'boot/ipxe.lkrn'), '--max-instructions', '1000000000'],
    screen: ipxe,
    status: LIMIT,
  },
  {
    name: "SYSLINUX's memdisk: GRUB's menu from a diskette in memory",
    packages: ['syslinux-common', 'grub-rescue-pc'],
    args: ([syslinux = '', grub = '']) => {
      const image = join(grub, 'usr/lib/grub-rescue/grub-rescue-floppy.img');
      return [join(syslinux, 'usr/lib/syslinux/memdisk'), '--initrd', image, '--max-instructions', '400000000'];
    },
    screen: grubMenu,
    status: LIMIT,
  },
  {
    name: 'GRUB from floppy: its menu',
    packages: ['grub-rescue-pc'],
    args: ([at = '']) => [join(at, 'usr/lib/grub-rescue/grub-rescue-floppy.img'), '--max-instructions', '300000000'],
    screen: grubMenu,
    status: LIMIT,
  },
  {
    name: 'GRUB from CD by El Torito: its menu',
    packages: ['grub-rescue-pc'],
    args: ([at = '']) => [join(at, 'usr/lib/grub-rescue/grub-rescue-cdrom.iso'), '--max-instructions', '300000000'],
    screen: grubMenu,
    status: LIMIT,
  },
  {
    name: 'grub-invaders (Multiboot 1): its screen',
    packages: ['grub-invaders'],
    args: ([at = '']) => [join(at, 'boot/invaders.exec'), '--max-instructions', '3000000'],
    screen: [/^ +-\*- +-\*- +-\*-/],
    status: LIMIT,
  },
  {
    name: 'Xen (Multiboot 2): its banner on COM1',
    packages: ['^xen-hypervisor-4\\.[0-9]+-amd64$'],
    args: ([at = '']) => {
      const image = written('xen.elf', gunzipSync(bytesOf(fileIn(at, 'boot', /^xen-.*\.gz$/))));
      const until = ['--until', 'dom0 kernel not specified'];
      return [image, '--memory', '256M', '--cmdline', 'placeholder com1=115200,8n1 console=com1', ...until];
    },
    serial: [
      /\(XEN\) Xen version 4\.\d+/,
      /\(XEN\) Bootloader: /,
      /\(XEN\) Command line: com1=115200,8n1 console=com1/,
    ],
  },
];
