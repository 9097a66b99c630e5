/** Hardware task switch (SDM 3A chapter 8, "Task management"; checks in the order of its table 8-1). */

import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { GuestFault, raise, Vector } from '../fault';
import { Segment, State } from '../layout';
import { checkRead, checkWrite, read, write } from './access';
import { Cr0, Cr4, loadPdptes } from './control';
import { noteTarget } from './delivery-notes';
import {
  cacheDescriptor,
  cacheNull,
  checkStackSegment,
  Descriptor,
  DescriptorBit,
  hex,
  loadVirtual8086,
  readDescriptor,
  SystemType,
  segmentChanged,
  setAccessed,
  setSegment,
  updateDerived,
} from './segments';
import { setStackPointer, stackPointer, writeStack } from './stack';

/** What made the task switch; values are those of bits 31:30 of the exit qualification (SDM 3C table 27-2). */
export const TaskSwitchSource = { Call: 0, Iret: 1, Jump: 2, Gate: 3 } as const;

const sourceNames = ['call', 'iret', 'jmp', 'gate'] as const;

const NT = 0x4000;
const RF = 0x10000;
const VM = 0x20000;
/** Flags that a task loads: all that are defined, VIF and VIP too. */
const TASK_FLAGS = 0x3f7fd5;
/** Bit 1 of the type: busy. */
const BUSY = 1 << 9;
/** DR7: L0..L3 and LE are cleared by a task switch. */
const LOCAL_BREAKPOINTS = 0x155;

/** Offsets in a task-state segment (SDM 3A figures 8-2 and 8-10). */
const Tss32 = { size: 0x68, cr3: 0x1c, ip: 0x20, flags: 0x24, registers: 0x28, segments: 0x48, ldt: 0x60, trap: 0x64 };
const Tss16 = { size: 0x2c, ip: 0x0e, flags: 0x10, registers: 0x12, segments: 0x22, ldt: 0x2a };

const tss = new Descriptor();
const loading = new Descriptor();

/** What a task is resumed with. */
interface TaskState {
  cr3: number;
  ip: number;
  flags: number;
  registers: number[];
  /** ES CS SS DS FS GS. */
  selectors: number[];
  ldt: number;
  trap: boolean;
}

/**
 * Switches to another task. Up to the point where the new task's registers are loaded, what it raises belongs to the old
 * task; from there on RIP is the new task's.
 * @param selector the new TSS; -1: the link of the present one (IRET)
 * @param returnRip offset that the old task goes on at
 * @param length bytes of the instruction, for VM exits; 0 for events
 * @param ext EXT bit of error codes
 * @param errorCode pushed on the new task's stack
 * @param resume RF is set in the old task's flags
 */
export function switchTask(
  cpu: Cpu,
  selector: number,
  source: number,
  returnRip: number,
  length: number,
  ext: number,
  errorCode: number | undefined,
  resume: boolean,
): void {
  const { state } = cpu;
  const system = cpu.mmu.systemContext;
  const back = source === TaskSwitchSource.Iret;
  const oldBase = state.segmentBase(Segment.TR);
  const oldWide = (state.access(Segment.TR) & 8) !== 0;
  if (back) selector = read(cpu, oldBase, 2, system);
  checkNewTask(cpu, selector, back, ext);
  const newWide = (tss.high & 0x800) !== 0;
  const base = tss.base;
  const error = (selector & 0xfffc) | ext;
  if (tss.limit < (newWide ? Tss32.size : Tss16.size) - 1) {
    raise(Vector.TS, error, `the TSS ${hex(selector)} has limit ${hex(tss.limit)}, too small`);
  }
  cpu.intercepts?.taskSwitch(selector, sourceNames[source], length);

  // everything that will be touched must be there before the first change
  const old = oldWide ? Tss32 : Tss16;
  checkWrite(cpu, oldBase + old.ip, (oldWide ? 0x60 : 0x2a) - old.ip, system);
  checkRead(cpu, base, newWide ? Tss32.size : Tss16.size, system);
  const nested = source === TaskSwitchSource.Call || source === TaskSwitchSource.Gate;
  if (nested) checkWrite(cpu, base, 2, system);
  const task = readTask(cpu, base, newWide, system);

  const oldSelector = state.selector(Segment.TR);
  if (source === TaskSwitchSource.Jump || back) setBusy(cpu, oldSelector, false);
  let flags = state.rflags;
  if (back) flags &= ~NT;
  if (resume) flags |= RF;
  saveTask(cpu, oldBase, oldWide, returnRip, flags, system);
  if (nested) {
    write(cpu, base, 2, oldSelector, system);
    task.flags |= NT;
  }
  if (!back) {
    tss.high |= BUSY;
    write(cpu, tss.address + 4, 4, tss.high, system);
  }
  setSegment(state, Segment.TR, selector, tss.access | 2, base, tss.limit);
  try {
    loadTask(cpu, task, newWide, ext);
    if (errorCode !== undefined) pushErrorCode(cpu, errorCode, newWide, ext);
    if (task.ip > state.segmentLimit(Segment.CS)) raise(Vector.GP, ext, 'the EIP of the task is beyond its CS limit');
    cpu.endSlice();
    if (task.trap) raiseTaskTrap();
  } catch (thrown) {
    if (thrown instanceof GuestFault) thrown.committed = true;
    throw thrown;
  }
}

/** The TSS's T flag: #DB as a trap before the task's first instruction, with DR6.BT. */
function raiseTaskTrap(): never {
  const fault = new GuestFault().with(Vector.DB, undefined, 'the T flag of the TSS is set');
  fault.debugStatus = 0x8000;
  fault.setsResume = false;
  throw fault;
}

/** Reads the new TSS's descriptor into `tss`: in the GDT, available (busy for IRET), present. */
function checkNewTask(cpu: Cpu, selector: number, back: boolean, ext: number): void {
  const vector = back ? Vector.TS : Vector.GP;
  const error = (selector & 0xfffc) | ext;
  if ((selector & 0xfffc) === 0) raise(vector, ext, 'the TSS selector is null');
  if ((selector & 4) !== 0) raise(vector, error, `the TSS selector ${hex(selector)} is not in the GDT`);
  const limit = cpu.state.u32[State.gdtrLimit >>> 2] & 0xffff;
  if ((selector & 0xfff8) + 7 > limit)
    raise(vector, error, `the TSS selector ${hex(selector)} is beyond the GDT limit`);
  readDescriptor(cpu, selector, vector, tss);
  noteTarget(tss);
  const { type } = tss;
  const expected: number[] = back
    ? [SystemType.Tss16Busy, SystemType.Tss32Busy]
    : [SystemType.Tss16Available, SystemType.Tss32Available];
  if (!expected.includes(type)) {
    raise(vector, error, `selector ${hex(selector)} has type ${type}, no ${back ? 'busy' : 'available'} TSS`);
  }
  if (!tss.present) raise(Vector.NP, error, `the TSS ${hex(selector)} is not present`);
}

function setBusy(cpu: Cpu, selector: number, busy: boolean): void {
  const { state } = cpu;
  const at = state.getNumber(State.gdtrBase) + (selector & 0xfff8) + 4;
  const system = cpu.mmu.systemContext;
  const high = read(cpu, at, 4, system);
  write(cpu, at, 4, busy ? high | BUSY : high & ~BUSY, system);
}

function readTask(cpu: Cpu, base: number, wide: boolean, system: number): TaskState {
  const at = wide ? Tss32 : Tss16;
  const size = wide ? 4 : 2;
  const word = (offset: number, bytes: 2 | 4): number => read(cpu, base + offset, bytes, system);
  const registers: number[] = [];
  // SDM 3A 8.6: a 16-bit task leaves the upper halves undefined; ones, as processors do
  for (let i = 0; i < 8; i++) registers.push(word(at.registers + size * i, size) | (wide ? 0 : 0xffff0000));
  const selectors: number[] = [];
  for (let i = 0; i < 6; i++) selectors.push(wide || i < 4 ? word(at.segments + size * i, 2) : 0);
  return {
    cr3: wide ? word(Tss32.cr3, 4) : 0,
    ip: word(at.ip, size),
    flags: word(at.flags, size),
    registers,
    selectors,
    ldt: word(at.ldt, 2),
    trap: wide && (word(Tss32.trap, 2) & 1) !== 0,
  };
}

function saveTask(cpu: Cpu, base: number, wide: boolean, ip: number, flags: number, system: number): void {
  const { state } = cpu;
  const at = wide ? Tss32 : Tss16;
  const size = wide ? 4 : 2;
  const put = (offset: number, value: number, bytes: 2 | 4): void => {
    write(cpu, base + offset, bytes, bytes === 2 ? value & 0xffff : value >>> 0, system);
  };
  put(at.ip, ip, size);
  put(at.flags, flags, size);
  for (let i = 0; i < 8; i++) put(at.registers + size * i, state.gpr32(i), size);
  for (let i = 0; i < (wide ? 6 : 4); i++) put(at.segments + size * i, state.selector(i), 2);
}

/** From here on the processor is in the new task. */
function loadTask(cpu: Cpu, task: TaskState, wide: boolean, ext: number): void {
  const { state } = cpu;
  const { u32 } = state;
  const paging = (u32[State.cr0 >>> 2] & Cr0.PG) !== 0;
  if (wide && paging) {
    if ((u32[State.cr4 >>> 2] & Cr4.PAE) !== 0) loadPdptes(cpu, task.cr3);
    u32[State.cr3 >>> 2] = task.cr3;
    u32[(State.cr3 >>> 2) + 1] = 0;
    cpu.mmu.flushNonGlobal();
  }
  u32[State.cr0 >>> 2] |= Cr0.TS;
  u32[(State.dr + 8 * 5) >>> 2] &= ~LOCAL_BREAKPOINTS;
  state.rflags = wide ? (task.flags & TASK_FLAGS) | 2 : (state.rflags & 0xffff0000) | (task.flags & 0x7fd5) | 2;
  for (let i = 0; i < 8; i++) state.setGpr32(i, task.registers[i]);
  const virtual = (task.flags & VM) !== 0 && wide;
  const cpl = virtual ? 3 : task.selectors[Segment.CS] & 3;
  // selectors are loaded, descriptors not yet: what faults from here on finds them unusable
  for (let i = 0; i < 6; i++) cacheNull(state, i, task.selectors[i], i === Segment.SS ? cpl : 0);
  setSegment(state, Segment.LDTR, task.ldt, Access.unusable, 0, 0);
  // the size of the code is known only with CS; 16-bit until then
  updateDerived(cpu);
  state.rip = task.ip;
  loadTaskLdt(cpu, task.ldt, ext);
  if (virtual) {
    for (let i = 0; i < 6; i++) loadVirtual8086(state, i, task.selectors[i]);
  } else loadTaskSegments(cpu, task, cpl, ext);
  updateDerived(cpu);
  cpu.mmu.updateContext();
  state.rip = task.ip;
}

function loadTaskLdt(cpu: Cpu, selector: number, ext: number): void {
  if ((selector & 0xfffc) === 0) return;
  const error = (selector & 0xfffc) | ext;
  const limit = cpu.state.u32[State.gdtrLimit >>> 2] & 0xffff;
  if ((selector & 4) !== 0 || (selector & 0xfff8) + 7 > limit) {
    raise(Vector.TS, error, `the LDT selector ${hex(selector)} of the task is not in the GDT`);
  }
  readDescriptor(cpu, selector, Vector.TS, loading);
  if (loading.type !== SystemType.Ldt) raise(Vector.TS, error, `selector ${hex(selector)} of the task is no LDT`);
  if (!loading.present) raise(Vector.TS, error, `the LDT ${hex(selector)} of the task is not present`);
  setSegment(cpu.state, Segment.LDTR, selector, loading.access, loading.base, loading.limit);
}

function loadTaskSegments(cpu: Cpu, task: TaskState, cpl: number, ext: number): void {
  try {
    // the stack comes first, so that faults of the others can be delivered on it
    loadTaskStack(cpu, task.selectors[Segment.SS], cpl);
    loadTaskCode(cpu, task.selectors[Segment.CS], cpl);
    for (const segment of [Segment.DS, Segment.ES, Segment.FS, Segment.GS]) {
      loadTaskData(cpu, segment, task.selectors[segment], cpl);
    }
  } catch (fault) {
    if (fault instanceof GuestFault && fault.vector !== Vector.PF && fault.errorCode !== undefined)
      fault.errorCode |= ext;
    throw fault;
  }
}

function loadTaskCode(cpu: Cpu, selector: number, cpl: number): void {
  const error = selector & 0xfffc;
  const { rip } = cpu.state;
  if (error === 0) raise(Vector.TS, 0, 'the CS of the task is null');
  readDescriptor(cpu, selector, Vector.TS, loading);
  if (!loading.isCode) raise(Vector.TS, error, `the CS ${hex(selector)} of the task is not code`);
  if (loading.isConforming ? loading.dpl > cpl : loading.dpl !== cpl) {
    raise(Vector.TS, error, `the CS ${hex(selector)} of the task: DPL ${loading.dpl} does not fit RPL ${cpl}`);
  }
  if (!loading.present) raise(Vector.NP, error, `the CS ${hex(selector)} of the task is not present`);
  setAccessed(cpu, loading);
  cacheDescriptor(cpu, Segment.CS, selector, loading);
  // the limit is known now; faults of the other segments push this CS with its EIP
  updateDerived(cpu);
  cpu.state.rip = rip;
}

function loadTaskStack(cpu: Cpu, selector: number, cpl: number): void {
  if ((selector & 0xfffc) === 0) raise(Vector.TS, 0, 'the SS of the task is null');
  readDescriptor(cpu, selector, Vector.TS, loading);
  checkStackSegment(loading, cpl, Vector.TS);
  setAccessed(cpu, loading);
  cacheDescriptor(cpu, Segment.SS, selector, loading);
  segmentChanged(cpu, Segment.SS);
}

function loadTaskData(cpu: Cpu, segment: number, selector: number, cpl: number): void {
  const error = selector & 0xfffc;
  if (error === 0) return;
  readDescriptor(cpu, selector, Vector.TS, loading);
  const { dpl } = loading;
  if (loading.isSystem || !loading.isReadable) {
    raise(Vector.TS, error, `selector ${hex(selector)} of the task names neither data nor readable code`);
  }
  if (!(loading.isCode && (loading.high & DescriptorBit.conforming) !== 0) && (dpl < cpl || dpl < (selector & 3))) {
    raise(Vector.TS, error, `selector ${hex(selector)} of the task: DPL ${dpl} is below CPL ${cpl} or its RPL`);
  }
  if (!loading.present) raise(Vector.NP, error, `segment ${hex(selector)} of the task is not present`);
  setAccessed(cpu, loading);
  cacheDescriptor(cpu, segment, selector, loading);
}

/** An exception's error code goes onto the new task's stack, in the size of its TSS. */
function pushErrorCode(cpu: Cpu, errorCode: number, wide: boolean, ext: number): void {
  const size = wide ? 4 : 2;
  try {
    writeStack(cpu, -size, size, errorCode);
  } catch (fault) {
    if (fault instanceof GuestFault && fault.vector === Vector.SS) fault.errorCode = ext;
    throw fault;
  }
  setStackPointer(cpu, stackPointer(cpu) - size);
}
