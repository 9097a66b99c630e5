import { TokenRange } from '../diagnostics';
import type { Token } from '../source/token';
import type { NameResolver } from './parse';

export type FloatFormat = '8' | '16' | 'b16' | '32' | '64' | '80' | '128';

/** `float daz|nodaz|near|up|down|zero`. */
export interface FloatSettings {
  denormalsAreZero: boolean;
  rounding: 'near' | 'up' | 'down' | 'zero';
}

/** The bytes of a floating-point constant, least significant first; says what is wrong with it itself. */
export function floatBytes(
  token: Token,
  _negative: boolean,
  _format: FloatFormat,
  names: NameResolver,
): Uint8Array | undefined {
  names.diagnostics.error('floating-point constants are not supported yet', new TokenRange(token, token));
  return undefined;
}
