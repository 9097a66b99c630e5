import type { Guest } from '../guest';
import { hex, hexOfWidth, littleEndian } from '../inspect/addresses';
import { addressOf, ExpressionError, evaluate } from '../inspect/expression';
import { readMemory } from '../inspect/memory';
import { registerGroups } from '../inspect/register-groups';
import { vmcsGroups } from '../inspect/vmcs';
import { formatSize } from '../program/sizes';
import { RequestError } from './request-error';

/** A command of the Debug Console: what it prints. */
interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly run: (guest: Guest, argument: string, cpu: number) => string;
}

const EXITS_SHOWN = 20;
const MOST_UNITS = 4096;

const infoTopics: Readonly<Record<string, (guest: Guest, argument: string, cpu: number) => string>> = {
  exits: (guest, argument) => exitLines(guest, argument),
  registers: (guest, _, cpu) => registerLines(guest, cpu),
  vmcs: (guest, argument, cpu) => vmcsLines(guest, argument, cpu),
  status: (guest, _, cpu) => statusLines(guest, cpu),
};

const commands: readonly Command[] = [
  {
    name: 'help',
    usage: 'help',
    summary: 'this list',
    run: () => [...commands.map((c) => `${c.usage.padEnd(34)} ${c.summary}`), EXPRESSION_HELP].join('\n'),
  },
  {
    name: 'info',
    usage: 'info exits|registers|vmcs|status',
    summary: 'exit log, registers, VMCS (info vmcs cr0: fields whose name has it), the run',
    run: (guest, argument, cpu) => {
      const [topic = '', ...rest] = argument.split(/\s+/);
      const show = infoTopics[topic];
      if (!show) throw new RequestError(`info of what? One of ${Object.keys(infoTopics).join(', ')}`);
      return show(guest, rest.join(' '), cpu);
    },
  },
  {
    name: 'x',
    usage: 'x/16xb ADDRESS',
    summary: 'memory: a count, x d or u (numbers), i (instructions), s (text), b h w g (1, 2, 4, 8 bytes)',
    run: (guest, argument, cpu) => examine(guest, argument, cpu),
  },
  {
    name: 'translate',
    usage: 'translate ADDRESS',
    summary: 'guest-physical address of a linear one, by the guest’s own page tables',
    run: (guest, argument, cpu) => {
      const address = addressFrom(guest, argument, cpu);
      const physical = guest.target.translate(address, cpu);
      return `${hex(address)} -> ${physical === undefined ? 'not mapped' : hex(physical)}`;
    },
  },
  {
    name: 'screen',
    usage: 'screen',
    summary: 'the text screen',
    run: (guest) => guest.target.screen().join('\n').trimEnd(),
  },
  {
    name: 'hash',
    usage: 'hash',
    summary: 'hash over registers and memory: equal states have equal hashes',
    run: (guest) => guest.target.hash(),
  },
  {
    name: 'type',
    usage: 'type TEXT',
    summary: 'types a line on the guest’s serial port',
    run: (guest, argument) => {
      guest.controller.input(new TextEncoder().encode(`${argument}\r`));
      return '';
    },
  },
];

const EXPRESSION_HELP =
  'Anything else is an expression: rax+8, dword [rsp], [es:di], [gpa:0x1000], label; `rax = 5` assigns.';

export const commandNames: readonly string[] = commands.map((c) => c.name);

/** Runs a command of the Debug Console; `undefined` where the text is none. @throws RequestError */
export function runCommand(text: string, guest: Guest, cpu: number): string | undefined {
  const [, name, format, argument] = /^([a-z]+)(\/\w*)?(?:\s+(.*))?$/s.exec(text) ?? [];
  const command = commands.find((c) => c.name === name);
  if (!command || (format !== undefined && name !== 'x')) return undefined;
  return command.run(guest, `${format ?? ''} ${argument ?? ''}`.trim(), cpu);
}

function addressFrom(guest: Guest, text: string, cpu: number): bigint {
  try {
    return addressOf(evaluate(text, guest.evaluationContext(cpu)), guest.registers(cpu));
  } catch (error) {
    if (error instanceof ExpressionError) throw new RequestError(error.message);
    throw error;
  }
}

function exitLines(guest: Guest, argument: string): string {
  const { exits, exitTotal, cost } = guest.target;
  if (exitTotal === 0) return 'no VM exits';
  const last = exits.slice(-(Number.parseInt(argument, 10) || EXITS_SHOWN));
  const rows = last.map((exit) => {
    const words = exit.qualificationText === '' ? '' : ` ${exit.qualificationText};`;
    return `#${exit.serial} @${exit.instructions} ${exit.reason} at ${guest.describe(exit.rip)}:${words} ${exit.cause}; ${exit.action}`;
  });
  const counts = Object.entries(guest.target.exitCounts()).map(([reason, count]) => `${reason} ${count}`);
  return [...rows, `${exitTotal} exits, modelled cost ${cost} cycles: ${counts.join(', ')}`].join('\n');
}

function registerLines(guest: Guest, cpu: number): string {
  return registerGroups(guest.registers(cpu))
    .flatMap((group) => group.registers)
    .map((r) => `${r.name.padEnd(6)} ${r.value}${r.text ? ` ${r.text}` : ''}`)
    .join('\n');
}

function vmcsLines(guest: Guest, wanted: string, cpu: number): string {
  const fields = guest.target.vmcs(cpu);
  if (!fields) return 'there is no VMCS';
  return vmcsGroups(fields, guest.before(cpu)?.vmcs)
    .flatMap((group) => group.fields)
    .filter((field) => field.name.toLowerCase().includes(wanted.toLowerCase()))
    .map((field) => `${field.changedSinceLastStop ? '*' : ' '}${field.name.padEnd(44)} ${field.value} ${field.text}`)
    .join('\n');
}

function statusLines(guest: Guest, cpu: number): string {
  const { target, controller } = guest;
  const { timeline } = controller;
  const statistics = Object.entries(target.statistics()).map(([name, value]) => `${name} ${value}`);
  return [
    `${guest.program.launch.name} under ${target.method}, ${target.cpus} vCPU, ${formatSize(target.memorySize)}`,
    `${target.instructions} instructions, ${target.exitTotal} exits, ${registersMode(guest, cpu)}`,
    `history from instruction ${timeline.start}, ${timeline.snapshots.count} snapshots`,
    statistics.join(', '),
  ].join('\n');
}

function registersMode(guest: Guest, cpu: number): string {
  const { mode, cpl, halted } = guest.registers(cpu);
  return `${mode} mode, CPL ${cpl}${halted ? ', halted' : ''}`;
}

const UNIT_BYTES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };

/** GDB's `x`: `/16xb address`. */
function examine(guest: Guest, argument: string, cpu: number): string {
  const [, digits, letters = '', expression = ''] = /^(?:\/(\d*)([a-z]*)\s+)?(.*)$/s.exec(argument) ?? [];
  if (expression === '') throw new RequestError('x of what? Write an address: x/16xb rsp');
  const count = Math.min(Number(digits || '1'), MOST_UNITS);
  const format = [...letters].find((l) => 'xduis'.includes(l)) ?? 'x';
  const unknown = [...letters].find((l) => !'xduisbhwg'.includes(l));
  if (unknown) throw new RequestError(`x/${letters}: \`${unknown}\` is no format and no size`);
  const unit = UNIT_BYTES[[...letters].find((l) => UNIT_BYTES[l]) ?? ''];
  const address = addressFrom(guest, expression, cpu);
  if (format === 'i') return instructionLines(guest, address, count, cpu);
  if (format === 's') return textAt(guest, address, cpu);
  return memoryLines(guest, address, count, unit ?? guest.registers(cpu).codeBits / 8, format, cpu);
}

function memoryLines(guest: Guest, address: bigint, count: number, unit: number, format: string, cpu: number): string {
  const bytes = readMemory(guest.target, { address, physical: false }, count * unit, cpu);
  const perLine = Math.max(1, 16 / unit);
  const lines: string[] = [];
  const whole = Math.floor(bytes.length / unit);
  for (let i = 0; i < whole; i += perLine) {
    const values: string[] = [];
    for (let j = i; j < Math.min(i + perLine, whole); j++) {
      const value = littleEndian(bytes.subarray(j * unit, (j + 1) * unit));
      if (format === 'x') values.push(hexOfWidth(value, unit * 8));
      else values.push((format === 'd' ? BigInt.asIntN(unit * 8, value) : value).toString());
    }
    lines.push(`${hex(address + BigInt(i * unit))}: ${values.join(' ')}`);
  }
  if (whole < count) lines.push(`${hex(address + BigInt(whole * unit))}: not mapped`);
  return lines.join('\n');
}

function instructionLines(guest: Guest, address: bigint, count: number, cpu: number): string {
  const bits = guest.program.lines.entryAt(address)?.bits ?? guest.registers(cpu).codeBits;
  return guest
    .disassembly(cpu)
    .forwards(address, count, bits)
    .map((line) => {
      const bytes = [...line.bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
      const bare = line.bytes.length === 0 ? 'not mapped' : `db 0x${bytes}`;
      const text = line.decoded ? guest.disassembleOne(line.bytes, line.address, bits) : bare;
      return `${hex(line.address)} ${(guest.name(line.address) ?? '').padEnd(20)} ${bytes.padEnd(20)} ${text}`;
    })
    .join('\n');
}

function textAt(guest: Guest, address: bigint, cpu: number): string {
  const bytes = readMemory(guest.target, { address, physical: false }, MOST_UNITS, cpu);
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  return `${hex(address)}: ${JSON.stringify(text)}`;
}
