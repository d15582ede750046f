// All replications of all modes, in this thread or in several; what comes out does not depend on that.
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { askedOf, compare } from '../metrics/compare.ts';
import type { Comparison } from '../metrics/comparison.ts';
import type { ReplicationNumbers } from '../metrics/numbers.ts';
import { shellWord } from '../scenario/command.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { runReplication, type ReplicationTask } from './single.ts';
import { engineVersion } from './version.ts';

export interface SimulateOptions {
  /** Ends the simulation; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Worker threads; 0 (the default) runs in this thread and answers to the signal between replications only. */
  readonly jobs?: number | undefined;
  /** Called after each replication of a mode. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A replication that went wrong by our mistake, with what it takes to see it again. */
export class ReplicationError extends Error {
  constructor(scenario: Scenario, mode: string, replication: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `mode ${mode}, seed ${scenario.seed}, replication ${replication + 1}: ${reason}\n` +
        `See it again: ${scenario.command} --mode ${mode} --seed ${shellWord(scenario.seed)} --replications ${replication + 1}`,
      { cause },
    );
    this.name = 'ReplicationError';
  }
}

/**
 * Simulates every mode of a scenario with the same luck and compares them.
 * @throws ReplicationError when the engine contradicts itself; the signal's reason when it is aborted.
 */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<Comparison> {
  const { signal, jobs = 0, onProgress } = options;
  signal?.throwIfAborted();
  const tasks = scenario.modes.flatMap(({ name, world }, mode) =>
    Array.from({ length: scenario.replications }, (_, replication) => ({
      mode,
      name,
      task: {
        world,
        seed: scenario.seed,
        replication,
        asked: askedOf(scenario.expectations, name),
        observed: scenario.observed,
      } satisfies ReplicationTask,
    })),
  );
  const results: ReplicationNumbers[][] = scenario.modes.map(() => []);
  let done = 0;
  const keep = (mode: number, numbers: ReplicationNumbers): void => {
    results[mode]![numbers.replication] = numbers;
    done += 1;
    onProgress?.(done, tasks.length);
  };
  if (jobs === 0) {
    for (const { mode, name, task } of tasks) {
      let numbers: ReplicationNumbers;
      try {
        numbers = runReplication(task);
      } catch (error) {
        throw new ReplicationError(scenario, name, task.replication, error);
      }
      keep(mode, numbers);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  } else {
    const pool = new Piscina<ReplicationTask, ReplicationNumbers>({
      filename: new URL(`worker${extname(import.meta.url)}`, import.meta.url).href,
      minThreads: 1,
      maxThreads: Math.min(jobs, tasks.length),
    });
    const abort = (): void => void pool.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.all(
        tasks.map(async ({ mode, name, task }) => {
          let numbers: ReplicationNumbers;
          try {
            numbers = await pool.run(task);
          } catch (error) {
            signal?.throwIfAborted();
            throw new ReplicationError(scenario, name, task.replication, error);
          }
          keep(mode, numbers);
        }),
      );
    } finally {
      signal?.removeEventListener('abort', abort);
      await pool.destroy();
    }
    signal?.throwIfAborted();
  }
  return compare(scenario, results, engineVersion);
}
