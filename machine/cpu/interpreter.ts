import type { Form } from '../../isa/form';
import { Code, type Label, type LocalExpr } from '../wasm/code';
import {
  add,
  and,
  call,
  type Expr,
  eq,
  eqz,
  i32,
  i64,
  leS,
  load,
  loadAt,
  ne,
  or,
  shl,
  shrU,
  sub,
  wrap,
} from '../wasm/expr';
import { ModuleBuilder } from '../wasm/module';
import { codeStore, type Endings, InterpreterEmitter, type SlowPaths } from './interpreter-emitter';
import { Record as DecodedRecord, FetchTlb, Handler, Leave, State } from './layout';
import { isString, semanticsOf } from './semantics/table';

/** An instruction form in one of its shapes: what one handler interprets. */
interface Variant {
  form: Form;
  memory: boolean;
  repeat: 0 | 0xf2 | 0xf3;
}

/** Mnemonics whose handlers stand in the loop itself; the others are called. */
const inlined = new Set(
  'mov add sub cmp test and or xor inc dec lea push pop call ret jmp movzx movsx shl shr sar nop imul'.split(' '),
);
const inlineSizes = new Set([0, 8, 32, 64]);

/** What the next instruction's handler is passed over for. A region that could not do its next instruction returns Region. */
export const Skip = { Nothing: 0, Region: 1, Breakpoint: 2 } as const;

/** What an out-of-line handler returns. */
const Result = { Next: 0, Fault: 1, Near: 2, Far: 3, Again: 4 } as const;

/**
 * Tier 0: the interpreter as one WebAssembly function, made by running every instruction's emitter once with operands read
 * from decoded records. Dispatch is one `br_table`; hot forms stand inline, the others in functions that it calls.
 */
export class InterpreterModule {
  readonly bytes: Uint8Array;
  readonly #handlers = new Map<string, number>();

  /** @param image the module's binary, if it was generated before from the same table; else it is generated */
  constructor(forms: readonly Form[], image: Uint8Array | undefined) {
    const variants: Variant[] = [];
    for (const form of forms) {
      if (form.encodeOnly || !semanticsOf(form)) continue;
      if (isString(form)) for (const repeat of [0, 0xf2, 0xf3] as const) variants.push({ form, memory: true, repeat });
      else for (const memory of shapes(form)) variants.push({ form, memory, repeat: 0 });
    }
    variants.forEach((variant, i) => {
      this.#handlers.set(key(variant.form, variant.memory, variant.repeat), Handler.first + i);
    });
    this.bytes = image ?? build(variants);
  }

  /** The handler of a form in a shape; `Handler.Helper` where its meaning is in TypeScript. */
  handlerOf(form: Form, memory: boolean, repeat: 0 | 0xf2 | 0xf3): number {
    return this.#handlers.get(key(form, memory, repeat)) ?? Handler.Helper;
  }
}

const key = (form: Form, memory: boolean, repeat: number): string => `${form.id}/${memory ? 1 : 0}/${repeat}`;

/** Whether the form's `rm` operand is a register, memory, or either. */
function shapes(form: Form): boolean[] {
  if (form.operands.some((kind) => /^(rm|xmmm|mmm|r\d+m)/.test(kind))) return [false, true];
  return [form.operands.some((kind) => /^(m\d*|moffs\d+)$/.test(kind))];
}

function build(variants: readonly Variant[]): Uint8Array {
  const module = new ModuleBuilder();
  const slow: SlowPaths = {
    load: module.importFunction('load', ['i32', 'i32', 'i32'], ['i32']),
    loadForModify: module.importFunction('loadForModify', ['i32', 'i32', 'i32'], ['i32']),
    store: module.importFunction('store', ['i32', 'i32', 'i32', 'i32', 'i32'], []),
    checkSegment: module.importFunction('checkSegment', ['i32', 'i32', 'i32', 'i32', 'i32'], []),
    raise: module.importFunction('raise', ['i32', 'i32'], []),
    codeStore: -1, // imports come first
  };
  /** Decodes at State.offset: the record to execute, or 0 to look at the state again. */
  const decode = module.importFunction('decode', [], ['i32']);
  /** Finds the code table of the page: sets State.codeTable, or changes RIP by a fault. 1 = leave the loop. */
  const fetch = module.importFunction('fetch', [], ['i32']);
  /** Runs a TypeScript instruction; RIP and State.remaining are up to date after it. 1 = leave the loop. */
  const helper = module.importFunction('helper', ['i32'], ['i32']);
  /** Delivers the noted exception. 1 = leave the loop. */
  const deliver = module.importFunction('deliver', [], ['i32']);
  module.importMemory();
  module.importTable();
  const regionType = module.type(['i32'], ['i32']);
  slow.codeStore = module.declare(['i64', 'i32'], ['i32']);
  module.define(slow.codeStore, codeStore());
  const outOfLine = new Map<Variant, number>();
  for (const variant of variants) {
    if (!isInlined(variant)) outOfLine.set(variant, module.declare(['i32', 'i32'], ['i32']));
  }
  const run = module.declare(['i32'], []);
  module.define(run, buildLoop(variants, outOfLine, slow, { decode, fetch, helper, deliver, regionType }));
  for (const [variant, index] of outOfLine) module.define(index, buildFunction(variant, slow));
  module.export('run', run);
  module.export('codeStore', slow.codeStore);
  return module.build();
}

const isInlined = ({ form, repeat }: Variant): boolean =>
  repeat === 0 &&
  (inlined.has(form.mnemonic) || (form.mnemonic.startsWith('j') && form.operands[0]?.startsWith('rel') === true)) &&
  inlineSizes.has(form.opcode.operandSize);

/** A handler in a function of its own: (record, offset) -> what comes next. */
function buildFunction({ form, memory, repeat }: Variant, slow: SlowPaths): Code {
  const code = new Code(['i32', 'i32']);
  const endings: Endings = {
    fault: () => code.return(i32(Result.Fault)),
    near: (offset) => {
      code.storeAt(32, State.offset, offset);
      code.return(i32(Result.Near));
    },
    far: () => code.return(i32(Result.Far)),
    again: () => code.return(i32(Result.Again)),
    beforeSlow: () => code.storeAt(32, State.offset, code.parameter(1)), // the caller stored what remains
    checkBoundary: () => {}, // the caller looks
  };
  const emitter = new InterpreterEmitter(
    code,
    form,
    memory,
    repeat,
    code.parameter(0),
    code.parameter(1),
    slow,
    endings,
  );
  semanticsOf(form)!(emitter);
  code.push(i32(Result.Next));
  return code;
}

interface LoopImports {
  decode: number;
  fetch: number;
  helper: number;
  deliver: number;
  regionType: number;
}

/** `run(skip)`: interprets until something makes it leave. `skip` is one of {@link Skip}, for the first instruction. */
function buildLoop(
  variants: readonly Variant[],
  outOfLine: Map<Variant, number>,
  slow: SlowPaths,
  imports: LoopImports,
): Code {
  const code = new Code(['i32']);
  const skip = code.parameter(0);
  const offset = code.local('i32');
  const table = code.local('i32');
  const remaining = code.local('i32');
  const record = code.local('i32');
  const handler = code.local('i32');
  const result = code.local('i32');

  const spill = (): void => {
    code.storeAt(32, State.offset, offset);
    code.storeAt(32, State.remaining, remaining);
  };
  const leave = (reason: number): void => {
    spill();
    code.storeAt(32, State.leave, i32(reason));
    code.return();
  };
  /** Counts a taken branch's target; leaves when it became hot. The offset is that of the target already. */
  const warm = (): void => {
    code.set(record, load(32, add(table, shl(offset, i32(2)))));
    const heat = code.let(add(load(16, record, DecodedRecord.heat), i32(1)));
    code.store(16, record, heat, DecodedRecord.heat);
    code.if(eq(heat, loadAt(32, State.heatThreshold)), () => leave(Leave.Hot));
  };

  /** Takes the handler behind a region's entry or, where the caller of `run` asked for it, behind a breakpoint. */
  const passOver = (): void => {
    code.if(or(eq(handler, i32(Handler.Region)), eq(skip, i32(Skip.Breakpoint))), () =>
      code.set(handler, load(16, record, DecodedRecord.interpret)),
    );
    code.set(skip, i32(0));
  };

  // refetch: everything from the state
  code.loop((refetch) => {
    code.set(offset, loadAt(32, State.offset));
    code.set(table, loadAt(32, State.codeTable));
    code.set(remaining, loadAt(32, State.remaining));
    code.if(eqz(table), () => {
      findTable(code, table, imports.fetch, refetch);
      code.scoped(warm);
    });
    // dispatch: the next instruction; execute: with its handler chosen
    code.loop((dispatch) => {
      code.if(leS(remaining, i32(0)), () => leave(Leave.Slice));
      code.set(record, load(32, add(table, shl(offset, i32(2)))));
      code.set(handler, load(16, record, DecodedRecord.handler));
      // what is not decoded yet is skipped once it is
      code.if(and(ne(skip, i32(0)), ne(record, i32(0))), passOver);
      code.loop((execute) => {
        code.block((retire) => {
          code.block((jumped) => {
            code.block((far) => {
              code.block((fault) => {
                const special = [
                  () => {
                    // Decode
                    spill();
                    code.set(record, call(imports.decode, 'i32'));
                    code.if(eqz(record), () => {
                      code.if(loadAt(32, State.fault), () => code.br(fault));
                      code.br(refetch);
                    });
                    code.set(handler, load(16, record, DecodedRecord.handler));
                    code.if(skip, passOver);
                    code.br(execute);
                  },
                  () => {
                    // Region: 0 = go on anywhere, 1 = the next instruction must be interpreted
                    spill();
                    code.callIndirect(imports.regionType, shrU(load(32, record, DecodedRecord.region), i32(8)), [
                      and(load(32, record, DecodedRecord.region), i32(0xff)),
                    ]);
                    code.bytes.push(0x21, skip.index);
                    code.br(refetch);
                  },
                  () => leave(Leave.Breakpoint),
                  () => {
                    // Helper
                    spill();
                    code.if(call(imports.helper, 'i32', record), () => {
                      code.storeAt(32, State.leave, i32(Leave.Stop));
                      code.return();
                    });
                    code.br(refetch);
                  },
                ];
                const handlers = variants.map((variant) => () => {
                  code.scoped(() => {
                    const called = outOfLine.get(variant);
                    if (called !== undefined)
                      callHandler(code, called, {
                        record,
                        offset,
                        result,
                        remaining,
                        retire,
                        jumped,
                        far,
                        fault,
                        dispatch,
                      });
                    else
                      inlineHandler(code, variant, {
                        record,
                        offset,
                        slow,
                        retire,
                        jumped,
                        far,
                        fault,
                        dispatch,
                        remaining,
                      });
                  });
                });
                code.nestedBlocks((labels) => code.brTable(handler, labels, labels[0]), [...special, ...handlers]);
              });
              // fault
              code.set(skip, i32(0));
              spill();
              code.if(call(imports.deliver, 'i32'), () => {
                code.storeAt(32, State.leave, i32(Leave.Stop));
                code.return();
              });
              code.br(refetch);
            });
            // far: RIP and an empty code table are in the state
            code.set(remaining, sub(remaining, i32(1)));
            code.storeAt(32, State.remaining, remaining);
            code.br(refetch);
          });
          // jumped: `offset` is that of the target
          code.set(remaining, sub(remaining, i32(1)));
          code.scoped(warm);
          code.br(dispatch);
        });
        // retire
        code.set(offset, add(offset, load(8, record, DecodedRecord.length)));
        code.set(remaining, sub(remaining, i32(1)));
        code.br(dispatch);
      });
    });
  });
  return code;
}

interface HandlerContext {
  record: LocalExpr;
  offset: LocalExpr;
  remaining: LocalExpr;
  retire: Label;
  jumped: Label;
  far: Label;
  fault: Label;
  dispatch: Label;
}

function callHandler(code: Code, index: number, c: HandlerContext & { result: LocalExpr }): void {
  code.storeAt(32, State.remaining, c.remaining);
  code.set(c.result, call(index, 'i32', c.record, c.offset));
  code.set(c.remaining, loadAt(32, State.remaining)); // a repeated instruction may have retired many times
  endAtBoundary(code, c.remaining);
  code.brIf(c.retire, eqz(c.result));
  code.brIf(c.fault, eq(c.result, i32(Result.Fault)));
  code.brIf(c.far, eq(c.result, i32(Result.Far)));
  code.if(eq(c.result, i32(Result.Again)), () => {
    code.storeAt(32, State.iteration, c.remaining);
    code.set(c.remaining, sub(c.remaining, i32(1)));
    code.br(c.dispatch);
  });
  code.set(c.offset, loadAt(32, State.offset));
  code.br(c.jumped);
}

function inlineHandler(code: Code, { form, memory, repeat }: Variant, c: HandlerContext & { slow: SlowPaths }): void {
  const endings: Endings = {
    fault: () => code.br(c.fault),
    near: (target: Expr) => {
      code.set(c.offset, target);
      code.br(c.jumped);
    },
    far: () => code.br(c.far),
    again: () => code.br(c.dispatch),
    beforeSlow: () => {
      code.storeAt(32, State.offset, c.offset);
      code.storeAt(32, State.remaining, c.remaining);
    },
    checkBoundary: () => endAtBoundary(code, c.remaining),
  };
  semanticsOf(form)!(new InterpreterEmitter(code, form, memory, repeat, c.record, c.offset, c.slow, endings));
  code.br(c.retire);
}

/** Cuts the slice to the present instruction if a slow path asked for it. */
function endAtBoundary(code: Code, remaining: LocalExpr): void {
  code.if(loadAt(32, State.boundary), () => {
    code.storeAt(32, State.boundary, i32(0));
    code.storeAt(32, State.cut, add(loadAt(32, State.cut), sub(remaining, i32(1))));
    code.set(remaining, i32(1));
  });
}

/** The code table of the page at State.linearPage: from the instruction TLB, else by `fetch`. */
function findTable(code: Code, table: LocalExpr, fetch: number, refetch: Label): void {
  code.scoped(() => {
    const page = code.let(loadAt(64, State.linearPage));
    const entry = code.let(
      shl(and(wrap(shrU(page, i64(12))), i32(FetchTlb.entries - 1)), i32(Math.log2(FetchTlb.entrySize))),
    );
    code.if(
      eq(load(64, entry, FetchTlb.base + FetchTlb.tag), or(page, loadAt(64, State.fetchContext))),
      () => {
        code.set(table, load(32, entry, FetchTlb.base + FetchTlb.table));
        code.storeAt(32, State.codeTable, table);
      },
      () => {
        code.if(call(fetch, 'i32'), () => {
          code.storeAt(32, State.leave, i32(Leave.Stop));
          code.return();
        });
        code.br(refetch);
      },
    );
  });
}
