import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import {
  anNlb,
  chiSquare,
  counts,
  held,
  news,
  open,
  targetLacks,
  targetsGiven,
} from '../../../support/targetBalancers.ts';

behavesAsBalancer('AWS NLB', ({ peers }) => anNlb({ targets: targetsGiven(peers), connectionTermination: false }), {
  ...targetLacks,
});

test('connections spread evenly over the targets, each drawn by itself', () => {
  // 0.1 % of right implementations would be refused: the 99.9 % quantile of chi square with 4 degrees of freedom is 18.47.
  expect(chiSquare(counts(anNlb({ targets: [{}, {}, {}, {}, {}] }), 50_000))).toBeLessThan(18.47);
});

test('an agent that connects again may come to another target, unless the target group is sticky', () => {
  const targetsOf = (stickiness: 'none' | 'sourceIp'): number => {
    const balancer = anNlb({ stickiness });
    return new Set(Array.from({ length: 30 }, (_, connect) => open(balancer, { connect }).peerIndex)).size;
  };

  expect(targetsOf('none')).toBe(3);
  expect(targetsOf('sourceIp')).toBe(1);
});

test('a sticky client is given another target when its own fails, and stays there when that is back', () => {
  const balancer = anNlb({ stickiness: 'sourceIp' });
  const { peerIndex: first } = open(balancer);
  balancer.admin!.setState(first, 'drain', 1e9);
  const { peerIndex: second } = open(balancer, { connect: 1 });
  balancer.admin!.setState(first, 'ready', 1e9);

  expect(second).not.toBe(first);
  expect(open(balancer, { connect: 2 }).peerIndex).toBe(second);
});

test('a node sends to targets of its own zone, with cross-zone balancing to all', () => {
  const zoned = { zones: ['a', 'b'], targets: [{ zoneIndex: 0 }, { zoneIndex: 1 }, { zoneIndex: 1 }] };
  const own = counts(anNlb(zoned), 40_000, (nth) => nth % 2);
  const cross = counts(anNlb({ ...zoned, crossZone: true }), 40_000, (nth) => nth % 2);

  expect(own[0]).toBe(20_000);
  // One in a thousand each: 13.82 for 2 degrees of freedom, 10.83 for 1.
  expect(chiSquare(own.slice(1))).toBeLessThan(10.83);
  expect(chiSquare(cross)).toBeLessThan(13.82);
});

test('clients of a zone without healthy targets come to another zone', () => {
  const balancer = anNlb({ zones: ['a', 'b'], targets: [{ zoneIndex: 0 }, { zoneIndex: 1 }] });
  balancer.checks!.checked(0, false, 1e9, 0);
  balancer.checks!.checked(0, false, 31e6, 0);

  expect(counts(balancer, 100, (nth) => nth % 2)).toEqual([0, 100]);
});

test('when no target is healthy all of them get flows', () => {
  const balancer = anNlb();
  for (const target of [0, 1, 2]) for (const nth of [0, 1]) balancer.checks!.checked(target, false, 30e6 * nth, 0);

  expect([0, 1, 2].map((target) => balancer.admin!.isUp(target))).toEqual([false, false, false]);
  expect(counts(balancer, 300).every((count) => count > 50)).toBe(true);
});

test('a target is unhealthy after two checks that fail and healthy after five that pass', () => {
  const balancer = anNlb();
  const { checks } = balancer;
  const heard = (passed: boolean, times: number): string =>
    Array.from({ length: times }, () => {
      checks!.checked(1, passed, 1e9, 0);
      return news(balancer)
        .map(({ kind }) => kind)
        .join();
    }).join(' ');

  expect(heard(false, 1)).toBe('');
  expect(heard(true, 1)).toBe('');
  expect(heard(false, 2)).toBe(' down');
  expect(heard(true, 4)).toBe('   ');
  expect(heard(true, 1)).toBe('up');
});

test('checks begin every 30 s, however long one takes', () => {
  const { checks } = anNlb();

  expect(checks!.checked(0, true, 1e9, 2000)).toBe(29_998_000);
  expect(checks!.checked(0, false, 1e9, 10e6)).toBe(20e6);
});

test('flows of an unhealthy target get RST with the next packet, unless the target group keeps them', () => {
  const sessions = (connectionTermination: boolean): unknown => {
    const balancer = anNlb({ connectionTermination });
    const { checks } = balancer;
    for (const nth of [0, 1]) checks!.checked(0, false, nth, 0);
    return news(balancer).map((news) => 'sessions' in news && news.sessions);
  };

  expect(sessions(true)).toEqual(['resetOnUse']);
  expect(sessions(false)).toEqual(['kept']);
});

test('flows of a deregistered target stay, or end with the delay', () => {
  const story = (deregistrationTermination: boolean): unknown[] => {
    const balancer = anNlb({ deregistrationTermination, deregistrationDelayUs: 40e6 });
    const { admin, checks } = balancer;
    admin!.setState(0, 'drain', 100e6);
    const told = news(balancer).map(({ kind }) => kind);
    const nextUs = checks!.checked(0, true, 130e6, 0);
    checks!.checked(0, true, 130e6 + nextUs, 0);
    return [...told, nextUs, ...news(balancer).map(({ kind }) => kind)];
  };

  expect(story(false)).toEqual(['down', 30e6]);
  expect(story(true)).toEqual(['down', 'recheck', 10e6, 'ended']);
});

test('nobody is registered: there is nowhere to go', () => {
  expect(held(anNlb({ targets: [{ disabled: true }] }), 2)).toBe('--');
});
