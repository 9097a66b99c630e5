import { sourceText } from '../assembler/disassembler/source-text';
import { parseNumber } from '../debug-adapter/inspect/expression';
import type { Command, Environment } from './command';
import { type OptionSpec, Options, optionHelp } from './options';
import { UsageError } from './usage-error';

const specs: readonly OptionSpec[] = [
  { name: '--bits', value: '16|32|64', help: 'code size; 16 if absent' },
  { name: '--org', value: 'ADDRESS', help: 'address of the first byte; 0 if absent' },
  { name: '--source', help: 'a source with labels, which assembles to the same bytes' },
];

const LONGEST_INSTRUCTION = 15;
/** Columns of the bytes, as in ndisasm: eight bytes a line. */
const BYTES_A_LINE = 8;
const CHUNK = 1000;

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0').toUpperCase()).join('');
}

async function dis(args: readonly string[], environment: Environment): Promise<number> {
  const options = new Options(args, specs);
  const path = options.single('FILE');
  const bits = Number(options.choice('--bits', ['16', '32', '64'], '16')) as 16 | 32 | 64;
  const org = parseNumber(options.get('--org') ?? '0');
  if (org === undefined || org >= 1n << 64n)
    throw new UsageError(`--org takes an address, not \`${options.get('--org')}\``);
  const bytes = environment.readFile(path);
  if (!bytes) throw new UsageError(`cannot read ${path}`);

  if (options.has('--source')) {
    environment.out(sourceText(bytes, { bits, org }));
    return 0;
  }
  const { tools } = environment;
  let lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const window = bytes.subarray(at, at + LONGEST_INSTRUCTION);
    const address = BigInt.asUintN(64, org + BigInt(at));
    const decoded = tools.read(window, bits);
    const length = decoded?.length ?? 1;
    const text = decoded
      ? tools.disassemble(window, address, bits, () => undefined)
      : `db 0x${window[0]!.toString(16).padStart(2, '0')}`;
    const digits = address.toString(16).toUpperCase().padStart(8, '0');
    const first = hexBytes(window.subarray(0, Math.min(length, BYTES_A_LINE)));
    lines.push(`${digits}  ${first.padEnd(2 * BYTES_A_LINE)}  ${text}`);
    if (length > BYTES_A_LINE) lines.push(`         -${hexBytes(window.subarray(BYTES_A_LINE, length))}`);
    at += length;
    if (lines.length >= CHUNK) {
      environment.out(`${lines.join('\n')}\n`);
      lines = [];
    }
  }
  if (lines.length > 0) environment.out(`${lines.join('\n')}\n`);
  return 0;
}

export const disCommand: Command = {
  name: 'dis',
  usage: 'ringside dis FILE [--bits 16|32|64] [--org ADDRESS] [--source]',
  summary: 'disassembles a flat binary',
  help: optionHelp(specs),
  run: dis,
};
