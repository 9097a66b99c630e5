/** The instructions whose meaning is written in TypeScript, by mnemonic as in isa/table. */
import type { Decoded, DecodedOperand, RegisterFile } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { raise, Vector } from '../fault';
import { Segment } from '../layout';
import { effectiveAddress, linearAddress, memoryOperand, readOperand64 } from './access';
import { compareExchange8, compareExchange16 } from './compare-exchange';
import {
  clearTaskSwitched,
  loadMachineStatus,
  moveFromControl,
  moveToControl,
  requirePrivilege,
  storeMachineStatus,
} from './control';
import { moveFromDebug, moveToDebug } from './debug-registers';
import {
  adjustPrivilege,
  loadAccessRights,
  loadLdt,
  loadSegmentLimit,
  loadTableRegister,
  loadTaskRegister,
  storeSelector,
  storeTableRegister,
  verifySegment,
} from './descriptor-table';
import { EventType } from './event';
import { deliverSoftware } from './exceptions';
import {
  getExtendedControl,
  restoreExtended,
  restoreLegacy,
  saveExtended,
  saveLegacy,
  setExtendedControl,
} from './extended-state';
import { returnFar } from './far-return';
import { callFar, jumpFar } from './far-transfer';
import { systemCall, systemEnter, systemExit, systemReturn } from './fast-system-call';
import {
  clearInterruptFlag,
  ioPrivilegeLevel,
  popFlags,
  pushFlags,
  setAlignmentCheck,
  setInterruptFlag,
} from './flags';
import { interruptReturn } from './interrupt-return';
import { invalidatePage, invalidatePcid } from './invalidation';
import { input, inputString, output, outputString } from './io';
import {
  checkBounds,
  enterFrame,
  flushLine,
  halt,
  identify,
  invalidateCaches,
  loadFarPointer,
  monitor,
  monitorWait,
  moveFromSegment,
  moveToSegment,
  pause,
  popSegment,
  protectionKeyRights,
  pushSegment,
  random,
  readCounter,
  readProcessorId,
  readTimeStamp,
  segmentBaseAccess,
  swapGs,
} from './misc';
import { readMsrInstruction, writeMsrInstruction } from './msr';
import { isVirtual8086 } from './segments';
import { redirectInterrupt } from './virtual-interrupts';

/** Index of a register operand of a file, -1 if it is something else. */
function indexIn(operand: DecodedOperand, file: RegisterFile): number {
  return operand.kind === 'register' && operand.file === file ? operand.index : -1;
}

/** MOV with a segment, control or debug register. */
function moveSystem(cpu: Cpu, instruction: Decoded): void {
  const [to, from] = instruction.operands;
  const index = to.kind === 'register' ? to.index : 0;
  const source = from.kind === 'register' ? from.index : 0;
  if (indexIn(to, 'segment') >= 0) moveToSegment(cpu, instruction, index);
  else if (indexIn(from, 'segment') >= 0) moveFromSegment(cpu, instruction, source);
  else if (indexIn(to, 'control') >= 0) moveToControl(cpu, instruction, index, source);
  else if (indexIn(from, 'control') >= 0) moveFromControl(cpu, instruction, source, index);
  else if (indexIn(to, 'debug') >= 0) moveToDebug(cpu, instruction, index, source);
  else if (indexIn(from, 'debug') >= 0) moveFromDebug(cpu, instruction, source, index);
  else raise(Vector.UD, undefined, 'test registers went with the 486');
}

function segmentOperand(instruction: Decoded): number {
  const index = indexIn(instruction.operands[0], 'segment');
  if (index < 0) throw new Error(`${instruction.form.mnemonic} is no system instruction in this form`);
  return index;
}

/** INT n: in virtual-8086 mode it needs IOPL 3, unless VME sends it to the 8086 program. */
function softwareInterrupt(cpu: Cpu, instruction: Decoded): void {
  const [operand] = instruction.operands;
  const vector = operand.kind === 'immediate' ? operand.low & 0xff : 0;
  if (isVirtual8086(cpu.state)) {
    if (redirectInterrupt(cpu, vector, cpu.state.rip + instruction.length)) return;
    if (ioPrivilegeLevel(cpu) !== 3) raise(Vector.GP, 0, 'INT n in virtual-8086 mode with IOPL below 3');
  }
  deliverSoftware(cpu, vector, EventType.SoftwareInterrupt, instruction.length);
}

function breakpoint(cpu: Cpu, instruction: Decoded): void {
  deliverSoftware(cpu, Vector.BP, EventType.SoftwareException, instruction.length);
}

function overflow(cpu: Cpu, instruction: Decoded): void {
  if ((cpu.state.arithmeticFlags() & 0x800) !== 0) {
    deliverSoftware(cpu, Vector.OF, EventType.SoftwareException, instruction.length);
  }
}

function debugTrap(cpu: Cpu, instruction: Decoded): void {
  deliverSoftware(cpu, Vector.DB, EventType.PrivilegedSoftwareException, instruction.length);
}

function resumeFromManagement(): void {
  raise(Vector.UD, undefined, 'RSM outside system-management mode');
}

function undefinedInstruction(): void {
  raise(Vector.UD, undefined, 'an instruction that is there to be undefined');
}

function memoryLinear(cpu: Cpu, instruction: Decoded, index: number, size: number): number {
  return linearAddress(cpu, instruction, memoryOperand(instruction, index), size, false);
}

/** INVLPG takes any address: neither segment limits nor canonicality are checked (SDM 2A INVLPG). */
function invlpg(cpu: Cpu, instruction: Decoded): void {
  requirePrivilege(cpu, 'INVLPG');
  const operand = memoryOperand(instruction, 0);
  const offset = effectiveAddress(cpu, instruction, operand);
  const { state } = cpu;
  const base = state.codeBits !== 64 || operand.segment >= Segment.FS ? state.segmentBase(operand.segment) : 0;
  invalidatePage(cpu, instruction, state.codeBits === 64 ? base + offset : (base + offset) >>> 0);
}

function invpcid(cpu: Cpu, instruction: Decoded): void {
  requirePrivilege(cpu, 'INVPCID');
  const type = readOperand64(cpu, instruction, 0);
  invalidatePcid(cpu, instruction, type, memoryLinear(cpu, instruction, 1, 16));
}

/** VMXON and the like, of the VMX unit; #UD without one. */
function vmx(cpu: Cpu, instruction: Decoded): void {
  if (cpu.executeVmx === undefined) raise(Vector.UD, undefined, 'VMX is not enumerated');
  cpu.executeVmx(cpu, instruction);
}

const nothing: InstructionHelper = () => {};

const list: [string, InstructionHelper][] = [
  ['mov', moveSystem],
  ['push', (cpu, instruction) => pushSegment(cpu, instruction, segmentOperand(instruction))],
  ['pop', (cpu, instruction) => popSegment(cpu, instruction, segmentOperand(instruction))],
  ['lds', loadFarPointer],
  ['les', loadFarPointer],
  ['lss', loadFarPointer],
  ['lfs', loadFarPointer],
  ['lgs', loadFarPointer],
  ['jmp', jumpFar],
  ['call', callFar],
  ['retf', returnFar],
  ['int', softwareInterrupt],
  ['int3', breakpoint],
  ['int1', debugTrap],
  ['into', overflow],
  ['iret', interruptReturn],
  ['iretw', interruptReturn],
  ['iretd', interruptReturn],
  ['iretq', interruptReturn],
  ['syscall', systemCall],
  ['sysret', systemReturn],
  ['sysenter', systemEnter],
  ['sysexit', systemExit],
  ['pushfw', pushFlags],
  ['pushfd', pushFlags],
  ['pushfq', pushFlags],
  ['popfw', popFlags],
  ['popfd', popFlags],
  ['popfq', popFlags],
  ['cli', clearInterruptFlag],
  ['sti', setInterruptFlag],
  ['clac', (cpu, instruction) => setAlignmentCheck(cpu, instruction, false)],
  ['stac', (cpu, instruction) => setAlignmentCheck(cpu, instruction, true)],
  ['clts', clearTaskSwitched],
  ['lmsw', loadMachineStatus],
  ['smsw', storeMachineStatus],
  ['xsetbv', setExtendedControl],
  ['xgetbv', getExtendedControl],
  ['invlpg', invlpg],
  ['invpcid', invpcid],
  ['rdmsr', readMsrInstruction],
  ['wrmsr', writeMsrInstruction],
  ['in', input],
  ['out', output],
  ['insb', inputString],
  ['insw', inputString],
  ['insd', inputString],
  ['outsb', outputString],
  ['outsw', outputString],
  ['outsd', outputString],
  ['lgdt', loadTableRegister],
  ['lidt', loadTableRegister],
  ['sgdt', storeTableRegister],
  ['sidt', storeTableRegister],
  ['lldt', loadLdt],
  ['ltr', loadTaskRegister],
  ['sldt', storeSelector],
  ['str', storeSelector],
  ['lar', loadAccessRights],
  ['lsl', loadSegmentLimit],
  ['verr', verifySegment],
  ['verw', verifySegment],
  ['arpl', adjustPrivilege],
  ['cpuid', identify],
  ['hlt', halt],
  ['rdtsc', readTimeStamp],
  ['rdtscp', readTimeStamp],
  ['rdpmc', readCounter],
  ['invd', invalidateCaches],
  ['wbinvd', invalidateCaches],
  ['wbnoinvd', invalidateCaches],
  ['pause', pause],
  ['monitor', monitor],
  ['mwait', monitorWait],
  ['swapgs', swapGs],
  ['rdfsbase', segmentBaseAccess],
  ['rdgsbase', segmentBaseAccess],
  ['wrfsbase', segmentBaseAccess],
  ['wrgsbase', segmentBaseAccess],
  ['rdrand', random],
  ['rdseed', random],
  ['rdpid', readProcessorId],
  ['cmpxchg8b', compareExchange8],
  ['cmpxchg16b', compareExchange16],
  ['rdpkru', protectionKeyRights],
  ['wrpkru', protectionKeyRights],
  ['bound', checkBounds],
  ['enter', enterFrame],
  ['fxsave', saveLegacy],
  ['fxsave64', saveLegacy],
  ['fxrstor', restoreLegacy],
  ['fxrstor64', restoreLegacy],
  ['xsave', saveExtended],
  ['xsave64', saveExtended],
  ['xrstor', restoreExtended],
  ['xrstor64', restoreExtended],
  ['clflush', flushLine],
  ['lfence', nothing],
  ['mfence', nothing],
  ['sfence', nothing],
  ['prefetch', nothing],
  ['prefetchw', nothing],
  ['prefetchwt1', nothing],
  ['prefetchnta', nothing],
  ['prefetcht0', nothing],
  ['prefetcht1', nothing],
  ['prefetcht2', nothing],
  ['endbr32', nothing],
  ['endbr64', nothing],
  // without shadow stacks these leave their operand alone (SDM 2B, RDSSPD/RDSSPQ)
  ['rdsspd', nothing],
  ['rdsspq', nothing],
  // there is no system-management mode: no SMI arrives
  ['rsm', resumeFromManagement],
  ['ud0', undefinedInstruction],
  ['ud1', undefinedInstruction],
  ['ud2', undefinedInstruction],
  ...[
    'vmcall',
    'vmclear',
    'vmfunc',
    'vmlaunch',
    'vmptrld',
    'vmptrst',
    'vmread',
    'vmresume',
    'vmwrite',
    'vmxoff',
    'vmxon',
    'invept',
    'invvpid',
  ].map((name): [string, InstructionHelper] => [name, vmx]),
];

/** Helper by lower-case mnemonic; mnemonics whose plain forms are emitted (MOV, PUSH, JMP...) stand for the system forms. */
export const instructionHelpers: ReadonlyMap<string, InstructionHelper> = new Map(list);
