/**
 * What a source may ask for before it gets an error instead: macro bombs and absurd sizes end here, not in a hang.
 * The first group has NASM's own defaults where a hostile source is not the concern there (`nasm --limit-...`).
 */
export const Limits = {
  /** `%rep` count (NASM's default). */
  repetitions: 1_000_000,
  /** Lines that come out of macros, `%rep` and included files before any assembling: some seconds of work. */
  expandedLines: 1_000_000,
  /** The same once something is wrong: a missing file of definitions makes macros do what nobody meant. */
  expandedLinesAfterError: 300_000,
  /** Tokens that arguments and single-line macros put into all lines. */
  expandedTokens: 4_000_000,
  /** The same once something is wrong. */
  expandedTokensAfterError: 2_000_000,
  /** Instructions, data and labels, wherever they come from. */
  statements: 2_000_000,
  /** Multi-line macro calls before control is back in a file (NASM's default). */
  macroCalls: 100_000,
  /** Nesting of multi-line macro calls. */
  macroDepth: 10_000,
  /** Tokens that single-line macros put into one line. */
  lineTokens: 500_000,
  /** Nesting of single-line macros in each other's bodies; each level takes native stack. */
  nestedDefinitions: 1_000,
  /** Nesting of brackets and operators in an expression; each level takes native stack. */
  expressionDepth: 500,
  /** Nesting of `%include` files. */
  includeDepth: 128,
  /** Nesting of `%if` and of the context stack. */
  nesting: 100_000,
  /** Bytes of output, listing and reserved space together. */
  outputBytes: 512 * 1024 * 1024,
  /** Sizing passes without getting nearer to a fixed point (NASM's default). */
  stalledPasses: 1_000,
  /** Lines that passes read again without getting nearer, where `%if` and its like look at addresses. */
  stalledLines: 2_000_000,
  /** Steps into macros that one diagnostic tells of. */
  chain: 100,
  /** Diagnostics of one run; later ones are counted, not kept. */
  diagnostics: 1_000,
} as const;
