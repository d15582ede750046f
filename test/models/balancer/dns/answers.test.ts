import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { createDnsBalancer } from '../../../../src/models/balancer/dns/answers.ts';
import { dnsDefaults, type DnsOptions } from '../../../../src/models/balancer/dns/options.ts';
import type { Balancer } from '../../../../src/models/balancer/contract.ts';
import type { TargetOptions, TargetSession } from '../../../../src/models/balancer/targets.ts';
import {
  chiSquare,
  counts,
  held,
  open,
  someTargets,
  targetLacks,
  targetsGiven,
} from '../../../support/targetBalancers.ts';

function aName(
  given: Partial<DnsOptions> = {},
  addresses: readonly Partial<TargetOptions>[] = [{}, {}, {}],
): Balancer<TargetSession> {
  const options: DnsOptions = {
    ...dnsDefaults,
    name: 'wazuh.corp',
    ...given,
    listeners: [{ port: 1514, addresses: someTargets(addresses) }],
  };
  return createDnsBalancer(options, 0);
}

for (const order of ['rotated', 'random', 'fixed'] as const) {
  behavesAsBalancer(`DNS ${order}`, ({ peers }) => aName({ order }, targetsGiven(peers)), {
    ...targetLacks,
    checks: 'Nobody looks whether an address works.',
    orders: 'Records change when they are edited.',
  });
}

test('answers turn, are drawn, or are always the same', () => {
  expect(held(aName(), 7)).toBe('1231231');
  expect(held(aName({ order: 'fixed' }), 7)).toBe('1111111');
  // One in a thousand: 13.82 for 2 degrees of freedom.
  expect(chiSquare(counts(aName({ order: 'random' }), 30_000))).toBeLessThan(13.82);
});

test('a host that keeps its answers goes on to the same address until the TTL is over', () => {
  const balancer = aName({ cachedBy: 'host', ttlUs: 60e6 });
  const at = (second: number): number => open(balancer, { nowUs: second * 1e6 }).peerIndex + 1;

  expect([0, 10, 59, 60, 119, 121].map(at)).toEqual([1, 1, 1, 2, 2, 3]);
});
