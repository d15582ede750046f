// UDP agents behind nginx whose sessions are short: proxy_requests and proxy_responses.
import { describe, expect, test } from 'vitest';
import { lostTotal } from '../../../src/models/ledger.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, nodeNames, type WorldRecipe } from '../../support/worlds.ts';

const events = { ratePerSecond: 1, arrival: 'regular' as const };

function run(
  datagrams: WorldRecipe['datagrams'],
  faults: readonly FaultOptions[] = [],
  recipe: Partial<WorldRecipe> & { count?: number } = {},
): Story {
  const { count = 30, ...more } = recipe;
  const story = play(
    aWorld({
      groups: [{ count, protocol: 'udp', events, agent: { enrollment: { enabled: false } } }],
      faults,
      durationUs: 6 * minute,
      method: { kind: 'roundRobin' },
      workers: 1,
      startupUs: 0,
      datagrams: datagrams ?? {},
      ...more,
    }),
    { fromSeconds: 0 },
  );
  const [group] = story.books.groups;
  expect(group!.produced).toBe(group!.delivered + lostTotal(group!) + group!.pending);
  return story;
}

const delivered = ({ books }: Story): number[] => nodeNames.map((_, node) => books.nodes[node]!.delivered);

describe('proxy_requests', () => {
  test('1 spreads the datagrams of each agent over the nodes', () => {
    const story = run({ requests: 1 }, [], { count: 1, proxyTimeoutUs: minute });
    const shares = delivered(story);
    const total = shares.reduce((a, b) => a + b, 0);

    expect(total).toBeGreaterThan(300);
    // Keepalives take turns as well, so that shares are not quite equal.
    for (const share of shares) expect(Math.abs(share - total / 3)).toBeLessThan(30);
    expect(story.books.outages.count).toBe(0);
    expect(story.moments).toEqual([]);
  });

  test('1 with a hash leaves every agent where it is', () => {
    const story = run({ requests: 1 }, [], {
      method: { kind: 'hashConsistent', key: '$remote_addr' },
      proxyTimeoutUs: minute,
    });

    expect(story.books.nodeAtEnd).toEqual(story.books.nodeAtStart);
    expect(lostTotal(story.books.groups[0]!)).toBe(0);
  });

  test('1 loses what goes to a silent host, a third of it, and only whose keepalives went there three times in a row notices', () => {
    const story = run({ requests: 1 }, [fault('powerOff', 'worker01', 60, null)], { proxyTimeoutUs: minute });
    const { lost } = story.books.groups[0]!;

    // 30 agents, 5 minutes, one event a second.
    expect(lost.path).toBeGreaterThan(0.3 * 9000);
    expect(lost.path).toBeLessThan(0.37 * 9000);
    const noticed = story.moments.filter(({ what }) => what === 'noticed').length;
    // One in 27 of some 15 keepalives of each agent.
    expect(noticed).toBeGreaterThan(3);
    expect(noticed).toBeLessThan(40);
  });

  test('1 finds a closed port out when the first session has waited for proxy_timeout, and then passes it over', () => {
    const closedFor = (proxyTimeoutUs: number): number =>
      run({ requests: 1 }, [fault('kill', 'worker01', 60, null)], { proxyTimeoutUs }).books.groups[0]!.lost.path;

    // A third of 30 events a second for half a minute; afterwards one session in eleven seconds tries it.
    const lost = closedFor(minute / 2);
    expect(lost).toBeGreaterThan(270);
    expect(lost).toBeLessThan(400);
    expect(closedFor(minute)).toBeGreaterThan(lost + 250);
  });

  test('holds a slot for each session until its proxy_timeout', () => {
    const of = (workerConnections: number): Story =>
      run({ requests: 1 }, [], { workerConnections, proxyTimeoutUs: minute });

    // 33 datagrams a second, a minute each: 1,980 sessions of two connections.
    expect(of(4_200).books.notes).toEqual([]);
    expect(of(3_000).books.notes.join()).toMatch(/connections were closed by the balancer/);
    expect(of(3_000).books.groups[0]!.lost.path).toBeGreaterThan(1_000);
  });
});

describe('proxy_responses', () => {
  test('1 ends the session of the startup message: the next datagram chooses anew', () => {
    const quiet = { ...events, ratePerSecond: 1 / 60 };
    const story = play(
      aWorld({
        groups: [{ count: 9, protocol: 'udp', events: quiet }],
        durationUs: 6 * minute,
        method: { kind: 'roundRobin' },
        workers: 1,
        datagrams: { responses: 1 },
      }),
      { fromSeconds: -120 },
    );
    const handshakes = story.moments.filter(({ what }) => what === 'handshake').map(({ node }) => node);

    expect(handshakes).toHaveLength(9);
    // Keepalives are answered, each in a session of its own, until an event that nobody answers keeps one open.
    expect(story.books.nodeAtStart).not.toEqual(handshakes);
    expect(lostTotal(story.books.groups[0]!)).toBe(0);
  });

  test('of events, which no manager answers, make nginx take working nodes for failed ones', () => {
    const failing = run({ requests: 1, responses: 1 }, [], { proxyTimeoutUs: minute / 2 });
    expect(failing.books.notes.join()).toMatch(/no live upstream/);
    expect(lostTotal(failing.books.groups[0]!)).toBeGreaterThan(1_000);
  });

  test('cost nothing once an event has shown that the session will not end by them', () => {
    const story = run({ responses: 1 });

    // Applications write from 0 on.
    expect(story.books.kernelEvents).toBeLessThan(30 * 3);
    expect(lostTotal(story.books.groups[0]!)).toBe(0);
  });
});
