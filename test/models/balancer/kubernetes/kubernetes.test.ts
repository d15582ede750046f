import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { bucketOf } from '../../../../src/models/balancer/kubernetes/ipvsHash.ts';
import {
  affinityDefaultUs,
  probeDefaults,
  type IpvsScheduler,
} from '../../../../src/models/balancer/kubernetes/options.ts';
import {
  aService,
  chiSquare,
  counts,
  held,
  news,
  open,
  targetLacks,
  targetsGiven,
} from '../../../support/targetBalancers.ts';

behavesAsBalancer('kube-proxy iptables', ({ peers }) => aService({ endpoints: targetsGiven(peers) }), targetLacks);

for (const scheduler of ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq'] satisfies IpvsScheduler[]) {
  behavesAsBalancer(
    `kube-proxy IPVS ${scheduler}`,
    ({ peers }) => aService({ proxy: 'ipvs', scheduler, endpoints: targetsGiven(peers) }),
    targetLacks,
  );
}

test('iptables gives every endpoint the same share', () => {
  // One in a thousand: 20.52 for 5 degrees of freedom.
  const six = Array.from({ length: 6 }, () => ({}));

  expect(chiSquare(counts(aService({ endpoints: six }), 60_000))).toBeLessThan(20.52);
});

test('IPVS takes the endpoint that was added last first', () => {
  expect(held(aService({ proxy: 'ipvs' }), 7)).toBe('3213213');
});

test('endpoints are added in the order of their texts: .10 comes before .9', () => {
  const endpoints = [{ address: '10.0.0.9' }, { address: '10.0.0.10' }];

  expect(held(aService({ proxy: 'ipvs', endpoints }), 4)).toBe('1212');
});

test('every entry node counts by itself: least connections does not see what the others forward', () => {
  const balancer = aService({ proxy: 'ipvs', scheduler: 'lc', entryNodes: 3 });
  const chosen = [0, 1, 2].map((worker) => open(balancer, { worker, connect: worker }).peerIndex + 1);

  expect(chosen).toEqual([3, 3, 3]);
});

test.each(['lc', 'wlc', 'sed', 'nq'] as const)('%s fills up who has fewest connections', (scheduler) => {
  const balancer = aService({ proxy: 'ipvs', scheduler });
  const sessions = Array.from({ length: 6 }, (_, connect) => open(balancer, { connect }));
  for (const session of sessions) {
    if (session.peerIndex === 1) balancer.closed({ worker: 0, peerIndex: 1 }, 1e9);
  }

  expect(held(balancer, 3)).toBe('223');
});

test('sh keeps an address on its endpoint, by the multiplicative hash of the kernel', () => {
  // 10.0.0.1 is 0x0a000001; times 0x61c88647, modulo 2^32, is 0x33c88647: bucket 0x33 of 256.
  expect(bucketOf('10.0.0.1')).toBe(Number((0x0a000001n * 0x61c88647n) & 0xffffffffn) >>> 24);
  const balancer = aService({ proxy: 'ipvs', scheduler: 'sh' });
  const chosen = Array.from({ length: 20 }, (_, connect) => open(balancer, { connect }).peerIndex);

  expect(new Set(chosen).size).toBe(1);
  // Buckets are dealt out along the kernel's list, 3 2 1 3 2 1 …
  expect(chosen[0]).toBe(2 - (bucketOf('10.0.0.1') % 3));
});

test('dh sends everybody to one endpoint: all agents connect to the same address', () => {
  expect(new Set(held(aService({ proxy: 'ipvs', scheduler: 'dh' }), 50)).size).toBe(1);
});

test.each(['iptables', 'ipvs'] as const)(
  'ClientIP with %s holds for three hours from the last new connection',
  (proxy) => {
    const affinity = { proxy, affinityUs: affinityDefaultUs };
    const after = (hours: number): boolean => {
      // Others in between turn the order of rr.
      const balancer = aService({ ...affinity, endpoints: Array.from({ length: 50 }, () => ({})) });
      const first = open(balancer, { nowUs: 0 }).peerIndex;
      open(balancer, { address: '10.9.9.9', connect: 1, nowUs: 0 });
      return open(balancer, { connect: 2, nowUs: hours * 3.6e9 }).peerIndex === first;
    };

    expect([1, 2.9, 3, 3.1].map(after)).toEqual([true, true, true, false]);
  },
);

test('an iptables affinity remembers a hundred addresses an endpoint: a larger fleet forgets its oldest', () => {
  const balancer = aService({ affinityUs: affinityDefaultUs, endpoints: [{}, {}] });
  const place = (nth: number, connect: number): number =>
    open(balancer, { address: `10.0.${nth >> 8}.${nth & 255}`, connect }).peerIndex;
  const first = Array.from({ length: 1000 }, (_, nth) => place(nth, nth));
  const latest = Array.from({ length: 150 }, (_, nth) => place(999 - nth, 2000 + nth) === first[999 - nth]);
  const oldest = Array.from({ length: 150 }, (_, nth) => place(nth, 3000 + nth) === first[nth]);

  expect(latest.every((same) => same)).toBe(true);
  // Drawn anew among two: between 45 and 105 of 150 in all but one in a million cases.
  expect(oldest.filter((same) => same).length).toBeGreaterThan(45);
  expect(oldest.filter((same) => same).length).toBeLessThan(105);
});

test('with externalTrafficPolicy Local a node forwards to its own pods only, and nodes without any are left out', () => {
  const balancer = aService({
    entryNodes: 3,
    externalTrafficPolicy: 'Local',
    endpoints: [{ nodeIndex: 0 }, { nodeIndex: 1 }, { nodeIndex: 1 }],
  });
  const by = (worker: number): Set<number> =>
    new Set(Array.from({ length: 60 }, (_, connect) => open(balancer, { worker, connect }).peerIndex));

  expect(by(0)).toEqual(new Set([0]));
  expect(by(1)).toEqual(new Set([1, 2]));
  expect(by(2)).toEqual(new Set([0, 1, 2]));
});

test('an endpoint leaves the rules when the third probe in a row has failed and kube-proxy has synced', () => {
  const balancer = aService({ readiness: probeDefaults, syncUs: 1e6, proxy: 'ipvs', endpoints: [{}, {}] });
  for (const at of [100e6, 110e6, 120e6]) balancer.checks!.checked(0, false, at, 0);
  const gets = (nowUs: number): boolean => held(balancer, 4, nowUs).includes('1');

  expect([119e6, 120.9e6, 121e6].map(gets)).toEqual([true, true, false]);
  balancer.checks!.checked(0, true, 130e6, 0);
  expect([130.9e6, 131e6].map(gets)).toEqual([false, true]);
});

test('without a probe a pod is out as soon as its container has ended, and a hung process never', () => {
  const balancer = aService();
  balancer.checks!.checked(0, false, 5e6, 1000);

  expect(news(balancer)).toEqual([{ kind: 'down', peerIndex: 0, sessions: 'kept' }]);
  expect(balancer.checks!.asks).toBe('kernel');
});

test('a node that has gone is missed when its heartbeat has been missing for the grace period', () => {
  const balancer = aService({ nodeGraceUs: 50e6 });
  const { checks } = balancer;
  let nowUs = 1e9;
  let told = news(balancer);
  while (told.length === 0) {
    const delayUs = checks!.checked(0, false, nowUs, 1e6);
    told = news(balancer);
    if (told.length === 0) nowUs += delayUs + 1e6;
  }
  const sinceFirstUs = nowUs - (1e9 - 1e6);

  // The last heartbeat was up to 10 s before.
  expect(told.map(({ kind }) => kind)).toEqual(['down']);
  expect(sinceFirstUs).toBeGreaterThan(40e6);
  expect(sinceFirstUs).toBeLessThan(52e6);
});

test('nobody is ready: connections are refused', () => {
  expect(held(aService({ endpoints: [{ disabled: true }] }), 2)).toBe('--');
});
