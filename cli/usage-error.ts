/** Something that the user wrote cannot be done: one line on standard error, exit status 2. */
export class UsageError extends Error {}
