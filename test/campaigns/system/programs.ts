/** The guest programs of the system campaign: each prints one line a check on COM1, `name: answer`, and ends with DONE. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assembleFile } from '../../guests';

const FOLDER = join(import.meta.dirname, '../../../machine/cpu/system/guests');
const DISKETTE = 1474560;

export interface Program {
  readonly name: string;
  /** The program on a diskette, as every machine boots it. */
  readonly diskette: Uint8Array;
}

export const programNames: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.asm'))
  .map((file) => file.slice(0, -4));

/** Assembles a program with our assembler. */
export function assembleProgram(name: string): Program {
  const diskette = new Uint8Array(DISKETTE);
  diskette.set(assembleFile(join(FOLDER, `${name}.asm`)));
  return { name, diskette };
}

/**
 * A transcript as its checks, by name: what stands before the last colon. A line without one (DONE) is a check that was got to.
 * Names that come again are numbered.
 */
export function checksOf(transcript: string): Map<string, string> {
  const checks = new Map<string, string>();
  for (const line of transcript.replaceAll('\r', '').split('\n')) {
    if (line === '') continue;
    const colon = line.lastIndexOf(': ');
    const name = colon < 0 ? line : line.slice(0, colon);
    let unique = name;
    for (let n = 2; checks.has(unique); n++) unique = `${name} (${n})`;
    checks.set(unique, colon < 0 ? '' : line.slice(colon + 2));
  }
  return checks;
}
