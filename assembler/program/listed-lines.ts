/** The lines a listing shows, in order, and the messages that belong to each. Columns, because there are many. */
export class ListedLines {
  readonly numbers: number[] = [];
  readonly texts: string[] = [];
  readonly levels: number[] = [];
  readonly notes = new Map<number, string[]>();
  /** Index of the line in hand; -1 before the first. Grows where lines are hidden too, so that bytes can be told apart. */
  current = -1;
  private visible = true;

  reset(): void {
    this.numbers.length = this.texts.length = this.levels.length = 0;
    this.notes.clear();
    this.current = -1;
    this.visible = true;
  }

  add(number: number, text: string, level: number): void {
    this.numbers.push(number);
    this.texts.push(this.visible ? text : hidden);
    this.levels.push(level);
    this.current = this.numbers.length - 1;
  }

  /** [LIST +] and [LIST -]. */
  show(visible: boolean): void {
    this.visible = visible;
  }

  goTo(index: number): void {
    this.current = index;
  }

  note(text: string): void {
    const list = this.notes.get(this.current);
    if (list) list.push(text);
    else this.notes.set(this.current, [text]);
  }
}

/** Stands for the text of a line under [LIST -]. */
export const hidden = '\0hidden';
