/**
 * The fuzz campaign of the assembler: no source may crash or hang it.
 *
 *     npm run campaign -- assembler-fuzz [--cases 200000] [--seed 1] [--workers 2] [--minutes 10]
 *
 * Mutated test cases, cut to a few lines so that many fit, and bombs: macros without end, files that include themselves, huge
 * counts and deep nesting. Each must give output or an error that points into it, within the documented limits
 * (assembler/limits.ts) and 20 seconds. A bomb takes long by its nature, so they are one in some thousand after one of each.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { AssembleOptions, SourceReader } from '../../../assembler/api';
import { check, mutated, Random } from '../../mutated-sources';
import { bomb, bombKinds, bombOfKind } from './bombs';

interface Task {
  seed: number;
  cases: number;
  /** Milliseconds. */
  budget: number;
  /** Kinds of bombs to try once: from, to. */
  kinds: readonly [number, number];
}

interface Result {
  done: number;
  bombs: number;
  /** Milliseconds of the slowest source. */
  slowest: number;
  problems: string[];
}

/** One in this many sources is a bomb. */
const bombEvery = 2000;
const mostLines = 20;

function work({ seed, cases, budget, kinds }: Task): Result {
  const random = new Random(seed * 2654435761 + 1);
  const started = Date.now();
  const result: Result = { done: 0, bombs: 0, slowest: 0, problems: [] };
  const attempt = (source: string, options: AssembleOptions, reader?: SourceReader): void => {
    const begun = Date.now();
    const problem = check(source, options, reader);
    result.slowest = Math.max(result.slowest, Date.now() - begun);
    result.done++;
    if (problem)
      result.problems.push(
        `seed ${seed}, source ${result.done}: ${problem}\n--- ${options.format}\n${source.slice(0, 2000)}`,
      );
  };
  const explode = (source: string, options: AssembleOptions): void => {
    result.bombs++;
    attempt(source, options, {
      resolve: (name) => (name === 'bomb.asm' ? name : undefined),
      readText: () => source,
      readBytes: () => new TextEncoder().encode(source),
    });
  };
  for (let kind = kinds[0]; kind < kinds[1]; kind++) explode(bombOfKind(kind), { format: 'bin', listing: false });
  while (result.done < cases && Date.now() - started < budget) {
    if (random.next(bombEvery) === 0) {
      const { source, options } = bomb(random);
      explode(source, options);
    } else {
      const { source, options } = mutated(random, mostLines);
      attempt(source, options);
    }
  }
  return result;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const option = (name: string, otherwise: number): number => {
    const at = words.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(words[at + 1]);
  };
  const cases = option('cases', 200_000);
  const seed = option('seed', 1);
  const workers = option('workers', 2);
  const budget = option('minutes', 10) * 60_000;
  const started = Date.now();
  const results = await Promise.all(
    Array.from({ length: workers }, (_, i) => {
      const from = Math.round((i * bombKinds) / workers);
      const to = Math.round(((i + 1) * bombKinds) / workers);
      const task: Task = { seed: seed * 1000 + i, cases: Math.ceil(cases / workers), budget, kinds: [from, to] };
      return new Promise<Result>((resolve) => {
        const worker = new Worker(process.argv[1]!, { workerData: task });
        const lost = (reason: string): void =>
          resolve({ done: 0, bombs: 0, slowest: 0, problems: [`worker ${i} of seed ${task.seed} ended: ${reason}`] });
        worker.once('message', resolve);
        worker.once('error', (error) => lost(String(error)));
        worker.once('exit', (code) => lost(`exit status ${code}`));
      });
    }),
  );
  const sum = (value: (one: Result) => number): number => results.reduce((all, one) => all + value(one), 0);
  const done = sum((one) => one.done);
  const problems = results.flatMap((one) => one.problems);
  for (const problem of problems.slice(0, 20)) console.log(problem);
  console.log(
    `assembler-fuzz: ${done} of ${cases} sources of seed ${seed}, ${sum((one) => one.bombs)} of them bombs of ` +
      `${bombKinds} kinds; the slowest took ${Math.max(...results.map((one) => one.slowest))} ms; ` +
      `${Math.round((Date.now() - started) / 1000)} s`,
  );
  if (done < cases) console.log('the time was over before all were tried');
  console.log(`${done - problems.length} passed, ${problems.length} failed`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (isMainThread) await main();
else parentPort!.postMessage(work(workerData as Task));
