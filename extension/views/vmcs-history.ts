/** What changed in a VMCS from one stop to the next. */

/** A field as far as changes go: its name and its value as it is shown. */
interface Valued {
  name: string;
  value: string;
}

export class VmcsHistory {
  #values = new Map<string, string>();
  #previous = new Map<string, string>();

  /** Takes the fields as they are at this stop. At the first stop there is nothing to compare with, so nothing changed. */
  stopped(groups: readonly { fields: readonly Valued[] }[]): void {
    const values = new Map(groups.flatMap(({ fields }) => fields.map(({ name, value }) => [name, value] as const)));
    this.#previous = new Map();
    for (const [name, value] of values) {
      const before = this.#values.get(name);
      if (before !== undefined && before !== value) this.#previous.set(name, before);
    }
    this.#values = values;
  }

  /** The value at the stop before, where it was another one. */
  previous({ name }: Pick<Valued, 'name'>): string | undefined {
    return this.#previous.get(name);
  }

  /** How many fields changed. */
  get changes(): number {
    return this.#previous.size;
  }
}
