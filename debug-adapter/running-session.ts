import { ExitedEvent, InitializedEvent, InvalidatedEvent, OutputEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { isLoadError } from '../hypervisor/launch-options';
import type { Stop } from '../hypervisor/target';
import { AnsweringSession, type Response } from './answering-session';
import { capabilities } from './capabilities';
import { endingOf } from './exit-status';
import { Guest } from './guest';
import type { FileAccess } from './program/file-access';
import { formatDiagnostic, loadProgram } from './program/load-program';
import { baseName } from './program/paths';
import { Progress } from './progress';
import type { LaunchArguments, StatusResponse } from './protocol';
import { Breakpoints } from './requests/breakpoints';
import { RequestError } from './requests/request-error';
import { threadOfFrame } from './requests/stack-trace';
import { Variables } from './requests/variables';
import type { Halt } from './run-control/execution';
import { BusyError, type Granularity, type RunController } from './run-control/run-controller';
import { type Explanation, explain } from './stopped';
import type { Toolchain } from './toolchain';

/** `noDebug` is the protocol's own: run, and stop at nothing. */
type Launch = LaunchArguments & { noDebug?: boolean };

/** Everything that exists once a guest was launched. */
interface Launched {
  readonly guest: Guest;
  readonly args: Launch;
  readonly breakpoints: Breakpoints;
  readonly variables: Variables;
}

/** The part of a session that makes a guest live: from launch to its end, running it, and telling what it prints. */
export abstract class RunningSession extends AnsweringSession {
  #launched: Launched | undefined;
  #progress = new Progress((event) => this.sendEvent(event));
  /** Characters of the serial output that were sent. */
  #printed = 0;
  #configured = false;
  #exited = false;
  /** The stop after which nothing runs, where the guest has come to one and stands there still. */
  #over: Stop | undefined;
  protected explanation: Explanation | undefined;
  #wantsInvalidated = false;
  /** Called when the client has disconnected: who serves the session may close the connection. */
  onShutdown: () => void = () => {};
  protected wantsMemory = false;

  /**
   * @param files reads what the launch configuration names
   * @param tools assembler, decoder and machine
   */
  constructor(
    private readonly files: FileAccess,
    private readonly tools: Toolchain,
  ) {
    super();
    this.setDebuggerLinesStartAt1(false);
    this.setDebuggerColumnsStartAt1(false);
  }

  /** The stop after which nothing runs, while the guest stands there. */
  protected get over(): Stop | undefined {
    return this.#over;
  }

  protected get live(): Launched {
    if (!this.#launched) throw new RequestError('no guest was launched');
    return this.#launched;
  }

  /** The launched guest, standing still: what shows state must not do so on the way of a replay. */
  protected get still(): Launched {
    const launched = this.live;
    if (launched.guest.controller.busy === 'replaying') throw new BusyError();
    return launched;
  }

  /** Index of a vCPU by its thread; the first where none is named. */
  protected cpu(threadId: number | undefined): number {
    const id = threadId ?? 1;
    if (!this.live.guest.threadIds.includes(id)) throw new RequestError(`there is no thread ${id}`);
    return id - 1;
  }

  protected cpuOfFrame(frameId: number | undefined): number {
    return this.cpu(frameId === undefined ? undefined : threadOfFrame(frameId));
  }

  // ---- From initialize to the end ----

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.#progress.enabled = args.supportsProgressReporting === true;
    this.#wantsInvalidated = args.supportsInvalidatedEvent === true;
    this.wantsMemory = args.supportsMemoryEvent === true;
    this.answer(response, () => capabilities);
  }

  protected override launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): void {
    const launched = () => this.sendEvent(new InitializedEvent());
    this.answer(response, () => this.#launch(args as Launch), launched);
  }

  async #launch(args: Launch): Promise<void> {
    if (this.#launched) throw new RequestError('a guest was launched already');
    const program = await loadProgram(args, this.files, this.tools);
    if (isLoadError(program)) throw new RequestError(program.message, true);
    for (const diagnostic of program.diagnostics) {
      if (diagnostic.severity === 'warning') this.#print(`${formatDiagnostic(diagnostic)}\n`, 'console');
    }
    const target = this.tools.createTarget(program.launch);
    if (isLoadError(target)) throw new RequestError(target.message, true);
    const guest = new Guest(target, program, this.tools, {
      advanced: () => this.#flush(),
      replaying: (done, total) => this.#progress.update(done, total),
      accept: (stop, replayed) => args.noDebug !== true && breakpoints.accept(stop, replayed),
      idle: () => this.#print('The guest waits in HLT for input; `type TEXT` types a line.\n', 'console'),
    });
    const breakpoints = new Breakpoints(guest, (text, address) => this.#logged(text, address));
    const wrong = breakpoints.setLaunched(args.noDebug ? [] : (args.breakOnExits ?? []));
    if (wrong) throw new RequestError(wrong, true);
    this.#launched = { guest, args, breakpoints, variables: new Variables(guest) };
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.answer(
      response,
      () => {
        if (!this.#launched) throw new RequestError('no guest was launched');
        if (this.#configured) throw new RequestError('the configuration was done already');
        this.#configured = true;
      },
      () => {
        const { args, guest } = this.live;
        const stop = args.stopOnEntry === true && args.noDebug !== true;
        if (stop) this.#stopped({ reason: 'entry', description: 'Before the first instruction' }, 1);
        else this.#operate(() => guest.controller.continue(), 1);
      },
    );
  }

  protected override terminateRequest(response: DebugProtocol.TerminateResponse): void {
    this.answer(
      response,
      () => {
        this.#launched?.guest.controller.pause();
      },
      () => this.#terminate(),
    );
  }

  /** The library would end the process here, which may serve others too. */
  override shutdown(): void {
    this.onShutdown();
  }

  /** The client is gone: whatever runs comes to an end. */
  override dispose(): void {
    this.#exited = true;
    this.#launched?.guest.controller.pause();
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    this.#launched?.guest.controller.pause();
    this.#exited = true;
    this.answer(
      response,
      () => undefined,
      () => this.shutdown(),
    );
  }

  // ---- Run control ----

  protected override continueRequest(
    response: DebugProtocol.ContinueResponse,
    { threadId }: DebugProtocol.ContinueArguments,
  ): void {
    const body = { allThreadsContinued: true };
    this.go(response, threadId, 'forwards', (controller) => controller.continue(), body);
  }

  protected override nextRequest(response: DebugProtocol.NextResponse, args: DebugProtocol.NextArguments): void {
    this.go(response, args.threadId, 'forwards', (c, cpu) => c.next(granularity(args), cpu));
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse, args: DebugProtocol.StepInArguments): void {
    this.go(response, args.threadId, 'forwards', (c, cpu) => c.stepIn(granularity(args), cpu));
  }

  protected override stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    args: DebugProtocol.StepOutArguments,
  ): void {
    this.go(response, args.threadId, 'forwards', (c, cpu) => c.stepOut(cpu));
  }

  protected override stepBackRequest(
    response: DebugProtocol.StepBackResponse,
    args: DebugProtocol.StepBackArguments,
  ): void {
    this.go(response, args.threadId, 'backwards', (c, cpu) => c.stepBack(granularity(args), cpu));
  }

  protected override reverseContinueRequest(
    response: DebugProtocol.ReverseContinueResponse,
    { threadId }: DebugProtocol.ReverseContinueArguments,
  ): void {
    this.go(response, threadId, 'backwards', (c, cpu) => c.reverseContinue(cpu));
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse, args: DebugProtocol.PauseArguments): void {
    this.answer(response, () => {
      this.cpu(args.threadId);
      if (!this.live.guest.controller.pause()) throw new RequestError('the guest is not running');
    });
  }

  protected override cancelRequest(response: DebugProtocol.CancelResponse, args: DebugProtocol.CancelArguments): void {
    this.answer(response, () => {
      if (args.progressId !== undefined && this.#progress.is(args.progressId)) this.live.guest.controller.pause();
    });
  }

  /** Answers at once, then runs; a `stopped` event tells the rest. */
  protected go<Body>(
    response: Response<Body>,
    threadId: number,
    direction: 'forwards' | 'backwards',
    operation: (controller: RunController, cpu: number) => Promise<Halt>,
    body?: Body,
  ): void {
    const check = () => {
      const { controller } = this.live.guest;
      this.cpu(threadId);
      if (!this.#configured) throw new RequestError('the guest has not started: configurationDone is missing');
      if (this.#exited) throw new RequestError('the guest has ended');
      if (controller.busy) throw new BusyError();
      return body as Body;
    };
    this.answer(response, check, () => {
      // Nothing comes after the end; who goes on from it closes the session.
      if (this.#over && direction === 'forwards') this.#exit(this.#over);
      else this.#operate(() => operation(this.live.guest.controller, threadId - 1), threadId);
    });
  }

  #operate(operation: () => Promise<Halt>, threadId: number): void {
    this.live.variables.clear();
    this.#over = undefined;
    this.explanation = undefined;
    this.#progress.begin('Replaying');
    operation()
      .then((halt) => this.#halted(halt, threadId))
      .catch((error: unknown) => {
        // A bug here must not leave the client waiting for ever.
        this.#print(`internal error: ${error instanceof Error ? error.stack : String(error)}\n`, 'stderr');
        this.#halted({ kind: 'pause' }, threadId);
      })
      .finally(() => this.#progress.end());
  }

  /** @param threadId the thread that was to go on: a step is its; any other stop is that of the CPU which was executing */
  #halted(halt: Halt, threadId: number): void {
    const { guest, breakpoints, args } = this.live;
    this.#flush();
    if (this.#exited) return;
    const ending = endingOf(halt as Stop);
    if (ending) {
      this.#over = halt as Stop;
      const ended = halt.kind === 'ended' && args.stopOnEnd !== true;
      if (ended || args.noDebug === true) {
        this.#exit(this.#over);
        return;
      }
    }
    const stepped = halt.kind === 'step' || halt.kind === 'cancelled';
    this.#stopped(explain(halt, guest, breakpoints), stepped ? threadId : guest.target.currentCpu + 1);
  }

  #stopped(explanation: Explanation, threadId: number): void {
    this.live.guest.noteStop();
    this.explanation = explanation;
    // the details are for exceptionInfo
    const { details: _details, ...told } = explanation;
    const body = { ...told, threadId, allThreadsStopped: true };
    this.sendEvent({ seq: 0, type: 'event', event: 'stopped', body } as DebugProtocol.StoppedEvent);
  }

  #exit(stop: Stop): void {
    const ending = endingOf(stop)!;
    this.#print(`${ending.text}\n`, 'console');
    this.#exited = true;
    this.sendEvent(new ExitedEvent(ending.status));
    this.sendEvent(new TerminatedEvent());
  }

  #terminate(): void {
    if (this.#exited) return;
    this.#exited = true;
    this.sendEvent(new TerminatedEvent());
  }

  // ---- Output ----

  /** Sends what the guest has printed since; what a replay prints again was sent before. */
  #flush(): void {
    const { serialOutput } = this.live.guest.target;
    if (serialOutput.length <= this.#printed) return;
    this.#print(serialOutput.slice(this.#printed), 'stdout');
    this.#printed = serialOutput.length;
  }

  #print(text: string, category: string): void {
    this.sendEvent(new OutputEvent(text, category));
  }

  #logged(text: string, address: bigint): void {
    const event: DebugProtocol.OutputEvent = new OutputEvent(`${text}\n`, 'console');
    const line = this.live.guest.program.lines.lineAt(address);
    if (line) {
      event.body.source = { name: baseName(line.file), path: line.file };
      event.body.line = this.convertDebuggerLineToClient(line.line);
    }
    this.sendEvent(event);
  }

  /** After a change by hand: what is shown may be stale, and what comes now is a new future. */
  protected edited(): void {
    this.#printed = this.live.guest.target.serialOutput.length;
    if (this.#wantsInvalidated) this.sendEvent(new InvalidatedEvent(['variables', 'stacks']));
  }

  protected state(): StatusResponse['state'] {
    if (this.#exited) return 'ended';
    if (!this.#configured) return 'not started';
    return this.live.guest.controller.busy ?? 'stopped';
  }
}

/** The protocol's statement is a source line here. */
function granularity(args: { granularity?: DebugProtocol.SteppingGranularity }): Granularity {
  return args.granularity === 'instruction' ? 'instruction' : 'line';
}
