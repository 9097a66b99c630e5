import { nearest } from '../program/suggest';
import { conditionNames, type Directive } from './conditions';
import { defineDirectives } from './define-directives';
import { fileDirectives } from './file-directives';
import { macroDirectives } from './macro-directives';
import { stringDirectives } from './string-directives';

/** Handlers of the directives by name, in lower case with the `%`; conditionals stand in conditions.ts. */
export const directives: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ...defineDirectives,
  ...stringDirectives,
  ...macroDirectives,
  ...fileDirectives,
]);

/** The directive that a misspelt one may have meant. */
export function suggestDirective(word: string): string | undefined {
  return nearest(word.toLowerCase(), [...directives.keys(), ...conditionNames()]);
}
