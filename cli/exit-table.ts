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

/** Modelled cost by reason, in cycles. */
function costs(target: Target): Map<string, number> {
  const sums = new Map<string, number>();
  for (const exit of target.exits) sums.set(exit.reason, (sums.get(exit.reason) ?? 0) + exit.cost);
  return sums;
}

/** VM exits by reason, most frequent first, with an example of why each happened. */
export function exitTable(target: Target): string {
  const counts = Object.entries(target.exitCounts()).sort((a, b) => b[1] - a[1]);
  if (counts.length === 0) {
    return target.method === 'none' ? 'no VM exits: the guest ran on the bare machine\n' : 'no VM exits\n';
  }
  const cost = costs(target);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const rows = counts.map(([reason, count]) => {
    const example = target.exits.find((exit) => exit.reason === reason);
    const share = `${((100 * count) / total).toFixed(1)} %`;
    return [reason, String(count), share, String(cost.get(reason) ?? 0), example?.cause ?? ''];
  });
  const head = ['VM exit', 'count', 'share', 'cycles', 'cause of the first'];
  const foot = ['all', String(total), '', String(target.cost), ''];
  return `${table([head, ...rows, foot])}\n`;
}
