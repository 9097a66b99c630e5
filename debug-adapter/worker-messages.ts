/** What passes between the web worker that an adapter runs in and the extension, which reads files for it. */
import type { DebugProtocol } from '@vscode/debugprotocol';

export type ToWorker =
  | { kind: 'dap'; message: DebugProtocol.ProtocolMessage }
  /** Answer to `read`; no bytes where there is no such file. */
  | { kind: 'file'; id: number; bytes: Uint8Array | undefined };

export type FromWorker =
  | { kind: 'dap'; message: DebugProtocol.ProtocolMessage }
  | { kind: 'read'; id: number; path: string };
