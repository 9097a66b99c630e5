/** A debug client in this process, for tests: sends requests to a session, keeps all that passed. Test code only. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { FileAccess } from '../program/file-access';
import { RingsideSession } from '../session';
import type { Toolchain } from '../toolchain';

type Message = DebugProtocol.ProtocolMessage;
// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
export type Body = any;

/** Files by path. */
export function filesOf(files: Record<string, string | Uint8Array>): FileAccess {
  return {
    readBytes(path) {
      const file = files[path];
      return typeof file === 'string' ? new TextEncoder().encode(file) : file;
    },
  };
}

export class DapClient {
  readonly session: RingsideSession;
  readonly transcript: Message[] = [];
  #seq = 1;
  #waiting: { matches: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];
  #seen = 0;

  constructor(files: FileAccess, tools: Toolchain) {
    this.session = new RingsideSession(files, tools);
    this.session.onDidSendMessage((message) => {
      // As over a wire: what JSON cannot carry must show up in tests.
      const copy = JSON.parse(JSON.stringify(message)) as Message;
      this.transcript.push(copy);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const each of waiting) {
        if (each.matches(copy)) each.resolve(copy);
        else this.#waiting.push(each);
      }
    });
  }

  /** The whole response, also of a request that failed. */
  async send(command: string, args?: object): Promise<DebugProtocol.Response> {
    const seq = this.#seq++;
    const request = { seq, type: 'request', command, ...(args && { arguments: args }) };
    this.transcript.push(structuredClone(request));
    const answer = this.#wait((m) => m.type === 'response' && (m as DebugProtocol.Response).request_seq === seq);
    this.session.handleMessage(request as Message);
    return (await answer) as DebugProtocol.Response;
  }

  /** The body of a response; fails if the request did. */
  async request(command: string, args?: object): Promise<Body> {
    const response = await this.send(command, args);
    if (!response.success) throw new Error(`${command}: ${response.message}`);
    return response.body;
  }

  /** The next event of that name which has not been waited for yet. */
  async event(name: string): Promise<Body> {
    const is = (m: Message) => m.type === 'event' && (m as DebugProtocol.Event).event === name;
    const index = this.transcript.findIndex((m, i) => i >= this.#seen && is(m));
    if (index >= 0) {
      this.#seen = index + 1;
      return (this.transcript[index] as DebugProtocol.Event).body;
    }
    const message = await this.#wait(is);
    this.#seen = this.transcript.length;
    return (message as DebugProtocol.Event).body;
  }

  /** A run-control request, and the stop that follows. */
  async run(command: string, args: object = {}): Promise<Body> {
    this.#seen = this.transcript.length;
    await this.request(command, { threadId: 1, ...args });
    return this.event('stopped');
  }

  /** Initialize, launch, set up, go; ends when the guest has stopped first, or at once if it is not to. */
  async start(launch: object, setUp: () => Promise<unknown> = async () => {}): Promise<void> {
    await this.request('initialize', { adapterID: 'ringside', pathFormat: 'path' });
    await this.request('launch', launch);
    await this.event('initialized');
    await setUp();
    await this.request('configurationDone');
  }

  /** Text of output events of a category. */
  output(category: string): string {
    return this.transcript
      .filter((m) => m.type === 'event' && (m as DebugProtocol.Event).event === 'output')
      .map((m) => (m as DebugProtocol.OutputEvent).body)
      .filter((body) => body.category === category)
      .map((body) => body.output)
      .join('');
  }

  #wait(matches: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => {
      this.#waiting.push({ matches, resolve });
    });
  }
}
