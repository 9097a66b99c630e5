// SDM 3A 11.6: a processor sees its own writes to code after the next jump at the latest; this one at the next instruction.
import { describe, expect, it } from 'vitest';
import type { BareTarget } from '../../hypervisor/bare-target';
import { assembleText, powerOn, runToEnd } from '../../test/guests';

const run = (source: string, tier1: 'on' | 'off' | 'always') => {
  const program = assembleText(`bits 32\norg 0x7c00\n${source}\ncli\nhlt\n`);
  const target = powerOn(program, { boot: 'flat', loadAddress: 0x7c00, entryBits: 32, tier1 }) as BareTarget;
  let looked = 0;
  const { code } = target.machine.processor;
  const written = code.written.bind(code);
  code.written = (page, first, last) => {
    looked++;
    written(page, first, last);
  };
  runToEnd(target, 10_000_000);
  const [eax, , , ebx] = target.registers().gpr.map(Number);
  return { eax, ebx, looked };
};

describe.each(['off', 'on', 'always'] as const)('with translation %s', (tier1) => {
  it('data beside code is written at full speed', () => {
    const { eax, looked } = run(
      `    mov ecx, 20000
again:
    inc dword [counter]
    jmp over
counter: dd 5
over:
    mov al, 1
    xchg [flag], al
    add [counter + 1], dl
    loop again
    mov eax, [counter]
    jmp done
flag: db 0
done:`,
      tier1,
    );
    expect(eax).toBe(20005);
    expect(looked).toBeLessThan(100); // the first write to the page marks nothing yet
  });

  it('an instruction that is rewritten each time runs as it was written last', () => {
    const { ebx } = run(
      `    mov ecx, 4000
    xor ebx, ebx
again:
    mov [patched + 1], ecx
    jmp patched
patched:
    mov eax, 0
    add ebx, eax
    loop again`,
      tier1,
    );
    expect(ebx).toBe((4000 * 4001) / 2);
  });

  it('one byte of an instruction that has run often is changed', () => {
    const { ebx } = run(
      `    xor ebx, ebx
    mov edi, 2
twice:
    mov ecx, 9000
again:
    inc ebx
    loop again
    mov byte [again], 0x4b              ; DEC EBX
    dec edi
    jnz twice
    neg ebx`,
      tier1,
    );
    // up 9000 times, then down 9000 times
    expect(ebx).toBe(0);
  });

  it('a write that reaches from data into code changes the code', () => {
    const { ebx } = run(
      `    mov ecx, 9000
    xor ebx, ebx
again:
    call add
    loop again
    mov dword [data], 0xc34b9090        ; DEC EBX is 4B, RET is C3
    mov ecx, 5
last:
    call add
    loop last
    jmp done
data: db 0, 0
add:
    inc ebx
    ret
done:`,
      tier1,
    );
    expect(ebx).toBe(9000 - 5);
  });
});
