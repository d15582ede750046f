// Results compared: what is read, what comes out, what is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeReport } from '../../src/report/write.ts';
import { aComparison, failover, loadBalancer } from '../support/comparison.ts';
import { cli } from '../support/cli.ts';
import { scenarioText } from '../support/scenarios.ts';

let folder = '';
let scenario = '';
let stored = '';
const comparison = aComparison({ modes: [loadBalancer, failover], agents: 30, replications: 2, minutes: 21 });
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-compare-'));
  scenario = join(folder, 'crash.yaml');
  writeFileSync(scenario, scenarioText({ more: 'replications: 2\n' }));
  stored = join(folder, 'stored');
  await writeReport(comparison, stored, null);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compare = (...argv: readonly string[]) => cli(['compare', ...argv, '--jobs', '1', '--quiet']);

test('one scenario under two settings', { timeout: 30_000 }, async () => {
  const { code, out, err } = await compare(scenario, '--set', 'faults[0].for=1s', '--replications', '1');

  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('faults[0].forUs: 5 min 0 s → 1.0 s');
  expect(out).toContain('One replication on both sides: no intervals');
});

test('a run’s result against its scenario: the same', { timeout: 30_000 }, async () => {
  const place = join(folder, 'run');
  const ran = await cli(['run', scenario, '--out', place, '--jobs', '1', '--quiet']);
  const { code, out } = await compare(place, scenario, '--json');

  expect([ran.code, code]).toEqual([0, 0]);
  const change = JSON.parse(out) as {
    moved: unknown[];
    settings: unknown[];
    pairedReplications: number;
    modes: string[];
  };
  expect(change).toMatchObject({ moved: [], settings: [], pairedReplications: 2, modes: ['failover'] });

  // And told again it is what the run has written.
  const again = join(folder, 'again');
  expect((await cli(['report', place, '--out', again])).code).toBe(0);
  const paths = readdirSync(place, { recursive: true, encoding: 'utf8', withFileTypes: false }).filter(
    (path) => path !== 'manifest.json' && path !== 'charts',
  );
  expect(readdirSync(again, { recursive: true, encoding: 'utf8' }).filter((path) => path !== 'charts')).toEqual(paths);
  for (const path of paths)
    expect(readFileSync(join(again, path), 'utf8'), path).toBe(readFileSync(join(place, path), 'utf8'));
});

test('a card for a pull request, and everything of two results', async () => {
  const card = await compare(stored, stored, '--format', 'md');
  const text = await compare(stored, join(stored, 'result.json'), '--mode', 'failover');

  expect(card.out).toMatch(/^# What moves: /);
  expect(text.out).toMatch(/^failover: nothing moved\.\n/);
});

test.each([
  [[], /missing required argument/],
  [['S'], /one scenario is compared under two settings: say what changes with --set/],
  [['R'], /a stored result alone says nothing of a change/],
  [['S', 'S', '--set', 'seed=2'], /--set is for one scenario under two settings\. Of two, say --set-a or --set-b\./],
  [['R', 'S', '--seed', '2'], /is a stored result: --set, --seed and --replications are for scenarios/],
  [['R', 'S', '--mode', 'failover'], /the fleets differ \(servers has 30 agents in the first and 10 in the second\)/],
  [
    ['S', 'S', '--replications', '1000', '--set-b', 'fleet.servers.count=11'],
    /servers has 10 agents in the first and 11 in the second/,
  ],
  [['S', '--set', 'faults[0].kill=worker9'], /crash\.yaml: 1 problem/],
  [['R', 'R', '--mode', 'nonesuch'], /--mode: .+ has no mode called "nonesuch"\. Known: /],
  [['R', 'nothing.json'], /nothing\.json: there is no such file\./],
  [['S', 'nothing.yaml'], /nothing\.yaml: 1 problem/],
])('what cannot be compared exits 2 and says why, before anything is simulated: %j', async (argv, said) => {
  const names: Readonly<Record<string, string>> = { S: scenario, R: stored };
  const { code, out, err } = await compare(...argv.map((word) => names[word] ?? word));

  expect(err).toMatch(said);
  expect([code, out]).toEqual([2, '']);
});
