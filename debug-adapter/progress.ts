import { ProgressEndEvent, ProgressStartEvent, ProgressUpdateEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Milliseconds before a replay is worth telling of, and between two reports. */
const PATIENCE = 500;
const BETWEEN = 200;

/** Reports long replays as the protocol's progress events, and only those. */
export class Progress {
  #serial = 0;
  #began = 0;
  #reported = 0;
  #id: string | undefined;
  #title = '';

  constructor(private readonly send: (event: DebugProtocol.Event) => void) {}

  /** Set if the client wants such events. */
  enabled = false;

  begin(title: string): void {
    this.#began = performance.now();
    this.#title = title;
    this.#id = undefined;
  }

  /** @param done of `total`, in any unit */
  update(done: number, total: number): void {
    const now = performance.now();
    if (!this.enabled || now - this.#began < PATIENCE || now - this.#reported < BETWEEN) return;
    this.#reported = now;
    const percentage = Math.round((100 * done) / Math.max(total, 1));
    if (this.#id === undefined) {
      this.#id = `replay-${++this.#serial}`;
      const event: DebugProtocol.ProgressStartEvent = new ProgressStartEvent(this.#id, this.#title);
      Object.assign(event.body, { cancellable: true, percentage });
      this.send(event);
    } else {
      const event: DebugProtocol.ProgressUpdateEvent = new ProgressUpdateEvent(this.#id);
      event.body.percentage = percentage;
      this.send(event);
    }
  }

  end(): void {
    if (this.#id !== undefined) this.send(new ProgressEndEvent(this.#id));
    this.#id = undefined;
  }

  /** Whether an id is that of the replay under way. */
  is(id: string): boolean {
    return id === this.#id;
  }
}
