import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { f5Methods, monitorDefaults, persistenceDefaults } from '../../../../src/models/balancer/f5/options.ts';
import { anF5, held, limitedLacks, news, open, targetsGiven } from '../../../support/targetBalancers.ts';

for (const method of f5Methods) {
  behavesAsBalancer(`F5 ${method}`, ({ peers }) => anF5({ members: targetsGiven(peers), method }), limitedLacks);
}

test('round robin goes along the pool, and past members that are full', () => {
  expect(held(anF5(), 6)).toBe('123123');
  expect(held(anF5({ members: [{}, { maxSessions: 1 }, {}] }), 6)).toBe('123131');
});

test('ratio-member meets the ratios in each round', () => {
  const members = [{ weight: 1 }, { weight: 2 }, { weight: 3 }];
  const rounds = held(anF5({ method: 'ratio-member', members }), 18).match(/.{6}/g)!;

  expect(rounds.map((round) => Array.from(round).sort().join(''))).toEqual(['122333', '122333', '122333']);
});

test('least-connections-member fills up whoever has lost sessions', () => {
  const balancer = anF5({ method: 'least-connections-member' });
  const sessions = Array.from({ length: 6 }, (_, connect) => open(balancer, { connect }));
  for (const session of sessions) if (session.peerIndex === 0) balancer.closed(session, 1e9);

  expect(held(balancer, 3)).toBe('112');
});

test('an address stays with its member for 180 s from its last connection', () => {
  const after = (seconds: number): number => {
    const balancer = anF5({ persistence: persistenceDefaults });
    open(balancer, { nowUs: 0 });
    open(balancer, { address: '10.0.0.2', nowUs: 0 });
    return open(balancer, { nowUs: seconds * 1e6 }).peerIndex + 1;
  };

  expect([1, 180, 181].map(after)).toEqual([1, 1, 3]);
});

test('with a mask the addresses of a network stay together', () => {
  const balancer = anF5({ persistence: { ...persistenceDefaults, maskBits: 24 } });
  const placed = ['10.0.0.1', '10.0.0.200', '10.0.1.1'].map((address) => open(balancer, { address }).peerIndex + 1);

  expect(placed).toEqual([1, 1, 2]);
});

test('a disabled member keeps its clients, one that is down does not', () => {
  const balancer = anF5({ persistence: persistenceDefaults });
  open(balancer);
  balancer.admin!.setState(0, 'drain', 1e9);
  const disabled = open(balancer, { connect: 1 }).peerIndex;
  balancer.admin!.setState(0, 'maint', 1e9);

  expect(disabled).toBe(0);
  expect(open(balancer, { connect: 2 }).peerIndex).toBe(1);
});

/** When the monitor marks a member whose host goes at 0, in seconds. @param tookUs until a check has failed. */
function marked(firstUs: number, tookUs: number): number {
  const balancer = anF5({ monitor: monitorDefaults });
  const { checks } = balancer;
  let endUs = firstUs + tookUs;
  for (;;) {
    const delayUs = checks!.checked(0, false, endUs, tookUs);
    if (news(balancer).some(({ kind }) => kind === 'down')) return endUs / 1e6;
    endUs += delayUs + tookUs;
  }
}

test('a member is down 16 s after the last connection it accepted: 11 to 16 s after it has gone', () => {
  expect([1, 2.5, 5].map((firstSeconds) => marked(firstSeconds * 1e6, 0))).toEqual([12, 13.5, 16]);
});

test('one connection brings a member back', () => {
  const balancer = anF5();
  const { checks } = balancer;
  for (const second of [5, 10, 15, 20, 25]) checks!.checked(0, false, second * 1e6, 0);
  checks!.checked(0, true, 30e6, 0);

  expect(news(balancer).map(({ kind }) => kind)).toEqual(['down', 'up']);
});

test('what becomes of the sessions of a member that is down', () => {
  const sessions = (serviceDown: 'none' | 'reset' | 'drop' | 'reselect'): unknown => {
    const balancer = anF5({ serviceDown });
    const { checks } = balancer;
    for (const second of [5, 10, 15, 20, 25]) checks!.checked(0, false, second * 1e6, 0);
    return news(balancer).map((news) => 'sessions' in news && news.sessions);
  };

  expect([sessions('none'), sessions('reset'), sessions('drop'), sessions('reselect')]).toEqual([
    ['kept'],
    ['closed'],
    ['resetOnUse'],
    ['resetOnUse'],
  ]);
});
