// What may differ between two runs of the same scenario: the only part of a report that does, and never committed.
import { arch, platform } from 'node:process';
import type { Comparison } from '../metrics/comparison.ts';

/** Facts about this run; `argv` are the arguments as given, without the program. */
export function manifestOf(
  { engine, scenario }: Comparison,
  argv: readonly string[] = process.argv.slice(2),
): Readonly<Record<string, unknown>> {
  return {
    format: 'fleetfall-manifest/1',
    engine,
    node: process.version,
    platform: `${platform}-${arch}`,
    source: scenario.source,
    inputHash: scenario.inputHash,
    seed: scenario.seed,
    writtenAt: new Date().toISOString(),
    argv: [...argv],
  };
}
