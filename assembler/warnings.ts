/** The classes of warnings, by NASM's names, and whether each is on unless told otherwise. */
const classes: Readonly<Record<string, 'on' | 'off' | 'error'>> = {
  'db-empty': 'on',
  'ea-absolute': 'on',
  'ea-dispsize': 'on',
  'float-denorm': 'off',
  'float-overflow': 'on',
  'float-toolong': 'on',
  'float-underflow': 'off',
  forward: 'on',
  'label-orphan': 'on',
  'label-redef': 'off',
  'label-redef-late': 'error',
  'number-overflow': 'on',
  'obsolete-nop': 'on',
  'obsolete-removed': 'on',
  'obsolete-valid': 'on',
  phase: 'off',
  'pp-else-elif': 'on',
  'pp-else-else': 'on',
  'pp-empty-braces': 'on',
  'pp-environment': 'on',
  'pp-macro-def-case-single': 'on',
  'pp-macro-def-greedy-single': 'on',
  'pp-macro-def-param-single': 'error',
  'pp-macro-defaults': 'on',
  'pp-macro-params-legacy': 'on',
  'pp-macro-params-multi': 'on',
  'pp-macro-params-single': 'on',
  'pp-macro-redef-multi': 'on',
  'pp-open-braces': 'on',
  'pp-open-brackets': 'on',
  'pp-open-string': 'on',
  'pp-rep-negative': 'on',
  'pp-sel-range': 'on',
  'pp-trailing': 'on',
  'pragma-bad': 'off',
  'pragma-empty': 'off',
  'pragma-na': 'off',
  'pragma-unknown': 'off',
  'prefix-bnd': 'on',
  'prefix-hle': 'on',
  'prefix-lock': 'on',
  'prefix-opsize': 'on',
  'prefix-seg': 'on',
  ptr: 'on',
  regsize: 'on',
  'unknown-warning': 'off',
  user: 'on',
  'warn-stack-empty': 'on',
  zeroing: 'on',
  'zext-reloc': 'on',
  other: 'on',
};

/** Names that older versions gave the classes. */
const aliases: Readonly<Record<string, string>> = {
  'bad-pragma': 'pragma-bad',
  bnd: 'prefix-bnd',
  environment: 'pp-environment',
  hle: 'prefix-hle',
  lock: 'prefix-lock',
  'macro-defaults': 'pp-macro-defaults',
  'macro-params': 'pp-macro-params',
  'macro-params-legacy': 'pp-macro-params-legacy',
  'macro-params-multi': 'pp-macro-params-multi',
  'macro-params-single': 'pp-macro-params-single',
  'negative-rep': 'pp-rep-negative',
  'not-my-pragma': 'pragma-na',
  'orphan-labels': 'label-orphan',
  'unknown-pragma': 'pragma-unknown',
};

export const warningDefaults: ReadonlyMap<string, 'on' | 'off' | 'error'> = new Map(Object.entries(classes));

/** The classes a name stands for: itself, `all`, or a prefix as `pp` or `float`. */
export function expandWarningName(name: string): string[] {
  const known = aliases[name] ?? name;
  if (known === 'all') return Object.keys(classes);
  return Object.keys(classes).filter((one) => one === known || one.startsWith(`${known}-`));
}
