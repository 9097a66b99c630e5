/** Stops at exceptions of the guest: the checkboxes that a client shows, and what they mean. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { exceptionNamed, exceptionOf, exceptions } from '../../isa/exceptions';

/** Vectors in front of whose delivery to stop, and an expression that must hold. */
export interface FaultBreakpoint {
  readonly vectors: readonly number[];
  readonly condition?: string;
}

const PREFIX = 'fault:';
/** All faults, or those that the condition names. */
const ANY_FAULT = `${PREFIX}any`;

/** Exceptions with a checkbox of their own: those that kernels meet. All others go by {@link ANY_FAULT}. */
const COMMON = ['#PF', '#GP', '#UD', '#DF'] as const;

/** What went wrong, as against breakpoints, single steps and INTO. */
const FAULTS = exceptions.filter((row) => row.class === 'fault' || row.class === 'abort').map((row) => row.vector);

export const faultFilters: readonly DebugProtocol.ExceptionBreakpointsFilter[] = [
  ...COMMON.map((mnemonic) => {
    const { name, summary } = exceptionNamed(mnemonic)!;
    return {
      filter: PREFIX + mnemonic.slice(1),
      label: `${name} (${mnemonic})`,
      description: `Stops at the instruction, before the guest's handler is called. ${summary}`,
      default: false,
      supportsCondition: true,
      conditionDescription: 'An expression over registers, memory, error_code, address (as in CR2); empty: always',
    };
  }),
  {
    filter: ANY_FAULT,
    label: 'All faults, or those named',
    description: 'Stops at every fault of the guest, or at the exceptions that the condition names',
    default: false,
    supportsCondition: true,
    conditionDescription:
      'Names or vectors, as in: #NP, #SS, 1; or an expression, as in: vector == 13 && error_code != 0',
  },
];

/** Whether a filter is one of these, and not of VM exits. */
export function isFaultFilter(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

/** The vector that a name or number means: `#GP`, `gp`, `13`, `0xd`. */
function vectorOf(text: string): number | undefined {
  const named = exceptionNamed(`#${text.replace(/^#/, '').toUpperCase()}`) ?? exceptionNamed(text.toUpperCase());
  if (named) return named.vector;
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  return number < 32 && exceptionOf(number) ? number : undefined;
}

/** What a filter with its condition asks for; what is wrong with it instead where it makes no sense. */
export function faultBreakpoint(filter: string, condition: string): FaultBreakpoint | string {
  if (filter !== ANY_FAULT) {
    const row = exceptionNamed(`#${filter.slice(PREFIX.length)}`);
    if (!row) return `there is no exception \`${filter.slice(PREFIX.length)}\``;
    return { vectors: [row.vector], ...(condition && { condition }) };
  }
  const words = condition.split(/[\s,]+/).filter((word) => word !== '');
  const vectors = words.map(vectorOf);
  if (words.length > 0 && vectors.every((vector) => vector !== undefined)) return { vectors };
  return { vectors: FAULTS, ...(condition && { condition }) };
}
