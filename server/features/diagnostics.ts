/** What the assembler finds wrong, published for every file of a program while it is edited. */

import {
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentDiagnosticParams,
  type PublishDiagnosticsParams,
  type RelatedFullDocumentDiagnosticReport,
} from 'vscode-languageserver';
import type * as assembler from '../../assembler/api';
import type { Files } from '../model/files';
import type { Analysis, Program } from '../model/programs';
import { keyOf } from '../model/uri';
import { type Context, protocolRange } from './context';

/** Kept with a diagnostic for the code action that applies it. */
export interface DiagnosticData {
  suggestion: string;
}

const SEVERITY = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
} as const;

/** Remembers what each program said about each file, because a file can belong to several. */
export class DiagnosticsPublisher {
  private readonly byProgram = new Map<string, Map<string, Diagnostic[]>>();

  constructor(
    private readonly files: Files,
    private readonly publish: (params: PublishDiagnosticsParams) => void,
  ) {}

  /** The program has been assembled, or (without analysis) is no longer looked at. */
  analysed(program: Program, analysis: Analysis | undefined): void {
    const before = this.byProgram.get(program.root);
    const now = analysis && diagnosticsByFile(this.files, program.root, analysis);
    if (now) this.byProgram.set(program.root, now);
    else this.byProgram.delete(program.root);
    for (const file of new Set([...(before?.keys() ?? []), ...(now?.keys() ?? []), ...program.files])) this.send(file);
  }

  private send(file: string): void {
    const all = new Map<string, Diagnostic>();
    for (const byFile of this.byProgram.values()) {
      for (const diagnostic of byFile.get(file) ?? []) {
        const { line, character } = diagnostic.range.start;
        all.set(`${line}:${character}:${diagnostic.message}`, diagnostic);
      }
    }
    const version = this.files.document(file)?.version;
    this.publish({ uri: this.files.uri(file), version, diagnostics: [...all.values()] });
  }
}

function diagnosticsByFile(files: Files, root: string, { result, failure }: Analysis): Map<string, Diagnostic[]> {
  const byFile = new Map<string, Diagnostic[]>();
  const add = (file: string, diagnostic: Diagnostic) => {
    const known = files.stamp(file) !== '' ? file : root;
    const list = byFile.get(known);
    if (list) list.push(diagnostic);
    else byFile.set(known, [diagnostic]);
  };
  for (const diagnostic of result.diagnostics) add(diagnostic.range.file, convert(files, diagnostic));
  if (failure !== undefined) {
    add(root, {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      severity: DiagnosticSeverity.Error,
      source: 'ringside',
      message: `This source could not be assembled because of an error in the assembler itself: ${failure}`,
    });
  }
  for (const list of byFile.values()) {
    list.sort((a, b) => a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character);
  }
  return byFile;
}

function convert(files: Files, diagnostic: assembler.Diagnostic): Diagnostic {
  const { severity, message, range, code, chain, suggestion, hint } = diagnostic;
  const data: DiagnosticData | undefined = suggestion === undefined ? undefined : { suggestion };
  return {
    range: protocolRange(range),
    severity: SEVERITY[severity],
    source: 'ringside',
    message: hint === undefined ? message : `${message}\n${hint}`,
    code,
    tags: code === 'obsolete' ? [DiagnosticTag.Deprecated] : undefined,
    relatedInformation: chain
      .filter((link) => files.stamp(link.range.file) !== '')
      .map((link) => ({
        location: { uri: files.uri(link.range.file), range: protocolRange(link.range) },
        message: link.message,
      })),
    data,
  };
}

/**
 * What is wrong with the document as the program that it is (also where others include it), and with what it includes: of
 * the text as it is now, whatever is pushed later.
 */
export async function diagnosticReport(
  context: Context,
  { textDocument }: DocumentDiagnosticParams,
): Promise<RelatedFullDocumentDiagnosticReport> {
  const root = keyOf(textDocument.uri);
  const analysis = await context.programs.analyseAsProgram(root);
  const byFile = diagnosticsByFile(context.files, root, analysis);
  const relatedDocuments: RelatedFullDocumentDiagnosticReport['relatedDocuments'] = {};
  for (const [file, items] of byFile) {
    if (file !== root) relatedDocuments[context.files.uri(file)] = { kind: 'full', items };
  }
  return { kind: 'full', items: byFile.get(root) ?? [], relatedDocuments };
}
