// Wazuh's HAProxy helper: who moves, when, and in what steps.
import { describe, expect, test } from 'vitest';
import { helperDefaults, type HelperOptions } from '../../../src/models/cluster/haproxyHelper.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { behindHaproxy, type HaproxyRecipe } from '../../support/haproxyWorlds.ts';
import { play, type Story } from '../../support/stories.ts';
import { fault, minute, nodeNames, second, timing, type WorldRecipe } from '../../support/worlds.ts';

interface Given {
  readonly helper?: Partial<HelperOptions> | null;
  readonly haproxy?: HaproxyRecipe;
  readonly recipe?: Partial<WorldRecipe>;
  readonly change?: (world: WorldOptions) => WorldOptions;
}

function world(faults: readonly FaultOptions[], { helper = {}, haproxy = {}, recipe = {} }: Given = {}): WorldOptions {
  const groups = [{ count: 30, events: { ratePerSecond: 1, arrival: 'regular' as const } }];
  const options = behindHaproxy(
    { groups, faults, durationUs: 12 * minute, ...recipe },
    {
      ...haproxy,
      backend: { name: helperDefaults.backend, ...haproxy.backend },
      given: { hardStopAfterUs: 30.5 * second, ...haproxy.given },
    },
  );
  return helper === null
    ? options
    : { ...options, helper: { balancerIndex: 0, options: { ...helperDefaults, ...helper } } };
}

const run = (faults: readonly FaultOptions[], given: Given = {}): Story =>
  play((given.change ?? ((same) => same))(world(faults, given)), { fromSeconds: 50 });

const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);

/** Seconds at which agents were told to reconnect, rounded, each once. */
const toldAt = ({ moments }: Story): number[] => [
  ...new Set(
    moments
      .filter(({ what, text }) => what === 'noticed' && text === 'forced')
      .map(({ seconds }) => Math.floor(seconds)),
  ),
];

test('a fleet that lies evenly is left alone', () => {
  const story = run([]);

  expect(story.moments).toEqual([]);
  expect(story.books.helper).toMatchObject({ told: 0, reloads: 0, passedOver: 0 });
  expect(story.books.helper!.looks).toBe(12);
});

test('15, 15 and none are 10 each one to two minutes after the third node is back', () => {
  const story = run([fault('kill', 'worker02', 100, 60)]);

  expect(atEnd(run([fault('kill', 'worker02', 100, 60)], { helper: null }))).toEqual([15, 15, 0]);
  expect(atEnd(story)).toEqual([10, 10, 10]);
  const last = Math.max(...story.moments.map(({ seconds }) => seconds));
  expect(last - 160).toBeGreaterThan(25);
  expect(last - 160).toBeLessThan(125);
  expect(story.books.helper).toMatchObject({ told: 10, reconnects: 10, moved: 10, cut: 0 });
});

test('agents are told in chunks, with a pause in between', () => {
  const recipe = { groups: [{ count: 60 }] };
  const story = run([fault('kill', 'worker02', 100, 60)], { helper: { agentChunkSize: 4 }, recipe });
  const told = toldAt(story);

  // Ten of each of the two full nodes: 4, 4 and 2, twice.
  expect(told).toHaveLength(6);
  expect(told.slice(1).map((at, index) => at - told[index]!)).toEqual([5, 5, 5, 5, 5]);
  expect(atEnd(story)).toEqual([20, 20, 20]);
});

describe('agents that do not understand the request', () => {
  const back = fault('kill', 'worker02', 100, 60);
  const version = (release: string): Given => ({ recipe: { groups: [{ count: 30, version: release }] } });

  test('stay where they are, and the helper tries again every minute: before 4.3, and 5.0 for want of a better comparison', () => {
    for (const release of ['4.2.7', '5.0.0']) {
      const story = run([back], version(release));

      expect(atEnd(story)).toEqual([15, 15, 0]);
      expect(story.books.helper!.told).toBe(0);
      expect(story.books.helper!.passedOver).toBeGreaterThanOrEqual(5 * 10);
    }
  });

  test('stand in the way of the others where the table sorts them first', () => {
    const groups = [
      { count: 15, version: '4.14.7' },
      { count: 15, version: '5.0.0' },
    ];
    const story = run([back], { recipe: { groups } });

    // Ten too many, and the table offers the five of 5.0 with the highest ids of each node first, in every round.
    expect(story.books.helper!.told).toBe(0);
    expect(atEnd(story)).toEqual([15, 15, 0]);
  });
});

describe('without its master', () => {
  const back = fault('kill', 'worker02', 100, 60);

  test('nobody moves anybody, until it has been back for as long as old processes of HAProxy may live', () => {
    const down = run([back, fault('kill', 'master', 150, null)]);
    expect(down.books.helper!.told).toBe(0);

    const again = run([back, fault('kill', 'master', 150, 180)]);
    expect(again.books.helper!.told).toBeGreaterThan(0);
    // Back at 330 s; hard-stop-after is 30.5 s, and agents settle for 25 s.
    expect(toldAt(again)[0]).toBe(385);
  });

  test('a master that stands still goes on where it was', () => {
    const hung = run([back, fault('hang', 'master', 150, 180)]);

    expect(toldAt(hung)[0]).toBeGreaterThanOrEqual(330 + 25);
    expect(toldAt(hung)[0]).toBeLessThan(330 + 27);
  });

  test('a helper whose HAProxy does not answer at its start is not started again', () => {
    const faults = [back, fault('kill', 'master', 150, 30), fault('kill', 'balancer', 170, 20)];
    const story = run([...faults, fault('kill', 'worker01', 300, 30)]);

    expect(story.books.helper!.told).toBe(0);
  });
});

describe('a node that HAProxy does not know', () => {
  const twoServers = (options: WorldOptions): WorldOptions => {
    const [balancer] = options.balancers;
    const { product } = balancer!;
    if (product.kind !== 'haproxy') throw new Error('no HAProxy');
    const backends = product.haproxy.backends.map((backend) =>
      backend.name === helperDefaults.backend ? { ...backend, servers: backend.servers.slice(0, 2) } : backend,
    );
    return {
      ...options,
      balancers: [{ ...balancer!, product: { kind: 'haproxy', haproxy: { ...product.haproxy, backends } } }],
    };
  };

  test('is added when it joins the cluster, and every agent reconnects through the new process', () => {
    const down = fault('kill', 'worker02', null, 300);
    const story = run([down], { change: twoServers });

    expect(atEnd(story)).toEqual([10, 10, 10]);
    // hard-stop-after stays what it was: 30 agents, three nodes.
    expect(story.books.helper!.reloads).toBe(1);
    // 32 s are gone when it comes to the ten that are too many: the old process, with 30.5 s, has closed them before.
    expect(story.books.helper).toMatchObject({ reconnects: 20, cut: 10 });
    expect(story.books.helper!.products).toHaveLength(1);
  });

  test('is left out when it is excluded', () => {
    const story = run([], { change: twoServers, helper: { excludedNodes: ['worker02'] } });

    expect(atEnd(story)).toEqual([15, 15, 0]);
    expect(story.books.helper!.reloads).toBe(0);
  });
});

test('an excluded node is taken out at once, one that is gone after its time', () => {
  const excluded = run([], { helper: { excludedNodes: ['worker02'] } });
  expect(atEnd(excluded)).toEqual([15, 15, 0]);

  const gone = run([fault('kill', 'worker02', 100, null)], { helper: { removeDisconnectedAfterUs: 3 * minute } });
  expect(gone.books.helper!.products[0]!.atUs).toBeGreaterThan((100 + 180) * second);
  expect(gone.books.helper!.products[0]!.atUs).toBeLessThan((100 + 190 + 60) * second);
  expect(atEnd(gone)).toEqual([15, 15, 0]);
  expect(run([fault('kill', 'worker02', 100, null)]).books.helper!.reloads).toBe(0);
});

test('servers that somebody has left drained are put back to work', () => {
  const drain = { kind: 'drain', places: ['worker02'], ...timing(100, null) } as const;
  const kill = fault('kill', 'worker01', 300, null);

  expect(atEnd(run([drain, kill], { helper: null }))).toEqual([20, 0, 10]);
  expect(atEnd(run([drain, kill]))).toEqual([15, 0, 15]);
});

test('a backend whose servers are not checked is never found out of balance: none of them is UP', () => {
  const story = run([fault('kill', 'worker02', 100, 60)], { haproxy: { server: { check: null } } });

  expect(story.books.helper!.told).toBe(0);
});

test('a run that goes on until all has settled waits for the helper', () => {
  const recipe = { untilSettled: true };
  const story = run([fault('kill', 'worker02', 100, 60)], { recipe });

  expect(atEnd(story)).toEqual([10, 10, 10]);
  expect(story.books.timeline.steps).toBeLessThan(400);
});
