/** Which bits of RFLAGS an instruction may change, and PUSHF, POPF, CLI, STI (SDM 1 3.4.3, 2B POPF, STI). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { read64 } from './access';
import { isProtected, isVirtual8086 } from './segments';
import { readStack, setStackPointer, stackAddress, stackPointer, writeStack } from './stack';
import {
  checkVirtualFlags,
  hasVirtualInterruptFlag,
  loadVirtualFlags,
  setVirtualInterruptFlag,
  virtualFlags,
} from './virtual-interrupts';

const TF = 0x100;
const IF = 0x200;
const IOPL = 0x3000;
const RF = 0x10000;
const VM = 0x20000;
const AC = 0x40000;
const VIF = 0x80000;
const VIP = 0x100000;
const ID = 0x200000;
/** CF PF AF ZF SF TF DF OF NT. */
const ALWAYS = 0x4dd5;
const STI_SHADOW = 1;

export function ioPrivilegeLevel(cpu: Cpu): number {
  return (cpu.state.u32[State.systemFlags >>> 2] >>> 12) & 3;
}

/** The bits that IRET may load in protected mode, by CPL and operand size in bytes (2, 4, 8). */
export function writableFlags(cpu: Cpu, size: number): number {
  const { cpl } = cpu.state;
  let mask = ALWAYS;
  if (size !== 2) mask |= RF | AC | ID;
  if (cpl <= ioPrivilegeLevel(cpu)) mask |= IF;
  if (cpl === 0) {
    mask |= IOPL;
    if (size !== 2) mask |= VIF | VIP;
  }
  return mask;
}

/**
 * Loads the bits of `mask`; ends the slice where an interrupt, a virtual one or a trap may become due or RF was set, and renews
 * contexts for AC.
 */
export function writeFlags(cpu: Cpu, flags: number, mask: number): void {
  const { state } = cpu;
  const before = state.rflags;
  const after = (before & ~mask) | (flags & mask) | 2;
  state.rflags = after;
  const changed = before ^ after;
  if ((changed & AC) !== 0) cpu.mmu.updatePrivilege();
  if ((changed & after & IF) !== 0 || (after & (TF | RF | VIP)) !== 0) cpu.endSlice();
}

/**
 * PUSHF, POPF and IRET of virtual-8086 mode with IOPL below 3: 16-bit ones go by VIF where VME is on, all others are #GP(0).
 * @param size operand size in bytes
 */
export function emulatesFlags(cpu: Cpu, size: number, name: string): boolean {
  if (!isVirtual8086(cpu.state) || ioPrivilegeLevel(cpu) === 3) return false;
  if (size !== 2 || !hasVirtualInterruptFlag(cpu))
    raise(Vector.GP, 0, `${name} in virtual-8086 mode with IOPL below 3`);
  return true;
}

/** PUSHF, PUSHFD, PUSHFQ: VM and RF are pushed as 0. */
export function pushFlags(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const size = instruction.operandSize / 8;
  const virtual = emulatesFlags(cpu, size, 'PUSHF');
  writeStack(cpu, -size, size, virtual ? virtualFlags(cpu) : state.rflags & ~(VM | RF));
  setStackPointer(cpu, stackPointer(cpu) - size);
}

/** POPF, POPFD, POPFQ (SDM 2B table 4-16). RF is cleared by the wider ones, VM VIF VIP stay. */
export function popFlags(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const size = instruction.operandSize / 8;
  if (emulatesFlags(cpu, size, 'POPF')) {
    const flags = readStack(cpu, 0, size);
    checkVirtualFlags(cpu, flags);
    setStackPointer(cpu, stackPointer(cpu) + size);
    loadVirtualFlags(cpu, flags);
    return;
  }
  // of 64 bits the lower half, exactly
  const flags =
    size === 8 ? Number(read64(cpu, stackAddress(cpu, 0, 8, false)) & 0xffffffffn) : readStack(cpu, 0, size);
  let mask = ALWAYS;
  if (size !== 2) mask |= AC | ID | RF;
  const { cpl } = state;
  if (!isProtected(state) || cpl === 0) mask |= IOPL | IF;
  else if (cpl <= ioPrivilegeLevel(cpu)) mask |= IF;
  setStackPointer(cpu, stackPointer(cpu) + size);
  writeFlags(cpu, flags & ~RF, mask);
}

/** CLI and STI need CPL <= IOPL (virtual-8086 mode: IOPL 3) where VIF does not stand in for IF. */
function checkInterruptFlagPrivilege(cpu: Cpu): void {
  const { state } = cpu;
  if (isProtected(state) && state.cpl > ioPrivilegeLevel(cpu)) raise(Vector.GP, 0, 'CPL is above IOPL');
}

export function clearInterruptFlag(cpu: Cpu): void {
  if (hasVirtualInterruptFlag(cpu)) {
    setVirtualInterruptFlag(cpu, false);
    return;
  }
  checkInterruptFlagPrivilege(cpu);
  cpu.state.u32[State.systemFlags >>> 2] &= ~IF;
}

/** Sets IF; if it was clear, interrupts stay blocked for one more instruction. */
export function setInterruptFlag(cpu: Cpu): void {
  if (hasVirtualInterruptFlag(cpu)) {
    setVirtualInterruptFlag(cpu, true);
    return;
  }
  checkInterruptFlagPrivilege(cpu);
  const { u32 } = cpu.state;
  if ((u32[State.systemFlags >>> 2] & IF) !== 0) return;
  u32[State.systemFlags >>> 2] |= IF;
  u32[State.interruptibility >>> 2] |= STI_SHADOW;
  cpu.endSlice();
}

/** CLAC, STAC: level 0 only (#UD, not #GP). */
export function setAlignmentCheck(cpu: Cpu, instruction: Decoded, set: boolean): void {
  const { state } = cpu;
  if (instruction.prefixes.lock || state.cpl !== 0) {
    raise(Vector.UD, undefined, 'CLAC and STAC need CPL 0');
  }
  const at = State.systemFlags >>> 2;
  state.u32[at] = set ? state.u32[at] | AC : state.u32[at] & ~AC;
  cpu.mmu.updatePrivilege();
}
