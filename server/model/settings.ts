/** What the user can set, under `ringside` in the client's configuration. */

export interface Settings {
  /** Folders searched by %include and incbin, absolute or from a workspace folder. */
  includePaths: string[];
  /** `NAME` or `NAME=VALUE`, as with `-D`. */
  defines: string[];
  /** `auto`: ELF where the program declares symbols for a linker and has no `org`. */
  format: 'auto' | 'bin' | 'elf32' | 'elf64';
  inlayHints: {
    /** Behind each line the bytes that it makes. */
    bytes: boolean;
    /** Behind each label its address. */
    addresses: boolean;
  };
  codeLens: boolean;
}

export const defaultSettings: Settings = {
  includePaths: [],
  defines: [],
  format: 'auto',
  inlayHints: { bytes: false, addresses: false },
  codeLens: true,
};

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];
}

function flag(value: unknown, otherwise: boolean): boolean {
  return typeof value === 'boolean' ? value : otherwise;
}

/** Reads whatever the client sent; anything of a wrong type is as if it was not there. */
export function readSettings(value: unknown): Settings {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const hints = (typeof given.inlayHints === 'object' && given.inlayHints !== null ? given.inlayHints : {}) as Record<
    string,
    unknown
  >;
  const formats = ['bin', 'elf32', 'elf64'] as const;
  return {
    includePaths: strings(given.includePaths),
    defines: strings(given.defines),
    format: formats.find((format) => format === given.format) ?? 'auto',
    inlayHints: { bytes: flag(hints.bytes, false), addresses: flag(hints.addresses, false) },
    codeLens: flag(given.codeLens, true),
  };
}
