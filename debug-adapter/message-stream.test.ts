import { describe, expect, it } from 'vitest';
import { FramingError, frame, MessageReader } from './message-stream';

const bytes = (text: string) => new TextEncoder().encode(text);
const message = (seq: number) => ({ seq, type: 'event', event: 'ä' });

describe('a stream of messages', () => {
  it('is cut at any byte', () => {
    const stream = bytes(frame(message(1)) + frame(message(2)));
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new MessageReader();
      const messages = [...reader.take(stream.subarray(0, cut)), ...reader.take(stream.subarray(cut))];
      expect(messages).toEqual([message(1), message(2)]);
    }
  });

  it('goes on after a message that is no JSON', () => {
    const stream = bytes(`Content-Length: 5\r\n\r\n{nope${frame(message(1))}Content-Length: 1\r\n\r\n7`);
    const [first, second, third] = new MessageReader().take(stream);
    expect(first).toBeInstanceOf(FramingError);
    expect(second).toEqual(message(1));
    expect(third).toBeInstanceOf(FramingError);
  });

  it('ends where a header is broken', () => {
    for (const broken of ['Content-Length: x\r\n\r\n', 'Content-Length: 99999999999\r\n\r\n', 'x'.repeat(5000)]) {
      expect(() => new MessageReader().take(bytes(broken))).toThrow(FramingError);
    }
  });
});
