import type { MemoryOperand } from '../encoder/instruction';
import type { Identifiers } from '../source/identifiers';
import { type Keyword, KeywordKind } from '../source/keywords';
import { OperandValue } from './value';

/** `dword [rbx + rcx*4 - 128]`: a size, a register, a second one, its scale, and a number with its sign. */
const pattern =
  /^(?:([A-Za-z]+)[ \t]+)?\[[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*(?:\+[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*(?:\*[ \t]*([248])[ \t]*)?)?(?:([+-])[ \t]*(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,9})[ \t]*)?\]$/;

const nowhere = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/**
 * The operand that a text is where it is an address of one or two registers and a number, as most are: what the lexer, the
 * parser and fillMemory would make of it. Undefined for everything else.
 */
export function registerAddress(text: string, identifiers: Identifiers): MemoryOperand | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const base = keyword(match[2]!, identifiers);
  if (!isGeneral(base)) return undefined;
  const second = match[3];
  let index: Keyword | undefined;
  if (second !== undefined) {
    index = keyword(second, identifiers);
    // A register that stands there twice counts as one, with another scale.
    if (!isGeneral(index) || index === base) return undefined;
  }
  let size = 0;
  if (match[1] !== undefined) {
    const word = keyword(match[1], identifiers);
    if (word?.kind !== KeywordKind.Size) return undefined;
    size = word.value;
  }
  const displacement = new OperandValue();
  if (match[6] !== undefined) displacement.offset = match[5] === '-' ? -BigInt(match[6]) : BigInt(match[6]);
  const operand: MemoryOperand = {
    kind: 'memory',
    size,
    base: base.name,
    scale: match[4] === undefined ? 1 : Number(match[4]),
    displacement,
    absolute: false,
    displacementSize: 0,
    addressSize: 0,
    nosplit: false,
    strict: false,
    far: false,
    near: false,
    range: nowhere,
  };
  if (index !== undefined) operand.index = index.name;
  return operand;
}

/** The keyword that a word is; undefined also where a macro has its name. */
function keyword(word: string, identifiers: Identifiers): Keyword | undefined {
  const identifier = identifiers.get(word);
  const { folded } = identifier;
  if (folded.macro !== undefined || folded.multiLine !== undefined) return undefined;
  // Should a macro get its name, the lines with it are to be forgotten.
  folded.inKnownLine = true;
  return identifier.keyword;
}

function isGeneral(register: Keyword | undefined): register is Keyword {
  return register?.kind === KeywordKind.Register && register.group.startsWith('gpr');
}
