import type { Emitter } from './emitter';

/** The meaning of an instruction: emits its computation. Written once, for the interpreter and the translator. */
export type Semantics = (e: Emitter) => void;
