/**
 * Which program each file belongs to, and what assembling it told. An included file is analysed as part of a program that
 * includes it. Assembling is bounded in time and never runs for every keystroke.
 */

import type { AssembleOptions, AssembleResult, SourceReader } from '../../assembler/api';
import { Assembled } from './assembled';
import type { Files } from './files';
import { ProgramView } from './program-view';
import type { Settings } from './settings';
import { baseName, folderOf } from './uri';

/** After so long the assembler is told to give up: an editor waits for the server meanwhile. */
const DEADLINE_MS = 3000;
/** A program that took longer is not assembled just because somebody hovers; what is known from before is used. */
const SLOW_MS = 400;
const SHORTEST_DELAY_MS = 120;
const LONGEST_DELAY_MS = 2000;
/** Files whose names come out of macros are found one level of inclusion at a time. */
const MOST_ROUNDS = 12;

/** The assembler; a parameter so that tests can pass one that is slow or broken. */
export interface Assemble {
  (file: string, source: string, options: AssembleOptions, reader: SourceReader): AssembleResult;
  /** Nobody has the program open any more. */
  forget?(file: string): void;
}

export interface Analysis {
  result: AssembleResult;
  format: AssembleOptions['format'];
  /** Of all files that the result depends on. */
  stamps: ReadonlyMap<string, string>;
  milliseconds: number;
  /** What went wrong inside the assembler, if it did: a bug, not the user's mistake. */
  failure?: string;
}

export class Program {
  /** The root first. */
  files: string[];
  analysis?: Analysis;
  view?: { view: ProgramView; key: string; analysis: Analysis | undefined };
  running?: Promise<Analysis>;

  constructor(readonly root: string) {
    this.files = [root];
  }
}

export class Programs {
  settings: Settings;
  private readonly programs = new Map<string, Program>();
  /** Sources of the workspace, whether open or not. */
  private readonly known = new Set<string>();
  private readonly includeNames = new Map<string, { stamp: string; names: string[] }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refreshing: Promise<void> | undefined;
  private disposed = false;

  constructor(
    private readonly files: Files,
    private readonly assemble: Assemble,
    settings: Settings,
    /** Called after a program has been assembled anew, or (without analysis) when nobody has it open any more. */
    private readonly analysed: (program: Program, analysis: Analysis | undefined, namesChanged: boolean) => void,
  ) {
    this.settings = settings;
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
  }

  /** Finds the workspace's sources, for who includes whom and for names in files that are not open. */
  async discover(): Promise<void> {
    const keys = await this.files.list();
    this.known.clear();
    for (const key of keys) this.known.add(key);
    for (let i = 0; i < keys.length && !this.disposed; i += 32) await this.files.load(keys.slice(i, i + 32));
    this.changed();
  }

  sources(): string[] {
    return [...new Set([...this.files.openKeys(), ...this.known])];
  }

  fileAppeared(key: string): void {
    this.known.add(key);
  }

  fileGone(key: string): void {
    this.known.delete(key);
  }

  /** Texts or settings have changed: programs of open documents will be assembled when typing pauses. */
  changed(): void {
    if (this.disposed) return;
    clearTimeout(this.timer);
    const slowest = Math.max(0, ...[...this.programs.values()].map((p) => p.analysis?.milliseconds ?? 0));
    const delay = Math.min(Math.max(2 * slowest, SHORTEST_DELAY_MS), LONGEST_DELAY_MS);
    this.timer = setTimeout(() => void this.refresh(), delay);
  }

  /** Assembles what is stale among the programs of open documents, and forgets programs that nobody has open. */
  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    await this.refreshing;
    this.refreshing = this.refreshNow().finally(() => {
      this.refreshing = undefined;
    });
    await this.refreshing;
  }

  private async refreshNow(): Promise<void> {
    const roots = new Set<string>();
    for (const key of this.files.openKeys()) roots.add(await this.rootOf(key));
    for (const [root, program] of this.programs) {
      if (roots.has(root)) continue;
      this.programs.delete(root);
      this.assemble.forget?.(root);
      if (!this.disposed) this.analysed(program, undefined, false);
    }
    for (const root of roots) {
      if (this.disposed) return;
      await this.analyse(this.program(root));
      await new Promise((resolve) => setTimeout(resolve, 0)); // let requests in between
    }
  }

  private program(root: string): Program {
    let program = this.programs.get(root);
    if (!program) {
      program = new Program(root);
      this.programs.set(root, program);
    }
    return program;
  }

  /** The program that the file is seen as a part of. */
  async programOf(key: string): Promise<Program> {
    const program = this.program(await this.rootOf(key));
    await this.loadClosure(program);
    return program;
  }

  /** All programs that contain the file: those that a change in it would touch. */
  async programsWith(key: string): Promise<Program[]> {
    const roots = this.rootsOf(key);
    const programs = roots.map((root) => this.programs.get(root) ?? new Program(root));
    for (const program of programs) await this.loadClosure(program);
    return programs;
  }

  /** The view of the program as its texts are now; assembled now too, unless that takes long. */
  async view(program: Program): Promise<ProgramView> {
    await this.loadClosure(program);
    const quick = (program.analysis?.milliseconds ?? 0) < SLOW_MS;
    if (quick && !this.isFresh(program)) await this.analyse(program).catch(() => undefined);
    return this.viewNow(program);
  }

  /** The same without assembling. */
  viewNow(program: Program): ProgramView {
    const fresh = this.isFresh(program);
    const stamps = program.files.map((file) => this.files.stamp(file));
    const key = [fresh, ...program.files, ...stamps].join('\n');
    const { analysis } = program;
    if (program.view?.key !== key || program.view.analysis !== analysis) {
      const assembled = new Assembled(analysis?.result, fresh);
      program.view = { key, analysis, view: new ProgramView(this.files, program.files, assembled) };
    }
    return program.view.view;
  }

  async viewOf(key: string): Promise<ProgramView> {
    return this.view(await this.programOf(key));
  }

  isFresh(program: Program): boolean {
    if (!program.analysis) return false;
    for (const [file, stamp] of program.analysis.stamps) if (this.files.stamp(file) !== stamp) return false;
    return true;
  }

  /** The source assembled as a program of its own, whoever includes it. */
  async analyseAsProgram(key: string): Promise<Analysis> {
    await this.files.load([key]);
    return this.analyse(this.programs.get(key) ?? new Program(key));
  }

  /** Settings have changed: nothing that was assembled before counts. */
  forgetAll(): void {
    for (const program of this.programs.values()) program.analysis = undefined;
    this.changed();
  }

  /** Assembles the program, unless that has been done for these very texts. */
  async analyse(program: Program): Promise<Analysis> {
    // One that runs already may have begun with an older text.
    if (program.running) await program.running;
    program.running ??= this.analyseNow(program).finally(() => {
      program.running = undefined;
    });
    return program.running;
  }

  private async analyseNow(program: Program): Promise<Analysis> {
    await this.loadClosure(program);
    if (program.analysis && this.isFresh(program)) return program.analysis;
    let analysis: Analysis;
    for (let round = 0; ; round++) {
      const missing = new Set<string>();
      analysis = this.assembleOnce(program, missing);
      if (missing.size === 0 || round === MOST_ROUNDS) break;
      await this.files.load(missing);
      // What turned out to be absent changes nothing.
      if (![...missing].some((key) => this.files.stamp(key) !== '')) break;
    }
    const names = (result: AssembleResult | undefined) => (result?.symbols ?? []).map(({ name }) => name).join(' ');
    const namesChanged = names(program.analysis?.result) !== names(analysis.result);
    program.analysis = analysis;
    for (const file of analysis.result.dependencies) if (!program.files.includes(file)) program.files.push(file);
    if (!this.disposed && this.programs.get(program.root) === program) this.analysed(program, analysis, namesChanged);
    return analysis;
  }

  private assembleOnce(program: Program, missing: Set<string>): Analysis {
    const began = Date.now();
    const format = this.formatOf(program);
    const { includePaths, defines } = this.settings;
    const options: AssembleOptions = {
      format,
      includePaths,
      defines: defines.map((define) => {
        const at = define.indexOf('=');
        return at === -1 ? { name: define, value: '' } : { name: define.slice(0, at), value: define.slice(at + 1) };
      }),
      cancelled: () => Date.now() - began > DEADLINE_MS,
    };
    let result: AssembleResult;
    let failure: string | undefined;
    try {
      const reader = this.files.reader(program.root, missing);
      result = this.assemble(program.root, this.files.text(program.root) ?? '', options, reader);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      result = { diagnostics: [], symbols: [], macros: [], lines: [], dependencies: [], origin: 0 };
    }
    const stamps = new Map<string, string>();
    for (const file of [...program.files, ...result.dependencies]) stamps.set(file, this.files.stamp(file));
    return { result, format, stamps, milliseconds: Date.now() - began, failure };
  }

  private formatOf(program: Program): AssembleOptions['format'] {
    if (this.settings.format !== 'auto') return this.settings.format;
    let linked = false;
    let bits = 64;
    for (const file of program.files) {
      for (const { head, headKind, operands } of this.files.index(file)?.statements ?? []) {
        if (headKind !== 'directive') continue;
        const name = head!.text.toLowerCase();
        if (name === 'org') return 'bin';
        if (name === 'extern' || name === 'global' || name === 'common' || name === 'required') linked = true;
        if (name === 'bits' && operands[0]?.tokens[0]?.text === '32') bits = 32;
      }
    }
    if (!linked) return 'bin';
    return bits === 32 ? 'elf32' : 'elf64';
  }

  /** Reads everything that the program includes, as far as its texts say it. */
  private async loadClosure(program: Program): Promise<void> {
    const { includePaths } = this.settings;
    const found = new Set([program.root]);
    await this.files.load([program.root]);
    for (const file of found) {
      for (const name of this.namesIncludedBy(file)) {
        const candidates = this.files.candidates(name, file, program.root, includePaths);
        await this.files.load(candidates);
        const key = candidates.find((candidate) => this.files.stamp(candidate) !== '');
        if (key !== undefined && found.size < 1000) found.add(key);
      }
    }
    for (const file of program.analysis?.result.dependencies ?? []) found.add(file);
    program.files = [...found].filter((file) => this.files.stamp(file) !== '');
  }

  /** The file that a source of the program means by a name. */
  async linkTarget(file: string, root: string, name: string): Promise<string | undefined> {
    const candidates = this.files.candidates(name, file, root, this.settings.includePaths);
    await this.files.load(candidates);
    return candidates.find((key) => this.files.stamp(key) !== '');
  }

  private namesIncludedBy(key: string): string[] {
    const stamp = this.files.stamp(key);
    const cached = this.includeNames.get(key);
    if (cached && cached.stamp === stamp) return cached.names;
    const names: string[] = [];
    for (const [, , name] of (this.files.text(key) ?? '').matchAll(/^[ \t]*%include[ \t]+(["'`])([^"'`\r\n]+)\1/gim)) {
      names.push(name);
    }
    this.includeNames.set(key, { stamp, names });
    return names;
  }

  /** The known sources that include the file. */
  private includers(key: string): string[] {
    const base = baseName(key);
    return this.sources().filter(
      (source) =>
        source !== key &&
        this.namesIncludedBy(source).some(
          (name) =>
            baseName(name) === base &&
            this.files.candidates(name, source, source, this.settings.includePaths).includes(key),
        ),
    );
  }

  /** The sources that nobody includes and through which the file is reached; the file itself where nobody includes it. */
  private rootsOf(key: string): string[] {
    const roots = new Set<string>();
    const seen = new Set([key]);
    for (const file of seen) {
      const includers = this.includers(file);
      if (includers.length === 0) roots.add(file);
      for (const includer of includers) seen.add(includer);
    }
    // Files that include each other in a circle have no top.
    return roots.size > 0 ? [...roots] : [key];
  }

  /** The program that the file is seen in: one that is open, else one beside it, else the first by name. */
  private async rootOf(key: string): Promise<string> {
    await this.files.load([key]);
    const rank = (root: string) => (this.files.isOpen(root) ? 0 : folderOf(root) === folderOf(key) ? 1 : 2);
    return this.rootsOf(key).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0];
  }
}
