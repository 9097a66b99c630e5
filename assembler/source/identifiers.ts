import { keywordOf } from './keywords';
import { Identifier } from './token';

/** All spellings a session has met; see {@link Identifier}. */
export class Identifiers {
  private readonly table = new Map<string, Identifier>();

  get(text: string): Identifier {
    const known = this.table.get(text);
    return known !== undefined ? known : this.add(text);
  }

  private add(text: string): Identifier {
    const lower = asciiLower(text);
    const identifier =
      lower === text
        ? new Identifier(text, undefined, keywordOf(text))
        : new Identifier(text, this.get(lower), keywordOf(lower));
    this.table.set(text, identifier);
    return identifier;
  }

  /** Every spelling met so far. */
  all(): IterableIterator<Identifier> {
    return this.table.values();
  }
}

/** Lower case as NASM has it: ASCII letters only. */
export function asciiLower(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
  }
  return text.toLowerCase();
}
