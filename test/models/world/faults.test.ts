// What faults at a place do to it and to the agents there.
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { first, play, rows, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, second, timing, type GroupRecipe, type WorldRecipe } from '../../support/worlds.ts';

/** One agent of 4.14.7 on worker01, then worker02, two regular events a second. */
const lone: GroupRecipe = { count: 1, list: [1, 2], events: { ratePerSecond: 2, arrival: 'regular' } };

function run(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): Story {
  return play(aWorld({ groups: [lone], faults, durationUs: 6 * minute, ...recipe }), { fromSeconds: 100 });
}

function lostOf({ books }: Story): Record<string, number> {
  return Object.fromEntries(Object.entries(books.groups[0]!.lost).filter(([, events]) => events > 0));
}

function withVersion(options: WorldOptions, version: string): WorldOptions {
  return { ...options, nodes: options.nodes.map((node) => ({ ...node, version })) };
}

test('a manager that is stopped closes its connections as one that is killed does, and is back after its start-up', () => {
  const stopped = rows(run([fault('stop', 'worker01', 100, 25)]));

  expect(stopped).toEqual(rows(run([fault('kill', 'worker01', 100, 25)])));
  expect(stopped).toEqual([
    '100.0 noticed closed',
    '100.0 try worker01',
    '110.0 try worker01',
    '120.0 try worker01',
    '130.0 try worker01',
    '130.0 handshake worker01',
  ]);
});

test('a restart is a stop and a start', () => {
  expect(rows(run([fault('restart', 'worker01', 100, 25)]))).toEqual(rows(run([fault('stop', 'worker01', 100, 25)])));
});

test('a manager that ends in order has written what it analysed; one that is killed loses up to a second of it', () => {
  const chatty = { groups: [{ ...lone, events: { ratePerSecond: 200, arrival: 'regular' as const } }] };
  const memory = (kind: 'kill' | 'stop', seed: string): number =>
    play(aWorld({ ...chatty, faults: [fault(kind, 'worker01', 100, 25)], durationUs: 4 * minute }), { seed }).books
      .groups[0]!.lost.nodeMemory;
  const seeds = ['a', 'b', 'c'];

  expect(seeds.map((seed) => memory('stop', seed))).toEqual([0, 0, 0]);
  for (const seed of seeds) expect(memory('kill', seed)).toBeGreaterThan(0);
});

test('up to 4.12 analysisd works for two looks of wazuh-control on what waits; from 4.13 it ends with remoted', () => {
  // 400 events a second, 100 are analysed: after 100 s the ring is full.
  const full = aWorld({
    groups: [{ count: 4, list: [1], events: { ratePerSecond: 100, arrival: 'regular' } }],
    faults: [fault('stop', 'worker01', 100, null)],
    eventsPerSecond: 100,
    durationUs: 2 * minute,
  });
  const died = (version: string): number => play(withVersion(full, version)).books.nodes[1]!.lostMemory;

  expect(died('4.12.0')).toBe(16_383 - 20);
  expect(died('4.14.7')).toBe(16_383);
});

test('processes that stand still do not end in order', () => {
  const faults = [fault('hang', 'worker01', 100, null), fault('stop', 'worker01', 110, null)];

  expect(lostOf(run(faults))).toHaveProperty('path');
  expect(rows(run(faults))[0]).toBe('110.0 noticed closed');
});

test('a rolling restart stops one node after the other', () => {
  const rolling: FaultOptions = {
    kind: 'rolling',
    places: ['worker01', 'worker02'],
    ...timing(100, 0),
    downUs: 20 * second,
    pauseUs: 50 * second,
    drainUs: 0,
  };
  const story = run([rolling]);

  expect(story.books.faults.map(({ places, startUs, endUs }) => [places, startUs / second, endUs / second])).toEqual([
    [['worker01'], 100, 120],
    [['worker02'], 170, 190],
  ]);
  // The agent waits for worker01 and is not on worker02 when that goes.
  expect(rows(story).at(-1)).toBe('130.0 handshake worker01');
  expect(first(story, 'noticed').seconds).toBeCloseTo(100, 1);
});
