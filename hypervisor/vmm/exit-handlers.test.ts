/**
 * What the VMM does about exits, seen by guests: each prints on COM1 what the manual says a processor does, on the bare
 * machine and under the VMM alike, with the same instruction count and the same end state.
 */
import { describe, expect, it } from 'vitest';
import { assembleText, powerOn, runToEnd } from '../../test/guests';
import type { EptTarget } from '../ept-target';
import type { LaunchOptions } from '../launch-options';
import type { Target } from '../target';

const end = `
        mov al, 0
        out 0xF4, al
        hlt`;

interface Outcome {
  serial: string;
  stop: object;
  instructions: number;
  hash: string;
}

function outcome(target: Target): Outcome {
  const stop = runToEnd(target, 2e6);
  return { serial: target.serialOutput, stop, instructions: target.instructions, hash: target.hash() };
}

/** Runs under both; they must agree. Gives the VM. */
function both(source: string, entryBits: 16 | 32 | 64, options: Partial<LaunchOptions> = {}): EptTarget {
  const program = assembleText(`bits ${entryBits}\norg 0x7C00\n${source}\n${end}`);
  const power = (virtualization: 'none' | 'ept') =>
    powerOn(program, { boot: 'flat', entryBits, virtualization, memory: 4 << 20, tier1: 'off', ...options });
  const bare = outcome(power('none'));
  const vm = power('ept');
  expect(outcome(vm)).toEqual(bare);
  return vm as EptTarget;
}

const print = (value: string): string => `mov dx, 0x3F8\nmov al, ${value}\nout dx, al\n`;

/** A 32-bit or 64-bit IDT with one handler that prints the vector's letter (A = 0) and goes on at [resume]. */
const idt = (bits: 32 | 64, vector: number): string => {
  const at = 0x9000 + vector * (bits === 64 ? 16 : 8);
  return `
        mov word [${at}], handler
        mov ax, cs
        mov [${at + 2}], ax
        mov word [${at + 4}], 0x8E00
        mov word [${at + 6}], 0
        ${bits === 64 ? `mov qword [${at + 8}], 0` : ''}
        mov word [0x8F00], 0xFFF
        mov dword [0x8F02], 0x9000
        mov dword [0x8F06], 0
        lidt [0x8F00]
        jmp past
handler:
        ${print(String(65 + vector))}
        mov al, [${bits === 64 ? 'rsp' : 'esp'}]
        add al, '0'
        out dx, al
        ${bits === 64 ? 'mov rsp, 0x7000\n jmp rbx' : 'mov esp, 0x7000\n jmp ebx'}
past:
`;
};

const expectFault = (bits: 32 | 64, code: string): string => {
  expectFault.count++;
  const label = `next${expectFault.count}`;
  return `mov ${bits === 64 ? 'rbx' : 'ebx'}, ${label}\n${code}\n${print("'-'")}\n${label}:\n`;
};
expectFault.count = 0;

describe('String I/O', () => {
  it('goes from memory to a port across a page, forwards and backwards', () => {
    const vm = both(
      `xor ax, ax
       mov ds, ax
       mov es, ax
       mov dword [0x8FFE], 'abcd'
       mov si, 0x8FFE
       mov cx, 4
       mov dx, 0x3F8
       cld
       rep outsb
       mov si, 0x9001
       mov cx, 4
       std
       rep outsb
       cld`,
      16,
    );
    expect(vm.serialOutput).toBe('abcddcba');
    // one exit for each iteration
    expect(vm.exitCounts().IO_INSTRUCTION).toBeGreaterThanOrEqual(9);
  });

  it('goes from a port to memory across a page, word by word', () => {
    const vm = both(
      `mov edi, 0x9FFF
       mov ecx, 2
       mov dx, 0x3FE
       rep insw
       mov edx, 0x3F8
       lea eax, [edi - 0xA003]
       add al, '0'
       out dx, al
       mov al, cl
       add al, '0'
       out dx, al
       mov eax, [0x9FFF]
       mov [0x20000], eax`,
      32,
    );
    expect(vm.serialOutput).toBe('00');
  });

  it('raises the page fault of its operand, with CR2', () => {
    const vm = both(
      `${idt(64, 14)}
       mov esp, 0x7000
       ${expectFault(64, 'mov rdi, 0x3FFFFFFF0000\nmov edx, 0x60\ninsb')}
       mov rax, cr2
       shr rax, 40
       mov dx, 0x3F8
       out dx, al`,
      64,
    );
    expect(vm.serialOutput.slice(0, 2)).toBe('O2');
    expect(vm.serialOutput.charCodeAt(2)).toBe(0x3f);
  });
});

describe('CR0 and CR4', () => {
  it('keep what the guest wrote, as it reads them', () => {
    const vm = both(
      `mov eax, cr0
       or eax, 0x60000000
       mov cr0, eax
       mov ebx, cr0
       mov [0x20000], ebx
       and eax, 0x9FFFFFFF
       mov cr0, eax
       mov ebx, cr0
       mov [0x20004], ebx
       mov eax, cr4
       mov [0x20008], eax
       smsw cx
       mov [0x2000C], cx`,
      32,
    );
    const view = new DataView(vm.readPhysical(0x20000, 16).buffer);
    expect(view.getUint32(0, true) >>> 29).toBe(3);
    expect(view.getUint32(4, true) >>> 29).toBe(0);
    // VMXE is the VMM's
    expect(view.getUint32(8, true) & 0x2000).toBe(0);
    expect(vm.exitCounts().CR_ACCESS).toBe(2);
  });

  it('refuse what a processor without VMX refuses', () => {
    const program = `${idt(32, 13)}
       mov esp, 0x7000
       ${expectFault(32, 'mov eax, 0x80000000\nmov cr0, eax')}
       ${expectFault(32, 'mov eax, cr0\nor eax, 0x20000000\nand eax, 0xBFFFFFFF\nmov cr0, eax')}
       ${expectFault(32, 'mov eax, 0x1000\nmov cr4, eax')}`;
    expect(both(program, 32).serialOutput).toBe('N0N0N0');
  });

  it('refuse to leave paging in 64-bit mode', () => {
    const program = `${idt(64, 13)}
       mov esp, 0x7000
       ${expectFault(64, 'mov rax, cr0\nbtr rax, 31\nmov cr0, rax')}
       ${expectFault(64, 'mov rax, cr0\nbts rax, 40\nmov cr0, rax')}
       ${expectFault(64, 'mov rax, cr4\nbtr rax, 5\nmov cr4, rax')}`;
    expect(both(program, 64).serialOutput).toBe('N0N0N0');
  });

  it('take LMSW and CLTS', () => {
    const vm = both(
      `mov eax, cr0
       or al, 8
       mov cr0, eax
       clts
       smsw ax
       mov [0x20000], ax
       mov ax, 0xB
       lmsw ax
       mov eax, cr0
       mov [0x20004], eax
       clts`,
      32,
    );
    const view = new DataView(vm.readPhysical(0x20000, 8).buffer);
    expect(view.getUint16(0, true) & 8).toBe(0);
    expect(view.getUint32(4, true) & 15).toBe(0xb);
  });
});

describe('MSRs', () => {
  it('EFER keeps LMA and refuses reserved bits and a change of LME under paging', () => {
    const program = `${idt(64, 13)}
       mov esp, 0x7000
       mov ecx, 0xC0000080
       rdmsr
       or eax, 0x801
       wrmsr
       rdmsr
       mov [0x20000], eax
       ${expectFault(64, 'and eax, ~0x100\nwrmsr')}
       ${expectFault(64, 'mov ecx, 0xC0000080\nrdmsr\nor eax, 2\nwrmsr')}
       ${expectFault(64, 'mov ecx, 0x12345\nrdmsr')}`;
    const vm = both(program, 64);
    expect(vm.serialOutput).toBe('N0N0N0');
    expect(new DataView(vm.readPhysical(0x20000, 4).buffer).getUint32(0, true)).toBe(0xd01);
  });

  it('XSETBV takes every component that CPUID names, and no other', () => {
    const program = `${idt(64, 13)}
       mov esp, 0x7000
       mov rax, cr4
       bts rax, 18
       mov cr4, rax
       mov eax, 13
       xor ecx, ecx
       cpuid
       mov [0x20000], eax
       xor ecx, ecx
       xor edx, edx
       xsetbv
       xgetbv
       mov [0x20004], eax
       ${expectFault(64, 'xor ecx, ecx\nmov eax, 2\nxsetbv')}
       ${expectFault(64, 'xor ecx, ecx\nmov eax, 0x80000001\nxsetbv')}
       ${expectFault(64, 'mov ecx, 1\nmov eax, 1\nxsetbv')}`;
    const vm = both(program, 64);
    expect(vm.serialOutput).toBe('N0N0N0');
    const view = new DataView(vm.readPhysical(0x20000, 8).buffer);
    expect(view.getUint32(4, true)).toBe(view.getUint32(0, true));
  });
});

describe('Memory that is none', () => {
  it('drops writes to ROM', () => {
    const vm = both(
      `mov eax, [0xF0000]
       mov dword [0xF0000], 0x12345678
       not dword [0xF0004]
       push dword [0xF0000]
       pop ebx
       sub ebx, eax
       add bl, '0'
       mov al, bl
       mov dx, 0x3F8
       out dx, al`,
      32,
    );
    expect(vm.serialOutput).toBe('0');
    expect(vm.exitCounts().EPT_VIOLATION).toBeGreaterThan(0);
  });

  it('reads, writes and changes registers of the local APIC', () => {
    const vm = both(
      `mov ebx, 0xFEE00000
       mov ecx, [ebx + 0x30]
       mov [0x20000], ecx
       mov dword [ebx + 0x80], 0x20
       or dword [ebx + 0x80], 0x50
       mov ecx, [ebx + 0x80]
       mov [0x20004], ecx
       xchg ecx, [ebx + 0xE0]
       mov [0x20008], ecx
       inc dword [ebx + 0x80]
       mov ecx, [ebx + 0x80]
       mov [0x2000C], ecx`,
      32,
    );
    const view = new DataView(vm.readPhysical(0x20000, 16).buffer);
    // version 14H, six LVT entries or more
    expect(view.getUint32(0, true) & 0xff).toBeGreaterThanOrEqual(0x10);
    expect(view.getUint32(4, true)).toBe(0x70);
    expect(view.getUint32(8, true)).toBe(0xffffffff);
    expect(view.getUint32(12, true)).toBe(0x71);
  });

  it('reads all ones where nothing answers', () => {
    const vm = both('mov eax, [0xD0000000]\nmov [0x20000], eax\nmov word [0xD0000000], 1', 32);
    expect(new DataView(vm.readPhysical(0x20000, 4).buffer).getUint32(0, true)).toBe(0xffffffff);
  });
});

/** The timer on vector 20h: the handler prints T, says so to the controller and goes back. */
const timer = `
        mov word [0x9100], tick
        mov ax, cs
        mov [0x9102], ax
        mov word [0x9104], 0x8E00
        mov word [0x9106], 0
        mov word [0x8F00], 0xFFF
        mov dword [0x8F02], 0x9000
        lidt [0x8F00]
        mov esp, 0x7000
        mov al, 0x11
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xFE
        out 0x21, al
        mov al, 0x34
        out 0x43, al
        mov al, 100
        out 0x40, al
        mov al, 0
        out 0x40, al
        jmp past
tick:   push eax
        push edx
        ${print("'T'")}
        mov al, 0x20
        out 0x20, al
        pop edx
        pop eax
        iretd
past:
`;

describe('Interrupts and HLT', () => {
  it('come at the same instruction as on the bare machine, not behind STI', () => {
    const vm = both(
      `${timer}
       mov ecx, 20
.loop: sti
       nop
       cli
       push ecx
       mov ecx, 3000
.wait: dec ecx
       jnz .wait
       pop ecx
       dec ecx
       jnz .loop
       ${print("'.'")}`,
      32,
    );
    expect(vm.serialOutput).toMatch(/^T+\.$/);
    const counts = vm.exitCounts();
    expect(counts.INTERRUPT_WINDOW).toBeGreaterThan(0);
  });

  it('wake the guest from HLT', () => {
    const vm = both(`${timer}\nsti\nhlt\n${print("'1'")}\nhlt\n${print("'2'")}\ncli`, 32);
    expect(vm.serialOutput).toBe('T1T2');
    expect(vm.exitCounts().HLT).toBe(2);
  });

  it('HLT with interrupts off is the end', () => {
    const vm = both('cli\nhlt\nnop', 32);
    expect(vm.run(vm.instructions + 10)).toEqual({ kind: 'ended', reason: 'halted', value: 0 });
  });
});

describe('Reset', () => {
  // the BIOS boots from the floppy again: the second time the mark in memory is found
  const again = (how: string): string => `
        xor ax, ax
        mov ds, ax
        cmp word [0x600], 0x55AA
        je .second
        mov word [0x600], 0x55AA
        ${print("'1'")}
        lgdt [cs:gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        ${how}
        hlt
.second:
        smsw ax
        and al, 1
        add al, '2'
        mov dx, 0x3F8
        out dx, al
        mov al, 0
        out 0xF4, al
        hlt
gdtr:   dw 7
        dd gdtr
        times 510 - ($ - $$) db 0
        dw 0xAA55`;

  it.each([
    ['the keyboard controller', 'mov al, 0xFE\nout 0x64, al'],
    ['port 92h', 'in al, 0x92\nor al, 1\nout 0x92, al'],
    ['port CF9h', 'mov dx, 0xCF9\nmov al, 6\nout dx, al'],
  ])('by %s starts the guest anew with its memory', (_what, how) => {
    const program = assembleText(`bits 16\norg 0x7C00\n${again(how)}`);
    const power = (virtualization: 'none' | 'ept'): Target =>
      powerOn(program, { boot: 'boot-sector', virtualization, memory: 4 << 20, tier1: 'off' });
    const bare = outcome(power('none'));
    expect(bare.stop).toEqual({ kind: 'ended', reason: 'debug-exit', value: 0 });
    expect(bare.serial).toBe('12');
    expect(outcome(power('ept'))).toEqual(bare);
  });
});

describe('Registers that a debugger writes', () => {
  it('CR0 and CR4 read as they were written', () => {
    const vm = both('nop', 32);
    expect(vm.writeRegister('cr0', 0x60000013n)).toBe(true);
    expect(vm.registers().cr0).toBe(0x60000013n);
    expect(vm.writeRegister('cr4', 0x10n)).toBe(true);
    expect(vm.registers().cr4).toBe(0x10n);
  });

  it('a guest goes on with them', () => {
    const program = assembleText(`bits 32\norg 0x7C00\nnop\nmov eax, cr0\nmov ebx, cr4\n${end}`);
    const run = (virtualization: 'none' | 'ept'): Target => {
      const target = powerOn(program, { boot: 'flat', entryBits: 32, virtualization, memory: 4 << 20 });
      target.run(1);
      target.writeRegister('cr0', target.registers().cr0 | 0x60000000n);
      target.writeRegister('cr4', 0x200n);
      target.run(3);
      return target;
    };
    const [bare, vm] = [run('none'), run('ept')];
    expect(vm.registers().gpr.slice(0, 4)).toEqual(bare.registers().gpr.slice(0, 4));
    expect(vm.registers().gpr[3]).toBe(0x200n);
  });
});

describe('Snapshots', () => {
  it.each(['none', 'ept'] as const)('say what they cost, %s', (virtualization) => {
    const program = assembleText(
      `bits 32\norg 0x7C00\nmov ecx, 8\nmov edi, 0x100000\n.a: mov [edi], ecx\nadd edi, 4096\nloop .a\n${end}`,
    );
    const target = powerOn(program, { boot: 'flat', entryBits: 32, virtualization, memory: 4 << 20 });
    target.snapshot();
    const idle = target.snapshot().bytes!;
    target.run(2 + 3 * 8);
    expect(target.snapshot().bytes! - idle).toBeGreaterThanOrEqual(8 * 4096);
    expect(target.snapshot().bytes!).toBe(idle);
  });
});
