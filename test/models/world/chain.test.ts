// One proxy behind another.
import { describe, expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { lostTotal } from '../../../src/models/ledger.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { play, type Story } from '../../support/stories.ts';
import {
  aWorld,
  fault,
  minute,
  nginxIn,
  nodeNames,
  partition,
  timing,
  type WorldRecipe,
} from '../../support/worlds.ts';

const count = 30;

/** edge passes to lb1 and lb2 in turn, and these to the nodes. */
function chain(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): WorldOptions {
  const world = aWorld({
    groups: [{ count, events: { ratePerSecond: 1, arrival: 'regular' } }],
    faults,
    durationUs: 10 * minute,
    startupUs: 0,
    method: { kind: 'roundRobin' },
    workers: 1,
    ...recipe,
  });
  const nginx = nginxIn(world);
  const [balancer] = world.balancers;
  const lb = (name: string, address: string) => ({ ...balancer!, name, addresses: [address] });
  const behind = nginx.upstreams.map((upstream, index) => ({
    ...upstream,
    method: { kind: 'roundRobin' as const },
    peers: ['172.0.0.11', '172.0.0.12'].map((address) => {
      const port = 1514 + index;
      return { ...upstream.peers[0]!, address, port, serverText: `${address}:${port}` };
    }),
  }));
  return {
    ...world,
    balancers: [
      { ...lb('edge', '172.0.0.10'), product: { kind: 'nginx', nginx: { ...nginx, upstreams: behind } } },
      lb('lb1', '172.0.0.11'),
      lb('lb2', '172.0.0.12'),
    ],
  };
}

const run = (faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): Story =>
  play(chain(faults, recipe), { fromSeconds: 50 });
const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);
const online = (story: Story): number => atEnd(story).reduce((a, b) => a + b);
const noticed = ({ moments }: Story) => moments.filter(({ what }) => what === 'noticed');

test('agents come to nodes through both', () => {
  expect(atEnd(run([]))).toEqual([10, 10, 10]);
  expect(run([]).books.outages.count).toBe(0);
});

test('the second sees the address of the first: a hash of it sends everybody to one node a balancer', () => {
  const hashed = run([], { method: { kind: 'hash', key: '$remote_addr' } });

  // Both see 172.0.0.10.
  expect(atEnd(hashed).filter((agents) => agents > 0)).toEqual([count]);
});

test('a packet takes three ways', () => {
  const { moments } = play(chain([], { groups: [{ count: 1 }] }), { fromSeconds: -120 });

  // Two handshakes of 2 ms until edge has lb1, 1 ms until lb1 accepts; 2 ms until it has the node; message and answer 2 + 2 ms … each way
  // of 1 ms: 2 + 1 (edge accepts), 2 (lb1's kernel), 1 (lb1 accepts), 2 (the node's kernel), 2 (read and answered), 2 (back).
  expect(moments[1]!.seconds - moments[0]!.seconds).toBeCloseTo(0.012, 6);
});

describe('a fault', () => {
  test('at the first closes every session', () => {
    const story = run([fault('kill', 'edge', 100, 5)]);

    expect(noticed(story)).toHaveLength(count);
    expect(new Set(noticed(story).map(({ text }) => text))).toEqual(new Set(['closed']));
    expect(online(story)).toBe(count);
  });

  test('at one of the second closes its half, which the first gives to the other', () => {
    const story = run([fault('kill', 'lb1', 100, null)]);

    expect(noticed(story)).toHaveLength(count / 2);
    expect(Math.max(...story.moments.map(({ seconds }) => seconds))).toBeLessThan(101);
    expect(online(story)).toBe(count);
  });

  test('at a node closes the sessions on it, which both stay out of', () => {
    const story = run([fault('kill', 'worker01', 100, null)]);

    expect(noticed(story)).toHaveLength(10);
    expect(atEnd(story)[1]).toBe(0);
    expect(online(story)).toBe(count);
  });

  test('that lets the first stand still lets nothing through, and nothing is lost when it goes on in time', () => {
    const story = run([fault('hang', 'edge', 100, 20)]);

    expect(noticed(story)).toEqual([]);
    expect(story.books.outages.count).toBe(count);
    expect(story.books.groups.map(lostTotal)).toEqual([0]);
  });

  test('that takes the first’s host away is silence', () => {
    const story = run([fault('powerOff', 'edge', 100, 20)]);

    expect(noticed(story)).toHaveLength(count);
    expect(Math.min(...noticed(story).map(({ seconds }) => seconds))).toBeGreaterThan(120);
    expect(online(story)).toBe(count);
  });

  test('on the way between the two cuts off those who go over it', () => {
    const story = run([partition('edge', 'lb1', 100, 120)]);

    expect(story.books.outages.count).toBe(count / 2);
    expect(online(story)).toBe(count);
  });
});

describe('a reload of the first', () => {
  const reload: FaultOptions = { kind: 'reload', balancers: ['edge'], product: null, ...timing(100, 0) };

  test('leaves every session where it is', () => {
    const story = run([reload]);

    expect(story.moments).toEqual([]);
    expect(atEnd(story)).toEqual([10, 10, 10]);
  });

  test('whose old processes have to end closes all of them then, and the agents come back through the new ones', () => {
    const story = run([reload], { shutdownTimeoutUs: 5_000_000 });

    expect(noticed(story)).toHaveLength(count);
    for (const { seconds, text } of noticed(story)) {
      expect(text).toBe('closed');
      expect(seconds).toBeGreaterThan(105);
      expect(seconds).toBeLessThan(105.1);
    }
    expect(online(story)).toBe(count);
  });
});
