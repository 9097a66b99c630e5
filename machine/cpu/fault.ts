/** Exception vectors (SDM 3A table 6-1). */
export const Vector = {
  DE: 0, DB: 1, NMI: 2, BP: 3, OF: 4, BR: 5, UD: 6, NM: 7, DF: 8, TS: 10, NP: 11, SS: 12, GP: 13, PF: 14, MF: 16, AC: 17,
  MC: 18, XM: 19, VE: 20, CP: 21,
} as const;

/**
 * An exception of the guest, thrown by TypeScript parts of the CPU before anything architectural was changed and caught
 * where they are called from. One object is reused: throwing costs no stack trace.
 */
export class GuestFault {
  vector = 0;
  /** `undefined` where the exception pushes none. */
  errorCode: number | undefined;
  /** What the exception was found on, for the autopsy: `selector 0x28 is beyond the GDT limit 0x17`. */
  detail = '';

  with(vector: number, errorCode: number | undefined, detail: string): this {
    this.vector = vector;
    this.errorCode = errorCode;
    this.detail = detail;
    return this;
  }
}

const shared = new GuestFault();

/** Raises exception `vector` in the guest. Never returns. */
export function raise(vector: number, errorCode?: number, detail = ''): never {
  throw shared.with(vector, errorCode, detail);
}
