import type { DebugProtocol } from '@vscode/debugprotocol';

/** Bytes that one message may have: far more than any client sends. */
const LARGEST_MESSAGE = 64 * 1024 * 1024;
const LONGEST_HEADER = 4096;
const SEPARATOR = '\r\n\r\n';

/** Something in the stream that is no message. */
export class FramingError extends Error {}

/** Cuts a byte stream into messages: `Content-Length: N`, an empty line, N bytes of JSON. */
export class MessageReader {
  #buffer: Uint8Array = new Uint8Array();

  /**
   * Takes what arrived and gives the messages that are complete. What is no JSON object is given as an error in its
   * place; the messages after it are still read. After a broken header the stream cannot be read any further.
   * @throws FramingError where a header is broken
   */
  take(chunk: Uint8Array): (DebugProtocol.ProtocolMessage | FramingError)[] {
    const joined = new Uint8Array(this.#buffer.length + chunk.length);
    joined.set(this.#buffer);
    joined.set(chunk, this.#buffer.length);
    this.#buffer = joined;
    const messages: (DebugProtocol.ProtocolMessage | FramingError)[] = [];
    for (;;) {
      const header = this.#header();
      if (!header || this.#buffer.length < header.length + header.content) return messages;
      const text = new TextDecoder().decode(this.#buffer.subarray(header.length, header.length + header.content));
      this.#buffer = this.#buffer.slice(header.length + header.content);
      messages.push(parse(text));
    }
  }

  /** Lengths in bytes of the header and of what follows; `undefined` while it is incomplete. */
  #header(): { length: number; content: number } | undefined {
    const text = String.fromCharCode(...this.#buffer.subarray(0, LONGEST_HEADER));
    const end = text.indexOf(SEPARATOR);
    if (end < 0) {
      if (text.length >= LONGEST_HEADER) throw new FramingError('the input is not the Debug Adapter Protocol');
      return undefined;
    }
    const match = /^content-length:\s*(\d+)\s*$/im.exec(text.slice(0, end));
    if (!match) throw new FramingError('a message has no Content-Length');
    const content = Number(match[1]);
    if (content > LARGEST_MESSAGE) throw new FramingError(`a message of ${content} bytes is too large`);
    return { length: end + SEPARATOR.length, content };
  }
}

function parse(text: string): DebugProtocol.ProtocolMessage | FramingError {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === 'object' && message !== null && 'type' in message) {
      return message as DebugProtocol.ProtocolMessage;
    }
    return new FramingError('a message is no object with a type');
  } catch {
    return new FramingError('a message is not valid JSON');
  }
}

/** A message as it goes over a stream. */
export function frame(message: DebugProtocol.ProtocolMessage): string {
  const json = JSON.stringify(message);
  return `Content-Length: ${new TextEncoder().encode(json).length}${SEPARATOR}${json}`;
}
