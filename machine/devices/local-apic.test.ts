// Expectations from the Intel SDM, volume 3A, chapter 11.
import { describe, expect, it } from 'vitest';
import { ApicBus } from './apic-bus';
import { IoApic } from './io-apic';
import { LocalApic } from './local-apic';
import { LocalApicMemory } from './local-apic-memory';
import { ManualClock } from './manual-clock';

const SVR = 0xf0;
const TPR = 0x80;
const EOI = 0xb0;
const LDR = 0xd0;
const ICR = 0x300;
const LVT_TIMER = 0x320;
const LVT_LINT0 = 0x350;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;

function apics(count = 2) {
  const clock = new ManualClock();
  const bus = new ApicBus();
  const cpus = Array.from({ length: count }, (_, i) => new LocalApic(i, clock, bus));
  for (const cpu of cpus) cpu.writeRegister(SVR, 0x1ff);
  return { clock, bus, cpus };
}
const isr = (apic: LocalApic, vector: number) => (apic.readRegister(0x100 + (vector >> 5) * 16) >> (vector & 31)) & 1;

describe('local APIC', () => {
  it('takes the highest vector above the processor priority and needs an EOI for the next of its class', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.accept(0x31, false);
    apic.accept(0x52, false);
    expect(apic.acknowledge()).toBe(0x52);
    expect(apic.readRegister(0xa0)).toBe(0x50);
    apic.accept(0x55, false);
    expect(apic.pending()).toBe(false);
    apic.accept(0x61, false);
    expect(apic.acknowledge()).toBe(0x61);
    apic.writeRegister(EOI, 0);
    apic.writeRegister(EOI, 0);
    expect(apic.acknowledge()).toBe(0x55);
    expect(isr(apic, 0x55)).toBe(1);
  });

  it('holds back classes up to the task priority, which CR8 shows', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.writeRegister(TPR, 0x50);
    expect(apic.taskPriority).toBe(5);
    apic.accept(0x5f, false);
    expect(apic.pending()).toBe(false);
    apic.taskPriority = 4;
    expect(apic.pending()).toBe(true);
  });

  it('gives the spurious vector when nothing asks, without service', () => {
    const {
      cpus: [apic],
    } = apics();
    expect(apic.acknowledge()).toBe(0xff);
    expect(isr(apic, 0xff)).toBe(0);
  });

  it('lets the 8259A through LINT0 of the boot processor, until that is masked', () => {
    const {
      cpus: [boot, other],
    } = apics();
    const pic = { pending: () => true, acknowledge: () => 0x08, onChange() {} };
    boot.writeRegister(SVR, 0xff);
    boot.reset();
    boot.externalController = pic;
    expect([boot.pending(), boot.acknowledge()]).toEqual([true, 0x08]);
    boot.writeRegister(SVR, 0x1ff);
    boot.writeRegister(LVT_LINT0, 0x10700);
    expect(boot.pending()).toBe(false);
    expect(other.pending()).toBe(false);
  });

  it('masks every local vector while it is disabled by software', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.writeRegister(LVT_TIMER, 0x40);
    apic.writeRegister(SVR, 0x0ff);
    expect(apic.readRegister(LVT_TIMER)).toBe(0x10040);
  });

  it('sends interrupts, INIT and start-up to others by number, all but self, and logical destination', () => {
    const { cpus } = apics(3);
    const log: string[] = [];
    cpus.forEach((cpu, i) => {
      cpu.pins = {
        nmi: () => log.push(`nmi${i}`),
        smi: () => log.push(`smi${i}`),
        init: () => log.push(`init${i}`),
        startup: (vector) => log.push(`sipi${i}:${vector.toString(16)}`),
      };
      cpu.writeRegister(LDR, (1 << (24 + i)) >>> 0);
    });
    cpus[0].writeRegister(0x310, 2 << 24);
    cpus[0].writeRegister(ICR, 0x00040);
    expect([cpus[1].pending(), cpus[2].pending()]).toEqual([false, true]);
    cpus[0].writeRegister(ICR, 0xc4500); // INIT, assert, all but self
    cpus[0].writeRegister(ICR, 0x08500); // INIT level de-assert: ignored
    cpus[0].writeRegister(0x310, 1 << 24);
    cpus[0].writeRegister(ICR, 0x0069a);
    expect(log).toEqual(['init1', 'init2', 'sipi1:9a']);
    log.length = 0;
    cpus[0].writeRegister(SVR, 0x1ff);
    cpus[0].writeRegister(LDR, 0x01000000);
    cpus[1].writeRegister(LDR, 0x02000000);
    cpus[2].writeRegister(LDR, 0x04000000);
    cpus[0].writeRegister(0x310, 0x06 << 24);
    cpus[0].writeRegister(ICR, 0x00c00); // NMI, logical 6
    expect(log).toEqual(['nmi1', 'nmi2']);
  });

  it('counts down once, and periodically, divided', () => {
    const {
      clock,
      cpus: [apic],
    } = apics();
    apic.writeRegister(DIVIDE, 0x03); // by 16
    apic.writeRegister(LVT_TIMER, 0x00040);
    apic.writeRegister(INITIAL, 100);
    clock.advanceTo(800);
    expect(apic.readRegister(CURRENT)).toBe(50);
    clock.advanceTo(1599);
    expect(apic.pending()).toBe(false);
    clock.advanceTo(1600);
    expect(apic.acknowledge()).toBe(0x40);
    clock.advanceTo(5000);
    expect(apic.readRegister(CURRENT)).toBe(0);
    apic.writeRegister(EOI, 0);
    apic.writeRegister(LVT_TIMER, 0x20041);
    apic.writeRegister(DIVIDE, 0x0b); // by 1
    apic.writeRegister(INITIAL, 1000);
    const times: number[] = [];
    while (clock.now() < 9500) {
      clock.advanceTo(clock.now() + 1);
      if (apic.pending()) {
        times.push(clock.now());
        apic.acknowledge();
        apic.writeRegister(EOI, 0);
      }
    }
    expect(times).toEqual([6000, 7000, 8000, 9000]);
    expect(apic.readRegister(CURRENT)).toBe(500);
  });

  it('asks for no alarm while the timer is masked', () => {
    const {
      clock,
      cpus: [apic],
    } = apics();
    apic.writeRegister(INITIAL, 1000);
    expect(clock.next()).toBe(Number.POSITIVE_INFINITY);
    expect(apic.readRegister(CURRENT)).toBe(1000);
  });

  it('fires at a TSC deadline, at once if that is past, and never if disarmed', () => {
    const {
      clock,
      cpus: [apic],
    } = apics();
    apic.setDeadline(5);
    expect(apic.deadline).toBe(0);
    apic.writeRegister(LVT_TIMER, 0x40042);
    apic.setDeadline(500);
    expect(apic.deadline).toBe(500);
    clock.advanceTo(500);
    expect(apic.acknowledge()).toBe(0x42);
    expect(apic.deadline).toBe(0);
    apic.writeRegister(EOI, 0);
    apic.setDeadline(100);
    clock.advanceTo(501);
    expect(apic.pending()).toBe(true);
  });

  it('changes to x2APIC and back only through disabled, with registers at MSRs', () => {
    const {
      cpus: [, apic],
    } = apics();
    expect(apic.readMsr(0x802)).toBeUndefined();
    expect(apic.setBase(0xfee00400)).toBe(false);
    expect(apic.setBase(0xfee00c00)).toBe(true);
    expect(apic.readMsr(0x802)).toBe(1n);
    expect(apic.readMsr(0x80d)).toBe(2n); // cluster 0, bit 1
    expect(apic.writeMsr(0x80d, 0n)).toBe(false);
    expect(apic.writeMsr(0x80b, 1n)).toBe(false);
    expect(apic.readMsr(0x80e)).toBeUndefined(); // no DFR
    expect(apic.writeMsr(0x83f, 0x77n)).toBe(true); // self IPI
    expect(apic.acknowledge()).toBe(0x77);
    expect(apic.writeMsr(0x80b, 0n)).toBe(true);
    expect(apic.setBase(0xfee00800)).toBe(false);
    expect(apic.setBase(0xfee00000)).toBe(true);
    expect(apic.setBase(0xfee00800)).toBe(true);
  });

  it('is seen in its page, 32 bits at multiples of 16', () => {
    const { cpus } = apics();
    let current = 1;
    const memory = new LocalApicMemory(() => cpus[current]);
    expect(memory.readMemory(0xfee00020, 4)).toBe(0x01000000);
    current = 0;
    expect(memory.readMemory(0xfee00020, 4)).toBe(0);
    expect(memory.readMemory(0xfee00030, 4)).toBe(0x00050014);
    expect(memory.readMemory(0xfee00032, 1)).toBe(0x05);
  });

  it('goes on from a saved state', () => {
    const a = apics();
    a.cpus[0].writeRegister(LVT_TIMER, 0x20041);
    a.cpus[0].writeRegister(DIVIDE, 0x0b);
    a.cpus[0].writeRegister(INITIAL, 1000);
    a.clock.advanceTo(1500);
    const b = apics();
    b.clock.clear();
    b.clock.set(1500);
    b.cpus[0].load(a.cpus[0].save());
    expect(b.cpus[0].acknowledge()).toBe(0x41);
    b.cpus[0].writeRegister(EOI, 0);
    b.clock.advanceTo(1999);
    expect(b.cpus[0].pending()).toBe(false);
    b.clock.advanceTo(2000);
    expect(b.cpus[0].pending()).toBe(true);
  });
});

describe('LINT pins', () => {
  const LINT1 = 0x360;
  function pins(entry: number, offset = LINT1) {
    const {
      cpus: [apic],
    } = apics();
    const log: string[] = [];
    apic.pins = {
      nmi: () => log.push('nmi'),
      smi: () => log.push('smi'),
      init: () => log.push('init'),
      startup: () => log.push('startup'),
    };
    apic.writeRegister(offset, entry);
    return { apic, log };
  }

  it.each([
    ['fixed', 0x00045, [], 0x45],
    ['SMI', 0x00200, ['smi'], undefined],
    ['NMI', 0x00400, ['nmi'], undefined],
    ['NMI, level set: an edge all the same', 0x08400, ['nmi'], undefined],
    ['INIT', 0x00500, ['init'], undefined],
    ['masked', 0x10400, [], undefined],
  ] as const)('LINT1 delivers once for an edge: %s (SDM 3A 11.5.1)', (_, entry, expected, vector) => {
    const { apic, log } = pins(entry);
    apic.setPin(1, true);
    apic.setPin(1, true);
    expect(log).toEqual(expected);
    expect(apic.pending() ? apic.acknowledge() : undefined).toBe(vector);
    apic.writeRegister(EOI, 0);
    expect(apic.pending()).toBe(false);
  });

  it('asks again after EOI while a level lasts, with remote IRR set meanwhile', () => {
    const { apic } = pins(0x08045);
    apic.setPin(1, true);
    expect(apic.readRegister(LINT1)).toBe(0x0c045);
    expect(apic.acknowledge()).toBe(0x45);
    apic.writeRegister(EOI, 0);
    expect(apic.acknowledge()).toBe(0x45);
    apic.setPin(1, false);
    apic.writeRegister(EOI, 0);
    expect(apic.pending()).toBe(false);
    expect(apic.readRegister(LINT1)).toBe(0x08045);
  });

  it('are INTR and NMI while the local APIC is off (SDM 3A 11.4.3)', () => {
    const { apic, log } = pins(0x10000);
    apic.setBase(0xfee00000);
    apic.setPin(1, true);
    expect(log).toEqual(['nmi']);
  });
});

describe('errors and remote read', () => {
  const ESR = 0x280;
  const LVT_ERROR = 0x370;
  const errors = (apic: LocalApic): number => {
    apic.writeRegister(ESR, 0);
    return apic.readRegister(ESR);
  };

  it('shows what was met since the last write to ESR: illegal vectors sent and received, illegal registers (SDM 3A 11.5.3)', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.writeRegister(ICR, 0x4400f);
    expect(apic.readRegister(ESR)).toBe(0);
    expect(errors(apic)).toBe(0x20);
    apic.accept(0x0f, false);
    expect(errors(apic)).toBe(0x40);
    apic.readRegister(0x3a0);
    apic.writeRegister(0x000, 1);
    expect(errors(apic)).toBe(0x80);
    expect(errors(apic)).toBe(0);
  });

  it('raises the vector of its LVT entry; one that is illegal itself is noted only', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.writeRegister(LVT_ERROR, 0x46);
    apic.readRegister(0x3a0);
    expect(apic.acknowledge()).toBe(0x46);
    apic.writeRegister(EOI, 0);
    apic.writeRegister(LVT_ERROR, 0x03);
    apic.readRegister(0x3a0);
    expect(apic.pending()).toBe(false);
    expect(errors(apic)).toBe(0xc0);
  });

  it('has no errors at APR and the remote read register (SDM 3A table 11-1)', () => {
    const {
      cpus: [apic],
    } = apics();
    apic.writeRegister(0x0c0, 1);
    expect(apic.readRegister(0x0c0)).toBe(0);
    apic.writeRegister(0x090, 1);
    expect(errors(apic)).toBe(0);
  });

  it('reads a register of another local APIC, with the status in the ICR (P6 family)', () => {
    const {
      cpus: [apic, other],
    } = apics();
    other.writeRegister(TPR, 0x30);
    apic.writeRegister(0x310, 1 << 24);
    apic.writeRegister(ICR, 0x00308);
    expect(apic.readRegister(ICR) & 0x30000).toBe(0x20000);
    expect(apic.readRegister(0x0c0)).toBe(0x30);
    apic.writeRegister(0x310, 7 << 24);
    apic.writeRegister(ICR, 0x00308);
    expect(apic.readRegister(ICR) & 0x30000).toBe(0);
  });
});

describe('I/O APIC', () => {
  function ioApic() {
    const { clock, bus, cpus } = apics();
    const io = new IoApic(bus, 2);
    const read = (index: number) => {
      io.writeMemory(0xfec00000, 4, index);
      return io.readMemory(0xfec00010, 4);
    };
    const write = (index: number, value: number) => {
      io.writeMemory(0xfec00000, 4, index);
      io.writeMemory(0xfec00010, 4, value);
    };
    return { clock, cpus, io, read, write };
  }

  it('has 24 entries, masked after reset', () => {
    const { read } = ioApic();
    expect(read(1)).toBe(0x00170020);
    expect(read(0)).toBe(0x02000000);
    expect(read(0x10 + 2 * 23)).toBe(0x10000);
  });

  it('sends an edge once, to the processor of its entry, IRQ 0 by input 2', () => {
    const { cpus, io, write } = ioApic();
    write(0x10 + 2 * 2, 0x30);
    write(0x11 + 2 * 2, 1 << 24);
    io.setLine(0, true);
    io.setLine(0, true);
    expect([cpus[0].pending(), cpus[1].acknowledge()]).toEqual([false, 0x30]);
    cpus[1].writeRegister(EOI, 0);
    expect(cpus[1].pending()).toBe(false);
    io.setLine(0, false);
    io.setLine(0, true);
    expect(cpus[1].pending()).toBe(true);
  });

  it('sends a level again after EOI while it lasts, and shows remote IRR meanwhile', () => {
    const { cpus, io, read, write } = ioApic();
    write(0x10 + 2 * 11, 0x0a000 | 0x45);
    io.setLine(11, true);
    expect(read(0x10 + 2 * 11)).toBe(0x0e045);
    expect(cpus[0].acknowledge()).toBe(0x45);
    cpus[0].writeRegister(EOI, 0);
    expect(cpus[0].acknowledge()).toBe(0x45);
    io.setLine(11, false);
    cpus[0].writeRegister(EOI, 0);
    expect(cpus[0].pending()).toBe(false);
    expect(read(0x10 + 2 * 11)).toBe(0x0a045);
  });

  it.each([
    ['SMI', 0x0200, 'smi'],
    ['NMI', 0x0400, 'nmi'],
    ['NMI, its trigger mode level', 0x8400, 'nmi'],
    ['INIT', 0x0500, 'init'],
  ] as const)('delivers an entry of mode %s once for an edge, without remote IRR', (_, entry, expected) => {
    const { cpus, io, read, write } = ioApic();
    const log: string[] = [];
    const note = (what: string) => () => void log.push(what);
    cpus[0].pins = { nmi: note('nmi'), smi: note('smi'), init: note('init'), startup: note('startup') };
    write(0x10 + 2 * 5, entry);
    io.setLine(5, true);
    io.setLine(5, true);
    expect(log).toEqual([expected]);
    expect(read(0x10 + 2 * 5)).toBe(entry);
  });

  it('delivers nothing for reserved modes', () => {
    const { cpus, io, write } = ioApic();
    const log: string[] = [];
    const note = () => void log.push('something');
    cpus[0].pins = { nmi: note, smi: note, init: note, startup: note };
    for (const mode of [0x0300, 0x0600]) {
      io.setLine(5, false);
      write(0x10 + 2 * 5, mode | 0x45);
      io.setLine(5, true);
    }
    expect([log, cpus[0].pending()]).toEqual([[], false]);
  });
});
