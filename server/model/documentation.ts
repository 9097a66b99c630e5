/** What the author wrote about a name: the comment block directly above its definition, else the comment beside it. */

import type { ProgramView } from './program-view';
import type { Statement } from './statement';

const MOST_LINES = 24;

function commentText({ comment }: Statement): string {
  return comment?.text.replace(/^;+ ?/, '').trimEnd() ?? '';
}

/** Lines that only draw a rule or frame. */
function isRule(text: string): boolean {
  return text.length > 3 && /^[-=*#_~+.\s]+$/.test(text);
}

/** The comment about the definition on the line; empty where there is none. */
export function documentationAt(view: ProgramView, file: string, line: number): string {
  const statements = view.index(file)?.statements ?? [];
  const above: string[] = [];
  for (let at = line - 1; at >= 0 && above.length < MOST_LINES; at--) {
    const statement = statements[at];
    if (statement.tokens.length > 0 || statement.comment === undefined) break;
    const text = commentText(statement);
    if (isRule(text)) break;
    above.unshift(text);
  }
  if (above.length > 0) return above.join('\n').trim();
  const beside: string[] = [];
  for (let at = line; at < statements.length && beside.length < MOST_LINES; at++) {
    const statement = statements[at];
    // The comment beside may go on in the lines below, as long as they hold nothing else and stand in its column.
    if (at > line && (statement.tokens.length > 0 || statement.comment?.start !== statements[line].comment?.start))
      break;
    if (statement.comment === undefined) break;
    beside.push(commentText(statement).trim());
  }
  return beside.join('\n').trim();
}

/**
 * Names of a macro's parameters, where its comment begins as a call is written: `out_byte port, value: writes ...`.
 */
export function parameterNames(name: string, documentation: string): string[] {
  const first = documentation.split('\n')[0] ?? '';
  if (!first.toLowerCase().startsWith(`${name.toLowerCase()} `)) return [];
  const end = first.search(/[:;.](?:\s|$)/);
  const list = first.slice(name.length, end === -1 ? undefined : end).trim();
  // Without an end it may be a sentence that begins with the name.
  if (end === -1 || list === '' || /\s/.test(list.replace(/,\s+/g, ','))) return [];
  return list.split(',').map((parameter) => parameter.trim());
}

/** How many parameters a macro takes, from its definition: `2`, `1-3`, `1-*`, `2+`. */
export function parameterCount(statement: Statement | undefined): {
  least: number;
  most: number;
  greedy: boolean;
  text: string;
} {
  const tokens = statement?.operands[0]?.tokens.slice(1) ?? [];
  const text = tokens.map((t) => t.text).join('');
  const match = /^(\d+)(?:-(\d+|\*))?(\+)?/.exec(text);
  if (!match) return { least: 0, most: 0, greedy: false, text: '0' };
  const least = Number(match[1]);
  const most = match[2] === undefined ? least : match[2] === '*' ? Number.POSITIVE_INFINITY : Number(match[2]);
  return { least, most, greedy: match[3] !== undefined, text: match[0] };
}
