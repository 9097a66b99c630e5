/** Tells from its bytes what a program is. */

import type { ImageKind } from './boot-plan';
import { isElf, parseElf } from './elf';
import { FileView } from './file-view';
import { isLinux } from './linux';
import { isLoadError, type LoadError, loadError } from './load-error';
import { findMultiboot1 } from './multiboot1';
import { findMultiboot2 } from './multiboot2';
import { findPvhEntry } from './pvh';

const BOOT_SIGNATURE_OFFSET = 510;
const BOOT_SIGNATURE = 0xaa55;
const ISO9660_DESCRIPTOR = 0x8001;
/** A flat binary is expected to be at most this large: real kernels of more come in a format. */
const LARGEST_FLAT = 16 * 1024 * 1024;

/** Formats that are recognised only to say what to do about them. */
const FOREIGN: readonly { magic: readonly number[]; what: string }[] = [
  { magic: [0x1f, 0x8b], what: 'a gzip file; unpack it first (gunzip)' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'an xz file; unpack it first (unxz)' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'a zstd file; unpack it first (unzstd)' },
  { magic: [0x42, 0x5a, 0x68], what: 'a bzip2 file; unpack it first (bunzip2)' },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive; unpack it first' },
  { magic: [0x51, 0x46, 0x49, 0xfb], what: 'a qcow2 disk; convert it (qemu-img convert -O raw)' },
  { magic: [0x4d, 0x5a], what: 'a DOS, Windows or EFI program; this machine has a PC BIOS' },
  { magic: [0xcf, 0xfa, 0xed, 0xfe], what: 'a Mach-O program; link the kernel as ELF' },
  { magic: [0x7f, 0x45, 0x4c], what: 'a damaged ELF file' },
];

export const LOOKED_FOR =
  'an ELF file, a Linux bzImage, a Multiboot header, an ISO 9660 image, a boot sector (55 AA at offset 510), or a flat binary';

/** What the program is; an error says what it is instead. `name` is the file's, for messages. */
export function detectBoot(bytes: Uint8Array, name = 'the program'): ImageKind | LoadError {
  const file = new FileView(bytes);
  if (bytes.length === 0) return loadError(`${name} is empty; looked for ${LOOKED_FOR}`);
  if (isElf(bytes)) {
    const elf = parseElf(bytes, name);
    if (isLoadError(elf)) return elf;
    if (findMultiboot2(bytes) !== undefined) return 'multiboot2';
    if (findMultiboot1(bytes) !== undefined) return 'multiboot1';
    if (findPvhEntry(bytes, elf) !== undefined) return 'pvh';
    return elf.bits === 64 ? 'elf64' : 'elf32';
  }
  if (isLinux(bytes)) return 'linux';
  if (file.hasText(ISO9660_DESCRIPTOR, 'CD001')) return 'cdrom';
  if (file.u16(BOOT_SIGNATURE_OFFSET) === BOOT_SIGNATURE) return 'boot-sector';
  if (findMultiboot2(bytes) !== undefined) return 'multiboot2';
  if (findMultiboot1(bytes) !== undefined) return 'multiboot1';
  const foreign = FOREIGN.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (foreign !== undefined) return loadError(`${name} is ${foreign.what}`, 0);
  if (isText(bytes)) return loadError(`${name} is a text file; looked for ${LOOKED_FOR}`, 0);
  if (bytes.length > LARGEST_FLAT) {
    return loadError(
      `${name} has ${bytes.length} bytes and no signature; looked for ${LOOKED_FOR} of at most ${LARGEST_FLAT} bytes`,
    );
  }
  return 'flat';
}

/** Only printable ASCII and white space, and more than a few bytes of it. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false;
  const head = bytes.subarray(0, 4096);
  return head.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d));
}
