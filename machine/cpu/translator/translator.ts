import { Code, type Label } from '../../wasm/code';
import { add, and, type Expr, eq, i32, load, ltS, shl, shrU, sub, wrap } from '../../wasm/expr';
import { ModuleBuilder } from '../../wasm/module';
import type { CodePage, Region } from '../code-cache';
import { Record as DecodedRecord, Handler, PAGE_MASK, PAGE_SIZE, State } from '../layout';
import { type Processor, REGION_SLOTS, type RegionTranslator } from '../processor';
import { semanticsOf } from '../semantics/table';
import { isNearBranch } from '../system/branch-limits';
import { type Block, type BlockGraph, findBlocks } from './blocks';
import { edgeKey, type Graph, type Structure, structure } from './structure';
import { linearOf, pageOf, RegionLocals, TranslatorEmitter } from './translator-emitter';

const BITS = [16, 32, 64] as const;

/** Tier 1: makes WebAssembly functions of hot regions of a page, by the interpreter's own emitters. */
export class Translator implements RegionTranslator {
  readonly #free: number[] = [];
  readonly #alive: Region[] = [];
  /** For the statistics: regions made and instructions in them. */
  regions = 0;
  instructions = 0;

  constructor(readonly processor: Processor) {
    for (let slot = REGION_SLOTS - 1; slot > 0; slot--) this.#free.push(slot);
    processor.code.onDropRegion = (region) => {
      processor.table.set(region.slot, null);
      this.#free.push(region.slot);
      const at = this.#alive.indexOf(region);
      if (at >= 0) this.#alive.splice(at, 1);
    };
  }

  translate(page: CodePage, offset: number): boolean {
    const { processor } = this;
    const { state, code } = processor;
    let flushed = false;
    const graph = findBlocks(offset, (at) => {
      if (flushed) return undefined;
      try {
        const record = code.recordAt(page, at) || processor.decodeAt(page, at);
        if (record === undefined) flushed = true;
        if (!record || code.recordAt(page, at) !== record) return undefined;
        const decoded = code.decodedOf(record);
        const handler = state.u16[(record + DecodedRecord.handler) >>> 1];
        // a branch that must not be taken as it stands is left to the interpreter
        if (handler === Handler.Breakpoint || (handler === Handler.Helper && isNearBranch(decoded))) return undefined;
        return decoded;
      } catch {
        return undefined; // it will fault when it runs
      }
    });
    if (flushed) return false;
    const start = graph.blocks.get(offset)!;
    if (start.instructions.length === 0) return false;
    const oldest = this.#alive[0];
    if (this.#free.length === 0 && oldest) code.dropRegions(oldest.owner, 0, PAGE_SIZE - 1);
    const slot = this.#free.pop();
    if (slot === undefined) return false;
    const mode = { code: BITS[Math.floor((page.mode % 9) / 3)], stack: BITS[page.mode % 3] };
    const made = new RegionBuilder(graph, page, slot, mode).build();
    const imports = { memory: processor.linear, codeStore: processor.codeStore };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(made.bytes), { e: imports });
    processor.table.set(slot, instance.exports.region);
    const region: Region = { slot, owner: page, covers: made.covers, entries: made.entries };
    made.entries.forEach((at, entry) => {
      const record = code.recordAt(page, at);
      if (record === 0 || graph.blocks.get(at)!.instructions.length === 0) return;
      state.u32[(record + DecodedRecord.region) >>> 2] = (slot << 8) | entry;
      if (state.u16[(record + DecodedRecord.handler) >>> 1] !== Handler.Breakpoint) {
        state.u16[(record + DecodedRecord.handler) >>> 1] = Handler.Region;
      }
    });
    code.addRegion(region);
    this.#alive.push(region);
    this.regions++;
    for (const block of graph.blocks.values()) this.instructions += block.instructions.length;
    return true;
  }
}

/** Builds the function of one region. */
class RegionBuilder {
  readonly #code = new Code(['i32']);
  readonly #locals = new RegionLocals(this.#code);
  readonly #status = this.#code.local('i32');
  /** Blocks by node number; node 0 is the dispatcher. */
  readonly #nodes: (Block | undefined)[] = [undefined];
  readonly #numbers = new Map<number, number>();
  readonly #structure: Structure;
  readonly #entries: number[];
  readonly #labels = new Map<number, Label>();
  #dispatch!: Label;
  #side!: Label;
  #near!: Label;
  #far!: Label;

  constructor(
    graph: BlockGraph,
    readonly page: CodePage,
    readonly slot: number,
    readonly mode: { code: 16 | 32 | 64; stack: 16 | 32 | 64 },
  ) {
    for (const block of graph.blocks.values()) {
      this.#numbers.set(block.start, this.#nodes.length);
      this.#nodes.push(block);
    }
    const flow: Graph = {
      successors: this.#nodes.map((block) => (block ? this.#successors(block) : [])),
      entries: new Set([...graph.entries].map((offset) => this.#numbers.get(offset)!)),
    };
    this.#structure = structure(flow);
    this.#entries = [...flow.entries];
  }

  #successors(block: Block): number[] {
    const { terminator } = block;
    const offsets =
      terminator.kind === 'next'
        ? [terminator.next]
        : terminator.kind === 'branch'
          ? [terminator.taken, terminator.next]
          : [];
    const numbers = offsets.map((offset) => (offset === undefined ? undefined : this.#numbers.get(offset)));
    return [...new Set(numbers.filter((n) => n !== undefined))];
  }

  build(): { bytes: Uint8Array; covers: Uint8Array; entries: number[] } {
    const code = this.#code;
    code.block((far) => {
      this.#far = far;
      code.block((near) => {
        this.#near = near;
        code.block((side) => {
          this.#side = side;
          code.loop((dispatch) => {
            this.#dispatch = dispatch;
            this.#within(0, this.#mergesOf(0));
          });
          code.unreachable();
        });
        const { site, remaining } = this.#locals;
        code.storeAt(32, State.offset, and(site, i32(0x1fff)));
        code.set(remaining, add(remaining, shrU(site, i32(13))));
        code.set(this.#status, i32(1));
        code.br(far);
      });
      code.storeAt(32, State.offset, this.#locals.site);
      // no code table: the loop then counts the heat of where it goes
      code.storeAt(32, State.codeTable, i32(0));
    });
    this.#locals.leave();
    code.push(this.#status);
    code.prologue(() => this.#locals.enter());

    const module = new ModuleBuilder();
    module.importFunction('codeStore', ['i64', 'i32'], ['i32']); // number CODE_STORE
    module.importMemory();
    const index = module.declare(['i32'], ['i32']);
    module.define(index, code);
    module.export('region', index);
    return {
      bytes: module.build(),
      covers: this.#covers(),
      entries: this.#entries.map((node) => this.#nodes[node]!.start),
    };
  }

  #covers(): Uint8Array {
    const covers = new Uint8Array(PAGE_SIZE / 8);
    for (const block of this.#nodes) {
      for (const { offset, decoded } of block?.instructions ?? []) {
        for (let i = offset; i < offset + decoded.length && i < PAGE_SIZE; i++) covers[i >> 3] |= 1 << (i & 7);
      }
    }
    return covers;
  }

  // ---------------------------------------------------------------- structure

  /** Merge nodes that a node dominates, last in order first: the outermost block is that of the last. */
  #mergesOf(node: number): number[] {
    const { children, mergeNodes, order } = this.#structure;
    return children[node].filter((child) => mergeNodes.has(child)).sort((a, b) => order[b] - order[a]);
  }

  #tree(node: number): void {
    if (!this.#structure.loopHeaders.has(node)) {
      this.#within(node, this.#mergesOf(node));
      return;
    }
    this.#code.loop((label) => {
      const outer = this.#labels.get(node);
      this.#labels.set(node, label);
      this.#locals.known = undefined;
      this.#within(node, this.#mergesOf(node));
      if (outer) this.#labels.set(node, outer);
      else this.#labels.delete(node);
    });
  }

  #within(node: number, merges: readonly number[]): void {
    const [first, ...rest] = merges;
    if (first === undefined) {
      this.#emitNode(node);
      return;
    }
    this.#code.block((label) => {
      this.#labels.set(first, label);
      this.#within(node, rest);
      this.#labels.delete(first);
    });
    this.#locals.known = undefined;
    this.#tree(first);
  }

  #emitNode(node: number): void {
    if (node === 0) {
      const labels = this.#entries.map((entry) => this.#labels.get(entry)!);
      this.#code.brTable(this.#code.parameter(0), labels, labels[0]);
      return;
    }
    this.#emitBlock(node, this.#nodes[node]!);
  }

  /** Goes from a node to the block at an offset, or out. */
  #goto(from: number, offset: number): void {
    const to = this.#numbers.get(offset);
    const code = this.#code;
    if (to === undefined) {
      this.#leaveTo(offset);
      return;
    }
    if (this.#structure.dispatched.has(edgeKey(from, to))) {
      code.set(code.parameter(0), i32(this.#entries.indexOf(to)));
      code.br(this.#dispatch);
      return;
    }
    const label = this.#labels.get(to);
    if (label) code.br(label);
    else this.#tree(to);
  }

  // ---------------------------------------------------------------- leaving

  #leaveTo(offset: number): void {
    const code = this.#code;
    if (offset >= 0 && offset < PAGE_SIZE) {
      code.set(this.#locals.site, i32(offset));
      code.br(this.#near);
      return;
    }
    const linear = code.let(add(this.#locals.linearPage, { kind: 'i64', type: 'i64', value: BigInt(offset) }));
    this.#leaveFar(
      this.mode.code === 64 ? linear : code.let(and(linear, { kind: 'i64', type: 'i64', value: 0xffffffffn })),
    );
  }

  #leaveFar(linear: Expr): void {
    const code = this.#code;
    code.storeAt(64, State.linearPage, pageOf(linear));
    code.storeAt(32, State.offset, and(wrap(linear), i32(PAGE_MASK)));
    code.storeAt(32, State.codeTable, i32(0));
    code.br(this.#far);
  }

  #sideExit(offset: number, undone: number): void {
    this.#code.set(this.#locals.site, i32(offset | (undone << 13)));
    this.#code.br(this.#side);
  }

  /** A target known only now: an entry of this region, elsewhere in the page, or another page. */
  #dynamic(ip: Expr): void {
    const code = this.#code;
    const linear = code.let(linearOf(this.mode, ip));
    const inPage = code.let(and(wrap(linear), i32(PAGE_MASK)));
    code.if(
      eq(pageOf(linear), this.#locals.linearPage),
      () => {
        const record = load(32, shl(inPage, i32(2)), this.page.table);
        const region = code.let(load(32, record, DecodedRecord.region));
        code.if(
          eq(shrU(region, i32(8)), i32(this.slot)),
          () => {
            code.set(code.parameter(0), and(region, i32(0xff)));
            code.br(this.#dispatch);
          },
          () => {
            code.set(this.#locals.site, inPage);
            code.br(this.#near);
          },
        );
      },
      () => this.#leaveFar(linear),
    );
    code.unreachable();
  }

  // ---------------------------------------------------------------- code

  #emitBlock(node: number, block: Block): void {
    const code = this.#code;
    const count = block.instructions.length;
    const { remaining } = this.#locals;
    if (count > 0) {
      code.if(ltS(remaining, i32(count)), () => this.#sideExit(block.start, 0));
      code.set(remaining, sub(remaining, i32(count)));
    }
    block.instructions.forEach(({ offset, decoded }, i) => {
      code.scoped(() => {
        const emitter = new TranslatorEmitter(code, decoded, offset, this.mode, this.#locals, {
          side: () => this.#sideExit(offset, count - i),
          goto: (target) => this.#goto(node, target),
          dynamic: (ip) => this.#dynamic(ip),
        });
        semanticsOf(decoded.form)!(emitter);
      });
    });
    const { terminator } = block;
    if (terminator.kind === 'next') this.#goto(node, terminator.next);
    else if (terminator.kind === 'interpret') this.#sideExit(terminator.at, 0);
  }
}
