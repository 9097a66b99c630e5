/**
 * A triple fault as data: all three faults and the double fault between them, each with what it was found on, the instruction, and how
 * far its delivery came. Plain objects that go through JSON as they are: numbers of up to 64 bits are strings in hexadecimal.
 */
import { disassemble } from '../assembler/disassembler/disassemble';
import { decode, isDecoded } from '../isa/decoder';
import type { FaultDelivery, FaultLink, TripleFault } from '../machine/cpu/system/exceptions';

/** One fault. */
export interface AutopsyFault {
  /** `first`, `second`, `double` (#DF, made of these two), `third`; `further` for one between the first and these. */
  readonly role: 'first' | 'further' | 'second' | 'double' | 'third';
  /** `#GP`. */
  readonly name: string;
  readonly vector: number;
  readonly errorCode?: string;
  /** The error code in words. */
  readonly errorText?: string;
  /** #PF: the linear address, as in CR2. */
  readonly cr2?: string;
  readonly cs: string;
  readonly rip: string;
  /** Absent where its bytes cannot be read. */
  readonly instruction?: { readonly address: string; readonly bytes: string; readonly text: string };
  /** What it was found on: the check that raised it. */
  readonly cause: string;
  /** Absent where it was not tried: a second fault makes #DF instead, a third shuts the processor down. */
  readonly delivery?: AutopsyDelivery;
}

/** What the delivery of a fault looked at. `address` is linear, `bytes` how many were read there (0: none), `value` they as one number. */
export interface AutopsyDelivery {
  readonly idtr: { readonly base: string; readonly limit: string };
  /** The entry of the IDT: where it would stand, and what is in it if it was read. */
  readonly idtEntry: {
    readonly address: string;
    readonly bytes: number;
    readonly value?: string;
    readonly text: string;
  };
  /** The descriptor that the gate names: its eight bytes. */
  readonly target?: { readonly selector: string; readonly address: string; readonly value: string };
  /** The stack out of the task-state segment: `ESP0 and SS0`, `RSP0`, `IST1`. */
  readonly stack?: {
    readonly name: string;
    readonly address: string;
    readonly bytes: number;
    readonly value: string;
    readonly text: string;
  };
  /** The check that failed. */
  readonly failure: string;
}

export interface FaultAutopsy {
  readonly faults: readonly AutopsyFault[];
}

const NAMES = '#DE #DB NMI #BP #OF #BR #UD #NM #DF - #TS #NP #SS #GP #PF - #MF #AC #MC #XM #VE #CP'.split(' ');
const DF = 8;
const PF = 14;
const GATES: Readonly<Record<number, string>> = {
  5: 'task gate',
  6: '16-bit interrupt gate',
  7: '16-bit trap gate',
  14: 'interrupt gate',
  15: 'trap gate',
};

const hex = (value: number | bigint): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
/** Bytes as they stand in memory, as one number: up to 16 of them. */
const wide = (value: bigint): string => `0x${value.toString(16)}`;

const nameOf = (vector: number): string => {
  const name = NAMES[vector];
  return name === undefined || name === '-' ? `vector ${vector}` : name;
};

/** An error code in words (SDM 3A 6.13, 4.7). */
export function errorText(vector: number, code: number): string {
  if (vector === PF) {
    const words = [
      code & 1 ? 'protection' : 'not present',
      code & 16 ? 'fetch' : code & 2 ? 'write' : 'read',
      code & 4 ? 'user mode' : 'supervisor mode',
      ...(code & 8 ? ['reserved bit'] : []),
      ...(code & 32 ? ['protection key'] : []),
    ];
    return words.join(', ');
  }
  const external = code & 1 ? ', while an event was being delivered' : '';
  if ((code & 0xfffe) === 0) return `no selector${external}`;
  if (code & 2) return `IDT entry ${hex((code >>> 3) & 0x1fff)}${external}`;
  return `selector ${hex(code & 0xfffc)} in the ${code & 4 ? 'LDT' : 'GDT'}${external}`;
}

/** An entry of the IVT (4 bytes) or IDT (8 or 16) in words. */
function gateText(value: bigint, bytes: number): string {
  const low = Number(value & 0xffffffffn);
  if (bytes === 4) return `${hex(low >>> 16)}:${hex(low & 0xffff)}`;
  const high = Number((value >> 32n) & 0xffffffffn);
  const type = (high >>> 8) & 31;
  const kind = GATES[type] ?? `type ${type}, no gate for interrupts`;
  const present = high & 0x8000 ? 'present' : 'not present';
  const upper = bytes === 16 ? (value >> 64n) & 0xffffffffn : 0n;
  const offset = (upper << 32n) | BigInt(((high & 0xffff0000) | (low & 0xffff)) >>> 0);
  const ist = bytes === 16 && (high & 7) !== 0 ? `, IST ${high & 7}` : '';
  return `${kind}, ${present}, DPL ${(high >>> 13) & 3}, to ${hex(low >>> 16)}:${hex(offset)}${ist}`;
}

function stackText({ bytes, value }: { bytes: number; value: bigint }): string {
  if (bytes === 8) return hex(value);
  const pointerBits = bytes === 6 ? 32n : 16n;
  return `${hex(value >> pointerBits)}:${hex(value & ((1n << pointerBits) - 1n))}`;
}

function deliveryOf(vector: number, delivery: FaultDelivery): AutopsyDelivery {
  const { idtBase, idtLimit, idtEntry, target, stack, failure } = delivery;
  return {
    idtr: { base: hex(idtBase), limit: hex(idtLimit) },
    idtEntry: idtEntry
      ? {
          address: hex(idtEntry.address),
          bytes: idtEntry.bytes,
          value: wide(idtEntry.value),
          text: gateText(idtEntry.value, idtEntry.bytes),
        }
      : { address: hex(idtBase), bytes: 0, text: `entry ${vector} of the table here was not read` },
    ...(target && {
      target: { selector: hex(target.selector), address: hex(target.address), value: wide(target.value) },
    }),
    ...(stack && {
      stack: {
        name: stack.name,
        address: hex(stack.address),
        bytes: stack.bytes,
        value: wide(stack.value),
        text: stackText(stack),
      },
    }),
    failure,
  };
}

function instructionOf(link: FaultLink): AutopsyFault['instruction'] {
  const { code } = link;
  if (code === undefined) return undefined;
  const decoded = decode(code.bytes, 0, code.bits);
  const length = isDecoded(decoded) ? decoded.length : 1;
  const bytes = [...code.bytes.subarray(0, length)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const address = BigInt.asUintN(64, BigInt(code.linear));
  const text = isDecoded(decoded) ? disassemble(decoded, address, { bits: code.bits }) : 'no instruction';
  return { address: hex(address), bytes, text };
}

/** A triple fault as data. */
export function autopsyOf({ chain }: TripleFault): FaultAutopsy {
  const double = chain.findIndex(({ vector, delivery }) => vector === DF && delivery !== undefined);
  const role = (i: number): AutopsyFault['role'] => {
    if (i === 0) return 'first';
    if (i === double) return 'double';
    if (i === double - 1) return 'second';
    return i > double && double >= 0 ? 'third' : 'further';
  };
  return {
    faults: chain.map((link, i) => {
      const { vector, errorCode, address, detail, delivery } = link;
      const instruction = instructionOf(link);
      return {
        role: role(i),
        name: nameOf(vector),
        vector,
        ...(errorCode !== undefined && { errorCode: hex(errorCode), errorText: errorText(vector, errorCode) }),
        ...(address !== undefined && { cr2: hex(address) }),
        cs: hex(link.codeSelector),
        rip: hex(link.rip),
        ...(instruction && { instruction }),
        cause: detail,
        ...(delivery && { delivery: deliveryOf(vector, delivery) }),
      };
    }),
  };
}

function line(fault: AutopsyFault): string {
  const code = fault.errorCode === undefined ? '' : ` (error code ${fault.errorCode}: ${fault.errorText})`;
  const address = fault.cr2 === undefined ? '' : `, address ${fault.cr2}`;
  const at = fault.role === 'double' ? '' : ` at ${fault.cs}:${fault.rip}`;
  const text = fault.instruction && fault.role === 'first' ? ` \`${fault.instruction.text}\`` : '';
  const cause = fault.cause === '' || fault.role === 'double' ? '' : `: ${fault.cause}`;
  let delivery = '';
  if (fault.delivery) {
    const { idtEntry, stack, failure } = fault.delivery;
    const value = idtEntry.value === undefined ? '' : ` = ${idtEntry.value}`;
    const looked = stack ? `; ${stack.name} at ${stack.address} = ${stack.text}` : '';
    delivery = `; its delivery failed: ${failure} (IDT ${idtEntry.address}${value}: ${idtEntry.text}${looked})`;
  }
  return `${fault.name}${code}${at}${text}${address}${cause}${delivery}`;
}

/** An autopsy in words: a line a fault, numbered but for #DF, which the first two make. */
export function autopsyText({ faults }: FaultAutopsy): string {
  let n = 0;
  const lines = faults.map((fault) => (fault.role === 'double' ? `   ${line(fault)}` : `${++n}. ${line(fault)}`));
  return `triple fault\n${lines.join('\n')}`;
}
