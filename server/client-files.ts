/**
 * Files by way of the client, for a server that has no disk of its own (a web worker) or not that disk (a virtual workspace).
 * Two requests that a client may answer, beyond the protocol's own:
 *
 * - `ringside/readFile` `{ uri }` gives `{ base64 }`, or `null` where there is no such file;
 * - `ringside/listSources` `{ folders }` gives the URIs of the assembler sources in these folders.
 */

import { type Connection, ErrorCodes, ResponseError } from 'vscode-languageserver';
import type { FileAccess } from './model/files';

export const readFileRequest = 'ringside/readFile';
export const listSourcesRequest = 'ringside/listSources';

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** A client that does not know the requests is asked only once. */
export function clientFiles(connection: Connection): FileAccess {
  let supported = true;
  async function ask(method: string, params: object): Promise<unknown> {
    if (!supported) return undefined;
    try {
      return await connection.sendRequest(method, params);
    } catch (error) {
      if (error instanceof ResponseError && error.code === ErrorCodes.MethodNotFound) supported = false;
      return undefined;
    }
  }
  return {
    async read(uri) {
      const answer = (await ask(readFileRequest, { uri })) as { base64?: unknown } | null | undefined;
      return typeof answer?.base64 === 'string' ? fromBase64(answer.base64) : undefined;
    },
    async list(folders) {
      const answer = await ask(listSourcesRequest, { folders });
      return Array.isArray(answer) ? answer.filter((uri): uri is string => typeof uri === 'string') : [];
    },
  };
}
