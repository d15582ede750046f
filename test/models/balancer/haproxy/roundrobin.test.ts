import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { aBackend, haproxyLacks, haproxyMethod, held } from '../../../support/haproxy.ts';
import { fixture } from '../../../support/haproxyMeasured.ts';

const balance = { kind: 'roundrobin' as const };

behavesAsBalancer('roundrobin', haproxyMethod({ balance }), haproxyLacks);

const { roundrobin_first40: turns } = JSON.parse(fixture('vectors.json').toString()) as {
  roundrobin_first40: Record<string, readonly string[]>;
};

test.each(Object.entries(turns))('turns at weights %s', (weights, names) => {
  const servers = weights.split(',').map((weight) => ({ weight: Number(weight) }));

  expect(held(aBackend({ balance, servers }), 40)).toBe(names.map((name) => name.slice(1)).join(''));
});

test('a server that is full loses its turns', () => {
  const servers = [{ maxConn: 2 }, { weight: 2, maxConn: 100 }];

  expect(held(aBackend({ balance, servers }), 12)).toBe('221221222222');
});

// Measured on 2.6.12, as every other sequence with orders: test/conformance/haproxy.test.ts.
test('without active servers the turns of all backups count, or the first one alone', () => {
  const servers = [{ disabled: true }, { backup: true, weight: 3 }, { backup: true, weight: 2 }];

  expect(held(aBackend({ balance, servers }), 6)).toBe('222222');
  expect(held(aBackend({ balance, servers, allBackups: true }), 10)).toMatch(/^(?=(3*2){6})(?=(2*3){4}).{10}$/);
});
