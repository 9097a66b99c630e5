// Expectations from the ACPI Specification 6.4, chapter 5, and the MultiProcessor Specification 1.4, chapter 4.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../machine';
import { ArrayMemory } from '../memory-view';
import { eisaId, integer, pack } from './aml';
import { placeBiosData, placeFirmware } from './firmware';

const memory = new ArrayMemory(2 << 20);
const { acpi } = placeFirmware(memory, 2);
const sum = (address: number, length: number) => memory.read(address, length).reduce((a, b) => (a + b) & 0xff, 0);
const name = (address: number, length = 4) => Buffer.from(memory.read(address, length)).toString('latin1');

/** What a kernel does: looks for a signature at multiples of 16 in E0000h..FFFFFh. */
function scan(signature: string): number {
  for (let at = 0xe0000; at < 0x100000; at += 16) if (name(at, signature.length) === signature) return at;
  return -1;
}

describe('ACPI tables', () => {
  const rsdp = scan('RSD PTR ');
  const rsdt = memory.readU32(rsdp + 16);
  const xsdt = memory.readU32(rsdp + 24);
  const pointers = [36, 40].map((offset) => memory.readU32(rsdt + offset));
  const [fadt, madt] = pointers;

  it('are found by scanning and add up to 0', () => {
    expect(rsdp).toBe(acpi.address);
    expect([sum(rsdp, 20), sum(rsdp, 36), memory.readU8(rsdp + 15)]).toEqual([0, 0, 2]);
    const dsdt = memory.readU32(fadt + 40);
    for (const [at, signature] of [
      [rsdt, 'RSDT'],
      [xsdt, 'XSDT'],
      [fadt, 'FACP'],
      [madt, 'APIC'],
      [dsdt, 'DSDT'],
    ] as const) {
      expect([name(at), sum(at, memory.readU32(at + 4))]).toEqual([signature, 0]);
    }
    expect([36, 44].map((offset) => memory.readU32(xsdt + offset))).toEqual(pointers);
    expect(name(memory.readU32(fadt + 36))).toBe('FACS');
  });

  it('list both processors, the I/O APIC and the timer at input 2', () => {
    const entries: number[][] = [];
    for (let at = madt + 44; at < madt + memory.readU32(madt + 4); at += memory.readU8(at + 1)) {
      entries.push([...memory.read(at, memory.readU8(at + 1))]);
    }
    expect(entries.filter(([type]) => type === 0).map((entry) => entry[3])).toEqual([0, 1]);
    expect(entries.find(([type]) => type === 1)).toEqual([1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
    expect(entries.find(([type]) => type === 2)).toEqual([2, 10, 0, 0, 2, 0, 0, 0, 0, 0]);
  });

  it.skipIf(spawnSync('iasl', ['-v']).error !== undefined)('are disassembled and compiled again by iasl', () => {
    const folder = mkdtempSync(join(tmpdir(), 'acpi-'));
    const dsdt = memory.readU32(fadt + 40);
    writeFileSync(join(folder, 'dsdt.dat'), memory.read(dsdt, memory.readU32(dsdt + 4)));
    spawnSync('iasl', ['-d', 'dsdt.dat'], { cwd: folder });
    const { status } = spawnSync('iasl', ['-p', 'again', 'dsdt.dsl'], { cwd: folder });
    const body = (file: string) => readFileSync(join(folder, file)).subarray(36).toString('hex');
    expect(status).toBe(0);
    expect(body('again.aml')).toBe(body('dsdt.dat'));
    rmSync(folder, { recursive: true });
  });

  it("encode AML as the specification's examples do", () => {
    expect(eisaId('PNP0A03')).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
    expect(integer(0x10000)).toEqual([0x0c, 0, 0, 1, 0]);
    expect(pack(integer(0), integer(1))).toEqual([0x12, 0x04, 0x02, 0x00, 0x01]);
    const long = pack(...Array.from({ length: 40 }, () => integer(5)));
    expect([long[0], (long[1] & 15) | (long[2] << 4), long[1] >> 6]).toEqual([0x12, 83, 1]);
  });
});

describe('MP table', () => {
  const pointer = scan('_MP_');
  const table = memory.readU32(pointer + 4);

  it('is found by scanning and adds up to 0', () => {
    expect([sum(pointer, 16), memory.readU8(pointer + 9), name(table)]).toEqual([0, 4, 'PCMP']);
    expect(sum(table, memory.readU16(table + 4))).toBe(0);
  });

  it('has as many entries as it says: processors of 20 bytes, others of 8', () => {
    let at = table + 44;
    const types: number[] = [];
    for (let i = 0; i < memory.readU16(table + 34); i++) {
      types.push(memory.readU8(at));
      at += memory.readU8(at) === 0 ? 20 : 8;
    }
    expect(at).toBe(table + memory.readU16(table + 4));
    expect([
      types.filter((t) => t === 0).length,
      types.filter((t) => t === 1).length,
      types.filter((t) => t === 2).length,
    ]).toEqual([2, 2, 1]);
  });
});

describe('BIOS data', () => {
  it('are those that the self test leaves, but for the time of day and the stack', () => {
    const floppy = new Uint8Array(512);
    floppy.set([0xeb, 0xfe]); // jmp $
    floppy.set([0x55, 0xaa], 510);
    const machine = new Machine({ memory: 2 << 20, tier1: 'off', floppy });
    machine.run(5_000, false);
    const expected = new ArrayMemory(2 << 20);
    placeFirmware(expected, 1);
    placeBiosData(expected);
    expected.write(0x410, Uint8Array.of(0x27)); // that machine has a diskette drive
    const differences: string[] = [];
    for (const [from, to] of [
      [0, 0x46c],
      [0x470, 0x500],
      [0x9fc00, 0x9fe00],
      [0xb8000, 0xb8fa0],
    ]) {
      const [a, b] = [machine.memory.readBytes(from, to - from), expected.read(from, to - from)];
      a.forEach((byte, i) => {
        if (byte !== b[i]) differences.push(`${(from + i).toString(16)}: ${byte} ${b[i]}`);
      });
    }
    expect(differences).toEqual([]);
  });
});
