import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engineVersion } from '../src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the engine and the package have one version', () => {
  const { version } = JSON.parse(text('package.json')) as { version: string };

  expect(engineVersion).toBe(version);
});

// Needs the registry and half a minute: FLEETFALL_LONG=1.
test.runIf(process.env.FLEETFALL_LONG === '1')(
  'the packed package, installed into an empty folder, is a command and a typed library',
  { timeout: 300_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetfall-package-'));
    try {
      // Scripts of this npm see the Node that runs this test first.
      const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` };
      const run = (command: string, args: readonly string[], cwd: string): string =>
        execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      run('npm', ['pack', '--pack-destination', folder], root);
      run('npm', ['exec', '--', 'publint', '--strict'], root);
      const user = join(folder, 'user');
      mkdirSync(user);
      writeFileSync(join(user, 'package.json'), '{ "name": "user", "version": "1.0.0", "type": "module" }');
      run('npm', ['install', '--no-audit', '--no-fund', join(folder, `fleetfall-${engineVersion}.tgz`)], user);
      cpSync(join(root, 'scenarios'), join(user, 'scenarios'), { recursive: true });
      writeFileSync(
        join(user, 'use.ts'),
        [
          "import { assign, compare, readScenarioFile, simulate, type Comparison } from 'fleetfall';",
          "const comparison: Comparison = await simulate(readScenarioFile('scenarios/worker-crash.yaml'));",
          "const { clients } = assign({ nginx: 'scenarios/configs/nginx.conf', clients: ['10.1.0.7'] });",
          "if (clients.length !== 1 || compare(comparison, comparison).moved.length > 0) throw new Error('the door is shut');",
          'console.log(comparison.expectations.map(({ verdict }) => verdict).join());',
        ].join('\n'),
      );

      const version = run('npx', ['fleetfall', '--version'], user);
      const summary = run('npx', ['fleetfall', 'run', 'scenarios/worker-crash.yaml'], user);
      const library = run(process.execPath, ['use.ts'], user);
      run(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', 'use.ts'],
        ],
        user,
      );

      expect(version.trim()).toBe(engineVersion);
      expect(summary).toContain('worker01 is killed at 10 min');
      expect(library.trim()).toMatch(/^(pass,?)+$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
