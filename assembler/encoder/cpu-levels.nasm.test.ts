/** Instructions of every form under every CPU level: refused here where nasm refuses them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Mode } from '../../isa/form';
import { allForms } from '../../isa/table';
import { casesOfForm } from '../../test/campaigns/instructions/cases';
import { textOf } from '../../test/campaigns/instructions/compare';
import { hasNasm } from '../../test/campaigns/instructions/oracle';
import { assemble } from '../assemble';

const levels = ['8086', '186', '286', '386', '486', '586', 'p6', 'p3', 'p4'];
levels.push('prescott', 'x64', 'nehalem', 'westmere', 'sandybridge', 'ia64');

const folder = mkdtempSync(join(tmpdir(), 'ringside-cpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };

function errorsOfNasm(source: string): Map<number, string> {
  const file = join(folder, 'a.asm');
  writeFileSync(file, source);
  const { stderr } = spawnSync('nasm', ['-f', 'bin', '-w-all', '-o', join(folder, 'a.bin'), file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = [...stderr.matchAll(/:(\d+): error: (.*)/g)];
  return new Map(found.map(([, line, message]) => [Number(line), message!]));
}

function errorsHere(source: string): Map<number, string> {
  const { diagnostics } = assemble('a.asm', source, { format: 'bin' }, noFiles);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return new Map(errors.map(({ range, message }) => [range.line + 1, message]));
}

/** Instructions that nasm takes without a level; conditional jumps out of reach become two instructions in it below 386. */
function instructions(bits: 16 | 32 | 64): string[] {
  const mode = bits === 16 ? Mode.Bits16 : bits === 32 ? Mode.Bits32 : Mode.Bits64;
  const all: string[] = [];
  for (const form of allForms()) {
    if (form.decodeOnly || (form.modes & mode) === 0) continue;
    const texts = casesOfForm(form, bits, false).map(textOf);
    all.push(texts[0]!, texts[texts.length >> 1]!, texts[texts.length - 1]!);
  }
  let taken = all.filter((text, i) => i % 3 === 0 && text !== undefined && !/^j\w+ (\$[+-]\d{3,}|0x)/.test(text));
  for (;;) {
    const refused = errorsOfNasm(`bits ${bits}\n${taken.join('\n')}\n`);
    if (refused.size === 0) return taken;
    taken = taken.filter((_, i) => !refused.has(i + 2));
  }
}

describe.skipIf(!hasNasm())('cpu', () => {
  it.each([16, 32, 64] as const)('levels refuse what they refuse in nasm, in %i-bit mode', (bits) => {
    const list = instructions(bits);
    expect(list.length).toBeGreaterThan(1000);
    const differences: string[] = [];
    for (const level of levels) {
      // No more than a thousand errors of a source are kept here.
      for (let start = 0; start < list.length; start += 900) {
        const some = list.slice(start, start + 900);
        const source = `bits ${bits}\ncpu ${level}\n${some.join('\n')}\n`;
        const theirs = errorsOfNasm(source);
        const ours = errorsHere(source);
        some.forEach((text, i) => {
          const [nasm, here] = [theirs.get(i + 3), ours.get(i + 3)];
          if (nasm !== here) differences.push(`${level}: ${text}: nasm ${nasm}, here ${here}`);
        });
      }
    }
    expect(differences).toEqual([]);
  });

  it.each(
    `8086 186 286 386 486 586 pentium 686 p6 ppro pentiumpro p2 p3 katmai p4 willamette prescott x64 x86-64 ia64 ia-64
     itanium itanic merced nehalem westmere sandybridge all any default vex evex latevex noP6 P6 8086,vex
     80186 i386 i686 p5 amd64 x86_64 foo fpu nofpu sse obsolete 386,sse foo,bar`.split(/\s+/),
  )('%s is known or not as in nasm', (name) => {
    const source = `cpu ${name.replace(',', ' ')}\n`;
    expect([...errorsHere(source)]).toEqual([...errorsOfNasm(source)]);
  });
});
