import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../machine';
import { GuestFault, Vector } from '../fault';
import { Segment, State } from '../layout';
import { deliverDebug, deliverFault, deliverInterrupt, deliverNmi, TripleFault } from './exceptions';
import { setSegment, updateDerived } from './segments';

// Flat 32-bit protected mode with an IDT at 0x1000 and a stack below 0x9000 (SDM 3A chapter 6).
const IDT = 0x1000;
const GDT = 0x2000;

let machine: Machine;

function put32(address: number, ...values: number[]): void {
  values.forEach((value, i) => {
    machine.memory.write(address + 4 * i, 4, value >>> 0);
  });
}

/** A 32-bit interrupt gate of DPL 0. */
function gate(vector: number, offset: number, access = 0x8e, selector = 8): void {
  put32(IDT + 8 * vector, (selector << 16) | (offset & 0xffff), (offset & 0xffff0000) | (access << 8));
}

const stack = (slot: number): number => {
  const { state } = machine.processor;
  return machine.memory.read(state.gpr32(4) + 4 * slot, 4);
};

const fault = (vector: number, errorCode?: number, detail = ''): GuestFault =>
  new GuestFault().with(vector, errorCode, detail);

beforeEach(() => {
  machine = new Machine({ memory: 2 << 20, tier1: 'off' });
  const { state } = machine.processor;
  put32(GDT + 8, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300);
  state.setNumber(State.gdtrBase, GDT);
  state.set32(State.gdtrLimit, 0x17);
  state.setNumber(State.idtrBase, IDT);
  state.set32(State.idtrLimit, 0x7ff);
  state.setNumber(State.cr0, 0x11);
  setSegment(state, Segment.CS, 8, 0xc09b, 0, 0xffffffff);
  for (const segment of [Segment.SS, Segment.DS, Segment.ES]) setSegment(state, segment, 16, 0xc093, 0, 0xffffffff);
  machine.processor.mmu.updateContext();
  updateDerived(machine.processor);
  state.setGpr32(4, 0x9000);
  state.rflags = 0x202;
  state.rip = 0x5000;
});

describe('delivery', () => {
  it('pushes flags with RF, CS, EIP and the error code of a fault, and clears IF', () => {
    gate(Vector.GP, 0x6000);
    const { processor } = machine;
    deliverFault(processor, fault(Vector.GP, 0x18));
    expect([stack(0), stack(1), stack(2), stack(3)]).toEqual([0x18, 0x5000, 8, 0x10202]);
    expect(processor.state.rip).toBe(0x6000);
    expect(processor.state.rflags).toBe(2);
  });

  it('leaves RF alone for interrupts, and ends the shadows of STI and MOV SS', () => {
    gate(0x20, 0x6000);
    const { processor } = machine;
    processor.state.set32(State.interruptibility, 3);
    deliverInterrupt(processor, 0x20);
    expect([stack(0), stack(1), stack(2)]).toEqual([0x5000, 8, 0x202]);
    expect(processor.state.get32(State.interruptibility)).toBe(0);
  });

  it('blocks NMIs after an NMI', () => {
    gate(Vector.NMI, 0x6000);
    deliverNmi(machine.processor);
    expect(machine.processor.state.get32(State.interruptibility)).toBe(8);
  });

  it('sets DR6 and clears DR7.GD for debug exceptions', () => {
    gate(Vector.DB, 0x6000);
    const { state } = machine.processor;
    state.set32(State.dr + 8 * 4, 0xffff0ff0);
    state.set32(State.dr + 8 * 5, 0x2400);
    deliverDebug(machine.processor, 0x4000);
    expect(state.get32(State.dr + 8 * 4)).toBe(0xffff4ff0);
    expect(state.get32(State.dr + 8 * 5)).toBe(0x400);
  });

  it('makes a double fault of two contributory exceptions, with error code 0', () => {
    gate(Vector.DF, 0x7000);
    deliverFault(machine.processor, fault(Vector.GP, 0x18));
    expect(machine.processor.state.rip).toBe(0x7000);
    expect(stack(0)).toBe(0);
  });

  it('delivers the second exception where the first was benign, with EXT set', () => {
    gate(Vector.GP, 0x6000);
    deliverFault(machine.processor, fault(Vector.UD));
    expect(machine.processor.state.rip).toBe(0x6000);
    expect(stack(0)).toBe((Vector.UD << 3) | 3);
  });
});

describe('a triple fault', () => {
  it('carries the three exceptions, what each was found on, and the IDT entries', () => {
    gate(Vector.GP, 0x6000, 0x8e, 0x40);
    let caught: unknown;
    try {
      deliverFault(machine.processor, fault(Vector.GP, 0x18, 'the first'));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TripleFault);
    const { chain } = caught as TripleFault;
    expect(chain.map((link) => [link.vector, link.errorCode, link.rip, link.codeSelector])).toEqual([
      [Vector.GP, 0x18, 0x5000, 8],
      [Vector.GP, 0x41, 0x5000, 8],
      [Vector.DF, 0, 0x5000, 8],
      [Vector.GP, (Vector.DF << 3) | 3, 0x5000, 8],
    ]);
    expect(chain[0]).toMatchObject({
      detail: 'the first',
      delivery: {
        idtEntry: { address: IDT + 8 * Vector.GP, value: 0x8e0000406000n },
        failure: 'selector 0x40 is beyond the GDT limit 0x17',
      },
    });
    expect(chain[1].delivery).toBeUndefined();
    expect(chain[2].delivery).toMatchObject({
      idtEntry: { address: IDT + 8 * Vector.DF, value: 0n },
      failure: 'IDT entry 0x8 has type 0, no gate for interrupts',
    });
    expect(chain[3]).toMatchObject({ detail: 'IDT entry 0x8 has type 0, no gate for interrupts', delivery: undefined });
  });

  it('names the linear addresses of page faults', () => {
    const { processor } = machine;
    // 32-bit paging with no pages at all but the one that holds the stack and the tables is not needed: the IDT is away
    put32(0x3000, 0x4003);
    processor.state.setNumber(State.cr3, 0x3000);
    processor.state.setNumber(State.cr0, 0x80000011);
    processor.mmu.flushAll();
    processor.mmu.updateContext();
    const first = fault(Vector.PF, 2);
    first.addressLow = 0x12345678;
    let chain: TripleFault['chain'] = [];
    try {
      deliverFault(processor, first);
    } catch (error) {
      chain = (error as TripleFault).chain;
    }
    expect(chain.map((link) => [link.vector, link.address])).toEqual([
      [Vector.PF, 0x12345678n],
      [Vector.PF, BigInt(IDT + 8 * Vector.PF)],
      [Vector.DF, undefined],
      [Vector.PF, BigInt(IDT + 8 * Vector.DF)],
    ]);
    expect(chain[2].delivery).toMatchObject({ idtBase: IDT, failure: 'PTE is not present' });
    expect(chain[2].delivery?.idtEntry).toBeUndefined();
  });
});
