// fleetfall as a library: only through its door, with scenarios that lie in no file.
import { globSync, readFileSync } from 'node:fs';
import { expect, expectTypeOf, test } from 'vitest';
import {
  checkBaseline,
  record,
  assign,
  compare,
  loadScenario,
  metricDefinitions,
  movedClients,
  reportFiles,
  ScenarioError,
  scenarioFromFlags,
  simulate,
  summaryJson,
  summaryMarkdown,
  terminalSummary,
  type Comparison,
  type Files,
  type Moved,
  type ReconnectRow,
  type Scenario,
  type Summary,
} from '../src/index.ts';

const nginx = `
stream {
  upstream cluster { hash $remote_addr consistent; include peers/*.conf; }
  server { listen 1514; proxy_pass cluster; }
}`;
const texts: Readonly<Record<string, string>> = {
  'nginx.conf': nginx,
  'peers/a.conf': 'server 172.0.0.3:1514; server 172.0.0.4:1514;',
  'peers/b.conf': 'server 172.0.0.5:1514;',
};
const files: Files = {
  read(path) {
    const text = texts[path];
    if (text === undefined) throw new Error('no such file.');
    return text;
  },
  list: (directory) =>
    Object.keys(texts).flatMap((path) => (path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : [])),
};

function scenarioOf(text: string): Scenario {
  return loadScenario({ file: 'crash.yaml', text, files });
}

const crash = `
fleetfall: 1
title: worker01 dies for a minute
replications: 2
duration: 8m
cluster:
  nodes:
    master: { address: 172.0.0.3, role: master }
    worker01: { address: 172.0.0.4 }
    worker02: { address: 172.0.0.5 }
fleet:
  servers: { count: 60, version: 4.14.7, addresses: 10.1.0.0/16, events: { rate: 1/s } }
modes:
  lb: { nginx: { file: nginx.conf, cpus: 2 } }
  list: { servers: [worker01, worker02] }
faults:
  - { at: 3m, kill: worker01, for: 1m }
expect:
  - lb.reconnect.p50 < list.reconnect.p50
  - list.skew.agents{node=worker02} < 1
`;

test('a scenario is read, simulated, and its answer is told', async () => {
  const scenario = scenarioOf(crash);
  const comparison = await simulate(scenario);

  expect(comparison.verdict).toMatch(
    /^worker01 is killed at 3 min for 1 min\. .* replications\. lb: \d+ agents are cut off, .* list: 60 agents/,
  );
  expect(comparison.expectations.map(({ verdict }) => verdict)).toEqual(['pass', 'breached']);
  expect(comparison.modes.map(({ metrics }) => metrics.map(({ metric }) => metric))).toEqual([
    Object.keys(metricDefinitions),
    Object.keys(metricDefinitions),
  ]);
  const rows: readonly ReconnectRow[] = [...comparison.modes[1]!.reconnects];
  expect(rows.length).toBe(120);
  expect(new Set(rows.map(({ from, to }) => `${from}>${to}`))).toEqual(new Set(['worker01>worker02']));
});

test('the answer as text, as JSON and as files', async () => {
  const comparison = await simulate(scenarioOf(crash));
  const summary = JSON.parse(summaryJson(comparison)) as Summary;

  expect(summary.modes.map(({ name }) => name)).toEqual(['lb', 'list']);
  expect(summaryMarkdown(comparison)).toContain('worker01 dies for a minute');
  expect(terminalSummary(comparison, { colour: false, width: 100 })).toContain('60 agents');
  const paths = [...reportFiles(comparison)].map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['summary.json', 'modes.csv', 'reconnects.csv']));
});

test('the same scenario simulated twice gives equal comparisons, and leaves the scenario as it was', async () => {
  const scenario = scenarioOf(crash);
  const before = structuredClone(scenario);

  expect(await simulate(scenario)).toEqual(await simulate(scenario));
  expect(scenario).toEqual(before);
});

test('a mistake names its line and column, all of them at once', () => {
  const mistakes = (text: string): string => {
    try {
      scenarioOf(text);
    } catch (error) {
      if (error instanceof ScenarioError) return error.message;
    }
    throw new Error('it was read');
  };
  const found = mistakes(crash.replace('8m', '8').replace('kill: worker01', 'kill: worker10'));

  expect(found).toMatch(/^crash\.yaml: 2 problems\n/);
  expect(found).toContain('  5:11  ');
  expect(found).toContain('  17:21  ');
});

test('without a scenario file: the cluster is what the configuration names', async () => {
  const scenario = scenarioFromFlags({ nginx: 'nginx.conf', agents: 30, kill: ['172.0.0.4'], duration: '12m' }, files);
  const { modes } = await simulate({ ...scenario, replications: 1 });

  expect(modes.map(({ name }) => name)).toEqual(['load-balancer']);
  expect(modes[0]!.nodes.map(({ node }) => node)).toEqual(['172.0.0.3', '172.0.0.4', '172.0.0.5']);
});

test('where each client lands, by the same choice', () => {
  const { clients, servers } = assign({ nginx: 'nginx.conf', clients: ['10.0.0.1', '10.0.0.2', '10.0.0.1'] }, files);

  expect(clients[2]).toEqual(clients[0]);
  expect(servers.map(({ server }) => server)).toEqual(['172.0.0.3:1514', '172.0.0.4:1514', '172.0.0.5:1514']);
});

test('what moved between two answers', async () => {
  const one = await simulate(scenarioOf(crash));
  const two = await simulate(scenarioOf(crash.replace('kill: worker01, for: 1m', 'kill: worker01, for: 2m')));

  expect(compare(one, one).moved).toEqual([]);
  expect(compare(one, two).moved.length).toBeGreaterThan(0);
  expectTypeOf(movedClients).returns.toEqualTypeOf<Moved>();
});

test('what comes back is typed', () => {
  expectTypeOf(simulate).returns.resolves.toEqualTypeOf<Comparison>();
  expectTypeOf<Comparison['expectations'][number]['verdict']>().toEqualTypeOf<
    'pass' | 'breached' | 'inconclusive' | 'vacuous'
  >();
});

test('every type that the door shows leads to types that the door shows', () => {
  const source = (path: string): string => readFileSync(path, 'utf8');
  const door = source('src/index.ts');
  const shown = new Set([...door.matchAll(/[\w$]+/g)].map(([word]) => word));
  const comparison = source('src/metrics/comparison.ts');
  const named = [...comparison.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name!);

  expect(named.length).toBeGreaterThan(8);
  for (const name of named) expect(shown, name).toContain(name);
  for (const name of [...source('src/scenario/scenario.ts').matchAll(/^export (?:interface|type) (\w+)/gm)]) {
    expect(shown, name[1]).toContain(name[1]);
  }
});

test('a run is held against what was remembered of it', async () => {
  const scenario = scenarioOf(crash);
  const remembered = await record(scenario);

  expect((await checkBaseline(scenario, remembered)).differs).toBe(false);
  await expect(checkBaseline(scenarioOf(crash.replace('for: 1m', 'for: 2m')), remembered)).rejects.toThrow(
    'lb: faults[0].forUs: 60.0 s → 2 min 0 s',
  );
});

test('every name that a page imports is at the door', () => {
  const door = new Set([...readFileSync('src/index.ts', 'utf8').matchAll(/[\w$]+/g)].map(([word]) => word));
  const pages = ['README.md', ...globSync('docs/**/*.md'), ...globSync('docs/example/*.ts')];
  const imported = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/import \{([^}]+)\} from 'fleetfall'/g)].flatMap(([, names]) =>
      names!.split(',').map((name) => name.trim().replace(/^type /, '')),
    ),
  );

  expect(imported.length).toBeGreaterThan(10);
  expect(imported.filter((name) => !door.has(name))).toEqual([]);
});
