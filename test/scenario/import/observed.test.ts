import { describe, expect, test } from 'vitest';
import { load, problemsOf, scenarioText } from '../../support/scenarios.ts';

const incident = `time,node,agents
0s,worker01,6
10m,172.0.0.5,4
10m,worker01,0
2026-03-01T08:45:00Z,worker01,3.5
`;
const text = (more = 'startsAt: 2026-03-01T08:30:00Z\n'): string =>
  scenarioText({ more: `observed: incident.csv\n${more}` });
const problems = (csv: string, more?: string): string[] => problemsOf(text(more), { files: { 'incident.csv': csv } });

test('an incident is read as agents on each node over time', () => {
  const { observed, warnings } = load(text(), { files: { 'incident.csv': `${incident}31m,worker01,2\n` } });

  expect(observed).toEqual({
    lines: [
      { node: 'worker01', atUs: [0, 600e6, 900e6], agents: [6, 0, 3.5] },
      { node: 'worker02', atUs: [600e6], agents: [4] },
    ],
  });
  expect(warnings.map((warning) => warning.text)).toEqual([
    '1 row is left out: before time 0, or after the run of 30m.',
  ]);
});

describe('an incident is refused', () => {
  test.each([
    ['', '1:1  is empty: expected a header with time, node and agents.'],
    ['time,agents\n', '1:1  the column node is missing.'],
    ['time,node,agents\n', '1:1  has nothing to compare with. Give it a row an instant and node.'],
    ['time,node,agents\n40m,worker01,1\n', 'All of them are before time 0 or after the run of 30m: does startsAt fit?'],
    [
      'time,node,agents\n1m,worker1,1\n',
      '2:4  node: no node is called "worker1". Did you mean worker01? Known: worker01, worker02.',
    ],
    ['time,node,agents\n1m,worker01,many\n', '2:13  agents: expected a number of agents, got "many".'],
    ['time,node,agents\n60,worker01,1\n', '2:1  time: expected a duration since time 0 such as 90s, or an instant'],
    [
      'time,node,agents\n1m,worker01,1\n60s,worker01,1\n',
      '3:1  worker01 has a number of agents for this instant already.',
    ],
    [
      'time,node,agents\n2026-03-01T08:45:00,worker01,1\n',
      '2:1  time: has no time zone and startsAt has one. Give both or neither.',
    ],
    ['time,node,agents\n1m,worker01\n', '2:1  has 2 fields, the header has 3.'],
  ])('%j', (csv, problem) => {
    expect(problems(csv)).toEqual([
      expect.stringContaining(`incident.csv:${problem}`.replace('incident.csv:All', 'All')),
    ]);
  });

  test('with instants that have no beginning', () => {
    expect(problems(incident, 'startsAt: 08:30\n')).toEqual([
      'incident.csv:5:1  time: an instant needs startsAt of the scenario as an instant, such as 2026-03-01T08:30:00Z.',
    ]);
  });

  test('that is not there', () => {
    expect(problemsOf(text())).toEqual([
      '7:11  observed: cannot read "incident.csv": no such file. Paths are relative to the scenario file.',
    ]);
  });
});
