import type { AssembleOptions, SourceRange, SourceReader } from './api';
import { columnRange, type Frame, TokenRange } from './diagnostics';
import { Limits } from './limits';
import { makeAssembly } from './output/result';
import { textOf } from './source/token';

/** A call of a multi-line macro, on the way from the source to an expanded line. */
export interface MacroStep {
  macro: string;
  /** Where it is called: in a file, or in the body of the macro that the next step calls. */
  call: SourceRange;
}

/** A line as the assembler proper gets it, and where it comes from. */
export interface ExpandedLine {
  /** Macros and arguments put in. */
  text: string;
  /** The line that it was made from: in a file, or in a macro's body. */
  origin: SourceRange;
  /** The calls that led there, innermost first, of a very deep recursion the innermost; empty for a line that stands in a file. */
  calls: MacroStep[];
}

/**
 * The lines of a program with all macros expanded, each with its origin: what an editor shows beside a call. Lines that only
 * the preprocessor sees (definitions, branches not taken) are not among them. Never fails, as assembling does not.
 */
export function expandedLines(
  file: string,
  source: string,
  options: AssembleOptions,
  reader: SourceReader,
): ExpandedLine[] {
  const assembly = makeAssembly(file, options, reader);
  const preprocessor = assembly.startSource(file, source);
  assembly.preprocessing = true;
  const lines: ExpandedLine[] = [];
  for (let tokens = preprocessor.next(); tokens; tokens = preprocessor.next()) {
    const { line, frame } = preprocessor;
    const calls = stepsOf(frame);
    // A line of the standard macros is the user's line that called them.
    const origin = line.builtin
      ? (calls[0]?.call ?? columnRange(line, 0, line.text.length))
      : columnRange(line, 0, line.text.length);
    lines.push({ text: textOf(tokens), origin, calls });
  }
  return lines;
}

function stepsOf(innermost: Frame | undefined): MacroStep[] {
  const steps: MacroStep[] = [];
  for (let frame = innermost; frame && steps.length < Limits.chain; frame = frame.parent) {
    // A turn of %rep is no call, and what standard macros call is theirs.
    if (frame.macroName === undefined || frame.callLine.builtin) continue;
    const { file, line, column, endLine, endColumn } = new TokenRange(frame.callFirst, frame.callLast);
    steps.push({ macro: frame.macroName, call: { file, line, column, endLine, endColumn } });
  }
  return steps;
}
