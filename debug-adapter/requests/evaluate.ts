import type { DebugProtocol } from '@vscode/debugprotocol';
import { registerNames } from '../../isa/registers';
import type { Guest } from '../guest';
import { hex, hexOfWidth, toLittleEndian } from '../inspect/addresses';
import { addressOf, type Evaluated, ExpressionError, evaluate } from '../inspect/expression';
import { formatMemoryReference, writeMemory } from '../inspect/memory';
import { readRegister } from '../inspect/registers';
import { commandNames, runCommand } from './console-commands';
import { RequestError } from './request-error';
import type { Variables } from './variables';

/** Evaluates, with errors as the client should see them. */
export function evaluateOrExplain(text: string, guest: Guest, cpu: number): Evaluated {
  try {
    return evaluate(text, guest.evaluationContext(cpu));
  } catch (error) {
    if (error instanceof ExpressionError) throw new RequestError(error.message);
    throw error;
  }
}

/** `0x0000000000007c00 (31744) boot`: all digits where it is a register or memory, the symbol where it points at one. */
export function formatValue(evaluated: Evaluated, guest: Guest): string {
  const { value, width } = evaluated;
  if (width !== undefined && width < 8) return value.toString();
  const digits = width === undefined ? hex(value) : hexOfWidth(value, width);
  const signed = BigInt.asIntN(width ?? 64, value);
  const decimal = value < 10n ? '' : ` (${signed < 0n && signed > -0x10000n ? signed : value})`;
  const name = value === 0n ? undefined : guest.name(value, 0x100n);
  return `${digits}${decimal}${name ? ` ${name}` : ''}`;
}

/** The answer to `evaluate`: a value, or in the Debug Console what a command prints. */
export function evaluateBody(
  guest: Guest,
  variables: Variables,
  args: DebugProtocol.EvaluateArguments,
  cpu: number,
): DebugProtocol.EvaluateResponse['body'] {
  const text = args.expression.trim();
  if (args.context === 'repl') {
    const printed = runCommand(text, guest, cpu);
    if (printed !== undefined) return { result: printed, variablesReference: 0 };
    const assignment = /^([^=]+[^=!<>])=([^=].*)$/.exec(text);
    if (assignment) {
      const result = assign(guest, variables, assignment[1]!.trim(), assignment[2]!, cpu);
      return { result, variablesReference: 0 };
    }
  }
  const evaluated = evaluateOrExplain(text, guest, cpu);
  const address = addressOf(evaluated, guest.registers(cpu));
  return {
    result: formatValue(evaluated, guest),
    variablesReference: evaluated.register ? variables.bitsOf(evaluated.register, cpu) : 0,
    memoryReference: formatMemoryReference({ address, physical: evaluated.location?.physical ?? false }),
  };
}

/** Assigns to a register or to memory of a known size; gives the new value as shown. */
export function assign(guest: Guest, variables: Variables, place: string, text: string, cpu: number): string {
  const { value } = evaluateOrExplain(text, guest, cpu);
  if (readRegister(guest.registers(cpu), place)) return variables.setRegister(place, value, cpu);
  const { location, width } = evaluateOrExplain(place, guest, cpu);
  if (!location || !width) throw new RequestError(`\`${place}\` is neither a register nor a place in memory`);
  let written = 0;
  guest.controller.edit((target) => {
    written = writeMemory(target, location, toLittleEndian(value, width / 8), cpu);
  });
  if (written < width / 8) throw new RequestError(`no memory is mapped at ${formatMemoryReference(location)}`);
  return formatValue(evaluateOrExplain(place, guest, cpu), guest);
}

const OTHER_REGISTERS = [
  'rip',
  'rflags',
  'cr0',
  'cr2',
  'cr3',
  'cr4',
  'cr8',
  'efer',
  'cs',
  'ds',
  'es',
  'fs',
  'gs',
  'ss',
];

/** Completions in the Debug Console: commands, registers, symbols. `column` counts UTF-16 units from 0. */
export function completions(guest: Guest, text: string, column: number): DebugProtocol.CompletionItem[] {
  const before = text.slice(0, column);
  const word = /[\w.$#@~?]*$/.exec(before)![0];
  const start = before.length - word.length;
  const item = (label: string, type: DebugProtocol.CompletionItemType) => ({ label, type, start, length: word.length });
  const matching = (names: readonly string[]) => names.filter((n) => n.startsWith(word.toLowerCase()));
  const registers = [...registerNames.gpr64, ...registerNames.gpr32, ...OTHER_REGISTERS];
  return [
    ...(start === 0 ? matching(commandNames).map((name) => item(name, 'keyword')) : []),
    ...matching(registers).map((name) => item(name, 'variable')),
    ...guest.program.symbols
      .namesWith(word)
      .slice(0, 200)
      .map((name) => item(name, 'reference')),
  ];
}
