// The page for whoever is on call.
import { expect, test } from 'vitest';
import { runbook } from '../../src/report/runbook.ts';
import { simulate } from '../../src/run/replications.ts';
import { load, scenarioText } from '../support/scenarios.ts';
import { aComparison, nastyName } from '../support/comparison.ts';

test('each fault tells what agents, balancer and dashboard show, with the instants of the first replication', async () => {
  const page = runbook(await simulate(load(scenarioText({})), { jobs: 1 }));
  expect(page).toMatch(/^## Fault 1: /m);
  expect(page).toMatch(/\*\*Agents\*\*: [\d,]+ lose the session/);
  expect(page).toMatch(/report again: the first after .*half of them after .*all after /);
  expect(page).toContain('**Dashboard**');
  expect(page).toContain('**Balancer**: this mode has none.');
});

test('a name is text on the page', () => {
  const page = runbook(aComparison({ group: nastyName, faults: [{ text: '<script>', fromMinute: 1, toMinute: 2 }] }));
  expect(page).not.toContain('<script');
});
