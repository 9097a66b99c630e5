/** Control of the x87: initialization, control and status words, WAIT, EMMS. */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { linearAddress, memoryOperand, read, write } from '../system/access';
import { Cr0 } from '../system/control';
import {
  control,
  free,
  initialize,
  noteInstruction,
  pop,
  raisePending,
  requireWaiting,
  requireX87,
  Status,
  setConditions,
  setControl,
  setTop,
  status,
  top,
} from './x87-state';

/** WAIT asks for CR0.TS only where CR0.MP is set (SDM 3A table 13-1). */
function wait(cpu: Cpu): void {
  const both = Cr0.MP | Cr0.TS;
  if ((cpu.state.u32[State.cr0 >>> 2] & both) === both) raise(Vector.NM, undefined, 'CR0.MP and CR0.TS are set');
  raisePending(cpu);
}

function clearExceptions(cpu: Cpu): void {
  requireX87(cpu);
  cpu.state.set32(State.fpuStatus, status(cpu) & 0x7f00);
  cpu.floatingPointError?.(false);
}

function loadControl(cpu: Cpu, instruction: Decoded): void {
  requireWaiting(cpu);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), 2, false);
  setControl(cpu, read(cpu, linear, 2));
}

function storeControl(cpu: Cpu, instruction: Decoded): void {
  requireX87(cpu);
  write(cpu, linearAddress(cpu, instruction, memoryOperand(instruction, 0), 2, true), 2, control(cpu));
}

function storeStatus(cpu: Cpu, instruction: Decoded): void {
  requireX87(cpu);
  const [operand] = instruction.operands;
  if (operand.kind === 'memory') write(cpu, linearAddress(cpu, instruction, operand, 2, true), 2, status(cpu));
  else cpu.state.setGpr16(0, status(cpu));
}

/** EMMS: everything empty, TOP zero (SDM 3A table 12-1). */
function emptyMmx(cpu: Cpu): void {
  const cr0 = cpu.state.u32[State.cr0 >>> 2];
  if ((cr0 & Cr0.EM) !== 0) raise(Vector.UD, undefined, 'CR0.EM is set');
  if ((cr0 & Cr0.TS) !== 0) raise(Vector.NM, undefined, 'CR0.TS is set');
  raisePending(cpu);
  cpu.state.set32(State.fpuTag, 0xffff);
  setTop(cpu, 0);
}

/** What waiting instructions that do not set up the x87 start with. */
function begin(cpu: Cpu): void {
  requireWaiting(cpu);
  noteInstruction(cpu);
}

/** FINCSTP, FDECSTP: C1 is cleared, tags stay. */
const turn =
  (by: number): InstructionHelper =>
  (cpu) => {
    begin(cpu);
    setTop(cpu, top(cpu) + by);
    setConditions(cpu, 0, Status.C1);
  };

function registerIndex(instruction: Decoded): number {
  const [operand] = instruction.operands;
  return operand.kind === 'register' ? operand.index : 0;
}

export const x87Control: [string, InstructionHelper][] = [
  [
    'fninit',
    (cpu) => {
      requireX87(cpu);
      initialize(cpu);
    },
  ],
  ['fnclex', clearExceptions],
  // without effect since the 287
  ['fneni', requireX87],
  ['fndisi', requireX87],
  ['fsetpm', requireX87],
  ['fldcw', loadControl],
  ['fnstcw', storeControl],
  ['fnstsw', storeStatus],
  ['fwait', wait],
  ['fnop', begin],
  ['fincstp', turn(1)],
  ['fdecstp', turn(-1)],
  [
    'ffree',
    (cpu, instruction) => {
      begin(cpu);
      free(cpu, registerIndex(instruction));
      setConditions(cpu, 0, Status.C1);
    },
  ],
  [
    'ffreep',
    (cpu, instruction) => {
      begin(cpu);
      free(cpu, registerIndex(instruction));
      pop(cpu);
      setConditions(cpu, 0, Status.C1);
    },
  ],
  ['emms', emptyMmx],
];
