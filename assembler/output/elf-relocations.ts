/** How a reference becomes a relocation. */
export interface Relocate {
  /** The processor supplement's number. */
  type: number;
  /**
   * What the relocation names: the section of the target (or the external symbol), a global symbol at exactly that
   * place, or the last global symbol before it.
   */
  names: 'section' | 'symbol' | 'nearSymbol';
  /** The offset of the field is added: what the source gives is relative to the section. */
  fromField?: boolean;
}

/** A reference as the source has it. */
export interface Reference {
  /** Bytes of the field. */
  size: number;
  /** A distance from the field, else an address. */
  relative: boolean;
  /** A 4-byte address that is extended with its sign. */
  signed: boolean;
  /** Name of the special symbol right of WRT; undefined without WRT, empty for anything else there. */
  wrt: string | undefined;
}

const inSection = (type: number): Relocate => ({ type, names: 'section' });
const exactly = (type: number): Relocate => ({ type, names: 'symbol' });
const noWrt = 'ELF format does not support this use of WRT';

/** Relocations of the i386 processor supplement; or what is wrong, in NASM's words. */
export function relocation386({ size, relative, wrt }: Reference): Relocate | string {
  if (size < 4 && wrt !== undefined && (relative || (wrt !== '..sym' && wrt !== '..plt')))
    return `Unsupported ${8 * size}-bit ELF relocation`;
  if (relative) {
    if (wrt === undefined) return inSection(size === 1 ? 23 : size === 2 ? 21 : 2);
    if (wrt === '..plt') return inSection(4);
    if (wrt === '..gotpc' || wrt === '..gotoff' || wrt === '..got')
      return 'ELF format cannot produce PC-relative GOT references';
    return noWrt;
  }
  const address = size === 1 ? 22 : size === 2 ? 20 : 1;
  switch (wrt) {
    case undefined:
      return inSection(address);
    case '..gotpc':
      return { type: 10, names: 'section', fromField: true };
    case '..gotoff':
      return inSection(9);
    case '..got':
      return exactly(3);
    case '..tlsie':
      return exactly(15);
    case '..sym':
      return { type: address, names: 'nearSymbol' };
    case '..plt':
      return 'ELF format cannot produce non-PC-relative PLT references';
    default:
      return noWrt;
  }
}

/** Relocations of the x86-64 processor supplement; or what is wrong, in NASM's words. */
export function relocation64(reference: Reference): Relocate | string {
  const { size, signed, wrt } = reference;
  if (reference.relative) return relative64(size, wrt);
  const address = size === 1 ? 14 : size === 2 ? 12 : size === 8 ? 1 : signed ? 11 : 10;
  switch (wrt) {
    case undefined:
      return inSection(address);
    case '..gotpc':
      return { type: 26, names: 'section', fromField: true };
    case '..gotoff':
      return size === 8 ? inSection(25) : 'ELF64 requires ..gotoff references to be qword';
    case '..got':
      return size === 4 ? exactly(3) : size === 8 ? exactly(27) : 'invalid ..got reference';
    case '..sym':
      return { type: address, names: 'nearSymbol' };
    case '..plt':
      return 'ELF format cannot produce non-PC-relative PLT references';
    default:
      return noWrt;
  }
}

function relative64(size: number, wrt: string | undefined): Relocate | string {
  if (wrt === undefined) return inSection(size === 1 ? 15 : size === 2 ? 13 : size === 4 ? 2 : 24);
  if (size < 4) return `Unsupported ${8 * size}-bit ELF relocation`;
  switch (wrt) {
    case '..gotpc':
    case '..got':
      return exactly(size === 8 ? 28 : 9);
    case '..gotoff':
      return `ELF64 requires ..gotoff references to be ${size === 8 ? '' : 'qword '}absolute`;
    case '..gottpoff':
      return size === 4 ? exactly(22) : 'ELF64 requires ..gottpoff references to be dword';
    case '..plt':
      if (size === 4) return exactly(4);
  }
  return 'ELF64 format does not support this use of WRT';
}
