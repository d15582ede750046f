// A result is a function of scenario, seed and engine version: the same bytes wherever, whenever and with however many threads.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { digests } from '../support/digests.ts';

const scratch = mkdtempSync(join(tmpdir(), 'fleetfall-determinism-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const small = ['--set', 'fleet.servers.count=120', '--replications', '2', '--quiet'];

async function bytesOf(name: string, ...argv: string[]): Promise<Record<string, string>> {
  const out = join(scratch, name);
  const { code, err } = await cli(['run', 'scenarios/worker-power-off.yaml', ...small, ...argv, '--out', out]);
  expect([0, 3, 99], err).toContain(code);
  return digests(out);
}

test('the same scenario and seed give the same bytes again, with one thread or two, and another seed gives others', async () => {
  const first = await bytesOf('first', '--jobs', '1');
  const again = await bytesOf('again', '--jobs', '2');
  const other = await bytesOf('other', '--seed', 'another');

  expect(Object.keys(first)).toEqual(
    expect.arrayContaining(['summary.json', 'summary.md', 'modes.csv', 'timeline.csv', 'reconnects.csv']),
  );
  expect(again).toEqual(first);
  for (const file of ['summary.json', 'summary.md', 'modes.csv', 'timeline.csv', 'reconnects.csv']) {
    expect(other[file], file).not.toBe(first[file]);
  }
});

// Needs the registry, which hands out the releases of Node; its cache lies outside the checkout.
test.runIf(process.env.FLEETFALL_LONG === '1')(
  'Node 22, 24 and 26 write the same bytes, wherever they stand and whatever they speak',
  () => {
    const surroundings: Readonly<
      Record<string, { readonly jobs: string; readonly env: Readonly<Record<string, string>> }>
    > = {
      '22': { jobs: '1', env: { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } },
      '24': { jobs: '2', env: { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' } },
      '26': { jobs: '3', env: { TZ: 'America/St_Johns', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } },
    };
    const names = ['worker-crash', 'worker-power-off', 'worker-hang', 'all-nodes-down', 'master-down', 'nat-sites'];
    const found = Object.entries(surroundings).map(([release, { jobs, env }]) => {
      const run = (...argv: string[]): string =>
        execFileSync('npx', ['--yes', '--package', `node@${release}`, 'node', ...argv], {
          cwd: mkdtempSync(join(scratch, 'somewhere-')),
          env: { ...process.env, ...env, npm_config_cache: join(scratch, 'npm-cache') },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      const version = run('--version').trim();
      expect(version).toMatch(new RegExp(`^v${release}\\.`));
      const files = names.map((name) => {
        const out = join(scratch, `node-${release}`, name);
        const scenario = resolve('scenarios', `${name}.yaml`);
        const command = ['run', scenario, '--replications', '3', '--jobs', jobs, '--inconclusive', 'pass', '--quiet'];
        run(resolve('src/cli/main.ts'), ...command, '--out', out);
        return [name, digests(out)] as const;
      });
      console.log(`${version}: ${files.map(([name, all]) => `${name} ${Object.keys(all).length} files`).join(', ')}`);
      return files;
    });

    expect(found[0]!.map(([, files]) => Object.keys(files).length > 10)).toEqual(names.map(() => true));
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  },
  20 * 60_000,
);
