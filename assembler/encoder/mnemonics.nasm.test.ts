/** Which instructions there are: the mnemonics inside Debian's nasm are all known here, if only as ones that come later. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { laterMnemonics } from '../../isa/later-extensions';
import { assemble, hasNasm } from '../../test/campaigns/instructions/oracle';
import { encode, isEncodeError, isMnemonic } from './encode';
import { templatesFor } from './templates';

/**
 * Words in nasm's executable that it takes for mnemonics: no instruction has five operands. A linker keeps a string that is
 * the end of another only there, so that all ends are tried.
 */
function mnemonicsOfNasm(): string[] {
  const program = readFileSync(execFileSync('which', ['nasm']).toString().trim(), 'latin1');
  const words = new Set<string>();
  for (const [word] of program.matchAll(/[a-z][a-z0-9_]+(?=\0)/g))
    for (let at = 0; at < word.length - 1; at++) if (/[a-z]/.test(word[at])) words.add(word.slice(at));
  const list = [...words];
  const answers = assemble(
    list.map((word) => `${word} 1,1,1,1,1`),
    64,
  );
  const refused = list.filter((_, i) => answers[i].error === 'invalid combination of opcode and operands');
  // RESB and its like stand in nasm's table too.
  return refused.filter((word) => !/^res[bwdqtoyz]$/.test(word));
}

describe.skipIf(!hasNasm())('mnemonics', () => {
  it('of nasm are known, those of later extensions among them, and nothing else is said to come later', () => {
    const theirs = mnemonicsOfNasm();
    expect(theirs.length).toBeGreaterThan(2000);
    expect(theirs.filter((name) => !isMnemonic(name))).toEqual([]);
    const known = new Set(theirs);
    expect([...laterMnemonics().keys()].filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('instructions of later extensions', () => {
  it('are not in the table', () => {
    expect([...laterMnemonics().keys()].filter((name) => templatesFor(name) !== undefined)).toEqual([]);
  });

  const range = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

  function refusal(mnemonic: string, ...registers: string[]): string {
    const operands = registers.map((name) => ({ kind: 'register', name, size: 0, range }) as const);
    const result = encode(
      { mnemonic, operands, prefixes: [], encodingHint: '', range },
      {
        bits: 64,
        address: { offset: 0n, forward: false },
        defaultRel: false,
        defaultBnd: false,
        optimization: 9,
      },
    );
    return isEncodeError(result) ? result.message : 'none';
  }

  it('are refused by the name of their extension', () => {
    expect(refusal('vpternlogd')).toBe("instruction `vpternlogd' (AVX-512) is not supported yet");
    expect(refusal('pfadd')).toBe("instruction `pfadd' (AMD 3DNow!) is not supported yet");
  });

  it('are named where an instruction of AVX has more forms in AVX-512', () => {
    expect(refusal('vpbroadcastb', 'xmm0', 'eax')).toBe(
      "invalid combination of opcode and operands; AVX-512 forms of `vpbroadcastb' are not supported yet",
    );
    expect(refusal('vpaddb', 'xmm0', 'eax')).toBe('invalid combination of opcode and operands');
  });
});
