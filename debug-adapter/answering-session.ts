import { DebugSession } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { ExpressionError } from './inspect/expression';
import { checkArguments } from './requests/arguments';
import { RequestError } from './requests/request-error';
import { BusyError } from './run-control/run-controller';

export type Response<Body> = DebugProtocol.Response & { body?: Body };

/** A debug session in which every request gets an answer: its arguments are checked, and what goes wrong is said. */
export abstract class AnsweringSession extends DebugSession {
  protected override dispatchRequest(request: DebugProtocol.Request): void {
    const response = { seq: 0, type: 'response', request_seq: request.seq, command: request.command, success: true };
    try {
      if (typeof request.command !== 'string') throw new RequestError('the request names no command');
      request.arguments = checkArguments(request.command, request.arguments);
    } catch (error) {
      this.#fail(response, error);
      return;
    }
    // The protocol's default; without it the library refuses.
    if (request.command === 'initialize') request.arguments.pathFormat ??= 'path';
    super.dispatchRequest(request);
  }

  /** Answers with what `work` gives, or with the error that it throws. */
  protected answer<Body>(response: Response<Body>, work: () => Body | Promise<Body>, then?: () => void): void {
    const finish = (body: Body) => {
      if (body !== undefined) response.body = body;
      this.sendResponse(response);
      then?.();
    };
    try {
      const result = work();
      if (result instanceof Promise) result.then(finish).catch((error) => this.#fail(response, error));
      else finish(result);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  #fail(response: DebugProtocol.Response, error: unknown): void {
    const known = [RequestError, BusyError, ExpressionError].some((kind) => error instanceof kind);
    const text = error instanceof Error ? error.message : String(error);
    const message = known ? text : `internal error in ${response.command}: ${text}`;
    response.success = false;
    response.message = message;
    const showUser = error instanceof RequestError && error.showUser;
    response.body = { error: { id: 1, format: message.replaceAll('{', '(').replaceAll('}', ')'), showUser } };
    this.sendResponse(response);
  }
}
