// All replications of all modes, in this thread or in several; what comes out does not depend on that.
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { askedOf, compare } from '../metrics/compare.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { shellWord } from '../scenario/command.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { playReplication, type PlayedReplication, type ReplicationTask } from './single.ts';
import type { Keeping } from './recording.ts';
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
  const played = await playAll(scenario, options);
  return comparisonOf(scenario, played);
}

/** What is reported of replications that were played. */
export function comparisonOf(
  scenario: Scenario,
  played: readonly (readonly Pick<PlayedReplication, 'numbers'>[])[],
): Comparison {
  return compare(
    scenario,
    played.map((runs) => runs.map(({ numbers }) => numbers)),
    engineVersion,
  );
}

/**
 * Plays every replication of every mode, [mode][replication].
 * @param record what is written down of each; absent: nothing.
 * @throws as `simulate`.
 */
export async function playAll(
  scenario: Scenario,
  options: SimulateOptions = {},
  record?: Keeping,
): Promise<PlayedReplication[][]> {
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
        record,
      } satisfies ReplicationTask,
    })),
  );
  const results: PlayedReplication[][] = scenario.modes.map(() => []);
  let done = 0;
  const keep = (mode: number, played: PlayedReplication): void => {
    results[mode]![played.numbers.replication] = played;
    done += 1;
    onProgress?.(done, tasks.length);
  };
  if (jobs === 0) {
    for (const { mode, name, task } of tasks) {
      let played: PlayedReplication;
      try {
        played = playReplication(task);
      } catch (error) {
        throw new ReplicationError(scenario, name, task.replication, error);
      }
      keep(mode, played);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  } else {
    const pool = new Piscina<ReplicationTask, PlayedReplication>({
      filename: new URL(`worker${extname(import.meta.url)}`, import.meta.url).href,
      minThreads: 1,
      maxThreads: Math.min(jobs, tasks.length),
    });
    const abort = (): void => void pool.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.all(
        tasks.map(async ({ mode, name, task }) => {
          let played: PlayedReplication;
          try {
            played = await pool.run(task);
          } catch (error) {
            signal?.throwIfAborted();
            throw new ReplicationError(scenario, name, task.replication, error);
          }
          keep(mode, played);
        }),
      );
    } finally {
      signal?.removeEventListener('abort', abort);
      await pool.destroy();
    }
    signal?.throwIfAborted();
  }
  return results;
}
