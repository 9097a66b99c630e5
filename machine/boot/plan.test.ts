// Files are laid out by hand from the specifications, or linked by GNU ld; expectations are those of the specifications.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArrayMemory } from '../memory-view';
import type { BootStart } from './boot-plan';
import { Gpr } from './boot-state';
import { detectBoot } from './detect';
import { ByteBuilder } from './file-view';
import { isLoadError } from './load-error';
import { type LoadOptions, planBoot } from './plan';

const MIB = 1024 * 1024;
/** Mutated files; `RINGSIDE_FUZZ=20000` for a long run. */
const ROUNDS = Number(process.env.RINGSIDE_FUZZ ?? 1500);

function bytesAt(size: number, ...parts: [number, ArrayLike<number>][]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [offset, part] of parts) bytes.set(part, offset);
  return bytes;
}

function text(value: string): number[] {
  return [...Buffer.from(value)];
}

function start(options: Partial<LoadOptions> & { program: Uint8Array }, memory = new ArrayMemory(16 * MIB)) {
  const plan = planBoot({ name: 'kernel', boot: 'auto', ...options });
  if (isLoadError(plan)) throw new Error(plan.message);
  const started = plan.place(memory);
  if (isLoadError(started)) throw new Error(started.message);
  return { plan, memory, ...started };
}

function error(options: Partial<LoadOptions> & { program: Uint8Array }, memory = new ArrayMemory(16 * MIB)): string {
  const plan = planBoot({ name: 'kernel', boot: 'auto', ...options });
  if (isLoadError(plan)) return plan.message;
  const started = plan.place(memory);
  return isLoadError(started) ? started.message : `started: ${plan.description}`;
}

function gpr(started: BootStart, index: number): number {
  return Number(started.state.gpr[index]);
}

function string(memory: ArrayMemory, address: number): string {
  let out = '';
  for (let i = address; memory.readU8(i) !== 0; i++) out += String.fromCharCode(memory.readU8(i));
  return out;
}

/** An ELF file of one segment: `code` at file offset 4096. */
function elf(
  bits: 32 | 64,
  options: { entry: bigint; virtual: bigint; physical: number; code: number[]; bss?: number },
) {
  const wide = bits === 64;
  const address = (b: ByteBuilder, value: bigint) =>
    wide ? b.u32(Number(value & 0xffffffffn)).u32(Number(value >> 32n)) : b.u32(Number(value));
  const b = new ByteBuilder().append([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  b.u16(2)
    .u16(wide ? 62 : 3)
    .u32(1);
  address(b, options.entry);
  address(b, wide ? 64n : 52n);
  address(b, 0n);
  b.u32(0)
    .u16(wide ? 64 : 52)
    .u16(wide ? 56 : 32)
    .u16(1)
    .u16(0)
    .u16(0)
    .u16(0);
  const size = BigInt(options.code.length);
  const memory = size + BigInt(options.bss ?? 0);
  if (wide) {
    b.u32(1).u32(7);
    for (const v of [4096n, options.virtual, BigInt(options.physical), size, memory, 4096n]) address(b, v);
  } else {
    b.u32(1);
    for (const v of [4096n, options.virtual, BigInt(options.physical), size, memory]) address(b, v);
    b.u32(7).u32(4096);
  }
  return bytesAt(4096 + options.code.length, [0, b.bytes()], [4096, options.code]);
}

const BOOT_SECTOR = bytesAt(512, [510, [0x55, 0xaa]]);
const multiboot1Header = (flags: number, ...rest: number[]) => {
  const b = new ByteBuilder()
    .u32(0x1badb002)
    .u32(flags)
    .u32(-(0x1badb002 + flags) >>> 0);
  for (const value of rest) b.u32(value);
  return b.bytes();
};

describe('detection', () => {
  it.each<[string, Uint8Array, string]>([
    ['a boot sector', BOOT_SECTOR, 'boot-sector'],
    [
      'a disk whose second sector has a Multiboot header',
      bytesAt(2048, [510, [0x55, 0xaa]], [512, multiboot1Header(0x10000)]),
      'boot-sector',
    ],
    ['a flat binary', Uint8Array.of(0xf4), 'flat'],
    [
      'an ISO 9660 image, a boot sector in it or not',
      bytesAt(0x9000, [510, [0x55, 0xaa]], [0x8001, text('CD001')]),
      'cdrom',
    ],
    ['a raw Multiboot 1 kernel', bytesAt(4096, [0x20, multiboot1Header(0x10000)]), 'multiboot1'],
    ['a Linux bzImage, which is a boot sector too', bytesAt(2048, [510, [0x55, 0xaa]], [0x202, text('HdrS')]), 'linux'],
    ['ELF64', elf(64, { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [0xf4] }), 'elf64'],
    ['ELF32', elf(32, { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [0xf4] }), 'elf32'],
    [
      'ELF with a Multiboot header',
      elf(32, { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [...multiboot1Header(0)] }),
      'multiboot1',
    ],
  ])('%s', (_, bytes, kind) => {
    expect(detectBoot(bytes)).toBe(kind);
  });

  it('says what a file is that it cannot start', () => {
    expect(error({ program: new Uint8Array(0) })).toContain('empty; looked for');
    expect(error({ program: bytesAt(64, [0, [0x1f, 0x8b]]) })).toContain('gunzip');
    expect(error({ program: Uint8Array.from(text('%include "stdio.h"\nint main;')) })).toContain(
      'text file; looked for',
    );
    const arm = elf(64, { entry: 0n, virtual: 0n, physical: 0, code: [0] });
    arm[18] = 183;
    expect(error({ program: arm })).toContain('machine 183');
    expect(error({ program: new Uint8Array(20 * MIB).fill(0x90) })).toContain('no signature');
  });

  it('names what is missing when a kind is insisted on', () => {
    expect(error({ program: BOOT_SECTOR, boot: 'linux' })).toContain('"HdrS" at offset 514');
    expect(error({ program: BOOT_SECTOR, boot: 'multiboot' })).toContain('1BADB002h');
    expect(error({ program: BOOT_SECTOR, boot: 'elf' })).toContain('not an ELF file');
  });
});

describe('boot sector', () => {
  it('starts at the reset vector, in a diskette or, when partitioned or large, in a hard disk', () => {
    const { plan, memory, state, entry } = start({ program: BOOT_SECTOR });
    expect([state.segments.cs.selector, state.rip, entry]).toEqual([0xf000, 0xfff0n, 0x7c00n]);
    expect(plan.drives.floppy).toBe(BOOT_SECTOR);
    expect(memory.readU8(0xffff0)).toBe(0xea);
    const partitioned = bytesAt(MIB, [510, [0x55, 0xaa]], [0x1be, [0x80, 1, 1, 0, 0x83, 15, 63, 1]]);
    expect(start({ program: partitioned }).plan.drives.disk).toBe(partitioned);
    expect(start({ program: bytesAt(4 * MIB, [510, [0x55, 0xaa]]) }).plan.drives.disk).toBeDefined();
  });
});

describe('flat binary', () => {
  it('is entered by the BIOS in 16-bit mode at 7C00h', () => {
    const { plan, memory, state } = start({ program: Uint8Array.of(0xeb, 0xfe) });
    expect([plan.realModeEntry, memory.readU16(0x7c00), state.rip]).toEqual([0x7c00, 0xfeeb, 0xfff0n]);
  });

  it('is entered directly in 32-bit and 64-bit mode', () => {
    const program = Uint8Array.of(0xf4);
    const wide = start({ program, loadAddress: MIB, entryBits: 64 });
    expect([wide.state.rip, wide.state.efer, wide.state.segments.cs.access & 0x2000]).toEqual([
      0x100000n,
      0x500,
      0x2000,
    ]);
    const narrow = start({ program, loadAddress: MIB, entryBits: 32 });
    expect([narrow.state.cr0 & 0x80000001, narrow.state.segments.cs.limit]).toEqual([1, 0xffffffff]);
  });

  it('is refused where there is no RAM or no way in', () => {
    const program = Uint8Array.of(0xf4);
    expect(error({ program, loadAddress: 0xa0000, entryBits: 32 })).toContain('not free RAM');
    expect(error({ program, loadAddress: 32 * MIB, entryBits: 32 })).toContain('not free RAM');
    expect(error({ program, loadAddress: MIB })).toContain('cannot be entered in 16-bit mode');
    expect(error({ program: new Uint8Array(0xa0000) })).toContain('not free RAM');
  });
});

describe('ELF', () => {
  it('runs at its virtual address with its segments where they physically belong', () => {
    const virtual = 0xffffffff80100000n;
    const { memory, state } = start({
      program: elf(64, { entry: virtual + 4n, virtual, physical: 0x100000, code: [1, 2, 3, 4, 0xf4], bss: 3 }),
    });
    expect(state.rip).toBe(virtual + 4n);
    expect(memory.readU32(0x100000)).toBe(0x04030201);
    expect(walk(memory, state.cr3, virtual + 4n)).toBe(0x100004);
    expect(walk(memory, state.cr3, 0xfee00000n)).toBe(0xfee00000);
    expect(walk(memory, state.cr3, 0x100000000n)).toBeUndefined();
  });

  it('maps in 4 KiB pages what is not congruent in 2 MiB', () => {
    const virtual = 0xffffffff80001000n;
    const { memory, state } = start({
      program: elf(64, { entry: virtual, virtual, physical: 0x105000, code: new Array(9000).fill(0x90) }),
    });
    expect(walk(memory, state.cr3, virtual + 8999n)).toBe(0x105000 + 8999);
  });

  it('enters ELF32 at the physical address of its entry', () => {
    const { state } = start({
      program: elf(32, {
        entry: 0xc0100010n,
        virtual: 0xc0100000n,
        physical: 0x100000,
        code: new Array(32).fill(0x90),
      }),
    });
    expect(state.rip).toBe(0x100010n);
  });

  it('is refused with the reason', () => {
    const base = { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [0xf4] };
    expect(error({ program: elf(64, { ...base, entry: 0x200000n }) })).toContain(
      'entry point 0x200000 is in no segment',
    );
    expect(error({ program: elf(64, { ...base, physical: 0x90000, virtual: 0x90000n, entry: 0x90000n }) })).toContain(
      'page tables',
    );
    const cut = elf(64, base).subarray(0, 4096);
    expect(error({ program: cut })).toContain('outside the file');
    const object = elf(64, base);
    object[16] = 1;
    expect(error({ program: object })).toContain('link it first');
  });

  it.skipIf(spawnSync('ld', ['-v']).status !== 0)('takes what GNU ld links', () => {
    const folder = mkdtempSync(join(tmpdir(), 'elf-'));
    writeFileSync(join(folder, 'a.s'), '.globl _start\n_start: hlt\n jmp _start\n.data\nx: .quad 0x1122334455667788\n');
    execFileSync('as', ['--64', '-o', 'a.o', 'a.s'], { cwd: folder });
    execFileSync('ld', ['-Ttext=0x200000', '-o', 'a.elf', 'a.o'], { cwd: folder });
    const { plan, memory, state } = start({ program: new Uint8Array(readFileSync(join(folder, 'a.elf'))) });
    expect([plan.kind, state.rip, memory.readU8(0x200000)]).toEqual(['elf64', 0x200000n, 0xf4]);
  });
});

/** Physical address by the four-level tables; SDM 3A 5.5.4. */
function walk(memory: ArrayMemory, cr3: number, linear: bigint): number | undefined {
  let table = cr3;
  for (let level = 3; level >= 0; level--) {
    const index = Number((linear >> BigInt(12 + 9 * level)) & 511n);
    const low = memory.readU32(table + 8 * index);
    const entry = memory.readU32(table + 8 * index + 4) * 2 ** 32 + low;
    if ((low & 1) === 0) return undefined;
    const base = entry - (entry % 4096);
    if (level === 0 || low & 0x80) return base + Number(linear & ((1n << BigInt(12 + 9 * level)) - 1n));
    table = base;
  }
  return undefined;
}

describe('Multiboot 1', () => {
  // header at 0x20 of the file, loaded at 0x10000, bss to 0x12000, entry 0x10040
  const program = bytesAt(
    4096,
    [0x20, multiboot1Header(0x10003, 0x10020, 0x10000, 0, 0x12000, 0x10040)],
    [0x40, [0xf4]],
  );

  it('loads by the addresses in the header and gives the information structure', () => {
    const memory = new ArrayMemory(16 * MIB);
    memory.write(0x11000, Uint8Array.of(0xff));
    const started = start({ program, commandLine: 'kernel a=b', initrd: Uint8Array.of(7, 8, 9) }, memory);
    expect([started.state.rip, gpr(started, Gpr.rax), memory.readU8(0x10040)]).toEqual([0x10040n, 0x2badb002, 0xf4]);
    expect(memory.readU8(0x11000)).toBe(0);
    const info = gpr(started, Gpr.rbx);
    const field = (offset: number) => memory.readU32(info + offset);
    expect(field(0)).toBe(0x0000024d);
    expect([field(4), field(8)]).toEqual([639, 15 * 1024]);
    expect(string(memory, field(16))).toBe('kernel a=b');
    expect(field(20)).toBe(1);
    const module = field(24);
    const [from, to, name] = [0, 4, 8].map((o) => memory.readU32(module + o));
    expect([to - from, from % 4096, memory.readU8(from), string(memory, name)]).toEqual([3, 0, 7, 'initrd']);
    // memory map: entries of 20 bytes after their size
    expect([field(44), memory.readU32(field(48)), memory.readU32(field(48) + 20)]).toEqual([96, 20, 1]);
    expect(string(memory, field(64))).toBe('Ringside');
  });

  it('describes the text screen to a kernel that asks for video', () => {
    const asking = bytesAt(4096, [0, multiboot1Header(0x10004, 0x10000, 0x10000, 0, 0, 0x10040, 0, 0, 0, 0)]);
    const started = start({ program: asking });
    const info = gpr(started, Gpr.rbx);
    expect(started.memory.readU32(info) & 0x1000).toBe(0x1000);
    expect([started.memory.readU32(info + 88), started.memory.readU8(info + 109)]).toEqual([0xb8000, 2]);
  });

  it('is refused with the reason', () => {
    const header = (...values: number[]) => bytesAt(4096, [0, multiboot1Header(...(values as [number, ...number[]]))]);
    expect(error({ program: header(0) })).toContain('not ELF');
    expect(error({ program: header(0x10008, 0x10000, 0x10000, 0, 0, 0x10000) })).toContain('more than this loader');
    expect(error({ program: header(0x10000, 0x0ff00, 0x10000, 0, 0, 0x10000) })).toContain('load_addr');
    expect(error({ program: header(0x10000, 0x10000, 0x10000, 0x20000, 0, 0x10000) })).toContain('load_end_addr');
    expect(error({ program: header(0x10000, 0xf0000, 0xf0000, 0, 0, 0xf0000) })).toContain('not free RAM');
    expect(error({ program, initrd: new Uint8Array(17 * MIB) })).toContain('no room');
  });
});

describe('Multiboot 2', () => {
  const tag = (type: number, flags: number, ...values: number[]) => {
    const b = new ByteBuilder()
      .u16(type)
      .u16(flags)
      .u32(8 + 4 * values.length);
    for (const value of values) b.u32(value);
    return b.align(8).bytes();
  };
  const header = (...tags: Uint8Array[]) => {
    const body = new ByteBuilder();
    for (const t of [...tags, tag(0, 0)]) body.append(t);
    const length = 16 + body.length;
    const sum = (0x100000000 - ((0xe85250d6 + length) % 0x100000000)) % 0x100000000;
    return new ByteBuilder().u32(0xe85250d6).u32(0).u32(length).u32(sum).append(body.bytes()).bytes();
  };
  const tags = (memory: ArrayMemory, info: number) => {
    const out = new Map<number, number>();
    for (let at = info + 8; memory.readU32(at) !== 0; at += Math.ceil(memory.readU32(at + 4) / 8) * 8) {
      out.set(memory.readU32(at), at);
    }
    return out;
  };

  it('loads by address and entry tags and gives the information tags', () => {
    const program = bytesAt(4096, [8, header(tag(2, 0, 0x10008, 0x10000, 0, 0x11800), tag(3, 0, 0x10100))]);
    const started = start({ program, commandLine: 'x y', initrd: Uint8Array.of(5) });
    expect([started.state.rip, gpr(started, Gpr.rax)]).toEqual([0x10100n, 0x36d76289]);
    const { memory } = started;
    const found = tags(memory, gpr(started, Gpr.rbx));
    expect(string(memory, found.get(1)! + 8)).toBe('x y');
    const module = found.get(3)!;
    expect(memory.readU8(memory.readU32(module + 8))).toBe(5);
    expect(memory.readU32(found.get(4)! + 12)).toBe(15 * 1024);
    const map = found.get(6)!;
    expect([memory.readU32(map + 8), (memory.readU32(map + 4) - 16) / 24]).toEqual([24, 4]);
  });

  it('loads ELF at its physical addresses or where the relocatable tag wants it', () => {
    const code = [...header(tag(10, 0, 0x400000, 0x800000, 0x200000, 0)), 0xf4];
    const program = elf(32, { entry: 0x100010n, virtual: 0x100000n, physical: 0x100000, code });
    const started = start({ program });
    expect(started.plan.kind).toBe('multiboot2');
    expect(started.state.rip).toBe(0x400010n);
    expect(started.memory.readU32(0x400000)).toBe(0xe85250d6);
    expect(started.memory.readU32(tags(started.memory, gpr(started, Gpr.rbx)).get(21)! + 8)).toBe(0x400000);
  });

  it('refuses a required tag that it does not know and skips an optional one', () => {
    const with_ = (t: Uint8Array) =>
      bytesAt(4096, [0, header(t, tag(2, 0, 0x10000, 0x10000, 0, 0), tag(3, 0, 0x10000))]);
    expect(error({ program: with_(tag(99, 0)) })).toContain('tag 99 is required');
    expect(error({ program: with_(tag(99, 1)) })).toContain('started');
  });
});

describe('Linux', () => {
  const bzImage = (options: { version?: number; xload?: number; initSize?: number; flags?: number } = {}) => {
    const bytes = bytesAt(8192, [0x1f1, [4]], [0x1fe, [0x55, 0xaa]], [0x200, [0xeb, 0x66]], [0x202, text('HdrS')]);
    const view = new DataView(bytes.buffer);
    view.setUint16(0x206, options.version ?? 0x20f, true);
    bytes[0x211] = options.flags ?? 1;
    view.setUint32(0x22c, 0x7fffffff, true);
    bytes[0x234] = 1;
    view.setUint16(0x236, options.xload ?? 1, true);
    view.setUint32(0x238, 2047, true);
    view.setUint32(0x258, 0x1000000, true);
    view.setUint32(0x260, options.initSize ?? 0x200000, true);
    bytes[5 * 512] = 0xaa;
    return bytes;
  };
  const memory = () => new ArrayMemory(64 * MIB);

  it('starts at the 64-bit entry with boot_params in RSI', () => {
    const started = start(
      { program: bzImage(), commandLine: 'console=ttyS0', initrd: new Uint8Array(5000).fill(3) },
      memory(),
    );
    expect([started.state.rip, started.state.efer]).toEqual([0x1000200n, 0x500]);
    expect(started.memory.readU8(0x1000000)).toBe(0xaa);
    const params = gpr(started, Gpr.rsi);
    const u32 = (offset: number) => started.memory.readU32(params + offset);
    expect(string(started.memory, u32(0x228))).toBe('console=ttyS0');
    expect([u32(0x21c), u32(0x218) % 4096, started.memory.readU8(u32(0x218))]).toEqual([5000, 0, 3]);
    expect(u32(0x218) + 5000).toBeLessThanOrEqual(64 * MIB);
    expect(started.memory.readU8(params + 0x210)).toBe(0xff);
    expect(started.memory.readU8(params + 0x1e8)).toBe(4);
    const last = params + 0x2d0 + 3 * 20;
    expect([started.memory.readU32(last), started.memory.readU32(last + 8), started.memory.readU32(last + 16)]).toEqual(
      [MIB, 63 * MIB, 1],
    );
    expect(u32(0x202)).toBe(0x53726448);
  });

  it('starts older kernels at the 32-bit entry', () => {
    const started = start({ program: bzImage({ xload: 0 }) }, memory());
    expect([started.state.rip, started.state.cr0 & 0x80000001, started.state.segments.cs.selector]).toEqual([
      0x1000000n,
      1,
      0x10,
    ]);
  });

  it('runs the setup code of kernels that cannot say whether they have a 32-bit entry', () => {
    const started = start({ program: bzImage({ version: 0x207 }), commandLine: 'x=y' }, memory());
    expect([started.plan.realModeEntry, started.state.rip, started.entry]).toEqual([0x7c00, 0xfff0n, 0x7c00n]);
    expect(started.memory.readU32(0x10202)).toBe(0x53726448);
    expect(started.memory.readU8(0x100000)).toBe(0xaa);
    expect(string(started.memory, started.memory.readU32(0x10228))).toBe('x=y');
    // cli; mov ax, 1000h ... jmp 1020h:0
    expect([...started.memory.read(0x7c00, 22)].slice(-5)).toEqual([0xea, 0, 0, 0x20, 0x10]);
  });

  it('takes what protocol 2.02 does not say from its description: 255 bytes of command line, no room taken by the kernel', () => {
    const old = { program: bzImage({ version: 0x202, initSize: 0xffffffff }), initrd: new Uint8Array(5000).fill(3) };
    const started = start({ ...old, commandLine: 'x'.repeat(255) }, memory());
    expect(started.plan.realModeEntry).toBe(0x7c00);
    const at = started.memory.readU32(0x10218);
    expect([started.memory.readU8(at), at + 5000 <= 64 * MIB]).toEqual([3, true]);
    expect(error({ ...old, commandLine: 'x'.repeat(256) })).toContain('this kernel takes 255');
  });

  it('is refused with the reason', () => {
    expect(error({ program: bzImage({ version: 0x200 }) })).toContain('2.02 is the oldest');
    expect(error({ program: bzImage({ flags: 0 }) })).toContain('zImage');
    expect(error({ program: bzImage() })).toContain('started'); // falls back to 1 MiB in 16 MiB
    expect(error({ program: bzImage({ initSize: 32 * MIB }) })).toContain('--memory 128M');
    expect(error({ program: bzImage(), commandLine: 'x'.repeat(3000) })).toContain('this kernel takes 2047');
    expect(error({ program: bzImage(), initrd: new Uint8Array(14 * MIB) })).toContain('no room for the initrd');
  });
});

describe('PVH', () => {
  it('starts at the entry of the Xen note with start_info in EBX', () => {
    const note = new ByteBuilder().u32(4).u32(4).u32(18).text('Xen').u8(0).u32(0x100008);
    const program = elf(32, {
      entry: 0x100000n,
      virtual: 0x100000n,
      physical: 0x100000,
      code: new Array(64).fill(0x90),
    });
    // a second program header, PT_NOTE, over the note in the segment
    program[44] = 2;
    program.set(note.bytes(), 4096 + 32);
    program.set(
      new ByteBuilder()
        .u32(4)
        .u32(4096 + 32)
        .u32(0)
        .u32(0)
        .u32(note.length)
        .u32(note.length)
        .u32(4)
        .u32(4)
        .bytes(),
      84,
    );
    const started = start({ program, commandLine: 'hello' });
    expect([started.plan.kind, started.state.rip]).toEqual(['pvh', 0x100008n]);
    const info = gpr(started, Gpr.rbx);
    expect([started.memory.readU32(info), string(started.memory, started.memory.readU32(info + 24))]).toEqual([
      0x336ec578,
      'hello',
    ]);
    expect(started.memory.readU32(info + 48)).toBe(4);
  });
});

describe('any bytes', () => {
  it('give a plan, a start or a load error, never an exception', () => {
    const seeds = [
      BOOT_SECTOR,
      bytesAt(4096, [0x20, multiboot1Header(0x10003, 0x10020, 0x10000, 0, 0x12000, 0x10040)]),
      elf(64, { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [0xf4] }),
      elf(32, { entry: 0x100000n, virtual: 0x100000n, physical: 0x100000, code: [...multiboot1Header(0)] }),
      bytesAt(
        8192,
        [0x1f1, [4]],
        [0x1fe, [0x55, 0xaa]],
        [0x202, text('HdrS')],
        [0x206, [15, 2]],
        [0x211, [1]],
        [0x22c, [0xff, 0xff, 0xff, 0x7f]],
      ),
    ];
    let random = 12345;
    const next = (below: number) => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return (random >>> 8) % below;
    };
    const memory = new ArrayMemory(2 * MIB);
    let plans = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = seeds[next(seeds.length)].slice();
      const head = Math.min(bytes.length, next(4) === 0 ? 4096 + 64 : 700);
      for (let n = 1 + next(6); n > 0; n--)
        bytes[next(head)] = next(3) === 0 ? [0, 0xff, 0x80, 0x7f][next(4)] : next(256);
      const program = next(5) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
      const plan = planBoot({ name: 'fuzz', boot: 'auto', program });
      if (isLoadError(plan)) expect(plan.message.length).toBeGreaterThan(10);
      else {
        plans++;
        const result = plan.place(memory);
        if (isLoadError(result)) expect(result.message.length).toBeGreaterThan(10);
      }
    }
    expect(plans).toBeGreaterThan(ROUNDS / 3);
  });
});
