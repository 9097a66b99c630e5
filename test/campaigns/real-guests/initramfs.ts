/**
 * An initial RAM file system for Linux: busybox and a script that opens a shell on the serial line. The format is that of
 * the kernel's documentation, "initramfs buffer format" (newc).
 */

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin PS1='guest# '
exec setsid cttyhack sh
`;

const DIRECTORY = 0o040755;
const EXECUTABLE = 0o100755;
const CHARACTER_DEVICE = 0o020600;

/** The archive, with the program busybox as it is packaged. */
export function initramfs(busybox: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let number = 1;
  const pad = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);
  const entry = (name: string, mode: number, data: Uint8Array = new Uint8Array(), major = 0, minor = 0): void => {
    const fields = [number++, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length + 1, 0];
    const head = encoder.encode(
      `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`,
    );
    parts.push(head, pad(head.length), data, pad(data.length));
  };
  for (const name of ['bin', 'dev', 'proc', 'sys']) entry(name, DIRECTORY);
  entry('dev/console', CHARACTER_DEVICE, undefined, 5, 1);
  entry('bin/busybox', EXECUTABLE, busybox);
  entry('init', EXECUTABLE, encoder.encode(INIT));
  entry('TRAILER!!!', 0);
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
