import { expect, test } from 'vitest';
import { assigned, moved, type AssignedServer } from '../../src/metrics/assignment.ts';

const server = (label: string, weight = 1, takesPart = true): AssignedServer => ({ label, weight, takesPart });

test('shares are of all clients, and ideals go by the weights of those that take part', () => {
  const { servers, nowhere, skew, skewByWeight } = assigned(
    [server('a', 3), server('b'), server('spare', 5, false)],
    Int32Array.of(0, 0, 0, 1, 1, 2, -1, -1, -1, -1),
  );

  expect(servers.map((row) => [row.server, row.weight, row.clients, row.share, row.ideal])).toEqual([
    ['a', 3, 3, 0.3, 0.75],
    ['b', 1, 2, 0.2, 0.25],
    ['spare', 5, 1, 0.1, 0],
  ]);
  expect(nowhere).toBe(4);
  expect(skew).toBeCloseTo(3 / 2.5);
  expect(skewByWeight).toBeCloseTo(0.4 / 0.25);
});

test('peers of one name are one server', () => {
  expect(assigned([server('a'), server('b'), server('a')], Int32Array.of(0, 2, 1)).servers).toMatchObject([
    { server: 'a', weight: 2, clients: 2 },
    { server: 'b', weight: 1, clients: 1 },
  ]);
});

test('nobody is no skew', () => {
  expect(assigned([server('a')], new Int32Array(0))).toMatchObject({ skew: null, skewByWeight: null });
});

test('who moves is counted from where to where, by the names of servers', () => {
  const before = { servers: [server('a'), server('b')], peers: Int32Array.of(0, 0, 1, 1, -1) };
  const after = { servers: [server('b'), server('c')], peers: Int32Array.of(0, 1, 0, -1, -1) };

  expect(moved(before, after)).toEqual({
    clients: 3,
    share: 0.6,
    matrix: [
      { from: 'a', to: 'b', clients: 1 },
      { from: 'a', to: 'c', clients: 1 },
      { from: 'b', to: null, clients: 1 },
    ],
  });
});
