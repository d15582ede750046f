import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { newTable } from '../../../../src/models/balancer/envoy/maglev.ts';
import { outlierDefaults, type EnvoyPolicy } from '../../../../src/models/balancer/envoy/options.ts';
import { newRing, pointOf } from '../../../../src/models/balancer/envoy/ringHash.ts';
import { xxHash64 } from '../../../../src/models/balancer/envoy/xxHash64.ts';
import { newTargets, type Target } from '../../../../src/models/balancer/targets.ts';
import {
  anEnvoy,
  chiSquare,
  counts,
  held,
  open,
  someTargets,
  targetLacks,
  targetsGiven,
} from '../../../support/targetBalancers.ts';
import { aClient } from '../../../support/clients.ts';

const policies: readonly EnvoyPolicy[] = [
  { kind: 'round_robin' },
  { kind: 'random' },
  { kind: 'least_request', choiceCount: 2 },
  { kind: 'ring_hash', minRingSize: 64, maxRingSize: 1000 },
  { kind: 'maglev', tableSize: 101 },
];
const check = { intervalUs: 5e6, timeoutUs: 1e6, unhealthyAfter: 3, healthyAfter: 2, asks: 'kernel' } as const;

for (const policy of policies) {
  behavesAsBalancer(
    `Envoy ${policy.kind}`,
    ({ peers, tries, checked }) =>
      anEnvoy({
        hosts: targetsGiven(peers),
        policy,
        hashPolicy: 'source_ip',
        maxConnectAttempts: tries === 0 ? 1 : tries,
        healthCheck: checked ? check : null,
      }),
    { ...targetLacks, others: 'tcp_proxy chooses anew for each attempt, and may come to the same host.' },
  );
}

/** Made with libxxhash and an implementation of ring and table apart from this one: test/fixtures/envoy/README.md. */
const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/envoy/vectors.json', import.meta.url), 'utf8')) as {
  xxHash64: [string, number, string][];
  ring: {
    weights: number[];
    minRingSize: number;
    maxRingSize: number;
    points: number;
    first: [string, number][];
    choices: string;
  }[];
  maglev: { weights: number[]; tableSize: number; counts: number[]; choices: string }[];
};
const keys = Array.from({ length: 200 }, (_, i) => `10.${(i * 7) % 256}.${i % 256}.${(i * 13) % 256}`);
const hostsOf = (weights: readonly number[]): readonly Target[] =>
  newTargets(someTargets(weights.map((weight) => ({ weight })))).all;

test.each(vectors.xxHash64)('XXH64 of %j with seed %i', (text, seed, hash) => {
  expect(xxHash64(text, BigInt(seed)).toString(16).padStart(16, '0')).toBe(hash);
});

test.each(vectors.ring)('a ring of weights $weights, between $minRingSize and $maxRingSize points', (vector) => {
  const ring = newRing(hostsOf(vector.weights), vector);

  expect(ring.owners).toHaveLength(vector.points);
  expect(vector.first.map((_, nth) => ring.hashes[nth]!.toString(16).padStart(16, '0'))).toEqual(
    vector.first.map(([hash]) => hash),
  );
  expect(keys.map((key) => ring.owners[pointOf(ring, xxHash64(key))]!.index).join('')).toBe(vector.choices);
});

test.each(vectors.maglev)('a maglev table of weights $weights and $tableSize entries', (vector) => {
  const table = newTable(hostsOf(vector.weights), vector.tableSize);
  const found = vector.weights.map((_, host) => table.filter(({ index }) => index === host).length);

  expect(found).toEqual(vector.counts);
  expect(keys.map((key) => table[Number(xxHash64(key) % BigInt(vector.tableSize))]!.index).join('')).toBe(
    vector.choices,
  );
});

test('a key above the last point of the ring belongs to the first', () => {
  const ring = newRing(hostsOf([1, 1]), { minRingSize: 16, maxRingSize: 16 });

  expect(pointOf(ring, ring.hashes.at(-1)!)).toBe(15);
  expect(pointOf(ring, ring.hashes.at(-1)! + 1n)).toBe(0);
});

test('without a hash policy of tcp_proxy a ring is a draw', () => {
  const ring: EnvoyPolicy = { kind: 'ring_hash', minRingSize: 1024, maxRingSize: 8_388_608 };
  const targets = (hashPolicy: 'source_ip' | null): number => {
    const balancer = anEnvoy({ policy: ring, hashPolicy });
    return new Set(Array.from({ length: 30 }, (_, connect) => open(balancer, { connect }).peerIndex)).size;
  };

  expect(targets('source_ip')).toBe(1);
  expect(targets(null)).toBe(3);
});

test('a host that leaves the ring moves clients of the others too: the ring is filled up to its least size again', () => {
  const moved = (minRingSize: number): number => {
    const policy: EnvoyPolicy = { kind: 'ring_hash', minRingSize, maxRingSize: 8_388_608 };
    const balancer = anEnvoy({ policy, hashPolicy: 'source_ip' });
    const before = held(balancer, 500);
    balancer.admin!.setState(1, 'drain', 1e9);
    const after = held(balancer, 500);
    expect(after).not.toContain('2');
    return Array.from(before).filter((host, nth) => host !== '2' && host !== after[nth]).length;
  };

  // 342 points a host become 512; with one point a host nothing is filled up.
  expect(moved(1024)).toBeGreaterThan(20);
  expect(moved(1)).toBe(0);
});

test('random pays no heed to weights', () => {
  // One in a thousand: 13.82 for 2 degrees of freedom.
  const hosts = [{ weight: 1 }, { weight: 5 }, { weight: 9 }];

  expect(chiSquare(counts(anEnvoy({ policy: { kind: 'random' }, hosts }), 30_000))).toBeLessThan(13.82);
});

test('round robin goes round from a place that is drawn; unequal weights are met over each round', () => {
  const equal = held(anEnvoy(), 9);
  const weighted = held(anEnvoy({ hosts: [{ weight: 1 }, { weight: 2 }, { weight: 3 }] }), 60);
  const count = (host: string): number => Array.from(weighted).filter((each) => each === host).length;

  expect('123123123123').toContain(equal);
  expect([count('1'), count('2'), count('3')]).toEqual([10, 20, 30]);
});

test('of two drawn hosts the one with fewer connections is taken', () => {
  const balancer = anEnvoy({ policy: { kind: 'least_request', choiceCount: 2 }, hosts: [{}, {}] });
  // With two hosts a difference of connections closes whenever both are drawn.
  const chosen = held(balancer, 400);
  const ones = Array.from(chosen).filter((host) => host === '1').length;

  expect(Math.abs(2 * ones - 400)).toBeLessThan(20);
});

const failing = (balancer: ReturnType<typeof anEnvoy>, times: number, nowUs: number): number[] =>
  Array.from({ length: times }, (_, connect) => {
    const session = balancer.open(aClient('10.0.0.1', connect), 0);
    const index = balancer.next(session, nowUs);
    if (index === 0) balancer.failed(session, nowUs, 0, false);
    else if (index > 0) balancer.connected(session, nowUs);
    return index;
  });

test('a host is ejected after five connects in a row that failed, for 30 s and until the next sweep', () => {
  const balancer = anEnvoy({
    policy: { kind: 'random' },
    outlierDetection: { ...outlierDefaults, alwaysEjectOneHost: true },
    panicThreshold: 0,
  });
  const before = failing(balancer, 60, 100e6);
  const fifth = before.flatMap((index, nth) => (index === 0 ? [nth] : []))[4]!;
  const news = balancer.takeNews!();
  const back = Array.from({ length: 60 }, (_, second) => 101 + second).find((second) =>
    failing(balancer, 20, second * 1e6).includes(0),
  )!;

  expect(before.slice(fifth + 1)).not.toContain(0);
  expect(news).toEqual([{ kind: 'down', peerIndex: 0, sessions: 'kept' }]);
  expect(back - 100).toBeGreaterThanOrEqual(30);
  expect(back - 100).toBeLessThanOrEqual(41);
});

test('at 10 % no host of three is ejected, unless one always may be', () => {
  const balancer = anEnvoy({ policy: { kind: 'random' }, outlierDetection: outlierDefaults });
  failing(balancer, 100, 100e6);

  expect(balancer.takeNews!()).toEqual([]);
});

test('each ejection is longer than the one before', () => {
  const balancer = anEnvoy({
    hosts: [{}, {}],
    policy: { kind: 'random' },
    outlierDetection: { ...outlierDefaults, alwaysEjectOneHost: true },
    panicThreshold: 0,
  });
  const turns: number[] = [];
  for (let second = 100; second < 400; second++) {
    failing(balancer, 60, second * 1e6);
    for (const { kind } of balancer.takeNews!()) if (kind === 'down') turns.push(second);
  }
  const distances = turns.slice(1).map((at, nth) => at - turns[nth]!);

  // 30 s, 60 s, 90 s, and then until the next sweep of every 10 s and the next connections.
  const late = distances.slice(0, 3).map((seconds, nth) => seconds - 30 * (nth + 1));
  expect(late).toHaveLength(3);
  expect(late.every((seconds) => seconds >= 0 && seconds <= 11)).toBe(true);
});

test('when fewer than half of the hosts are healthy all of them are chosen among', () => {
  const unhealthy = (hosts: readonly number[], panicThreshold: number): string => {
    const balancer = anEnvoy({ hosts: [{}, {}, {}, {}], healthCheck: check, panicThreshold });
    for (const host of hosts) for (const nth of [0, 1, 2]) balancer.checks!.checked(host, false, nth * 5e6, 0);
    return [...new Set(held(balancer, 40))].sort().join('');
  };

  expect(unhealthy([0, 1], 50)).toBe('34');
  expect(unhealthy([0, 1, 2], 50)).toBe('1234');
  expect(unhealthy([0, 1, 2], 0)).toBe('4');
  expect(unhealthy([0, 1, 2, 3], 0)).toBe('-');
});

test('one attempt is all there is, unless max_connect_attempts allows more', () => {
  const attempts = (maxConnectAttempts: number): number => {
    const balancer = anEnvoy({ maxConnectAttempts });
    const session = balancer.open(aClient(), 0);
    let made = 0;
    do {
      balancer.next(session, 1e9);
      made += 1;
    } while (balancer.failed(session, 1e9, 0, false) < Infinity);
    return made;
  };

  expect([1, 3].map(attempts)).toEqual([1, 3]);
});
