// Results told again: what comes out, where it may go, what is refused.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeReport } from '../../src/report/write.ts';
import { aComparison, failover, loadBalancer } from '../support/comparison.ts';
import { cli } from '../support/cli.ts';

let folder = '';
let stored = '';
const comparison = aComparison({ modes: [loadBalancer, failover], agents: 30, replications: 2, minutes: 21 });
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-told-'));
  stored = join(folder, 'stored');
  await writeReport(comparison, stored, null);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('stored results are told in every format', async () => {
  const told = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await cli(['report', stored, ...argv]);
    expect([code, err]).toEqual([0, '']);
    return out;
  };
  const written = (path: string): string => readFileSync(join(stored, path), 'utf8');

  expect(await told('--format', 'md')).toBe(written('summary.md'));
  expect(await told('--json')).toBe(written('summary.json'));
  expect(await told('--format', 'html')).toBe(written('report.html'));
  expect(await told('--format', 'junit')).toContain('<testsuite name="worker-crash" tests="2" failures="1"');
  expect(await told()).toContain('load-balancer');
  expect(await told('--details')).toContain('What decides it');
  const both = await cli(['report', stored, stored, '--json']);
  expect(JSON.parse(both.out)).toHaveLength(2);
});

test('a part of a report goes to a place of its own', async () => {
  const place = join(folder, 'tables');
  const { code } = await cli(['report', stored, '--format', 'csv', '--out', place, '--quiet']);

  expect(code).toBe(0);
  expect(readdirSync(place).sort()).toEqual(['losses.csv', 'modes.csv', 'nodes.csv', 'reconnects.csv', 'timeline.csv']);
  const over = await cli(['report', stored, '--format', 'csv', '--out', stored]);
  expect([over.code, over.err]).toEqual([
    2,
    `cannot write the report to ${stored}: it holds a report, and --format csv would leave only a part of it\n`,
  ]);
  expect(existsSync(join(stored, 'result.json'))).toBe(true);
});

test('an edited summary is refused, and told again from the result', async () => {
  const place = join(folder, 'edited');
  await writeReport(comparison, place, null);
  const summary = join(place, 'summary.json');
  const right = readFileSync(summary, 'utf8');
  writeFileSync(summary, right.replace('"agents": 30', '"agents": 3000'));

  const refused = await cli(['report', place]);
  expect([refused.code, refused.out]).toEqual([2, '']);
  expect(refused.err).toContain(`${summary}: does not say what the result.json beside it says`);
  // As it says.
  expect((await cli(['report', join(place, 'result.json'), '--out', place])).code).toBe(0);
  expect(readFileSync(summary, 'utf8')).toBe(right);
});

test.each([
  [['--format', 'csv'], '--format csv makes several files: say where they go with --out DIRECTORY.'],
  [['--format', 'junit', '--out', 'x'], '--format junit goes to standard output: leave --out out, and write > FILE.'],
])('what report cannot do is said: %j', async (argv, said) => {
  const { code, err } = await cli(['report', stored, ...argv]);

  expect([code, err]).toEqual([2, `fleetfall: ${said}\n`]);
});
