import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { aBackend, haproxyLacks, haproxyMethod, held } from '../../../support/haproxy.ts';

const balance = { kind: 'first' as const };

behavesAsBalancer('first', haproxyMethod({ balance }), haproxyLacks);

test('the server with the smallest id is filled before the next one', () => {
  const servers = [{ id: 9 }, { id: 5, maxConn: 1 }, { id: 7, maxConn: 2 }];

  expect(held(aBackend({ balance, servers }), 5)).toBe('23311');
});

test('a redispatched session leaves the server that failed it, if another has room', () => {
  const balancer = aBackend({ balance, redispatchAfter: -1, servers: [{}, {}] });
  const session = balancer.open(
    { address: '10.0.0.1', port: 1, luck: { key: { k0: 0, k1: 0 }, index: 0, connect: 0 } },
    0,
  );
  const first = balancer.next(session, 0);
  balancer.failed(session, 0, 0, false);

  expect([first, balancer.next(session, 0)]).toEqual([0, 1]);
});
