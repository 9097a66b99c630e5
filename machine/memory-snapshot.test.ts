import { describe, expect, test } from 'vitest';
import { PageKind, PhysicalMemory } from './memory';
import type { MemorySnapshot } from './memory-snapshot';

const MEBIBYTE = 1024 * 1024;
const PAGE = 4096;

const memoryOf = (size: number): PhysicalMemory => new PhysicalMemory(new ArrayBuffer(size), 0, size);

describe('snapshots of memory', () => {
  test('whichever way one goes between them, memory is what it was: beside whole copies', () => {
    const memory = memoryOf(2 * MEBIBYTE);
    const kept: { snapshot: MemorySnapshot; copy: Uint8Array; kinds: Uint8Array }[] = [];
    let seed = 7;
    const random = (end: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % end;
    };
    for (let round = 0; round < 300; round++) {
      const writes = random(6);
      for (let i = 0; i < writes; i++) memory.write(random(memory.size - 4), 4, random(3) === 0 ? 0 : seed);
      if (random(20) === 0) memory.setKind(random(512) * PAGE, PAGE, PageKind.Rom);
      const chosen = kept[random(2 * kept.length + 1)];
      if (chosen) {
        memory.restore(chosen.snapshot);
        expect(Buffer.compare(memory.bytes, chosen.copy)).toBe(0);
        expect(memory.kinds).toEqual(chosen.kinds);
      } else {
        kept.push({ snapshot: memory.snapshot(), copy: memory.bytes.slice(), kinds: memory.kinds.slice() });
      }
    }
    expect(kept.length).toBeGreaterThan(20);
  });

  test('one is restored into another memory', () => {
    const [one, other] = [memoryOf(2 * MEBIBYTE), memoryOf(2 * MEBIBYTE)];
    one.write(0x1234, 4, 0xcafe);
    other.write(0x1ff000, 4, 0xbad);
    other.restore(one.snapshot());
    expect(other.read(0x1234, 4)).toBe(0xcafe);
    expect(other.read(0x1ff000, 4)).toBe(0);
  });

  test('a page that was not written is held once by all of them, and so is the table of its mebibyte', () => {
    const memory = memoryOf(4 * MEBIBYTE);
    for (let at = 0; at < memory.size; at += PAGE) memory.write(at, 4, 1);
    const before = memory.snapshot();
    memory.write(MEBIBYTE + 5 * PAGE, 4, 2);
    const after = memory.snapshot();
    const differ = after.chunks.map((chunk, i) => (chunk === before.chunks[i] ? 0 : 1));
    expect(differ).toEqual([0, 1, 0, 0]);
    const pages = after.chunks[1]?.flatMap((page, i) => (page === before.chunks[1]?.[i] ? [] : [i]));
    expect(pages).toEqual([5]);
    expect(after.kinds).toBe(before.kinds);
  });
});
