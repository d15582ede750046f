// What a run says to the pipeline it runs in.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-pipeline-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function scenario(name: string, expectation: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `fleetfall: 1
replications: 2
duration: 15m
cluster: { nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }
fleet: { servers: { count: 20, addresses: 10.0.0.0/8, events: { rate: 1/s } } }
modes: { failover: { servers: [worker01, worker02] } }
faults: [{ at: 5m, kill: worker01, for: 5m }]
expect:
  - ${expectation}
`,
  );
  return file;
}

const run = (files: readonly string[], flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  cli(['run', ...files, '--out', mkdtempSync(join(folder, 'out-')), '--jobs', '1', ...flags], '', env);

test('on GitHub a breach is annotated on the line of the expectation, and the job gets a summary', async () => {
  const file = scenario('breach', 'failover.reconnect.p50 <= 1s');
  const summary = join(folder, 'step-summary.md');
  writeFileSync(summary, 'before\n');

  const { code, out } = await run([file], [], {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: folder,
    GITHUB_STEP_SUMMARY: summary,
  });

  expect(code).toBe(99);
  expect(out).toMatch(/^::error file=breach.yaml,line=9,col=5,title=breach%3A breached::/m);
  expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## .*\n\n\*\*worker01/);
});

test('elsewhere nothing is annotated, and a document on stdout stays one document', async () => {
  const file = scenario('breach', 'failover.reconnect.p50 <= 1s');

  expect((await run([file])).out).not.toContain('::');
  const { out, err } = await run([file], ['--json'], { GITHUB_ACTIONS: 'true' });
  expect(JSON.parse(out)).toMatchObject({ outcome: 'breached' });
  expect(err).toContain('::error file=');
});

test('a scenario that needs mending is annotated where it does', async () => {
  const file = scenario('wrong', 'failover.reconnect.p50 <= soon');

  const { code, out } = await run([file], [], { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder });

  expect(code).toBe(2);
  expect(out).toMatch(/^::error file=wrong.yaml,line=9,/m);
});

test('a summary that cannot be written is said and fails nothing', async () => {
  const file = scenario('fine', 'failover.reconnect.p50 <= 1h');

  const { code, err } = await run([file], [], { GITHUB_STEP_SUMMARY: folder });

  expect(code).toBe(0);
  expect(err).toContain('GITHUB_STEP_SUMMARY');
});

test('JUnit XML is printed, or written beside whatever else is asked for', async () => {
  const files = [scenario('fine', 'failover.reconnect.p50 <= 1h'), scenario('breach', 'failover.reconnect.p50 <= 1s')];
  const file = join(folder, 'made', 'junit.xml');

  const printed = await run(files, ['--format', 'junit']);
  const written = await run(files, ['--json', '--junit', file]);

  expect(printed.code).toBe(99);
  expect(printed.out.match(/<testsuite /g)).toHaveLength(2);
  expect(readFileSync(file, 'utf8')).toBe(printed.out);
  expect(JSON.parse(written.out)).toHaveLength(2);
  expect(readdirSync(join(folder, 'made'))).toEqual(['junit.xml']);
});

test('a place that takes no JUnit XML is told before anything is simulated', async () => {
  const taken = join(folder, 'taken');
  mkdirSync(taken, { recursive: true });

  const { code, err } = await run([scenario('fine', 'failover.reconnect.p50 <= 1h')], ['--junit', taken]);

  expect(code).toBe(2);
  expect(err).toContain('it is a directory');
});

test('--bail ends with the first scenario that does not pass, and says how many are left out', async () => {
  const files = [scenario('breach', 'failover.reconnect.p50 <= 1s'), scenario('fine', 'failover.reconnect.p50 <= 1h')];
  const out = join(folder, 'bailed');

  const { code, err } = await run(files, ['--bail', '--out', out]);

  expect(code).toBe(99);
  expect(err).toContain('1 scenario is left out (--bail).');
  expect(existsSync(join(out, 'fine'))).toBe(false);
});
