/** IRET in every mode (SDM 2A IRET). */
import type { Decoded } from '../../../isa/decoded';
import { ExitReason } from '../../../isa/vmx/exit-reasons';
import type { Cpu } from '../cpu';
import { GuestFault, raise, Vector } from '../fault';
import { Gpr, Segment, State } from '../layout';
import { VmExit } from '../vmx/vm-exit';
import { enterOuter, readReturnCode, readReturnStack, restorePointer } from './far-return';
import { checkTarget, is64Bit } from './far-transfer';
import { emulatesFlags, writableFlags, writeFlags } from './flags';
import {
  cacheDescriptor,
  codeSegmentChanged,
  isLongMode,
  isProtected,
  isVirtual8086,
  loadReal,
  loadVirtual8086,
  segmentChanged,
  setAccessed,
  updateDerived,
} from './segments';
import { readFrame, readStack, readStackExact, setStackPointer, stackPointer } from './stack';
import { switchTask, TaskSwitchSource } from './task-switch';
import { checkVirtualFlags, loadVirtualFlags } from './virtual-interrupts';

const NT = 0x4000;
const VM = 0x20000;
const NMI_BLOCKING = 8;

/** What is popped: IP, CS, flags, SP, SS. */
const frame = new Float64Array(5);

/** IRET, IRETD, IRETQ. */
export function interruptReturn(cpu: Cpu, instruction: Decoded): void {
  const { u32 } = cpu.state;
  const shadow = State.interruptibility >>> 2;
  if ((u32[shadow] & NMI_BLOCKING) !== 0 && cpu.intercepts?.iretUnblocksNmi !== false) {
    // SDM 3A 6.7.1: the execution of IRET ends the blocking of NMIs, even if it faults
    u32[shadow] &= ~NMI_BLOCKING;
    cpu.endSlice(); // another one may wait
    // one that waited comes before the next instruction
    cpu.endSlice();
    try {
      execute(cpu, instruction);
    } catch (error) {
      if (error instanceof GuestFault) error.unblockedNmi = true;
      // EPT violations report it in the exit qualification (SDM 3C table 27-7)
      else if (error instanceof VmExit && error.reason === ExitReason.EptViolation) error.qualification |= 0x1000n;
      throw error;
    }
  } else execute(cpu, instruction);
}

function execute(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const size = instruction.operandSize / 8;
  if (!isProtected(state)) returnReal(cpu, size);
  else if (isVirtual8086(state)) returnVirtual(cpu, size);
  else if ((state.u32[State.systemFlags >>> 2] & NT) !== 0) returnTask(cpu, instruction);
  else returnProtected(cpu, size);
}

function returnReal(cpu: Cpu, size: number): void {
  const { state } = cpu;
  const offset = readStack(cpu, 0, size);
  const selector = readStack(cpu, size, size) & 0xffff;
  const flags = readStack(cpu, 2 * size, size);
  if (offset > state.segmentLimit(Segment.CS)) raise(Vector.GP, 0, 'the return offset is beyond the CS limit');
  setStackPointer(cpu, stackPointer(cpu) + 3 * size);
  loadReal(state, Segment.CS, selector);
  segmentChanged(cpu, Segment.CS);
  // SDM 2A IRET: EFLAGS AND 257FD5H OR the unchanged 1A0000H
  writeFlags(cpu, flags, size === 2 ? 0x7fd5 : 0x257fd5);
  state.rip = offset;
}

function returnVirtual(cpu: Cpu, size: number): void {
  const { state } = cpu;
  const virtual = emulatesFlags(cpu, size, 'IRET');
  const offset = readStack(cpu, 0, size);
  const selector = readStack(cpu, size, size) & 0xffff;
  const flags = readStack(cpu, 2 * size, size);
  if (offset > 0xffff) raise(Vector.GP, 0, 'the return offset is beyond the CS limit');
  if (virtual) checkVirtualFlags(cpu, flags);
  setStackPointer(cpu, stackPointer(cpu) + 3 * size);
  loadVirtual8086(state, Segment.CS, selector);
  segmentChanged(cpu, Segment.CS);
  if (virtual) loadVirtualFlags(cpu, flags);
  else writeFlags(cpu, flags, size === 2 ? 0x4fd5 | 0x200 | 0x100 : 0x254fd5 | 0x200 | 0x100);
  state.rip = offset;
}

function returnTask(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if (isLongMode(state)) raise(Vector.GP, 0, 'IRET with NT set in IA-32e mode');
  const next = state.rip + instruction.length;
  switchTask(cpu, -1, TaskSwitchSource.Iret, next, instruction.length, 0, undefined, false);
}

/** Selectors and flags are in the lower halves of their slots: exact too where the upper halves hold something. */
function keepLowHalves(cpu: Cpu): void {
  for (const slot of [1, 2, 4]) {
    if (Math.abs(frame[slot]) > Number.MAX_SAFE_INTEGER)
      frame[slot] = Number(readStackExact(cpu, 8 * slot, 8) & 0xffffffffn);
  }
}

function returnProtected(cpu: Cpu, size: number): void {
  const { state } = cpu;
  const { cpl } = state;
  const long = isLongMode(state);
  // 64-bit mode pops SS:RSP whatever the levels are
  readFrame(cpu, state.codeBits === 64 ? 5 : 3, size, frame);
  if (size === 8) keepLowHalves(cpu);
  const selector = frame[1] & 0xffff;
  const flags = frame[2];
  if (size === 4 && !long && (flags & VM) !== 0 && cpl === 0) {
    returnToVirtual(cpu, frame[0], selector, flags);
    return;
  }
  const target = readReturnCode(cpu, selector);
  // of 64 bits code of 32 bits gets the lower half
  const offset = size === 8 && !is64Bit(cpu, target) ? Number(readStackExact(cpu, 0, 8) & 0xffffffffn) : frame[0];
  const rpl = selector & 3;
  const mask = writableFlags(cpu, size);
  if (rpl === cpl && state.codeBits !== 64) {
    checkTarget(cpu, target, offset);
    setAccessed(cpu, target);
    setStackPointer(cpu, stackPointer(cpu) + 3 * size);
    cacheDescriptor(cpu, Segment.CS, selector, target);
    codeSegmentChanged(cpu);
    writeFlags(cpu, flags, mask);
    state.rip = offset;
    return;
  }
  if (state.codeBits !== 64) readFrame(cpu, 5, size, frame);
  const pointer = frame[3];
  readReturnStack(cpu, frame[4] & 0xffff, target, rpl);
  checkTarget(cpu, target, offset);
  enterOuter(cpu, target, selector, offset);
  restorePointer(cpu, size, pointer, 0);
  writeFlags(cpu, flags, mask);
}

/** Return to virtual-8086 mode: nine doublewords (SDM 3B 20.2.5). */
function returnToVirtual(cpu: Cpu, offset: number, selector: number, flags: number): void {
  const { state } = cpu;
  const pointer = readStack(cpu, 12, 4);
  const values: number[] = [];
  for (let i = 0; i < 5; i++) values.push(readStack(cpu, 16 + 4 * i, 4) & 0xffff);
  if (offset > 0xffff) raise(Vector.GP, 0, 'the return offset is beyond 64 KiB');
  loadVirtual8086(state, Segment.CS, selector);
  loadVirtual8086(state, Segment.SS, values[0]);
  loadVirtual8086(state, Segment.ES, values[1]);
  loadVirtual8086(state, Segment.DS, values[2]);
  loadVirtual8086(state, Segment.FS, values[3]);
  loadVirtual8086(state, Segment.GS, values[4]);
  state.setGpr32(Gpr.RSP, pointer);
  writeFlags(cpu, flags, 0x3f7fd5);
  updateDerived(cpu);
  state.rip = offset;
}
