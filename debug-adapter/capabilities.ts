import type { DebugProtocol } from '@vscode/debugprotocol';
import { exitReasonNamed } from '../isa/vmx/exit-reasons';
import { faultFilters } from './requests/fault-filters';

/** Stops at every VM exit, or at those whose reasons are named in its condition. */
export const ANY_EXIT = 'vm-exit';

/** Exit reasons with a checkbox of their own: those that guests commonly cause. All others go by {@link ANY_EXIT}. */
const COMMON_EXITS = [
  'CPUID',
  'IO_INSTRUCTION',
  'EPT_VIOLATION',
  'EXCEPTION_OR_NMI',
  'EXTERNAL_INTERRUPT',
  'CR_ACCESS',
  'RDMSR',
  'WRMSR',
  'HLT',
  'VMCALL',
] as const;

const exitFilters: DebugProtocol.ExceptionBreakpointsFilter[] = COMMON_EXITS.map((name) => ({
  filter: name,
  label: `VM exit: ${name}`,
  description: exitReasonNamed(name)?.summary ?? '',
  default: false,
  supportsCondition: true,
  conditionDescription: 'An expression over registers, memory, qualification, gpa, gla; empty: always',
}));

/** What the adapter can do; what it cannot is written out with the reason. */
export const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  // A hit count has no meaning once one can go back over the hits.
  supportsHitConditionalBreakpoints: false,
  supportsEvaluateForHovers: true,
  exceptionBreakpointFilters: [
    ...faultFilters,
    ...exitFilters,
    {
      filter: ANY_EXIT,
      label: 'VM exit: any, or those named',
      description: 'Stops after every VM exit, or after those whose reasons the condition names',
      default: false,
      supportsCondition: true,
      conditionDescription: 'Reasons, as in: INVLPG, MOV_DR, RDTSC; empty: every exit',
    },
  ],
  supportsStepBack: true,
  supportsSetVariable: true,
  // There are no frames in assembly that could be run again.
  supportsRestartFrame: false,
  // Moving RIP to another line is an assignment: `rip = label` in the Debug Console.
  supportsGotoTargetsRequest: false,
  // One call at most in an instruction: there is nothing to choose.
  supportsStepInTargetsRequest: false,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.'],
  // Code has no modules.
  supportsModulesRequest: false,
  // A client restarts by a new launch, which assembles what was edited.
  supportsRestartRequest: false,
  // Superseded by filter options.
  supportsExceptionOptions: false,
  // Values are shown in hexadecimal, with decimal beside it where that says more.
  supportsValueFormattingOptions: false,
  supportsExceptionInfoRequest: true,
  // The guest lives in this process: it ends with the session.
  supportTerminateDebuggee: false,
  supportSuspendDebuggee: false,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsLogPoints: true,
  // A vCPU cannot be ended alone.
  supportsTerminateThreadsRequest: false,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportsDataBreakpoints: true,
  // The processor's own would be up to 8 bytes: these are of any length.
  supportsDataBreakpointBytes: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsCancelRequest: true,
  supportsBreakpointLocationsRequest: true,
  // The text of a value is what one would copy.
  supportsClipboardContext: false,
  supportsSteppingGranularity: true,
  supportsInstructionBreakpoints: true,
  supportsExceptionFilterOptions: true,
  // All vCPUs stop together: they share one time.
  supportsSingleThreadExecutionRequests: false,
};
