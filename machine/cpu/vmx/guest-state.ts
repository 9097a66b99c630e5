/** Moving the guest's and the host's state between CPU and VMCS (SDM 3C 26.3.2, 27.3, 27.5). */

import { EntryControl, ExitControl } from '../../../isa/vmx/controls';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { GuestFault } from '../fault';
import { Segment, SegmentField, State } from '../layout';
import { loadPdptes } from '../system/control';
import { setSegment, updateDerived } from '../system/segments';
import { type Vmcs, vmcsOffset } from './vmcs';

type SegmentName = 'Es' | 'Cs' | 'Ss' | 'Ds' | 'Fs' | 'Gs' | 'Ldtr' | 'Tr';
const NAMES: readonly SegmentName[] = ['Es', 'Cs', 'Ss', 'Ds', 'Fs', 'Gs', 'Ldtr', 'Tr'];

interface SegmentKeys {
  selector: VmcsFieldKey;
  base: VmcsFieldKey;
  limit: VmcsFieldKey;
  access: VmcsFieldKey;
}

/** Fields of the guest's segment registers, in the order ES CS SS DS FS GS LDTR TR. */
export const guestSegments: readonly SegmentKeys[] = NAMES.map((name) => ({
  selector: `guest${name}Selector`,
  base: `guest${name}Base`,
  limit: `guest${name}Limit`,
  access: `guest${name}AccessRights`,
}));

/** Registers that travel whole: field and state slot. */
const plain: readonly (readonly [VmcsFieldKey, number])[] = [
  ['guestCr0', State.cr0],
  ['guestCr3', State.cr3],
  ['guestCr4', State.cr4],
  ['guestRsp', State.gpr + 8 * 4],
  ['guestIa32SysenterEsp', State.sysenterEsp],
  ['guestIa32SysenterEip', State.sysenterEip],
  ['guestGdtrBase', State.gdtrBase],
  ['guestIdtrBase', State.idtrBase],
];

const DR7 = State.dr + 8 * 5;
const LME = 0x100;
const LMA = 0x400;

/** Words that are copied as they are: VMCS offset, state offset, number of 32-bit words. */
type Copy = readonly [number, number, number];

const registers: readonly Copy[] = [
  ...plain.map(([key, slot]): Copy => [vmcsOffset[key], slot, 2]),
  [vmcsOffset.guestIa32SysenterCs, State.sysenterCs, 1],
  [vmcsOffset.guestGdtrLimit, State.gdtrLimit, 1],
  [vmcsOffset.guestIdtrLimit, State.idtrLimit, 1],
  [vmcsOffset.guestInterruptibilityState, State.interruptibility, 1],
  [vmcsOffset.guestActivityState, State.activity, 1],
  ...guestSegments.flatMap((keys, i): Copy[] => {
    const at = State.segments + SegmentField.size * i;
    return [
      [vmcsOffset[keys.selector], at + SegmentField.selector, 1],
      [vmcsOffset[keys.base], at + SegmentField.base, 2],
      [vmcsOffset[keys.limit], at + SegmentField.limit, 1],
      [vmcsOffset[keys.access], at + SegmentField.access, 1],
    ];
  }),
];
const debugControls: readonly Copy[] = [
  [vmcsOffset.guestDr7, DR7, 2],
  [vmcsOffset.guestIa32Debugctl, State.debugctl, 2],
];
const pat: readonly Copy[] = [[vmcsOffset.guestIa32Pat, State.pat, 2]];
const efer: readonly Copy[] = [[vmcsOffset.guestIa32Efer, State.efer, 2]];
const pdptes = (['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3'] as const).map(
  (key, i): Copy => [vmcsOffset[key], State.pdpte + 8 * i, 2],
);

const hostRegisters: readonly Copy[] = [
  [vmcsOffset.hostCr0, State.cr0, 2],
  [vmcsOffset.hostCr3, State.cr3, 2],
  [vmcsOffset.hostCr4, State.cr4, 2],
  [vmcsOffset.hostRsp, State.gpr + 8 * 4, 2],
  [vmcsOffset.hostIa32SysenterCs, State.sysenterCs, 1],
  [vmcsOffset.hostIa32SysenterEsp, State.sysenterEsp, 2],
  [vmcsOffset.hostIa32SysenterEip, State.sysenterEip, 2],
  [vmcsOffset.hostGdtrBase, State.gdtrBase, 2],
  [vmcsOffset.hostIdtrBase, State.idtrBase, 2],
];
const hostPat: readonly Copy[] = [[vmcsOffset.hostIa32Pat, State.pat, 2]];
const hostEfer: readonly Copy[] = [[vmcsOffset.hostIa32Efer, State.efer, 2]];

/** Copies flattened for speed: every exit and entry runs them. */
const flat = (copies: readonly Copy[]): Int32Array => Int32Array.from(copies.flat());

const allRegisters = flat(registers);
const debugRegisters = flat(debugControls);
const patRegister = flat(pat);
const eferRegister = flat(efer);
const pdpteRegisters = flat(pdptes);
const allHostRegisters = flat(hostRegisters);
const hostPatRegister = flat(hostPat);
const hostEferRegister = flat(hostEfer);

/** The VMCS region and the CPU's state stand in the same linear memory. */
function copyToVmcs(cpu: Cpu, vmcs: Vmcs, copies: Int32Array): void {
  const { u32 } = cpu.state;
  const region = cpu.memory.ramBase + vmcs.address;
  for (let i = 0; i < copies.length; i += 3) {
    const to = (region + copies[i]) >>> 2;
    const from = copies[i + 1] >>> 2;
    u32[to] = u32[from];
    u32[to + 1] = copies[i + 2] === 2 ? u32[from + 1] : 0;
  }
}

function copyFromVmcs(cpu: Cpu, vmcs: Vmcs, copies: Int32Array): void {
  const { u32 } = cpu.state;
  const region = cpu.memory.ramBase + vmcs.address;
  for (let i = 0; i < copies.length; i += 3) {
    const from = (region + copies[i]) >>> 2;
    const to = copies[i + 1] >>> 2;
    u32[to] = u32[from];
    if (copies[i + 2] === 2) u32[to + 1] = u32[from + 1];
  }
}

/** BS of a single-step trap that MOV SS holds off; nothing else stays pending here (SDM 3C 27.3.4). */
function pendingDebug({ state }: Cpu): number {
  const held = (state.get32(State.interruptibility) & 2) !== 0 && (state.get32(State.systemFlags) & 0x100) !== 0;
  return held && (state.get32(State.debugctl) & 2) === 0 ? 0x4000 : 0;
}

/** PAE paging, outside IA-32e mode. */
function pagesWithPae({ state }: Cpu): boolean {
  const paging = (state.get32(State.cr0) & 0x80000000) !== 0 && (state.get32(State.cr4) & 0x20) !== 0;
  return paging && (state.get32(State.efer) & LMA) === 0;
}

/** The PDPTEs of a 32-bit host with PAE paging (SDM 3C 27.5.4); false if a present one has reserved bits set. */
export function loadHostPdptes(cpu: Cpu): boolean {
  if (!pagesWithPae(cpu)) return true;
  try {
    loadPdptes(cpu, cpu.state.get32(State.cr3));
    return true;
  } catch (thrown) {
    if (!(thrown instanceof GuestFault)) throw thrown;
    return false;
  }
}

/** Saves the guest into the VMCS, except RIP's meaning for trap-like exits, which the caller has settled. */
export function saveGuest(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const exitControls = vmcs.read32('exitControls');
  vmcs.touch();
  copyToVmcs(cpu, vmcs, allRegisters);
  vmcs.writeNumber('guestRip', state.rip);
  vmcs.write32('guestRflags', state.rflags);
  vmcs.write32('guestPendingDebugExceptions', pendingDebug(cpu));
  if (exitControls & ExitControl['save debug controls']) copyToVmcs(cpu, vmcs, debugRegisters);
  if (exitControls & ExitControl['save IA32_PAT']) copyToVmcs(cpu, vmcs, patRegister);
  if (exitControls & ExitControl['save IA32_EFER']) copyToVmcs(cpu, vmcs, eferRegister);
  // "IA-32e mode guest" follows EFER.LMA (SDM 3C 27.2, unrestricted guest)
  const ia32e = EntryControl['IA-32e mode guest'];
  const entry = vmcs.read32('entryControls');
  vmcs.write32('entryControls', state.get32(State.efer) & LMA ? entry | ia32e : entry & ~ia32e);
  if (state.get32(State.eptp) !== 0) copyToVmcs(cpu, vmcs, pdpteRegisters);
}

/** Loads the guest from the VMCS (SDM 3C 26.3.2). The checks were made. */
export function loadGuest(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const entryControls = vmcs.read32('entryControls');
  copyFromVmcs(cpu, vmcs, allRegisters);
  if (entryControls & EntryControl['load debug controls']) copyFromVmcs(cpu, vmcs, debugRegisters);
  if (entryControls & EntryControl['load IA32_PAT']) copyFromVmcs(cpu, vmcs, patRegister);
  if (entryControls & EntryControl['load IA32_EFER']) copyFromVmcs(cpu, vmcs, eferRegister);
  else {
    // LMA, and LME where paging is on, come from "IA-32e mode guest" (26.3.2.1)
    const changed = vmcs.read32('guestCr0') & 0x80000000 ? LMA | LME : LMA;
    const ia32e = (entryControls & EntryControl['IA-32e mode guest']) !== 0;
    state.set32(State.efer, (state.get32(State.efer) & ~changed) | (ia32e ? changed : 0));
  }
  if (state.get32(State.eptp) !== 0) copyFromVmcs(cpu, vmcs, pdpteRegisters);
  else if (pagesWithPae(cpu)) loadPdptes(cpu, state.get32(State.cr3));
  state.rflags = vmcs.read32('guestRflags');
  cpu.mmu.updateContext();
  updateDerived(cpu);
  state.rip = vmcs.readNumber('guestRip');
}

/** Loads the VMM's state from the host area (SDM 3C 27.5). */
export function loadHost(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const exitControls = vmcs.read32('exitControls');
  const wide = (exitControls & ExitControl['host address-space size']) !== 0;
  copyFromVmcs(cpu, vmcs, allHostRegisters);
  state.setNumber(DR7, 0x400);
  state.setNumber(State.debugctl, 0);
  if (exitControls & ExitControl['load IA32_PAT']) copyFromVmcs(cpu, vmcs, hostPatRegister);
  if (exitControls & ExitControl['load IA32_EFER']) copyFromVmcs(cpu, vmcs, hostEferRegister);
  else state.set32(State.efer, (state.get32(State.efer) & ~(LMA | LME)) | (wide ? LMA | LME : 0));
  // flat, present, DPL 0 (27.5.2): code execute/read accessed, data read/write accessed
  setSegment(state, Segment.CS, vmcs.read32('hostCsSelector'), wide ? 0xa09b : 0xc09b, 0, 0xffffffff);
  loadHostData(cpu, Segment.ES, vmcs.read32('hostEsSelector'), 0, false);
  loadHostData(cpu, Segment.SS, vmcs.read32('hostSsSelector'), 0, wide);
  loadHostData(cpu, Segment.DS, vmcs.read32('hostDsSelector'), 0, false);
  loadHostData(cpu, Segment.FS, vmcs.read32('hostFsSelector'), vmcs.readNumber('hostFsBase'), false);
  loadHostData(cpu, Segment.GS, vmcs.read32('hostGsSelector'), vmcs.readNumber('hostGsBase'), false);
  setSegment(state, Segment.TR, vmcs.read32('hostTrSelector'), 0x8b, vmcs.readNumber('hostTrBase'), 0x67);
  setSegment(state, Segment.LDTR, 0, Access.unusable, 0, 0);
  state.set32(State.gdtrLimit, 0xffff);
  state.set32(State.idtrLimit, 0xffff);
  state.set32(State.interruptibility, 0);
  state.set32(State.activity, 0);
  state.rflags = 2;
  cpu.mmu.updateContext();
  updateDerived(cpu);
  state.rip = vmcs.readNumber('hostRip');
}

function loadHostData(cpu: Cpu, segment: number, selector: number, base: number, nullUsable: boolean): void {
  setSegment(cpu.state, segment, selector, selector === 0 && !nullUsable ? Access.unusable : 0xc093, base, 0xffffffff);
}
