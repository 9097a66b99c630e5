/** The bytes after ModRM and displacement: numbers, branch distances, far pointers, offsets, and a register in bits 7:4. */
import type { Form, Opcode } from '../../isa/form';
import type { KindInfo } from '../../isa/operand-kinds';
import type { ByteWriter } from './byte-writer';
import { type Encoding, Refusal } from './encoding';
import type { ParsedOperand, Value } from './instruction';
import { dataWarning, overflows, overflowsSigned, signExtendedWarning } from './numbers';
import type { ClassedOperand } from './operand-class';
import { sizeOfForm, type Template } from './template';

type Format = Opcode['immediates'][number];

/** How many bytes come after the displacement. */
export function immediateBytes(form: Form, encoding: Encoding): number {
  let bytes = form.opcode.suffix >= 0 ? 1 : 0;
  for (const format of form.opcode.immediates) bytes += bytesOf(format, encoding);
  return bytes;
}

function bytesOf(format: Format, encoding: Encoding): number {
  switch (format) {
    case 'ib':
    case 'cb':
    case 'is4':
      return 1;
    case 'iw':
    case 'cw':
      return 2;
    case 'id':
    case 'cd':
    case 'cp16':
      return 4;
    case 'iq':
      return 8;
    case 'cp32':
      return 6;
    case 'ow':
      return encoding.addressSize >> 3;
  }
}

export function putImmediates(
  encoding: Encoding,
  writer: ByteWriter,
  template: Template,
  sources: readonly ClassedOperand[],
): void {
  const { form, encoding: letters, kinds } = template;
  const { immediates } = form.opcode;
  let next = 0;
  for (let i = 0; i < sources.length; i++) {
    const letter = letters.charCodeAt(i);
    if (letter === 52 /* 4 */) {
      writer.put(sources[i].register!.index << 4);
      next++;
    } else if (letter === 73 /* I */) {
      putImmediate(encoding, writer, form, kinds[i], immediates[next++], sources[i].parsed);
    }
  }
}

function putImmediate(
  encoding: Encoding,
  writer: ByteWriter,
  form: Form,
  info: KindInfo,
  format: Format,
  parsed: ParsedOperand,
): void {
  const bytes = bytesOf(format, encoding);
  if (parsed.kind === 'far') {
    writer.putValue(parsed.offset, info.size >> 3, false);
    writer.putValue(parsed.segment, 2, false);
  } else if (parsed.kind === 'memory') {
    const { displacement } = parsed;
    if (displacement.base === undefined && !displacement.forward && overflows(displacement.offset, bytes))
      encoding.warn('number-overflow', dataWarning(bytes));
    writer.putValue(displacement, bytes, false);
  } else if (parsed.kind === 'immediate') {
    const { value } = parsed;
    if (info.class === 'relative') putBranch(encoding, writer, value, bytes);
    else if (info.class === 'far') {
      if (value.base === undefined && !value.forward) throw new Refusal('value referenced by FAR is not relocatable');
      // `jmp far x`: the offset of a symbol, then the segment it lies in.
      writer.putValue(value, info.size >> 3, false);
      writer.putValue({ ...value, offset: 0n, segment: true }, 2, false);
    } else {
      checkNumber(encoding, form, info, parsed, bytes);
      writer.putValue(value, bytes, info.signed && bytes === 4);
    }
  }
}

function checkNumber(
  encoding: Encoding,
  form: Form,
  info: KindInfo,
  parsed: ParsedOperand & { kind: 'immediate' },
  bytes: number,
): void {
  const { value, size: written } = parsed;
  if (value.base !== undefined || value.forward) return;
  const { offset } = value;
  if (info.signed && bytes === 1) {
    // A sign-extended byte also stands for the same pattern of the operand size: 0xFFF0 as a word.
    const size = sizeOfForm(form) || encoding.context.bits;
    const pattern = BigInt.asUintN(64, offset);
    const patterns = 1n << BigInt(size);
    if (overflowsSigned(offset, 1) && !(pattern >= patterns - 128n && pattern < patterns))
      encoding.warn('number-overflow', signExtendedWarning(written === 8 ? 8 : size));
  } else if (info.signed && bytes === 4) {
    if (!overflowsSigned(offset, 4)) return;
    encoding.warn('number-overflow', 'signed dword immediate exceeds bounds');
    encoding.warn('number-overflow', dataWarning(4));
  } else if (overflows(offset, bytes)) {
    encoding.warn('number-overflow', dataWarning(bytes));
  }
}

function putBranch(encoding: Encoding, writer: ByteWriter, value: Value, bytes: number): void {
  const end = writer.length + bytes;
  writer.putRelative(value, bytes, end);
  const { address } = encoding.context;
  if (bytes !== 1 || value.forward || value.base !== address.base || value.segment) return;
  const distance = value.offset - address.offset - BigInt(end);
  if (distance < -128n || distance > 127n) throw new Refusal('short jump is out of range');
}
