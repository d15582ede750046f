import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, selectionOf } from '../../src/metrics/selection.ts';
import { withThreshold } from '../../src/models/cluster/timings.ts';
import { runWorld } from '../../src/models/world.ts';
import { metricDefinitions, metricNames } from '../../src/scenario/metricNames.ts';
import { aRun } from '../support/books.ts';
import { aRollout, enroll } from '../support/enrolments.ts';
import { fault, minute } from '../support/worlds.ts';

test('every metric that an expectation may name has a value in a run with a fault', () => {
  const rollout = aRollout({
    groups: [{ count: 60 }, { count: 20, list: [1, 2] }, { count: 3, list: [0] }],
    faults: [fault('kill', 'worker01', 120, 60), enroll(100, 3, 0, 'group2')],
    durationUs: 15 * minute,
    eventsPerSecond: 50_000,
    // Keepalives come every 20 s: some agents are shown as disconnected all the time.
    node: { disconnection: withThreshold(20, 0) },
  });
  const [first, ...others] = rollout.groups;
  const world = { ...rollout, groups: [{ ...first!, observedNode: new Int16Array(first!.count) }, ...others] };
  const observed = { lines: [{ node: 'worker02', atUs: [minute], agents: [20] }] };
  const books = runWorld(world, { seed: '1', replication: 0 });

  // What a helper did is asked of runs with a helper (test/metrics/helper.test.ts).
  for (const name of metricNames) {
    const value = metricValue(name, { books, world, observed }, everything);
    if (name.startsWith('helper.')) expect(value, name).toBeNull();
    else expect(value, name).not.toBeNull();
  }
});

test('every metric takes the selectors that it is said to take', () => {
  const { books, world } = aRun({
    counts: [{ produced: 10 }, { produced: 30 }],
    faults: [['kill', ['worker01'], 0, 1]],
    outages: [{ agent: 1, parts: [1, 2, 3] }],
  });
  const selectors = { group: 'group1', node: 'worker01', fault: '1', below: '1.5' };

  for (const [name, definition] of Object.entries(metricDefinitions)) {
    for (const key of definition.selectors) {
      const selection = selectionOf({ [key]: selectors[key] }, world)!;
      expect(() => metricValue(name, { books, world }, selection), `${name}{${key}}`).not.toThrow();
    }
  }
});

test('a name that is no metric is our mistake', () => {
  for (const name of ['loss', 'loss.weather', 'skew.agents.soon', 'toString']) {
    expect(() => metricValue(name, aRun(), everything), name).toThrow(`unknown metric ${name}`);
  }
});
