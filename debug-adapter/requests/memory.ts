import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Guest } from '../guest';
import { hex } from '../inspect/addresses';
import type { DisassembledLine } from '../inspect/disassembly';
import {
  bytesToNextPage,
  formatMemoryReference,
  fromBase64,
  LARGEST_READ,
  type MemoryReference,
  moveReference,
  parseMemoryReference,
  readMemory,
  toBase64,
  writeMemory,
} from '../inspect/memory';
import { baseName } from '../program/paths';
import { RequestError } from './request-error';

/** Instructions that one request may ask for. */
const MOST_INSTRUCTIONS = 10_000;

function reference(text: string, offset: number | undefined): MemoryReference {
  const parsed = parseMemoryReference(text);
  if (!parsed) throw new RequestError(`\`${text}\` is no memory reference; write 0x7c00, or gpa:0x7c00`);
  return moveReference(parsed, offset ?? 0);
}

export function readMemoryBody(
  guest: Guest,
  args: DebugProtocol.ReadMemoryArguments,
): DebugProtocol.ReadMemoryResponse['body'] {
  if (args.count < 0 || args.count > LARGEST_READ) {
    throw new RequestError(`count ${args.count} is not between 0 and ${LARGEST_READ} bytes`);
  }
  const from = reference(args.memoryReference, args.offset);
  const bytes = readMemory(guest.target, from, args.count, 0);
  const missing = args.count - bytes.length;
  const unreadable = from.physical ? missing : Math.min(missing, bytesToNextPage(from.address + BigInt(bytes.length)));
  return {
    address: formatMemoryReference(from),
    data: toBase64(bytes),
    ...(missing > 0 && { unreadableBytes: unreadable }),
  };
}

export function writeMemoryBody(
  guest: Guest,
  args: DebugProtocol.WriteMemoryArguments,
): DebugProtocol.WriteMemoryResponse['body'] {
  const to = reference(args.memoryReference, args.offset);
  const bytes = fromBase64(args.data);
  if (!bytes) throw new RequestError('the data is not base64');
  let written = 0;
  guest.controller.edit((target) => {
    written = writeMemory(target, to, bytes, 0);
  });
  if (written < bytes.length && !args.allowPartial) {
    throw new RequestError(`only ${written} of ${bytes.length} bytes are mapped at ${formatMemoryReference(to)}`);
  }
  return { bytesWritten: written };
}

/** Exactly as many lines as asked for, also where there is no memory: the client counts on it. */
export function disassembleBody(
  guest: Guest,
  args: DebugProtocol.DisassembleArguments,
  toClientLine: (line: number) => number,
): NonNullable<DebugProtocol.DisassembleResponse['body']> {
  if (args.instructionCount < 0 || args.instructionCount > MOST_INSTRUCTIONS) {
    throw new RequestError(`instructionCount ${args.instructionCount} is not between 0 and ${MOST_INSTRUCTIONS}`);
  }
  const skip = args.instructionOffset ?? 0;
  if (Math.abs(skip) > MOST_INSTRUCTIONS) throw new RequestError(`instructionOffset ${skip} is too far away`);
  const { address, physical } = reference(args.memoryReference, args.offset);
  if (physical) throw new RequestError('code is disassembled at linear addresses, not at physical ones');
  const bits = guest.program.lines.entryAt(address)?.bits ?? guest.registers(0).codeBits;
  const disassembly = guest.disassembly(0);
  const before = skip < 0 ? disassembly.backwards(address, -skip, bits).slice(0, args.instructionCount) : [];
  const after = Math.max(0, args.instructionCount - before.length);
  const ahead = Math.max(0, skip);
  const lines = [...before, ...disassembly.forwards(address, ahead + after, bits).slice(ahead)];
  return { instructions: lines.map((line) => instruction(guest, line, bits, args, toClientLine)) };
}

function instruction(
  guest: Guest,
  line: DisassembledLine,
  bits: 16 | 32 | 64,
  args: DebugProtocol.DisassembleArguments,
  toClientLine: (line: number) => number,
): DebugProtocol.DisassembledInstruction {
  const { address, bytes, decoded } = line;
  const source = guest.program.lines.startsLine(address) ? guest.program.lines.lineAt(address) : undefined;
  const label = args.resolveSymbols === false ? undefined : guest.labelAt(address);
  const bare = bytes.length === 0 ? 'not mapped' : `db ${hex(bytes[0]!)}`;
  return {
    address: hex(address),
    instructionBytes: [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(' '),
    instruction: decoded ? guest.disassembleOne(bytes, address, bits) : bare,
    ...(label && { symbol: label }),
    ...(source && {
      location: { name: baseName(source.file), path: source.file },
      line: toClientLine(source.line),
    }),
    ...(!decoded && { presentationHint: 'invalid' as const }),
  };
}
