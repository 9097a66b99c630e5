/** Sound images of every kind that a PC here starts, small enough to be mutated by the thousand. */
import { ByteBuilder } from '../../../machine/boot/file-view';
import { assembleText } from '../../guests';

export interface Image {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Bytes at the start in which structures lie: most mutations hit there. */
  readonly head: number;
}

/** Prints a letter on COM1 and ends with 0 by port F4h; the same bytes in every mode. */
const END = [0x66, 0xba, 0xf8, 0x03, 0xb0, 0x4b, 0xee, 0x31, 0xc0, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd];
const BASE = 0x100000;
const PAGE = 4096;

const at = (size: number, ...parts: (readonly [number, ArrayLike<number>])[]): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (const [offset, part] of parts) bytes.set(part, offset);
  return bytes;
};
const text = (value: string) => [...Buffer.from(value, 'latin1')];

/** A segment of an ELF file: type, and what its header says. */
interface Segment {
  type: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
}

function elf(bits: 32 | 64, segments: readonly Segment[], entry: number, content: Uint8Array): Uint8Array {
  const wide = bits === 64;
  const b = new ByteBuilder().append([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const word = (value: number) => (wide ? b.u64(value) : b.u32(value));
  b.u16(2)
    .u16(wide ? 62 : 3)
    .u32(1);
  word(entry);
  word(wide ? 64 : 52);
  word(0);
  b.u32(0)
    .u16(wide ? 64 : 52)
    .u16(wide ? 56 : 32)
    .u16(segments.length)
    .u16(wide ? 64 : 40)
    .u16(0)
    .u16(0);
  for (const { type, offset, address, fileSize, memorySize } of segments) {
    b.u32(type);
    if (wide) b.u32(7);
    for (const value of [offset, address, address, fileSize, memorySize]) word(value);
    if (wide) b.u64(PAGE);
    else b.u32(7).u32(PAGE);
  }
  return at(PAGE + content.length, [0, b.bytes()], [PAGE, content]);
}

const loadable = (bytes: Uint8Array): Segment[] => [
  { type: 1, offset: PAGE, address: BASE, fileSize: bytes.length, memorySize: bytes.length + 100 },
  { type: 1, offset: PAGE, address: BASE + 0x10000, fileSize: 4, memorySize: PAGE },
];

function pvhKernel(): Uint8Array {
  const note = new ByteBuilder().u32(4).u32(4).u32(18).text('Xen').u8(0).u32(BASE).bytes();
  const content = at(0x100, [0, END], [0x80, note]);
  const segments = [
    ...loadable(content),
    { type: 4, offset: PAGE + 0x80, address: BASE + 0x80, fileSize: note.length, memorySize: note.length },
  ];
  return elf(64, segments, BASE, content);
}

function multiboot1(flags: number, ...addresses: number[]): Uint8Array {
  const b = new ByteBuilder().u32(0x1badb002).u32(flags);
  b.u32(-(0x1badb002 + flags) >>> 0);
  for (const address of addresses) b.u32(address);
  return b.bytes();
}

function multiboot2(tags: readonly (readonly [number, readonly number[]])[]): Uint8Array {
  const body = new ByteBuilder();
  for (const [type, words] of [...tags, [0, []] as const]) {
    body
      .u16(type)
      .u16(0)
      .u32(8 + 4 * words.length);
    for (const word of words) body.u32(word);
    body.align(8);
  }
  const length = 16 + body.length;
  const sum = -(0xe85250d6 + length) >>> 0;
  return new ByteBuilder().u32(0xe85250d6).u32(0).u32(length).u32(sum).append(body.bytes()).bytes();
}

/** A bzImage of two setup sectors whose kernel begins with {@link END}, at each of its entries. */
function bzImage(version: number, xloadflags: number): Uint8Array {
  const setup = 3 * 512;
  const image = at(setup + 0x1000, [setup, END], [setup + 0x200, END], [0x200, [0xeb, 0x66]], [0x202, text('HdrS')]);
  const view = new DataView(image.buffer);
  image.set(END, 0x268);
  image[0x1f1] = 2;
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint16(0x206, version, true);
  image[0x211] = 1;
  view.setUint32(0x214, BASE, true);
  view.setUint32(0x22c, 0x7fffffff, true);
  view.setUint32(0x230, PAGE, true);
  image[0x234] = 1;
  view.setUint16(0x236, xloadflags, true);
  view.setUint32(0x238, 255, true);
  view.setUint32(0x258, BASE, true);
  view.setUint32(0x260, 0x8000, true);
  return image;
}

/** A CD with an El Torito boot catalog. @param media 0 no emulation, 2 1.44 MB, 4 hard disk */
function bootableCd(media: number): Uint8Array {
  const sector = (lba: number) => lba * 2048;
  const primary = at(2048, [0, [1, ...text('CD001'), 1]], [0x28, text('RINGSIDE')]);
  const record = at(2048, [0, [0, ...text('CD001'), 1, ...text('EL TORITO SPECIFICATION')]], [0x47, [19, 0, 0, 0]]);
  const end = at(2048, [0, [255, ...text('CD001'), 1]]);
  const validation = at(32, [0, [1, 0]], [4, text('TEST')], [0x1e, [0x55, 0xaa]]);
  const words = new DataView(validation.buffer);
  let sum = 0;
  for (let i = 0; i < 32; i += 2) sum += words.getUint16(i, true);
  words.setUint16(0x1c, -sum & 0xffff, true);
  const entry = at(32, [0, [0x88, media, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0]]);
  const code = at(2048, [0, END], [510, [0x55, 0xaa]], [0x1be, [0x80, 1, 1, 0, 6, 3, 8, 9, 1, 0, 0, 0, 20, 0, 0, 0]]);
  return at(
    sector(24),
    [sector(16), primary],
    [sector(17), record],
    [sector(18), end],
    [sector(19), validation],
    [sector(19) + 32, entry],
    [sector(20), code],
  );
}

/** Reads sectors by both kinds of INT 13h, prints, and ends. */
const BOOT_SECTOR = `
        org 0x7c00
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov [drive], dl
        mov ah, 8
        int 0x13
        mov ax, 0x0201
        mov bx, 0x8000
        mov cx, 2
        mov dh, 0
        mov dl, [drive]
        int 0x13
        mov ah, 0x42
        mov si, packet
        mov dl, [drive]
        int 0x13
        mov si, message
next:   lodsb
        test al, al
        jz done
        mov ah, 0x0e
        int 0x10
        jmp next
done:   mov al, 0
        out 0xf4, al
        hlt
message: db 'started', 0
drive:  db 0
packet: db 16, 0
        dw 1, 0x9000, 0
        dq 1
        times 0x1be-($-$$) db 0
`;

const partition = (bytes: readonly number[]) =>
  `db ${bytes.join(',')}\ntimes 510-($-$$) db 0\ndw 0xaa55\ntimes 8*512 db 7`;

export function images(): Image[] {
  const code = at(0x100, [0, END]);
  const mb1Elf = at(0x100, [0, multiboot1(3)], [0x40, END]);
  const mb2Elf = at(
    0x200,
    [
      0,
      multiboot2([
        [1, [4, 6]],
        [10, [BASE, 0x200000, PAGE, 1]],
        [5, [80, 25, 0]],
      ]),
    ],
    [0x100, END],
  );
  const raw2 = multiboot2([
    [2, [BASE, BASE, 0, BASE + 0x4000]],
    [3, [BASE + 0x100]],
  ]);
  const list: [string, Uint8Array][] = [
    ['ELF64', elf(64, loadable(code), BASE, code)],
    ['ELF32', elf(32, loadable(code), BASE, code)],
    ['PVH kernel', pvhKernel()],
    ['Multiboot 1 ELF', elf(32, loadable(mb1Elf), BASE + 0x40, mb1Elf)],
    [
      'Multiboot 1 by addresses',
      at(0x400, [0, multiboot1(0x10000, BASE, BASE, 0, BASE + 0x4000, BASE + 0x40)], [0x40, END]),
    ],
    ['Multiboot 2 ELF', elf(32, loadable(mb2Elf), BASE + 0x100, mb2Elf)],
    ['Multiboot 2 by addresses', at(0x400, [0, raw2], [0x100, END])],
    ['bzImage, 64-bit entry', bzImage(0x20f, 1)],
    ['bzImage, 32-bit entry', bzImage(0x20d, 0)],
    ['bzImage, real-mode entry', bzImage(0x208, 0)],
    ['boot sector', assembleText(BOOT_SECTOR + partition(new Array(16).fill(0)))],
    ['partitioned disk', assembleText(BOOT_SECTOR + partition([0x80, 1, 1, 0, 6, 3, 8, 9, 1, 0, 0, 0, 8, 0, 0, 0]))],
    ['CD without emulation', bootableCd(0)],
    ['CD with a diskette', bootableCd(2)],
    ['CD with a hard disk', bootableCd(4)],
    ['flat binary', code],
  ];
  return list.map(([name, bytes]) => ({
    name,
    bytes,
    head: name.startsWith('CD') ? bytes.length : Math.min(bytes.length, 0x280),
  }));
}
