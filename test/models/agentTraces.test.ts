import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareRun } from '../support/agentTraceCompare.ts';
import type { MeasuredRun } from '../support/agentTrace.ts';

const { runs } = JSON.parse(
  readFileSync(new URL('../fixtures/wazuh-agent/traces-4.9.2.json', import.meta.url), 'utf8'),
) as { runs: MeasuredRun[] };

test.each(runs.map((run) => [run.id, run] as const))('as measured to a quarter of a second: %s', (_, run) => {
  const { problems, instants } = compareRun(run);
  expect(instants).toBeGreaterThan(0);
  expect(problems).toEqual([]);
});
