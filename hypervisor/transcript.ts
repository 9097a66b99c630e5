/** A stretch of text and what came before it; shared by all snapshots taken after it. */
export interface TranscriptMark {
  readonly before: TranscriptMark | undefined;
  readonly text: string;
  /** Characters up to the end of this stretch. */
  readonly length: number;
}

/** What a guest printed, byte by byte. Marks on it hold no text twice, so that many snapshots cost what one costs. */
export class Transcript {
  #sealed: TranscriptMark | undefined;
  #open: string[] = [];
  #text: string | undefined = '';

  /** One character, its code in Latin-1. */
  add(byte: number): void {
    this.#open.push(String.fromCharCode(byte));
    this.#text = undefined;
  }

  /** All of it. */
  get text(): string {
    if (this.#text === undefined) {
      const parts = [this.#openText()];
      for (let mark = this.#sealed; mark; mark = mark.before) parts.push(mark.text);
      this.#text = parts.reverse().join('');
    }
    return this.#text;
  }

  /** Characters that {@link mark} would be the first to hold. */
  get unmarked(): number {
    return this.#openText().length;
  }

  /** This moment, for {@link restore} of this or another transcript. */
  mark(): TranscriptMark | undefined {
    const text = this.#openText();
    if (text !== '') {
      this.#sealed = { before: this.#sealed, text, length: (this.#sealed?.length ?? 0) + text.length };
      this.#open = [];
    }
    return this.#sealed;
  }

  restore(mark: TranscriptMark | undefined): void {
    this.#sealed = mark;
    this.#open = [];
    this.#text = mark ? undefined : '';
  }

  #openText(): string {
    if (this.#open.length > 1) this.#open = [this.#open.join('')];
    return this.#open[0] ?? '';
  }
}
