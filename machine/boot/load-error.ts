/** Why a program could not be loaded: what was found where, and what to do about it. Never thrown, always returned. */
export interface LoadError {
  readonly kind: 'load-error';
  /** One line for a person. */
  readonly message: string;
  /** Offset in the file, in bytes, where the trouble is; undefined if it is the file as a whole. */
  readonly offset?: number;
}

export function loadError(message: string, offset?: number): LoadError {
  return offset === undefined ? { kind: 'load-error', message } : { kind: 'load-error', message, offset };
}

export function isLoadError(value: object): value is LoadError {
  return (value as Partial<LoadError>).kind === 'load-error';
}
