import { beforeEach, describe, expect, it } from 'vitest';
import { ToyProgram } from '../testing/toy-program';
import { readToyInstruction, type ToyOptions, ToyTarget } from '../testing/toy-target';
import type { Halt, RunHooks } from './execution';
import { RunController } from './run-controller';
import { NO_STOPS } from './stops';

const RAX = 0;
const RCX = 1;
const RDI = 7;

/** A program with two procedures, a repeated string instruction, an exit and a loop; one source line per instruction. */
function sample(): ToyProgram {
  const p = new ToyProgram();
  p.mov(RCX, 3).label('loop').call('outer').dec(RCX).jne('loop');
  p.mov(RCX, 5).mov(RDI, 0x3000).repStosb().label('after').cpuid().label('end').hlt();
  p.label('outer').push(RCX).call('inner').label('back').pop(RCX).label('outerRet').ret();
  p.label('inner').inc(RAX).nop().label('innerRet').ret();
  p.label('handler').inc(3).iret();
  return p;
}

class Session {
  readonly target: ToyTarget;
  readonly controller: RunController;
  readonly hooks: RunHooks = {
    advanced: () => {},
    replaying: () => {},
    accept: () => true,
    idle: () => {},
  };

  /** @param lines several instructions in one line: name of the line by address */
  constructor(
    readonly program: ToyProgram,
    options: ToyOptions = {},
    lines: Record<number, string> = {},
  ) {
    this.target = new ToyTarget(program.bytes(), program.org, options);
    const starts = new Map<string, number>();
    for (const address of program.instructions) {
      const line = lines[address] ?? address.toString(16);
      if (!starts.has(line)) starts.set(line, address);
    }
    const lineAt = (address: bigint) => {
      if (!program.instructions.includes(Number(address))) return undefined;
      return lines[Number(address)] ?? address.toString(16);
    };
    const returns = program.instructions
      .filter((a) => [0xc3, 0xcf].includes(program.bytes()[a - program.org]!))
      .map((a) => BigInt(a));
    this.controller = new RunController(
      this.target,
      readToyInstruction,
      {
        lineAt,
        startsLine: (address) => starts.get(lineAt(address) ?? '') === Number(address),
        returns,
        callers: () => [],
      },
      this.hooks,
    );
  }

  break(...labels: string[]): void {
    this.controller.setStops({ ...NO_STOPS, breakpoints: labels.map((l) => BigInt(this.program.address(l))) });
  }

  get at(): bigint {
    return this.target.registers().rip;
  }

  address(label: string): bigint {
    return BigInt(this.program.address(label));
  }
}

let s: Session;
beforeEach(() => {
  s = new Session(sample());
});

describe('forwards', () => {
  it('continues to a breakpoint, to the next one, and to the end of the guest', async () => {
    s.break('inner');
    for (let i = 0; i < 3; i++) {
      expect(await s.controller.continue()).toEqual({ kind: 'breakpoint', address: s.address('inner') });
      expect(s.target.registers().gpr[RAX]).toBe(BigInt(i));
    }
    expect(await s.controller.continue()).toEqual({ kind: 'ended', reason: 'halted', value: 0 });
  });

  it('stops at an exit whose reason is asked for, and tells its record', async () => {
    s.controller.setStops({ ...NO_STOPS, exits: ['CPUID'] });
    const halt = await s.controller.continue();
    expect(halt).toMatchObject({ kind: 'exit', record: { reason: 'CPUID', serial: 0 } });
    expect(s.at).toBe(s.address('end'));
  });

  it('passes over a breakpoint whose condition does not hold', async () => {
    s.break('inner');
    s.hooks.accept = () => s.target.registers().gpr[RAX] === 2n;
    await s.controller.continue();
    expect(s.target.registers().gpr[RAX]).toBe(2n);
  });

  it('steps into a call by instruction, and over it', async () => {
    await s.controller.stepIn('instruction', 0);
    await s.controller.stepIn('instruction', 0);
    expect(s.at).toBe(s.address('outer'));
    await s.controller.stepBack('instruction', 0);
    expect(await s.controller.next('instruction', 0)).toEqual({ kind: 'step' });
    expect(s.at).toBe(s.address('loop') + 5n);
    expect(s.target.registers().gpr[RAX]).toBe(1n);
  });

  it('takes a repeated string instruction as one when stepping over, an iteration at a time when stepping in', async () => {
    s.break('after');
    await s.controller.continue();
    for (let i = 0; i < 5; i++) await s.controller.stepBack('instruction', 0);
    const rep = s.at;
    expect(s.target.registers().gpr[RCX]).toBe(5n);
    await s.controller.stepIn('instruction', 0);
    expect([s.at, s.target.registers().gpr[RCX]]).toEqual([rep, 4n]);
    s.break();
    await s.controller.next('instruction', 0);
    expect(s.at).toBe(s.address('after'));
  });

  it('stops at a breakpoint inside what is stepped over', async () => {
    s.break('inner');
    await s.controller.stepIn('instruction', 0);
    expect(await s.controller.next('line', 0)).toEqual({ kind: 'breakpoint', address: s.address('inner') });
  });

  it('steps out of the innermost procedure, not of one called later', async () => {
    s.break('inner');
    await s.controller.continue();
    s.break();
    expect(await s.controller.stepOut(0)).toEqual({ kind: 'step' });
    expect(s.at).toBe(s.address('back'));
    expect(await s.controller.stepOut(0)).toEqual({ kind: 'step' });
    expect(s.at).toBe(s.address('loop') + 5n);
  });

  it('steps out through calls still to be made', async () => {
    s.break('outer');
    await s.controller.continue();
    s.break();
    await s.controller.stepOut(0);
    expect(s.at).toBe(s.address('loop') + 5n);
  });

  it('goes on over several instructions of one line, and does not stop half-way', async () => {
    const program = sample();
    const lines = {
      [program.address('loop')]: 'L',
      [program.address('loop') + 5]: 'L',
      [program.address('loop') + 8]: 'L',
    };
    s = new Session(program, {}, lines);
    await s.controller.stepIn('line', 0);
    // DEC and JNE belong to the line too; JNE goes back to its beginning, which is a stop.
    await s.controller.next('line', 0);
    expect([s.at, s.target.registers().gpr[RCX]]).toEqual([s.address('loop'), 2n]);
  });

  it('lets handlers of interrupts run when stepping over, and goes into them when stepping in', async () => {
    const build = () => {
      const p = new ToyProgram();
      p.sti().label('top').inc(RAX).inc(RAX).inc(RAX).inc(RAX).jmp('top').label('handler').inc(3).iret();
      return p;
    };
    const vectors = { 32: BigInt(build().address('handler')) };
    s = new Session(build(), { timer: 7, vectors });
    for (let i = 0; i < 40; i++) {
      await s.controller.next('instruction', 0);
      expect(s.at).toBeLessThan(s.address('handler'));
    }
    expect(s.target.registers().gpr[3]).toBeGreaterThan(0n);
    s = new Session(build(), { timer: 7, vectors });
    for (let i = 0; i < 8; i++) await s.controller.stepIn('instruction', 0);
    expect(s.at).toBeGreaterThan(s.address('handler'));
  });

  it('answers a pause in an endless loop, and while the guest waits for input', async () => {
    const loop = new ToyProgram().label('top').nop().jmp('top');
    s = new Session(loop);
    let halt: Promise<Halt> = s.controller.continue();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(s.controller.pause()).toBe(true);
    expect(await halt).toEqual({ kind: 'pause' });
    expect(s.target.instructions).toBeGreaterThan(100_000);

    const waiting = new ToyProgram().sti().hlt().nop().label('end').jmp('end').label('handler').iret();
    s = new Session(waiting, { vectors: { 32: BigInt(waiting.address('handler')) } });
    s.break('end');
    const told = new Promise<void>((resolve) => {
      s.hooks.idle = resolve;
    });
    halt = s.controller.continue();
    await told;
    s.controller.input(Uint8Array.of(65));
    expect(await halt).toEqual({ kind: 'breakpoint', address: s.address('end') });
  });

  it('refuses a second operation while one is under way', async () => {
    s = new Session(new ToyProgram().label('top').jmp('top'));
    const halt = s.controller.continue();
    await expect(s.controller.next('line', 0)).rejects.toThrow('the guest is running');
    s.controller.pause();
    await halt;
  });
});

describe('backwards', () => {
  it('steps back through every state of the way forwards', async () => {
    const states: string[] = [s.target.hash()];
    while (s.target.instructions < 30) {
      await s.controller.stepIn('instruction', 0);
      states.push(s.target.hash());
    }
    for (let i = states.length - 2; i >= 0; i--) {
      expect(await s.controller.stepBack('instruction', 0)).toEqual({ kind: 'step' });
      expect(s.target.hash()).toBe(states[i]);
    }
    expect(await s.controller.stepBack('instruction', 0)).toEqual({ kind: 'history-start' });
  });

  it('continues backwards from breakpoint to breakpoint, to the start, and forwards again alike', async () => {
    s.break('inner');
    const hits: string[] = [];
    for (let i = 0; i < 3; i++) {
      await s.controller.continue();
      hits.push(s.target.hash());
    }
    await s.controller.continue();
    for (const hit of [...hits].reverse()) {
      expect(await s.controller.reverseContinue(0)).toEqual({ kind: 'breakpoint', address: s.address('inner') });
      expect(s.target.hash()).toBe(hit);
    }
    expect(await s.controller.reverseContinue(0)).toEqual({ kind: 'history-start' });
    expect(s.target.instructions).toBe(0);
    await s.controller.continue();
    expect(s.target.hash()).toBe(hits[0]);
  });

  it('continues backwards to an exit', async () => {
    s.controller.setStops({ ...NO_STOPS, exits: ['CPUID'] });
    await s.controller.continue();
    const hash = s.target.hash();
    await s.controller.continue();
    expect(await s.controller.reverseContinue(0)).toMatchObject({ kind: 'exit', record: { reason: 'CPUID' } });
    expect(s.target.hash()).toBe(hash);
    expect(await s.controller.reverseContinue(0)).toEqual({ kind: 'history-start' });
  });

  it('steps back by line over a call, and out of a procedure to its caller', async () => {
    await s.controller.stepIn('line', 0);
    await s.controller.next('line', 0);
    expect(s.at).toBe(s.address('loop') + 5n);
    await s.controller.stepBack('line', 0);
    expect([s.at, s.target.instructions]).toEqual([s.address('loop'), 1]);

    s.break('inner');
    await s.controller.continue();
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(s.address('outer') + 1n);
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(s.address('outer'));
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(s.address('loop'));
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(0x1000n);
    expect(await s.controller.stepBack('line', 0)).toEqual({ kind: 'history-start' });
  });

  it('steps back to the beginning of a line of several instructions, and over a whole repeated one', async () => {
    s.break('after');
    await s.controller.continue();
    await s.controller.stepBack('line', 0);
    expect([s.at, s.target.registers().gpr[RCX]]).toEqual([s.address('after') - 2n, 5n]);

    const program = sample();
    const first = program.address('outer');
    s = new Session(program, {}, { [first]: 'L', [first + 1]: 'L', [first + 6]: 'L' });
    s.break('outerRet');
    await s.controller.continue();
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(s.address('outer'));
  });

  it('steps back over a call that took longer than the window looked at', async () => {
    const p = new ToyProgram();
    p.nop().label('site').call('long').label('after').nop().label('end').jmp('end');
    p.label('long').mov(RCX, 20_000).label('top').dec(RCX).jne('top').ret();
    s = new Session(p);
    s.break('after');
    await s.controller.continue();
    await s.controller.stepBack('line', 0);
    expect([s.at, s.target.instructions]).toEqual([s.address('site'), 1]);
  });

  it('steps back over the handler of an interrupt', async () => {
    const build = () => {
      const p = new ToyProgram();
      p.sti().label('top').inc(RAX).inc(RAX).inc(RAX).inc(RAX).jmp('top').label('handler').inc(3).iret();
      return p;
    };
    s = new Session(build(), { timer: 7, vectors: { 32: BigInt(build().address('handler')) } });
    const forwards: bigint[] = [];
    for (let i = 0; i < 30; i++) {
      forwards.push(s.at);
      await s.controller.next('line', 0);
    }
    for (const at of forwards.reverse()) {
      await s.controller.stepBack('line', 0);
      expect(s.at).toBe(at);
    }
  });

  it('steps back over a return that no call led to', async () => {
    const p = new ToyProgram();
    p.mov(RAX, 0x1011).push(RAX).label('jump').ret().emit(0, 0, 0, 0, 0).label('there').nop().label('end').jmp('end');
    expect(p.address('there')).toBe(0x1011);
    s = new Session(p);
    s.break('end');
    await s.controller.continue();
    for (const label of ['there', 'jump']) {
      await s.controller.stepBack('line', 0);
      expect(s.at).toBe(s.address(label));
    }
  });

  it('tells the instruction that faulted from the handler behind it, though both have one count', async () => {
    const p = new ToyProgram();
    p.nop().label('fault').ud2().label('handler').nop().label('end').jmp('end');
    s = new Session(p, { vectors: { 6: BigInt(p.address('handler')) } });
    s.break('handler');
    await s.controller.continue();
    expect([s.at, s.target.instructions]).toEqual([s.address('handler'), 1]);
    await s.controller.stepBack('instruction', 0);
    expect([s.at, s.target.instructions]).toEqual([s.address('fault'), 1]);
    await s.controller.stepIn('instruction', 0);
    await s.controller.stepIn('instruction', 0);
    s.break('fault', 'handler');
    expect(await s.controller.reverseContinue(0)).toEqual({ kind: 'breakpoint', address: s.address('handler') });
    expect(await s.controller.reverseContinue(0)).toEqual({ kind: 'breakpoint', address: s.address('fault') });
    await s.controller.continue();
    await s.controller.stepBack('line', 0);
    expect(s.at).toBe(s.address('fault'));
  });

  it('repeats what was changed by hand, and begins a new future when the past is changed', async () => {
    s.break('inner');
    await s.controller.continue();
    s.controller.edit((t) => t.writeRegister('rax', 100n));
    await s.controller.continue();
    expect(s.target.registers().gpr[RAX]).toBe(101n);
    const hash = s.target.hash();
    await s.controller.reverseContinue(0);
    await s.controller.reverseContinue(0);
    expect(s.target.instructions).toBe(0);
    await s.controller.continue();
    expect(s.target.registers().gpr[RAX]).toBe(100n);
    await s.controller.continue();
    expect(s.target.hash()).toBe(hash);

    await s.controller.goto(1);
    s.controller.edit((t) => t.writeRegister('rax', 7n));
    await s.controller.continue();
    expect(s.target.registers().gpr[RAX]).toBe(7n);
  });
});

describe('a long history', () => {
  const endless = () => new ToyProgram().label('top').inc(RAX).push(RAX).pop(RAX).jmp('top');

  it('is bounded in snapshots, and stepping back from its end replays little', async () => {
    s = new Session(endless());
    await s.controller.goto(2_000_000);
    const { snapshots } = s.controller.timeline;
    expect(snapshots.count).toBeLessThanOrEqual(64);
    await s.controller.stepBack('instruction', 0);
    expect(s.target.instructions).toBe(1_999_999);
    expect(s.target.registers().gpr[RAX]).toBe(500_000n);
  });

  it('gives back the present when a replay is cancelled, and reports its progress', async () => {
    s = new Session(endless());
    await s.controller.goto(800_000);
    const hash = s.target.hash();
    let progress = 0;
    s.hooks.replaying = (done, total) => {
      progress = done / total;
      if (progress > 0.3) s.controller.pause();
    };
    expect(await s.controller.goto(2_000_000)).toEqual({ kind: 'cancelled' });
    expect(progress).toBeGreaterThan(0.3);
    expect(s.target.hash()).toBe(hash);
  });

  it('is the same run, however often it was interrupted', async () => {
    s = new Session(endless());
    s.target.run(400_003);
    const hash = s.target.hash();
    s = new Session(endless());
    s.controller.setStops({ ...NO_STOPS, breakpoints: [BigInt(s.program.org)] });
    for (let i = 0; i < 20; i++) {
      await s.controller.continue();
      await s.controller.next('instruction', 0);
      if (i % 3 === 0) await s.controller.stepBack('line', 0);
    }
    s.controller.setStops(NO_STOPS);
    await s.controller.goto(400_003);
    expect(s.target.hash()).toBe(hash);
  });
});
