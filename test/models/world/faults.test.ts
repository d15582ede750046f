// What faults at a place do to it and to the agents there.
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { OutageEnd } from '../../../src/models/ledger.ts';
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

test('a zombie answers keepalives and loses events: nobody notices, and the same session goes on when it recovers', () => {
  const story = run([fault('zombie', 'worker01', 100, 60)]);

  expect(rows(story)).toEqual([]);
  // Two a second for a minute, and what the last flush had not written.
  const { zombie } = lostOf(story);
  expect(zombie).toBeGreaterThanOrEqual(120);
  expect(zombie).toBeLessThanOrEqual(122);
  expect(lostOf(story)).toEqual({ zombie });
  const { outages } = story.books;
  expect([outages.end[0], outages.brokenAtUs[0], outages.handshakeUs[0]]).toEqual([
    OutageEnd.Healed,
    100 * second,
    60 * second,
  ]);
});

test('who comes to a zombie loses his events there, and his outage goes on', () => {
  const faults = [fault('kill', 'worker01', 100, null), fault('zombie', 'worker02', 90, null)];
  const story = run(faults, { durationUs: 4 * minute });

  expect(rows(story).at(-1)).toBe('150.0 handshake worker02');
  expect(story.books.outages.end[0]).toBe(OutageEnd.Unfinished);
  expect(lostOf(story).zombie).toBeGreaterThan(170);
});

test('a zombie that dies is left as any other node that dies', () => {
  const faults = [fault('zombie', 'worker01', 100, null), fault('kill', 'worker01', 130, null)];
  const story = run(faults, { durationUs: 5 * minute });
  const { outages } = story.books;

  expect(rows(story)).toContain('130.0 noticed closed');
  expect([outages.count, outages.end[0], outages.fault[0]]).toEqual([1, OutageEnd.Reconnected, 0]);
  expect(outages.brokenAtUs[0]).toBe(100 * second);
});

test('what a hung node has taken is thrown away when it goes on as a zombie', () => {
  const faults = [fault('hang', 'worker01', 100, 20), fault('zombie', 'worker01', 110, 30)];
  const story = run(faults);

  expect(rows(story)).toEqual([]);
  expect(lostOf(story).zombie).toBeGreaterThanOrEqual(80);
  expect(story.books.outages.count).toBe(1);
  expect(story.books.outages.handshakeUs[0]).toBe(40 * second);
});

test('a node that analyses only a share of its capacity fills its ring and drops what comes on top', () => {
  const slow = (toShare: number): FaultOptions => ({
    kind: 'slow',
    places: ['worker01'],
    ...timing(100, 100),
    toShare,
  });
  const loaded: Partial<WorldRecipe> = {
    groups: [{ count: 10, list: [1], events: { ratePerSecond: 100, arrival: 'regular' } }],
    eventsPerSecond: 1_100,
  };
  const lost = (...faults: readonly FaultOptions[]): number => run(faults, loaded).books.nodes[1]!.lostAnalysis;

  expect(lost(slow(0.95))).toBe(0);
  // 1,000 come and 330 are analysed: 670 a second are too many, less what fits the ring.
  expect(lost(slow(0.3))).toBeCloseTo(100 * 670 - 16_383, -2);
  // Two at once: the worst counts.
  expect(lost(slow(0.3), slow(0.95))).toBe(lost(slow(0.3)));
  expect(rows(run([slow(0.3)], loaded))).toEqual([]);
});

test('when remoted alone stands still registrations are answered, and the other way round', () => {
  // The list has the master alone, where authd listens; enrollment follows the fifth attempt.
  const atMaster = { groups: [{ ...lone, list: [0] }], durationUs: 15 * minute };
  const story = (only: 'remoted' | 'authd' | undefined): string[] =>
    rows(run([{ ...fault('hang', 'master', 100, null), only }], atMaster)).slice(0, 7);

  const whole = story(undefined);
  const remoted = story('remoted');
  expect(remoted.slice(0, 6)).toEqual(whole.slice(0, 6));
  // The registration is refused at once, where authd hangs it takes its own time-out of 60 s.
  expect(Number.parseFloat(whole[6]!) - Number.parseFloat(remoted[6]!)).toBeCloseTo(60, 0);
  expect(story('authd')).toEqual([]);
});

test('a node that hangs with remoted alone has written what it analysed', () => {
  const chatty = { groups: [{ ...lone, events: { ratePerSecond: 50, arrival: 'regular' as const } }] };
  const lost = (only: 'remoted' | undefined): number =>
    lostOf(run([{ ...fault('hang', 'worker01', 100, null), only }], chatty)).nodeMemory ?? 0;

  expect(lost('remoted')).toBe(0);
  expect(lost(undefined)).toBeGreaterThan(0);
});

test('faults of several kinds at one place last as long as the longest of them', () => {
  const faults = [
    fault('stop', 'worker01', 100, 30),
    fault('kill', 'worker01', 110, 45),
    { ...fault('hang', 'worker01', 120, 60), only: 'remoted' as const },
    fault('zombie', 'worker01', 120, 100),
  ];
  const story = run(faults, { groups: [{ ...lone, list: [1] }] });

  // Down until 155 s, hung until 180 s, a zombie until 220 s.
  expect(rows(story).at(-1)).toBe('180.0 handshake worker01');
  expect(story.books.outages.end[0]).toBe(OutageEnd.Healed);
  expect((story.books.outages.brokenAtUs[0]! + story.books.outages.handshakeUs[0]!) / second).toBeCloseTo(220, 1);
});
