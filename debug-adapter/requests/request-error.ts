/** A request that cannot be answered, for a reason that the user or the client can act on. */
export class RequestError extends Error {
  /** @param showUser whether the client should show it on its own, not only where the request came from */
  constructor(
    message: string,
    readonly showUser = false,
  ) {
    super(message);
  }
}
