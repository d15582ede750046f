import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { aBackend, haproxyLacks, haproxyMethod, held, open } from '../../../support/haproxy.ts';
import { fixture } from '../../../support/haproxyMeasured.ts';

behavesAsBalancer('leastconn', haproxyMethod({ balance: { kind: 'leastconn' } }), haproxyLacks);

const vectors = JSON.parse(fixture('vectors.json').toString()) as {
  leastconn_arrivals_only: Record<string, readonly string[]>;
};

test.each(Object.entries(vectors.leastconn_arrivals_only))('arrivals at weights %s', (weights, names) => {
  const servers = weights.split(',').map((weight) => ({ weight: Number(weight) }));

  expect(held(aBackend({ servers }), names.length)).toBe(names.map((name) => name.slice(1)).join(''));
});

test('of servers with equal loads the one that has had it for longest is next', () => {
  const balancer = aBackend({ servers: [{}, {}, {}] });
  const [first, second, third] = [open(balancer), open(balancer), open(balancer)];
  balancer.closed(third, 1e9);
  balancer.closed(first, 1e9);

  expect(held(balancer, 2)).toBe('31');
  balancer.closed(second, 1e9);
  expect(held(balancer, 1)).toBe('2');
});

test('a server that crashed is the favourite until it is marked down: it has no sessions left', () => {
  const balancer = aBackend({ servers: [{}, {}, {}] });
  const sessions = Array.from({ length: 9 }, () => open(balancer));
  for (const session of sessions) if (session.peerIndex === 1) balancer.closed(session, 1e9);

  expect(held(balancer, 3)).toBe('222');
});

test('one that comes back counts the sessions it still has, and is the last among equals', () => {
  const balancer = aBackend({ servers: [{}, {}, {}] });
  held(balancer, 3);
  balancer.admin!.setState(0, 'drain', 1e9);
  balancer.admin!.setState(0, 'ready', 1e9);

  expect(held(balancer, 3)).toBe('231');
});

test('with maxqueue a server takes sessions beyond maxconn, which wait for it alone', () => {
  const balancer = aBackend({ servers: [{ maxConn: 1, maxQueue: 1 }, { maxConn: 1 }] });

  expect(held(balancer, 4)).toBe('12qq');
});
