import { expect, test } from 'vitest';
import { rootKey } from '../../../../src/kernel/random.ts';
import type { Balancer } from '../../../../src/models/balancer/contract.ts';
import { createBackend } from '../../../../src/models/balancer/haproxy/backend.ts';
import { Running } from '../../../../src/models/balancer/haproxy/farm.ts';
import type { HaproxyServerOptions } from '../../../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../../../src/models/balancer/haproxy/session.ts';
import { aBackend, aCheck, haproxyWith, held, mark, open, type BackendGiven } from '../../../support/haproxy.ts';

const roundrobin = { balance: { kind: 'roundrobin' as const } };

function fails(balancer: Balancer, server: number, times = 3, nowUs = 1e9): void {
  for (let nth = 0; nth < times; nth++) balancer.checks!.checked(server, false, nowUs);
}

function passes(balancer: Balancer, server: number, times = 2, nowUs = 1e9): void {
  for (let nth = 0; nth < times; nth++) balancer.checks!.checked(server, true, nowUs);
}

/** Kinds of news, with the number of the server. */
function told(balancer: Balancer): readonly string[] {
  return balancer.takeNews!().map((news) => {
    if (news.kind === 'freed') return 'freed';
    const end = news.kind === 'down' ? ` ${news.sessions}` : '';
    return `${news.kind} s${news.peerIndex + 1}${end}`;
  });
}

// ------------------------------------------------------------------------------------------------------------- up and down

test('sessions of a server that goes down stay, unless on-marked-down says otherwise; nobody is moved back', () => {
  const story = (given: Partial<HaproxyServerOptions>): readonly string[] => {
    const balancer = aBackend({ servers: [{ check: aCheck(), ...given }, {}] });
    fails(balancer, 0);
    passes(balancer, 0);
    return told(balancer);
  };

  expect(story({})).toEqual(['down s1 kept', 'up s1']);
  expect(story({ shutdownSessionsOnDown: true })).toEqual(['down s1 closed', 'up s1']);
});

test('maintenance cuts as a failure does, draining never; one that is drained is cut when it goes down', () => {
  const balancer = aBackend({ servers: [{ check: aCheck(), shutdownSessionsOnDown: true }, {}] });
  const after = (state: 'ready' | 'drain' | 'maint'): readonly string[] => {
    balancer.admin!.setState(0, state, 1e9);
    return told(balancer);
  };

  expect(after('maint')).toEqual(['down s1 closed']);
  expect(after('ready')).toEqual(['up s1']);
  expect(after('drain')).toEqual(['down s1 kept']);
  fails(balancer, 0);
  expect(told(balancer)).toEqual(['down s1 closed']);
  expect(after('ready')).toEqual([]);
  passes(balancer, 0);
  expect(told(balancer)).toEqual(['up s1']);
});

test('with on-marked-up shutdown-backup-sessions a server that is back ends those of the backups', () => {
  const servers = [{ check: aCheck(), shutdownBackupSessionsOnUp: true }, { backup: true }, { backup: true }];
  const balancer = aBackend({ servers });
  fails(balancer, 0);
  const onBackup = held(balancer, 3);
  passes(balancer, 0);

  expect(onBackup).toBe('222');
  expect(told(balancer)).toEqual(['down s1 kept', 'up s1', 'ended s2', 'ended s3']);
  expect(held(balancer, 2)).toBe('11');
});

test('the first backup alone stands in, then the next, then nobody', () => {
  const servers = [{}, { backup: true }, { backup: true }];
  const balancer = aBackend({ servers });
  const marks = [0, 1, 2].map((server) => {
    balancer.admin!.setState(server, 'maint', 1e9);
    return held(balancer, 3);
  });

  expect(marks).toEqual(['222', '333', '---']);
  balancer.admin!.setState(1, 'ready', 1e9);
  expect(held(balancer, 2)).toBe('22');
});

test('a weight of 0 takes a server out of the choice and leaves its sessions', () => {
  const balancer = aBackend({ ...roundrobin, servers: [{}, { weight: 0 }] });

  expect(held(balancer, 3)).toBe('111');
  balancer.admin!.setWeight(1, 3, 1e9);
  balancer.admin!.setWeight(0, 0, 1e9);
  expect(told(balancer)).toEqual(['up s2', 'down s1 kept']);
  expect(held(balancer, 3)).toBe('222');
  expect([0, 1].map((server) => balancer.admin!.sessions(server))).toEqual([3, 3]);
  expect([0, 1].map((server) => balancer.admin!.isUp(server))).toEqual([true, true]);
});

test('processes that have just started know of no sessions', () => {
  const backend: BackendGiven = { servers: [{}, {}, {}] };
  const before = aBackend(backend);
  held(before, 8);

  // Measured on 2.6.12 after a reload: w1 w2 w3, whatever the old process holds.
  expect(held(aBackend(backend), 3)).toBe('123');
});

// --------------------------------------------------------------------------------------------------------------- slowstart

// Measured on 2.6.12, weight 10 and 10 s: 1, 2 … 10 at 0, 1 … 9 s in the statistics, which round up.
test('a server that comes up grows into its weight second by second', () => {
  const servers = [{ weight: 10, check: aCheck(), slowStartUs: 9_500_000 }, { weight: 10 }];
  const backend = createBackend(haproxyWith([{ ...roundrobin, servers }]), 0, rootKey('slow', 0));
  const [server] = backend.farm.servers;
  for (let nth = 0; nth < 3; nth++) backend.checked(server!, false, 50e6);
  for (let nth = 0; nth < 2; nth++) backend.checked(server!, true, 100_300_000);
  const weights = [0, 0.9, 1, 2, 3.5, 8.99, 9, 10, 11].map((second) => {
    backend.setState(server!, 'ready', 100_300_000 + second * 1e6); // it is: only its time goes on
    return [Math.ceil(server!.weight / 16), server!.running === Running.Starting];
  });

  expect(weights).toEqual([
    [1, true],
    [1, true],
    [2, true],
    [3, true],
    [4, true],
    [9, true],
    [10, true],
    [10, false],
    [10, false],
  ]);
});

test('nothing grows at the start of the process, nor in a table', () => {
  const servers = [{ weight: 4, slowStartUs: 60e6 }, { weight: 4 }];
  const table = aBackend({ balance: { kind: 'static-rr' }, servers });
  table.admin!.setState(0, 'maint', 1e6);
  table.admin!.setState(0, 'ready', 2e6);

  expect(held(aBackend({ ...roundrobin, servers }), 4, 0)).toBe('1212');
  expect(held(table, 4, 3e6)).toBe('1212');
});

test('maxconn grows with a server, from one session on', () => {
  const servers = [{ maxConn: 10, slowStartUs: 10e6 }, { disabled: true }];
  const balancer = aBackend({ servers });
  balancer.admin!.setState(0, 'maint', 100e6);
  balancer.admin!.setState(0, 'ready', 100e6);

  expect(held(balancer, 2, 100e6)).toBe('1q');
  // The one that waits gets the place that a second has brought.
  const session = open(balancer, 103e6);
  expect(told(balancer).slice(-1)).toEqual(['freed']);
  expect(mark(session)).toBe('1');
});

// ------------------------------------------------------------------------------------------------------------------ queues

function sessionsOf(balancer: Balancer<HaproxySession>, count: number): readonly HaproxySession[] {
  return Array.from({ length: count }, (_, nth) => open(balancer, 1e9 + nth * 1000));
}

test('sessions that wait for any server get the first place, in their order', () => {
  const balancer = aBackend({ servers: [{ maxConn: 1 }, { maxConn: 1 }] });
  const [first, second, third, fourth] = sessionsOf(balancer, 4) as [
    HaproxySession,
    HaproxySession,
    HaproxySession,
    HaproxySession,
  ];
  balancer.closed(second, 2e9);

  expect(balancer.takeNews!()).toEqual([{ kind: 'freed', session: third }]);
  expect(balancer.next(third, 2e9)).toBe(1);
  balancer.closed({ worker: 0, peerIndex: first.peerIndex }, 2e9);
  expect(balancer.takeNews!()).toEqual([{ kind: 'freed', session: fourth }]);
  expect(balancer.next(fourth, 2e9)).toBe(0);
});

test('one that waits and leaves frees nothing', () => {
  const balancer = aBackend({ servers: [{ maxConn: 1 }] });
  const [first, second, third] = sessionsOf(balancer, 3);
  balancer.closed(second!, 2e9);
  expect(told(balancer)).toEqual([]);
  balancer.closed(first!, 2e9);

  expect(balancer.takeNews!()).toEqual([{ kind: 'freed', session: third }]);
});

test('who waits for a server that goes down chooses anew with redispatch, and waits on without', () => {
  const source = { balance: { kind: 'source' as const } };
  const story = (redispatchAfter: number): readonly (readonly string[] | string)[] => {
    const balancer = aBackend({ ...source, redispatchAfter, servers: [{ maxConn: 1 }, { maxConn: 1 }] });
    const [, second] = [open(balancer, 1e9, '10.0.0.2'), open(balancer, 1e9, '10.0.0.2')];
    balancer.admin!.setState(0, 'maint', 1e9);
    const news = told(balancer);
    balancer.next(second, 1e9);
    return [news, mark(second)];
  };

  expect(story(-1)).toEqual([['down s1 kept', 'freed'], '2']);
  expect(story(0)).toEqual([['down s1 kept'], 'q']);
});

test('a server that comes back takes those who wait for any', () => {
  const balancer = aBackend({ servers: [{ maxConn: 1 }, { maxConn: 2, disabled: true }] });
  const sessions = sessionsOf(balancer, 5);
  balancer.admin!.setState(1, 'ready', 2e9);

  expect(told(balancer)).toEqual(['up s2', 'freed', 'freed']);
  expect(sessions.map((session) => (session.queue ? 'q' : String(balancer.next(session, 2e9) + 1)))).toEqual([
    '1',
    '2',
    '2',
    'q',
    'q',
  ]);
});

test('maxqueue: the client of a hash that finds the queue of its server full is closed', () => {
  const balancer = aBackend({ balance: { kind: 'source' }, servers: [{ maxConn: 1, maxQueue: 2 }] });

  expect(held(balancer, 5)).toBe('1qq--');
});

// Measured on 2.6.12 with minconn: as long as the backend is not full a server takes fewer.
test('minconn: the limit grows with the sessions of the backend', () => {
  const balancer = aBackend({
    fullConn: 10,
    servers: [
      { maxConn: 4, minConn: 1 },
      { maxConn: 4, minConn: 2 },
    ],
  });

  expect(held(balancer, 6)).toBe('122q1q');
});
