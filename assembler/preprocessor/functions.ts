import type { Preprocessor } from './preprocessor';

/** `%eval(...)`, `%str(...)` and their relatives. */
export function definePreprocessorFunctions(_pp: Preprocessor): void {}
