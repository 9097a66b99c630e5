import type { Identifier, Token } from '../source/token';

/** A parameter of a single-line macro. */
export interface MacroParameter {
  name: string;
  /** `=`: evaluated to a number. */
  evaluate: boolean;
  /** `&`: made a string; `&&`: unless it is one. */
  string: false | 'always' | 'unlessString';
  /** `!`: keeps surrounding space and braces. */
  verbatim: boolean;
  /** `+`: takes all that is left. */
  greedy: boolean;
  /** Where nothing is given nothing is evaluated. */
  optional?: boolean;
  /** Expanded before it is used: of functions, whose arguments are not put into a body. */
  expand?: boolean;
}

/** Computes an expansion from the arguments: `__?LINE?__`, `%eval(...)`. */
export type ComputedBody = (call: Token, args: readonly (readonly Token[])[]) => readonly Token[];

/** What `%define`, `%xdefine`, `%assign` and their relatives make. Never changed once defined. */
export class SingleLineMacro {
  /** The next older one of this name (in any case). */
  next: SingleLineMacro | undefined = undefined;
  /** Being expanded: its own name in its expansion stays as it is. */
  inProgress = false;
  readonly references: Token[] = [];
  /** Where its name stands in the definition; undefined for what is built in. */
  definition: Token | undefined = undefined;
  kind: 'define' | 'assign' | 'xdefine' = 'define';
  documentation = '';

  constructor(
    readonly name: string,
    readonly caseSensitive: boolean,
    readonly parameters: readonly MacroParameter[],
    /** Parameters are {@link T.BodyParameter}s. */
    readonly body: readonly Token[],
    /** Stands for the macro named by the only token of the body. */
    readonly alias: boolean,
    readonly compute: ComputedBody | undefined,
  ) {}

  get greedy(): boolean {
    return this.parameters.length > 0 && this.parameters[this.parameters.length - 1]!.greedy;
  }

  /** Of functions with any number of arguments: the last parameter stands for all that follow. */
  minimum = -1;
  maximum = -1;

  takes(count: number): boolean {
    if (this.minimum >= 0) return (count >= this.minimum || this.greedy) && (count <= this.maximum || this.greedy);
    const n = this.parameters.length;
    return count === n || (this.greedy && count >= n - 1);
  }
}

/** Where macros of a name are kept: the identifier itself, or a context's table. */
export interface MacroScope {
  first(name: Identifier): SingleLineMacro | undefined;
  replaceFirst(name: Identifier, macro: SingleLineMacro | undefined): void;
}

/** Macros that live as long as the source. */
export const globalScope: MacroScope = {
  first: (name) => name.folded.macro,
  replaceFirst: (name, macro) => {
    name.folded.macro = macro;
  },
};

/** An entry of the context stack (%push). */
export class Context implements MacroScope {
  private readonly macros = new Map<Identifier, SingleLineMacro>();

  constructor(
    /** Undefined for an anonymous context. */
    public name: string | undefined,
    /** In the names of its labels: `..@12.loop`. */
    readonly number: number,
    readonly outer: Context | undefined,
  ) {}

  first(name: Identifier): SingleLineMacro | undefined {
    return this.macros.get(name.folded);
  }

  replaceFirst(name: Identifier, macro: SingleLineMacro | undefined): void {
    if (macro) this.macros.set(name.folded, macro);
    else this.macros.delete(name.folded);
  }

  clear(aliases: boolean, others: boolean): void {
    for (const [name, macro] of this.macros) {
      const kept = filterMacros(macro, (m) => !(m.alias ? aliases : others));
      if (kept) this.macros.set(name, kept);
      else this.macros.delete(name);
    }
  }
}

/** The list without the macros that `keep` refuses. */
export function filterMacros(
  first: SingleLineMacro | undefined,
  keep: (macro: SingleLineMacro) => boolean,
): SingleLineMacro | undefined {
  let head: SingleLineMacro | undefined;
  let tail: SingleLineMacro | undefined;
  for (let m = first; m; m = m.next) {
    if (!keep(m)) continue;
    if (tail) tail.next = m;
    else head = m;
    tail = m;
  }
  if (tail) tail.next = undefined;
  return head;
}

/** The newest macro of this very spelling (any spelling where the macro is case-insensitive). */
export function findMacro(first: SingleLineMacro | undefined, name: string): SingleLineMacro | undefined {
  for (let m = first; m; m = m.next) {
    if (!m.caseSensitive || m.name === name) return m;
  }
  return undefined;
}
