/** Lets the event loop take a turn: waiting requests (a pause above all) are answered before this resolves. */
export function yieldToEventLoop(): Promise<void> {
  // A timer of 0 ms waits 4 ms in a browser; a message port does not. Node has setImmediate.
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // Node's types of MessagePort lack this property of the web's.
    (port1 as unknown as { onmessage: () => void }).onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Milliseconds that slices may take before the event loop gets its turn. */
export const TURN_MILLISECONDS = 8;

/** A stopwatch that says when it is time to yield. */
export class Turn {
  #since = performance.now();

  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#since < TURN_MILLISECONDS) return;
    await yieldToEventLoop();
    this.#since = performance.now();
  }
}
