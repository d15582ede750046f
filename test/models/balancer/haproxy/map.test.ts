import { expect, test } from 'vitest';
import { newFarm } from '../../../../src/models/balancer/haproxy/farm.ts';
import { buildTable } from '../../../../src/models/balancer/haproxy/map.ts';
import type { HaproxyBackendOptions } from '../../../../src/models/balancer/haproxy/options.ts';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import {
  aBackend,
  haproxyLacks,
  haproxyMethod,
  haproxyWith,
  held,
  waitsForItsServer,
} from '../../../support/haproxy.ts';
import { fixture, measuredClients } from '../../../support/haproxyMeasured.ts';
import { placesOf } from '../../../support/haproxyPlaces.ts';

const source = { balance: { kind: 'source' as const } };

behavesAsBalancer('static-rr', haproxyMethod({ balance: { kind: 'static-rr' } }), haproxyLacks);
behavesAsBalancer('source, map-based', haproxyMethod(source), { ...haproxyLacks, overflow: waitsForItsServer });

function tableOf(weights: readonly number[], given: Partial<HaproxyBackendOptions> = {}): string {
  const servers = weights.map((weight) => ({ weight }));
  const { backends } = haproxyWith([{ ...source, servers }]);
  return [...buildTable(newFarm({ ...backends[0]!, ...given }))].map((index) => index + 1).join('');
}

const { map } = JSON.parse(fixture('vectors.json').toString()) as { map: Record<string, readonly string[]> };

test.each(Object.entries(map))('the table of weights %s', (weights, names) => {
  expect(tableOf(weights.split(',').map(Number))).toBe(names.map((name) => name.slice(1)).join(''));
});

// The sheet measured 2005 of 4007 of the 6,000 clients on 2.6.12 (configurations a_source_map_3 and d2_source_map_3_s2down).
test('a lost server moves half of the clients of the others', () => {
  const clients = measuredClients();
  const before = placesOf(aBackend({ ...source, servers: [{}, {}, {}] }), clients);
  const after = placesOf(aBackend({ ...source, servers: [{}, { disabled: true }, {}] }), clients);
  const stayed = before.flatMap((server, nth) => (server === 1 ? [] : [nth]));

  expect(stayed.length).toBe(4007);
  expect(stayed.filter((nth) => before[nth] !== after[nth]).length).toBe(2005);
});

test('static-rr goes down its table, and keeps its place when the table changes', () => {
  const balancer = aBackend({ balance: { kind: 'static-rr' }, servers: [{ weight: 2 }, { weight: 3 }, { weight: 5 }] });

  expect(held(balancer, 14)).toBe('13231323231323');
  balancer.admin!.setState(2, 'maint', 1e9); // the table is 12122 now, and its fifth slot is next
  expect(held(balancer, 7)).toBe('2121221');
});

// Measured on 2.6.12: one backup is used, but its table is built of all of them.
test('static-rr on two backups goes to the first, and by the way to the second', () => {
  const servers = [{ disabled: true }, { weight: 3, backup: true }, { weight: 2, backup: true }];

  expect(held(aBackend({ balance: { kind: 'static-rr' }, servers }), 9)).toBe('223223223');
  expect(held(aBackend({ ...source, servers }), 9)).toBe('222222222');
});

test('only 0 and 100 % of a weight are accepted where a table is used', () => {
  const balancer = aBackend({ balance: { kind: 'static-rr' }, servers: [{ weight: 2 }, { weight: 1 }] });
  balancer.admin!.setWeight(0, 1, 1e9);

  expect(held(balancer, 6)).toBe('112112');
  balancer.admin!.setWeight(0, 0, 1e9);
  expect(held(balancer, 3)).toBe('222');
  balancer.admin!.setWeight(0, 2, 1e9);
  expect(held(balancer, 6)).toBe('121121');
});
