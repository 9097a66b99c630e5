/**
 * The fuzz campaign of the assembler: no source may crash or hang it.
 *
 *     npm run campaign -- assembler-fuzz [--cases 200000] [--seed 1] [--workers 2] [--minutes 10]
 *
 * Pieces of the test cases with changes, cut to a few lines so that many fit, and three bombs of each kind: macros without
 * end, files that include themselves, huge counts and deep nesting. Each must give output or an error that points into it,
 * within the documented limits (assembler/limits.ts), and a bomb must be over after some seconds of a processor's time.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { AssembleOptions, SourceReader } from '../../../assembler/api';
import { check, mutated, Random } from '../../mutated-sources';
import { allBombs, bombKinds } from './bombs';

interface Task {
  seed: number;
  cases: number;
  /** Milliseconds. */
  budget: number;
  /** Which bombs are this worker's: every `workers`-th from `first` on. */
  first: number;
  workers: number;
}

interface Result {
  done: number;
  bombs: number;
  /** Milliseconds that the slowest source and the slowest bomb took. */
  slowest: number;
  slowestBomb: number;
  problems: string[];
  /** Sources that took noticeably long. */
  slow: string[];
}

/** Milliseconds from which on a source is printed. */
const noticeable = 5000;

/** Lines of a piece: from the first number to the second. */
const pieces = [5, 40] as const;

function work({ seed, cases, budget, first, workers }: Task): Result {
  const random = new Random(seed * 2654435761 + 1);
  const started = Date.now();
  const result: Result = { done: 0, bombs: 0, slowest: 0, slowestBomb: 0, problems: [], slow: [] };
  const attempt = (source: string, options: AssembleOptions, reader?: SourceReader): number => {
    const begun = Date.now();
    const problem = check(source, options, reader);
    result.done++;
    if (problem)
      result.problems.push(
        `seed ${seed}, source ${result.done}: ${problem}\n--- ${options.format}\n${source.slice(0, 2000)}`,
      );
    const took = Date.now() - begun;
    if (took > noticeable)
      result.slow.push(`${took} ms for this source:\n--- ${options.format}\n${source.slice(0, 2000)}`);
    return took;
  };
  for (let i = first; i < allBombs.length; i += workers) {
    const { source, options } = allBombs[i]!;
    result.bombs++;
    const took = attempt(source, options, {
      resolve: (name) => (name === 'bomb.asm' ? name : undefined),
      readText: () => source,
      readBytes: () => new TextEncoder().encode(source),
    });
    result.slowestBomb = Math.max(result.slowestBomb, took);
  }
  while (result.done < cases && Date.now() - started < budget) {
    const { source, options } = mutated(random, pieces[0] + random.next(pieces[1] - pieces[0] + 1));
    result.slowest = Math.max(result.slowest, attempt(source, options));
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
      const task: Task = { seed: seed * 1000 + i, cases: Math.ceil(cases / workers), budget, first: i, workers };
      return new Promise<Result>((resolve) => {
        const worker = new Worker(process.argv[1]!, { workerData: task });
        const lost = (reason: string): void =>
          resolve({
            done: 0,
            bombs: 0,
            slowest: 0,
            slowestBomb: 0,
            slow: [],
            problems: [`worker ${i} of seed ${task.seed} ended: ${reason}`],
          });
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
  for (const slow of results.flatMap((one) => one.slow).slice(0, 5)) console.log(slow);
  const { user, system } = process.cpuUsage();
  console.log(
    `assembler-fuzz: ${done} of ${cases} sources of seed ${seed}, ${sum((one) => one.bombs)} of them bombs of ` +
      `${bombKinds} kinds; the slowest source took ${Math.max(...results.map((one) => one.slowest))} ms, the slowest bomb ` +
      `${Math.max(...results.map((one) => one.slowestBomb))} ms; ${Math.round((Date.now() - started) / 1000)} s, ` +
      `${Math.round((user + system) / 1e6)} s of processor time`,
  );
  if (done < cases) console.log('the time was over before all were tried');
  console.log(`${done - problems.length} passed, ${problems.length} failed`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (isMainThread) await main();
else parentPort!.postMessage(work(workerData as Task));
