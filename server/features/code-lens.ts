/** `Run | Debug` above the first line of a program that a machine can boot. */

import type { CodeLens, CodeLensParams } from 'vscode-languageserver';
import type { Program } from '../model/programs';
import { keyOf } from '../model/uri';
import type { Context } from './context';

/** A multiboot header's magic (1 and 2), little-endian, is looked for where a loader would: 4-byte aligned at the front. */
const MULTIBOOT_MAGIC = [0x1badb002, 0xe85250d6];
const MULTIBOOT_SEARCH = 32768;

/** Whether the assembled program is something that boots: a boot sector, or one with a multiboot header. */
export function isBootable(output: Uint8Array): boolean {
  if (output.length >= 512 && output[510] === 0x55 && output[511] === 0xaa) return true;
  const bytes = new DataView(output.buffer, output.byteOffset, output.byteLength);
  for (let at = 0; at + 4 <= Math.min(output.length, MULTIBOOT_SEARCH); at += 4) {
    if (MULTIBOOT_MAGIC.includes(bytes.getUint32(at, true))) return true;
  }
  return false;
}

function canRun(program: Program): boolean {
  const output = program.analysis?.result.output;
  return output !== undefined && program.analysis?.format === 'bin' && isBootable(output);
}

export async function codeLens(context: Context, params: CodeLensParams): Promise<CodeLens[]> {
  const file = keyOf(params.textDocument.uri);
  await context.settled;
  if (!context.programs.settings.codeLens) return [];
  const program = await context.programs.programOf(file);
  if (program.root !== file) return [];
  await context.programs.view(program);
  if (!canRun(program)) return [];
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  const { uri } = params.textDocument;
  return [
    { range, command: { title: '$(play) Run', command: 'ringside.runFile', arguments: [uri] } },
    { range, command: { title: '$(debug-alt) Debug', command: 'ringside.debugFile', arguments: [uri] } },
  ];
}
