const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes that `64M`, `4096`, `1G` or a number stand for; `undefined` where it is none. */
export function parseSize(size: string | number): number | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size > 0 ? size : undefined;
  const match = /^(\d+)\s*([kmg]?)i?b?$/i.exec(size.trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** `64 MB`. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of [
    ['GB', UNITS.g!],
    ['MB', UNITS.m!],
    ['KB', UNITS.k!],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return `${bytes} bytes`;
}
