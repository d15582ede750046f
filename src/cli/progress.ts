// How far a run is, on stderr: a line that moves on a terminal, a line now and then anywhere else.
import { Presets, SingleBar } from 'cli-progress';
import { printable } from '../report/escape.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Io } from './io.ts';

interface Progress {
  update(done: number): void;
  stop(): void;
}

/** What whoever plays replications is given. */
export interface Playing {
  readonly signal: AbortSignal;
  readonly jobs: number;
  readonly onProgress: (done: number) => void;
}

/**
 * Plays the replications of a scenario and says meanwhile how far it is.
 * @param called its name, as it may be printed.
 */
export async function withProgress<T>(
  scenario: Pick<Scenario, 'replications' | 'modes'>,
  called: string,
  flags: { readonly jobs?: number; readonly quiet?: boolean },
  io: Io,
  play: (options: Playing) => Promise<T>,
): Promise<T> {
  const progress = progressOf(called, scenario.replications * scenario.modes.length, flags.quiet ?? false, io);
  try {
    return await play({
      signal: io.signal,
      jobs: flags.jobs ?? io.processors,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
}

/** Off a terminal a line every 10 s: enough to see that a pipeline's job is alive. */
const everyMs = 10_000;

/** @param name of what runs. @param total runs in all, ≥ 1. */
function progressOf(name: string, total: number, quiet: boolean, io: Io): Progress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return io.live ? liveBar(name, total) : plainLines(name, total, io);
}

function liveBar(name: string, total: number): Progress {
  const bar = new SingleBar(
    {
      format: `${printable(name)} {bar} {value}/{total} runs, {left} left`,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  const left = remaining(total);
  bar.start(total, 0, { left: '…' });
  return { update: (done) => bar.update(done, { left: left(done) }), stop: () => bar.stop() };
}

function plainLines(name: string, total: number, io: Io): Progress {
  let saidAtMs = performance.now();
  const left = remaining(total);
  return {
    update: (done) => {
      const text = left(done);
      if (done === total || performance.now() - saidAtMs < everyMs) return;
      saidAtMs = performance.now();
      io.err(`${printable(name)}: ${done} of ${total} runs, ${text} left\n`);
    },
    stop: () => undefined,
  };
}

/** The time that is left, as fast as it has gone so far: `about 40 s`. */
function remaining(total: number): (done: number) => string {
  const startMs = performance.now();
  return (done) => {
    if (done === 0) return '…';
    const seconds = Math.ceil((((performance.now() - startMs) / done) * (total - done)) / 1_000);
    if (seconds < 100) return `about ${seconds} s`;
    const minutes = Math.ceil(seconds / 60);
    return minutes < 100 ? `about ${minutes} min` : `about ${Math.ceil(minutes / 60)} h`;
  };
}
