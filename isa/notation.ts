/**
 * The notation in which the rows of the instruction table are written, and its reader.
 *
 * An instruction is written once, with its meaning, and below it one line for each row of the manual:
 *
 *     instruction('add', 'Adds the source to the destination.', { writes: 'status' }, `
 *       al, imm8     | 04 ib
 *       rAX, immz    | 05 iz
 *       rmv, simm8   | 83 /0 ib   | lock
 *       rmv, rv      | 01 /r      | lock
 *     `)
 *
 * A line has up to three columns divided by `|`: operands, opcode, attributes. The order of lines is the assembler's
 * order of preference.
 *
 * **Operands** are {@link OperandKind}s, or templates that stand for several operand sizes, by the letters of the
 * manual's opcode map (SDM 2D A.2): `v` 16, 32 and 64 bits chosen by the operand size (64: REX.W), `z` the same for
 * immediates and branch displacements, of which 64-bit forms have 32 bits, `y` 32 and 64 bits chosen by REX.W or VEX.W
 * alone (0x66 does not matter, or is mandatory). Each size becomes a form of its own:
 * `rv rmv mv rAX rDX rBX rCX immz immv moffsv relz ptr16:z m16:v rvm16 rvm8 ry rmy my rym8 rym16`.
 *
 * **Opcode** is the manual's: `NP` no prefix, `NFx` neither F2 nor F3, `66 F2 F3` mandatory prefixes, `0F`, `0F 38`, `0F 3A` maps, `REX.W`, the
 * opcode byte (`+r` register in its low bits), `/0`..`/7`, `/r`, then immediates `ib iw id iq iz iv cb cw cd cz ow cpz /is4`
 * (`ow`: an offset of the address size). `VEX.128.66.0F38.W0 18 /r` as in the manual (`LIG LZ WIG` too; `EVEX` is read,
 * no row has it yet). `o16 o32 o64` and `a16 a32 a64` name a size where no operand does; `ov`, `oz` make a form for each
 * size where no operand tells it (RET). A byte after the opcode byte is a ModRM byte that belongs to the opcode
 * (`0F 01 C1`, `D9 E8`). `=07` is a fixed byte after all others (the condition of a pseudo-instruction such as CMPORDPS).
 * A row of maps 1 to 3 without mandatory prefix and without `NP` takes any of them: they mean size and repetition.
 *
 * **Attributes**
 * - `lock`, `rep`, `repe`: prefixes that mean something.
 * - `legacy`, `long`: only in 16 and 32-bit mode, only in 64-bit mode.
 * - `d64`: in 64-bit mode the operand size is 64 without REX.W, or 16 (PUSH). `f64`: it is 64 whatever is written (near
 *   branches on Intel processors).
 * - `wait`: the assembler writes 9B before it. `two`: the second operand may be left out where it is the first.
 * - `to`: only where the operand is written with TO, as in `fadd to st1`.
 * - `decode`: never chosen by the assembler. `encode`: known to the assembler only.
 * - `feature:NAME`: another CPUID feature than the instruction's.
 * - `en:MVR`: where each operand stands ({@link OperandEncoding}), when the rule below gives something else.
 *
 * Where operands stand: memory and `rm` kinds are `M`; immediates, displacements, offsets and far pointers `I`; named
 * registers and constants `-`; with `+r` the register is `O`; the other registers in order: `R`, `V` (VEX with three or
 * more), `M` if still free, `4`. With `/0`..`/7`: `V` first where VEX, then `M`.
 */
import type { Instruction, PopekGoldberg, VmxBehaviour } from './form';
import { readFlags } from './notation/flags';
import { readOperands } from './notation/operand-column';
import { Row } from './notation/row';
import { TableForm } from './notation/table-form';

/** What a manual page says beside the encodings. Everything left out is the harmless usual case. */
export interface Meaning {
  /** Flags by name, divided by spaces; `status` is OF SF ZF AF PF CF. */
  reads?: string;
  writes?: string;
  undefined?: string;
  privilege?: 0 | 'iopl';
  /** Divided by spaces. */
  exceptions?: string;
  class?: PopekGoldberg;
  /** `always`, or the names of the controls or VMCS fields that make it exit, divided by `, `. */
  vmx?: string;
  /** CPUID feature or processor generation; `8086` unless told. Sizes 32 and 64 raise it to `386` and `X86_64`. */
  feature?: string;
}

/** An instruction as written, before {@link readInstruction}. */
export interface InstructionSource {
  mnemonic: string;
  summary: string;
  meaning: Meaning;
  rows: string;
}

/** One instruction of the table; see the notation above. */
export function instruction(mnemonic: string, summary: string, meaning: Meaning, rows: string): InstructionSource {
  return { mnemonic, summary, meaning, rows };
}

const noExceptions: readonly string[] = [];

/**
 * Reads a source into an instruction and its forms.
 * @param number gives all forms of the table their `id`; called when one is asked for that has none yet
 */
export function readInstruction(source: InstructionSource, number: () => void): Instruction {
  const { mnemonic, summary, meaning, rows } = source;
  const forms: TableForm[] = [];
  const vmx: VmxBehaviour =
    meaning.vmx === undefined ? 'none' : meaning.vmx === 'always' ? 'always' : { control: meaning.vmx };
  const result: Instruction = {
    mnemonic,
    summary,
    privilege: meaning.privilege ?? 3,
    flagsRead: readFlags(meaning.reads),
    flagsWritten: readFlags(meaning.writes),
    flagsUndefined: readFlags(meaning.undefined),
    exceptions: meaning.exceptions ? meaning.exceptions.split(' ') : noExceptions,
    popekGoldberg: meaning.class ?? (meaning.privilege === 0 ? 'privileged' : 'innocuous'),
    vmx,
    forms,
  };
  addRows(rows, meaning.feature ?? '8086', (row, column, size) => {
    forms.push(new TableForm(number, result, row, column, size));
  });
  return result;
}

/** Finds the forms of each line; what the line says beyond their number is read when first asked for. */
function addRows(
  rows: string,
  feature: string,
  addForm: (row: Row, column: 0 | 1 | 2, size: 0 | 16 | 32 | 64) => void,
): void {
  const lines = rows.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '') continue;
    const bar = line.indexOf('|');
    const operands = readOperands(bar < 0 ? '' : line.slice(0, bar));
    const row = new Row(line.slice(bar + 1).trim(), operands, feature);
    const letter = row.sizes();
    if (letter === '') {
      addForm(row, 1, 0);
      continue;
    }
    if (letter !== 'y') addForm(row, 0, 16);
    addForm(row, 1, 32);
    if (letter !== 'z' || line.includes('d64') || line.includes('f64')) addForm(row, 2, 64);
  }
}
