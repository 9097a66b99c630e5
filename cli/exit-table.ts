import type { Target } from '../hypervisor/target';

/** Rows as text, columns as wide as needed; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const numeric = (text: string) => /^[\d.,]+( ?%)?$/.test(text);
  return rows
    .map((row) =>
      row
        .map((text, column) => (numeric(text) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** VM exits by reason, most frequent first, with an example of why each happened. */
export function exitTable(target: Target): string {
  const summary = target.exitSummary().sort((a, b) => b.count - a.count);
  if (summary.length === 0) {
    return target.method === 'none' ? 'no VM exits: the guest ran on the bare machine\n' : 'no VM exits\n';
  }
  const total = target.exitTotal;
  const rows = summary.map(({ reason, count, cost, firstCause }) => {
    const share = `${((100 * count) / total).toFixed(1)} %`;
    return [reason, String(count), share, String(cost), firstCause];
  });
  const head = ['VM exit', 'count', 'share', 'cycles', 'cause of the first'];
  const foot = ['all', String(total), '', String(target.cost), ''];
  return `${table([head, ...rows, foot])}\n`;
}
