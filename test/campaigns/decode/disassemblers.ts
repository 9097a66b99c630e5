/** What objdump and ndisasm say of bytes: lengths, text, and whether it is an instruction at all. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bits } from './bytes';

export interface Line {
  offset: number;
  length: number;
  /** Instruction text; of bytes that are none, whatever the tool prints. */
  text: string;
  valid: boolean;
}

function linesOf(bytes: Uint8Array, command: (file: string) => [string, string[]]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-decode-'));
  try {
    const file = join(folder, 'code.bin');
    writeFileSync(file, bytes);
    const [program, args] = command(file);
    return execFileSync(program, args, { maxBuffer: 1 << 30 })
      .toString('latin1')
      .split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The bytes read by objdump from the beginning. */
export function objdump(bytes: Uint8Array, bits: Bits): Line[] {
  const machine = bits === 16 ? 'i8086' : bits === 32 ? 'i386' : 'i386:x86-64';
  const options = ['-D', '-z', '-b', 'binary', '-m', machine, '-M', bits === 64 ? 'intel64,intel' : 'intel'];
  const result: Line[] = [];
  for (const line of linesOf(bytes, (file) => ['objdump', [...options, '--insn-width=16', file]])) {
    const [address, hex, text = ''] = line.split('\t');
    if (hex === undefined || !/^ *[0-9a-f]+:$/.test(address)) continue;
    const valid = !text.includes('(bad)') && !text.startsWith('.byte');
    result.push({
      offset: Number.parseInt(address, 16),
      length: hex.trim().split(' ').length,
      text: text.trim(),
      valid,
    });
  }
  return result;
}

const SLOT = 32;

/** Pieces in slots of their own: one-byte NOPs after each bring a disassembler back to the next slot. */
function inSlots(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.length * SLOT).fill(0x90);
  pieces.forEach((piece, i) => {
    bytes.set(piece.subarray(0, 15), i * SLOT);
  });
  return bytes;
}

const nothing = (offset: number): Line => ({ offset, length: 0, text: '', valid: false });

/** Bytes that each stand alone, read by objdump. */
export function objdumpEach(pieces: readonly Uint8Array[], bits: Bits): Line[] {
  const lines = new Map(objdump(inSlots(pieces), bits).map((line) => [line.offset, line]));
  return pieces.map((_, i) => lines.get(i * SLOT) ?? nothing(i));
}

/** Bytes that each stand alone, read by ndisasm. */
export function ndisasmEach(pieces: readonly Uint8Array[], bits: Bits): Line[] {
  const result: Line[] = pieces.map((_, i) => nothing(i));
  let last: Line | undefined;
  for (const line of linesOf(inSlots(pieces), (file) => ['ndisasm', ['-b', `${bits}`, file]])) {
    const start = /^([0-9A-F]{8}) {2}([0-9A-F]+) +(.*)/.exec(line);
    const more = /^ +-([0-9A-F]+)/.exec(line);
    if (start) {
      const at = Number.parseInt(start[1], 16);
      last = at % SLOT === 0 ? result[at / SLOT] : undefined;
      if (last)
        Object.assign(last, { length: start[2].length / 2, text: start[3], valid: !start[3].startsWith('db ') });
    } else if (more && last) last.length += more[1].length / 2;
  }
  return result;
}
