import { MemoryEvent, Thread } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { baseName } from './program/paths';
import { autopsyResponse } from './requests/autopsy';
import { dataBreakpointInfo } from './requests/data-breakpoints';
import { assign, completions, evaluateBody } from './requests/evaluate';
import { disassembleBody, readMemoryBody, writeMemoryBody } from './requests/memory';
import { RequestError } from './requests/request-error';
import { stackFrames } from './requests/stack-trace';
import { exitsResponse, registersResponse, statusResponse, vmcsResponse } from './requests/views';
import { RunningSession } from './running-session';

/**
 * A debug session: the Debug Adapter Protocol in front of a guest. It is also what VS Code takes as an inline debug
 * adapter. Here is what sets breakpoints and what shows state; {@link RunningSession} makes the guest go.
 */
export class RingsideSession extends RunningSession {
  // ---- Breakpoints ----

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    this.answer(response, () => {
      const { path } = args.source;
      if (typeof path !== 'string') throw new RequestError('setBreakpoints: the source has no path');
      const given = (args.breakpoints ?? args.lines?.map((line) => ({ line })) ?? []).map((b) => {
        return { ...b, line: this.convertClientLineToDebugger(b.line) };
      });
      const breakpoints = this.live.breakpoints.setSource(path, given).map(({ at, ...answer }) => ({
        ...answer,
        source: { name: baseName(path), path },
        ...(at !== undefined && { line: this.convertDebuggerLineToClient(at) }),
      }));
      return { breakpoints };
    });
  }

  protected override setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.live.breakpoints.setFunctions(args.breakpoints) }));
  }

  protected override setInstructionBreakpointsRequest(
    response: DebugProtocol.SetInstructionBreakpointsResponse,
    args: DebugProtocol.SetInstructionBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.live.breakpoints.setInstructions(args.breakpoints) }));
  }

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    this.answer(response, () => {
      const options = (args.filterOptions ?? []).map((o) => ({ filter: o.filterId, condition: o.condition ?? '' }));
      const all = [...args.filters.map((filter) => ({ filter: String(filter) })), ...options];
      return { breakpoints: this.live.breakpoints.setExceptions(all) };
    });
  }

  protected override dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): void {
    this.answer(response, () => {
      const { guest, variables } = this.still;
      const { variablesReference: reference, name, bytes } = args;
      if (!reference) return dataBreakpointInfo(guest, this.cpuOfFrame(args.frameId), name, bytes, args.asAddress);
      const variable = variables.variables(reference).find((each) => each.name === name);
      if (!variable) throw new RequestError(`there is no variable \`${name}\` here`);
      if (variable.memoryReference === undefined || variable.evaluateName === undefined) {
        return { dataId: null, description: `${name} is no address: there is no memory that it points at` };
      }
      return dataBreakpointInfo(guest, variables.cpuOf(reference), variable.evaluateName, bytes);
    });
  }

  protected override setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    args: DebugProtocol.SetDataBreakpointsArguments,
  ): void {
    this.answer(response, () => ({ breakpoints: this.live.breakpoints.setData(args.breakpoints) }));
  }

  protected override breakpointLocationsRequest(
    response: DebugProtocol.BreakpointLocationsResponse,
    args: DebugProtocol.BreakpointLocationsArguments,
  ): void {
    this.answer(response, () => {
      const first = this.convertClientLineToDebugger(args.line);
      const last = this.convertClientLineToDebugger(args.endLine ?? args.line);
      const lines = this.live.guest.program.lines.linesWithCode(args.source.path ?? '');
      const inside = lines.filter((line) => line >= first && line <= last);
      return { breakpoints: inside.map((line) => ({ line: this.convertDebuggerLineToClient(line) })) };
    });
  }

  protected override exceptionInfoRequest(
    response: DebugProtocol.ExceptionInfoResponse,
    args: DebugProtocol.ExceptionInfoArguments,
  ): void {
    this.answer(response, () => {
      this.cpu(args.threadId);
      const { reason, description, text, details } = this.explanation ?? {};
      if (reason !== 'exception') throw new RequestError('the guest did not stop for an exit or a fault');
      const id = { exceptionId: description ?? '', description: text ?? '', breakMode: 'always' as const };
      return details ? { ...id, details } : id;
    });
  }

  // ---- What is to be seen ----

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    this.answer(response, () => ({
      threads: this.live.guest.threadIds.map((id) => new Thread(id, `vCPU ${id - 1}`)),
    }));
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): void {
    this.answer(response, () => {
      const toLine = (line: number) => this.convertDebuggerLineToClient(line);
      const frames = stackFrames(this.still.guest, this.cpu(args.threadId) + 1, toLine);
      const start = args.startFrame ?? 0;
      const end = args.levels ? start + args.levels : frames.length;
      return { stackFrames: frames.slice(start, end), totalFrames: frames.length };
    });
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, args: DebugProtocol.ScopesArguments): void {
    this.answer(response, () => ({ scopes: this.still.variables.scopes(this.cpuOfFrame(args.frameId)) }));
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): void {
    this.answer(response, () => {
      const all = this.still.variables.variables(args.variablesReference);
      const start = args.start ?? 0;
      return { variables: all.slice(start, args.count ? start + args.count : undefined) };
    });
  }

  protected override setVariableRequest(
    response: DebugProtocol.SetVariableResponse,
    args: DebugProtocol.SetVariableArguments,
  ): void {
    const work = () => ({ value: this.still.variables.set(args.variablesReference, args.name, args.value) });
    this.answer(response, work, () => this.edited());
  }

  protected override setExpressionRequest(
    response: DebugProtocol.SetExpressionResponse,
    args: DebugProtocol.SetExpressionArguments,
  ): void {
    this.answer(
      response,
      () => {
        const { guest, variables } = this.still;
        return { value: assign(guest, variables, args.expression, args.value, this.cpuOfFrame(args.frameId)) };
      },
      () => this.edited(),
    );
  }

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): void {
    let edits = 0;
    this.answer(
      response,
      () => {
        const { guest, variables } = this.still;
        edits = guest.controller.timeline.edits;
        return evaluateBody(guest, variables, args, this.cpuOfFrame(args.frameId));
      },
      () => {
        if (this.live.guest.controller.timeline.edits !== edits) this.edited();
      },
    );
  }

  protected override completionsRequest(
    response: DebugProtocol.CompletionsResponse,
    args: DebugProtocol.CompletionsArguments,
  ): void {
    this.answer(response, () => {
      const column = this.convertClientColumnToDebugger(args.column);
      return { targets: completions(this.live.guest, args.text, column) };
    });
  }

  protected override loadedSourcesRequest(response: DebugProtocol.LoadedSourcesResponse): void {
    this.answer(response, () => ({
      sources: this.live.guest.program.lines.files.map((path) => ({ name: baseName(path), path })),
    }));
  }

  protected override readMemoryRequest(
    response: DebugProtocol.ReadMemoryResponse,
    args: DebugProtocol.ReadMemoryArguments,
  ): void {
    this.answer(response, () => readMemoryBody(this.still.guest, args));
  }

  protected override writeMemoryRequest(
    response: DebugProtocol.WriteMemoryResponse,
    args: DebugProtocol.WriteMemoryArguments,
  ): void {
    this.answer(
      response,
      () => writeMemoryBody(this.still.guest, args),
      () => {
        this.edited();
        const count = response.body?.bytesWritten ?? 0;
        if (this.wantsMemory) this.sendEvent(new MemoryEvent(args.memoryReference, args.offset ?? 0, count));
      },
    );
  }

  protected override disassembleRequest(
    response: DebugProtocol.DisassembleResponse,
    args: DebugProtocol.DisassembleArguments,
  ): void {
    const toLine = (line: number) => this.convertDebuggerLineToClient(line);
    this.answer(response, () => disassembleBody(this.still.guest, args, toLine));
  }

  // ---- What the protocol has no word for ----

  // biome-ignore lint/suspicious/noExplicitAny: the library's signature
  protected override customRequest(command: string, response: DebugProtocol.Response, args: any): void {
    if (command === 'ringside/goto') {
      this.go(response, 1, 'backwards', (controller) => controller.goto(args.instructions));
      return;
    }
    const views: Record<string, () => object> = {
      'ringside/vmcs': () => vmcsResponse(this.still.guest, this.cpu(args.threadId)),
      'ringside/exits': () => exitsResponse(this.still.guest, args),
      'ringside/registers': () => registersResponse(this.still.guest, this.cpu(args.threadId)),
      'ringside/autopsy': () => {
        const toLine = (line: number) => this.convertDebuggerLineToClient(line);
        return autopsyResponse(this.still.guest, this.over, toLine);
      },
      'ringside/status': () => statusResponse(this.live.guest, this.state()),
      'ringside/screen': () => ({ lines: this.still.guest.target.screen() }),
      'ringside/input': () => {
        this.still.guest.controller.input(new TextEncoder().encode(args.text));
        return {};
      },
    };
    this.answer(response, () => {
      const view = views[command];
      if (!view) throw new RequestError(`the request \`${command}\` is not supported`);
      return view();
    });
  }
}
