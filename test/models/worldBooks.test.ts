import { expect, test } from 'vitest';
import { runWorld } from '../../src/models/world.ts';
import type { Books } from '../../src/models/ledger.ts';
import { aWorld, fault, minute, second, type WorldRecipe } from '../support/worlds.ts';

/** A hundred agents on worker01, then worker02, two regular events a second each. */
function run(recipe: Partial<WorldRecipe> = {}): Books {
  return runWorld(
    aWorld({
      groups: [{ count: 100, version: '4.9.2', list: [1, 2], events: { ratePerSecond: 2, arrival: 'regular' } }],
      durationUs: 5 * minute,
      ...recipe,
    }),
    { seed: 'books', replication: 0 },
  );
}

const kill = run({ faults: [fault('kill', 'worker01', 100, null)] });

test('the time line says who is connected where, and who only thinks so', () => {
  const { connected, disconnected, unaware, stepUs } = kill.timeline;
  const at = (seconds: number): number[] =>
    [...connected, disconnected, unaware].map((values) => values[(seconds * second) / stepUs]!);

  expect(at(99)).toEqual([0, 100, 0, 0, 0]);
  expect(at(101)).toEqual([0, 0, 0, 100, 0]);
  expect(at(149)).toEqual([0, 0, 0, 100, 0]);
  expect(at(151)).toEqual([0, 0, 100, 0, 0]);
});

test('agents of a silent node count as connected and unaware until they notice', () => {
  const { connected, unaware } = run({ faults: [fault('powerOff', 'worker01', 100, null)] }).timeline;

  expect([connected[1]![149], unaware[149]]).toEqual([100, 100]);
  expect([connected[1]![162], unaware[162]]).toEqual([0, 0]);
});

test('each node is offered what its agents write', () => {
  expect(kill.timeline.nodeRate.map((rates) => [rates[50]!, rates[200]!])).toEqual([
    [0, 0],
    [200, 0],
    [0, 200],
  ]);
});

test('events add up at every instant, to a fraction of an event an agent', () => {
  const { produced, delivered, lost, waiting, steps } = kill.timeline;
  const group = kill.groups[0]!;

  for (let step = 0; step < steps; step++) {
    expect(Math.abs(produced[step]! - delivered[step]! - lost[step]! - waiting[step]!)).toBeLessThan(100);
    if (step > 0) expect(delivered[step]! + 1e-6).toBeGreaterThanOrEqual(delivered[step - 1]!);
  }
  // In the middle of the lock, 45 s of two events a second of a hundred agents wait.
  expect(waiting[145]!).toBeCloseTo(9_000, -2);
  expect(produced[steps - 1]).toBeCloseTo(group.produced, 6);
  // What is delivered to nodes is what is delivered.
  expect(kill.nodes.map(({ delivered: own }) => own).reduce((a, b) => a + b, 0)).toBe(group.delivered);
});

test('every delivered event has a delay, and those held back by the reconnect the longest', () => {
  const { events, upperUs, maxUs, binCount } = kill.delays;

  expect(events.reduce((a, b) => a + b, 0)).toBeCloseTo(kill.groups[0]!.delivered, 3);
  expect(binCount).toBe(upperUs.length);
  // 50 s of looking for a manager and at most five until logcollector looks.
  expect(maxUs / second).toBeGreaterThan(50);
  expect(maxUs / second).toBeLessThan(56);
});

test('the connects of a second and the refusals are counted at the node that saw them', () => {
  expect(kill.nodes.map(({ connectsPeakPerSecond }) => connectsPeakPerSecond)).toEqual([0, 0, 100]);
  // Five attempts of each agent, then one at its registration port, where nobody listens.
  expect(kill.nodes.map(({ refused }) => refused)).toEqual([0, 600, 0]);
  expect(kill.attemptsFailed).toBe(500);
});

test('an agent is blind from the fault until its events flow again', () => {
  for (const us of kill.blindUs) {
    expect(us / second).toBeGreaterThanOrEqual(50);
    expect(us / second).toBeLessThanOrEqual(55.1);
  }
  expect(run().blindUs.every((us) => us === 0)).toBe(true);
});

test('before and after', () => {
  expect(new Set(kill.nodeAtStart)).toEqual(new Set([1]));
  expect(new Set(kill.nodeAtEnd)).toEqual(new Set([2]));
  expect(kill.faults).toMatchObject([{ kind: 'kill', places: ['worker01'], startUs: 100 * second, endUs: Infinity }]);
});

test('a healthy fleet costs no kernel events once it is connected', () => {
  const { kernelEvents, kernelEventsWarmup } = run();

  expect(kernelEventsWarmup).toBeGreaterThanOrEqual(100);
  expect(kernelEvents).toBe(0);
});

test.each([30, null])(
  'a run until everything is settled ends soon after the last agent is back: killed for %s s',
  (forSeconds) => {
    const { timeline } = run({
      faults: [fault('kill', 'worker01', 60, forSeconds)],
      untilSettled: true,
      durationUs: 60 * minute,
    });

    expect(timeline.steps * (timeline.stepUs / second)).toBeLessThan(150);
    expect(timeline.waiting.at(-1)!).toBeLessThan(5 * 200);
  },
);

test('what a blocked writer leaves out is missing from the time line while he is blocked', () => {
  const { timeline, groups } = run({
    groups: [
      {
        count: 100,
        version: '4.9.2',
        list: [1, 2],
        events: { ratePerSecond: 2, arrival: 'regular', source: 'socket' },
      },
    ],
    faults: [fault('kill', 'worker01', 100, null)],
  });
  const { produced, waiting } = timeline;

  // Eleven events an agent fit into the local socket, of a hundred.
  expect(produced[150]! - produced[100]!).toBeCloseTo(1_100, -2);
  expect(produced[100]! - produced[50]!).toBeCloseTo(10_000, -2);
  expect(waiting[145]!).toBeLessThan(1_200);
  expect(produced.at(-1)).toBeCloseTo(groups[0]!.produced, 6);
});

test('what waits over time is what is on the way or held, without the noise of chance', () => {
  const world = aWorld({
    groups: [
      { count: 300, events: { ratePerSecond: 2 } },
      { count: 300, events: { ratePerSecond: 2 }, list: [1, 2] },
    ],
    faults: [fault('kill', 'worker01', 600, 300)],
    durationUs: 30 * minute,
    latencyUs: 1_000,
  });

  const { timeline, groups } = runWorld(world, { seed: '1', replication: 0 });

  // Two hops for one half, one for the other: 600 × 2/s × 1 ms and 300 × 2/s × 1 ms more.
  const at = (seconds: number): number => timeline.waiting[(seconds * 1e6) / timeline.stepUs]!;
  for (const seconds of [60, 300, 594]) expect(at(seconds)).toBeCloseTo(1.8, 1);
  // Agents that have emptied their buffers are counted with that stretch: less than a tenth of a second of all events.
  for (const seconds of [900, 1_500]) expect(at(seconds)).toBeLessThan(120);
  // A second before the list's agents are back: theirs of 49 s, less what their buffers dropped of it.
  expect(at(648)).toBeGreaterThan(25_000);
  expect(timeline.produced.at(-1)).toBeCloseTo(
    groups.reduce((sum, { produced }) => sum + produced, 0),
    3,
  );
});

test.each([
  ['over UDP', [{ count: 5, list: [1], protocol: 'udp' }]],
  ['behind nginx', [{ count: 30 }]],
] as const)(
  'a node that goes on takes those who wait in its kernel at once: its connects of that second, %s',
  (_, groups) => {
    const { nodes } = run({
      groups: groups.map((one) => ({ ...one, events: { ratePerSecond: 0 } })),
      faults: [fault('hang', 'worker01', null, 1)],
    });

    // Some of them sleep between two attempts at that instant.
    const agents = run({ groups, faults: [] }).nodeAtStart.reduce((sum, node) => sum + (node === 1 ? 1 : 0), 0);
    expect(nodes[1]!.connectsPeakPerSecond).toBeGreaterThan(agents / 2);
  },
);

test('what waits behind a dispatcher has the age of its place in the queue, at whatever instant the run ends', () => {
  const delays = (durationUs: number, agent = {}): { mean: number; events: number } => {
    const { delays: told } = run({
      groups: [{ count: 1, version: '4.9.2', list: [1, 2], events: { ratePerSecond: 3, arrival: 'regular' }, agent }],
      faults: [fault('kill', 'worker01', 100, null)],
      durationUs,
    });
    const events = told.events.reduce((a, b) => a + b, 0);
    return { mean: told.sumUs / 1e6, events };
  };
  // 50 s of three events a second wait for 25 s each; most of the dispatcher's work lies before 156 s.
  for (const agent of [{}, { clientBuffer: { disabled: true } }]) {
    const before = delays(99 * second, agent);
    for (const endSeconds of [155, 156, 200]) {
      const { mean, events } = delays(endSeconds * second + 250_000, agent);
      if (events - before.events < 100) continue; // it has not looked at the lock yet
      expect(mean - before.mean).toBeGreaterThan(150 * 23);
      expect(mean - before.mean).toBeLessThan(165 * 31);
    }
    expect(delays(200 * second, agent).events).toBeGreaterThan(before.events + 250);
  }
});

test('a small buffer that holds a backlog passes on what comes later when it comes, not at once', () => {
  const { produced, delivered, steps } = run({
    groups: [
      {
        count: 1,
        version: '4.13.0',
        list: [1],
        events: { ratePerSecond: 60, arrival: 'poisson', source: 'socket' },
        agent: {
          forceReconnectIntervalSeconds: 10,
          clientBuffer: { queueSize: 30, eventsPerSecond: 1_000 },
        },
      },
    ],
  }).timeline;

  for (let step = 0; step < steps; step++) expect(delivered[step]! - produced[step]!).toBeLessThan(60);
});
