// Repeated string instructions do many iterations at once: what they do is what SDM 2B says of REP, one iteration after
// the other, each of which is an instruction to the clock.
import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../../test/guests';

const AREA = 0x20000;

/** 32-bit flat code; ECX, ESI, EDI and DF are set by `setup`, memory is filled by `bytes` from {@link AREA} on. */
function guest(setup: string, instruction: string) {
  const program = assembleText(`bits 32\norg 0x7c00\n${setup}\n${instruction}\ncli\nhlt\n`);
  const target = powerOn(program, { boot: 'flat', loadAddress: 0x7c00, entryBits: 32 });
  target.writePhysical(
    AREA,
    Uint8Array.from({ length: 0x4000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff),
  );
  return target;
}

const before = (i: number): number => (i * 7 + (i >> 8)) & 0xff;
const [ECX, ESI, EDI] = [1, 6, 7];

/** What REP MOVS does, iteration by iteration. */
function moved(from: number, to: number, count: number, size: number, step: number): Uint8Array {
  const memory = Uint8Array.from({ length: 0x4000 }, (_, i) => before(i));
  for (let i = 0; i < count; i++) {
    const element = memory.slice(from + i * step, from + i * step + size);
    memory.set(element, to + i * step);
  }
  return memory;
}

describe.each([
  ['b', 1],
  ['w', 2],
  ['d', 4],
] as const)('rep movs%s', (suffix, size) => {
  it.each([
    ['apart', 0, 0x1000, 100],
    ['across pages', 0xff3, 0x1ffd, 1000],
    ['overlapping, to a higher address: a pattern is repeated', 0x100, 0x104, 500],
    ['overlapping by less than an element', 0x100, 0x101, 500],
    ['overlapping, to a lower address', 0x140, 0x103, 500],
    ['onto itself', 0x80, 0x80, 50],
    ['once', 0, 0x800, 1],
    ['never', 0, 0x800, 0],
  ])('%s', (_name, from, to, count) => {
    const target = guest(`mov ecx, ${count}\nmov esi, ${AREA + from}\nmov edi, ${AREA + to}`, `rep movs${suffix}`);
    runToEnd(target);
    expect(target.readPhysical(AREA, 0x4000)).toEqual(moved(from, to, count, size, size));
    const { gpr } = target.registers();
    expect([gpr[ECX], gpr[ESI], gpr[EDI]].map(Number)).toEqual([
      0,
      AREA + from + count * size,
      AREA + to + count * size,
    ]);
    // three MOVs, an iteration each (or the one that finds the count 0), CLI, HLT
    expect(target.instructions).toBe(3 + Math.max(count, 1) + 2);
  });

  it('goes down with DF set', () => {
    const target = guest(
      `std\nmov ecx, 700\nmov esi, ${AREA + 0x2100}\nmov edi, ${AREA + 0x2103}`,
      `rep movs${suffix}`,
    );
    runToEnd(target);
    expect(target.readPhysical(AREA, 0x4000)).toEqual(moved(0x2100, 0x2103, 700, size, -size));
  });

  it('stops in the middle, at the instruction asked for', () => {
    const target = guest(`mov ecx, 1000\nmov esi, ${AREA}\nmov edi, ${AREA + 0x2000}`, `rep movs${suffix}`);
    for (const done of [1, 2, 57, 333]) {
      target.run(3 + done);
      const { gpr } = target.registers();
      expect([target.instructions, Number(gpr[ECX]), Number(gpr[ESI])]).toEqual([
        3 + done,
        1000 - done,
        AREA + done * size,
      ]);
      expect(target.readPhysical(AREA, 0x4000)).toEqual(moved(0, 0x2000, done, size, size));
    }
  });
});

describe('rep stos', () => {
  it.each([
    ['b', 1, 0x11223344],
    ['w', 2, 0x11223344],
    ['d', 4, 0x11223344],
    ['w', 2, 0x5555],
    ['d', 4, 0],
  ])('stos%s of %#', (suffix, size, value) => {
    const target = guest(`mov ecx, 1500\nmov eax, ${value}\nmov edi, ${AREA + 0x7fd}`, `rep stos${suffix}`);
    runToEnd(target);
    const memory = Uint8Array.from({ length: 0x4000 }, (_, i) => before(i));
    for (let i = 0; i < 1500 * size; i++) memory[0x7fd + i] = (value >>> (8 * (i % size))) & 0xff;
    expect(target.readPhysical(AREA, 0x4000)).toEqual(memory);
    expect(target.instructions).toBe(3 + 1500 + 2);
  });
});

it('wraps at 64 KiB with 16-bit addresses', () => {
  // SDM 1 3.3.1: the offset wraps within the segment; here to where DS:0 is
  const target = guest(`mov ecx, 20\nmov eax, 0x77\nmov edi, 0xfffa`, 'a16 rep stosb');
  runToEnd(target);
  expect(Number(target.registers().gpr[EDI])).toBe(0x000e);
  expect(target.readPhysical(0xfff9, 8)).toEqual(Uint8Array.of(0, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0));
  expect(target.readPhysical(0, 15)).toEqual(new Uint8Array(15).map((_, i) => (i < 14 ? 0x77 : 0)));
});

it('drops code that it overwrites', () => {
  const target = guest(
    `call over\nmov esi, other\nmov edi, over\nmov ecx, 6\nrep movsb\ncall over\njmp done
over: mov ebx, 1\nret\nother: mov ebx, 2\nret\ndone:`,
    '',
  );
  runToEnd(target);
  expect(Number(target.registers().gpr[3])).toBe(2);
});
