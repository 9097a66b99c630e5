/** FNSTENV, FLDENV, FNSAVE, FRSTOR: the environment of 14 or 28 bytes, and the registers (SDM 1 8.1.10). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { State } from '../layout';
import {
  checkAlignment,
  checkRead,
  checkWrite,
  linearAddress,
  memoryOperand,
  ownContext,
  read,
  read64,
  uncheckedContext,
  write,
  write64,
} from '../system/access';
import { Cr0 } from '../system/control';
import {
  control,
  fullTags,
  initialize,
  physical,
  requireWaiting,
  requireX87,
  setControl,
  setStatus,
  setTags,
  status,
} from './x87-state';

const VM = 1 << 17;

/** Real-address and virtual-8086 mode store linear addresses and the opcode in place of selectors. */
function hasLinearPointers(cpu: Cpu): boolean {
  const { u32 } = cpu.state;
  return (u32[State.cr0 >>> 2] & Cr0.PE) === 0 || (u32[State.systemFlags >>> 2] & VM) !== 0;
}

/** The size of a field: 2 bytes with 16-bit operand size, else 4. */
const fieldBytes = (instruction: Decoded): 2 | 4 => (instruction.operandSize === 16 ? 2 : 4);

/** The seven words or doublewords; reserved upper halves are ones (SDM 1 figures 8-9 to 8-12). */
function environment(cpu: Cpu, bytes: 2 | 4): number[] {
  const { state } = cpu;
  const ip = state.get32(State.fpuInstruction);
  const data = state.get32(State.fpuData);
  const opcode = state.get32(State.fpuOpcode) & 0x7ff;
  const ones = bytes === 4 ? 0xffff0000 : 0;
  const words = [control(cpu) | ones, status(cpu) | ones, fullTags(cpu) | ones];
  if (hasLinearPointers(cpu)) {
    if (bytes === 2) words.push(ip, ((ip >>> 4) & 0xf000) | opcode, data, (data >>> 4) & 0xf000);
    else words.push(ip & 0xffff, ((ip >>> 4) & 0xffff000) | opcode, data & 0xffff, (data >>> 4) & 0xffff000);
  }
  // FCS and FDS are deprecated: stored as zero, as FXSAVE does
  else if (bytes === 2) words.push(ip, 0, data, 0);
  else words.push(ip, opcode << 16, data, 0xffff0000);
  return words;
}

function loadEnvironment(cpu: Cpu, words: readonly number[], bytes: 2 | 4): void {
  const { state } = cpu;
  const [controlWord, statusWord, tags, low, middle, dataLow, dataHigh] = words;
  setControl(cpu, controlWord);
  setStatus(cpu, statusWord);
  setTags(cpu, tags);
  let ip = low;
  let data = dataLow;
  let opcode = bytes === 4 ? (middle >>> 16) & 0x7ff : state.get32(State.fpuOpcode);
  if (hasLinearPointers(cpu)) {
    opcode = middle & 0x7ff;
    const mask = bytes === 2 ? 0xf000 : 0xffff000;
    ip = ((low & 0xffff) | ((middle & mask) << 4)) >>> 0;
    data = ((dataLow & 0xffff) | ((dataHigh & mask) << 4)) >>> 0;
  }
  state.set64(State.fpuInstruction, BigInt(ip));
  state.set64(State.fpuData, BigInt(data));
  state.set32(State.fpuOpcode, opcode);
}

function writeEnvironment(cpu: Cpu, linear: number, bytes: 2 | 4): void {
  environment(cpu, bytes).forEach((word, i) => {
    write(cpu, linear + bytes * i, bytes, word >>> 0, uncheckedContext(cpu));
  });
}

function readEnvironment(cpu: Cpu, linear: number, bytes: 2 | 4): number[] {
  return Array.from({ length: 7 }, (_, i) => read(cpu, linear + bytes * i, bytes, uncheckedContext(cpu)));
}

function storeEnvironment(cpu: Cpu, instruction: Decoded): void {
  requireX87(cpu);
  const bytes = fieldBytes(instruction);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), 7 * bytes, true);
  checkAlignment(linear, bytes, ownContext(cpu));
  checkWrite(cpu, linear, 7 * bytes);
  writeEnvironment(cpu, linear, bytes);
  setControl(cpu, control(cpu) | 0x3f);
}

function restoreEnvironment(cpu: Cpu, instruction: Decoded): void {
  requireWaiting(cpu);
  const bytes = fieldBytes(instruction);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), 7 * bytes, false);
  checkAlignment(linear, bytes, ownContext(cpu));
  checkRead(cpu, linear, 7 * bytes);
  loadEnvironment(cpu, readEnvironment(cpu, linear, bytes), bytes);
}

/** Address in the state of ST(i). */
const slot = (cpu: Cpu, i: number): number => State.x87 + 16 * physical(cpu, i);

function save(cpu: Cpu, instruction: Decoded): void {
  requireX87(cpu);
  const { state } = cpu;
  const bytes = fieldBytes(instruction);
  const total = 7 * bytes + 80;
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), total, true);
  checkAlignment(linear, bytes, ownContext(cpu));
  checkWrite(cpu, linear, total);
  writeEnvironment(cpu, linear, bytes);
  const context = uncheckedContext(cpu);
  for (let i = 0; i < 8; i++) {
    const to = linear + 7 * bytes + 10 * i;
    write64(cpu, to, state.get64(slot(cpu, i)), context);
    write(cpu, to + 8, 2, state.get32(slot(cpu, i) + 8) & 0xffff, context);
  }
  initialize(cpu);
}

function restore(cpu: Cpu, instruction: Decoded): void {
  requireWaiting(cpu);
  const { state } = cpu;
  const bytes = fieldBytes(instruction);
  const total = 7 * bytes + 80;
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), total, false);
  checkAlignment(linear, bytes, ownContext(cpu));
  checkRead(cpu, linear, total);
  const words = readEnvironment(cpu, linear, bytes);
  const context = uncheckedContext(cpu);
  const top = (words[1] >>> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const from = linear + 7 * bytes + 10 * i;
    const to = State.x87 + 16 * ((top + i) & 7);
    state.set64(to, read64(cpu, from, context));
    state.set32(to + 8, read(cpu, from + 8, 2, context));
  }
  // the tags follow from what the registers hold now
  loadEnvironment(cpu, words, bytes);
}

export const x87Environment: readonly [string, InstructionHelper][] = [
  ['fnstenv', storeEnvironment],
  ['fldenv', restoreEnvironment],
  ['fnsave', save],
  ['frstor', restore],
];
