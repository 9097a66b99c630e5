/** The value of a VMCS field in words, by the formatter kind of its row. */
import { type BitLayout, flag, formatBits } from '../bit-fields';
import {
  cr0Layout,
  cr3Layout,
  cr4Layout,
  debugctlLayout,
  dr7Layout,
  eferLayout,
  pageFaultErrorCodeLayout,
  rflagsLayout,
} from '../control-registers';
import { accessRightsLayout, describeAccessRights, selectorLayout } from '../descriptors';
import { memoryTypeNames, paePdpteLayout } from '../paging';
import { type ControlWord, controlsOf } from './controls';
import { eptPointerLayout } from './ept';
import { describeQualification } from './exit-qualifications';
import { exitReasonLayout } from './exit-reasons';
import {
  activityStateLayout,
  cetLayout,
  exceptionBitmapLayout,
  interruptibilityStateLayout,
  interruptionInformationLayout,
  pendingDebugExceptionsLayout,
  vmFunctionLayout,
} from './field-layouts';
import { bitsOfField, type VmcsField, type VmcsFieldFormat } from './fields';
import { vmInstructionErrorOf } from './instruction-errors';
import { describeInstructionInformation } from './instruction-information';

function controlLayout(word: ControlWord): BitLayout {
  return controlsOf(word).map((c) => flag(c.bit, c.name, c.summary));
}

/** Bit tables by formatter kind; kinds that are no bit table have none. */
export const fieldLayouts: Readonly<Partial<Record<VmcsFieldFormat, BitLayout>>> = {
  selector: selectorLayout,
  'access-rights': accessRightsLayout,
  cr0: cr0Layout,
  cr3: cr3Layout,
  cr4: cr4Layout,
  dr7: dr7Layout,
  rflags: rflagsLayout,
  efer: eferLayout,
  debugctl: debugctlLayout,
  eptp: eptPointerLayout,
  pdpte: paePdpteLayout,
  'exception-bitmap': exceptionBitmapLayout,
  'pin-based-controls': controlLayout('pin-based'),
  'primary-controls': controlLayout('primary'),
  'secondary-controls': controlLayout('secondary'),
  'tertiary-controls': controlLayout('tertiary'),
  'exit-controls': controlLayout('exit'),
  'secondary-exit-controls': controlLayout('secondary-exit'),
  'entry-controls': controlLayout('entry'),
  'vm-functions': vmFunctionLayout,
  'interruption-information': interruptionInformationLayout,
  'interruptibility-state': interruptibilityStateLayout,
  'activity-state': activityStateLayout,
  'pending-debug-exceptions': pendingDebugExceptionsLayout,
  'exit-reason': exitReasonLayout,
  'page-fault-error-code': pageFaultErrorCodeLayout,
  's-cet': cetLayout,
};

/** What other fields say that the words depend on. */
export interface FieldContext {
  /** The exit-reason field, for qualification and instruction information. */
  exitReason?: number;
  /** Vector of the VM-exit interruption information. */
  vector?: number;
  /** The guest is in IA-32e mode, for descriptor types. */
  ia32e?: boolean;
}

/** A field's value in hexadecimal at its full width: `0x0000000080050033`. */
export function hexOfField(field: VmcsField, value: bigint): string {
  return `0x${BigInt.asUintN(64, value)
    .toString(16)
    .padStart(bitsOfField(field) / 4, '0')}`;
}

function describePat(value: bigint): string {
  return Array.from({ length: 8 }, (_, n) => {
    const type = Number((value >> BigInt(8 * n)) & 0xffn);
    return `PA${n}=${memoryTypeNames[type] ?? `reserved ${type}`}`;
  }).join(' ');
}

/** A field's value in words; empty where its hexadecimal form says all. */
export function describeField(field: VmcsField, value: bigint, context: FieldContext = {}): string {
  switch (field.format) {
    case 'hex':
    case 'address':
    case 'limit':
      return field.key === 'vmcsLinkPointer' && BigInt.asUintN(64, value) === 0xffff_ffff_ffff_ffffn ? 'none' : '';
    case 'number':
      return value.toString();
    case 'pat':
      return describePat(value);
    case 'access-rights':
      return describeAccessRights(Number(value & 0xffff_ffffn), context.ia32e ?? false);
    case 'instruction-error':
      return value === 0n ? '' : (vmInstructionErrorOf(Number(value))?.name ?? 'not defined');
    case 'exit-qualification':
      return context.exitReason === undefined
        ? ''
        : describeQualification(
            context.exitReason,
            value,
            context.vector === undefined ? {} : { vector: context.vector },
          );
    case 'instruction-information':
      return context.exitReason === undefined
        ? ''
        : describeInstructionInformation(context.exitReason, Number(value & 0xffff_ffffn));
    case 'interruption-information':
      return (value & 0x8000_0000n) === 0n ? 'none' : formatBits(interruptionInformationLayout, value);
    default:
      return formatBits(fieldLayouts[field.format]!, value);
  }
}
