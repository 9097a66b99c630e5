import { RequestError } from './request-error';

type Kind = 'string' | 'boolean' | 'number' | 'integer' | 'array' | 'object';

/** Arguments that a request cannot do without, by command; the protocol's own names. */
const required: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  initialize: {},
  launch: { program: 'string' },
  setBreakpoints: { source: 'object' },
  setFunctionBreakpoints: { breakpoints: 'array' },
  setInstructionBreakpoints: { breakpoints: 'array' },
  setExceptionBreakpoints: { filters: 'array' },
  dataBreakpointInfo: { name: 'string' },
  setDataBreakpoints: { breakpoints: 'array' },
  breakpointLocations: { source: 'object', line: 'integer' },
  continue: { threadId: 'integer' },
  next: { threadId: 'integer' },
  stepIn: { threadId: 'integer' },
  stepOut: { threadId: 'integer' },
  stepBack: { threadId: 'integer' },
  reverseContinue: { threadId: 'integer' },
  pause: { threadId: 'integer' },
  stackTrace: { threadId: 'integer' },
  exceptionInfo: { threadId: 'integer' },
  scopes: { frameId: 'integer' },
  variables: { variablesReference: 'integer' },
  setVariable: { variablesReference: 'integer', name: 'string', value: 'string' },
  setExpression: { expression: 'string', value: 'string' },
  evaluate: { expression: 'string' },
  completions: { text: 'string', column: 'integer' },
  readMemory: { memoryReference: 'string', count: 'integer' },
  writeMemory: { memoryReference: 'string', data: 'string' },
  disassemble: { memoryReference: 'string', instructionCount: 'integer' },
  'ringside/input': { text: 'string' },
  'ringside/goto': { instructions: 'integer' },
};

/** Arguments that may be left out, but not be of another kind. */
const optional: Readonly<Record<string, Kind>> = {
  breakpoints: 'array',
  filterOptions: 'array',
  startFrame: 'integer',
  levels: 'integer',
  start: 'integer',
  count: 'integer',
  frameId: 'integer',
  variablesReference: 'integer',
  bytes: 'integer',
  asAddress: 'boolean',
  threadId: 'integer',
  offset: 'integer',
  instructionOffset: 'integer',
  context: 'string',
  granularity: 'string',
  progressId: 'string',
};

/** What each element of a list must have, by command and list. */
const elements: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Kind>>>>>> = {
  setBreakpoints: { breakpoints: { line: 'integer' } },
  setFunctionBreakpoints: { breakpoints: { name: 'string' } },
  setInstructionBreakpoints: { breakpoints: { instructionReference: 'string' } },
  setDataBreakpoints: { breakpoints: { dataId: 'string' } },
  setExceptionBreakpoints: { filterOptions: { filterId: 'string' } },
};

const optionalInElements: Readonly<Record<string, Kind>> = {
  condition: 'string',
  accessType: 'string',
  hitCondition: 'string',
  logMessage: 'string',
  offset: 'integer',
  column: 'integer',
};

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (kind === 'integer') return Number.isSafeInteger(value);
  return typeof value === kind;
}

/**
 * Checks the arguments of a request against what the protocol demands.
 * @returns the arguments, an empty object where there are none
 * @throws RequestError saying which one is missing or of the wrong kind
 */
export function checkArguments(command: string, given: unknown): Record<string, unknown> {
  const args = given ?? {};
  if (!isOf('object', args)) throw new RequestError(`${command}: the arguments are not an object`);
  const record = args as Record<string, unknown>;
  for (const [name, kind] of Object.entries(required[command] ?? {})) {
    if (record[name] === undefined) throw new RequestError(`${command}: \`${name}\` is missing`);
    if (!isOf(kind, record[name])) throw new RequestError(`${command}: \`${name}\` must be of kind ${kind}`);
  }
  for (const [name, kind] of Object.entries(optional)) {
    const value = record[name];
    if (value === undefined || value === null) continue;
    if (command !== 'launch' && !isOf(kind, value)) {
      throw new RequestError(`${command}: \`${name}\` must be of kind ${kind}`);
    }
  }
  for (const [list, kinds] of Object.entries(elements[command] ?? {})) {
    for (const element of (record[list] as unknown[] | undefined | null) ?? [])
      checkElement(command, list, kinds, element);
  }
  return record;
}

function checkElement(command: string, list: string, kinds: Readonly<Record<string, Kind>>, element: unknown): void {
  if (!isOf('object', element)) throw new RequestError(`${command}: an element of \`${list}\` is not an object`);
  const record = element as Record<string, unknown>;
  for (const [name, kind] of Object.entries(kinds)) {
    if (!isOf(kind, record[name]))
      throw new RequestError(`${command}: in \`${list}\`, \`${name}\` must be of kind ${kind}`);
  }
  for (const [name, kind] of Object.entries(optionalInElements)) {
    const value = record[name];
    if (value !== undefined && value !== null && !isOf(kind, value)) {
      throw new RequestError(`${command}: in \`${list}\`, \`${name}\` must be of kind ${kind}`);
    }
  }
}
