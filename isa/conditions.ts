/** The sixteen conditions that Jcc, SETcc and CMOVcc test (SDM 1 appendix B). */
export interface Condition {
  /** The low four bits of the opcode. */
  code: number;
  /** The manual's first name, then the synonyms. */
  names: readonly string[];
  /** In words that fit after "if". */
  meaning: string;
  /** Flags tested, by name. */
  reads: string;
}

export const conditions: readonly Condition[] = [
  { code: 0, names: ['o'], meaning: 'the result overflowed (OF = 1)', reads: 'OF' },
  { code: 1, names: ['no'], meaning: 'the result did not overflow (OF = 0)', reads: 'OF' },
  { code: 2, names: ['b', 'c', 'nae'], meaning: 'below, unsigned (CF = 1)', reads: 'CF' },
  { code: 3, names: ['ae', 'nb', 'nc'], meaning: 'above or equal, unsigned (CF = 0)', reads: 'CF' },
  { code: 4, names: ['e', 'z'], meaning: 'equal, or zero (ZF = 1)', reads: 'ZF' },
  { code: 5, names: ['ne', 'nz'], meaning: 'not equal, or not zero (ZF = 0)', reads: 'ZF' },
  { code: 6, names: ['be', 'na'], meaning: 'below or equal, unsigned (CF = 1 or ZF = 1)', reads: 'CF ZF' },
  { code: 7, names: ['a', 'nbe'], meaning: 'above, unsigned (CF = 0 and ZF = 0)', reads: 'CF ZF' },
  { code: 8, names: ['s'], meaning: 'the result is negative (SF = 1)', reads: 'SF' },
  { code: 9, names: ['ns'], meaning: 'the result is not negative (SF = 0)', reads: 'SF' },
  { code: 10, names: ['p', 'pe'], meaning: 'the low byte of the result has even parity (PF = 1)', reads: 'PF' },
  { code: 11, names: ['np', 'po'], meaning: 'the low byte of the result has odd parity (PF = 0)', reads: 'PF' },
  { code: 12, names: ['l', 'nge'], meaning: 'less, signed (SF and OF differ)', reads: 'SF OF' },
  { code: 13, names: ['ge', 'nl'], meaning: 'greater or equal, signed (SF and OF are equal)', reads: 'SF OF' },
  { code: 14, names: ['le', 'ng'], meaning: 'less or equal, signed (ZF = 1, or SF and OF differ)', reads: 'SF OF ZF' },
  { code: 15, names: ['g', 'nle'], meaning: 'greater, signed (ZF = 0, and SF and OF are equal)', reads: 'SF OF ZF' },
];
