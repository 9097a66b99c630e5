/** System instructions that stand alone. */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment, SegmentField, State } from '../layout';
import {
  checkAlignment,
  checkWrite,
  isCanonical,
  linearAddress,
  memoryOperand,
  ownContext,
  read,
  read64,
  readOperand,
  write64,
  writeOperand64,
} from './access';
import { Cr4, requirePrivilege } from './control';
import { cpuid, hasFeature } from './cpuid';
import { writeSelector } from './descriptor-table';
import { addressRegister } from './io';
import { timeStampCounter } from './msr';
import { isProtected, loadSegment, segmentChanged } from './segments';
import { readStack, setStackPointer, stackAddress, stackPointer, writeStack } from './stack';

const MOV_SS_SHADOW = 2;
const HALTED = 1;

/** CPUID. */
export function identify(cpu: Cpu, instruction: Decoded): void {
  cpu.intercepts?.instruction('cpuid', instruction);
  const { state } = cpu;
  const result = cpuid(cpu, state.gpr32(Gpr.RAX), state.gpr32(Gpr.RCX));
  state.setGpr32(Gpr.RAX, result.eax);
  state.setGpr32(Gpr.RBX, result.ebx);
  state.setGpr32(Gpr.RCX, result.ecx);
  state.setGpr32(Gpr.RDX, result.edx);
}

export function halt(cpu: Cpu, instruction: Decoded): void {
  requirePrivilege(cpu, 'HLT');
  cpu.intercepts?.instruction('hlt', instruction);
  cpu.state.u32[State.activity >>> 2] = HALTED;
  cpu.endSlice();
}

/** RDTSC, RDTSCP. */
export function readTimeStamp(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const { mnemonic } = instruction.form;
  if ((state.u32[State.cr4 >>> 2] & Cr4.TSD) !== 0 && state.cpl !== 0) raise(Vector.GP, 0, 'CR4.TSD forbids RDTSC');
  cpu.intercepts?.instruction(mnemonic, instruction);
  const value = timeStampCounter(cpu);
  state.setGpr32(Gpr.RAX, Number(value & 0xffffffffn));
  state.setGpr32(Gpr.RDX, Number(value >> 32n));
  if (mnemonic === 'rdtscp') state.setGpr32(Gpr.RCX, state.u32[State.tscAux >>> 2]);
}

/** RDPMC: there are no counters. */
export function readCounter(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.PCE) === 0 && state.cpl !== 0 && isProtected(state)) {
    raise(Vector.GP, 0, 'RDPMC above level 0 needs CR4.PCE');
  }
  cpu.intercepts?.instruction('rdpmc', instruction);
  raise(Vector.GP, 0, 'there is no such performance counter');
}

/** INVD, WBINVD, WBNOINVD: caches are not modelled. */
export function invalidateCaches(cpu: Cpu, instruction: Decoded): void {
  const { mnemonic } = instruction.form;
  requirePrivilege(cpu, mnemonic.toUpperCase());
  cpu.intercepts?.instruction(mnemonic === 'invd' ? 'invd' : 'wbinvd', instruction);
}

export function pause(cpu: Cpu, instruction: Decoded): void {
  cpu.intercepts?.instruction('pause', instruction);
  cpu.spinHint?.();
}

/** MONITOR arms nothing: MWAIT ends at once, which the manual allows. */
export function monitor(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if (!hasFeature(cpu, 'MONITOR')) raise(Vector.UD, undefined, 'MONITOR is not enumerated');
  requirePrivilege(cpu, 'MONITOR');
  cpu.intercepts?.instruction('monitor', instruction);
  if (state.gpr32(Gpr.RCX) !== 0) raise(Vector.GP, 0, 'MONITOR: ECX must be zero');
}

export function monitorWait(cpu: Cpu, instruction: Decoded): void {
  if (!hasFeature(cpu, 'MONITOR')) raise(Vector.UD, undefined, 'MWAIT is not enumerated');
  requirePrivilege(cpu, 'MWAIT');
  cpu.intercepts?.instruction('mwait', instruction);
  if ((cpu.state.gpr32(Gpr.RCX) & ~1) !== 0) raise(Vector.GP, 0, 'MWAIT: a reserved bit of ECX is set');
}

export function swapGs(cpu: Cpu): void {
  const { state } = cpu;
  if (state.codeBits !== 64) raise(Vector.UD, undefined, 'SWAPGS outside 64-bit mode');
  requirePrivilege(cpu, 'SWAPGS');
  const base = (State.segments + SegmentField.size * Segment.GS + SegmentField.base) >>> 2;
  const kernel = State.kernelGsBase >>> 2;
  const { u32 } = state;
  for (let half = 0; half < 2; half++) {
    const value = u32[base + half];
    u32[base + half] = u32[kernel + half];
    u32[kernel + half] = value;
  }
  segmentChanged(cpu, Segment.GS);
}

/** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE. */
export function segmentBaseAccess(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const { mnemonic } = instruction.form;
  if (state.codeBits !== 64 || (state.u32[State.cr4 >>> 2] & Cr4.FSGSBASE) === 0) {
    raise(Vector.UD, undefined, `${mnemonic.toUpperCase()} needs 64-bit mode and CR4.FSGSBASE`);
  }
  const segment = mnemonic.includes('fs') ? Segment.FS : Segment.GS;
  const at = State.segments + SegmentField.size * segment + SegmentField.base;
  const operand = instruction.operands[0];
  const wide = operand.kind === 'register' && operand.file === 'gpr64';
  if (mnemonic.startsWith('rd')) {
    writeOperand64(cpu, instruction, 0, wide ? state.get64(at) : state.get64(at) & 0xffffffffn);
    return;
  }
  if (operand.kind !== 'register') raise(Vector.UD, undefined, 'the operand must be a register');
  const base = wide ? state.gprNumber(operand.index) : state.gpr32(operand.index);
  if (!isCanonical(cpu, base)) raise(Vector.GP, 0, 'the base is not canonical');
  state.setNumber(at, base);
  segmentChanged(cpu, segment);
}

/** splitmix64 of the tick: the same run gives the same numbers. */
function mixed(cpu: Cpu): bigint {
  let z = BigInt.asUintN(64, BigInt(Math.floor(cpu.clock.now())) * 0x9e3779b97f4a7c15n + 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** RDRAND, RDSEED: deterministic; CF set, the other arithmetic flags cleared. */
export function random(cpu: Cpu, instruction: Decoded): void {
  const { mnemonic } = instruction.form;
  if (!hasFeature(cpu, mnemonic.toUpperCase()))
    raise(Vector.UD, undefined, `${mnemonic.toUpperCase()} is not enumerated`);
  cpu.intercepts?.instruction(mnemonic, instruction);
  const value = mixed(cpu);
  writeOperand64(cpu, instruction, 0, mnemonic === 'rdseed' ? value ^ 0xffffffffffffffffn : value);
  cpu.state.setArithmeticFlags(1);
}

/** RDPID. */
export function readProcessorId(cpu: Cpu, instruction: Decoded): void {
  if (!hasFeature(cpu, 'RDPID')) raise(Vector.UD, undefined, 'RDPID is not enumerated');
  writeOperand64(cpu, instruction, 0, cpu.state.get64(State.tscAux));
}

/** RDPKRU, WRPKRU. */
export function protectionKeyRights(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if ((state.u32[State.cr4 >>> 2] & Cr4.PKE) === 0) raise(Vector.UD, undefined, 'CR4.PKE is clear');
  const write = instruction.form.mnemonic === 'wrpkru';
  if (state.gpr32(Gpr.RCX) !== 0 || (write && state.gpr32(Gpr.RDX) !== 0)) {
    raise(Vector.GP, 0, 'RDPKRU and WRPKRU want ECX (and EDX) to be zero');
  }
  if (write) {
    state.set64(State.pkru, BigInt(state.gpr32(Gpr.RAX)));
    cpu.mmu.updateContext();
    return;
  }
  state.setGpr32(Gpr.RAX, state.u32[State.pkru >>> 2]);
  state.setGpr32(Gpr.RDX, 0);
}

/** BOUND. */
export function checkBounds(cpu: Cpu, instruction: Decoded): void {
  const wide = instruction.operandSize === 32;
  const size = wide ? 4 : 2;
  const signed = (value: number): number => (wide ? value | 0 : (value << 16) >> 16);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 1), 2 * size, false);
  const index = signed(readOperand(cpu, instruction, 0));
  const lower = signed(read(cpu, linear, size));
  // below the lower bound the upper one is not read
  if (index < lower) raise(Vector.BR, undefined, `${index} is below ${lower}`);
  const upper = signed(read(cpu, linear + size, size));
  if (index > upper) raise(Vector.BR, undefined, `${index} is not in ${lower}..${upper}`);
}

/** Writes a stack slot with all of its 64 bits, or the low part of them. */
function copyToStack(cpu: Cpu, offset: number, size: number, value: bigint): void {
  if (size === 8) write64(cpu, stackAddress(cpu, offset, 8, true), value);
  else writeStack(cpu, offset, size, Number(value & 0xffffffffn));
}

/** ENTER: frame pointers are read and the last byte of the frame is probed before anything changes. */
export function enterFrame(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const [bytesOperand, levelOperand] = instruction.operands;
  const bytes = bytesOperand.kind === 'immediate' ? bytesOperand.low & 0xffff : 0;
  const level = levelOperand.kind === 'immediate' ? levelOperand.low & 31 : 0;
  const size = instruction.operandSize / 8;
  const long = state.codeBits === 64;
  const stackBits = long ? 64 : state.u32[State.stackMask >>> 2] === 0xffff ? 16 : 32;
  const frame = addressRegister(cpu, Gpr.RBP, stackBits);
  const pushed = size === 8 ? state.gpr64(Gpr.RBP) : BigInt(size === 4 ? state.gpr32(Gpr.RBP) : state.gpr16(Gpr.RBP));
  copyToStack(cpu, -size, size, pushed);
  const top = stackPointer(cpu) - size;
  let depth = size;
  for (let i = 1; i < level; i++) {
    depth += size;
    // outer frame pointers stand below the one that rBP points to
    const from = frame - i * size - stackPointer(cpu);
    const outer = size === 8 ? read64(cpu, stackAddress(cpu, from, 8, false)) : BigInt(readStack(cpu, from, size));
    copyToStack(cpu, -depth, size, outer);
  }
  if (level > 0) {
    depth += size;
    writeStack(cpu, -depth, size, top);
  }
  const end = -depth - bytes;
  const probe = stackAddress(cpu, end, size, true);
  checkAlignment(probe, size, ownContext(cpu));
  checkWrite(cpu, probe, size);
  setStackPointer(cpu, stackPointer(cpu) + end);
  if (size === 8) state.setGprNumber(Gpr.RBP, top);
  else if (size === 4) state.setGpr32(Gpr.RBP, top);
  else state.setGpr16(Gpr.RBP, top);
}

/** After a load of SS, interrupts and debug traps wait for one instruction (SDM 3A 6.8.3). */
function shadowStackLoad(cpu: Cpu, segment: number): void {
  if (segment !== Segment.SS) return;
  cpu.state.u32[State.interruptibility >>> 2] |= MOV_SS_SHADOW;
  cpu.endSlice();
}

/** MOV to a segment register. */
export function moveToSegment(cpu: Cpu, instruction: Decoded, segment: number): void {
  if (segment === Segment.CS || segment > Segment.GS)
    raise(Vector.UD, undefined, 'MOV cannot load that segment register');
  const operand = instruction.operands[1];
  const selector =
    operand.kind === 'memory'
      ? read(cpu, linearAddress(cpu, instruction, operand, 2, false), 2)
      : readOperand(cpu, instruction, 1) & 0xffff;
  loadSegment(cpu, segment, selector);
  shadowStackLoad(cpu, segment);
}

/** MOV from a segment register. */
export function moveFromSegment(cpu: Cpu, instruction: Decoded, segment: number): void {
  if (segment > Segment.GS) raise(Vector.UD, undefined, 'there is no such segment register');
  writeSelector(cpu, instruction, cpu.state.selector(segment));
}

/** PUSH of a segment register: the selector, zero-extended to the operand size. */
export function pushSegment(cpu: Cpu, instruction: Decoded, segment: number): void {
  const size = instruction.operandSize / 8;
  const selector = cpu.state.selector(segment);
  // with 32-bit operands recent processors write 16 bits and leave the upper half of the slot (SDM 2B PUSH)
  if (size === 4) writeStackWord(cpu, selector);
  else writeStack(cpu, -size, size, selector);
  setStackPointer(cpu, stackPointer(cpu) - size);
}

function writeStackWord(cpu: Cpu, value: number): void {
  stackAddress(cpu, -4, 4, true);
  writeStack(cpu, -4, 2, value);
}

/** POP of a segment register. */
export function popSegment(cpu: Cpu, instruction: Decoded, segment: number): void {
  const size = instruction.operandSize / 8;
  // a selector is 16 bits of the slot
  const selector = read(cpu, stackAddress(cpu, 0, size, false), 2);
  const pointer = stackPointer(cpu);
  loadSegment(cpu, segment, selector);
  setStackPointer(cpu, pointer + size);
  shadowStackLoad(cpu, segment);
}

const farSegments: Readonly<Record<string, number>> = {
  les: Segment.ES,
  lds: Segment.DS,
  lss: Segment.SS,
  lfs: Segment.FS,
  lgs: Segment.GS,
};

/** LDS, LES, LSS, LFS, LGS. */
export function loadFarPointer(cpu: Cpu, instruction: Decoded): void {
  const size = instruction.operandSize / 8;
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 1), size + 2, false);
  const offset = size === 8 ? read64(cpu, linear) : BigInt(read(cpu, linear, size as 2 | 4));
  loadSegment(cpu, farSegments[instruction.form.mnemonic], read(cpu, linear + size, 2));
  writeOperand64(cpu, instruction, 0, offset);
}

/** CLFLUSH and its like: the address is checked as for a load. */
export function flushLine(cpu: Cpu, instruction: Decoded): void {
  const operand = instruction.operands[0];
  if (operand.kind === 'memory') read(cpu, linearAddress(cpu, instruction, operand, 1, false), 1);
}
