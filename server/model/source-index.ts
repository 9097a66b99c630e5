/**
 * What one source says by itself: its statements, what they define, which names occur where, and its blocks. Made from the
 * text alone, so that it is there for any text at any moment; what only assembling can tell is added by the program.
 */

import { definesName, ignoresCase } from './directives';
import type { Token } from './scan';
import { parseStatement, type Statement } from './statement';

export type DefinitionKind =
  | 'label'
  /** `.name`, with the label before it as container. */
  | 'local'
  | 'constant'
  | 'macro'
  /** `%define`, `%assign` and their like. */
  | 'define'
  | 'struc'
  | 'field'
  | 'section'
  /** Declared by `extern`, `required` or `common`. */
  | 'extern';

export interface Definition {
  kind: DefinitionKind;
  /** Full name: `func.loop`, `Point.x`. */
  name: string;
  line: number;
  token: Token;
  /** Last line of what it spans: the block, or up to the next of its kind. */
  endLine: number;
  /** Full name of the label, struc or macro that it belongs to. */
  container?: string;
  /** The name is found whatever its case (`%imacro`, `%idefine`). */
  ignoreCase: boolean;
  /** A label that is certain: it has a colon, or stands before something that is no label. */
  certain: boolean;
}

export interface Occurrence {
  line: number;
  /** Columns of the name: of `point` where it is found in `point.x`. */
  start: number;
  end: number;
  token: Token;
}

export interface Block {
  kind: 'macro' | 'if' | 'rep' | 'struc' | 'istruc' | 'comment' | 'section';
  line: number;
  endLine: number;
  name: string;
}

export interface FileLink {
  kind: 'include' | 'incbin' | 'use';
  /** As written, without quotes. */
  name: string;
  line: number;
  token: Token;
}

interface OpenBlock extends Block {
  definition?: Definition;
}

/** Text of a quoted token. */
export function unquote(token: Token): string {
  const quote = token.text[0];
  const closed = token.text.length > 1 && token.text.endsWith(quote);
  return token.text.slice(1, closed ? -1 : undefined);
}

/** What follows is text, in which no word is a name. */
const MESSAGE = /^%(?:error|warning|fatal|pragma|line)$/i;

const CLOSES: Readonly<Record<string, Block['kind']>> = {
  '%endmacro': 'macro',
  '%endm': 'macro',
  '%endrep': 'rep',
  '%endif': 'if',
};

export class SourceIndex {
  readonly definitions: Definition[] = [];
  readonly blocks: Block[] = [];
  readonly links: FileLink[] = [];
  /** Macro definitions alone, in order. */
  readonly macros: Definition[] = [];
  /** Lines that set the mode, in order. */
  readonly modes: { line: number; bits: 16 | 32 | 64 }[] = [];
  private names: Map<string, Occurrence[]> | undefined;
  private readonly open: OpenBlock[] = [];
  private parent: string | undefined;
  private parentOutsideMacro: string | undefined;
  private lastLabel: Definition | undefined;
  private lastSection: { definition: Definition; block: Block } | undefined;

  constructor(readonly statements: readonly Statement[]) {
    let commentFrom = -1;
    for (let line = 0; line < statements.length; line++) {
      const statement = statements[line];
      const onlyComment = statement.comment !== undefined && statement.tokens.length === 0;
      if (onlyComment && commentFrom === -1) commentFrom = line;
      if (!onlyComment && commentFrom !== -1) {
        this.commentBlock(commentFrom, line - 1);
        commentFrom = -1;
      }
      this.read(statement, line);
    }
    const last = Math.max(statements.length - 1, 0);
    if (commentFrom !== -1) this.commentBlock(commentFrom, last);
    this.endLabel(last);
    this.endSection(last);
    for (const block of this.open.splice(0)) this.close(block, last);
  }

  private commentBlock(line: number, endLine: number): void {
    if (endLine > line) this.blocks.push({ kind: 'comment', line, endLine, name: '' });
  }

  private read(statement: Statement, line: number): void {
    if (statement.continuation) return;
    const head = statement.head?.text.toLowerCase();
    if (statement.headKind === 'preprocessor') this.preprocess(statement, head!, line);
    else if (head === 'struc') this.struc(statement, line);
    else if (head === 'endstruc') this.closeKind('struc', line);
    else if (head === 'istruc')
      this.open.push({ kind: 'istruc', line, endLine: line, name: statement.operands[0]?.tokens[0]?.text ?? '' });
    else if (head === 'iend') this.closeKind('istruc', line);
    else if (head === 'section' || head === 'segment') this.section(statement, line);
    else if (head === 'extern' || head === 'required' || head === 'common') {
      for (const { tokens } of statement.operands)
        if (tokens[0]?.kind === 'word') this.define('extern', tokens[0], line);
    } else if (head === 'bits') {
      const bits = Number(statement.operands[0]?.tokens[0]?.text);
      if (bits === 16 || bits === 32 || bits === 64) this.modes.push({ line, bits });
    } else if (head === 'use16' || head === 'use32' || head === 'use64') {
      this.modes.push({ line, bits: Number(head.slice(3)) as 16 | 32 | 64 });
    } else if (head === 'incbin') this.link('incbin', statement, line);

    if (statement.label?.kind === 'word') this.label(statement, line);
    else if (this.isLoneWord(statement)) this.label({ ...statement, label: statement.head }, line);
  }

  /** A word alone on its line: a label without colon, unless the program has a macro of that name. */
  private isLoneWord({ label, headKind, tokens }: Statement): boolean {
    return label === undefined && headKind === 'unknown' && tokens.length === 1 && tokens[0].kind === 'word';
  }

  /** Where each name occurs, by name as written; made when first asked for. */
  get occurrences(): ReadonlyMap<string, readonly Occurrence[]> {
    if (!this.names) {
      this.names = new Map();
      this.statements.forEach(({ head, tokens }, line) => {
        if (head?.kind === 'directive' && MESSAGE.test(head.text)) return;
        for (const token of tokens) this.occurs(token, line, this.names!);
      });
    }
    return this.names;
  }

  private occurs(token: Token, line: number, names: Map<string, Occurrence[]>): void {
    if (token.kind === 'number' || token.kind === 'punctuation' || token.kind === 'string') return;
    const name = token.kind === 'word' && token.text.startsWith('$') ? token.text.slice(1) : token.text;
    const start = token.end - name.length;
    addOccurrence(names, name, { line, start, end: token.end, token });
    const dot = name.indexOf('.', 1);
    if (token.kind === 'word' && dot > 0 && !name.startsWith('.'))
      addOccurrence(names, name.slice(0, dot), { line, start, end: start + dot, token });
    if (token.kind === 'word' && name.endsWith('_size') && name.length > 5)
      addOccurrence(names, name.slice(0, -5), { line, start, end: token.end - 5, token });
  }

  private define(kind: DefinitionKind, token: Token, line: number, more: Partial<Definition> = {}): Definition {
    const name = token.text.startsWith('$') ? token.text.slice(1) : token.text;
    const definition = { kind, name, line, token, endLine: line, ignoreCase: false, certain: true, ...more };
    this.definitions.push(definition);
    if (kind === 'macro') this.macros.push(definition);
    return definition;
  }

  private label(statement: Statement, line: number): void {
    const token = statement.label!;
    const name = token.text.startsWith('$') ? token.text.slice(1) : token.text;
    const inStruc = this.open.findLast((b) => b.kind === 'struc');
    if (statement.head?.text.toLowerCase() === 'equ') {
      this.define('constant', token, line, { name: this.fullName(name), container: this.localContainer(name) });
      return;
    }
    if (name.startsWith('..')) {
      this.define('label', token, line);
      return;
    }
    const certain = statement.colon || statement.head !== token;
    if (name.startsWith('.')) {
      const container = this.parent;
      this.define(inStruc ? 'field' : 'local', token, line, { name: this.fullName(name), container, certain });
      return;
    }
    if (inStruc) {
      this.define('field', token, line, { container: inStruc.name, certain });
      return;
    }
    this.endLabel(line - 1);
    this.lastLabel = this.define('label', token, line, { certain });
    this.parent = name;
  }

  private localContainer(name: string): string | undefined {
    return name.startsWith('.') && !name.startsWith('..') ? this.parent : undefined;
  }

  private fullName(name: string): string {
    return name.startsWith('.') && !name.startsWith('..') ? (this.parent ?? '') + name : name;
  }

  private endLabel(line: number): void {
    if (this.lastLabel) this.lastLabel.endLine = Math.max(this.lastCode(line), this.lastLabel.line);
    this.lastLabel = undefined;
  }

  /** Goes up over blank lines and the comment of what comes next. */
  private lastCode(line: number): number {
    let at = line;
    while (at > 0 && this.statements[at].tokens.length === 0) at--;
    return at;
  }

  private endSection(line: number): void {
    if (!this.lastSection) return;
    const { definition, block } = this.lastSection;
    definition.endLine = block.endLine = Math.max(this.lastCode(line), definition.line);
    if (block.endLine > block.line) this.blocks.push(block);
    this.lastSection = undefined;
  }

  private section(statement: Statement, line: number): void {
    const token = statement.operands[0]?.tokens[0];
    if (token === undefined || token.kind === 'punctuation') return;
    this.endLabel(line - 1);
    this.endSection(line - 1);
    const definition = this.define('section', token, line);
    this.lastSection = { definition, block: { kind: 'section', line, endLine: line, name: token.text } };
  }

  private struc(statement: Statement, line: number): void {
    const token = statement.operands[0]?.tokens[0];
    if (token?.kind !== 'word') return;
    this.endLabel(line - 1);
    const definition = this.define('struc', token, line);
    this.open.push({ kind: 'struc', line, endLine: line, name: token.text, definition });
    // The structure's name is a label, and stays the one that local labels belong to.
    this.parent = definition.name;
  }

  private link(kind: FileLink['kind'], statement: Statement, line: number): void {
    const token = statement.operands[0]?.tokens[0];
    if (token?.kind === 'string') this.links.push({ kind, name: unquote(token), line, token });
    else if (kind === 'use' && token) this.links.push({ kind, name: token.text, line, token });
  }

  private preprocess(statement: Statement, head: string, line: number): void {
    const name = statement.operands[0]?.tokens[0];
    const open = (kind: Block['kind'], definition?: Definition) =>
      this.open.push({ kind, line, endLine: line, name: name?.text ?? '', definition });
    if (/^%i?r?macro$/.test(head)) {
      const named = name?.kind === 'word' ? name : undefined;
      if (!this.open.some((b) => b.kind === 'macro')) this.parentOutsideMacro = this.parent;
      this.parent = undefined;
      open('macro', named && this.define('macro', named, line, { ignoreCase: ignoresCase(head) }));
    } else if (head === '%rep') open('rep');
    else if (/^%if/.test(head)) open('if');
    else if (head in CLOSES) this.closeKind(CLOSES[head], line);
    else if (/^%(?:else|elif)/.test(head)) {
      const block = this.open.findLast((b) => b.kind === 'if');
      // Each branch folds by itself.
      if (block) {
        if (line - 1 > block.line) this.blocks.push({ kind: 'if', line: block.line, endLine: line - 1, name: '' });
        block.line = line;
      }
    } else if (definesName.test(head)) {
      if (name?.kind === 'word') this.define('define', name, line, { ignoreCase: ignoresCase(head) });
    } else if (head === '%arg' || head === '%local') {
      for (const { tokens } of statement.operands)
        if (tokens[0]?.kind === 'word') this.define('define', tokens[0], line);
    } else if (head === '%include') this.link('include', statement, line);
    else if (head === '%use') this.link('use', statement, line);
  }

  private closeKind(kind: Block['kind'], line: number): void {
    const at = this.open.findLastIndex((b) => b.kind === kind);
    if (at === -1) return;
    // What was left open inside ends here too.
    for (const block of this.open.splice(at)) this.close(block, line);
  }

  private close(block: OpenBlock, line: number): void {
    if (block.definition) block.definition.endLine = line;
    if (line > block.line) this.blocks.push({ kind: block.kind, line: block.line, endLine: line, name: block.name });
    if (block.kind === 'macro' && !this.open.some((b) => b.kind === 'macro')) this.parent = this.parentOutsideMacro;
  }

  /** The macro whose body or header the line is in. */
  macroAt(line: number): Definition | undefined {
    return this.macros.findLast((macro) => macro.line <= line && line <= macro.endLine);
  }
}

function addOccurrence(names: Map<string, Occurrence[]>, name: string, occurrence: Occurrence): void {
  const list = names.get(name);
  if (list) list.push(occurrence);
  else names.set(name, [occurrence]);
}

/** Makes an index anew after each edit, parsing only lines that it has not seen in the version before. */
export class IncrementalIndex {
  private known = new Map<string, Statement>();

  update(text: string): SourceIndex {
    const known = new Map<string, Statement>();
    const statements: Statement[] = [];
    let continuation = false;
    for (const line of text.split(/\r\n|\n|\r/)) {
      const key: string = continuation ? `\0${line}` : line;
      const statement: Statement = known.get(key) ?? this.known.get(key) ?? parseStatement(line, continuation);
      known.set(key, statement);
      statements.push(statement);
      continuation = statement.continued;
    }
    this.known = known;
    return new SourceIndex(statements);
  }
}
