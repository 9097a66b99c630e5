/** Debian's Linux and the initial RAM file system it is given: which packages, and where in them. */
import { join } from 'node:path';
import { initramfs } from './initramfs';
import { bytesOf, fileIn } from './packages';

/** Debian 12's kernel, a pattern as the package's name has the version in it, and busybox. */
export const linuxPackages = ['^linux-image-6\\.1\\.0-[0-9]+-amd64$', 'busybox-static'] as const;

/** What is typed at the shell: it answers, and powers off. */
export const LINUX_INPUT = 'uname -a\necho sum $((6 * 7))\npoweroff -f\n';

export const LINUX_COMMAND_LINE = 'console=ttyS0';

/** Bytes of memory. */
export const LINUX_MEMORY = 256 << 20;

/**
 * Path of the kernel and bytes of the initial RAM file system.
 * @param at the folders of {@link linuxPackages}, in order
 */
export function linuxFiles([kernel = '', busybox = '']: readonly string[]): { kernel: string; initrd: Uint8Array } {
  return {
    kernel: fileIn(kernel, 'boot', /^vmlinuz-/),
    initrd: initramfs(bytesOf(join(busybox, 'bin/busybox'))),
  };
}
