import { type Code, joined, typeByte, unsignedLeb } from './code';
import type { Type } from './expr';

interface Signature {
  parameters: readonly Type[];
  results: readonly Type[];
}

const ascii = (text: string): number[] => {
  const out: number[] = [];
  unsignedLeb(out, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i));
  return out;
};

/** Builds the binary of a WebAssembly module (core specification, chapter 5): imports first, then functions. */
export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #imports: number[][] = [];
  readonly #functions: { type: number; code: Code | undefined }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  #importedFunctions = 0;

  type(parameters: readonly Type[], results: readonly Type[]): number {
    const key = (s: Signature): string => `${s.parameters.join()}>${s.results.join()}`;
    const wanted = key({ parameters, results });
    const found = this.#types.findIndex((s) => key(s) === wanted);
    if (found >= 0) return found;
    this.#types.push({ parameters, results });
    return this.#types.length - 1;
  }

  /** Imports a function; all imports come before the first {@link declare}. Returns its index. */
  importFunction(name: string, parameters: readonly Type[], results: readonly Type[]): number {
    const entry = [...ascii('e'), ...ascii(name), 0x00];
    unsignedLeb(entry, this.type(parameters, results));
    this.#imports.push(entry);
    return this.#importedFunctions++;
  }

  importMemory(): void {
    this.#imports.push([...ascii('e'), ...ascii('memory'), 0x02, 0x00, 0x01]);
  }

  importTable(): void {
    this.#imports.push([...ascii('e'), ...ascii('table'), 0x01, 0x70, 0x00, 0x01]);
  }

  /** Reserves a function index, so that functions can call each other; {@link define} gives it its body. */
  declare(parameters: readonly Type[], results: readonly Type[]): number {
    this.#functions.push({ type: this.type(parameters, results), code: undefined });
    return this.#importedFunctions + this.#functions.length - 1;
  }

  define(index: number, code: Code): void {
    this.#functions[index - this.#importedFunctions].code = code;
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  build(): Uint8Array {
    const out: (number[] | Uint8Array)[] = [[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]];
    const section = (id: number, entries: readonly (number[] | Uint8Array)[]): void => {
      const count: number[] = [];
      unsignedLeb(count, entries.length);
      const head = [id];
      unsignedLeb(
        head,
        entries.reduce((sum, entry) => sum + entry.length, count.length),
      );
      out.push(head, count, ...entries);
    };
    section(
      1,
      this.#types.map((s) => {
        const entry = [0x60];
        unsignedLeb(entry, s.parameters.length);
        for (const type of s.parameters) entry.push(typeByte[type]);
        unsignedLeb(entry, s.results.length);
        for (const type of s.results) entry.push(typeByte[type]);
        return entry;
      }),
    );
    section(2, this.#imports);
    section(
      3,
      this.#functions.map((f) => {
        const entry: number[] = [];
        unsignedLeb(entry, f.type);
        return entry;
      }),
    );
    section(
      7,
      this.#exports.map((e) => {
        const entry = [...ascii(e.name), 0x00];
        unsignedLeb(entry, e.index);
        return entry;
      }),
    );
    section(
      10,
      this.#functions.map((f) => {
        if (!f.code) throw new Error('a declared WebAssembly function has no body');
        return f.code.encode();
      }),
    );
    return joined(out);
  }
}
