// fleetfall baseline: what is remembered fails when a model is weakened, and only then.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { scenarioText } from '../support/scenarios.ts';
import type { Weakening } from '../support/weaken.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-baseline-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function scenario(name: string, faults = '[{ at: 10m, kill: worker01, for: 5m }]'): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, scenarioText({ duration: '12m', faults, more: 'replications: 1\n' }));
  return file;
}

const baseline = (verb: 'save' | 'check', ...argv: readonly string[]) =>
  cli(['baseline', verb, ...argv, '--jobs', '1']);

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The check by a simulator of which a part was taken out, in a process of its own. */
function weakened(weakening: Weakening, argv: readonly string[]): Promise<Told> {
  const args = ['--import', path('../support/weaken.ts'), path('../../src/cli/main.ts'), 'baseline', 'check', ...argv];
  const env = { ...process.env, FLEETFALL_TEST_WEAKENING: JSON.stringify(weakening) };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args, '--jobs', '1'], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const noNextUpstream: Weakening = {
  file: 'models/balancer/nginx/nginx.ts',
  from: '!listener.nextUpstream',
  to: 'true',
};
const onePoint: Weakening = {
  file: 'models/balancer/nginx/hashConsistent.ts',
  from: 'pointsPerWeight = 160',
  to: 'pointsPerWeight = 1',
};
const noLockPoll: Weakening = {
  file: 'models/agent.ts',
  from: 'Math.ceil((freeUs - metUs) / lockPollUs) * lockPollUs',
  to: '(freeUs - metUs)',
};

const shipped: readonly (readonly [
  scenario: string,
  mode: string,
  what: string,
  Weakening,
  firstDifference: RegExp,
])[] = [
  [
    'worker-crash',
    'load-balancer',
    'no next upstream',
    noNextUpstream,
    // Who was refused goes on to another node; without it the next one is refused instead.
    /replication 1, at 10 min 0\.\d+ s: servers\/\d+: balancer fails to connect; baseline: servers\/\d+: balancer connects to \w+\.$/,
  ],
  [
    'nginx-docs',
    'documented',
    'one point on the ring a server',
    onePoint,
    /replication 1, at −\d+ .*s: [\w-]+\/\d+: balancer connects to (\w+); baseline: [\w-]+\/\d+: balancer connects to (?!\1)\w+\.$/,
  ],
  [
    'worker-crash',
    'failover',
    'no lock poll',
    noLockPoll,
    // Agents that are back send what has waited at once instead of up to 5 s later.
    /replication 1, at 10 min \d+\.000 s: events: .* waiting; baseline: events: .* waiting\.$/,
  ],
];

test.each(shipped)(
  '%s, mode %s: %s makes the check fail, and the first difference says where',
  { timeout: 60_000 },
  async (name, mode, what, weakening, firstDifference) => {
    const dir = join(folder, `shipped-${what}`);
    const argv = [path(`../../scenarios/${name}.yaml`), '--dir', dir, '--mode', mode, '--replications', '1'];
    const saved = await baseline('save', ...argv);
    const { code, out, err } = await weakened(weakening, [...argv, '--json']);

    expect([saved.code, saved.err]).toEqual([0, '']);
    expect([code, err]).toEqual([4, '']);
    const { scenarios } = JSON.parse(out) as {
      scenarios: { differs: boolean; firstDivergence: { text: string }; values: unknown[] }[];
    };
    expect(scenarios[0]).toMatchObject({ differs: true });
    expect(scenarios[0]!.firstDivergence.text).toMatch(firstDifference);
    expect(scenarios[0]!.values.length).toBeGreaterThan(5);
  },
);

test('what is saved is as remembered; a changed scenario says what changed, and what to do', async () => {
  const dir = join(folder, 'one');
  const file = scenario('one');

  const saved = await baseline('save', file, '--dir', dir);
  expect([saved.code, saved.out]).toEqual([0, `Remembered: one in ${join(dir, 'one.json')}\n`]);
  const checked = await baseline('check', file, '--dir', dir);
  expect([checked.code, checked.err]).toEqual([0, '']);
  expect(checked.out).toMatch(/^one: as remembered \(1 run, \d+ events of connections\)\n$/);
  expect((await baseline('check', file, '--dir', dir, '--quiet')).out).toBe('');

  const changed = await baseline('check', scenario('one', '[{ at: 9m, kill: worker01, for: 5m }]'), '--dir', dir);
  expect([changed.code, changed.out]).toEqual([2, '']);
  expect(changed.err).toBe(
    `one: the baseline is of other input, so nothing can be said of the simulation. What changed:
  failover: faults[0].atUs.fromUs: 10 min 0 s → 9 min 0 s
  failover: faults[0].atUs.toUs: 10 min 0 s → 9 min 0 s
If that is meant, remember the new one: fleetfall baseline save ${file}
`,
  );
});

test('no baseline, a broken one and one that is fine: each is told, and the worst code counts', async () => {
  const dir = join(folder, 'several');
  const files = ['fine', 'broken', 'new'].map((name) => scenario(name));
  await baseline('save', files[0]!, files[1]!, '--dir', dir, '--quiet');
  const broken = join(dir, 'broken.json');
  writeFileSync(broken, readFileSync(broken, 'utf8').replace('"replications":1', '"replications":9'));

  const { code, out, err } = await baseline('check', ...files, '--dir', dir);
  expect(code).toBe(2);
  expect(out).toMatch(/^fine: as remembered .*\n$/);
  expect(err).toBe(
    `${broken}: was edited, or is damaged: its digest is another. Save it again with \`fleetfall baseline save\`.\n` +
      `${join(dir, 'new.json')}: there is no baseline of new yet. Remember it: fleetfall baseline save ${files[2]!}\n`,
  );
});

test('nothing is remembered while a file needs mending, and a baseline that was there stays', async () => {
  const dir = join(folder, 'mending');
  await baseline('save', scenario('kept'), '--dir', dir, '--quiet');
  const before = readFileSync(join(dir, 'kept.json'), 'utf8');
  const { code } = await baseline(
    'save',
    scenario('kept', '[{ at: 9m, kill: worker01 }]'),
    scenario('wrong', '[{ at: 9m, kill: nobody }]'),
    ...['--dir', dir],
  );

  expect(code).toBe(2);
  expect(readdirSync(dir)).toEqual(['kept.json']);
  expect(readFileSync(join(dir, 'kept.json'), 'utf8')).toBe(before);
});

test('a place that takes no baseline is named before anything is simulated', async () => {
  writeFileSync(join(folder, 'file'), '');
  const { code, err } = await baseline(
    'save',
    scenario('late'),
    '--dir',
    join(folder, 'file'),
    '--replications',
    '1000',
  );

  expect(code).toBe(2);
  expect(err).toContain('not a directory');
  expect(existsSync(join(folder, 'late.json'))).toBe(false);
});

test.each([
  [['--tolerance', '2'], 'Expected a share below 100%, such as 2%.'],
  [['--tolerance', '150%'], 'Expected a share below 100%, such as 2%.'],
])('a tolerance is a share: %j', async (argv, said) => {
  const { code, err } = await baseline('check', scenario('share'), ...argv);

  expect(code).toBe(2);
  expect(err).toContain(said);
});
