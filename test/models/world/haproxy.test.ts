// Agents behind HAProxy: room, retries, time-outs, reload. Measured on HAProxy 2.6.12.
import { describe, expect, test } from 'vitest';
import type { BackendGiven } from '../../support/haproxy.ts';
import { behindHaproxy, type HaproxyRecipe } from '../../support/haproxyWorlds.ts';
import { play, type Story } from '../../support/stories.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { balances } from '../../../src/models/ledger.ts';
import { fault, minute, nodeNames, second, timing, type WorldRecipe } from '../../support/worlds.ts';

function run(faults: readonly FaultOptions[], haproxy: HaproxyRecipe = {}, recipe: Partial<WorldRecipe> = {}): Story {
  const groups = [{ count: 30, events: { ratePerSecond: 1, arrival: 'regular' as const } }];
  return play(behindHaproxy({ groups, faults, durationUs: 8 * minute, ...recipe }, haproxy), { fromSeconds: 50 });
}

const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);

test('the documented configuration spreads agents evenly, and those of a node that dies over the others', () => {
  expect(atEnd(run([]))).toEqual([10, 10, 10]);
  expect(atEnd(run([fault('kill', 'worker01', 100, null)]))).toEqual([15, 0, 15]);
});

test('nobody moves back to a node that has come back', () => {
  expect(atEnd(run([fault('kill', 'worker01', 100, 60)]))).toEqual([15, 0, 15]);
});

describe('a server that is dead and believed up', () => {
  /** What becomes of the first attempt of an agent that HAProxy sends to the master, which is gone from the start. */
  const outcome = (kind: 'kill' | 'powerOff', given: Partial<BackendGiven>, address: number): string => {
    const backend = { connectTimeoutUs: 2 * second, ...given };
    const world = behindHaproxy(
      {
        groups: [{ count: 1 }],
        faults: [fault(kind, 'master', null, null)],
        unreachable: { agents: 'routed', balancer: 'routed' },
      },
      { server: { check: null }, backend },
    );
    const [group] = world.groups;
    const groups = [{ ...group!, addresses: { kind: 'list' as const, addresses: Uint32Array.of(address) } }];
    const { moments } = play({ ...world, groups }, { fromSeconds: -120 });
    const [first, next] = moments;
    const seconds = next!.seconds - first!.seconds;
    // An agent tries again 10 s behind an attempt that has failed.
    return next!.what === 'handshake'
      ? `another server after ${seconds.toFixed(1)} s`
      : `FIN after ${(seconds - 10).toFixed(1)} s`;
  };
  /** An address whose hash leads to the first of three servers, by table and by ring. */
  const hashed = 0x0a000002;
  const leastconn = { balance: { kind: 'leastconn' } } as const;
  const source = { balance: { kind: 'source' } } as const;
  const consistent = {
    balance: { kind: 'source' },
    hashType: { table: 'consistent', function: 'sdbm', avalanche: true },
  } as const;

  // reference: 64 probes; FIN after 3.00 s, and so on.
  test.each([
    ['leastconn and redispatch', leastconn, 'another server after 0.0 s', 'another server after 2.0 s'],
    ['leastconn alone', { ...leastconn, redispatchAfter: 0 }, 'FIN after 3.0 s', 'FIN after 8.0 s'],
    ['leastconn and retries 0', { ...leastconn, redispatchAfter: 0, retries: 0 }, 'FIN after 0.0 s', 'FIN after 2.0 s'],
    ['a table and redispatch', source, 'FIN after 2.0 s', 'FIN after 8.0 s'],
    ['a table alone', { ...source, redispatchAfter: 0 }, 'FIN after 3.0 s', 'FIN after 8.0 s'],
    ['a ring and redispatch', consistent, 'another server after 2.0 s', 'another server after 6.0 s'],
    [
      'a ring and redispatch 1',
      { ...consistent, redispatchAfter: 1 },
      'another server after 0.0 s',
      'another server after 2.0 s',
    ],
  ] as const)('with %s', (_, backend, refused, silent) => {
    const address = [...Array(40).keys()]
      .map((index) => hashed + index)
      .find((one) => outcome('powerOff', backend, one) !== 'another server after 0.0 s')!;

    expect(outcome('kill', backend, address)).toBe(refused);
    expect(outcome('powerOff', backend, address)).toBe(silent);
  });
});

describe('maxconn', () => {
  test('leaves those for whom there is no room in the kernel’s queue, accepted and mute', () => {
    const story = run([], { maxConn: 20 }, { groups: [{ count: 23 }], durationUs: 4 * minute });

    // 20 have sessions; the others connect, and wait for an answer that does not come.
    expect(atEnd(story).reduce((a, b) => a + b)).toBe(20);
    expect(story.books.notes).toEqual([]);
  });

  test('lets the one in who waits longest as soon as a session ends', () => {
    const story = run([fault('kill', 'worker01', 100, null)], { maxConn: 20 }, { groups: [{ count: 23 }] });

    expect(atEnd(story).reduce((a, b) => a + b)).toBe(20);
    expect(story.books.outages.count).toBeGreaterThan(0);
  });

  test('drops the SYNs of those for whom the queue has no room either', () => {
    const story = run([], { maxConn: 5 }, { groups: [{ count: 30 }], durationUs: 4 * minute });

    expect(atEnd(story).reduce((a, b) => a + b)).toBe(5);
    expect(story.books.notes.join()).toMatch(/^\d+ connects met a full queue in front of the balancer's maxconn/);
  });
});

describe('a reload', () => {
  const reload: FaultOptions = { kind: 'reload', balancers: ['balancer'], product: null, ...timing(100, 0) };

  test('closes nothing', () => {
    expect(run([reload]).books.outages.count).toBe(0);
  });

  test('ends all sessions of the process before it after hard-stop-after, each with FIN', () => {
    const story = run([reload], { given: { hardStopAfterUs: 5 * second } });
    const noticed = story.moments.filter(({ what }) => what === 'noticed');

    expect(noticed).toHaveLength(30);
    expect(new Set(noticed.map(({ seconds, text }) => `${seconds} ${text}`))).toEqual(new Set(['105.001 closed']));
    expect(atEnd(story)).toEqual([10, 10, 10]);
  });
});

describe('drain', () => {
  const drain = (place: string, at: number, forSeconds: number | null): FaultOptions => ({
    kind: 'drain',
    places: [place],
    ...timing(at, forSeconds),
  });

  test('keeps the sessions a node has, and gives it no other', () => {
    expect(run([drain('worker01', 100, null)]).books.outages.count).toBe(0);
    // The ten of the master look for another node.
    expect(atEnd(run([drain('worker01', 100, null), fault('kill', 'master', 120, null)]))).toEqual([0, 10, 20]);
    expect(atEnd(run([drain('worker01', 100, 10), fault('kill', 'master', 120, null)]))).toEqual([0, 15, 15]);
  });

  test('comes before each stop of a rolling restart, so that agents that leave do not come back to the next node', () => {
    const rolling = (drainSeconds: number): FaultOptions => ({
      kind: 'rolling',
      places: ['worker01', 'worker02'],
      ...timing(100, null),
      downUs: 10 * second,
      pauseUs: 30 * second,
      drainUs: drainSeconds * second,
    });
    const told = { kind: 'reconnectAgents', groups: ['group0'], chunk: null, pauseUs: 0, ...timing(105, 0) } as const;
    const stopped = (drainSeconds: number): number => {
      const { moments } = run([rolling(drainSeconds), told]);
      return moments.filter(({ what, seconds }) => what === 'noticed' && seconds >= 110 && seconds < 115).length;
    };

    expect(stopped(10)).toBe(0);
  });

  test('is forgotten with the process that was told', () => {
    const restart = fault('kill', 'balancer', 110, 5);
    expect(atEnd(run([drain('worker01', 100, null), restart]))).toEqual([10, 10, 10]);
  });
});

test('without a time-out for the queue and for the server a session waits as long as its agent does', () => {
  const endless = { queueTimeoutUs: Infinity, serverTimeoutUs: Infinity };
  const server = { maxConn: 1, check: null };
  const { moments } = run([], { backend: endless, server }, { groups: [{ count: 4 }], durationUs: 4 * minute });

  // Three servers take one session each; who waits for the fourth gives up after 60 s and tries again.
  const tries = moments.filter(({ what }) => what === 'try').map(({ seconds }) => seconds);
  expect(tries.length).toBeGreaterThan(1);
  expect(tries[1]! - tries[0]!).toBeCloseTo(70, 0);
});

test('an attempt that its agent gives up behind the time-out of HAProxy is closed at once', () => {
  const groups = [{ count: 6 }];
  const gone = fault('powerOff', ['master', 'worker01', 'worker02'], null, null);
  const restart: FaultOptions = { kind: 'restartAgents', groups: ['group0'], overUs: 0, ...timing(50, 0) };
  const backend = { connectTimeoutUs: 40 * second, tunnelTimeoutUs: 15 * second };
  const recipe = { groups, unreachable: { agents: 'routed', balancer: 'routed' } } as const;
  const { books } = run([gone, restart], { backend, server: { check: null } }, recipe);

  expect(books.groups.every(balances)).toBe(true);
});
