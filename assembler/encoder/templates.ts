/** Templates by mnemonic, made when first asked for. */
import { instructions } from '../../isa/table';
import type { TemplateSet } from './template';
import { TemplateCompiler } from './template-compiler';

const compiled = new Map<string, TemplateSet | undefined>();

/** Templates of a mnemonic in lower case, by number of operands; `undefined` if there is no such instruction. */
export function templatesFor(mnemonic: string): TemplateSet | undefined {
  const known = compiled.get(mnemonic);
  if (known !== undefined) return known;
  const own = instructions.get(mnemonic)?.forms;
  if (own === undefined) return undefined;
  const made = new TemplateCompiler(mnemonic).compile(own);
  compiled.set(mnemonic, made);
  return made;
}
