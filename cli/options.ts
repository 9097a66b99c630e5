import { UsageError } from './usage-error';

/** One option of a command. */
export interface OptionSpec {
  /** `--memory`, or NASM's single letters: `-f`, whose value may be attached. */
  readonly name: string;
  /** What the value is called in the usage text; absent for a switch. */
  readonly value?: string;
  /** One line for `--help`; absent for what is only for tests. */
  readonly help?: string;
  /** May be given several times. */
  readonly repeated?: boolean;
}

/** A command line taken apart. */
export class Options {
  readonly #values = new Map<string, string[]>();
  readonly positional: string[] = [];

  /** @throws UsageError for an option that is unknown, repeated, or lacks its value */
  constructor(args: readonly string[], specs: readonly OptionSpec[]) {
    const rest = [...args];
    let literal = false;
    for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
      if (literal || arg === '-' || !arg.startsWith('-')) this.positional.push(arg);
      else if (arg === '--') literal = true;
      else this.#take(arg, rest, specs);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option, `undefined` where it was not given. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A whole number of at least `least`. @throws UsageError */
  number(name: string, least: number): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text.replaceAll('_', '')) ? Number(text.replaceAll('_', '')) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new UsageError(`${name} takes a whole number of at least ${least}, not \`${text}\``);
    }
    return value;
  }

  /** @throws UsageError */
  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.get(name);
    if (text === undefined) return fallback;
    if (!allowed.includes(text as T)) throw new UsageError(`${name} is one of ${allowed.join(', ')}, not \`${text}\``);
    return text as T;
  }

  /** The one positional argument. @throws UsageError */
  single(what: string): string {
    const [only, extra] = this.positional;
    if (only === undefined) throw new UsageError(`${what} is missing`);
    if (extra !== undefined) throw new UsageError(`one ${what} is enough: what is \`${extra}\`?`);
    return only;
  }

  #take(arg: string, rest: string[], specs: readonly OptionSpec[]): void {
    const [long, ...attachedParts] = arg.split('=');
    const exact = specs.find((s) => s.name === arg);
    const spec =
      exact ??
      (arg.startsWith('--')
        ? specs.find((s) => s.name === long)
        : specs.find((s) => s.value !== undefined && s.name === arg.slice(0, 2)));
    if (!spec) throw new UsageError(`there is no option \`${arg.startsWith('--') ? long : arg}\``);
    const attached = exact ? undefined : arg.startsWith('--') ? attachedParts.join('=') : arg.slice(2);
    if (spec.value === undefined && attached !== undefined) throw new UsageError(`${spec.name} takes no value`);
    const value = spec.value === undefined ? '' : (attached ?? rest.shift());
    if (value === undefined) throw new UsageError(`${spec.name} needs a value: ${spec.value}`);
    const before = this.#values.get(spec.name) ?? [];
    if (before.length > 0 && !spec.repeated) throw new UsageError(`${spec.name} was given twice`);
    this.#values.set(spec.name, [...before, value]);
  }
}

/** The options as `--help` shows them. */
export function optionHelp(specs: readonly OptionSpec[]): string {
  return specs
    .filter((s) => s.help !== undefined)
    .map((s) => `  ${`${s.name}${s.value ? ` ${s.value}` : ''}`.padEnd(24)} ${s.help}`)
    .join('\n');
}
