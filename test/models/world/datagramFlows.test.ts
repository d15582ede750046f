// UDP agents behind what forwards their packets: a target that is found down is left without the agents' knowledge, or is not.
import { expect, test } from 'vitest';
import { lostTotal } from '../../../src/models/ledger.ts';
import { load, problemsOf, scenarioText } from '../../support/scenarios.ts';
import { play, type Story } from '../../support/stories.ts';

const targets = 'targets: [worker01, worker02]';
const endpoints = 'kubernetes: { endpoints: [worker01, worker02] }';
const modes = (product: string, more = ''): string =>
  `{ lb: { ${product}, servers: [{ node: balancer, protocol: udp }]${more} } }`;

interface Played extends Story {
  readonly noticed: number;
  readonly hit: number;
  readonly lostSeconds: number;
}

function run(product: string, faults: string): Played {
  const text = scenarioText({
    modes: modes(product),
    fleet: '{ servers: { count: 40, events: { rate: 1/s, arrival: regular } } }',
    faults,
    duration: '12m',
  });
  const story = play(load(text).modes[0]!.world, { fromSeconds: 100 });
  const [group] = story.books.groups;
  expect(group!.produced).toBe(group!.delivered + lostTotal(group!) + group!.pending);
  expect(story.books.nodeAtEnd.every((node) => node === 1)).toBe(faults.includes('kill') && !product.startsWith('dns'));
  const hit = [...story.books.nodeAtStart].filter((node) => node === 0).length;
  return {
    ...story,
    hit,
    noticed: new Set(story.moments.filter(({ what }) => what === 'noticed').map(({ agent }) => agent)).size,
    lostSeconds: lostTotal(group!) / hit,
  };
}

const kill = '[{ at: 2m, kill: worker01 }]';

test('a Service sends the datagrams of an endpoint that has ended elsewhere as soon as its rules follow: no agent notices', () => {
  const { hit, noticed, lostSeconds, books } = run(endpoints, kill);

  expect(hit).toBeGreaterThan(10);
  expect(noticed).toBe(0);
  expect(books.outages.count).toBe(hit);
  // A second until the container is seen, one until the rules follow, and what analysisd had not written.
  expect(lostSeconds).toBeLessThan(4);
});

test('an NLB does so when its checks have found the target down, if it ends flows then', () => {
  const ends = run(`nlb: { ${targets} }`, kill);
  const keeps = run(`nlb: { ${targets}, connectionTermination: no }`, kill);

  // Two checks 30 s apart: 30 to 60 s; agents notice 41 to 61 s behind the kill.
  expect(ends.lostSeconds).toBeGreaterThan(25);
  expect(ends.lostSeconds).toBeLessThan(62);
  expect(keeps.noticed).toBe(keeps.hit);
  expect(ends.noticed).toBeLessThan(keeps.noticed);
  expect(ends.lostSeconds).toBeLessThan(keeps.lostSeconds);
});

test('healthy agents have a target each, and cost no events', () => {
  const { books, moments } = run(`nlb: { ${targets} }`, '[]');

  expect(moments).toEqual([]);
  expect(new Set(books.nodeAtEnd)).toEqual(new Set([0, 1]));
  expect(lostTotal(books.groups[0]!)).toBe(0);
});

test('a proxy of connections takes no datagrams', () => {
  expect(problemsOf(scenarioText({ modes: modes(`envoy: { ${targets.replace('targets', 'hosts')} }`) }))).toEqual([
    expect.stringMatching(/no listener for UDP that is modelled/),
  ]);
});
