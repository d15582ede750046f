// The example project: run as its owner would, as it is and with bad changes of its nginx.conf.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `fleetfall` is this checkout, which Node runs as it is. */
const config = `export default {
  resolve: { alias: { fleetfall: ${JSON.stringify(join(root, 'src/index.ts'))} } },
  test: { maxWorkers: 1, server: { deps: { external: [new RegExp(${JSON.stringify(join(root, 'src').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))})] } } },
};
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-example-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  /** Names of tests. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

interface VitestJson {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/** Runs the project's own tests on a copy. */
function run(name: string, nginx: (conf: string) => string): Promise<Outcome> {
  const project = join(folder, name);
  cpSync(join(root, 'docs/example'), project, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'vitest.config.mjs'), config);
  const conf = join(project, 'nginx.conf');
  writeFileSync(conf, nginx(readFileSync(conf, 'utf8')));
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', '--outputFile=results.json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: project }, (error, out, err) => {
      try {
        const { testResults } = JSON.parse(readFileSync(join(project, 'results.json'), 'utf8')) as VitestJson;
        const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
        if (broken.length > 0) throw new Error(broken.map(({ message }) => message).join('\n'));
        const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
        const of = (wanted: string): string[] =>
          tests.filter(({ status }) => status === wanted).map(({ title }) => title);
        resolve({ code: error === null ? 0 : Number(error.code), passed: of('passed'), failed: of('failed') });
      } catch (cause) {
        reject(new Error(`${out}${err}`, { cause }));
      }
    });
  });
}

/** The text without a line of it. */
function without(conf: string, line: string): string {
  const kept = conf.replace(new RegExp(`^ *${line}\\n`, 'm'), '');
  if (kept === conf) throw new Error(`there is no ${line}`);
  return kept;
}

test('the example guards its balancing: as it is all holds, and bad changes fail what is about them', async () => {
  const [good, bad] = await Promise.all([
    run('good', (conf) => conf),
    run('bad', (conf) => without(without(conf, 'proxy_connect_timeout 5s;'), 'server 172.0.0.5:1514;')),
  ]);

  expect(good).toMatchObject({ code: 0, failed: [] });
  expect(good.passed.length).toBe(7);
  expect(bad.code).toBe(1);
  expect(bad.failed).toEqual(
    expect.arrayContaining([
      'load-balancer.reconnect.p95 <= 90s',
      'no node has a third more agents than its part',
      'the connect time-out of nginx brings the agents back earlier than its default would',
    ]),
  );
});
