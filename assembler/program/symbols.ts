import type { Frame } from '../diagnostics';
import type { Token } from '../source/token';
import { ProgramSymbol } from './symbol';

/** All symbols of a program by full name, and the label that local names belong to. */
export class Symbols {
  readonly table = new Map<string, ProgramSymbol>();
  /** The last label that was no local one. */
  scope = '';

  /** A local name was used before any label: NASM then takes the last label of the pass before. */
  early = false;

  /** The symbol of a name as written; `.loop` belongs to the label before it. */
  of(name: string): ProgramSymbol {
    if (this.scope === '' && isLocal(name)) this.early = true;
    return this.named(isLocal(name) ? this.scope + name : name);
  }

  named(full: string): ProgramSymbol {
    let symbol = this.table.get(full);
    if (!symbol) {
      symbol = new ProgramSymbol(full);
      this.table.set(full, symbol);
    }
    return symbol;
  }

  reference(token: Token): ProgramSymbol {
    const symbol = this.of(token.text);
    symbol.references.push(token);
    symbol.uses++;
    return symbol;
  }

  /**
   * The symbol of a label in front of a statement.
   * @param enters later local names belong to it, as to every label but one of EQU
   */
  define(label: Token, frame: Frame | undefined, enters: boolean): ProgramSymbol {
    const symbol = this.of(label.text);
    if (!symbol.definition || symbol.definition.line.builtin) symbol.definition = label;
    if (frame?.macroName !== undefined && !symbol.definedInMacro) symbol.definedInMacro = frame.macroName;
    if (enters) this.enter(label.text);
    return symbol;
  }

  /** A label is defined: later local names belong to it. */
  enter(name: string): void {
    if (name.charCodeAt(0) !== 46) this.scope = name;
  }
}

/** `.name`, but not the special `..name`. */
export function isLocal(name: string): boolean {
  return name.charCodeAt(0) === 46 && name.charCodeAt(1) !== 46;
}

/** `..start` and its like, but not the macro-local `..@1.x`. */
export function isSpecial(name: string): boolean {
  return name.startsWith('..') && name[2] !== '@';
}
