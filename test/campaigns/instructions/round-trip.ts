/** From bytes back to text, and from the text with nasm to the same bytes; lengths beside ndisasm's and objdump's. */
import { disassemble } from '../../../assembler/disassembler/disassemble';
import { decode, isDecoded } from '../../../isa/decoder';
import type { Bits } from './addresses';
import { hex } from './compare';
import { whyUndecodable } from './explained';
import { assemble, ndisasmLengths, objdumpLengths } from './oracle';

export interface RoundTrip {
  instructions: number;
  /** Text, and what was expected and made. */
  failures: string[];
  /** Bytes that are no instruction on a current processor, by the manual's reason, with how many; what has none is a failure. */
  undecodable: Map<string, number>;
  /** Bytes that this project measures differently from both ndisasm and objdump. */
  lengths: string[];
}

interface Part {
  bytes: Uint8Array;
  text: string;
  source: string;
}

/** Splits bytes into instructions: WAIT before an x87 instruction is one of its own. */
function parts(source: string, bytes: Uint8Array, bits: Bits, result: RoundTrip): Part[] {
  const list: Part[] = [];
  for (let at = 0; at < bytes.length; ) {
    const decoded = decode(bytes, at, bits);
    if (!isDecoded(decoded)) {
      const why = whyUndecodable(`${bits} ${source}`);
      if (why === undefined) result.failures.push(`${bits} ${source}: ${hex(bytes)} is no instruction`);
      else result.undecodable.set(why, (result.undecodable.get(why) ?? 0) + 1);
      return [];
    }
    const text = disassemble(decoded, 0n, { bits, relativeToHere: true });
    list.push({ bytes: bytes.subarray(at, at + decoded.length), text, source });
    at += decoded.length;
  }
  return list;
}

/** Checks encodings; each different one once. */
export function roundTrip(encodings: readonly { text: string; bytes: Uint8Array }[], bits: Bits): RoundTrip {
  const result: RoundTrip = { instructions: 0, failures: [], undecodable: new Map(), lengths: [] };
  const { failures, lengths } = result;
  const unique = new Map<string, Part>();
  for (const { text, bytes } of encodings)
    for (const part of parts(text, bytes, bits, result)) unique.set(hex(part.bytes), part);
  const all = [...unique.values()];
  for (let start = 0; start < all.length; start += 20_000) {
    const some = all.slice(start, start + 20_000);
    const answers = assemble(
      some.map((part) => part.text),
      bits,
    );
    some.forEach((part, i) => {
      const made = answers[i].bytes ? hex(answers[i].bytes!) : answers[i].error;
      if (made !== hex(part.bytes))
        failures.push(`${bits} ${part.source}: ${hex(part.bytes)} reads "${part.text}", which makes ${made}`);
    });
    // Each in its own place, so that a wrong length does not spread.
    const slots = new Uint8Array(some.length * 32).fill(0x90);
    some.forEach((part, i) => {
      slots.set(part.bytes, i * 32);
    });
    const measured = ndisasmLengths(slots, bits);
    const second = objdumpLengths(slots, bits);
    some.forEach((part, i) => {
      const own = part.bytes.length;
      const theirs = [measured.get(i * 32), second.get(i * 32)];
      if (!theirs.includes(own))
        lengths.push(`${bits} ${part.source}: ${hex(part.bytes)} has ${own} bytes, ndisasm and objdump say ${theirs}`);
    });
  }
  result.instructions = all.length;
  return result;
}
