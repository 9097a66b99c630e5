import { describe, expect, it } from 'vitest';
import type { LineEntry } from '../../assembler/api';
import { SourceLines } from './source-lines';

/** Entries at consecutive addresses from `org`. */
function entries(org: number, rows: [line: number, length: number, rest?: Partial<LineEntry>][]): LineEntry[] {
  let address = org;
  return rows.map(([line, length, rest = {}]) => {
    const place = { file: '/k.asm', line, callFile: '/k.asm', callLine: line };
    const entry = { address, length, fileOffset: address - org, section: '.text', bits: 16 as const, code: true };
    address += length;
    return { ...entry, ...place, ...rest };
  });
}
const inMacro = (line: number) => ({ file: '/m.inc', line, callFile: '/k.asm', callLine: 20 });

describe('source lines', () => {
  const output = Uint8Array.from({ length: 40 }, (_, i) => (i === 3 ? 0xc3 : 0x90));
  // Line 10, data on 12, two pieces of a macro called on 20 with data in it, line 21, and line 10 once more.
  const lines = new SourceLines(
    entries(0x7c00, [
      [10, 3],
      [11, 1],
      [12, 4, { code: false }],
      [20, 2, inMacro(1)],
      [20, 2, { ...inMacro(2), code: false }],
      [20, 2, inMacro(3)],
      [21, 1],
      [10, 3],
    ]),
    output,
  );

  it('are found from any address inside an instruction', () => {
    expect(lines.lineAt(0x7c02n)).toEqual({ file: '/k.asm', line: 10 });
    expect(lines.lineAt(0x7c05n)).toBeUndefined();
    expect(lines.lineAt(0x7c09n)).toEqual({ file: '/k.asm', line: 20 });
    expect(lines.macroLineAt(0x7c0dn)).toEqual({ file: '/m.inc', line: 3 });
    expect(lines.macroLineAt(0x7c00n)).toBeUndefined();
    expect(lines.lineAt(0x9000n)).toBeUndefined();
  });

  it('take breakpoints wherever their code stands, and at the next line with code', () => {
    expect(lines.breakpoint('/k.asm', 10)).toEqual({ line: 10, addresses: [0x7c00n, 0x7c0fn] });
    expect(lines.breakpoint('/k.asm', 12)).toEqual({ line: 20, addresses: [0x7c08n] });
    expect(lines.breakpoint('/m.inc', 2)).toEqual({ line: 3, addresses: [0x7c0cn] });
    expect(lines.breakpoint('/k.asm', 22)).toBeUndefined();
    expect(lines.breakpoint('/other.asm', 1)).toBeUndefined();
  });

  it('begin where their first instruction is', () => {
    expect([0x7c00n, 0x7c01n, 0x7c08n, 0x7c0cn].map((a) => lines.startsLine(a))).toEqual([true, false, true, false]);
  });

  it('know the return instructions', () => {
    expect(lines.returns).toEqual([0x7c03n]);
  });
});

describe('a program that runs at another address than it was assembled for', () => {
  it('is found at both', () => {
    const windows = [{ from: 0, to: 512, address: 0x7c00n }];
    const rows = entries(0x600, [
      [1, 3],
      [2, 1],
    ]);
    const lines = new SourceLines(rows, Uint8Array.of(1, 2, 3, 0xcb), windows);
    expect(lines.lineAt(0x7c03n)).toEqual({ file: '/k.asm', line: 1 + 1 });
    expect(lines.lineAt(0x603n)).toEqual({ file: '/k.asm', line: 2 });
    expect(lines.breakpoint('/k.asm', 2)?.addresses).toEqual([0x603n, 0x7c03n]);
    expect(lines.returns).toEqual([0x603n, 0x7c03n]);
    expect(lines.toAssembled(0x7c01n)).toBe(0x601n);
  });
});
