import type { DebugProtocol } from '@vscode/debugprotocol';

/**
 * A transcript as text that can be read and compared: a line a message, `->` from the client, `<-` from the adapter. Test
 * code only. `vitest -u` blesses what comes out now.
 */
export function formatTranscript(messages: readonly DebugProtocol.ProtocolMessage[]): string {
  return `${messages.map(line).join('\n')}\n`;
}

function line(message: DebugProtocol.ProtocolMessage): string {
  const body = (value: unknown) => (value === undefined ? '' : ` ${JSON.stringify(value)}`);
  if (message.type === 'request') {
    const { command, arguments: args } = message as DebugProtocol.Request;
    return `-> ${command}${body(args)}`;
  }
  if (message.type === 'event') {
    const event = message as DebugProtocol.Event;
    return `<- event ${event.event}${body(event.body)}`;
  }
  const response = message as DebugProtocol.Response;
  // The capabilities are one literal that needs no second copy.
  if (response.command === 'initialize') return '<- initialize (capabilities)';
  return `<- ${response.command}${response.success ? '' : ` failed: ${response.message}`}${body(response.body)}`;
}
