// Flows that a forwarder forgets because nothing moves in them: agents that write little, and keepalives further apart than its time-out.
import { expect, test } from 'vitest';
import { lostTotal } from '../../../src/models/ledger.ts';
import { load, scenarioText } from '../../support/scenarios.ts';
import { play, type Story } from '../../support/stories.ts';

interface Given {
  readonly protocol?: 'tcp' | 'udp';
  /** Of the managers' kernel. */
  readonly asksAfter?: string;
  readonly notifyTime?: string;
  readonly rate?: string;
  readonly faults?: string;
}

function run(product: string, given: Given = {}): Story {
  const { protocol = 'tcp', asksAfter = '2h', notifyTime = '3m', rate = '1/h', faults = '[]' } = given;
  const text = scenarioText({
    modes: `{ lb: { ${product}, servers: [{ node: balancer, protocol: ${protocol} }] } }`,
    cluster: `{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } }, defaults: { tcpKeepalive: { idle: ${asksAfter} } } }`,
    fleet: `{ servers: { count: 40, events: { rate: ${rate}, arrival: regular }, agent: { notifyTime: ${notifyTime}, timeReconnect: 10m } } }`,
    faults,
    duration: '30m',
    more: 'warmup: 10m',
  });
  const story = play(load(text).modes[0]!.world, { fromSeconds: 0 });
  const [group] = story.books.groups;
  expect(group!.produced).toBe(group!.delivered + lostTotal(group!) + group!.pending);
  return story;
}

const noticed = ({ moments }: Story): number => moments.filter(({ what }) => what === 'noticed').length;
const nlb = (timeout: string): string => `nlb: { targets: [worker01, worker02], idleTimeout: ${timeout} }`;
const fastL4 = (timeout: string): string =>
  `f5: { type: fastL4, members: [worker01, worker02], monitor: none, idleTimeout: ${timeout} }`;

test('an NLB answers the keepalive of a connection it has forgotten with RST: each one costs its agent the connection', () => {
  const story = run(nlb('100s'));
  const perAgent = noticed(story) / 40;

  // A keepalive each 180 s, the first of which follows the handshake at once: RST to each that comes 100 s behind another packet.
  expect(perAgent).toBeGreaterThan(8);
  expect(perAgent).toBeLessThan(11);
  expect(new Set(story.moments.filter(({ what }) => what === 'noticed').map(({ text }) => text))).toEqual(
    new Set(['closed']),
  );
  expect(story.books.outages.count).toBe(0);
});

test('what it forgets is what the agent sends next: an event in the place of a keepalive is lost', () => {
  const story = run(nlb('100s'), { rate: '20/h' });
  const [group] = story.books.groups;

  expect(noticed(story)).toBeGreaterThan(40);
  expect(lostTotal(group!)).toBeGreaterThan(0);
  // No more than one for each connection.
  expect(lostTotal(group!)).toBeLessThanOrEqual(noticed(story));
});

test('the managers’ own TCP asks in time, and its probes keep every flow', () => {
  expect(noticed(run(nlb('100s'), { asksAfter: '30s' }))).toBe(0);
  expect(noticed(run(nlb('100s'), { notifyTime: '60s' }))).toBe(0);
  expect(noticed(run(nlb('350s')))).toBe(0);
});

test('an F5 tells both ends as soon as the time-out is over: nothing is lost', () => {
  const story = run(fastL4('100s'), { rate: '20/h' });
  const quiet = run(fastL4('100s'));
  const ofOne = quiet.moments.filter(({ what, agent }) => what === 'noticed' && agent === 0);
  const gaps = ofOne.slice(1).map(({ seconds }, at) => seconds - ofOne[at]!.seconds);

  expect(noticed(story)).toBeGreaterThan(40);
  expect(lostTotal(story.books.groups[0]!)).toBe(0);
  // 100 s behind a keepalive, and 80 s before the next one: the clock of the keepalives goes on.
  expect(gaps.length).toBeGreaterThan(7);
  expect(Math.min(...gaps)).toBeGreaterThan(178);
  expect(Math.max(...gaps)).toBeLessThan(182);
});

test('datagrams of a forgotten flow begin another one, which nobody hears of', () => {
  const before = (story: Story): number[] => [...story.books.nodeAtStart];
  const moved = (story: Story): number =>
    story.books.nodeAtEnd.filter((node, agent) => node !== before(story)[agent]).length;
  const iptables = run('kubernetes: { endpoints: [worker01, worker02] }', { protocol: 'udp' });
  const inTime = run('kubernetes: { endpoints: [worker01, worker02] }', { protocol: 'udp', notifyTime: '100s' });
  const ipvs = run('kubernetes: { endpoints: [worker01, worker02], proxy: ipvs }', { protocol: 'udp' });
  const f5 = run(fastL4('100s'), { protocol: 'udp' });

  // conntrack 120 s, IPVS 300 s. Ten choices of two targets: half of the agents are somewhere else in the end.
  expect(moved(iptables)).toBeGreaterThan(8);
  expect(moved(iptables)).toBeLessThan(32);
  expect(moved(f5)).toBeGreaterThan(0);
  expect([moved(inTime), moved(ipvs)]).toEqual([0, 0]);
  for (const story of [iptables, inTime, ipvs, f5]) {
    expect(story.moments).toEqual([]);
    expect(lostTotal(story.books.groups[0]!)).toBe(0);
  }
});

test('an NLB sends the datagrams of one socket to one target, forgotten or not, while its targets are the same', () => {
  const quiet = run(nlb('350s'), { protocol: 'udp' });
  expect(quiet.books.nodeAtEnd).toEqual(quiet.books.nodeAtStart);
  expect(quiet.moments).toEqual([]);

  const keeps = `nlb: { targets: [worker01, worker02], connectionTermination: no }`;
  const killed = run(keeps, { protocol: 'udp', faults: '[{ at: 2m, kill: worker01 }]' });
  // Each keepalive is a flow of its own, and the next one after the target is found down goes elsewhere: in time for 10 minutes.
  expect(killed.moments).toEqual([]);
  expect(killed.books.nodeAtEnd.every((node) => node === 1)).toBe(true);
});
