import { expect, test } from 'vitest';
import { askedOf, compare } from '../../src/metrics/compare.ts';
import type { Comparison } from '../../src/metrics/comparison.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';
import type { BooksSketch } from '../support/books.ts';
import { aScenario, replications } from '../support/numbers.ts';
import { fault, minute } from '../support/worlds.ts';

const losing = (path: number, more: BooksSketch = {}): BooksSketch => ({
  counts: [{ produced: 1_000, lost: { path } }],
  ...more,
});

function metricOf({ modes }: Comparison, mode: number, name: string): readonly (number | null)[] {
  return modes[mode]!.metrics.find(({ metric }) => metric === name)!.estimate.values;
}

test('one value a replication of every metric, for every mode', () => {
  const scenario = aScenario(['lb', 'list'], {}, { replications: 2 });
  const comparison = compare(
    scenario,
    [replications(losing(1), losing(3)), replications(losing(5), losing(9))],
    '1.2.3',
  );

  expect(comparison).toMatchObject({
    engine: '1.2.3',
    replications: 2,
    agents: 1,
    scenario: { name: 'by-hand', seed: '7' },
  });
  expect(comparison.modes.map(({ name }) => name)).toEqual(['lb', 'list']);
  expect(comparison.modes[0]!.metrics.map(({ metric }) => metric)).toEqual(metricNames);
  expect(metricOf(comparison, 1, 'events.lost')).toEqual([5, 9]);
  expect(comparison.modes[1]!.lossByCause.map(({ cause, estimate }) => [cause, estimate.mean])).toEqual([['path', 7]]);
});

test('every metric of every further mode is compared with the first one, replication by replication', () => {
  const scenario = aScenario(['lb', 'list', 'udp'], {}, { replications: 2 });
  const runs = [
    [1, 3],
    [5, 9],
    [1, 3],
  ].map(([a, b]) => replications(losing(a!), losing(b!)));
  const { differences } = compare(scenario, runs, '1');
  const lost = differences.filter(({ metric }) => metric === 'events.lost');

  expect(differences.length).toBe(2 * metricNames.length);
  expect(lost.map(({ mode, baseline, estimate }) => [mode, baseline, estimate.values, estimate.mean])).toEqual([
    ['list', 'lb', [4, 6], 5],
    ['udp', 'lb', [0, 0], 0],
  ]);
});

test('expectations find the metric they name, with its selector', () => {
  const group = {
    counts: [
      { produced: 100, lost: { path: 1 } },
      { produced: 100, lost: { path: 9 } },
    ],
  };
  const scenario = aScenario(['lb', 'list'], group, {
    expect: [
      'lb.loss.share <= 5%',
      'lb.loss.share{group=group1} <= 5%',
      'lb.events.lost <= list.events.lost{group=group1}',
    ],
  });
  const asked = askedOf(scenario.expectations, 'lb');
  const selecting = (selected: Record<string, number>) =>
    replications(group).map((numbers) => ({ ...numbers, selected }));
  const runs = [selecting({ 'loss.share{group=group1}': 0.09 }), selecting({ 'events.lost{group=group1}': 9 })];

  expect(asked).toEqual([{ mode: 'lb', metric: 'loss.share', selector: { group: 'group1' } }]);
  expect(askedOf(scenario.expectations, 'list')).toMatchObject([{ metric: 'events.lost' }]);
  expect(compare(scenario, runs, '1').expectations.map(({ verdict }) => verdict)).toEqual([
    'pass',
    'breached',
    'breached',
  ]);
});

test('the time line is the mean of the replications; a run that has settled keeps its last values', () => {
  const long = {
    connected: [
      [0, 0, 0],
      [4, 4, 4],
      [0, 2, 6],
    ],
  };
  const short = {
    connected: [
      [0, 0],
      [4, 2],
      [0, 2],
    ],
  };
  const { modes } = compare(aScenario(['lb'], {}, { replications: 2 }), [replications(long, short)], '1');

  expect(modes[0]!.timeline.connectedByNode).toEqual([
    [0, 0, 0],
    [4, 3, 3],
    [0, 2, 4],
  ]);
});

test('a mode with a node of its own has it, and the others show nobody there', () => {
  const { nodes } = aScenario(['lb']).modes[0]!.world;
  const fourth = [...nodes, { ...nodes[2]!, name: 'worker03', address: '172.0.0.6' }];
  const scenario = aScenario(['lb', 'wider'], {}, { worlds: { wider: { nodes: fourth } } });
  const three = replications({ connected: [[1], [2], [3]] });
  const four = three.map((numbers) => ({
    ...numbers,
    nodes: [...numbers.nodes, numbers.nodes[0]!],
    timeline: { ...numbers.timeline, connected: [...numbers.timeline.connected, [9]] },
  }));
  const { nodeNames, modes } = compare(scenario, [three, four], '1');

  expect(nodeNames).toEqual(['master', 'worker01', 'worker02', 'worker03']);
  expect(modes.map(({ nodes: loads }) => loads.map(({ node }) => node))).toEqual([
    ['master', 'worker01', 'worker02'],
    ['master', 'worker01', 'worker02', 'worker03'],
  ]);
  expect(modes.map(({ timeline }) => timeline.connectedByNode)).toEqual([
    [[1], [2], [3], [0]],
    [[1], [2], [3], [9]],
  ]);
});

test('a drawn fault lies between its earliest start and its latest end', () => {
  const struck = (start: number, end: number): BooksSketch => ({ faults: [['kill', ['worker01'], start, end]] });
  const drawn = { ...fault('kill', 'worker01', 0, 60), atUs: { fromUs: minute, toUs: 2 * minute } };
  const scenario = aScenario(['lb'], {}, { replications: 2, faults: [drawn] });
  const { faults } = compare(scenario, [replications(struck(70, 130), struck(90, 150))], '1');

  expect(faults).toEqual([
    { index: 0, text: 'worker01 is killed between 1 min and 2 min for 1 min', startUs: 70e6, endUs: 150e6 },
  ]);
});

test('a random fault that no replication has drawn begins when the run is over', () => {
  const random = { ...fault('kill', 'worker01', 0, 0), random: { mtbfUs: 1e12, mttrUs: 1e6 } };
  const scenario = aScenario(['lb'], {}, { faults: [random] });
  const { durationUs } = scenario.modes[0]!.world;

  expect(compare(scenario, [replications({})], '1').faults).toMatchObject([{ startUs: durationUs, endUs: durationUs }]);
});

test('a fault that strikes no place of any mode is told with the instants at which it would have', () => {
  const scenario = aScenario(
    ['list'],
    {},
    {
      faults: [fault('kill', 'balancer', 60, 120), fault('powerOff', 'balancer', null, null)],
    },
  );
  const { faults, modes } = compare(scenario, [replications({})], '1');

  expect(faults).toMatchObject([
    { startUs: minute, endUs: 3 * minute },
    { startUs: -2 * minute, endUs: Infinity },
  ]);
  expect(modes[0]!.metrics.find(({ metric }) => metric === 'reconnect.count')!.estimate.mean).toBe(0);
});

test('the order of the replications changes no verdict and no bound', () => {
  const scenario = aScenario(['lb', 'list'], {}, { replications: 3, expect: ['lb.events.lost <= list.events.lost'] });
  const one = replications(losing(1), losing(2), losing(6));
  const other = replications(losing(4), losing(3), losing(9));
  const told = (order: readonly number[]): unknown => {
    const { verdict, differences, expectations } = compare(
      scenario,
      [one, other].map((runs) => order.map((index) => runs[index]!)),
      '1',
    );
    const lost = differences.find(({ metric }) => metric === 'events.lost')!.estimate;
    const judged = expectations.map((each) => [each.verdict, each.detail, each.margins.mean, each.margins.max]);
    return { verdict, judged, lost: [lost.mean, lost.min, lost.max] };
  };

  expect(told([2, 0, 1])).toEqual(told([0, 1, 2]));
});
