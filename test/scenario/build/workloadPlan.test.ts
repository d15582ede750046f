import { describe, expect, test } from 'vitest';
import type { WorkloadOptions } from '../../../src/models/workload.ts';
import { load, problemsOf, scenarioText } from '../../support/scenarios.ts';

const fleet = (events: string): string => `{ servers: { count: 100, events: { ${events} } } }`;

function workloadOf(events: string, more = ''): WorkloadOptions {
  return load(scenarioText({ fleet: fleet(events), more })).modes[0]!.world.groups[0]!.events;
}

test('bursts keep the rate as the mean', () => {
  expect(workloadOf('rate: 2/s, burst: { every: 60s, length: 5s, share: 80% }')).toMatchObject({
    ratePerSecond: 2,
    burst: { everyUs: 60e6, lengthUs: 5e6, share: 0.8 },
  });
});

describe('the day', () => {
  const hour = 3_600e6;

  test('has points, of which the last of the day before holds until the first', () => {
    const { profile } = workloadOf('rate: 2/s, profile: { 09:00: 100%, 17:30: 20% }', 'startsAt: 08:30\n');

    expect(profile).toEqual({ startsAtUs: 8.5 * hour, fromUs: [0, 9 * hour, 17.5 * hour], factors: [0.2, 1, 0.2] });
  });

  test('or equal parts', () => {
    const { profile } = workloadOf('rate: 2/s, profile: [10%, 100%, 250%]', 'startsAt: 2026-03-01T23:59:59+01:00\n');

    expect(profile).toEqual({ startsAtUs: 86_399e6, fromUs: [0, 8 * hour, 16 * hour], factors: [0.1, 1, 2.5] });
  });
});

test.each([
  ['rate: 1/s, hitters: { count: 3, rate: 400/s }', 1, 400],
  ['total: 1297/s, hitters: { count: 3, rate: 400/s }', 1, 400],
  ['total: 1000/s, hitters: { count: 4, share: 60% }', 400 / 96, 150],
  ['rate: 4/s, hitters: { count: 20, share: 60% }', 4, (320 / 0.4) * (0.6 / 20)],
])('%s', (events, ordinary, each) => {
  const { ratePerSecond, hitters } = workloadOf(events);

  expect(ratePerSecond).toBeCloseTo(ordinary, 9);
  expect(hitters!.ratePerSecond).toBeCloseTo(each, 9);
});

test.each([
  [
    'rate: 1/s, burst: { every: 5s, length: 5s, share: 80% }',
    'fleet.servers.events.burst.length: must be shorter than every.',
  ],
  ['rate: 1/s, burst: { every: 5s, length: 1s, share: 0.8 }', 'expected a share such as 80%, got 0.8. Write 0.8%.'],
  ['rate: 1/s, profile: [0%, 0%]', 'at least one part of the day must be above 0%.'],
  ['rate: 1/s, profile: { 9: 100% }', 'expected a time of day such as 09:00, got "9".'],
  ['rate: 1/s, profile: {}', 'expected at least one time of day'],
  ['rate: 1/s, profile: [100%, 50%]', 'fleet.servers.events.profile: needs startsAt of the scenario'],
  ['rate: 1/s, startsAt: 08:30', '"startsAt" is the time of day of the whole scenario: write it at the top level.'],
  [
    'rate: 1/s, hitters: { count: 3 }',
    'fleet.servers.events.hitters: give either rate (of each) or share (of all events).',
  ],
  ['rate: 1/s, hitters: { count: 100, rate: 9/s }', 'the group has 100 agents; give fewer.'],
  ['rate: 1/s, hitters: { count: 1, share: 100% }', 'leaves nothing for the rate of the others.'],
  ['total: 9/s, hitters: { count: 1, rate: 10/s }', '1 of them write more than the total of the group.'],
  ['total: 900000/s, hitters: { count: 1, share: 100% }', 'each would write 900000/s; at most 100000/s.'],
  ['total: 9/s, spread: pareto 1.2, hitters: { count: 1, rate: 1/s }', 'goes with an equal spread only'],
])('%s is refused', (events, problem) => {
  expect(problemsOf(scenarioText({ fleet: fleet(events) }))).toContainEqual(expect.stringContaining(problem));
});

test.each(['25:00', '2026-02-30T08:00:00Z', 'morning'])('a scenario does not start at %s', (startsAt) => {
  expect(problemsOf(scenarioText({ more: `startsAt: ${startsAt}\n` }))).toEqual([
    `7:11  startsAt: expected a time of day such as 08:30, or an instant such as 2026-03-01T08:30:00Z, got "${startsAt}".`,
  ]);
});

test('records of an event channel are those of Windows, and in no file', () => {
  const of = (source: string, more = ''): string[] =>
    problemsOf(scenarioText({ fleet: `{ servers: { count: 1, events: { rate: 1/s, source: ${source} }${more} } }` }));

  expect(of('eventChannel').join()).toContain('eventChannel is for Windows agents, and these are of platform linux.');
  expect(of('eventChannel, files: 3', ', platform: windows').join()).toContain(
    'has no meaning for source: eventChannel, whose records are in no file. Remove one of them.',
  );
  expect(of('eventChannel', ', platform: windows')).toEqual([]);
});
