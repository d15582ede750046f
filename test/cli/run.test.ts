// What a process that runs a scenario leaves behind: interrupted, without room, without a reader.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { spawned, type Spawned } from '../support/spawned.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says a warning on stderr when it begins, unless told to be quiet. */
function scenario(name: string, agents: number, replications: number): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    join(folder, 'ossec.conf'),
    `<ossec_config><client>
<server><address>172.0.0.4</address></server><server><address>172.0.0.5</address></server>
<crypto_method>aes</crypto_method>
</client></ossec_config>`,
  );
  writeFileSync(
    file,
    `fleetfall: 1
replications: ${replications}
duration: 15m
cluster: { nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }
fleet: { servers: { count: ${agents}, addresses: 10.0.0.0/8, events: { rate: 1/s } } }
modes: { failover: { ossec: ossec.conf } }
faults: [{ at: 5m, kill: worker01, for: 5m }]
`,
  );
  return file;
}

/** A second is what we promise; a machine that runs other tests meanwhile may take longer. Without the interrupt it is minutes. */
const soonMs = process.env.FLEETFALL_LONG === '1' ? 1_000 : 6_000;

async function interrupted({ child, done }: Spawned, signal: NodeJS.Signals): Promise<number | null> {
  const start = performance.now();
  child.kill(signal);
  const { code, err } = await done;
  expect(performance.now() - start).toBeLessThan(soonMs);
  expect(err).not.toMatch(/^\s+at /m); // no stack
  return code;
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends a long run at once, with code 130 and nothing left',
  { timeout: 30_000 },
  async (signal) => {
    const place = join(folder, `long-${signal}`);
    mkdirSync(place);
    const file = scenario('long', 100_000, 200);
    const run = spawned(['run', file, '--json', '--jobs', '2', '--out', join(place, 'out')]);
    await run.said('warning: ');
    await setTimeout(500); // somewhere in the middle

    expect(await interrupted(run, signal)).toBe(130);
    expect(readdirSync(place)).toEqual([]);
  },
);

test('an interrupt while the report is written leaves the old one as it was', { timeout: 60_000 }, async () => {
  const place = join(folder, 'writing');
  mkdirSync(join(place, 'out'), { recursive: true });
  writeFileSync(join(place, 'out', 'summary.md'), 'old');
  const run = spawned(['run', scenario('writing', 20_000, 3), '--quiet', '--jobs', '1', '--out', join(place, 'out')]);
  while (run.child.exitCode === null && !readdirSync(place).some((name) => name.startsWith('.out.writing-'))) {
    await setTimeout(5);
  }

  expect(await interrupted(run, 'SIGINT')).toBe(130);
  expect(readdirSync(place)).toEqual(['out']);
  expect(readdirSync(join(place, 'out'))).toEqual(['summary.md']);
  expect(readFileSync(join(place, 'out', 'summary.md'), 'utf8')).toBe('old');
});

test('a place that takes no report is named before anything is simulated, and nothing is written', async () => {
  const place = join(folder, 'places');
  mkdirSync(join(place, 'thesis'), { recursive: true });
  writeFileSync(join(place, 'file'), '');
  writeFileSync(join(place, 'thesis', 'thesis.tex'), '');
  // Hours, if it were simulated.
  const file = scenario('never', 1_000_000, 1_000);
  const reasons = {
    file: 'it is a file, not a directory',
    'file/below': 'not a directory (ENOTDIR)',
    thesis: 'it holds thesis.tex, which is no part of a report',
  };

  for (const [out, reason] of Object.entries(reasons)) {
    const { code, out: printed, err } = await cli(['run', file, '--out', join(place, out)]);
    expect([code, printed]).toEqual([2, '']);
    expect(err).toBe(`cannot write the report to ${join(place, out)}: ${err.slice(err.indexOf(reason))}`);
  }
  expect(readdirSync(place, { recursive: true }).sort()).toEqual(['file', 'thesis', join('thesis', 'thesis.tex')]);
});

test('whoever reads may stop: no stack, and report and exit code are the same', { timeout: 30_000 }, async () => {
  const out = join(folder, 'head');
  const run = spawned(['run', scenario('head', 20, 2), '--jobs', '1', '--out', out]);
  run.child.stdout!.destroy();
  run.child.stderr!.destroy();

  expect((await run.done).code).toBe(0);
  expect(existsSync(join(out, 'summary.json'))).toBe(true);
});

test.runIf(existsSync('/dev/full'))('a full disk behind standard output is said in a line', async () => {
  const { code, err } = await spawned(['schema'], '/dev/full').done;

  expect(code).toBe(2);
  expect(err).toMatch(/^fleetfall: cannot write to standard output: .*ENOSPC.*\n$/);
});

test('what is piped is plain, the same every time and 80 columns wide', { timeout: 30_000 }, async () => {
  const file = scenario('plain', 20, 2);
  const runs = await Promise.all(
    ['one', 'two'].map((out) => spawned(['run', file, '--jobs', '1', '--out', join(folder, out)]).done),
  );

  expect(runs[0]!.out).toBe(runs[1]!.out);
  expect(runs[0]!.out).not.toMatch(/[\p{Cc}--\n]/v);
  expect(Math.max(...runs[0]!.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(runs[0]!.err).toBe(`Report: ${join(folder, 'one')}\n`);
});
