/** Moving the guest's and the host's state between CPU and VMCS (SDM 3C 26.3.2, 27.3, 27.5). */

import { EntryControl, ExitControl } from '../../../isa/vmx/controls';
import type { VmcsFieldKey } from '../../../isa/vmx/fields';
import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { Segment, SegmentField, State } from '../layout';
import { setSegment, updateDerived } from '../system/segments';
import type { Vmcs } from './vmcs';

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
const LMA = 0x400n;

/** Saves the guest into the VMCS, except RIP's meaning for trap-like exits, which the caller has settled. */
export function saveGuest(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const exitControls = vmcs.read32('exitControls');
  for (const [key, slot] of plain) vmcs.write(key, state.get64(slot));
  vmcs.write('guestRip', BigInt.asUintN(64, BigInt(state.rip)));
  vmcs.write32('guestRflags', state.rflags);
  vmcs.write32('guestIa32SysenterCs', state.get32(State.sysenterCs));
  vmcs.write32('guestGdtrLimit', state.get32(State.gdtrLimit));
  vmcs.write32('guestIdtrLimit', state.get32(State.idtrLimit));
  guestSegments.forEach((keys, i) => {
    const at = State.segments + SegmentField.size * i;
    vmcs.write32(keys.selector, state.selector(i));
    vmcs.write(keys.base, state.get64(at + SegmentField.base));
    vmcs.write32(keys.limit, state.segmentLimit(i));
    vmcs.write32(keys.access, state.access(i));
  });
  vmcs.write32('guestInterruptibilityState', state.get32(State.interruptibility));
  vmcs.write32('guestActivityState', state.get32(State.activity));
  vmcs.write('guestPendingDebugExceptions', 0n);
  if (exitControls & ExitControl['save debug controls']) {
    vmcs.write('guestDr7', state.get64(DR7));
    vmcs.write('guestIa32Debugctl', state.get64(State.debugctl));
  }
  if (exitControls & ExitControl['save IA32_PAT']) vmcs.write('guestIa32Pat', state.get64(State.pat));
  if (exitControls & ExitControl['save IA32_EFER']) vmcs.write('guestIa32Efer', state.get64(State.efer));
  // "IA-32e mode guest" follows EFER.LMA (SDM 3C 27.2, unrestricted guest)
  const ia32e = EntryControl['IA-32e mode guest'];
  const entry = vmcs.read32('entryControls');
  vmcs.write32('entryControls', (state.get64(State.efer) & LMA) !== 0n ? entry | ia32e : entry & ~ia32e);
  if (state.get64(State.eptp) !== 0n) {
    (['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3'] as const).forEach((key, i) => {
      vmcs.write(key, state.get64(State.pdpte + 8 * i));
    });
  }
}

/** Loads the guest from the VMCS (SDM 3C 26.3.2). The checks were made. */
export function loadGuest(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const entryControls = vmcs.read32('entryControls');
  for (const [key, slot] of plain) state.set64(slot, vmcs.read(key));
  state.set32(State.sysenterCs, vmcs.read32('guestIa32SysenterCs'));
  state.set32(State.gdtrLimit, vmcs.read32('guestGdtrLimit'));
  state.set32(State.idtrLimit, vmcs.read32('guestIdtrLimit'));
  guestSegments.forEach((keys, i) => {
    const base = Number(BigInt.asIntN(64, vmcs.read(keys.base)));
    setSegment(state, i, vmcs.read32(keys.selector) & 0xffff, vmcs.read32(keys.access), base, vmcs.read32(keys.limit));
  });
  if (entryControls & EntryControl['load debug controls']) {
    state.set64(DR7, vmcs.read('guestDr7'));
    state.set64(State.debugctl, vmcs.read('guestIa32Debugctl'));
  }
  if (entryControls & EntryControl['load IA32_PAT']) state.set64(State.pat, vmcs.read('guestIa32Pat'));
  const ia32e = (entryControls & EntryControl['IA-32e mode guest']) !== 0;
  if (entryControls & EntryControl['load IA32_EFER']) state.set64(State.efer, vmcs.read('guestIa32Efer'));
  else {
    // LMA, and LME where paging is on, come from "IA-32e mode guest" (26.3.2.1)
    const paging = (vmcs.read('guestCr0') & 0x80000000n) !== 0n;
    const changed = paging ? 0x500n : LMA;
    state.set64(State.efer, (state.get64(State.efer) & ~changed) | (ia32e ? changed : 0n));
  }
  state.set32(State.interruptibility, vmcs.read32('guestInterruptibilityState'));
  state.set32(State.activity, vmcs.read32('guestActivityState'));
  if (state.get64(State.eptp) !== 0n) {
    (['guestPdpte0', 'guestPdpte1', 'guestPdpte2', 'guestPdpte3'] as const).forEach((key, i) => {
      state.set64(State.pdpte + 8 * i, vmcs.read(key));
    });
  }
  state.rflags = vmcs.read32('guestRflags');
  cpu.mmu.updateContext();
  updateDerived(cpu);
  state.rip = Number(BigInt.asIntN(64, vmcs.read('guestRip')));
}

/** Loads the VMM's state from the host area (SDM 3C 27.5). */
export function loadHost(cpu: Cpu, vmcs: Vmcs): void {
  const { state } = cpu;
  const exitControls = vmcs.read32('exitControls');
  const wide = (exitControls & ExitControl['host address-space size']) !== 0;
  state.set64(State.cr0, vmcs.read('hostCr0'));
  state.set64(State.cr3, vmcs.read('hostCr3'));
  state.set64(State.cr4, vmcs.read('hostCr4'));
  state.set64(DR7, 0x400n);
  state.set64(State.debugctl, 0n);
  state.set32(State.sysenterCs, vmcs.read32('hostIa32SysenterCs'));
  state.set64(State.sysenterEsp, vmcs.read('hostIa32SysenterEsp'));
  state.set64(State.sysenterEip, vmcs.read('hostIa32SysenterEip'));
  if (exitControls & ExitControl['load IA32_PAT']) state.set64(State.pat, vmcs.read('hostIa32Pat'));
  if (exitControls & ExitControl['load IA32_EFER']) state.set64(State.efer, vmcs.read('hostIa32Efer'));
  else state.set64(State.efer, (state.get64(State.efer) & ~0x500n) | (wide ? 0x500n : 0n));
  const selectors: readonly (readonly [number, VmcsFieldKey, bigint])[] = [
    [Segment.ES, 'hostEsSelector', 0n],
    [Segment.SS, 'hostSsSelector', 0n],
    [Segment.DS, 'hostDsSelector', 0n],
    [Segment.FS, 'hostFsSelector', vmcs.read('hostFsBase')],
    [Segment.GS, 'hostGsSelector', vmcs.read('hostGsBase')],
  ];
  // flat, present, DPL 0 (27.5.2): code execute/read accessed, data read/write accessed
  setSegment(state, Segment.CS, vmcs.read32('hostCsSelector') & 0xffff, wide ? 0xa09b : 0xc09b, 0, 0xffffffff);
  for (const [segment, key, base] of selectors) {
    const selector = vmcs.read32(key) & 0xffff;
    const access = selector === 0 && !(segment === Segment.SS && wide) ? Access.unusable : 0xc093;
    setSegment(state, segment, selector, access, Number(BigInt.asIntN(64, base)), 0xffffffff);
  }
  setSegment(
    state,
    Segment.TR,
    vmcs.read32('hostTrSelector') & 0xffff,
    0x8b,
    Number(BigInt.asIntN(64, vmcs.read('hostTrBase'))),
    0x67,
  );
  setSegment(state, Segment.LDTR, 0, Access.unusable, 0, 0);
  state.set64(State.gdtrBase, vmcs.read('hostGdtrBase'));
  state.set32(State.gdtrLimit, 0xffff);
  state.set64(State.idtrBase, vmcs.read('hostIdtrBase'));
  state.set32(State.idtrLimit, 0xffff);
  state.setGpr64(4, vmcs.read('hostRsp'));
  state.set32(State.interruptibility, 0);
  state.set32(State.activity, 0);
  state.rflags = 2;
  cpu.mmu.updateContext();
  updateDerived(cpu);
  state.rip = Number(BigInt.asIntN(64, vmcs.read('hostRip')));
}
