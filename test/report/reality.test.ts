import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { charts } from '../../src/report/charts.ts';
import { reportFiles } from '../../src/report/files.ts';
import { renderSvg } from '../../src/report/render.ts';
import { summaryMarkdown } from '../../src/report/summaryMarkdown.ts';
import { summarySchema } from '../../src/report/summaryJson.ts';
import { writeReport } from '../../src/report/write.ts';
import { simulate } from '../../src/run/replications.ts';
import { load, scenarioText } from '../support/scenarios.ts';

const agents = `id,ip,version,node,name
1,10.0.0.1,4.14.7,worker01,=cmd|calc
2,10.0.0.2,4.14.7,worker02,<script>
3,10.0.0.3,4.14.7,worker02,x
`;
const incident = `time,node,agents
0s,worker01,3
0s,worker02,0
12m,worker01,1
12m,worker02,2
`;
const scenario = load(
  scenarioText({
    fleet: '{ all: { inventory: agents.csv, events: { rate: 1/s } } }',
    more: `observed: incident.csv
replications: 2
expect:
  - failover.placement.agreement >= 30%
  - failover.placement.agreement{group=all} < 50%
  - failover.backtest.error{node=worker02} < 1.5
  - failover.backtest.share > 10%
`,
  }),
  { files: { 'agents.csv': agents, 'incident.csv': incident } },
);
const comparison = await simulate(scenario);

test('expectations about placement and backtest are judged', () => {
  expect(comparison.expectations.map(({ verdict, detail }) => [verdict, detail])).toEqual([
    ['pass', '33.3 % ± 0 % is at least 30 %'].map((text) => text.replace(' ± 0 %', '')),
    ['pass', '33.3 % is below 50 %'],
    ['pass', '0.5 is below 1.5'],
    ['pass', '33.3 % is above 10 %'],
  ]);
});

test('the summary shows both, and no name of an agent', () => {
  const text = summaryMarkdown(comparison);

  expect(text).toContain('**failover**: 33.3 % of the agents on the node on which the inventory saw them.');
  expect(text).toContain('| worker02 | 2 | 0 | 0 |');
  expect(text).toContain('## Against what was observed');
  expect(text).toContain('| failover | worker01 | 2 | 0.5 | 25 % |');
  expect(text).not.toMatch(/cmd|script/);
});

test('the tables and the picture are files of the report, which can be written anew', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fleetfall-reality-'));
  try {
    await writeReport(comparison, join(directory, 'report'), null);
    await writeReport(comparison, join(directory, 'report'), null);
    const read = (path: string): string => readFileSync(join(directory, 'report', path), 'utf8');

    expect(read('placement.csv')).toBe(
      'mode,seen_on,predicted_on,agents\n' +
        'failover,worker01,worker01,1\nfailover,worker01,worker02,0\nfailover,worker01,,0\n' +
        'failover,worker02,worker01,2\nfailover,worker02,worker02,0\nfailover,worker02,,0\n',
    );
    expect(read('observed.csv').split('\n').slice(0, 3)).toEqual([
      'mode,node,time_s,agents_observed,agents_simulated',
      'failover,worker01,0,3,3',
      'failover,worker01,720,1,0',
    ]);
    expect(() => summarySchema.parse(JSON.parse(read('summary.json')))).not.toThrow();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('what was observed lies over the simulated curve', () => {
  const [{ spec } = { spec: {} }] = [...charts(comparison)];

  expect(JSON.stringify(spec)).toContain('{"time":12,"agents":3}');
  expect(renderSvg(spec)).toContain('Dots: agents observed in reality');
});

test('a report without an inventory has neither table', () => {
  const without = {
    ...comparison,
    observed: null,
    modes: comparison.modes.map((mode) => ({ ...mode, placement: null, backtest: [] })),
  };
  const paths = [...reportFiles(without)].map(({ path }) => path);

  expect(paths).not.toContain('placement.csv');
  expect(paths).not.toContain('observed.csv');
});
