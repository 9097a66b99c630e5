import type { Diagnostics } from '../diagnostics';
import type { Evaluator } from '../expression/evaluate';
import { type Expression, Op } from '../expression/expression';
import { Limits } from '../limits';
import { ItemKind, type Statement } from './item';
import { dependsOnPlace, type Layout } from './layout';
import type { Section } from './section';
import type { ProgramSymbol } from './symbol';

/**
 * The sizing passes after the second. NASM goes over the whole source in each; here only the items whose size or value
 * can still change are looked at, in NASM's order and with NASM's view of the world: labels before an item have this
 * pass's values, labels after it the last pass's. So the result is NASM's, pass for pass.
 *
 * The items are kept in flat arrays: what lies between two of them never changes and is one number.
 */
export class Relaxation {
  private readonly items: Statement[] = [];
  private readonly section: Int32Array;
  /** Bytes between the end of the one before in the same section and this one. */
  private readonly gap: Int32Array;
  private readonly ends: Int32Array;
  /** Branches: the target is `ends[anchor] + distance` (or `distance`, where the anchor is -1). -2: not a plain branch. */
  private readonly targetAnchor: Int32Array;
  private readonly targetDistance: Int32Array;
  private readonly shortLength: Uint8Array;
  private readonly nearLength: Uint8Array;
  /** Labels that move with an item. */
  private readonly anchored: ProgramSymbol[] = [];

  constructor(
    all: readonly Statement[],
    /** Statements in which a symbol was not known yet. */
    uncertain: ReadonlySet<Statement>,
    private readonly sections: readonly Section[],
    private readonly layout: Layout,
    private readonly evaluator: Evaluator,
    private readonly diagnostics: Diagnostics,
  ) {
    const stable = new StableSymbols(all);
    for (let i = 0; i < all.length; i++) {
      const item = all[i]!;
      if (isActive(item, i, stable)) this.items.push(item);
      else item.settled = !uncertain.has(item) && isSettled(item, i, stable);
    }
    const n = this.items.length;
    this.section = new Int32Array(n);
    this.gap = new Int32Array(n);
    this.ends = new Int32Array(n);
    this.targetAnchor = new Int32Array(n).fill(-2);
    this.targetDistance = new Int32Array(n);
    this.shortLength = new Uint8Array(n);
    this.nearLength = new Uint8Array(n);
    this.anchorAll(all);
    for (let k = 0; k < n; k++) this.aim(k, this.items[k]!);
  }

  /** Finds for every item and label what it moves with. */
  private anchorAll(all: readonly Statement[]): void {
    const index = new Map<Section, number>();
    this.sections.forEach((section, i) => {
      index.set(section, i);
    });
    const last = new Int32Array(this.sections.length).fill(-1);
    let k = 0;
    for (const item of all) {
      const s = index.get(item.section)!;
      const anchor = last[s]!;
      const base = anchor < 0 ? 0 : this.ends[anchor]!;
      const { symbol } = item;
      if (
        symbol &&
        item.kind !== ItemKind.Equ &&
        symbol.section === item.section &&
        symbol.offset === item.offset &&
        anchor >= 0
      ) {
        symbol.distance = item.offset - base;
        symbol.anchor = anchor;
        this.anchored.push(symbol);
      }
      if (item === this.items[k]) {
        this.section[k] = s;
        this.gap[k] = item.offset - base;
        this.ends[k] = item.offset + item.length;
        last[s] = k;
        k++;
      }
    }
  }

  /** Prepares the quick path of a branch to a label, plus or minus a number, of its own section. */
  private aim(k: number, item: Statement): void {
    if (item.branch === 0 || item.times !== undefined) return;
    const target = labelAndNumber(item.slots[0]!.expression);
    if (!target || target.symbol.section !== item.section || !target.symbol.defined) return;
    const { symbol, number } = target;
    if (symbol.kind === 'constant') return;
    const distance = (symbol.anchor < 0 ? Number(symbol.offset) : symbol.distance) + number;
    // Nobody jumps farther than there can be output; 32 bits are enough for what is left.
    if (Math.abs(distance) > Limits.outputBytes) return;
    const shape = this.layout.shapes[item.branch - 1]!;
    this.shortLength[k] = shape.short.bytes.length;
    this.nearLength[k] = shape.near.bytes.length;
    this.targetAnchor[k] = symbol.anchor;
    this.targetDistance[k] = distance;
  }

  /** Runs passes until nothing changes; then labels have their values and items their sizes. */
  run(cancelled: () => boolean): void {
    const { evaluator, layout } = this;
    evaluator.ends = this.ends;
    evaluator.critical = false;
    evaluator.firstPass = false;
    let fewest = Infinity;
    let stalled = 0;
    for (;;) {
      layout.pass++;
      const changed = this.pass();
      if (changed === 0) break;
      if (cancelled()) break;
      if (layout.pass > patientPasses) this.followConstants();
      if (changed < fewest) {
        fewest = changed;
        stalled = 0;
      } else if (++stalled > Limits.stalledPasses) {
        this.diagnostics.frame = undefined;
        this.diagnostics.line = undefined;
        this.diagnostics.error(
          `unable to find valid values for all labels after ${layout.pass} passes; stalled for ${stalled}, giving up.`,
        );
        this.diagnostics.note('Possible causes: recursive EQUs, macro abuse.');
        break;
      }
    }
    for (const symbol of this.anchored) {
      // Defined twice, it is here twice.
      if (symbol.anchor < 0) continue;
      symbol.offset = this.ends[symbol.anchor]! + symbol.distance;
      symbol.anchor = -1;
    }
  }

  /** One pass over the items that may change; gives the number that did. */
  private pass(): number {
    const { items, section, gap, ends, targetAnchor, targetDistance, shortLength, nearLength } = this;
    const at = new Int32Array(this.sections.length);
    let changed = 0;
    this.layout.changes = 0;
    const n = items.length;
    for (let k = 0; k < n; k++) {
      const s = section[k]!;
      const start = (at[s]! + gap[k]!) | 0;
      const anchor = targetAnchor[k]!;
      let end: number;
      if (anchor !== -2) {
        const target = ((anchor < 0 ? 0 : ends[anchor]!) + targetDistance[k]!) | 0;
        const after = (start + shortLength[k]!) | 0;
        const distance = (target - after) | 0;
        end = distance >= -128 && distance <= 127 ? after : (start + nearLength[k]!) | 0;
      } else end = (start + this.general(items[k]!, start)) | 0;
      if (ends[k] !== end) {
        ends[k] = end;
        changed++;
      }
      at[s] = end;
    }
    return changed + this.layout.changes;
  }

  /**
   * In NASM's passes a value goes from one EQU to the one before it, and a chain of n takes n passes. After the first so many,
   * each EQU gets its value from those that it names before the next pass begins: the end is the same.
   */
  private followConstants(): void {
    this.constants ??= dependencyOrder(this.items.filter(({ kind }) => kind === ItemKind.Equ));
    for (const item of this.constants) {
      // It is not defined twice in a pass, it is looked at between two.
      item.symbol!.pass = 0;
      this.general(item, item.offset);
    }
  }

  private constants: readonly Statement[] | undefined;

  private general(item: Statement, start: number): number {
    const { evaluator, layout, diagnostics } = this;
    item.offset = start;
    evaluator.section = item.section;
    evaluator.offset = start;
    diagnostics.frame = item.frame;
    diagnostics.line = item.line;
    diagnostics.warnings = item.mode.warnings;
    layout.resize(item);
    return item.length;
  }
}

/** Passes in which EQUs are looked at in the order of the source alone, as NASM does. */
const patientPasses = 50;

/** EQUs without those whose value hangs on their place, each behind those that it names. */
function dependencyOrder(all: readonly Statement[]): Statement[] {
  const open = new Map<ProgramSymbol, Statement>();
  for (const item of all) if (item.symbol && !namesHere(item.expression!)) open.set(item.symbol, item);
  const order = new Set<Statement>();
  for (const first of [...open.values()]) {
    const path = [first];
    while (path.length > 0) {
      const item = path[path.length - 1]!;
      // Taken off when it is met first, so that a circle ends; put into the order when all that it names is there.
      if (open.delete(item.symbol!))
        eachSymbol(item.expression!, (symbol) => {
          const named = open.get(symbol);
          if (named) path.push(named);
        });
      else {
        path.pop();
        order.add(item);
      }
    }
  }
  return [...order];
}

function eachSymbol(e: Expression, visit: (symbol: ProgramSymbol) => void): void {
  // Chains of operators lean to the left.
  for (let left: Expression | undefined = e; left; left = left.a) {
    if (left.op === Op.Symbol) visit(left.symbol!);
    if (left.b) eachSymbol(left.b, visit);
    if (left.c) eachSymbol(left.c, visit);
  }
}

function namesHere(e: Expression): boolean {
  for (let left: Expression | undefined = e; left; left = left.a) {
    if (left.op === Op.Here || left.op === Op.SectionStart) return true;
    if ((left.b && namesHere(left.b)) || (left.c && namesHere(left.c))) return true;
  }
  return false;
}

/** `label`, `label + 4`, `label - 4`. */
function labelAndNumber(e: Expression): { symbol: ProgramSymbol; number: number } | undefined {
  if (e.op === Op.Symbol) return { symbol: e.symbol!, number: 0 };
  if (e.op !== 43 && e.op !== 45) return undefined;
  const { a, b } = e;
  if (a!.op === Op.Symbol && b!.op === Op.Constant && typeof b!.value === 'number')
    return { symbol: a!.symbol!, number: e.op === 43 ? b!.value : -b!.value };
  return undefined;
}

/** Passes that were made before {@link Relaxation}. */
const passesBefore = 2;

/** Finds what passes have found already, so that no later one can change it. */
class StableSymbols {
  /** The pass that finds a symbol's value. */
  private readonly known = new Map<ProgramSymbol, number>();
  private readonly definitions = new Map<ProgramSymbol, number>();

  constructor(private readonly all: readonly Statement[]) {
    for (let i = 0; i < all.length; i++) {
      const { kind, symbol } = all[i]!;
      if (kind === ItemKind.Equ && symbol) this.definitions.set(symbol, i);
    }
  }

  /** In the statement at `place` stands a number that stays, or an address whose section and not whose offset matters. */
  expression(e: Expression, place: number): boolean {
    return e.fixed || this.foundIn(e, place) <= passesBefore;
  }

  /** The pass in which the value at `place` is right; infinite where addresses decide. */
  private foundIn(whole: Expression, place: number): number {
    let e = whole;
    let pass = 1;
    // Down a chain of operators without recursion.
    while (e.a?.b && e.b && !e.c && !e.fixed) {
      pass = Math.max(pass, this.foundIn(e.b, place));
      if (pass > passesBefore) return pass;
      e = e.a;
    }
    if (e.fixed) return pass;
    if (e.op === Op.Here || e.op === Op.SectionStart) return Number.POSITIVE_INFINITY;
    if (e.op === Op.Symbol) return Math.max(pass, this.symbol(e.symbol!, place));
    if (e.a) pass = Math.max(pass, this.foundIn(e.a, place));
    if (e.b) pass = Math.max(pass, this.foundIn(e.b, place));
    return e.c ? Math.max(pass, this.foundIn(e.c, place)) : pass;
  }

  private depth = 0;

  private symbol(symbol: ProgramSymbol, place: number): number {
    const definition = this.definitions.get(symbol) ?? -1;
    const known = this.known.get(symbol) ?? this.follow(symbol, definition);
    // What stands before its definition gets the value of the pass before.
    return definition >= place ? known + 1 : known;
  }

  private follow(symbol: ProgramSymbol, definition: number): number {
    // What is found out late about a long chain of EQUs is found out by the passes as well.
    if (this.depth > 200) return Number.POSITIVE_INFINITY;
    // A definition that leads back to itself is not stable.
    this.known.set(symbol, Number.POSITIVE_INFINITY);
    const { section } = symbol;
    let pass = section?.kind === 'external' ? 1 : Number.POSITIVE_INFINITY;
    if (definition >= 0) {
      this.depth++;
      pass = this.foundIn(this.all[definition]!.expression!, definition);
      this.depth--;
    } else if (section?.kind === 'absolute' && section.absoluteExpression?.fixed === true && !section.moving)
      pass = passesBefore;
    this.known.set(symbol, pass);
    return pass;
  }

  /** An address of a section plus a number: it has a relocation or fixup, whatever its offset is. */
  address(e: Expression, place: number, depth = 0): boolean {
    if (depth > 50) return false;
    if (e.op === Op.Symbol) {
      const { symbol } = e;
      return symbol!.section?.kind === 'section' && !this.definitions.has(symbol!);
    }
    if (e.op === Op.Here || e.op === Op.SectionStart) return true;
    if (e.op === 43)
      return (
        (this.address(e.a!, place, depth + 1) && this.expression(e.b!, place)) ||
        (this.expression(e.a!, place) && this.address(e.b!, place, depth + 1))
      );
    if (e.op === 45) return this.address(e.a!, place, depth + 1) && this.expression(e.b!, place);
    return false;
  }
}

/** Whether there is nothing in an item that a later pass could find to be otherwise, its label aside. */
function isSettled(item: Statement, place: number, stable: StableSymbols): boolean {
  switch (item.kind) {
    case ItemKind.Label:
    case ItemKind.Data:
    case ItemKind.Reserve:
    case ItemKind.Fill:
    case ItemKind.Prefixes:
      return true;
    case ItemKind.Instruction:
      for (const { expression } of item.slots) if (!stable.expression(expression, place)) return false;
      return true;
    default:
      return false;
  }
}

/** Whether later passes may find another size or value for an item. */
function isActive(item: Statement, place: number, stable: StableSymbols): boolean {
  if (item.failed) return false;
  if (item.times && !stable.expression(item.times, place)) return true;
  if (item.branch > 0) return true;
  switch (item.kind) {
    case ItemKind.Instruction:
      if (dependsOnPlace(item.instruction!)) return true;
      for (const { expression } of item.slots) {
        if (!stable.expression(expression, place) && !stable.address(expression, place)) return true;
      }
      return false;
    case ItemKind.Data:
      return item.variableData;
    case ItemKind.Reserve:
    case ItemKind.Fill:
    case ItemKind.Equ:
    case ItemKind.Absolute:
    case ItemKind.Org:
      return !stable.expression(item.expression!, place);
    default:
      return false;
  }
}
