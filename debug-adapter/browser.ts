/** Entry point in a web worker: the session's messages go to the extension, which also reads files for it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { coreToolchain } from './core-toolchain';
import type { FileAccess } from './program/file-access';
import { RingsideSession } from './session';
import type { FromWorker, ToWorker } from './worker-messages';

/** As much of a worker's global scope as is used here; the types of the DOM are not among ours. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: { data: ToWorker }) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;

/** Files that were asked for and have not come yet, by number. */
const waiting = new Map<number, (bytes: Uint8Array | undefined) => void>();
let lastId = 0;

const files: FileAccess = {
  readBytes(path) {
    const id = ++lastId;
    scope.postMessage({ kind: 'read', id, path });
    return new Promise((arrived) => waiting.set(id, arrived));
  },
};

const session = new RingsideSession(files, coreToolchain);
session.onDidSendMessage((message) =>
  scope.postMessage({ kind: 'dap', message: message as DebugProtocol.ProtocolMessage }),
);
// The extension ends the worker.
session.onShutdown = () => {};

scope.onmessage = ({ data }) => {
  if (data.kind === 'dap') session.handleMessage(data.message);
  else {
    waiting.get(data.id)?.(data.bytes);
    waiting.delete(data.id);
  }
};
