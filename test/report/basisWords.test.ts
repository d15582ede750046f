import { describe, expect, test } from 'vitest';
import { basisText } from '../../src/report/basisWords.ts';
import { load, scenarioText } from '../support/scenarios.ts';
import { agentStory, type ToldChoice } from '../../src/run/explain.ts';
import { storyJson } from '../../src/report/explainJson.ts';
import { storyText } from '../../src/report/explainText.ts';
import { ringSvg } from '../../src/report/ringSvg.ts';
import { newRing, pointOf } from '../../src/models/balancer/envoy/ringHash.ts';
import { newTargets } from '../../src/models/balancer/targets.ts';
import { xxHash64 } from '../../src/models/balancer/envoy/xxHash64.ts';

const nodes = ['172.0.0.3', '172.0.0.4', '172.0.0.5'];
const cluster = `{ nodes: { master: { address: ${nodes[0]}, role: master }, worker01: { address: ${nodes[1]} }, worker02: { address: ${nodes[2]} } } }`;
const three = '[master, worker01, worker02]';

function storyOf(balancer: string, faults = '[]') {
  const fleet = '{ servers: { count: 20, addresses: 10.1.0.0/24, events: { rate: 1/s } } }';
  const scenario = load(scenarioText({ cluster, fleet, modes: `{ lb: { ${balancer} } }`, faults, duration: '5m' }));
  return agentStory(scenario.modes[0]!, { seed: '1', replication: 0 }, { agent: 6, groupIndex: 0, local: 6 });
}

function firstChoice(balancer: string): ToldChoice {
  const event = storyOf(balancer).events.find(({ kind }) => kind === 'choice');
  if (event?.kind !== 'choice') throw new Error('nothing was chosen');
  return event.choice;
}

const envoy = (more: string): string => `envoy: { hosts: ${three}, ${more} }`;

describe('what of a choice is published, and what is a draw', () => {
  test.each([
    [`nlb: { targets: ${three} }`, /flow hash that AWS does not publish .* an even draw .* is an example$/],
    [
      `nlb: { targets: ${three}, stickiness: sourceIp }`,
      /^by source-address stickiness: the first target is an even draw/,
    ],
    [`kubernetes: { endpoints: ${three} }`, /^by the rules of kube-proxy.*\(published\): an even draw/],
    [
      `kubernetes: { endpoints: ${three}, proxy: ipvs, scheduler: wlc }`,
      /^by the scheduler wlc of IPVS \(published\): the one with the fewest/,
    ],
    [`f5: { members: ${three} }`, /^the next in turn \(documented; the code is not published\)$/],
    [
      `f5: { members: ${three}, persistence: source-address }`,
      /^the member that this address had lately, else the next in turn/,
    ],
    [`dns: { name: wazuh.corp, addresses: ${three} }`, /^the first address of an answer that is turned by one/],
    [envoy('policy: random'), /^by an even draw \(published\)/],
    [envoy('policy: ring_hash'), /^by a hash policy without hash_policy/],
    [envoy('policy: ring_hash, hashPolicy: source_ip'), /^by the hash of the address Envoy sees \(published\)/],
  ])('%s', (balancer, words) => {
    expect(basisText(firstChoice(balancer).basis!)).toMatch(words);
  });
});

test('a choice of Envoy on its ring tells the 64-bit hash of the address, the point, and to whom it belongs', () => {
  const { hash, home, story, peers, key } = firstChoice(envoy('policy: ring_hash, hashPolicy: source_ip'));
  const targets = newTargets(
    nodes.map((address) => ({ serverText: address, address, port: 1514, weight: 1, maxSessions: 0, disabled: false })),
  );
  const ring = newRing(targets.all, { minRingSize: 1024, maxRingSize: 8_388_608 });
  const point = pointOf(ring, xxHash64('10.1.0.7'));

  expect(Buffer.from(key!).toString()).toBe('10.1.0.7');
  expect(hash).toBe(xxHash64('10.1.0.7'));
  expect(home).toEqual({ at: ring.hashes[point], peerIndex: ring.owners[point]!.index });
  expect(story.steps).toEqual([{ kind: 'took', at: ring.hashes[point], peerIndex: home!.peerIndex }]);
  expect(peers).toEqual(['master', 'worker01', 'worker02']);
});

test('a choice of Envoy in its table tells the slot, also where slots have large numbers', () => {
  const large = envoy('policy: maglev, tableSize: 1000003, hashPolicy: source_ip');
  const slot = Number(xxHash64('10.1.0.7') % 1_000_003n);

  expect(firstChoice(large).home?.at).toBe(slot);
  expect(storyText(storyOf(large), '')).toContain(`slot ${slot}: `);
});

test('a bucket of IPVS sh is told with the hash it comes from', () => {
  const text = storyText(storyOf(`kubernetes: { endpoints: ${three}, proxy: ipvs, scheduler: sh }`), '');

  expect(text).toContain('key 0a 01 00 07, hash 0x000000f8');
  expect(text).toContain('slot 248: master is taken');
});

test('the ring of Envoy is drawn to the last of its 64 bits, and JSON keeps them', () => {
  const story = storyOf(envoy('policy: ring_hash, hashPolicy: source_ip'));
  const svg = ringSvg(story.ring!, story.who);
  const json = JSON.parse(storyJson(story, null)) as {
    events: { kind: string; hash?: string }[];
    ring: { points: number; shares: { share: number }[] };
  };

  expect(svg).toContain('0xe81e66c83544c935');
  expect(svg).toContain('0x40…');
  expect(json.events.find(({ kind }) => kind === 'choice')!.hash).toBe('0xe81e66c83544c935');
  expect(json.ring.points).toBeGreaterThanOrEqual(1024);
  expect(json.ring.shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
});

test('a ring of more points than can be told apart is drawn as a sample of them', () => {
  const story = storyOf(envoy('policy: ring_hash, minimumRingSize: 100000, hashPolicy: source_ip'));
  const svg = ringSvg(story.ring!, story.who);

  expect(svg.match(/class="arc"/g)).toHaveLength(8192);
  expect(svg.length).toBeLessThan(2_000_000);
});
